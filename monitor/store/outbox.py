"""The outbox: every message owed to someone, and how sending it went."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Row, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, func, select, update

from monitor.core.timing import next_try
from monitor.models import (
    AccountMail,
    Body,
    Briefing,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Pause,
    Subscriber,
    SubscriberState,
)
from monitor.store.owing import ALERTS, BRIEFINGS, FORMS, SUPPRESSED, UPDATES, URGENT

EVERY_LANE = (URGENT, UPDATES, BRIEFINGS, FORMS)
LEFT = "the subscriber left"
_deliveries, _people, _never, _pauses = (
    SQLModel.metadata.tables[each] for each in ("deliveries", "subscribers", "suppressions", "pauses")
)
_PAUSED = (
    sqlalchemy.exists()
    .where(_pauses.c.until > bindparam("now"), _pauses.c.domain.in_((_deliveries.c.domain, "*")))
    .correlate(_deliveries)
)
_OWED = (
    sqlalchemy.select(
        _deliveries.c.status,
        _deliveries.c.kind,
        _deliveries.c.subscriber_id,
        _deliveries.c.recipient,
        _deliveries.c.next_try_at,
        _deliveries.c.message.is_not(None).label("packed"),
        _people.c.state,
        _people.c.briefing,
        _people.c.refuses_alerts,
        _never.c.mark.is_not(None).label("suppressed"),
        ((_deliveries.c.lane != URGENT) & (_deliveries.c.channel == "") & _PAUSED).label("paused"),
    )
    .select_from(_deliveries)
    .outerjoin(_people, _people.c.id == _deliveries.c.subscriber_id)
    .outerjoin(_never, _never.c.mark == bindparam("mark"))
    .where(_deliveries.c.id == bindparam("delivery"))
    .with_for_update(of=_deliveries, skip_locked=True)
)
_ONE = _deliveries.update().where(_deliveries.c.id == bindparam("delivery"))
_START = _ONE.values(status=DeliveryStatus.SENDING, attempts=_deliveries.c.attempts + 1)
_START_FIRST = _START.values({name: bindparam(name) for name in ("message", "message_id", "token", "body_id", "fills")})
_CANCEL = _ONE.values(status=DeliveryStatus.CANCELLED, reply=bindparam("reply"), settled_at=bindparam("settled_at"))
_SENT = _ONE.values(status=DeliveryStatus.SENT, reply=bindparam("reply"), settled_at=bindparam("settled_at"))


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due, with whom it is for, and for a briefing the edition that it brings."""

    delivery: Delivery
    person: Subscriber | None = None
    edition_id: int | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """A message ready to leave: its head, what others share of it, and what fills the gaps of that. `body_id` is known
    once the shared part is kept."""

    token: str
    message_id: str
    head: bytes
    body_id: int | None = None
    fills: dict[str, str] = field(default_factory=dict)


def next_due(
    session: Session, channel: str, now: datetime, limit: int, lanes: Collection[int] = EVERY_LANE
) -> list[Due]:
    """What is due by a channel, or by mail (""), in its lane's turn, alerts first, each as it was owed. What a pause of
    mail holds is not due, but what is urgent never waits for one."""
    paused = select(Pause.domain).where(col(Pause.until) > now)
    unpausable = (col(Delivery.lane) == URGENT) | (Delivery.channel != "")
    everything = select(Pause.domain).where(col(Pause.until) > now, Pause.domain == "*").exists()
    due = (
        select(Delivery, Subscriber, Briefing.edition_id)
        .outerjoin(Subscriber, col(Subscriber.id) == Delivery.subscriber_id)
        .outerjoin(Briefing, col(Briefing.id) == Delivery.briefing_id)
        .where(Delivery.channel == channel, Delivery.status == DeliveryStatus.QUEUED, col(Delivery.next_try_at) <= now)
        .where(col(Delivery.lane).in_(lanes))
        .where(unpausable | (col(Delivery.domain).not_in(paused) & ~everything))
        .where((col(Delivery.kind) != DeliveryKind.BRIEFING) | ~_an_earlier_one_waits())
        .order_by(col(Delivery.lane), col(Delivery.kind).not_in(ALERTS), col(Delivery.id))
        .limit(limit)
    )
    return [Due(*row) for row in session.exec(due)]


def _an_earlier_one_waits() -> ColumnElement[bool]:
    """Nobody reads today's briefing before yesterday's."""
    earlier = aliased(Delivery)
    waiting = col(earlier.status).in_((DeliveryStatus.QUEUED, DeliveryStatus.SENDING))
    of_same = (earlier.subscriber_id == Delivery.subscriber_id, col(earlier.kind) == DeliveryKind.BRIEFING)
    return select(earlier.id).where(*of_same, waiting, col(earlier.id) < col(Delivery.id)).exists()


def keep_body(session: Session, mark: str, content: bytes, now: datetime) -> int:
    """The number of this body, kept once."""
    known = session.exec(select(Body.id).where(Body.mark == mark)).first()
    if known is not None:
        return known
    body = Body(mark=mark, content=content, made_at=now)
    session.add(body)
    session.flush()
    return body.id


def body(session: Session, body_id: int) -> bytes:
    return session.get_one(Body, body_id).content


def start(session: Session, delivery_id: int, to: str, packed: Packed, mark: str, now: datetime) -> bool:
    """Mark it as being sent and keep the bytes, before the server hears of it. False: it is no longer owed, not now, or
    not to whom it was packed for. `mark` is its recipient's among those never written to."""
    # Objects of the ORM would cost more than handing the mail over.
    line = session.connection()
    owed = line.execute(_OWED, {"delivery": delivery_id, "mark": mark, "now": now}).first()
    # It may have been looked up before it was tried, and started after it was refused.
    if owed is None or owed.status != DeliveryStatus.QUEUED or owed.next_try_at > now or owed.recipient != to:
        return False
    if reason := _unwanted(owed):
        line.execute(_CANCEL, {"delivery": delivery_id, "reply": reason, "settled_at": now})
        return False
    if owed.paused:
        return False
    if owed.packed:
        line.execute(_START, {"delivery": delivery_id})
        return True
    kept = {"message_id": packed.message_id, "token": packed.token, "body_id": packed.body_id, "fills": packed.fills}
    line.execute(_START_FIRST, {"delivery": delivery_id, "message": packed.head, **kept})
    return True


def _unwanted(owed: Row[Any]) -> str:
    """Why nobody may be sent it any more."""
    if owed.subscriber_id is None:
        return ""
    if owed.suppressed:
        return SUPPRESSED
    if owed.state is None or owed.state == SubscriberState.ERASED:
        return LEFT
    if owed.kind == DeliveryKind.ACCOUNT:
        return ""
    chosen = owed.briefing if owed.kind == DeliveryKind.BRIEFING else not owed.refuses_alerts
    return "" if chosen and owed.state == SubscriberState.CONFIRMED else LEFT


def sent(session: Session, delivery_id: int, reply: str, now: datetime) -> None:
    session.connection().execute(_SENT, {"delivery": delivery_id, "reply": reply, "settled_at": now})


def refused(
    session: Session,
    delivery_id: int,
    reason: str,
    now: datetime,
    *,
    permanent: bool,
    doubtful: bool,
    not_before: datetime | None = None,
) -> None:
    """It was not taken: try again later, or, refused for good or for five days, never."""
    delivery = session.get_one(Delivery, delivery_id)
    if delivery.status == DeliveryStatus.QUEUED:
        delivery.attempts += 1  # it could not even be started
    again_at = None
    if not permanent:
        luck = sha256(delivery.key.encode()).digest()[0] / 256
        again_at = next_try(now, delivery.attempts, delivery.owed_at, luck, _good_until(session, delivery))
    delivery.reply, delivery.doubtful = reason, delivery.doubtful or doubtful
    if again_at is None:
        delivery.status, delivery.settled_at = DeliveryStatus.FAILED, now
    else:
        delivery.status, delivery.next_try_at = DeliveryStatus.QUEUED, max(again_at, not_before or again_at)
    session.add(delivery)
    _forget_if_erased(session, delivery, now)


def _forget_if_erased(session: Session, delivery: Delivery, now: datetime) -> None:
    """Whose reader was erased while it was being sent has nobody to go to any more."""
    person = session.get(Subscriber, delivery.subscriber_id) if delivery.subscriber_id else None
    if person is not None and person.state == SubscriberState.ERASED and delivery.status == DeliveryStatus.QUEUED:
        delivery.status, delivery.settled_at, delivery.reply = DeliveryStatus.CANCELLED, now, LEFT


def _good_until(session: Session, delivery: Delivery) -> datetime | None:
    """A link that has run out need not be mailed any more."""
    mail = session.get(AccountMail, delivery.account_mail_id) if delivery.account_mail_id else None
    until = mail.contents.get("until") if mail else None
    return datetime.fromtimestamp(until, UTC) if until else None


def give_back(session: Session, delivery_id: int, reason: str, now: datetime) -> None:
    """The server could not be reached at all: still owed, and not counted as an attempt."""
    delivery = session.get_one(Delivery, delivery_id)
    if delivery.status not in (DeliveryStatus.QUEUED, DeliveryStatus.SENDING):
        return  # cancelled meanwhile
    delivery.attempts -= delivery.status == DeliveryStatus.SENDING
    delivery.status, delivery.reply = DeliveryStatus.QUEUED, reason
    session.add(delivery)
    _forget_if_erased(session, delivery, now)


def put_off(session: Session, delivery_ids: Collection[int], until: datetime) -> None:
    """Their domain has had as many as it is sent a minute."""
    wanted = col(Delivery.id).in_(delivery_ids), col(Delivery.status) == DeliveryStatus.QUEUED
    session.exec(update(Delivery).where(*wanted).values(next_try_at=until))


def recover(session: Session, now: datetime, channel: str | None = None, lanes: Collection[int] = EVERY_LANE) -> int:
    """Whatever a dead process was sending may or may not have left; it is sent again, the same mail. `channel` None: by
    whichever way."""
    ours = () if channel is None else (col(Delivery.channel) == channel,)
    left = session.exec(
        update(Delivery)
        .where(col(Delivery.status) == DeliveryStatus.SENDING, col(Delivery.lane).in_(lanes), *ours)
        .values(status=DeliveryStatus.QUEUED, doubtful=True, next_try_at=now)
    )
    erased = select(Subscriber.id).where(Subscriber.state == SubscriberState.ERASED)
    session.exec(
        update(Delivery)
        .where(col(Delivery.status) == DeliveryStatus.QUEUED, col(Delivery.subscriber_id).in_(erased))
        .values(status=DeliveryStatus.CANCELLED, settled_at=now, reply=LEFT)
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


def pauses(session: Session, now: datetime) -> list[Pause]:
    """The pauses in force."""
    return list(session.exec(select(Pause).where(col(Pause.until) > now).order_by(col(Pause.domain))))


def thread_of(session: Session, alert_id: int, subscriber_id: int) -> list[Delivery]:
    """The mails of this alert that this person has got, or will get, in order."""
    gone = (DeliveryStatus.CANCELLED, DeliveryStatus.FAILED)
    wanted = select(Delivery).where(
        Delivery.alert_id == alert_id, Delivery.subscriber_id == subscriber_id, col(Delivery.status).not_in(gone)
    )
    return list(session.exec(wanted.order_by(col(Delivery.alert_revision), col(Delivery.id))))
