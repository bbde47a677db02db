"""What flows between the steps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.words import Severity

# Characters and entries beyond these are cut: nobody reads them and rules need not search them.
MOST_ENTRIES = 10_000
TITLE_LIMIT = 1_000
SUMMARY_LIMIT = 16_000
CONTENT_LIMIT = 64_000
# Of all the entries that a document brings at once; those beyond keep their titles and so much of a text.
TEXTS_LIMIT = 3_000_000
SHORT_LIMIT = 300
# A name or an address longer than this is none that anybody uses.
NAME_LIMIT = 8_000
# Of an item's digest: among 2,000 items of a feed a chance agreement is out of reach.
DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One item as its feed tells it: texts without markup, links absolute, times in UTC.

    `published_said` is the feed's own spelling of the date, kept even where `published` is None
    because nobody could read it. `place` is GeoRSS's latitude and longitude; `cap` are the fields of
    the Common Alerting Protocol that the item carries, by their names there. `guid_shared`: another item of
    the same document bears the same guid.
    """

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    published: datetime | None = None
    published_said: str = ""
    updated: datetime | None = None
    author: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    place: tuple[float, float] | None = None
    cap: tuple[tuple[str, str], ...] = ()
    guid_shared: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """How often, and when, a feed says it wants to be asked: `every` from `<ttl>` and `sy:`, hours of the day (UTC)
    and days of the week (Monday is 0) without news from `skipHours` and `skipDays`."""

    every: timedelta = timedelta()
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """`entries` are those of items that were not known; the document shows `shown` items in all.

    `items` holds the digests of all its items, DIGEST_BYTES each, in hexadecimal digits, and is empty where the
    document could not be split. `damage` says what was wrong with one that could be read all the same.
    `hub` and `topic` are WebSub's, from the document.
    """

    version: str
    title: str = ""
    language: str = ""
    entries: tuple[ParsedEntry, ...] = ()
    damage: str = ""
    shown: int = 0
    items: str = ""
    wishes: Wishes = Wishes()
    hub: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class NotAFeed:
    """`killed`: reading it cost a child its life."""

    reason: str
    killed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that made a pattern fire: `text` is `field[start:end]` of the entry as stored."""

    field: str
    start: int
    end: int
    text: str
    pattern: str


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule speaks of an entry. `held_by` and `dropped_by` are the evidence of its `unless` and `drop` patterns."""

    rule: str
    severity: Severity
    evidence: tuple[Evidence, ...]
    held_by: tuple[Evidence, ...] = ()
    dropped_by: tuple[Evidence, ...] = ()

    @property
    def held(self) -> bool:
        return bool(self.held_by)

    @property
    def dropped(self) -> bool:
        return bool(self.dropped_by)


@dataclass(frozen=True, slots=True)
class Headline:
    """As much of an entry as the rules look at. `source` is the feed's name, publisher and tags, in lower case."""

    title: str
    summary: str = ""
    content: str = ""
    language: str = ""
    author: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    source: frozenset[str] = frozenset()

    def fields(self) -> tuple[tuple[str, str], ...]:
        """The texts rules look at; a content that only repeats the summary is not read twice. A tag is a line."""
        content = "" if self.content == self.summary else self.content
        return (
            ("title", self.title),
            ("summary", self.summary),
            ("content", content),
            ("author", self.author),
            ("url", self.url),
            ("tag", "\n".join(self.tags)),
        )
