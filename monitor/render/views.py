"""What templates are given: values made for them. Their names are an interface users build on."""

from dataclasses import dataclass
from datetime import datetime

from monitor.core.alerts.facts import Report
from monitor.render.pieces import Piece, marked, passage, passages
from monitor.words import Cause, Severity

__all__ = [
    "AlertView",
    "Links",
    "Piece",
    "Quote",
    "RolledAlert",
    "RollupView",
    "Report",
    "marked",
    "passage",
    "passages",
]


@dataclass(frozen=True, slots=True)
class Quote:
    """The sentence in which a rule's words stand."""

    rule: str
    severity: Severity
    pattern: str
    field: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Where the reader can act; empty while no page can be reached from outside."""

    acknowledge: str = ""
    mute: str = ""


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert of one story. `number` is what commands call it by; `revision` counts its tellings.

    `causes` say why this mail is sent, weightiest first; `news` is what is new, in a sentence, empty in the first mail;
    `latest` is the report that gave cause, if it is another than the one that the rules spoke of. `quotes` are the
    reasons, one a pattern; `passages` the sentences they stand in outside the title, once each; `notes` say how a
    rule's count was reached or its severity was raised; `publisher` stands behind `link`; `was` are the headlines it
    had before, the oldest first; `voices` are the independent ones, each with who carries the same text. `waited` says
    why it was not told at once. `escalates_at`: someone else is told then unless it is acknowledged.
    """

    severity: Severity
    rules: tuple[str, ...]
    title: tuple[Piece, ...]
    headline: str
    link: str
    language: str
    quotes: tuple[Quote, ...]
    passages: tuple[tuple[Piece, ...], ...]
    voices: tuple[Report, ...]
    revision: int
    told_at: datetime
    notes: tuple[str, ...] = ()
    publisher: str = ""
    was: tuple[str, ...] = ()
    number: int = 0
    causes: tuple[Cause, ...] = (Cause.FIRST,)
    news: str = ""
    latest: Report | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    escalates_at: datetime | None = None
    waited: str = ""
    links: Links = Links()


@dataclass(frozen=True, slots=True)
class RolledAlert:
    """A line of a rolled-up mail: one story. `publishers` counts independent ones; `acknowledge` is where the reader
    can do so, if anywhere."""

    number: int
    severity: Severity
    rules: tuple[str, ...]
    title: tuple[Piece, ...]
    headline: str
    link: str
    language: str
    publisher: str
    publishers: int
    published_at: datetime | None
    seen_at: datetime
    causes: tuple[Cause, ...]
    acknowledged_by: str = ""
    acknowledge: str = ""


@dataclass(frozen=True, slots=True)
class RollupView:
    """Several alerts in one mail, weightiest first, then in the order they came. `alerts` are those that have room in
    it; `more` stand in the attached list alone. `reasons` say why they were not told one by one; `feed` is the one
    that most of them came from (`from_feed` of them) where one feed is the cause, else empty."""

    severity: Severity
    alerts: tuple[RolledAlert, ...]
    more: int
    reasons: tuple[str, ...]
    since: datetime
    told_at: datetime
    feed: str = ""
    from_feed: int = 0
    links: Links = Links()
