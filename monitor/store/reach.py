"""Whom alerts reached: nobody, somebody, those who are still to hear; and those that nobody answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from monitor.models import Alert, Delivery, DeliveryStatus, Escalation, Hearing, Telling
from monitor.words import Cause, Severity, Wait

_LOST = (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)
_URGENT = (Severity.HIGH, Severity.CRITICAL)


@dataclass
class Reach:
    """How many times an alert was told to a listener, how many of its messages are lost for good, and what still
    waits, with when it leaves. `asked` is how many were to hear it as the next in turn. Who took it is not counted."""

    told: int = 0
    lost: int = 0
    asked: int = 0
    waits: list[tuple[Wait, datetime]] = field(default_factory=list)

    @property
    def is_nobody(self) -> bool:
        return not self.told and not self.waits


def reach_of(session: Session, alert_id: int) -> Reach:
    return by_alert(session, [col(Alert.id) == alert_id]).get(alert_id, Reach())


def is_exhausted(session: Session, alert_id: int) -> bool:
    """Whether all the next people were told, and nobody has acknowledged it."""
    return alert_id in exhausted(session, [col(Alert.id) == alert_id])


def unheard_since(session: Session, since: datetime) -> list[Alert]:
    """The urgent alerts of this time that have reached nobody, and that nobody has acknowledged all the same."""
    wanted = [col(Alert.last_told_at) >= since, col(Alert.severity).in_(_URGENT), col(Alert.acknowledged_at).is_(None)]
    reached = by_alert(session, wanted)
    found = session.exec(select(Alert).where(*wanted).order_by(col(Alert.id)))
    return [alert for alert in found if reached.get(alert.id, Reach()).is_nobody]


def unanswered_since(session: Session, since: datetime, now: datetime) -> list[tuple[Alert, Reach]]:
    """The alerts of this time of which all the next people were told, the last of them long enough ago to answer."""
    wanted = [col(Alert.last_told_at) >= since]
    due, reached = exhausted(session, wanted), by_alert(session, wanted)
    found = session.exec(select(Alert).where(*wanted).order_by(col(Alert.id)))
    return [(alert, reached.get(alert.id, Reach())) for alert in found if alert.id in due and due[alert.id] <= now]


def by_alert(session: Session, wanted: Sequence[ColumnElement[bool]]) -> dict[int, Reach]:
    by_another_way = select(Delivery.instead_of).where(
        col(Delivery.instead_of).is_not(None), col(Delivery.status).not_in(_LOST)
    )
    rescued = set(session.exec(by_another_way))
    rows = session.exec(
        select(Hearing, Telling.cause, Delivery.status)
        .join(Alert, col(Alert.id) == Hearing.alert_id)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .outerjoin(Delivery, col(Delivery.id) == Hearing.delivery_id)
        .where(*wanted, col(Hearing.due_at).is_not(None), Telling.cause != Cause.TAKEN)
    )
    found: dict[int, Reach] = {}
    for hearing, cause, status in rows:
        reach = found.setdefault(hearing.alert_id, Reach())
        reach.asked += cause == Cause.ESCALATED
        if hearing.delivery_id is None and hearing.wait is not None and hearing.due_at is not None:
            reach.waits.append((hearing.wait, hearing.due_at))
        elif status in _LOST and hearing.delivery_id not in rescued:
            reach.lost += 1
        else:
            reach.told += 1
    return found


def exhausted(session: Session, wanted: Sequence[ColumnElement[bool]]) -> dict[int, datetime]:
    """By an alert that is open although all the next people were told: until when the last of them had time."""
    taken = dict(
        list(
            session.exec(
                select(Telling.alert_id, func.max(Telling.told_at))
                .where(Telling.cause == Cause.TAKEN)
                .group_by(col(Telling.alert_id))
            )
        )
    )
    rows = session.exec(
        select(Escalation)
        .join(Alert, col(Alert.id) == Escalation.alert_id)
        .where(*wanted, col(Alert.acknowledged_at).is_(None))
    )
    found: dict[int, datetime] = {}
    goes_on = set()
    for each in rows:
        if each.ended_at is None:
            goes_on.add(each.alert_id)
        elif each.alert_id not in taken or taken[each.alert_id] < each.ended_at:
            found[each.alert_id] = max(each.due_at, found.get(each.alert_id, each.due_at))
    return {alert: due_at for alert, due_at in found.items() if alert not in goes_on}
