"""Stories: what is told of late, and the repair of those that turned out to be one, or two."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, or_, select, update

from monitor.models import Alert, Entry, Feed, Match, Repair, RepairKind, Silence, Story
from monitor.words import Placing, Severity

_ENTRIES: Table = Entry.__table__  # type: ignore[attr-defined]


def find(session: Session, story_id: int) -> Story | None:
    """The story of this number, or the one that it was merged into."""
    story = session.get(Story, story_id)
    while story is not None and story.merged_into is not None:
        story = session.get(Story, story.merged_into)
    return story


def current(session: Session, story_id: int) -> int:
    """The number under which the story's entries are found now."""
    story = find(session, story_id)
    return story.id if story else story_id


def latest_repair(session: Session) -> int:
    return session.exec(select(func.max(Repair.id))).one() or 0


def repairs_of(session: Session, story_id: int) -> list[Repair]:
    """What was merged into a story, split from it, or made it, oldest first."""
    concerned = or_(col(Repair.story_id) == story_id, col(Repair.other_id) == story_id)
    return list(session.exec(select(Repair).where(concerned).order_by(col(Repair.id))))


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was told of late. `publishers` and `voices` are numbers of different ones."""

    story: Story
    entries: int
    publishers: int
    voices: int


def told_since(session: Session, since: datetime, limit: int) -> list[Told]:
    """Stories that were told of since then, those of most voices first, then the latest."""
    voices = func.count(func.distinct(Entry.voice))
    rows = session.exec(
        select(Story, func.count(col(Entry.id)), func.count(func.distinct(Feed.publisher)), voices)
        .join(Entry, col(Entry.story_id) == Story.id)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Story.last_seen_at >= since)
        .group_by(col(Story.id))
        .order_by(voices.desc(), col(Story.last_seen_at).desc(), col(Story.id).desc())
        .limit(limit)
    )
    return [Told(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class GroupedEntry:
    """An entry in its story, as far as grouping needs to know the two. `began_at` is when the story was first seen."""

    id: int
    story_id: int
    feed_id: int
    family: str
    voice: str
    title: str
    summary: str
    content: str
    language: str
    link: str
    canonical_link: str
    tags: list[str]
    published_at: datetime | None
    arrived_at: datetime
    began_at: datetime


_GROUPED = (
    select_columns(
        *(_ENTRIES.c[name] for name in ("id", "story_id", "feed_id")),
        col(Feed.family),
        *(
            _ENTRIES.c[name]
            for name in ("voice", "title", "summary", "content", "language", "link", "canonical_link", "tags")
        ),
        *(_ENTRIES.c[name] for name in ("published_at", "arrived_at")),
        col(Story.first_seen_at),
    )
    .join(Story, col(Story.id) == _ENTRIES.c.story_id)
    .join(Feed, col(Feed.id) == _ENTRIES.c.feed_id)
    .order_by(col(Entry.id))
)


def grouped_since(session: Session, since: datetime) -> Iterator[GroupedEntry]:
    """The entries in a story that have arrived since then, in the order they came."""
    for row in session.execute(_GROUPED.where(_ENTRIES.c.arrived_at >= since)).yield_per(1_000):
        yield GroupedEntry(*row)


def told_of(session: Session, story_id: int) -> list[tuple[str, Severity, int, bool]]:
    """What people were told of the story: (rule, severity, entry, whether an edit has taken its words away since).

    What they were told of two stories while these were taken for one, they were told of both.
    """
    told = select(Match.rule, Match.severity, Match.entry_id, col(Match.over_at).is_not(None)).where(
        Match.story_id == story_id, col(Match.alert_id).is_not(None)
    )
    rows = [(rule, Severity(severity), entry, over) for rule, severity, entry, over in session.exec(told)]
    either_of = parts(session, story_id)
    either = or_(col(Repair.story_id).in_(either_of), col(Repair.other_id).in_(either_of))
    for repair in session.exec(select(Repair).where(Repair.kind == RepairKind.SPLIT, either)):
        rows += [(rule, Severity(severity), entry, False) for rule, severity, entry in repair.told]
    return rows


def parts(session: Session, story_id: int) -> set[int]:
    """The story and all that were merged into it."""
    known, found = {story_id}, {story_id}
    while found:
        found = set(session.exec(select(Story.id).where(col(Story.merged_into).in_(found)))) - known
        known |= found
    return known


def split_from(session: Session, story_ids: Collection[int]) -> list[tuple[int, int]]:
    """(part, story it was split from) of those of these stories that were."""
    wanted = select(Repair.story_id, Repair.other_id).where(Repair.kind == RepairKind.SPLIT)
    return list(session.exec(wanted.where(col(Repair.story_id).in_(story_ids)).order_by(col(Repair.id))))


def merge(session: Session, into: int, other: int, now: datetime, by: str = "", note: str = "") -> Repair:
    """Give all that `other` has to `into`. Both must be stories of their own.

    Rules told of either are told of both. Where both have an alert, each keeps its own, for the mails that name it.
    """
    moved = list(session.exec(select(Entry.id).where(Entry.story_id == other).order_by(col(Entry.id))))
    session.execute(update(Entry).where(col(Entry.story_id) == other).values(story_id=into))
    session.execute(update(Match).where(col(Match.story_id) == other).values(story_id=into))
    if session.exec(select(Alert.id).where(Alert.story_id == into)).first() is None:
        session.execute(update(Alert).where(col(Alert.story_id) == other).values(story_id=into))
    session.execute(update(Silence).where(col(Silence.story_id) == other).values(story_id=into))
    session.get_one(Story, other).merged_into = into
    _set_times(session, into)
    return _record(session, RepairKind.MERGED, into, other, moved, now, by, note)


def split(
    session: Session, story_id: int, entry_ids: Collection[int], now: datetime, by: str = "", note: str = ""
) -> Repair:
    """Make a story of its own of some entries of a story, which must keep others.

    What people were told while the two were one counts as told of both: the split raises no alert.
    """
    first = session.exec(select(Entry).where(col(Entry.id).in_(entry_ids)).order_by(col(Entry.id)).limit(1)).one()
    began = Story(title=first.title, first_seen_at=now, last_seen_at=now)
    session.add(began)
    session.flush()
    told = [(rule, str(severity), entry) for rule, severity, entry, over in told_of(session, story_id) if not over]
    moved = col(Entry.id).in_(entry_ids)
    session.execute(update(Entry).where(moved).values(story_id=began.id, joined_for=Placing.OPERATOR, joined_by=None))
    session.execute(update(Match).where(col(Match.entry_id).in_(entry_ids)).values(story_id=began.id))
    for story in (story_id, began.id):
        _set_times(session, story)
    repair = _record(session, RepairKind.SPLIT, began.id, story_id, sorted(entry_ids), now, by, note)
    repair.told = told
    return repair


def _set_times(session: Session, story_id: int) -> None:
    """From the first and the last entry that the story has now."""
    wanted = select(func.min(Entry.arrived_at), func.max(Entry.arrived_at)).where(Entry.story_id == story_id)
    first, last = session.exec(wanted).one()
    story = session.get_one(Story, story_id)
    if first is not None and last is not None:
        story.first_seen_at, story.last_seen_at = first, last
    session.add(story)
    session.flush()


def _record(
    session: Session,
    kind: RepairKind,
    story_id: int,
    other_id: int,
    moved: list[int],
    now: datetime,
    by: str,
    note: str,
) -> Repair:
    repair = Repair(at=now, kind=kind, story_id=story_id, other_id=other_id, entry_ids=moved, by=by, note=note)
    session.add(repair)
    session.flush()
    return repair
