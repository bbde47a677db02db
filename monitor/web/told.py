"""An alert as its pages show it to one person: rows to views."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from monitor.core.alerts.facts import Report
from monitor.jobs.picture import Picture, picture_of, reports_of, standing
from monitor.models import Alert, Hearing, Subscriber, SubscriberState, Telling
from monitor.render.pieces import HEADLINE_LIMIT, Piece, excerpt, marked
from monitor.render.wording import foremost, word
from monitor.store import alerts, entries, tellings
from monitor.words import Cause, Severity

# A mail older than that is no longer anybody's duty, and may be in anybody's hands.
_OVER = timedelta(days=30)
_STEPS = 20
_NOTED = (Cause.TAKEN, Cause.ESCALATED)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose ticket it is."""

    id: int
    address: str
    zone: str
    briefed: bool
    left: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One telling, and how many were to hear it."""

    at: datetime
    cause: Cause
    said: str
    heard: int


@dataclass(frozen=True, slots=True)
class AlertPage:
    """`rules` are all that the story was told for, weightiest first. `steps` are its last tellings, `earlier` counts
    those before. `over`: told last so long ago that nothing can be done here any more. `escalates_at`: someone else is
    told then unless it is acknowledged. `source` is the feed of the report that the rules spoke of."""

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


def alert_page(session: Session, number: int, person: int, now: datetime) -> AlertPage | None:
    found, reader = alerts.find(session, number), session.get(Subscriber, person)
    if found is None or reader is None:
        return None
    alert, story = found
    told = tellings.of_alert(session, number)
    rules = alerts.told_rules(session, story.id) or {rule: alert.severity for each in told for rule in each.rules}
    picture = _picture(session, alert, told)
    evidence = [each for match in picture.matches for each in standing(match, picture.texts)] if picture else []
    headline = picture.heading if picture else story.title
    in_title = [each for each in evidence if each.field == "title"] if picture and picture.entry.title else []
    hearings = tellings.hearings_of(session, [number])
    return AlertPage(
        number=number,
        story=story.id,
        severity=alert.severity,
        rules=dict(sorted(rules.items(), key=lambda each: -each[1].rank)),
        title=excerpt(marked(headline, in_title) or (Piece("A report without a headline", False),), HEADLINE_LIMIT),
        headline=headline or "a report without a headline",
        link=picture.entry.link if picture else "",
        language=picture.entry.language if picture else "",
        reports=picture.reports if picture else reports_of(entries.of_story(session, story.id)),
        steps=tuple(_step(each, hearings) for each in told[-_STEPS:]),
        earlier=max(len(told) - _STEPS, 0),
        last_told_at=alert.last_told_at,
        over=now - alert.last_told_at > _OVER,
        taken_by=alert.acknowledged_by,
        taken_at=alert.acknowledged_at,
        escalates_at=tellings.escalates_at(session, number) if alert.acknowledged_at is None else None,
        reader=Reader(reader.id, reader.address, reader.zone, reader.briefing, reader.state is SubscriberState.LEFT),
        source=picture.feed.name if picture else "",
    )


def _picture(session: Session, alert: Alert, told: list[Telling]) -> Picture | None:
    """None when all that it was told for has been decided anew, and taken back."""
    known = alerts.told_matches(session, [alert.id])
    return picture_of(session, alert, [(told[-1], None)]) if told and alert.id in known else None


def _step(telling: Telling, hearings: list[tuple[Hearing, Telling]]) -> Step:
    heard = sum(each.due_at is not None for each, of in hearings if of.id == telling.id)
    return Step(telling.told_at, foremost(telling.causes), _said(telling), heard)


def _said(telling: Telling) -> str:
    note = telling.note
    if telling.cause in _NOTED and note:
        # It begins with an address, which stays as it is written, or with a word.
        return note if telling.cause is Cause.TAKEN else f"{note[0].upper()}{note[1:]}"
    causes = ", ".join(word(cause) if at == 0 else word(cause).lower() for at, cause in enumerate(telling.causes))
    voices = f"{telling.voices} independent publishers" if Cause.VOICES in telling.causes else ""
    more = "; ".join(filter(None, (voices, note)))
    return f"{causes}: {more}" if more else causes
