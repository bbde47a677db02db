"""The outbox: every message owed to someone, and how sending it went."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session, col, func, select, update

from monitor.core.timing import next_try
from monitor.models import (
    Briefing,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Notice,
    Subscriber,
    SubscriberState,
)

_ALERT_LANE, _NOTICE_LANE, _BRIEFING_LANE = 0, 1, 2
# A fall-back for what is older would wake people for what the briefing has told.
_STILL_NEWS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Address:
    """Where what a listener hears goes: a person's mail, or a channel."""

    subscriber_id: int | None
    recipient: str
    channel: str = ""

    @property
    def mark(self) -> str:
        return f"channel/{self.channel}" if self.channel else str(self.subscriber_id)


def owe_alert(session: Session, alert_id: int, revision: int, to: Address, now: datetime) -> Delivery:
    return _owe(
        session,
        Delivery(
            key=f"alert:{alert_id}:{revision}:{to.mark}",
            kind=DeliveryKind.ALERT,
            lane=_ALERT_LANE,
            subscriber_id=to.subscriber_id,
            recipient=to.recipient,
            channel=to.channel,
            alert_id=alert_id,
            alert_revision=revision,
            owed_at=now,
            next_try_at=now,
        ),
    )


def owe_rollup(session: Session, first_hearing: int, to: Address, now: datetime) -> Delivery:
    """Several alerts in one message, named after the first of what it tells."""
    return _owe(
        session,
        Delivery(
            key=f"rollup:{first_hearing}:{to.mark}",
            kind=DeliveryKind.ROLLUP,
            lane=_ALERT_LANE,
            subscriber_id=to.subscriber_id,
            recipient=to.recipient,
            channel=to.channel,
            owed_at=now,
            next_try_at=now,
        ),
    )


def owe_instead(session: Session, failing: Delivery, channel: str, key: str, now: datetime) -> Delivery:
    """The same alert by a fall-back channel."""
    return _owe(
        session,
        Delivery(
            key=key,
            kind=failing.kind,
            lane=_ALERT_LANE,
            recipient=channel,
            channel=channel,
            alert_id=failing.alert_id,
            alert_revision=failing.alert_revision,
            instead_of=failing.instead_of or failing.id,
            owed_at=now,
            next_try_at=now,
        ),
    )


def fallback_key(way: str, channel: str, telling_ids: Iterable[int]) -> str:
    """Names what a fall-back tells once, however many people wait for it by the way that fails."""
    told = ",".join(map(str, sorted(telling_ids)))
    return f"fallback:{channel}:{way or 'mail'}:{sha256(told.encode()).hexdigest()[:24]}"


def failing_since(session: Session, way: str, before: datetime) -> list[Delivery]:
    """Alerts owed by this way before then that have not left yet, and those that were refused for good: one of all that
    tell the same."""
    ours = (Delivery.channel == way, Delivery.lane == _ALERT_LANE)
    news = col(Delivery.owed_at) > before - _STILL_NEWS
    late = select(Delivery).where(
        *ours, Delivery.status == DeliveryStatus.QUEUED, news, col(Delivery.owed_at) <= before
    )
    refused = select(Delivery).where(*ours, Delivery.status == DeliveryStatus.FAILED, news)
    found: dict[tuple[int | None, int | None, int], Delivery] = {}
    for wanted in (late, refused):
        for each in session.exec(wanted.order_by(col(Delivery.id))):
            same = each.id if each.kind is DeliveryKind.ROLLUP else 0
            found.setdefault((each.alert_id, each.alert_revision, same), each)
    return list(found.values())


def cancel_unknown(session: Session, channels: Collection[str], now: datetime) -> int:
    """What is still owed to channels that the config does not know any more."""
    owed = update(Delivery).where(
        col(Delivery.channel).not_in(["", *channels]), col(Delivery.status) == DeliveryStatus.QUEUED
    )
    why = "the channel is no longer in the config"
    return session.exec(owed.values(status=DeliveryStatus.CANCELLED, settled_at=now, reply=why)).rowcount


def is_owed(session: Session, key: str) -> bool:
    return session.exec(select(Delivery.id).where(Delivery.key == key)).first() is not None


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


def _owe(session: Session, delivery: Delivery) -> Delivery:
    """A second debt with the same key is a mistake of ours, and the unique key makes it an error."""
    session.add(delivery)
    session.flush()
    return delivery


def next_due(session: Session, channel: str, now: datetime, limit: int) -> list[Delivery]:
    """What is due by a channel, or by mail (""): alerts first, then notices, then briefings, each as it was owed."""
    due = (
        select(Delivery)
        .where(Delivery.channel == channel, Delivery.status == DeliveryStatus.QUEUED, col(Delivery.next_try_at) <= now)
        .order_by(col(Delivery.lane), col(Delivery.id))
        .limit(limit)
    )
    return list(session.exec(due))


def alert_is_due(session: Session, now: datetime) -> bool:
    due = select(Delivery.id).where(
        Delivery.channel == "",
        Delivery.status == DeliveryStatus.QUEUED,
        col(Delivery.next_try_at) <= now,
        Delivery.lane == _ALERT_LANE,
    )
    return session.exec(due.limit(1)).first() is not None


def start(session: Session, delivery_id: int, message: bytes, message_id: str, now: datetime) -> Delivery | None:
    """Mark it as being sent and keep the bytes, before the server hears of it. None: it is no longer owed."""
    delivery = session.get(Delivery, delivery_id, with_for_update={"skip_locked": True})
    if delivery is None or delivery.status != DeliveryStatus.QUEUED:
        return None
    if delivery.subscriber_id is not None and not _wants_mail(session, delivery):
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


def recover(session: Session, now: datetime, channel: str | None = None) -> int:
    """Whatever a dead process was sending may or may not have left; it is sent again, the same mail. `channel` None: by
    whichever way."""
    ours = () if channel is None else (col(Delivery.channel) == channel,)
    left = session.exec(
        update(Delivery)
        .where(col(Delivery.status) == DeliveryStatus.SENDING, *ours)
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


def thread_of(session: Session, alert_id: int, subscriber_id: int) -> list[Delivery]:
    """The mails of this alert that this person has got, or will get, in order."""
    gone = (DeliveryStatus.CANCELLED, DeliveryStatus.FAILED)
    wanted = select(Delivery).where(
        Delivery.alert_id == alert_id, Delivery.subscriber_id == subscriber_id, col(Delivery.status).not_in(gone)
    )
    return list(session.exec(wanted.order_by(col(Delivery.alert_revision), col(Delivery.id))))
