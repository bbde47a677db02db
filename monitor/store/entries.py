"""Entries: what is new, and what waits for triage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select

from monitor.core.identity import canonical_link, keys
from monitor.core.values import ParsedEntry
from monitor.models import Entry, Feed, Story

_AT_ONCE = 400  # SQLite takes 32,766 parameters in a statement; this stays far below


def keep_new(session: Session, feed: Feed, parsed: Sequence[ParsedEntry], now: datetime) -> int:
    """Store the entries this feed has not shown before; how many they were. Call it before `record_good`."""
    candidates: dict[str, tuple[str, ParsedEntry]] = {}
    for entry, (key, twin) in zip(parsed, keys(parsed), strict=True):
        candidates.setdefault(key, (twin, entry))
    known = _known(session, feed.id, [*candidates, *(twin for twin, _ in candidates.values())])
    new = 0
    # Feeds list the newest first; arrival should follow publication.
    for key, (twin, entry) in reversed(candidates.items()):
        if key in known or twin in known:
            continue
        known.update((key, twin))
        session.add(_row(feed, entry, key, twin, now))
        new += 1
    if new:
        feed.last_new_at = now
    return new


def unknown(session: Session, feed_id: int, parsed: Sequence[ParsedEntry]) -> list[ParsedEntry]:
    """Which of these entries `keep_new` would store."""
    pairs = keys(parsed)
    known = _known(session, feed_id, [each for pair in pairs for each in pair])
    return [entry for entry, pair in zip(parsed, pairs, strict=True) if known.isdisjoint(pair)]


def _known(session: Session, feed_id: int, wanted: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        for pair in session.exec(
            select(Entry.key, Entry.twin).where(
                Entry.feed_id == feed_id, or_(col(Entry.key).in_(some), col(Entry.twin).in_(some))
            )
        ):
            known.update(pair)
    return known


def _row(feed: Feed, entry: ParsedEntry, key: str, twin: str, now: datetime) -> Entry:
    return Entry(
        feed_id=feed.id,
        key=key,
        twin=twin,
        guid=entry.guid,
        link=entry.link,
        canonical_link=canonical_link(entry.link),
        title=entry.title,
        summary=entry.summary,
        content="" if entry.content == entry.summary else entry.content,
        author=entry.author,
        tags=list(entry.tags),
        language=feed.language or entry.language,
        published_at=entry.published or entry.updated,
        published_said=entry.published_said,
        updated_at=entry.updated,
        arrived_at=now,
        previous_poll_at=feed.last_good_at,
    )


def untriaged(session: Session, limit: int) -> list[Entry]:
    return list(session.exec(select(Entry).where(col(Entry.arrival).is_(None)).order_by(col(Entry.id)).limit(limit)))


def latest_arrival(session: Session) -> int:
    return session.exec(select(func.max(Entry.arrival))).one() or 0


@dataclass(frozen=True, slots=True)
class GroupedEntry:
    story_id: int
    title: str
    canonical_link: str
    feed_id: int


def grouped_since(session: Session, since: datetime) -> list[GroupedEntry]:
    """The entries of stories that began since then, oldest first."""
    rows = session.exec(
        select(Entry.story_id, Entry.title, Entry.canonical_link, Entry.feed_id)
        .join(Story, col(Story.id) == Entry.story_id)
        .where(col(Story.first_seen_at) >= since)
        .order_by(col(Entry.arrival))
    )
    return [GroupedEntry(story or 0, title, link, feed) for story, title, link, feed in rows]


def of_story(session: Session, story_id: int) -> list[tuple[Entry, Feed]]:
    """A story's entries with their feeds, in order of arrival."""
    rows = session.exec(
        select(Entry, Feed)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Entry.story_id == story_id)
        .order_by(col(Entry.arrival))
    )
    return list(rows)


def find(session: Session, words: str, limit: int = 20) -> list[tuple[Entry, Feed]]:
    """Stored entries with this link, or this text in the title; newest first."""
    link = canonical_link(words)
    wanted = (
        col(Entry.canonical_link) == link
        if link
        else func.lower(col(Entry.title)).contains(words.lower(), autoescape=True)
    )
    rows = session.exec(
        select(Entry, Feed)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(wanted)
        .order_by(col(Entry.id).desc())
        .limit(limit)
    )
    return list(rows)


def stored_since(session: Session, since: datetime, after_id: int, limit: int) -> list[tuple[Entry, Feed]]:
    """Triaged entries that arrived since then, by id, from the first behind `after_id`."""
    rows = session.exec(
        select(Entry, Feed)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Entry.arrived_at >= since, Entry.id > after_id, col(Entry.arrival).is_not(None))
        .order_by(col(Entry.id))
        .limit(limit)
    )
    return list(rows)


def count_since(session: Session, since: datetime) -> int:
    return session.exec(select(func.count()).select_from(Entry).where(col(Entry.arrived_at) >= since)).one()


RECENT = timedelta(hours=24)
