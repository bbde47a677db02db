"""What waits for triage, and what triage writes down of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlmodel import Session, col

from monitor.core.rhythm import led
from monitor.models import Entry, Feed, Match, Story
from monitor.words import Disposition, Placing

_ENTRIES: Table = Entry.__table__  # type: ignore[attr-defined]
_STORIES: Table = Story.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Untriaged:
    """An entry that triage has not seen as it is now: the columns of `Entry` that triage needs."""

    id: int
    feed_id: int
    title: str
    summary: str
    content: str
    language: str
    author: str
    link: str
    canonical_link: str
    tags: list[str]
    published_at: datetime | None
    arrived_at: datetime
    previous_poll_at: datetime | None
    revised_at: datetime | None
    arrival: int | None
    story_id: int | None
    voice: str
    joined_for: Placing | None
    joined_by: int | None


@dataclass(frozen=True, slots=True)
class Teller:
    """A feed, as far as its entries' fate depends on it."""

    id: int
    name: str
    publisher: str
    family: str
    tags: list[str]


@dataclass(frozen=True, slots=True)
class NewStory:
    id: int
    title: str
    began_at: datetime


_WAITING = select(*(_ENTRIES.c[each.name] for each in fields(Untriaged)))
_PLACE = update(_ENTRIES).where(_ENTRIES.c.id == bindparam("of"))
_TELL = update(_STORIES).where(_STORIES.c.id == bindparam("of"))


def waiting(session: Session, limit: int) -> list[Untriaged]:
    """New and edited entries, in the order they came."""
    oldest = _WAITING.where(_ENTRIES.c.waiting).order_by(_ENTRIES.c.id).limit(limit)
    return [Untriaged(*row) for row in session.execute(oldest)]


def any_waiting(session: Session) -> bool:
    return session.scalar(select(_ENTRIES.c.id).where(_ENTRIES.c.waiting).limit(1)) is not None


def tellers(session: Session, feed_ids: Collection[int]) -> dict[int, Teller]:
    columns = (col(Feed.id), col(Feed.name), col(Feed.publisher), col(Feed.family), col(Feed.tags))
    wanted = select(*columns).where(col(Feed.id).in_(feed_ids))
    return {row[0]: Teller(*row) for row in session.execute(wanted)}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an entry under a rule, and by which words. `told`: people heard of it; `over_at`: when an edit
    took the words away."""

    disposition: Disposition
    over_at: datetime | None
    told: bool
    evidence: list[dict[str, Any]]


def fates(session: Session, entry_ids: Collection[int]) -> dict[int, dict[str, Fate]]:
    """For each of these entries, the rules that matched it before."""
    found: dict[int, dict[str, Fate]] = {}
    if not entry_ids:
        return found
    fate = (col(Match.disposition), col(Match.over_at), col(Match.alert_id).is_not(None), col(Match.evidence))
    wanted = select(col(Match.entry_id), col(Match.rule), *fate).where(col(Match.entry_id).in_(entry_ids))
    for entry, rule, *rest in session.execute(wanted):
        found.setdefault(entry, {})[rule] = Fate(*rest)
    return found


def set_over(session: Session, entry_id: int, rules: Collection[str], over_at: datetime | None) -> None:
    """An edit took away the words that these rules had matched, or brought them back."""
    matches = update(Match).where(col(Match.entry_id) == entry_id, col(Match.rule).in_(rules))
    session.execute(matches.values(over_at=over_at))


def set_evidence(session: Session, entry_id: int, rule: str, evidence: list[dict[str, Any]]) -> None:
    """An edit moved the words that the rule matches, or put others in their place."""
    match = update(Match).where(col(Match.entry_id) == entry_id, col(Match.rule) == rule)
    session.execute(match.values(evidence=evidence))


def story_ids(session: Session, number: int) -> Iterator[int]:
    """Numbers for so many new stories, as yet nobody's; nobody else starts stories until commit."""
    if session.get_bind().dialect.name == "postgresql":
        drawn = "SELECT nextval(pg_get_serial_sequence('stories', 'id')) FROM generate_series(1, :number)"
        return iter(list(session.scalars(text(drawn), {"number": number})))
    last = session.scalar(text("SELECT max(id) FROM stories")) or 0
    return iter(range(last + 1, last + 1 + number))


def write(session: Session, entries: Sequence[Untriaged], begun: Sequence[NewStory], now: datetime) -> None:
    """The stories that begin, when the others were last told of, and the entries with their numbers and stories."""
    if begun:
        rows = [
            {"id": story.id, "title": story.title, "first_seen_at": story.began_at, "last_seen_at": now}
            for story in begun
        ]
        session.execute(insert(_STORIES), rows)
    told = {entry.story_id for entry in entries} - {story.id for story in begun}
    if told:
        session.execute(_TELL, [{"of": story, "last_seen_at": now} for story in told])
    rows = [
        {
            "of": each.id,
            "arrival": each.arrival,
            "story_id": each.story_id,
            "voice": each.voice,
            "joined_for": each.joined_for,
            "joined_by": each.joined_by,
            "waiting": False,
        }
        for each in entries
    ]
    session.execute(_PLACE, rows)


def credit(session: Session, firsts: Mapping[int, int], now: datetime) -> None:
    """Count for each feed so many more stories that it was first to tell."""
    for feed in session.scalars(select(Feed).where(col(Feed.id).in_(firsts))):
        feed.lead = led(feed.lead, feed.led_at, now) + firsts[feed.id]
        feed.led_at = now
