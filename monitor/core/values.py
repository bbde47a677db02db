"""What flows between the steps."""

from dataclasses import dataclass
from datetime import datetime

from monitor.words import Severity

# Characters and entries beyond these are cut: nobody reads them and rules need not search them.
MOST_ENTRIES = 2_000
TITLE_LIMIT = 1_000
SUMMARY_LIMIT = 16_000
CONTENT_LIMIT = 64_000


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One item as its feed tells it: texts without markup, links absolute, times in UTC.

    `published_said` is the feed's own spelling of the date, kept even where `published` is None
    because nobody could read it.
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


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """`damage` says what was wrong with a document that could be read all the same."""

    version: str
    title: str = ""
    language: str = ""
    entries: tuple[ParsedEntry, ...] = ()
    damage: str = ""


@dataclass(frozen=True, slots=True)
class NotAFeed:
    reason: str


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
