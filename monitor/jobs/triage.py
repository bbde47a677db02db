"""Match, group and decide, for entries that have arrived or were edited; owe the alerts that follow."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import structlog
from sqlmodel import Session

from monitor.core.stories import OPEN_FOR, Credits
from monitor.core.values import Headline, RuleMatch
from monitor.jobs.boundary import Progressed
from monitor.jobs.deciding import Case, Deciding, Line
from monitor.jobs.grouping import Memory, OpenDesk
from monitor.jobs.listeners import Listeners, Routes
from monitor.models import Entry, Feed
from monitor.store import alerts, arrivals, entries, job_runs, stories, tellings
from monitor.store.arrivals import Fate, Teller, Untriaged
from monitor.store.db import Database, single_triage
from monitor.words import Disposition, Wait

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
    routes: Routes
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

    def _batch(self, session: Session) -> list[Line]:
        single_triage(session)
        cases = self._cases(session)
        if not cases:
            return []
        now = self.now()
        last = entries.latest_arrival(session)
        desk = self._memory.of(last, stories.latest_repair(session)) or self._desk(session, now)
        placed = _placed(session, cases, desk, last, now)
        of_stories = alerts.of_stories(session, {case.story for case in placed})
        begun = {story.id for story in desk.begun}
        deciding = Deciding(session, Listeners(session, self.routes, now), of_stories, begun)
        lines = [deciding.decide(case) for case in placed]
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

    def _cases(self, session: Session) -> list[Case]:
        """What waits, with the matches that nobody has decided yet."""
        waiting = arrivals.waiting(session, _BATCH)
        tellers = arrivals.tellers(session, {entry.feed_id for entry in waiting})
        before = arrivals.fates(session, [entry.id for entry in waiting if entry.arrival is not None])
        cases = []
        for entry in waiting:
            teller = tellers[entry.feed_id]
            item = headline(entry, teller)
            edited = entry.arrival is not None
            known = before.get(entry.id, {})
            found = self.routes.rules.match(item)
            speaking = {match.rule for match in found if not match.held and not match.dropped}
            lost = [
                rule for rule, fate in known.items() if fate.over_at is None and _is_lost(rule, fate, found, speaking)
            ]
            if lost:
                arrivals.set_over(session, entry.id, lost, entry.revised_at)
            over = {rule: fate.over_at for rule, fate in known.items() if fate.over_at is not None and rule in speaking}
            told_gone = bool(over) and _heard_to_be_gone(session, entry, max(over.values()))
            fresh = [match for match in found if _is_fresh(match, known.get(match.rule), entry, told_gone)]
            if back := sorted(over.keys() - {match.rule for match in fresh}):
                arrivals.set_over(session, entry.id, back, None)
                _unsay(
                    session, entry, gone=[rule for rule in (*known, *lost) if known[rule].told and rule not in speaking]
                )
            reworded = []
            for match in found if edited else ():
                if _changed(match, known.get(match.rule)):
                    reworded.append(match.rule)
                    arrivals.set_evidence(session, entry.id, match.rule, [asdict(each) for each in match.evidence])
            gone = tuple(rule for rule in lost if known[rule].told)
            cases.append(Case(entry, teller, item, tuple(fresh), edited, tuple(reworded), gone))
        return cases

    def _note_slow_patterns(self, session: Session, now: datetime) -> None:
        for (rule, pattern), times in self.routes.rules.gave_up.items():
            log.warning("a regular expression took too long", rule=rule, pattern=pattern, times=times)
            trouble = f"rule {rule}: {pattern} takes too long and is given up; rewrite it"
            job_runs.went_wrong(session, "rules", trouble, now)
        self.routes.rules.gave_up.clear()


def _placed(session: Session, cases: list[Case], desk: OpenDesk, last: int, now: datetime) -> list[Case]:
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


def _is_lost(rule: str, fate: Fate, found: Sequence[RuleMatch], speaking: Collection[str]) -> bool:
    """Whether the rule has lost its words, or people were told of it and words speak against it now."""
    return rule not in speaking and (fate.told or all(match.rule != rule for match in found))


def _heard_to_be_gone(session: Session, entry: Untriaged, since: datetime) -> bool:
    """Whether anybody was told that the entry has lost its words, as it has since then."""
    told = tellings.withdrawals(session, entry.id)[-1:]
    return any(telling.told_at >= since and any(each.delivery_id for each in hearings) for telling, hearings in told)


def _unsay(session: Session, entry: Untriaged, gone: list[str]) -> None:
    """Unless other words are still gone: whoever is still to hear that they are gone need not."""
    if not gone:
        for _, hearings in tellings.withdrawals(session, entry.id):
            tellings.never(session, [each for each in hearings if each.delivery_id is None and each.due_at], Wait.OVER)


def _is_fresh(found: RuleMatch, before: Fate | None, entry: Untriaged, told_gone: bool) -> bool:
    """Whether there is something to decide: the rule did not match before, what stopped it is gone, or its words were
    gone, for a while or as people were told, as on a page that shows whether there is an alarm."""
    if before is None or entry.revised_at is None:
        return True
    if before.over_at is not None:
        speaks = not found.held and not found.dropped
        return speaks and (told_gone or entry.revised_at - before.over_at >= _ALL_CLEAR)
    return before.disposition in _STOPPED and not found.held and not found.dropped


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


def _changed(found: RuleMatch, before: Fate | None) -> bool:
    """Whether an edit changed which of the rule's words stand in the headline, once people were told of them."""
    if before is None or not before.told or before.over_at is not None:
        return False
    was = {str(each["text"]).casefold() for each in before.evidence if each["field"] == "title"}
    return was != {each.text.casefold() for each in found.evidence if each.field == "title"}
