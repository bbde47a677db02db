"""Tell what was gathered or held when its time comes, ask the next people, and go round ways that fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from monitor.core.alerts import CRITICAL_WAIT, Listener, Mute, is_away
from monitor.core.refusals import without_addresses
from monitor.core.timing import age
from monitor.core.values import Headline
from monitor.jobs.boundary import Progressed
from monitor.jobs.listeners import Listeners, Routes
from monitor.jobs.triage import headline
from monitor.models import Alert, Delivery, Escalation, Hearing, Telling
from monitor.store import alerts, arrivals, entries, owing, stories, tellings
from monitor.store.db import Database, single_triage
from monitor.words import Cause, Severity, Wait

log = structlog.get_logger("tell")
# So long what is gathered waits for a flood that is still being triaged to be over.
_PATIENCE = timedelta(minutes=5)
# In one message; what is beyond leaves with the next.
_MOST = 20_000
NO_ITEM = Headline("")


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
        return tellings.any_due(session, now) or bool(self._failing(session, now))

    def _tell(self, session: Session) -> int:
        single_triage(session)
        now = self.now()
        listeners = Listeners(session, self.routes, now)
        owed = sum(self._escalated(session, each, listeners) for each in tellings.escalations_due(session, now))
        flooded = arrivals.any_waiting(session)
        for key, hearings in tellings.due(session, now).items():
            owed += _heard(listeners, key, hearings, flooded=flooded)
        for failing, channel, key in self._failing(session, now):
            owing.owe_instead(session, failing, channel, key, now)
            reason = without_addresses(failing.reply)
            log.warning("owed to the fall-back channel", delivery=failing.key, channel=channel, reason=reason)
            owed += 1
        return owed

    def _escalated(self, session: Session, escalation: Escalation, listeners: Listeners) -> int:
        """Tell the next people; those who are away are passed over."""
        now = listeners.now
        alert = session.get_one(Alert, escalation.alert_id)
        rule = self.routes.rules.by_name.get(escalation.rule)
        steps = rule.then if rule else ()
        session.add(escalation)
        if mute := self._muted(session, alert, escalation, listeners):
            escalation.due_at = mute.ends_at
            return 0
        owed = 0
        while escalation.step < len(steps) and alert.acknowledged_at is None and rule is not None:
            named = steps[escalation.step]
            escalation.step += 1
            targets = [each for each in listeners.named(named) if not is_away(each, now)]
            _, telling = tellings.tell(
                session,
                alert,
                alert.story_id,
                causes=(Cause.ESCALATED,),
                rules={escalation.rule: alert.severity},
                entry_id=None,
                voices=alert.voices,
                now=now,
                note=_asked(session, alert, now, last=escalation.step == len(steps)),
            )
            made = listeners.tell(alert, telling, targets, NO_ITEM)
            owed += sum(each.delivery_id is not None for each in made)
            log.warning("escalated", alert=alert.id, rule=escalation.rule, people=len(targets))
            # Whoever sleeps or has muted it does not answer; those behind them need not wait for that.
            if any(each.due_at is not None and each.due_at <= now + CRITICAL_WAIT for each in made):
                break
        escalation.due_at = now + (rule.ack_within or timedelta()) if rule else now
        if rule is None or alert.acknowledged_at is not None or escalation.step >= len(steps):
            escalation.ended_at = now
        return owed

    def _muted(self, session: Session, alert: Alert, escalation: Escalation, listeners: Listeners) -> Mute | None:
        """The silence for everybody that holds the escalation."""
        first = tellings.of_revision(session, alert.id, 1)
        item = item_of(session, first) if listeners.mutes and first is not None else NO_ITEM
        return listeners.muted([escalation.rule], item, stories.current(session, alert.story_id))

    def _failing(self, session: Session, now: datetime) -> list[tuple[Delivery, str, str]]:
        """The alerts that a fall-back must tell, each once: the delivery, the channel and the key of the new debt."""
        found: dict[str, tuple[Delivery, str, str]] = {}
        for way, fallback in self.fallbacks.items():
            for delivery in owing.failing_since(session, way, now - fallback.after):
                root = delivery.instead_of or delivery.id
                told = [telling.id for telling, _ in tellings.told_by(session, root)]
                key = owing.fallback_key(way, fallback.channel, told)
                heard = tellings.told_to(session, f"channel:{fallback.channel}", told)
                if told and key not in found and not heard and not owing.is_owed(session, key):
                    found[key] = (delivery, fallback.channel, key)
        return list(found.values())


def _asked(session: Session, alert: Alert, now: datetime, *, last: bool) -> str:
    """Why the next people are told, and whether anybody comes behind them."""
    why = "nobody before you can be told"
    if tellings.heard_by(session, alert.id):
        why = f"nobody has acknowledged it for {age(now, alert.first_told_at)}"
    return f"{why}; you are next, and {'nobody comes' if last else 'others come'} after you"


def _heard(listeners: Listeners, key: str, hearings: list[Hearing], *, flooded: bool) -> int:
    """The messages of one listener: each story that grew in its own thread, all that was gathered in one."""
    session, now = listeners.session, listeners.now
    listener = listeners.known(key)
    if listener is None:
        tellings.never(session, hearings, Wait.GONE)
        return 0
    if is_away(listener, now):
        tellings.never(session, hearings, Wait.AWAY)
        return 0
    hearings = _audible(listeners, listener, hearings[:_MOST])
    together = {each.alert_id for each in hearings if not tellings.travels_alone(each)}
    growing = {each.alert_id for each in hearings} - together
    # Many that grow at once, as by a mass edit, are a flood, too; and what opens a story goes before what grows it.
    if len(growing) > listeners.routes.policy.burst:
        together |= growing
    if flooded and _may_wait([each for each in hearings if each.alert_id in together], now):
        hearings = [each for each in hearings if each.alert_id not in together]
    if len(together) == 1:
        together.clear()
    messages: dict[int | None, list[Hearing]] = {}
    for each in hearings:
        messages.setdefault(None if each.alert_id in together else each.alert_id, []).append(each)
    for message in messages.values():
        listeners.owe(key, message)
    return len(messages)


def _may_wait(rolled: list[Hearing], now: datetime) -> bool:
    """Whether what is gathered can wait for the end of a flood that is still being triaged."""
    if not rolled:
        return False
    critical = any(each.severity is Severity.CRITICAL for each in rolled)
    patience = CRITICAL_WAIT if critical else _PATIENCE
    return min(each.due_at for each in rolled if each.due_at is not None) > now - patience


def _audible(listeners: Listeners, listener: Listener, hearings: list[Hearing]) -> list[Hearing]:
    """Those that nothing stands against now: a silence put up meanwhile, or quiet hours that have begun."""
    session, kept = listeners.session, []
    known = alerts.by_number(session, {each.alert_id for each in hearings})
    for hearing in hearings:
        if listeners.mutes and (mute := _mute_of(listeners, listener, hearing, known[hearing.alert_id])):
            tellings.never(session, [hearing], Wait.MUTED, mute.reason)
            continue
        rules = hearing.rules or [hearing.rule]
        if held := listeners.held_until(listener, hearing.severity, rules):
            hearing.due_at, hearing.wait = held, Wait.QUIET
            session.add(hearing)
            continue
        kept.append(hearing)
    return kept


def _mute_of(listeners: Listeners, listener: Listener, hearing: Hearing, alert: Alert) -> Mute | None:
    telling = listeners.session.get_one(Telling, hearing.telling_id)
    item = item_of(listeners.session, telling)
    story = stories.current(listeners.session, alert.story_id)
    rules = hearing.rules or [hearing.rule]
    return listeners.muted(rules, item, story, listener.key) or listeners.muted(rules, item, story)


def item_of(session: Session, telling: Telling) -> Headline:
    """The report that gave cause, as rules and silences see it."""
    row = entries.with_feed(session, telling.entry_id) if telling.entry_id is not None else None
    return headline(*row) if row is not None else NO_ITEM
