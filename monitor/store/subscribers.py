"""Subscribers: who gets what, and when."""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col, func, select, update

from monitor.models import Delivery, DeliveryKind, DeliveryStatus, Record, Subscriber, SubscriberState
from monitor.store import records, suppressions
from monitor.words import Deed, Severity

# For `quiet` and `away`: no hours, no days.
NEVER = (None, None)
Hours = tuple[time, time] | tuple[None, None]
Days = tuple[date, date] | tuple[None, None]
BRIEFINGS = (DeliveryKind.BRIEFING,)
ALERTS = (DeliveryKind.ALERT, DeliveryKind.ROLLUP)
# What a delivery is given so that its mail is made once more.
AFRESH: dict[str, Any] = {"message": None, "message_id": "", "body_id": None, "fills": {}, "token": ""}


class BlockedError(Exception):
    """The address is never written to; the message is why."""


def add(
    session: Session,
    address: str,
    *,
    zone: str,
    briefing: bool,
    briefing_at: time,
    alert_from: Severity | None,
    now: datetime,
    consent: str,
    quiet: Hours | None = None,
    critical_passes: bool | None = None,
    away: Days | None = None,
    language: str | None = None,
    topics: Collection[str] | None = None,
    mark: str = "",
    deed: Deed = Deed.ADDED,
) -> Subscriber:
    """Add a confirmed subscriber, or give a known address these choices. What is None stays as it was; `topics` ():
    every rule, whatever its topic. Raises BlockedError if its `mark` is among those never written to."""
    if mark and (blocked := suppressions.reason(session, mark)):
        raise BlockedError(blocked)
    person = by_address(session, address)
    known = person is not None and person.state == SubscriberState.CONFIRMED
    if person is None:
        person = Subscriber(
            address=address, state=SubscriberState.CONFIRMED, zone=zone, briefing_at=briefing_at, created_at=now
        )
    if person.state == SubscriberState.LEFT:
        person.topics, person.language, person.refuses_alerts = None, "", False
    person.refuses_alerts = person.refuses_alerts and alert_from is None
    if person.state != SubscriberState.CONFIRMED or person.confirmed_at is None:
        person.confirmed_at = now
    person.state, person.left_at, person.consent = SubscriberState.CONFIRMED, None, consent
    person.paused_until = person.bounced_at = person.probe_at = None
    person.zone, person.briefing, person.briefing_at, person.alert_from = zone, briefing, briefing_at, alert_from
    if quiet is not None:
        person.quiet_from, person.quiet_until = quiet
    if critical_passes is not None:
        person.critical_passes = critical_passes
    if away is not None:
        person.away_from, person.away_until = away
    if language is not None:
        person.language = language
    if topics is not None:
        person.topics = list(topics) or None
    session.add(person)
    session.flush()
    records.write(session, person.id, Deed.CHANGED if known else deed, records.OPERATOR, now)
    return person


def remove(session: Session, address: str, now: datetime) -> bool:
    """The operator takes somebody off. False: nobody of that address, or nobody who gets mail."""
    person = by_address(session, address)
    if person is None or person.state == SubscriberState.LEFT:
        return False
    leave(session, person, now)
    records.write(session, person.id, Deed.LEFT, records.OPERATOR, now)
    return True


def leave(session: Session, person: Subscriber, now: datetime) -> None:
    """Leaving works at once: mail that is still owed is cancelled. Links that were mailed before open nothing more."""
    person.state, person.left_at = SubscriberState.LEFT, now
    person.paused_until = person.bounced_at = person.probe_at = None
    person.serial += 1
    session.add(person)
    cancel_owed(session, person, now)


def cancel_owed(
    session: Session,
    person: Subscriber,
    now: datetime,
    kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
    why: str = "the subscriber left",
) -> int:
    """What is owed to them and has not begun to leave, claimed or not."""
    owed = update(Delivery).where(
        col(Delivery.subscriber_id) == person.id,
        col(Delivery.status) == DeliveryStatus.QUEUED,
        col(Delivery.kind).in_(kinds),
    )
    return session.exec(owed.values(status=DeliveryStatus.CANCELLED, settled_at=now, reply=why)).rowcount


def readdress(session: Session, person: Subscriber, address: str, now: datetime) -> None:
    """They move, and the news that is owed goes to the new address, made anew: its bytes name the old one. Links that
    wait to be mailed are revoked by a move."""
    cancel_owed(session, person, now, (DeliveryKind.ACCOUNT,), why="the subscriber has another address")
    person.address = address
    session.add(person)
    owed = update(Delivery).where(
        col(Delivery.subscriber_id) == person.id, col(Delivery.status) == DeliveryStatus.QUEUED
    )
    session.exec(owed.values(recipient=address, domain=address.rpartition("@")[2], **AFRESH))


def by_address(session: Session, address: str) -> Subscriber | None:
    return session.exec(select(Subscriber).where(Subscriber.address == address)).one_or_none()


def locked(session: Session, person_id: int) -> Subscriber | None:
    """The subscriber of this number, whom nobody else changes until commit."""
    return session.get(Subscriber, person_id, with_for_update=True)


def by_number(session: Session, numbers: Collection[int]) -> dict[int, Subscriber]:
    return {each.id: each for each in session.exec(select(Subscriber).where(col(Subscriber.id).in_(numbers)))}


def everyone(session: Session) -> list[Subscriber]:
    """All who are somebody still."""
    wanted = select(Subscriber).where(Subscriber.state != SubscriberState.ERASED)
    return list(session.exec(wanted.order_by(col(Subscriber.id))))


def confirmed(session: Session) -> list[Subscriber]:
    return in_state(session, SubscriberState.CONFIRMED)


def in_state(session: Session, state: SubscriberState) -> list[Subscriber]:
    return list(session.exec(select(Subscriber).where(Subscriber.state == state).order_by(col(Subscriber.id))))


def overdue(session: Session, before: datetime, among: Collection[int] | None = None) -> list[int]:
    """The numbers of those pending whom nobody has asked to confirm since before then, where that is not on record yet.
    `among`: of these, whom nobody else changes until commit."""
    return _numbers(session, among, *_unanswered(before), _last(Deed.EXPIRED) <= _last(Deed.ASKED))


def forsaken(session: Session, before: datetime, among: Collection[int] | None = None) -> list[int]:
    """The same of those who have never confirmed, whatever is on record."""
    return _numbers(session, among, *_unanswered(before), col(Subscriber.confirmed_at).is_(None))


def _unanswered(before: datetime) -> tuple[ColumnElement[bool], ...]:
    asked = exists().where(
        col(Record.subscriber_id) == Subscriber.id, col(Record.deed) == Deed.ASKED, col(Record.at) > before
    )
    return col(Subscriber.state) == SubscriberState.PENDING, col(Subscriber.created_at) <= before, ~asked


def _last(deed: Deed) -> ColumnElement[int]:
    """The number of the last record of this deed; 0: there is none. SQLite would look for later ones in all records."""
    number = select(func.coalesce(func.max(col(Record.id)), 0))
    return number.where(col(Record.subscriber_id) == Subscriber.id, Record.deed == deed).scalar_subquery()


def _numbers(session: Session, among: Collection[int] | None, *which: ColumnElement[bool]) -> list[int]:
    wanted = select(Subscriber.id).where(*which).order_by(col(Subscriber.id))
    if among is not None:
        wanted = wanted.where(col(Subscriber.id).in_(among)).with_for_update()
    return list(session.exec(wanted))


def alerted(session: Session, named: Collection[str]) -> list[Subscriber]:
    """Those confirmed who may hear alerts: they asked for some, or a route names them."""
    asked = col(Subscriber.alert_from).is_not(None) | col(Subscriber.address).in_(named)
    willing = col(Subscriber.refuses_alerts).is_(False)
    wanted = select(Subscriber).where(Subscriber.state == SubscriberState.CONFIRMED, asked, willing)
    return list(session.exec(wanted.order_by(col(Subscriber.id))))


def pauses_over(session: Session, now: datetime) -> list[Subscriber]:
    """Those paused whose pause has come to its end."""
    over = select(Subscriber).where(Subscriber.state == SubscriberState.PAUSED, col(Subscriber.paused_until) <= now)
    return list(session.exec(over.order_by(col(Subscriber.id))))
