"""Which story an arrival belongs to and whose voice it is, by the open stories kept in memory from batch to batch."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.core.stories import (
    LONGEST,
    Credits,
    Newcomer,
    OpenStories,
    Placement,
    Telling,
    Told,
    kind_of,
    lead_of,
    moment_of,
    terms_of,
)
from monitor.models import Entry, Feed
from monitor.store.arrivals import NewStory, Teller, Untriaged
from monitor.store.stories import GroupedEntry
from monitor.words import Placing

_SWEPT_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class _Beginning:
    """How a story began; `alone`: only the family that began it has told it."""

    at: datetime
    feed_id: int
    family: str
    alone: bool = True


class Merged(NamedTuple):
    """Two stories that turned out to be one: that which stays, that which goes, and why."""

    story: int
    other: int
    why: str


@dataclass
class OpenDesk:
    """The open stories.

    `begun`, `led` and `merged` gather what one batch adds: new stories, by feed how many of the stories it told first a
    second family has joined, and the stories that turned out to be one.
    """

    credits: Credits
    begun: list[NewStory] = field(default_factory=list)
    led: Counter[int] = field(default_factory=Counter)
    merged: list[Merged] = field(default_factory=list)
    _stories: OpenStories = field(default_factory=OpenStories)
    _beginnings: dict[int, _Beginning] = field(default_factory=dict)
    _swept_at: datetime | None = None

    def take(self, grouped: Iterable[GroupedEntry]) -> None:
        """Learn what is open from the entries that are in stories already."""
        for each in grouped:
            self._stories.add(_report(each, each.feed_id), each.story_id, each.voice, each.began_at)
            known = each.story_id in self._beginnings
            self._hear(each.story_id, each.began_at, each.feed_id, each.family)
            if not known and each.began_at < each.arrived_at:
                # Who began it came before what is open.
                self._beginnings[each.story_id].alone = False

    def place(self, entry: Untriaged, teller: Teller, numbers: Iterator[int]) -> Untriaged:
        """The entry in its story, which may be a new one."""
        report = _report(entry, teller.id)
        found = self._stories.find(report)
        for other in found.merged:
            self._merge(found.story or 0, other, found.why)
        story = found.story
        if story is None:
            story = next(numbers)
            self.begun.append(NewStory(story, entry.title, entry.arrived_at))
        beginning = self._beginnings.get(story)
        if beginning and beginning.alone and beginning.family != teller.family:
            self.led[beginning.feed_id] += 1
        voice = self._voice(entry, teller, found)
        self._stories.add(report, story, voice, entry.arrived_at)
        self._hear(story, entry.arrived_at, teller.id, teller.family)
        like = found.like if found.story is not None else None
        return replace(entry, story_id=story, voice=voice, joined_for=found.why, joined_by=like)

    def reread(self, entry: Untriaged, teller: Teller) -> None:
        """An entry was edited: it stays in its story, and is found by what it says now."""
        self._stories.revise(_report(entry, teller.id))

    def settle(self, now: datetime) -> None:
        """The batch is written."""
        self.begun.clear()
        self.led.clear()
        self.merged.clear()
        if self._swept_at is None or now - self._swept_at > _SWEPT_EVERY:
            self._swept_at = now
            over = [story for story, beginning in self._beginnings.items() if now - beginning.at > 2 * LONGEST]
            for story in over:
                del self._beginnings[story]

    def _voice(self, entry: Untriaged, teller: Teller, found: Placement) -> str:
        if found.copied is not None and (told := self._stories.voice(found.copied)):
            return told
        agency = self.credits.credited(entry.author, lead_of(entry.summary, entry.content), teller.publisher)
        return self.credits.family(agency) if agency else teller.family

    def _merge(self, story: int, other: int, why: Placing) -> None:
        self._stories.merge(story, other)
        said = "one page or one text was in both"
        self.merged.append(Merged(story, other, "told in two languages" if why is Placing.EVENT else said))
        if gone := self._beginnings.pop(other, None):
            self._hear(story, gone.at, gone.feed_id, gone.family)
            self._beginnings[story].alone &= gone.alone

    def _hear(self, story: int, at: datetime, feed_id: int, family: str) -> None:
        beginning = self._beginnings.setdefault(story, _Beginning(at, feed_id, family))
        beginning.alone = beginning.alone and beginning.family == family


def told_by(entry: Entry, feed: Feed) -> Told:
    """An entry as a part of its story's portrait."""
    text, kind = lead_of(entry.summary, entry.content), kind_of(entry.title, entry.link, entry.tags, entry.language)
    telling = Telling(entry.id, entry.title, text, feed.publisher, entry.arrived_at, kind)
    return Told(telling, entry.voice or feed.publisher, entry.language)


def _report(entry: Untriaged | GroupedEntry, feed_id: int) -> Newcomer:
    said = terms_of(entry.title, lead_of(entry.summary, entry.content), entry.language)
    return Newcomer(
        entry.id,
        moment_of(entry.published_at, entry.arrived_at),
        entry.arrived_at,
        str(feed_id),
        entry.canonical_link,
        kind_of(entry.title, entry.link, entry.tags, said.language),
        said,
    )


@dataclass
class Memory:
    """The desk as the last batch left it; good only while the newest arrival and the latest repair are still that
    batch's, so a batch that was rolled back, arrivals that another process placed, or an operator's merge make it
    void."""

    _desk: OpenDesk | None = None
    _upto: tuple[int, int] = (-1, -1)

    def of(self, arrival: int, repair: int) -> OpenDesk | None:
        desk, self._desk = self._desk, None
        return desk if (arrival, repair) == self._upto else None

    def keep(self, desk: OpenDesk, arrival: int, repair: int) -> None:
        self._desk, self._upto = desk, (arrival, repair)
