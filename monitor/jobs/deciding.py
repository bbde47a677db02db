"""One entry in its story: what becomes of its matches, and whether people are told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import Session

from monitor.core.alerts import OPENING, Arrival, Known, News, Past, causes_of, decide, is_news
from monitor.core.rules import CountBy, Rule
from monitor.core.stance import Stated, stance_of
from monitor.core.timing import age
from monitor.core.values import Headline, RuleMatch
from monitor.jobs.listeners import Growth, Listeners
from monitor.models import Alert, Hearing, Telling
from monitor.store import alerts, tellings
from monitor.store.arrivals import Teller, Untriaged
from monitor.words import Cause, Disposition, Severity, Stance

OFFICIAL = "official"
_TELLING = (Disposition.ALERTED, Disposition.GATHERED)
# That a headline changed is told once in so long.
_REWORDED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Case:
    """An entry with the matches that are new to it. `reworded` are rules that were told of it, whose words in the
    headline an edit changed; `lost` those that it left without words, or with words that speak against them."""

    entry: Untriaged
    teller: Teller
    item: Headline
    matches: tuple[RuleMatch, ...]
    edited: bool = False
    reworded: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def story(self) -> int:
        return self.entry.story_id or 0

    @property
    def arrival(self) -> Arrival:
        entry = self.entry
        revised = entry.revised_at if self.edited else None
        return Arrival(entry.arrived_at, entry.published_at, entry.previous_poll_at, revised)


@dataclass(frozen=True, slots=True)
class Line:
    """What the log says of an entry that was decided: how many listeners are told, now or later."""

    title: str
    rules: tuple[str, ...] = ()
    owed: int = 0


@dataclass(frozen=True, slots=True)
class _Ruled:
    match: RuleMatch
    fate: Disposition
    note: str


@dataclass
class Deciding:
    """`alerts` are those of the stories at hand, by story; new ones join them. `begun` are the stories that begin now,
    of which nothing was told."""

    session: Session
    listeners: Listeners
    alerts: dict[int, Alert]
    begun: Collection[int] = ()

    def decide(self, case: Case) -> Line:
        alert = self.alerts.get(case.story)
        if not case.matches and alert is None:
            return Line(case.entry.title)
        told: Mapping[str, Severity] = {}
        if alert is not None or case.story not in self.begun:
            told = alerts.told_rules(self.session, case.story, raised_again=case.entry.id)
        ruled = [self._ruled(case, match, told, alert) for match in case.matches]
        telling, hearings = self._tell(case, alert, told, [each.match for each in ruled if each.fate in _TELLING])
        before: dict[str, alerts.Part] = {}
        if case.edited:
            before = alerts.forget(self.session, case.entry.id, [match.rule for match in case.matches])
        for each in ruled:
            fate, part = each.fate, before.get(each.match.rule)
            if fate is Disposition.TOLD and part is not None:
                fate = part.disposition
            elif telling is not None and fate in (*_TELLING, Disposition.TOLD):
                fate = Disposition.GREW if fate is Disposition.TOLD else fate
                part = alerts.Part(telling.alert_id, telling.revision, fate)
            alerts.record(self.session, case.entry, each.match, fate, each.note, part, self.listeners.now)
        self.session.flush()
        if telling is None:
            return Line(case.entry.title)
        return Line(case.entry.title, tuple(telling.rules), sum(each.due_at is not None for each in hearings))

    def _ruled(self, case: Case, found: RuleMatch, told: Mapping[str, Severity], alert: Alert | None) -> _Ruled:
        rule = self.listeners.routes.rules.by_name[found.rule]
        match, raised = _raised(self.session, case.entry, found, rule)
        policy = self.listeners.routes.policy
        counts = not match.held and not match.dropped and is_news(case.arrival, policy)
        past, counted = _past(self.session, case, rule, told.get(match.rule), counts=counts)
        mute = self.listeners.muted([match.rule], case.item, case.story)
        wanting = self.listeners.wanting({match.rule: match.severity})
        if alert is not None and alert.severity is Severity.CRITICAL and match.severity is not Severity.CRITICAL:
            heard = tellings.heard_as_critical(self.session, alert.id)
            past = replace(past, inhibited=bool(wanting) and all(each.key in heard for each in wanting))
        wanted = bool(wanting) or bool(self.listeners.named(self.listeners.next_in_turn([match.rule])))
        fate = decide(match, case.arrival, replace(past, silenced=mute is not None), wanted, policy)
        edited = "by an edit" if case.edited else ""
        return _Ruled(match, fate, "; ".join(filter(None, (edited, counted, raised, mute.reason if mute else ""))))

    def _tell(
        self, case: Case, alert: Alert | None, told: Mapping[str, Severity], matches: list[RuleMatch]
    ) -> tuple[Telling | None, list[Hearing]]:
        """Tell the story, or tell it again, if there is cause."""
        listeners = self.listeners
        if not matches and (alert is None or not is_news(case.arrival, listeners.routes.policy)):
            return None, []
        stated = _stated(case)
        voices = alerts.voices_of(self.session, case.story, case.entry.arrival or 0)
        said = {match.rule: match.severity for match in matches}
        known = self._known(alert, told)
        ever = alerts.told_rules(self.session, case.story) if alert is not None else {}
        news = News(
            said,
            voices,
            stated.stance if stated else None,
            reworded=bool(case.reworded),
            lost=bool(case.lost),
            back=not said.keys().isdisjoint(ever.keys() - told.keys()),
        )
        causes = causes_of(known, news)
        if not causes or (not said and listeners.muted(ever, case.item, case.story)):
            return None, []
        alert, telling = tellings.tell(
            self.session,
            alert,
            case.story,
            causes=causes,
            rules=said or ever,
            entry_id=case.entry.id,
            voices=voices,
            stance=stated.stance if stated else None,
            note=_note(causes, known, stated, case),
            now=listeners.now,
        )
        self.alerts[case.story] = alert
        to = {each.key: each for each in listeners.wanting(said)}
        of_rules = {Cause.HEADLINE: case.reworded}
        if stated is None or stated.stance is not Stance.WITHDRAWS:
            of_rules[Cause.WITHDRAWN] = case.lost
        growth = Growth({**ever, **said}, of_rules)
        if not OPENING.issuperset(causes):
            to |= {each.key: each for each in listeners.growing(alert.id, growth.known)}
        hearings = listeners.tell(alert, telling, to.values(), case.item, case.entry.feed_id, growth)
        if not OPENING.isdisjoint(causes):
            self._escalate(alert, hearings, said)
        return telling, hearings

    def _known(self, alert: Alert | None, told: Mapping[str, Severity]) -> Known | None:
        if alert is None:
            return None
        reworded = tellings.times_told(self.session, alert.id, Cause.HEADLINE)
        return Known(
            alert.severity,
            told,
            alert.voices,
            alert.stance,
            rewordings=len(reworded),
            reworded_lately=any(self.listeners.now - at < _REWORDED for at in reworded),
            withdrawals=len(tellings.times_told(self.session, alert.id, Cause.WITHDRAWN)),
        )

    def _escalate(self, alert: Alert, hearings: list[Hearing], said: Mapping[str, Severity]) -> None:
        """Unless it is acknowledged in time, the next people are told; at once if there is nobody to wait for."""
        now = self.listeners.now
        for name in said:
            rule = self.listeners.routes.rules.by_name[name]
            if rule.ack_within is None:
                continue
            alert.acknowledged_at, alert.acknowledged_by = None, ""
            begins = [each.due_at for each in hearings if each.due_at is not None]
            tellings.escalate(self.session, alert.id, name, min(begins) + rule.ack_within if begins else now)


def _stated(case: Case) -> Stated | None:
    official = OFFICIAL in case.item.source
    return stance_of(case.item.title, case.item.summary or case.item.content, case.item.language, official)


def _note(causes: tuple[Cause, ...], known: Known | None, stated: Stated | None, case: Case) -> str:
    """What the rows do not tell of why it is told."""
    notes = []
    if Cause.RAISED in causes and known is not None:
        notes.append(f"it was {known.severity}")
    if stated is not None and not {Cause.DENIED, Cause.CONFIRMED, Cause.WITHDRAWN}.isdisjoint(causes):
        notes.append(f"{stated.who}, says {case.teller.publisher}" if stated.who else case.teller.publisher)
    if Cause.WITHDRAWN in causes and case.lost:
        notes.append(f"{case.teller.publisher} no longer says what fires {', '.join(case.lost)}")
    return "; ".join(notes)


def _raised(session: Session, entry: Untriaged, match: RuleMatch, rule: Rule) -> tuple[RuleMatch, str]:
    """The match, more severe if enough publishers tell its story, and how that came about."""
    raises = rule.raises
    if raises is None or raises.to.rank <= match.severity.rank:
        return match, ""
    voices = alerts.voices_since(session, entry.story_id or 0, entry.arrived_at - raises.within, entry.arrival or 0)
    if len(voices) < raises.publishers:
        return match, ""
    return replace(match, severity=raises.to), f"raised from {match.severity}: {len(voices)} publishers tell it"


def _past(session: Session, case: Case, rule: Rule, told: Severity | None, *, counts: bool) -> tuple[Past, str]:
    """What went before, and how far the rule has counted."""
    counting, entry = rule.count, case.entry
    if counting is None:
        return Past(told), ""
    since = entry.arrived_at - counting.within
    which = {CountBy.PUBLISHER: 0, CountBy.STORY: 1, CountBy.ENTRY: 2}[counting.by]
    found = {row[which] for row in alerts.counted_since(session, rule.name, since)}
    if counts:
        found.add((entry.voice, entry.story_id or 0, entry.id)[which])
    note = f"{len(found)} {counting.by.plural} within {age(entry.arrived_at, since)}, {counting.at_least} wanted"
    return Past(told, len(found) >= counting.at_least, alerts.told_since(session, rule.name, since)), note
