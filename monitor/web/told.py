"""An alert as its pages show it to one person: rows to views."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from monitor.core.alerts.facts import Report
from monitor.core.alerts.news import note_to
from monitor.core.topics import Powers, powers_of
from monitor.jobs.picture import Picture, picture_of, reports_of, standing
from monitor.models import Alert, Hearing, Subscriber, SubscriberState, Telling
from monitor.render.pieces import HEADLINE_LIMIT, Piece, excerpt, marked
from monitor.render.wording import foremost
from monitor.store import alerts, entries, tellings
from monitor.words import Cause, Severity

# A mail older than that is no longer anybody's duty, and may be in anybody's hands.
_OVER = timedelta(days=30)
_STEPS = 20
_ACTING = (SubscriberState.CONFIRMED, SubscriberState.PAUSED)
# What is noted of a telling, as the ledger has it: in English. A page says it in the words of its reader.
_NOTED = {
    "was": re.compile(r"it was (?P<severity>\w+)"),
    "taken": re.compile(r"(?P<who>.+) acknowledged it"),
    "lost": re.compile(r"(?P<publisher>.+) no longer says what fires (?P<rules>.+)"),
    "says": re.compile(r"(?P<who>.+), says (?P<publisher>.+)"),
    "named": re.compile(r"(?P<publisher>.+)", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose ticket it is. `acts`: their ticket lets them do something; others may look at most."""

    id: int
    address: str
    zone: str
    language: str
    briefed: bool
    left: bool
    acts: bool
    powers: Powers


@dataclass(frozen=True, slots=True)
class Noted:
    """A part of a note: which kind it is of, and what it names."""

    kind: str
    severity: str = ""
    who: str = ""
    publisher: str = ""
    rules: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One telling, and how many were to hear it. `voices` are 0 where it was not told for them."""

    at: datetime
    cause: Cause
    causes: tuple[Cause, ...]
    voices: int
    notes: tuple[Noted, ...]
    heard: int


@dataclass(frozen=True, slots=True)
class AlertPage:
    """`rules` are those that the reader heard the story for, or all that it was told for, weightiest first. `steps` are
    its last tellings, `earlier` counts those before. `over`: told last so long ago that nothing can be done here any
    more. `escalates_at`: someone else is told then unless it is acknowledged. `source` is the feed of the report that
    the rules spoke of."""

    number: int
    story: int
    severity: Severity
    rules: dict[str, Severity]
    title: tuple[Piece, ...]
    headline: str
    link: str
    language: str
    reports: tuple[Report, ...]
    steps: tuple[Step, ...]
    earlier: int
    last_told_at: datetime
    over: bool
    taken_by: str
    taken_at: datetime | None
    escalates_at: datetime | None
    reader: Reader
    source: str = ""

    @property
    def taken(self) -> bool:
        return self.taken_at is not None

    @property
    def mine(self) -> bool:
        return self.taken and self.taken_by == self.reader.address


@dataclass(frozen=True, slots=True)
class _Hearing:
    """What of an alert concerns one reader: tellings, each with how it was heard, or None if all of it does."""

    told: Sequence[tuple[Telling, Hearing | None]]
    rules: Mapping[str, Severity]
    severity: Severity


def alert_page(
    session: Session, number: int, person: int, now: datetime, named: Collection[str] = ()
) -> AlertPage | None:
    """`named` are all whom a rule names."""
    found, reader = alerts.find(session, number), session.get(Subscriber, person)
    if found is None or reader is None or reader.state is SubscriberState.ERASED:
        return None
    alert, story = found
    powers = powers_of(reader.topics, reader.address, named)
    hearings = tellings.hearings_of(session, [number])
    heard = _all_of(session, alert, story.id)
    if not powers.every_rule:
        heard = _own(heard, [(of, each) for each, of in hearings if each.listener == f"person:{reader.id}"])
        if not heard.told:
            return None
    told, rules = heard.told, heard.rules
    picture = _picture(session, alert, told, powers)
    evidence = [each for match in picture.matches for each in standing(match, picture.texts)] if picture else []
    headline = picture.heading if picture else story.title
    in_title = [each for each in evidence if each.field == "title"] if picture and picture.entry.title else []
    return AlertPage(
        number=number,
        story=story.id,
        severity=heard.severity,
        rules=dict(sorted(rules.items(), key=lambda each: -each[1].rank)),
        title=excerpt(marked(headline, in_title), HEADLINE_LIMIT),
        headline=headline,
        link=picture.entry.link if picture else "",
        language=picture.entry.language if picture else "",
        reports=picture.reports if picture else reports_of(entries.of_story(session, story.id)),
        steps=tuple(_step(*each, hearings) for each in told[-_STEPS:]),
        earlier=max(len(told) - _STEPS, 0),
        last_told_at=alert.last_told_at,
        over=now - alert.last_told_at > _OVER,
        taken_by=alert.acknowledged_by if powers.takes else "",
        taken_at=alert.acknowledged_at,
        escalates_at=_escalates_at(session, alert) if powers.takes else None,
        reader=_reader(reader, powers),
        source=picture.feed.name if picture else "",
    )


def _all_of(session: Session, alert: Alert, story: int) -> _Hearing:
    told = tellings.of_alert(session, alert.id)
    rules = alerts.told_rules(session, story) or {rule: alert.severity for each in told for rule in each.rules}
    return _Hearing([(each, None) for each in told], rules, alert.severity)


def _own(every: _Hearing, heard: Sequence[tuple[Telling, Hearing]]) -> _Hearing:
    """What of all of it one listener has heard, or is about to."""
    told = [(telling, hearing) for telling, hearing in heard if hearing.due_at is not None]
    rules = {rule: every.rules.get(rule, hearing.severity) for _, hearing in told for rule in hearing.rules}
    return _Hearing(told, rules, max(rules.values(), key=lambda each: each.rank, default=every.severity))


def _picture(
    session: Session, alert: Alert, told: Sequence[tuple[Telling, Hearing | None]], powers: Powers
) -> Picture | None:
    """None when all that it was told for has been decided anew, and taken back."""
    if not told or alert.id not in alerts.told_matches(session, [alert.id]):
        return None
    return picture_of(session, alert, told[-1:] if powers.every_rule else told, every_rule=powers.every_rule)


def _escalates_at(session: Session, alert: Alert) -> datetime | None:
    return tellings.escalates_at(session, alert.id) if alert.acknowledged_at is None else None


def _reader(person: Subscriber, powers: Powers) -> Reader:
    left, acts = person.state is SubscriberState.LEFT, person.state in _ACTING
    return Reader(person.id, person.address, person.zone, person.language, person.briefing, left, acts, powers)


def _step(telling: Telling, hearing: Hearing | None, hearings: list[tuple[Hearing, Telling]]) -> Step:
    """Of a reader who heard it, as far as it concerned them."""
    heard = sum(each.due_at is not None for each, of in hearings if of.id == telling.id)
    causes, note = telling.causes, telling.note
    if hearing is not None:
        causes = tuple(Cause[name.upper()] for name in hearing.causes) or causes
        note = note_to(note, hearing.rules)
    voices = telling.voices if Cause.VOICES in causes else 0
    # That of an escalation speaks to whoever was told, not to whoever reads the page.
    notes = () if telling.cause is Cause.ESCALATED else tuple(_noted(note))
    return Step(telling.told_at, foremost(causes), causes, voices, notes, heard)


def _noted(note: str) -> Iterator[Noted]:
    for part in filter(None, note.split("; ")):
        kind, found = next((kind, found) for kind, form in _NOTED.items() if (found := form.fullmatch(part)))
        yield Noted(kind, **found.groupdict())
