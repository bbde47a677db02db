"""An alert as other programs are told of it."""

from dataclasses import dataclass
from datetime import datetime

from monitor.core.values import Evidence
from monitor.words import Cause, Severity, Stance


@dataclass(frozen=True, slots=True)
class Report:
    """One publisher's report of a story. `copies` are the other publishers that carry the same text."""

    publisher: str
    title: str
    link: str
    published_at: datetime | None
    seen_at: datetime
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that spoke of the story, with the words that made it."""

    rule: str
    severity: Severity
    evidence: tuple[Evidence, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What one telling of an alert tells. `key` names the alert for good, everywhere; `number` and `revision` are
    those of the mails. `causes` stand weightiest first; `news` is what is new, in a sentence, empty in the first.

    `headline`, `link`, `summary` and `language` are those of the report that the rules spoke of; `reports` stand in the
    order in which they came, one an independent voice. `stance` is what an official source was last said to say.
    `place` is latitude and longitude, where a report gave them.
    """

    key: str
    number: int
    revision: int
    causes: tuple[Cause, ...]
    news: str
    severity: Severity
    headline: str
    link: str
    summary: str
    language: str
    firings: tuple[Firing, ...]
    reports: tuple[Report, ...]
    first_told_at: datetime
    told_at: datetime
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    stance: Stance | None = None
    place: tuple[float, float] | None = None
