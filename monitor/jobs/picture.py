"""An alert as it is told: rows to what mails, channels and feeds of alerts show of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from monitor.core.alerts.facts import AlertFacts, Firing, Report
from monitor.core.alerts.news import Change, news_of, note_to
from monitor.core.text import shortened
from monitor.core.values import Evidence
from monitor.jobs.triage import headline
from monitor.models import Alert, Entry, Feed, Hearing, Match, Telling
from monitor.store import alerts, entries, revisions, stories, tellings
from monitor.words import Cause, Severity

_NAMELESS = 120
_HISTORY = {Cause.RAISED, Cause.BACK, Cause.RULE, Cause.VOICES, Cause.HEADLINE, Cause.TAKEN}


@dataclass(frozen=True, slots=True)
class Picture:
    """One telling of an alert, or several that travel together. `told` are the matches that it is about, of one entry
    with its feed; `reports` are the independent ones of its story, `latest` the one that gave cause. `heard` is how
    grave it is to whom it is told, and `own` are the rules that are theirs; None: every rule."""

    alert: Alert
    telling: Telling
    causes: tuple[Cause, ...]
    news: str
    told: list[tuple[Match, Entry, Feed]]
    reports: tuple[Report, ...]
    latest: Report | None
    was: tuple[str, ...]
    heard: Severity
    own: frozenset[str] | None = None

    @property
    def entry(self) -> Entry:
        return self.told[0][1]

    @property
    def feed(self) -> Feed:
        return self.told[0][2]

    @property
    def matches(self) -> list[Match]:
        shown = (match for match, _, _ in self.told if self.own is None or match.rule in self.own)
        return sorted(shown, key=lambda match: -match.severity.rank)

    @property
    def severity(self) -> Severity:
        own = max((match.severity for match in self.matches), key=lambda each: each.rank, default=self.heard)
        graver = Cause.RAISED in self.causes or Cause.ESCALATED in self.causes
        return max(own, self.heard, key=lambda each: each.rank) if graver else own

    @property
    def heading(self) -> str:
        return heading_of(self.entry)

    @property
    def texts(self) -> dict[str, str]:
        return dict(headline(self.entry, self.feed).fields())


def heading_of(entry: Entry) -> str:
    return entry.title or shortened(entry.summary, _NAMELESS) or entry.link


Covered = Sequence[tuple[Telling, Hearing | None]]


def picture_of(session: Session, alert: Alert, covered: Covered, *, every_rule: bool = True) -> Picture:
    """Of the last of these tellings of one alert, with what was new in all of them, as far as it concerned whoever
    heard it. Not `every_rule`: nothing of rules that are not the listener's own."""
    telling, last = covered[-1]
    rules = {rule for _, hearing in covered for rule in (hearing.rules if hearing else ())}
    told = spoken_of(alerts.told_matches(session, [alert.id])[alert.id], telling.revision, rules)
    rows = entries.of_story(session, stories.current(session, alert.story_id))
    before = tellings.of_revision(session, alert.id, covered[0][0].revision - 1)
    known = before.voices if before is not None else 0
    changes = [_change(session, *each, rows, known, every_rule=every_rule) for each in covered]
    causes = {cause for change in changes for cause in change.causes}
    if Cause.FIRST in causes:
        # Whoever hears of it for the first time needs no history, but what makes it another story.
        causes -= _HISTORY
    entry = told[0][1]
    latest = None
    if telling.entry_id not in (None, entry.id):
        latest = entries.with_feed(session, telling.entry_id or 0)
    return Picture(
        alert,
        telling,
        tuple(cause for cause in Cause if cause in causes),
        news_of(
            [replace(change, causes=tuple(each for each in change.causes if each in causes)) for change in changes]
        ),
        told,
        reports_of(rows),
        _report(*latest) if latest is not None else None,
        tuple(revisions.earlier_titles(session, entry, telling.told_at)),
        telling.severity if every_rule or last is None else last.severity,
        None if every_rule else frozenset(rules),
    )


def spoken_of(told: list[alerts.ToldMatch], revision: int, rules: Collection[str] = ()) -> list[alerts.ToldMatch]:
    """Of the matches that an alert told, those that a telling is about: its own, or the last before it; those of the
    rules that the reader hears of, if there are such.

    Matches that were told again since, because their words were gone and came back, belong to the later telling, and
    then it is that one's.
    """
    told = [row for row in told if row[0].rule in rules] or told
    numbers = [match.alert_revision or 0 for match, _, _ in told]
    before = [number for number in numbers if number <= revision]
    chosen = max(before) if before else min(numbers)
    return [row for row in told if row[0].alert_revision == chosen]


def reports_of(rows: Iterable[tuple[Entry, Feed]]) -> tuple[Report, ...]:
    """One for each independent voice, in the order they came, with whoever else carries its text."""
    voices: dict[str, list[tuple[Entry, Feed]]] = {}
    for entry, feed in rows:
        voices.setdefault(entry.voice or feed.publisher, []).append((entry, feed))
    return tuple(_report(*told[0], copies=_copies(told)) for told in voices.values())


def _copies(told: Sequence[tuple[Entry, Feed]]) -> tuple[str, ...]:
    first = told[0][1].publisher
    return tuple(dict.fromkeys(feed.publisher for _, feed in told if feed.publisher != first))


def _report(entry: Entry, feed: Feed, copies: tuple[str, ...] = ()) -> Report:
    return Report(feed.publisher, entry.title, entry.link, entry.published_at, entry.arrived_at, copies)


def _change(
    session: Session,
    telling: Telling,
    hearing: Hearing | None,
    rows: Sequence[tuple[Entry, Feed]],
    known: int,
    *,
    every_rule: bool,
) -> Change:
    """`known` is how many independent publishers had reported it when it was last told."""
    causes, rules, severity, note = telling.causes, tuple(telling.rules), telling.severity, telling.note
    if hearing is not None and hearing.causes:
        causes = tuple(Cause[name.upper()] for name in hearing.causes)
        rules = tuple(rule for rule in telling.rules if rule in hearing.rules) or rules
    if hearing is not None and not every_rule:
        rules = tuple(rule for rule in rules if rule in hearing.rules)
        severity, note = hearing.severity, note_to(note, hearing.rules)
    publishers: dict[str, str] = {}
    for entry, feed in rows:
        publishers.setdefault(entry.voice or feed.publisher, feed.publisher)
    was = ""
    if Cause.HEADLINE in telling.causes and telling.entry_id is not None:
        edited = session.get_one(Entry, telling.entry_id)
        was = (revisions.earlier_titles(session, edited, telling.told_at) or [""])[-1]
    new = tuple(publishers.values())[known : telling.voices]
    return Change(causes, severity, rules, telling.voices, new, note, was)


def standing(match: Match, texts: Mapping[str, str]) -> list[Evidence]:
    """The evidence that still stands where it was found; the entry may have been edited since."""
    found = alerts.evidence_of(match.evidence)
    return [each for each in found if texts.get(each.field, "")[each.start : each.end] == each.text]


def facts_of(session: Session, alert: Alert, covered: Covered, base: str) -> AlertFacts:
    """For other programs; `base` names this installation in keys."""
    picture = picture_of(session, alert, covered)
    entry, texts = picture.entry, picture.texts
    return AlertFacts(
        key=f"{base}:alert:{alert.id}:{alert.first_told_at:%Y%m%d%H%M%S}",
        number=alert.id,
        revision=picture.telling.revision,
        causes=picture.causes,
        news=picture.news,
        severity=picture.severity,
        headline=picture.heading,
        link=entry.link,
        summary=shortened(" ".join((entry.summary or entry.content).split()), 600),
        language=entry.language,
        firings=tuple(
            Firing(match.rule, match.severity, tuple(standing(match, texts)), match.note) for match in picture.matches
        ),
        reports=picture.reports,
        first_told_at=alert.first_told_at,
        told_at=picture.telling.told_at,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_at=alert.acknowledged_at,
        stance=alert.stance,
        place=(entry.place[0], entry.place[1]) if entry.place else None,
    )
