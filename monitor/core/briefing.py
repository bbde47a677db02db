"""What a briefing contains, and in what order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2

from monitor.core.text import shortened
from monitor.words import Severity

MOST_STORIES = 25
SUBJECT_LIMIT = 78


@dataclass(frozen=True, slots=True)
class BriefedRule:
    """A rule that spoke of the story; `fate` is why there was an alert or none."""

    name: str
    severity: Severity
    fate: str


@dataclass(frozen=True, slots=True)
class BriefedStory:
    """`happened_at` is when its first report was published, or else reached us. `old`: it was long past by then.
    `number` is the story's; 0: it was not kept when the briefing was written."""

    title: str
    link: str
    summary: str
    language: str
    publishers: tuple[str, ...]
    happened_at: datetime
    rules: tuple[BriefedRule, ...]
    alerted: bool
    old: bool = False
    number: int = 0

    @property
    def severity(self) -> Severity | None:
        return max((rule.severity for rule in self.rules), key=lambda severity: severity.rank, default=None)


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """A feed we could not see through when the briefing was written."""

    feed: str
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A report that rules spoke of and nobody was told of, or not this reader; `at` is when that was decided."""

    title: str
    link: str
    language: str
    rules: tuple[str, ...]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contents:
    """One issue: matched stories first, the others behind them; `left_out` had no room.

    `dropped` is how many entries each rule's own `drop` words kept out; `held_back` is what a reader was not told.
    """

    matched: tuple[BriefedStory, ...]
    others: tuple[BriefedStory, ...]
    left_out: int
    entries: int
    feeds: int
    blind_spots: tuple[BlindSpot, ...]
    since: datetime
    until: datetime
    dropped: tuple[tuple[str, int], ...] = ()
    held_back: tuple[HeldBack, ...] = ()


def write(
    stories: Iterable[BriefedStory],
    *,
    entries: int,
    feeds: int,
    blind_spots: Sequence[BlindSpot],
    since: datetime,
    until: datetime,
    dropped: Mapping[str, int] | None = None,
    held_back: Sequence[HeldBack] = (),
) -> Contents:
    """Rank and cut. Every matched story is kept however many there are; the others share what room is left."""
    ranked = sorted(stories, key=lambda story: (-weight(story, until), story.happened_at, story.link, story.title))
    matched = tuple(story for story in ranked if story.rules)
    others = [story for story in ranked if not story.rules]
    room = max(MOST_STORIES - len(matched), 5)
    return Contents(
        matched,
        tuple(others[:room]),
        len(others[room:]),
        entries,
        feeds,
        tuple(blind_spots),
        since,
        until,
        tuple(sorted((dropped or {}).items())),
        tuple(held_back),
    )


def weight(story: BriefedStory, now: datetime) -> float:
    """Severity first, then independent publishers, then novelty with a half-life of eight hours."""
    severity = 3.0 * (story.severity.rank + 1) if story.severity else 0.0
    hours = max(0.0, (now - story.happened_at).total_seconds() / 3600)
    return severity + 2 * log2(1 + len(story.publishers)) + float(0.5 ** (hours / 8))


def subject(contents: Contents) -> str:
    """The news first: as many headlines as fit into 78 characters."""
    stories = [*contents.matched, *contents.others]
    if not stories:
        return f"Quiet: nothing new from {contents.feeds} {'feed' if contents.feeds == 1 else 'feeds'}"
    told = shortened(stories[0].title, SUBJECT_LIMIT)
    for story in stories[1:3]:
        longer = f"{told}; {story.title}"
        if len(longer) > SUBJECT_LIMIT:
            break
        told = longer
    return told
