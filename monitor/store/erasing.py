"""Forgetting: a subscriber who wants to be erased, and what has been kept for long enough."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import Session, col, delete, or_, select, update

from monitor.core.marks import Marks
from monitor.models import (
    AccountKind,
    AccountMail,
    Alert,
    Body,
    Bounce,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Edition,
    Hearing,
    JobRun,
    Match,
    Notice,
    Pause,
    Record,
    Silence,
    Subscriber,
    SubscriberState,
    Telling,
)
from monitor.store import applications, records, subscribers
from monitor.store.subscribers import AFRESH

_UNSETTLED = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
_TELLING = (DeliveryKind.ALERT, DeliveryKind.ROLLUP, DeliveryKind.BRIEFING)
# Whose texts may name whoever muted or took something.
_TEXTS: tuple[tuple[Any, str], ...] = (
    (Silence, "author"), (Silence, "comment"), (Alert, "acknowledged_by"), (Telling, "note"), (Hearing, "note"),
    (Match, "note"), (Delivery, "reply"), (Bounce, "reason"), (Pause, "reason"), (JobRun, "trouble"),
)  # fmt: skip
# What alarms about one person are called, before the number.
_ALARMS = ("absent", "bounced")
_DOCUMENTS: tuple[Any, ...] = (Edition, Notice, AccountMail)


def erase(session: Session, person: Subscriber, marks: Marks, now: datetime) -> None:
    """Their row stays, so that its number is never another's, but nobody can be found by it. A suppression stays."""
    address = person.address
    subscribers.cancel_owed(session, person, now, why="erased")
    theirs = or_(
        col(Delivery.subscriber_id) == person.id,
        (col(Delivery.recipient) == address) & col(Delivery.status).not_in(_UNSETTLED),
    )
    session.exec(
        update(Delivery)
        .where(theirs)
        .values(recipient="", domain="", message=None, fills={}, token="", reply="")
    )  # fmt: skip
    session.exec(update(AccountMail).where(col(AccountMail.subscriber_id) == person.id).values(contents={}))
    session.exec(update(Record).where(col(Record.subscriber_id) == person.id).values(network="", note="", wording=""))
    session.exec(update(Bounce).where(col(Bounce.subscriber_id) == person.id).values(domain="", reason=""))
    session.exec(update(Silence).where(col(Silence.subscriber_id) == person.id).values(author="", comment=""))
    applications.forget(session, [marks.for_limits(address)], [address], now)
    _forget_alarms(session, person.id)
    rename(session, address, f"erased-{person.id}")
    _make_tombstone(person, now)
    session.add(person)
    session.flush()


def _make_tombstone(person: Subscriber, now: datetime) -> None:
    person.address, person.state, person.left_at = f"erased-{person.id}", SubscriberState.ERASED, now
    person.zone, person.language, person.consent = "UTC", "", ""
    person.briefing, person.briefing_at, person.topics, person.alert_from = False, time(0), None, None
    person.quiet_from = person.quiet_until = person.away_from = person.away_until = None
    person.confirmed_at = person.paused_until = person.bounced_at = person.probe_at = None
    person.critical_passes, person.refuses_alerts, person.serial = True, False, person.serial + 1


def _forget_alarms(session: Session, number: int) -> None:
    """What the operator was mailed of them, a server's words in it. What has not left yet is made once more."""
    names = {f"{what} {number}" for what in _ALARMS}
    alarms = session.exec(select(AccountMail).where(AccountMail.kind == AccountKind.ALARM))
    for some in _slices([mail.id for mail in alarms if mail.contents.get("about") in names]):
        theirs = col(Delivery.account_mail_id).in_(some)
        gone = theirs, col(Delivery.status).not_in(_UNSETTLED)
        told = select(Delivery.account_mail_id).where(*gone)
        session.exec(update(AccountMail).where(col(AccountMail.id).in_(told)).values(contents={}))
        session.exec(update(Delivery).where(*gone).values(message=None, fills={}))
        session.exec(update(Delivery).where(theirs, col(Delivery.status) == DeliveryStatus.QUEUED).values(**AFRESH))


def rename(session: Session, address: str, name: str) -> None:
    """Wherever our own texts name this address, they name it so from now on; mails that left are let go of."""
    if _acted(session, address):
        _forget_bytes(session, address)
    whole = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)")
    for model, column in _TEXTS:
        told = getattr(model, column)
        for row in session.exec(select(model).where(told.contains(address, autoescape=True))):
            setattr(row, column, whole.sub(name, getattr(row, column)))
            session.add(row)
    for model in _DOCUMENTS:
        for row in session.exec(select(model).where(cast(model.contents, Text).contains(address, autoescape=True))):
            row.contents = json.loads(whole.sub(name, json.dumps(row.contents, ensure_ascii=False)))
            session.add(row)
    session.flush()


def _acted(session: Session, address: str) -> bool:
    """Whether mails to others may name them."""
    took = select(Alert.id).where(Alert.acknowledged_by == address)
    muted = select(Silence.id).where(Silence.author == address)
    return any(session.exec(which.limit(1)).first() is not None for which in (took, muted))


def _forget_bytes(session: Session, address: str) -> None:
    """What has left, and names them, needs not be sent again."""
    named = address.encode()
    settled = select(Delivery.id, Delivery.message).where(
        col(Delivery.kind).in_(_TELLING), col(Delivery.status).not_in(_UNSETTLED), col(Delivery.message).is_not(None)
    )
    rows = session.exec(settled).yield_per(200)
    mails = [number for number, message in rows if named in (message or b"").replace(b"=\r\n", b"")]
    for some in _slices(mails):
        session.exec(update(Delivery).where(col(Delivery.id).in_(some)).values(message=None, fills={}))
    used = select(Delivery.body_id).where(col(Delivery.status).in_(_UNSETTLED), col(Delivery.body_id).is_not(None))
    shared = session.exec(select(Body.id, Body.content).where(col(Body.id).not_in(used))).yield_per(50)
    bodies = [number for number, content in shared if named in content.replace(b"=\r\n", b"")]
    for some in _slices(bodies):
        session.exec(delete(Body).where(col(Body.id).in_(some)))


def _slices(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[at : at + 500] for at in range(0, len(numbers), 500)]


def delete_people(session: Session, numbers: Sequence[int], marks: Marks, now: datetime) -> None:
    """Whoever never confirmed is gone with all that is about them."""
    for some in _slices(numbers):
        addresses = session.exec(select(Subscriber.address).where(col(Subscriber.id).in_(some))).all()
        applications.forget(session, {marks.for_limits(each) for each in addresses}, addresses, now)
        for model in (Bounce, Record, Delivery, AccountMail):
            session.exec(delete(model).where(col(model.subscriber_id).in_(some)))
        session.exec(delete(Subscriber).where(col(Subscriber.id).in_(some)))


def purge_sent(session: Session, before: datetime) -> int:
    """The bytes of what was settled before then, and bodies that no message needs any more. How many messages."""
    gone = (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)
    old = col(Delivery.status).in_(gone), col(Delivery.settled_at) <= before
    bytes_kept = or_(col(Delivery.message).is_not(None), col(Delivery.body_id).is_not(None))
    mails = select(Delivery.account_mail_id).where(*old, col(Delivery.account_mail_id).is_not(None))
    kept = cast(AccountMail.contents, Text) != "{}"
    session.exec(update(AccountMail).where(col(AccountMail.id).in_(mails), kept).values(contents={}))
    purged = session.exec(
        update(Delivery).where(*old, bytes_kept)
        .values(message=None, fills={}, body_id=None)
    ).rowcount  # fmt: skip
    wording = col(Body.mark).startswith(records.WORDING)
    used = select(Delivery.body_id).where(col(Delivery.body_id).is_not(None))
    session.exec(delete(Body).where(col(Body.made_at) <= before, col(Body.id).not_in(used), ~wording))
    return purged


def purge_bounces(session: Session, before: datetime) -> int:
    return session.exec(delete(Bounce).where(col(Bounce.at) <= before)).rowcount


def forget_late_replies(session: Session) -> None:
    """A server that was being talked to while somebody was erased may have named them since."""
    erased = select(Subscriber.id).where(Subscriber.state == SubscriberState.ERASED)
    session.exec(
        update(Delivery)
        .where(col(Delivery.subscriber_id).in_(erased), col(Delivery.reply) != "")
        .values(reply="", message=None, token="")
    )  # fmt: skip
