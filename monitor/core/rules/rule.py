"""A rule: its patterns, and when what they find is news to whom."""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from monitor.core.rules.patterns import Pattern
from monitor.words import Severity


class CountBy(StrEnum):
    PUBLISHER = "publisher"
    STORY = "story"
    ENTRY = "entry"

    @property
    def plural(self) -> str:
        return {"publisher": "publishers", "story": "stories", "entry": "entries"}[self]


@dataclass(frozen=True, slots=True)
class Count:
    """Alert only when so many different publishers, stories or entries matched within the span."""

    at_least: int
    within: timedelta
    by: CountBy = CountBy.PUBLISHER


@dataclass(frozen=True, slots=True)
class Raise:
    """The severity becomes `to` when so many publishers tell the story within the span."""

    to: Severity
    publishers: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """A named watch: any line of `match` fires it if every line of `all` is there too.

    Any line of `unless` holds it back, any of `drop` drops it. `only` and `never` name feeds, publishers or tags of
    feeds; `languages` are codes; empty means any. `alert_to` are the addresses and channels told instead of everyone
    who asked; None: everyone who asked. Unless an alert is acknowledged within `ack_within`, those of the next step of
    `then` are told. `quiet` hours, from the first time up to the second, hold its alerts. `topic` is what it is called
    in public; "" keeps it the operator's own.
    """

    name: str
    severity: Severity
    match: tuple[Pattern, ...]
    all: tuple[Pattern, ...] = ()
    unless: tuple[Pattern, ...] = ()
    drop: tuple[Pattern, ...] = ()
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    count: Count | None = None
    raises: Raise | None = None
    alert_to: tuple[str, ...] | None = None
    ack_within: timedelta | None = None
    then: tuple[tuple[str, ...], ...] = ()
    quiet: tuple[time, time] | None = None
    topic: str = ""

    def hears(self, source: frozenset[str]) -> bool:
        """Whether the rule listens to a source, given by its name, publisher and tags; an unknown one is heard."""
        if not source:
            return True
        return not (self.never & source) and (not self.only or bool(self.only & source))
