"""Subscribers: who gets what, and when."""

from collections.abc import Collection
from datetime import date, datetime, time

from sqlmodel import Session, col, select

from monitor.models import Delivery, DeliveryStatus, Subscriber, SubscriberState
from monitor.words import Severity

# For `quiet` and `away`: no hours, no days.
NEVER = (None, None)
Hours = tuple[time, time] | tuple[None, None]
Days = tuple[date, date] | tuple[None, None]


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
) -> Subscriber:
    """Add a confirmed subscriber, or give a known address these choices. The last three keep what they were if None."""
    person = by_address(session, address)
    if person is None:
        person = Subscriber(
            address=address, state=SubscriberState.CONFIRMED, zone=zone, briefing_at=briefing_at, created_at=now
        )
    if person.state != SubscriberState.CONFIRMED or person.confirmed_at is None:
        person.confirmed_at = now
    person.state, person.left_at, person.consent = SubscriberState.CONFIRMED, None, consent
    person.zone, person.briefing, person.briefing_at, person.alert_from = zone, briefing, briefing_at, alert_from
    if quiet is not None:
        person.quiet_from, person.quiet_until = quiet
    if critical_passes is not None:
        person.critical_passes = critical_passes
    if away is not None:
        person.away_from, person.away_until = away
    session.add(person)
    session.flush()
    return person


def remove(session: Session, address: str, now: datetime) -> bool:
    """Leaving works at once: mail that is still owed is cancelled. False: nobody of that address."""
    person = by_address(session, address)
    if person is None or person.state == SubscriberState.LEFT:
        return False
    person.state, person.left_at = SubscriberState.LEFT, now
    session.add(person)
    owed = select(Delivery).where(Delivery.subscriber_id == person.id, Delivery.status == DeliveryStatus.QUEUED)
    for delivery in session.exec(owed):
        delivery.status, delivery.settled_at, delivery.reply = DeliveryStatus.CANCELLED, now, "the subscriber left"
        session.add(delivery)
    return True


def by_address(session: Session, address: str) -> Subscriber | None:
    return session.exec(select(Subscriber).where(Subscriber.address == address)).one_or_none()


def everyone(session: Session) -> list[Subscriber]:
    return list(session.exec(select(Subscriber).order_by(col(Subscriber.id))))


def confirmed(session: Session) -> list[Subscriber]:
    wanted = select(Subscriber).where(Subscriber.state == SubscriberState.CONFIRMED)
    return list(session.exec(wanted.order_by(col(Subscriber.id))))


def alerted(session: Session, named: Collection[str]) -> list[Subscriber]:
    """Those confirmed who may hear alerts: they asked for some, or a route names them."""
    asked = col(Subscriber.alert_from).is_not(None) | col(Subscriber.address).in_(named)
    wanted = select(Subscriber).where(Subscriber.state == SubscriberState.CONFIRMED, asked)
    return list(session.exec(wanted.order_by(col(Subscriber.id))))
