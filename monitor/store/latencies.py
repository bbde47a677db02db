"""When each step was done on the way from a publisher to a reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from monitor.models import (
    Alert,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Entry,
    Feed,
    Hearing,
    Revision,
    Telling,
)
from monitor.words import Wait

_ALERTS = (DeliveryKind.ALERT, DeliveryKind.ROLLUP)


@dataclass(frozen=True, slots=True)
class Passage:
    """The way of a report to one listener. `wait` is why that was not told at once; times that are not known yet, or
    never will be, are None."""

    telling: int
    seen_at: datetime
    decided_at: datetime
    owed_at: datetime | None
    accepted_at: datetime | None
    wait: Wait | None


def arrivals_since(
    session: Session, since: datetime
) -> Iterator[tuple[str, datetime | None, datetime, datetime | None]]:
    """(feed, published, seen, the feed's last good poll before) of the entries that came since then."""
    rows = session.exec(
        select(Feed.name, Entry.published_at, Entry.arrived_at, Entry.previous_poll_at)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Entry.arrived_at >= since, col(Feed.retired_at).is_(None))
        .execution_options(yield_per=2_000)
    )
    yield from rows


def passages_since(session: Session, since: datetime) -> list[Passage]:
    """A row for each listener and telling since then that a report gave cause for."""
    edited = (
        select(func.max(Revision.until))
        .where(Revision.entry_id == Entry.id, Revision.until <= Telling.told_at)
        .correlate(Entry, Telling)
        .scalar_subquery()
    )
    rows = session.execute(
        select_columns(
            col(Telling.id),
            func.coalesce(edited, Entry.arrived_at),
            col(Telling.told_at),
            col(Delivery.owed_at),
            col(Delivery.settled_at),
            col(Delivery.status),
            col(Hearing.wait),
        )
        .join_from(Hearing, Telling, col(Telling.id) == Hearing.telling_id)
        .join(Entry, col(Entry.id) == Telling.entry_id)
        .outerjoin(Delivery, col(Delivery.id) == Hearing.delivery_id)
        .where(col(Telling.told_at) >= since)
    )
    return [
        Passage(telling, seen, told_at, owed_at, settled_at if status == DeliveryStatus.SENT else None, wait)
        for telling, seen, told_at, owed_at, settled_at, status, wait in rows
    ]


def handed_over_since(session: Session, since: datetime) -> Iterator[tuple[str, timedelta]]:
    """(channel, or "" for mail; from owing to acceptance) of each message of alerts that was owed since then."""
    rows = session.exec(
        select(Delivery.channel, Delivery.owed_at, Delivery.settled_at).where(
            Delivery.owed_at >= since,
            Delivery.status == DeliveryStatus.SENT,
            col(Delivery.kind).in_(_ALERTS),
            col(Delivery.settled_at).is_not(None),
        )
    )
    for channel, owed_at, settled_at in rows:
        if settled_at is not None:
            yield channel, settled_at - owed_at


def sightings_since(session: Session, since: datetime) -> list[tuple[int, str, str, datetime]]:
    """(story, feed, voice, seen) of every report of the stories that were first told since then, as they came."""
    rows = session.exec(
        select(Alert.story_id, Feed.name, Entry.voice, Entry.arrived_at)
        .join(Entry, col(Entry.story_id) == Alert.story_id)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Alert.first_told_at >= since)
        .order_by(col(Entry.arrived_at), col(Entry.id))
    )
    return list(rows)
