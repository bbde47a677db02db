"""Tell what was gathered or held when its time comes, ask the next people, and go round ways that fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from monitor.core.alerts import is_away
from monitor.core.timing import age
from monitor.core.values import Headline
from monitor.jobs.boundary import Progressed
from monitor.jobs.listeners import Listeners, Routes
from monitor.models import Alert, Delivery, Escalation, Hearing
from monitor.store import alerts, arrivals, outbox, tellings
from monitor.store.db import Database, single_triage
from monitor.words import Cause, Wait

log = structlog.get_logger("tell")
# So long what is gathered waits for a flood that is still being triaged to be over.
_PATIENCE = timedelta(minutes=5)
# In one message; what is beyond leaves with the next.
_MOST = 20_000
_NOTHING = Headline("")


@dataclass(frozen=True, slots=True)
class Fallback:
    """The channel that is told when another way has failed for so long."""

    channel: str
    after: timedelta


@dataclass(frozen=True)
class Tell:
    """`fallbacks` are by the way that may fail: a channel, or "" for mail. `woken` is called after messages were
    owed."""

    db: Database
    routes: Routes
    fallbacks: Mapping[str, Fallback]
    now: Callable[[], datetime]
    woken: Callable[[], None]
    progressed: Progressed

    async def run(self) -> int:
        """Owe what is due; how many messages that is."""
        owed = 0
        if await self.db.read(self._anything_due):
            owed = await self.db.write(self._tell)
        if owed:
            self.woken()
        self.progressed("tell")
        return owed

    def _anything_due(self, session: Session) -> bool:
        now = self.now()
        return tellings.any_due(session, now) or bool(list(self._failing(session, now)))

    def _tell(self, session: Session) -> int:
        single_triage(session)
        now = self.now()
        listeners = Listeners(session, self.routes, now)
        owed = sum(self._escalated(session, each, listeners) for each in tellings.escalations_due(session, now))
        flooded = arrivals.any_waiting(session)
        for key, hearings in tellings.due(session, now).items():
            owed += _heard(listeners, key, hearings, flooded=flooded)
        for failing, channel in self._failing(session, now):
            outbox.owe_instead(session, failing, channel, now)
            log.warning("told by the fall-back channel", delivery=failing.key, channel=channel, reason=failing.reply)
            owed += 1
        return owed

    def _escalated(self, session: Session, escalation: Escalation, listeners: Listeners) -> int:
        """Tell the next people; those who are away are passed over."""
        now = listeners.now
        alert = session.get_one(Alert, escalation.alert_id)
        rule = self.routes.rules.by_name.get(escalation.rule)
        steps = rule.then if rule else ()
        session.add(escalation)
        while escalation.step < len(steps) and alert.acknowledged_at is None and rule is not None:
            named = steps[escalation.step]
            escalation.step += 1
            targets = [each for each in listeners.named(named) if not is_away(each, now)]
            if not targets:
                log.warning("nobody to escalate to", rule=escalation.rule, named=named)
                continue
            _, telling = tellings.tell(
                session,
                alert,
                alert.story_id,
                causes=(Cause.ESCALATED,),
                severity=alert.severity,
                rules=[escalation.rule],
                entry_id=None,
                voices=alert.voices,
                now=now,
                note=f"nobody has acknowledged it for {age(now, alert.first_told_at)}",
            )
            made = listeners.tell(alert, telling, targets, _NOTHING)
            escalation.due_at = now + (rule.ack_within or timedelta())
            escalation.ended_at = now if escalation.step == len(steps) else None
            log.warning("escalated", alert=alert.id, rule=escalation.rule, people=len(targets))
            return sum(each.delivery_id is not None for each in made)
        escalation.ended_at = now
        return 0

    def _failing(self, session: Session, now: datetime) -> list[tuple[Delivery, str]]:
        """The alerts that a fall-back must tell, each once."""
        found: dict[str, tuple[Delivery, str]] = {}
        for way, fallback in self.fallbacks.items():
            for delivery in outbox.failing_since(session, way, now - fallback.after):
                key = outbox.fallback_key(delivery, fallback.channel)
                if key not in found and not outbox.is_owed(session, key):
                    found[key] = (delivery, fallback.channel)
        return list(found.values())


def _heard(listeners: Listeners, key: str, hearings: list[Hearing], *, flooded: bool) -> int:
    """The messages of one listener: each story that grew in its own thread, all that was gathered in one."""
    hearings = hearings[:_MOST]
    session, now = listeners.session, listeners.now
    listener = listeners.known(key)
    if listener is None:
        tellings.never(session, hearings, Wait.GONE)
        return 0
    if is_away(listener, now):
        tellings.never(session, hearings, Wait.AWAY)
        return 0
    alone: dict[int, list[Hearing]] = {}
    rolled = []
    known = alerts.by_number(session, {hearing.alert_id for hearing in hearings})
    for hearing in hearings:
        alert = known[hearing.alert_id]
        if mute := listeners.muted([hearing.rule], _NOTHING, alert.story_id, key):
            tellings.never(session, [hearing], Wait.MUTED, mute.reason)
        elif tellings.travels_alone(hearing):
            alone.setdefault(hearing.alert_id, []).append(hearing)
        else:
            rolled.append(hearing)
    if flooded and rolled and min(each.due_at for each in rolled if each.due_at) > now - _PATIENCE:
        rolled = []
    if len({each.alert_id for each in rolled}) == 1:
        alone.setdefault(rolled[0].alert_id, []).extend(rolled)
        rolled = []
    parts = [*alone.values(), *([rolled] if rolled else [])]
    for part in parts:
        listeners.owe(key, part)
    return len(parts)
