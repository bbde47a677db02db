"""Someone takes an alert: it is escalated no further, and everyone who heard of it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from monitor.core.values import Headline
from monitor.jobs.listeners import Listeners, Routes
from monitor.store import alerts, tellings
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
            log.info("acknowledged", alert=number, by=by)
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
        now = self.now()
        alert.acknowledged_at, alert.acknowledged_by = now, by
        tellings.end_escalations(session, alert.id, now)
        _, telling = tellings.tell(
            session,
            alert,
            alert.story_id,
            causes=(Cause.TAKEN,),
            severity=alert.severity,
            rules=sorted(alerts.told_rules(session, alert.story_id)),
            entry_id=None,
            voices=alert.voices,
            now=now,
            note=f"{by} acknowledged it",
        )
        listeners = Listeners(session, self.routes, now)
        heard = tellings.heard_by(session, alert.id)
        to = [each for key in sorted(heard) if (each := listeners.known(key)) is not None]
        made = listeners.tell(alert, telling, to, Headline(""))
        return Taken(number, story.title, by, now, already=False, told=len(made))
