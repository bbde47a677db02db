"""Which story an arrival belongs to, by the open stories kept in memory from batch to batch."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core.stories import OPEN_FOR, OpenStories
from monitor.store.arrivals import NewStory, Teller, Untriaged
from monitor.store.entries import GroupedEntry

# Stories that have closed meanwhile are forgotten then.
_REBUILT_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class _Beginning:
    """How a story began; `alone`: only the publisher who began it has told it."""

    at: datetime
    feed_id: int
    publisher: str
    alone: bool = True


@dataclass
class OpenDesk:
    """The open stories. `begun` and `led` gather what one batch adds: new stories, and by feed how many of the
    stories it told first a second publisher has joined."""

    begun: list[NewStory] = field(default_factory=list)
    led: Counter[int] = field(default_factory=Counter)
    _stories: OpenStories = field(default_factory=OpenStories)
    _beginnings: dict[int, _Beginning] = field(default_factory=dict)

    @classmethod
    def of(cls, grouped: Iterable[GroupedEntry]) -> "OpenDesk":
        desk = cls()
        for each in grouped:
            desk._stories.add(each.story_id, each.title, each.canonical_link, each.feed_id)
            desk._hear(each.story_id, each.began_at, each.feed_id, each.publisher)
        return desk

    def story(self, entry: Untriaged, teller: Teller, numbers: Iterator[int], now: datetime) -> int:
        """The story of a new entry, which may be a new one."""
        story = self._stories.find(entry.title, entry.canonical_link, entry.feed_id)
        beginning = self._beginnings.get(story) if story else None
        if story is None or beginning is None or beginning.at < now - OPEN_FOR:
            story = next(numbers)
            self.begun.append(NewStory(story, entry.title))
        elif beginning.alone and beginning.publisher != teller.publisher:
            self.led[beginning.feed_id] += 1
        self._stories.add(story, entry.title, entry.canonical_link, entry.feed_id)
        self._hear(story, now, teller.id, teller.publisher)
        return story

    def _hear(self, story: int, at: datetime, feed_id: int, publisher: str) -> None:
        beginning = self._beginnings.setdefault(story, _Beginning(at, feed_id, publisher))
        beginning.alone = beginning.alone and beginning.publisher == publisher


@dataclass
class Memory:
    """The desk as the last batch left it; good only while the newest arrival is still that batch's,
    so a batch that was rolled back, or another process, makes it void."""

    _desk: OpenDesk | None = None
    _upto: int = -1
    _built_at: datetime | None = None

    def of(self, arrival: int, now: datetime) -> OpenDesk | None:
        old = self._built_at is None or now - self._built_at > _REBUILT_EVERY
        desk, self._desk = self._desk, None
        return None if old or arrival != self._upto else desk

    def keep(self, desk: OpenDesk, upto: int, now: datetime) -> None:
        if self._built_at is None or now - self._built_at > _REBUILT_EVERY:
            self._built_at = now
        desk.begun.clear()
        desk.led.clear()
        self._desk, self._upto = desk, upto
