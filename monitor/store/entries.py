"""Entries: what is new, what was edited, and what waits for triage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, insert, union, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from monitor.core.identity import Known, Sighting, recognised, renamed, sightings
from monitor.core.links import canonical_link
from monitor.core.values import ParsedEntry
from monitor.models import Entry, Feed
from monitor.store.revisions import revise, texts

_ENTRIES: Table = Entry.__table__  # type: ignore[attr-defined]
_AT_ONCE = 400  # SQLite takes 32,766 parameters in a statement; this stays far below
_KNOWN = select_columns(
    _ENTRIES.c.id,
    _ENTRIES.c.key,
    _ENTRIES.c.twin,
    _ENTRIES.c.guid,
    _ENTRIES.c.canonical_link,
    _ENTRIES.c.title,
    _ENTRIES.c.published_at,
    _ENTRIES.c.wording,
    _ENTRIES.c.revision,
)
# Built once: for the one new entry of most polls the building would cost more than the asking. For an `or` of the
# three, or the feed beside the link, SQLite would go through all that the feed has ever said.
_CANDIDATES = _KNOWN.add_columns(_ENTRIES.c.feed_id).where(
    _ENTRIES.c.id.in_(
        union(
            select_columns(_ENTRIES.c.id).where(
                _ENTRIES.c.feed_id == bindparam("feed"), _ENTRIES.c.key.in_(bindparam("keys", expanding=True))
            ),
            select_columns(_ENTRIES.c.id).where(
                _ENTRIES.c.feed_id == bindparam("feed"), _ENTRIES.c.twin.in_(bindparam("twins", expanding=True))
            ),
            select_columns(_ENTRIES.c.id).where(_ENTRIES.c.canonical_link.in_(bindparam("links", expanding=True))),
        )
    )
)
_ADD = insert(_ENTRIES)
_RENAME = update(_ENTRIES).where(_ENTRIES.c.id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What a new entry takes from its feed."""

    language: str
    last_good_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Entries that a feed shows; `whole`: they are all that its document shows."""

    feed_id: int
    facts: FeedFacts
    parsed: Sequence[ParsedEntry]
    whole: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """`published` are the times of the new entries, none later than now, and None where none is known."""

    new: int = 0
    revised: int = 0
    published: tuple[datetime | None, ...] = ()


@dataclass
class _Changes:
    """What is to be written of several feeds' entries, in one statement of a kind."""

    new: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[int, dict[str, Any]] = field(default_factory=dict)
    edited: dict[int, tuple[Known, Sighting]] = field(default_factory=dict)


def keep_new(
    session: Session, feed_id: int, facts: FeedFacts, parsed: Sequence[ParsedEntry], now: datetime, *, whole: bool
) -> Kept:
    """Store the entries this feed has not shown before, and what has become of those it has.

    `whole`: `parsed` is all that the document shows.
    """
    [kept] = keep_all_new(session, [Shown(feed_id, facts, parsed, whole)], now)
    return kept


def keep_all_new(session: Session, shown: Sequence[Shown], now: datetime) -> list[Kept]:
    """`keep_new` for several feeds, each of them once."""
    seen = [sightings(each.parsed) for each in shown]
    changes = _Changes()
    kept = [_kept(session, each, some, changes, now) for each, some in zip(shown, seen, strict=True)]
    if changes.moved:
        session.connection().execute(_RENAME, list(changes.moved.values()))
    if changes.edited:
        revise(session, list(changes.edited.values()), now)
    if changes.new:
        session.connection().execute(_ADD, changes.new)
    return kept


def _kept(
    session: Session,
    shown: Shown,
    seen: Sequence[Sighting],
    changes: _Changes,
    now: datetime,
) -> Kept:
    """What there is to keep of one feed, added to the changes."""
    if not seen:
        return Kept()
    found, taken = _found(session, shown.feed_id, seen, whole=shown.whole)
    new: list[dict[str, Any]] = []
    edited = set()
    # Feeds list the newest first; arrival should follow publication.
    for at, each in reversed(list(enumerate(seen))):
        entry = found.get(at)
        if entry is None:
            # Without a free name it is one of several that nothing tells apart.
            if key := next((key for key in each.keys if key not in taken), ""):
                taken.add(key)
                new.append(_row(shown.feed_id, shown.facts, each, key, now))
            continue
        key = each.by_guid if each.by_guid and each.by_guid not in taken else entry.key
        taken.add(key)
        if names := _changed_names(entry, each, key):
            changes.moved[entry.id] = names
        if each.wording != entry.wording and (entry.wording or each.entry.title != entry.title):
            changes.edited[entry.id] = entry, each
            edited.add(entry.id)
    changes.new += new
    return Kept(len(new), len(edited), tuple(row["published_at"] and min(row["published_at"], now) for row in new))


def unknown(session: Session, feed_id: int, parsed: Sequence[ParsedEntry]) -> list[ParsedEntry]:
    """Which of these entries, all that a document shows, `keep_new` would store."""
    seen = sightings(parsed)
    found, _ = _found(session, feed_id, seen, whole=True)
    return [each.entry for at, each in enumerate(seen) if at not in found]


def _found(
    session: Session, feed_id: int, seen: Sequence[Sighting], *, whole: bool
) -> tuple[dict[int, Known], set[str]]:
    """The stored entries behind the sightings, and the keys that are taken."""
    known = _candidates(session, feed_id, seen)
    found = recognised(seen, list(known.values()))
    taken = {each.key for each in known.values()}
    if whole and len(found) < len(seen) and 2 * sum(each.keys[0] not in taken for each in seen) > len(seen):
        known |= _latest(session, feed_id, 2 * len(seen))
        found |= renamed(seen, found, list(known.values()))
    return found, taken


def _candidates(session: Session, feed_id: int, seen: Sequence[Sighting]) -> dict[int, Known]:
    """Whatever of this feed shares a name, a link or a twin with one of the sightings."""
    known: dict[int, Known] = {}
    for start in range(0, len(seen), _AT_ONCE):
        some = seen[start : start + _AT_ONCE]
        asked = {
            "feed": feed_id,
            "keys": [key for each in some for key in each.keys],
            "twins": [each.twin for each in some],
            "links": [each.link for each in some if each.link],
        }
        rows = session.connection().execute(_CANDIDATES, asked)
        known.update((row[0], Known(*row[:-1])) for row in rows if row[-1] == feed_id)
    return known


def _latest(session: Session, feed_id: int, number: int) -> dict[int, Known]:
    newest = _KNOWN.where(_ENTRIES.c.feed_id == feed_id).order_by(_ENTRIES.c.id.desc()).limit(number)
    return {row[0]: Known(*row) for row in session.connection().execute(newest)}


def _names(seen: Sighting) -> dict[str, Any]:
    return {"twin": seen.twin, "guid": seen.entry.guid, "canonical_link": seen.link, "wording": seen.wording}


def _changed_names(entry: Known, seen: Sighting, key: str) -> dict[str, Any]:
    """What the next poll must know the entry by, if it is not what it was known by."""
    known = (entry.key, entry.twin, entry.guid, entry.link, entry.wording)
    names = {"key": key, **_names(seen)}
    return {} if known == tuple(names.values()) else {"of": entry.id, **names}


def _row(feed_id: int, facts: FeedFacts, seen: Sighting, key: str, now: datetime) -> dict[str, Any]:
    entry = seen.entry
    return {
        "feed_id": feed_id,
        "key": key,
        **_names(seen),
        **texts(seen),
        "language": facts.language or entry.language,
        "published_at": seen.published,
        "published_said": entry.published_said,
        "arrived_at": now,
        "previous_poll_at": facts.last_good_at,
        "waiting": True,
        "revision": 0,
    }


def latest_arrival(session: Session) -> int:
    return session.exec(select(func.max(Entry.arrival))).one() or 0


def of_story(session: Session, story_id: int) -> list[tuple[Entry, Feed]]:
    """A story's entries with their feeds, in the order they came."""
    rows = session.exec(
        select(Entry, Feed)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Entry.story_id == story_id)
        .order_by(col(Entry.id))
    )
    return list(rows)


def with_feed(session: Session, entry_id: int) -> tuple[Entry, Feed] | None:
    wanted = select(Entry, Feed).join(Feed, col(Feed.id) == Entry.feed_id).where(Entry.id == entry_id)
    return session.exec(wanted).one_or_none()


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
