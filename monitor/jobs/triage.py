"""Match, group and decide, for entries that have arrived or were edited; owe the alerts that follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import structlog
from sqlmodel import Session

from monitor.core.alerts import AlertPolicy, Arrival, Past, decide, hears, is_news
from monitor.core.rules import CountBy, Rule, RuleSet, read_patterns
from monitor.core.stories import OPEN_FOR, Credits
from monitor.core.timing import age
from monitor.core.values import Headline, RuleMatch
from monitor.jobs.boundary import Progressed
from monitor.jobs.grouping import Memory, OpenDesk
from monitor.models import Entry, Feed, Silence, Subscriber
from monitor.store import alerts, arrivals, entries, job_runs, outbox, silences, stories, subscribers
from monitor.store.arrivals import Fate, Teller, Untriaged
from monitor.store.db import Database, single_triage
from monitor.words import Disposition, Severity

log = structlog.get_logger("triage")
_BATCH = 200
# An edit may lift what an earlier wording was held back for.
_STOPPED = (Disposition.HELD, Disposition.DROPPED)
# Headlines flip to and fro within minutes; words that were gone for longer and are back are news.
_ALL_CLEAR = timedelta(hours=1)


@dataclass(frozen=True)
class Triage:
    """`woken` is called after alerts were owed."""

    db: Database
    rules: RuleSet
    policy: AlertPolicy
    credits: Credits
    now: Callable[[], datetime]
    woken: Callable[[], None]
    progressed: Progressed
    _memory: Memory = field(default_factory=Memory)

    async def run(self) -> int:
        """Triage everything that waits; how many entries that was."""
        total = 0
        # Outside of a writing transaction: to read three days of reports takes seconds where there are many.
        await self.db.read(self._warm)
        while done := await self.db.write(self._batch):
            for line in done:
                if line.owed:
                    log.warning("alert", rule=", ".join(line.rules), title=line.title, people=line.owed)
            total += len(done)
            self.progressed("triage")
            if any(line.owed for line in done):
                self.woken()
        return total

    def _batch(self, session: Session) -> list["_Line"]:
        single_triage(session)
        cases = self._cases(session)
        if not cases:
            return []
        now = self.now()
        last = entries.latest_arrival(session)
        desk = self._memory.of(last, stories.latest_repair(session)) or self._desk(session, now)
        placed = _placed(session, cases, desk, last, now)
        people, muting = subscribers.confirmed(session), silences.active(session, now)
        lines = [self._decide(session, case, people, muting, now) for case in placed]
        desk.settle(now)
        upto = max(last, *(case.entry.arrival or 0 for case in placed))
        self._memory.keep(desk, upto, stories.latest_repair(session))
        self._note_slow_patterns(session, now)
        return lines

    def _warm(self, session: Session) -> None:
        last, repair = entries.latest_arrival(session), stories.latest_repair(session)
        if arrivals.any_waiting(session):
            self._memory.keep(self._memory.of(last, repair) or self._desk(session, self.now()), last, repair)

    def _desk(self, session: Session, now: datetime) -> OpenDesk:
        desk = OpenDesk(self.credits)
        desk.take(stories.grouped_since(session, now - OPEN_FOR))
        return desk

    def _cases(self, session: Session) -> list["_Case"]:
        """What waits, with the matches that nobody has decided yet."""
        waiting = arrivals.waiting(session, _BATCH)
        tellers = arrivals.tellers(session, {entry.feed_id for entry in waiting})
        before = arrivals.fates(session, [entry.id for entry in waiting if entry.arrival is not None])
        cases = []
        for entry in waiting:
            teller = tellers[entry.feed_id]
            item = headline(entry, teller)
            known = before.get(entry.id, {})
            found = self.rules.match(item)
            now_said = {match.rule for match in found}
            if lost := [rule for rule, fate in known.items() if rule not in now_said and fate.over_at is None]:
                arrivals.set_over(session, entry.id, lost, entry.revised_at)
            fresh = [match for match in found if _is_fresh(match, known.get(match.rule), entry)]
            again = now_said.difference(match.rule for match in fresh)
            if back := [rule for rule in again if known[rule].over_at is not None]:
                arrivals.set_over(session, entry.id, back, None)
            cases.append(
                _Case(entry, teller, item, tuple(fresh), entry.revised_at if entry.arrival is not None else None)
            )
        return cases

    def _note_slow_patterns(self, session: Session, now: datetime) -> None:
        for (rule, pattern), times in self.rules.gave_up.items():
            log.warning("a regular expression took too long", rule=rule, pattern=pattern, times=times)
            trouble = f"rule {rule}: {pattern} takes too long and is given up; rewrite it"
            job_runs.went_wrong(session, "rules", trouble, now)
        self.rules.gave_up.clear()

    def _decide(
        self, session: Session, case: "_Case", people: list[Subscriber], muting: list[Silence], now: datetime
    ) -> "_Line":
        entry = case.entry
        if not case.matches:
            return _Line(entry.title, (), 0)
        arrival = Arrival(entry.arrived_at, entry.published_at, entry.previous_poll_at, case.revised_at)
        told = alerts.told_rules(session, entry.story_id or 0, raised_again=entry.id)
        fates: list[tuple[RuleMatch, Disposition, str]] = []
        for found in case.matches:
            rule = self.rules.by_name[found.rule]
            match, raised = _raised(session, entry, found, rule)
            counts = not match.held and not match.dropped and is_news(arrival, self.policy)
            past, counted = _past(session, case, rule, told.get(match.rule), counts=counts)
            muted = _muted(muting, match, case.item)
            past = replace(past, silenced=bool(muted))
            fate = decide(match, arrival, past, bool(self._wanting(people, [match])), self.policy)
            edited = "by an edit" if case.revised_at else ""
            fates.append((match, fate, "; ".join(filter(None, (edited, counted, raised, muted)))))
        telling = [match for match, fate, _ in fates if fate == Disposition.ALERTED]
        alert = alerts.tell(session, entry.story_id or 0, telling, now) if telling else None
        if case.revised_at:
            alerts.forget(session, entry.id, [match.rule for match in case.matches])
        for match, fate, note in fates:
            alerts.record(session, entry, match, fate, note, alert if match in telling else None, now)
        session.flush()
        hearing = self._wanting(people, telling)
        if alert is not None:
            for person in hearing:
                outbox.owe_alert(session, alert, person, now)
        return _Line(entry.title, tuple(match.rule for match in telling), len(hearing))

    def _wanting(self, people: list[Subscriber], matches: list[RuleMatch]) -> list[Subscriber]:
        return [person for person in people if any(self._wants(person, match) for match in matches)]

    def _wants(self, person: Subscriber, match: RuleMatch) -> bool:
        route = self.rules.by_name[match.rule].alert_to
        return hears(person.alert_from, [match.severity]) if route is None else person.address in route


@dataclass(frozen=True, slots=True)
class _Case:
    """An entry with the matches that are new to it."""

    entry: Untriaged
    teller: Teller
    item: Headline
    matches: tuple[RuleMatch, ...]
    revised_at: datetime | None = None


def _placed(session: Session, cases: list[_Case], desk: OpenDesk, last: int, now: datetime) -> list[_Case]:
    """The cases in their stories and numbered behind the `last`; an edited entry keeps both, but for one that gained
    a match, which the next briefing must show."""
    numbers = count(last + 1)
    unused = arrivals.story_ids(session, sum(case.entry.story_id is None for case in cases))
    placed = []
    for case in cases:
        entry = case.entry
        if entry.story_id is None:
            entry = desk.place(entry, case.teller, unused)
        else:
            desk.reread(entry, case.teller)
        number = next(numbers) if entry.arrival is None or case.matches else entry.arrival
        placed.append(replace(case, entry=replace(entry, arrival=number)))
    arrivals.write(session, [case.entry for case in placed], desk.begun, now)
    if desk.led:
        arrivals.credit(session, desk.led, now)
    for merged in desk.merged:
        stories.merge(session, merged.story, merged.other, now, note=merged.why)
    now_in = {merged.other: merged.story for merged in desk.merged}
    return [replace(case, entry=_moved(case.entry, now_in)) for case in placed] if now_in else placed


def _moved(entry: Untriaged, now_in: Mapping[int, int]) -> Untriaged:
    story = entry.story_id or 0
    while story in now_in:
        story = now_in[story]
    return replace(entry, story_id=story)


def _is_fresh(found: RuleMatch, before: Fate | None, entry: Untriaged) -> bool:
    """Whether there is something to decide: the rule did not match before, what stopped it is gone, or its words were
    gone for a while, as on a page that shows whether there is an alarm."""
    if before is None or entry.revised_at is None:
        return True
    if before.over_at is not None:
        return entry.revised_at - before.over_at >= _ALL_CLEAR
    return before.disposition in _STOPPED and not found.held and not found.dropped


@dataclass(frozen=True, slots=True)
class _Line:
    title: str
    rules: tuple[str, ...]
    owed: int


def headline(entry: Entry | Untriaged, feed: Feed | Teller) -> Headline:
    return Headline(
        entry.title,
        entry.summary,
        entry.content,
        entry.language,
        entry.author,
        entry.link,
        tuple(entry.tags),
        frozenset(map(str.casefold, (feed.name, feed.publisher, *feed.tags))),
    )


def _muted(muting: list[Silence], match: RuleMatch, item: Headline) -> str:
    """By whose silence the match is muted, until when and why; empty if by none."""
    for silence in muting:
        if silence.rule == match.rule and (not silence.words or _holds(silence.words, item)):
            return f"silenced by {silence.author} until {silence.ends_at:%d %b %H:%M} UTC: {silence.comment}"
    return ""


def _holds(words: str, item: Headline) -> bool:
    patterns, _ = read_patterns(words)
    return bool(RuleSet([Rule("silence", Severity.INFO, patterns)]).match(item))


def _raised(session: Session, entry: Untriaged, match: RuleMatch, rule: Rule) -> tuple[RuleMatch, str]:
    """The match, more severe if enough publishers tell its story, and how that came about."""
    raises = rule.raises
    if raises is None or raises.to.rank <= match.severity.rank:
        return match, ""
    voices = alerts.voices_since(session, entry.story_id or 0, entry.arrived_at - raises.within, entry.arrival or 0)
    if len(voices) < raises.publishers:
        return match, ""
    return replace(match, severity=raises.to), f"raised from {match.severity}: {len(voices)} publishers tell it"


def _past(session: Session, case: _Case, rule: Rule, told: Severity | None, *, counts: bool) -> tuple[Past, str]:
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
