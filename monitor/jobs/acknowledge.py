"""Someone takes an alert: it is escalated no further, and whoever heard of it and could have taken it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from monitor.core.values import Headline
from monitor.jobs.listeners import Listeners, Routes
from monitor.models import Alert
from monitor.store import alerts, stories, tellings
from monitor.store.db import Database, single_triage
from monitor.words import Cause

log = structlog.get_logger("acknowledge")


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has taken an alert, and when. `already`: someone was faster than whoever asked."""

    number: int
    title: str
    by: str
    at: datetime
    already: bool
    told: int


@dataclass(frozen=True)
class Acknowledge:
    """`woken` is called after messages were owed."""

    db: Database
    routes: Routes
    now: Callable[[], datetime]
    woken: Callable[[], None]

    async def take(self, number: int, by: str) -> Taken | None:
        """Acknowledge the alert of this number; None where there is none. Of two who do it at once one is told that
        the other was faster."""
        taken = await self.db.write(self._take, number, by)
        if taken is not None and not taken.already:
            # Who it was stands in the ledger; addresses stay out of the log.
            log.info("acknowledged", alert=number)
            self.woken()
        return taken

    def _take(self, session: Session, number: int, by: str) -> Taken | None:
        single_triage(session)
        found = alerts.find(session, number)
        if found is None:
            return None
        alert, story = found
        if alert.acknowledged_at is not None:
            return Taken(number, story.title, alert.acknowledged_by, alert.acknowledged_at, already=True, told=0)
        now, told = self.now(), 0
        listeners = Listeners(session, self.routes, now)
        for each in alerts.of_same_story(session, story.id):
            if each.acknowledged_at is None:
                told += self._taken(session, each, by, listeners)
        return Taken(number, story.title, by, now, already=False, told=told)

    def _taken(self, session: Session, alert: Alert, by: str, listeners: Listeners) -> int:
        """Write it down, and how many listeners are told."""
        now = listeners.now
        alert.acknowledged_at, alert.acknowledged_by = now, by
        tellings.end_escalations(session, alert.id, now)
        tellings.end_pending(session, alert.id, Cause.ESCALATED)
        rules = alerts.told_rules(session, stories.current(session, alert.story_id))
        heard = tellings.heard_by(session, alert.id)
        _, telling = tellings.tell(
            session,
            alert,
            alert.story_id,
            causes=(Cause.TAKEN,),
            rules=rules,
            entry_id=None,
            voices=alert.voices,
            now=now,
            note=f"{by} acknowledged it",
        )
        # Who answers for alerts here is not for whoever joined by a page.
        to = [
            each for each in listeners.growing(alert.id, rules) if each.key in heard and self.routes.powers(each).takes
        ]
        return len(listeners.tell(alert, telling, to, Headline("")))
