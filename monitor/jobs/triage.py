"""Match, group and decide, for entries that have arrived or were edited; owe the alerts that follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

import structlog
from sqlmodel import Session

from monitor.core.stories import OPEN_FOR, Credits
from monitor.core.values import Headline
from monitor.jobs.boundary import Progressed
from monitor.jobs.deciding import Case, Deciding, Line
from monitor.jobs.editing import Edit, compare
from monitor.jobs.grouping import Memory, OpenDesk
from monitor.jobs.listeners import Listeners, Routes
from monitor.models import Entry, Feed
from monitor.store import alerts, arrivals, entries, job_runs, stories
from monitor.store.arrivals import Teller, Untriaged
from monitor.store.db import Database, single_triage

log = structlog.get_logger("triage")
_BATCH = 200


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
            found = tuple(self.routes.rules.match(item))
            edit = Edit(found) if entry.arrival is None else compare(session, entry, found, before.get(entry.id, {}))
            cases.append(Case(entry, teller, item, edit.fresh, entry.arrival is not None, edit.reworded, edit.lost))
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
