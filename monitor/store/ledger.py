"""The ledger of alerts: what was told, who heard it and when, and how it stands with the ways out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from monitor.models import (
    Alert,
    Delivery,
    DeliveryStatus,
    Entry,
    Escalation,
    Feed,
    Hearing,
    Revision,
    Story,
    Subscriber,
    Telling,
)
from monitor.store import reach, stories
from monitor.store.reach import Reach
from monitor.words import Wait

_WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one listener was told of a telling: `name` is an address or that of a channel. `deliveries` are the message
    that tells it and, where that failed for too long, those of fall-back channels."""

    listener: str
    name: str
    at: datetime
    due_at: datetime | None
    wait: Wait | None
    note: str
    rule: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A telling with the report that gave cause; `seen_at` is when that was seen as it was then."""

    telling: Telling
    entry: Entry | None
    feed: Feed | None
    seen_at: datetime | None
    heard: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An alert in short. `voices` are the independent ones by now; `escalates_at`: the next people are told then;
    `exhausted`: all of them have been."""

    alert: Alert
    headline: str
    rules: tuple[str, ...]
    voices: int
    escalates_at: datetime | None
    reach: Reach
    exhausted: bool


@dataclass
class WayOut:
    """How it stands with what leaves by a channel, or by mail."""

    counts: dict[DeliveryStatus, int] = field(default_factory=dict)
    oldest_owed_at: datetime | None = None
    trouble: str = ""
    refused: str = ""

    @property
    def sent(self) -> int:
        return self.counts.get(DeliveryStatus.SENT, 0)

    @property
    def waiting(self) -> int:
        return sum(self.counts.get(status, 0) for status in _WAITING)

    @property
    def failed(self) -> int:
        return self.counts.get(DeliveryStatus.FAILED, 0)


def told(session: Session, alert_id: int) -> list[Told]:
    """Everything that was told of an alert, in order."""
    rows = session.exec(
        select(Telling, Entry, Feed)
        .outerjoin(Entry, col(Entry.id) == Telling.entry_id)
        .outerjoin(Feed, col(Feed.id) == Entry.feed_id)
        .where(Telling.alert_id == alert_id)
        .order_by(col(Telling.revision))
    )
    heard = heard_of(session, [alert_id])
    return [
        Told(
            telling,
            entry,
            feed,
            _seen(session, entry, telling.told_at) if entry else None,
            tuple(heard.get(telling.id, ())),
        )
        for telling, entry, feed in rows
    ]


def _seen(session: Session, entry: Entry, told_at: datetime) -> datetime:
    """When the entry came, or was edited last before it was told."""
    edits = select(func.max(Revision.until)).where(Revision.entry_id == entry.id, Revision.until <= told_at)
    return session.exec(edits).one() or entry.arrived_at


def heard_of(session: Session, alert_ids: Collection[int]) -> dict[int, list[Heard]]:
    """By a telling of these alerts, who heard it."""
    hearings = session.exec(
        select(Hearing, Telling.id)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .where(col(Hearing.alert_id).in_(alert_ids))
        .order_by(col(Telling.revision), col(Hearing.id))
    ).all()
    names = _names(session, {hearing.listener for hearing, _ in hearings})
    owed = _deliveries(session, {hearing.delivery_id for hearing, _ in hearings if hearing.delivery_id})
    found: dict[int, list[Heard]] = {}
    for each, telling in hearings:
        deliveries = tuple(owed.get(each.delivery_id or 0, ()))
        heard = Heard(
            each.listener, names[each.listener], each.at, each.due_at, each.wait, each.note, each.rule, deliveries
        )
        found.setdefault(telling, []).append(heard)
    return {telling: _with_fallbacks(each) for telling, each in found.items()}


def _with_fallbacks(heard: list[Heard]) -> list[Heard]:
    """One message of a fall-back stands in for everybody whose own has failed: it is shown for each of them."""
    instead: dict[str, tuple[Delivery, ...]] = {}
    for each in heard:
        if each.deliveries[1:]:
            instead.setdefault(each.deliveries[0].channel, each.deliveries[1:])
    return [
        replace(each, deliveries=(*each.deliveries, *instead.get(each.deliveries[0].channel, ())))
        if len(each.deliveries) == 1 and each.deliveries[0].status != DeliveryStatus.SENT
        else each
        for each in heard
    ]


def _names(session: Session, listeners: Collection[str]) -> dict[str, str]:
    """What listeners are called, by key; those who have left, too."""
    parts = {key: key.partition(":")[2] for key in listeners}
    people = [int(part) for key, part in parts.items() if key.startswith("person:")]
    known = select(Subscriber.id, Subscriber.address).where(col(Subscriber.id).in_(people))
    return parts | {f"person:{number}": address for number, address in session.exec(known)}


def _deliveries(session: Session, numbers: Collection[int]) -> dict[int, list[Delivery]]:
    """By a delivery: itself, then what went by a fall-back instead."""
    found: dict[int, list[Delivery]] = {}
    either = or_(col(Delivery.id).in_(numbers), col(Delivery.instead_of).in_(numbers))
    for each in session.exec(select(Delivery).where(either).order_by(col(Delivery.id))):
        found.setdefault(each.instead_of or each.id, []).append(each)
    return found


def numbers(session: Session) -> list[int]:
    return list(session.exec(select(Alert.id).order_by(col(Alert.id))))


def escalations_of(session: Session, alert_id: int) -> list[Escalation]:
    wanted = select(Escalation).where(Escalation.alert_id == alert_id)
    return list(session.exec(wanted.order_by(col(Escalation.id))))


def open_escalations(session: Session) -> list[datetime]:
    """When the next people are told, of each alert that nobody has acknowledged in time so far; the soonest first."""
    waiting = select(func.min(Escalation.due_at)).where(col(Escalation.ended_at).is_(None))
    return sorted(session.exec(waiting.group_by(col(Escalation.alert_id))))


def listed_since(session: Session, since: datetime, *, only_open: bool = False) -> list[Listed]:
    """The alerts that were told since then, newest first."""
    wanted = [col(Alert.last_told_at) >= since, *([col(Alert.acknowledged_at).is_(None)] if only_open else [])]
    found = session.exec(
        select(Alert, Story)
        .join(Story, col(Story.id) == Alert.story_id)
        .where(*wanted)
        .order_by(col(Alert.last_told_at).desc(), col(Alert.id).desc())
    ).all()
    rules: dict[int, dict[str, None]] = {}
    headlines: dict[int, str] = {}
    rows = session.exec(
        select(Telling, Entry.title)
        .join(Alert, col(Alert.id) == Telling.alert_id)
        .outerjoin(Entry, col(Entry.id) == Telling.entry_id)
        .where(*wanted)
        .order_by(col(Telling.alert_id), col(Telling.revision))
    )
    for telling, title in rows:
        rules.setdefault(telling.alert_id, {}).update(dict.fromkeys(telling.rules))
        if title:
            headlines.setdefault(telling.alert_id, title)
    told_in = {
        alert.id: story.id if story.merged_into is None else stories.current(session, story.id)
        for alert, story in found
    }
    voices, reached = _voices(session, wanted), reach.by_alert(session, wanted)
    escalating, exhausted = _escalating(session), reach.exhausted(session, wanted)
    return [
        Listed(
            alert,
            headlines.get(alert.id) or story.title,
            tuple(rules.get(alert.id, ())),
            max(alert.voices, voices.get(told_in[alert.id], 0)),
            escalating.get(alert.id) if alert.acknowledged_at is None else None,
            reached.get(alert.id, Reach()),
            alert.id in exhausted,
        )
        for alert, story in found
    ]


def _voices(session: Session, wanted: Sequence[object]) -> dict[int, int]:
    counted = (
        select(Entry.story_id, func.count(func.distinct(Entry.voice)))
        .join(Alert, col(Alert.story_id) == Entry.story_id)
        .where(*wanted)  # type: ignore[arg-type]
        .group_by(col(Entry.story_id))
    )
    return {story: number for story, number in session.exec(counted) if story is not None}


def _escalating(session: Session) -> dict[int, datetime]:
    waiting = select(Escalation.alert_id, func.min(Escalation.due_at)).where(col(Escalation.ended_at).is_(None))
    return dict(list(session.exec(waiting.group_by(col(Escalation.alert_id)))))


def ways_out(session: Session) -> dict[str, WayOut]:
    """By a channel, or "" for mail."""
    found: dict[str, WayOut] = {}
    rows = session.exec(
        select(Delivery.channel, Delivery.status, func.count(), func.min(Delivery.owed_at)).group_by(
            Delivery.channel, Delivery.status
        )
    )
    for channel, status, number, owed_at in rows:
        way = found.setdefault(channel, WayOut())
        way.counts[DeliveryStatus(status)] = number
        if status in _WAITING:
            way.oldest_owed_at = min(way.oldest_owed_at or owed_at, owed_at)
    for channel, way in found.items():
        way.trouble = _reply(session, channel, _WAITING) if way.waiting else ""
        way.refused = _reply(session, channel, (DeliveryStatus.FAILED,)) if way.failed else ""
    return found


def _reply(session: Session, channel: str, statuses: Collection[DeliveryStatus]) -> str:
    """What was said of the last of these."""
    said = select(Delivery.reply).where(
        Delivery.channel == channel, col(Delivery.status).in_(statuses), Delivery.reply != ""
    )
    return session.exec(said.order_by(col(Delivery.id).desc()).limit(1)).first() or ""
