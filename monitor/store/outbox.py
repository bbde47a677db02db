"""The outbox: every message owed to someone, and how sending it went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from monitor.core.timing import next_try
from monitor.models import (
    Alert,
    Briefing,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Notice,
    Subscriber,
    SubscriberState,
)

_ALERT_LANE, _NOTICE_LANE, _BRIEFING_LANE = 0, 1, 2


def owe_alert(session: Session, alert: Alert, person: Subscriber, now: datetime) -> None:
    _owe(
        session,
        Delivery(
            key=f"alert:{alert.id}:{alert.revision}:{person.id}",
            kind=DeliveryKind.ALERT,
            lane=_ALERT_LANE,
            subscriber_id=person.id,
            recipient=person.address,
            alert_id=alert.id,
            alert_revision=alert.revision,
            owed_at=now,
            next_try_at=now,
        ),
    )


def owe_briefing(session: Session, briefing: Briefing, person: Subscriber, now: datetime) -> None:
    _owe(
        session,
        Delivery(
            key=f"briefing:{briefing.local_date.isoformat()}:{person.id}",
            kind=DeliveryKind.BRIEFING,
            lane=_BRIEFING_LANE,
            subscriber_id=person.id,
            recipient=person.address,
            briefing_id=briefing.id,
            owed_at=now,
            next_try_at=now,
        ),
    )


def owe_notice(session: Session, notice: Notice, contact: str, now: datetime) -> None:
    _owe(
        session,
        Delivery(
            key=f"notice:{notice.id}",
            kind=DeliveryKind.NOTICE,
            lane=_NOTICE_LANE,
            recipient=contact,
            notice_id=notice.id,
            owed_at=now,
            next_try_at=now,
        ),
    )


def _owe(session: Session, delivery: Delivery) -> None:
    """A second debt with the same key is a mistake of ours, and the unique key makes it an error."""
    session.add(delivery)
    session.flush()


def next_due(session: Session, now: datetime, limit: int) -> list[Delivery]:
    """What is due, alerts first, then notices, then briefings, each in the order it was owed."""
    due = (
        select(Delivery)
        .where(Delivery.status == DeliveryStatus.QUEUED, col(Delivery.next_try_at) <= now)
        .order_by(col(Delivery.lane), col(Delivery.id))
        .limit(limit)
    )
    return list(session.exec(due))


def alert_is_due(session: Session, now: datetime) -> bool:
    due = select(Delivery.id).where(
        Delivery.status == DeliveryStatus.QUEUED, col(Delivery.next_try_at) <= now, Delivery.lane == _ALERT_LANE
    )
    return session.exec(due.limit(1)).first() is not None


def start(session: Session, delivery_id: int, message: bytes, message_id: str, now: datetime) -> Delivery | None:
    """Mark it as being sent and keep the bytes, before the server hears of it. None: it is no longer owed."""
    delivery = session.get(Delivery, delivery_id, with_for_update={"skip_locked": True})
    if delivery is None or delivery.status != DeliveryStatus.QUEUED:
        return None
    if delivery.kind != DeliveryKind.NOTICE and not _wants_mail(session, delivery):
        delivery.status, delivery.settled_at, delivery.reply = DeliveryStatus.CANCELLED, now, "the subscriber left"
        session.add(delivery)
        return None
    delivery.status = DeliveryStatus.SENDING
    delivery.attempts += 1
    if delivery.message is None:
        delivery.message, delivery.message_id = message, message_id
    session.add(delivery)
    return delivery


def _wants_mail(session: Session, delivery: Delivery) -> bool:
    person = session.get(Subscriber, delivery.subscriber_id)
    return person is not None and person.state == SubscriberState.CONFIRMED


def sent(session: Session, delivery_id: int, reply: str, now: datetime) -> None:
    delivery = session.get_one(Delivery, delivery_id)
    delivery.status, delivery.reply, delivery.settled_at = DeliveryStatus.SENT, reply, now
    session.add(delivery)


def refused(session: Session, delivery_id: int, reason: str, now: datetime, *, permanent: bool, doubtful: bool) -> None:
    """It was not taken: try again later, or, refused for good or for five days, never."""
    delivery = session.get_one(Delivery, delivery_id)
    if delivery.status == DeliveryStatus.QUEUED:
        delivery.attempts += 1  # it could not even be started
    again_at = None if permanent else next_try(now, delivery.attempts, delivery.owed_at)
    delivery.reply, delivery.doubtful = reason, delivery.doubtful or doubtful
    if again_at is None:
        delivery.status, delivery.settled_at = DeliveryStatus.FAILED, now
    else:
        delivery.status, delivery.next_try_at = DeliveryStatus.QUEUED, again_at
    session.add(delivery)


def give_back(session: Session, delivery_id: int, reason: str) -> None:
    """The server could not be reached at all: still owed, and not counted as an attempt."""
    delivery = session.get_one(Delivery, delivery_id)
    delivery.status, delivery.reply = DeliveryStatus.QUEUED, reason
    delivery.attempts -= 1
    session.add(delivery)


def recover(session: Session, now: datetime) -> int:
    """Whatever a dead process was sending may or may not have left; it is sent again, the same mail."""
    left = session.exec(
        update(Delivery)
        .where(col(Delivery.status) == DeliveryStatus.SENDING)
        .values(status=DeliveryStatus.QUEUED, doubtful=True, next_try_at=now)
    )
    return left.rowcount


@dataclass(frozen=True, slots=True)
class Outbox:
    """How many messages are in which state, since when the oldest unsent one waits, and who was refused last."""

    counts: dict[DeliveryStatus, int]
    oldest_owed_at: datetime | None
    last_sent_at: datetime | None
    trouble: str
    refused: list[tuple[str, str]]


def summary(session: Session) -> Outbox:
    counted = session.exec(select(Delivery.status, func.count()).group_by(col(Delivery.status)))
    counts = {DeliveryStatus(status): number for status, number in counted}
    waiting = col(Delivery.status).in_([DeliveryStatus.QUEUED, DeliveryStatus.SENDING])
    oldest = session.exec(select(func.min(Delivery.owed_at)).where(waiting)).one()
    last_sent = session.exec(select(func.max(Delivery.settled_at)).where(Delivery.status == DeliveryStatus.SENT)).one()
    trouble = session.exec(
        select(Delivery.reply).where(waiting, Delivery.reply != "").order_by(col(Delivery.id)).limit(1)
    ).first()
    refused = session.exec(
        select(Delivery.recipient, Delivery.reply)
        .where(Delivery.status == DeliveryStatus.FAILED)
        .order_by(col(Delivery.settled_at).desc())
        .limit(5)
    )
    return Outbox(counts, oldest, last_sent, trouble or "", list(dict.fromkeys(refused)))


def first_told(session: Session, alert_id: int, subscriber_id: int) -> Delivery | None:
    """The first mail of this alert that was owed to this person."""
    wanted = select(Delivery).where(Delivery.alert_id == alert_id, Delivery.subscriber_id == subscriber_id)
    return session.exec(wanted.order_by(col(Delivery.alert_revision)).limit(1)).first()


def of_alerts(session: Session, alert_ids: Iterable[int]) -> list[Delivery]:
    return list(
        session.exec(select(Delivery).where(col(Delivery.alert_id).in_(list(alert_ids))).order_by(col(Delivery.id)))
    )
