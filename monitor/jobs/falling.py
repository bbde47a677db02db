"""What becomes of people whose mail is refused or comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from monitor.core.bouncing import (
    EVERY_DOMAIN,
    PROBE_AFTER,
    PROBE_SPAN,
    Fate,
    Storm,
    fate,
    fate_of_probe,
    paused,
    storm,
)
from monitor.core.marks import Marks, masked
from monitor.jobs.listeners import Listeners, Routes
from monitor.jobs.telling_late import tell_late
from monitor.models import AccountKind, Delivery, DeliveryKind, DeliveryStatus, Subscriber, SubscriberState
from monitor.store import account_mails, bounces, missed, records, subscribers, suppressions
from monitor.store.db import single_triage
from monitor.store.owing import URGENT
from monitor.store.subscribers import ALERTS, BRIEFINGS
from monitor.words import Deed, Verdict

log = structlog.get_logger("bounces")
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_OF_ADDRESS = (Verdict.DEAD, Verdict.DISABLED)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a delivery that was refused is owed still, and before when it need not be tried."""

    owed: bool
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """`source` is where we learnt of it; `of_sender`: it came before anybody was named."""

    delivery: Delivery
    verdict: Verdict
    code: str
    reason: str
    source: str
    of_sender: bool = False


@dataclass(frozen=True)
class Falling:
    """Of one transaction. `contact` hears of storms, and of people who are to hear alerts."""

    session: Session
    marks: Marks
    routes: Routes
    contact: str
    now: datetime

    def ruling(self, refusal: Refusal) -> Ruling:
        """After a refusal while it was sent."""
        delivery = refusal.delivery
        if self._storm(refusal):
            until = bounces.paused_until(self.session, delivery.domain, self.now)
            if until is None or delivery.lane == URGENT:
                return Ruling(owed=True)
            return Ruling(owed=True, until=until + bounces.BEHIND)
        fallen = self._fall(refusal)
        owed = fallen is Fate.STAYS and refusal.verdict in (Verdict.SOFT, Verdict.OURS)
        self._tell_of_person(refusal, fallen, lost=not owed)
        return Ruling(owed)

    def came_back(self, refusal: Refusal) -> None:
        if not self._storm(refusal):
            self._tell_of_person(refusal, self._fall(refusal), lost=True)

    def probe(self) -> int:
        """Send the probes that are due, and end those whose time is over; how many of both."""
        due = bounces.probes_due(self.session, self.now)
        for person in due:
            self._probe(person)
        return len(due)

    def _storm(self, refusal: Refusal) -> bool:
        """Whether there are so many refusals at once that they are no reason to do anything to anybody."""
        session, now = self.session, self.now
        domain = refusal.delivery.domain
        raised = None
        if not bounces.is_of_form(session, refusal.delivery):
            counted = bounces.results(session, domain, now)
            raised = storm(refusal.verdict, refusal.code, counted, of_sender=refusal.of_sender)
        if raised is None:
            known = bounces.pause_of(session, domain)
            if refusal.verdict not in _OF_ADDRESS or known is None or known.until <= now:
                return False
            bounces.owe_again(session, domain, known.until, now)
            return True
        kind, everywhere = raised
        place = EVERY_DOMAIN if everywhere else domain
        span, told = paused(bounces.pause_of(session, place), now)
        bounces.pause(session, place, span, kind.value)
        if kind is Storm.DEAD:
            self._revive(bounces.struck(session, domain, now), kind.value)
            bounces.owe_again(session, domain, span.until, now)
        if told:
            log.error(
                "mail is paused", domain=place, until=span.until.isoformat(), reason=kind.value, code=refusal.code
            )
            self._alarm(f"pause {place}", *_of_storm(place, kind, span.until, refusal))
        return True

    def _revive(self, struck: list[Subscriber], why: str) -> None:
        """They hear of what was told meanwhile, too."""
        session, now = self.session, self.now
        if not struck:
            return
        # What is being told just now is told without them.
        single_triage(session)
        since = {person.id: person.bounced_at or now for person in struck}
        for person in struck:
            bounces.revive(session, person, self.marks.of(person.address), now)
            records.write(session, person.id, Deed.REACHED, records.PROGRAM, now, note=why)
        listeners = Listeners(session, self.routes, now)
        for number, struck_at in since.items():
            key = f"person:{number}"
            missed.wait_again(session, key, struck_at, now)
            if (listener := listeners.known(key)) is not None:
                for alert, telling in missed.unheard(session, key, struck_at):
                    tell_late(listeners, listener, alert, telling)

    def _fall(self, refusal: Refusal) -> Fate:
        """What becomes of the person, done."""
        session, now = self.session, self.now
        delivery, verdict = refusal.delivery, refusal.verdict
        person = subscribers.locked(session, delivery.subscriber_id or 0)
        if person is None or person.state is SubscriberState.ERASED:
            return Fate.STAYS
        mine = delivery.recipient == person.address
        if verdict is Verdict.COMPLAINT:
            suppressions.add(session, self.marks.of(delivery.recipient), Fate.LEAVES.value, now)
        if not mine:
            return Fate.STAYS
        fallen = self._fate(person, refusal)
        if fallen is not Fate.STAYS:
            self._befall(person, fallen, refusal)
        return fallen

    def _fate(self, person: Subscriber, refusal: Refusal) -> Fate:
        session, now = self.session, self.now
        if refusal.verdict is Verdict.COMPLAINT:
            return Fate.LEAVES
        if person.state is SubscriberState.CONFIRMED:
            failures = bounces.failures_of(session, person, now)
            return fate(failures, bounces.reached(session, person, failures[0].at - _DAY)) if failures else Fate.STAYS
        if person.state is SubscriberState.BOUNCED and bounces.is_probe(session, refusal.delivery):
            return fate_of_probe(refusal.verdict, returned=refusal.source != bounces.SMTP)
        return Fate.STAYS

    def _befall(self, person: Subscriber, fallen: Fate, refusal: Refusal) -> None:
        session, now = self.session, self.now
        note = f"{refusal.code} {refusal.verdict.value}".strip()
        match fallen:
            case Fate.HELD:
                bounces.hold(session, person, now, now + PROBE_AFTER)
                subscribers.cancel_owed(session, person, now, (*ALERTS, *BRIEFINGS), fallen.value)
            case Fate.DEAD:
                bounces.hold(session, person, now, None)
                suppressions.add(session, self.marks.of(person.address), fallen.value, now)
                subscribers.cancel_owed(session, person, now, tuple(DeliveryKind), fallen.value)
            case Fate.LEAVES:
                if person.state is not SubscriberState.LEFT:
                    subscribers.leave(session, person, now)
        deed = Deed.LEFT if fallen is Fate.LEAVES else Deed.BOUNCED
        records.write(session, person.id, deed, records.PROGRAM, now, note=note)
        log.warning("could not be reached", subscriber=person.id, fate=fallen.value, code=refusal.code)

    def _tell_of_person(self, refusal: Refusal, fallen: Fate, *, lost: bool) -> None:
        """Whoever waits for the news of a duty officer must know that none reaches them."""
        session, now = self.session, self.now
        person = session.get(Subscriber, refusal.delivery.subscriber_id)
        if person is None or refusal.delivery.recipient != person.address:
            return
        if person.address not in self.routes.named and person.address != self.contact:
            return
        first = bounces.bounced_since(session, person.id, now - _DAY) <= 1
        if fallen is Fate.STAYS and not (lost and first):
            return
        log.error("nobody can be reached who is to hear alerts", subscriber=person.id, code=refusal.code)
        if person.address != self.contact:
            told = _of_person(person, self.routes, fallen, refusal)
            self._alarm(f"bounced {person.id}", *told)

    def _alarm(self, about: str, title: str, lines: list[str], command: str) -> None:
        if self.contact:
            contents = {"about": about, "title": title, "lines": lines, "command": command}
            account_mails.write(self.session, AccountKind.ALARM, None, contents, self.contact, self.now)

    def _probe(self, person: Subscriber) -> None:
        session, now = self.session, self.now
        probe = bounces.probe_of(session, person)
        if probe is not None and probe.status in (DeliveryStatus.QUEUED, DeliveryStatus.SENDING):
            person.probe_at = now + _HOUR
        elif probe is not None and probe.status is DeliveryStatus.SENT and probe.settled_at is not None:
            person.probe_at = probe.settled_at + PROBE_SPAN
            if person.probe_at <= now:
                person.state, person.bounced_at, person.probe_at = SubscriberState.CONFIRMED, None, None
                records.write(session, person.id, Deed.REACHED, records.PROGRAM, now)
        elif probe is not None and bounces.verdicts_of(session, probe) - {Verdict.OURS}:
            # Refused for days, until it was given up.
            refusal = Refusal(probe, Verdict.SOFT, "", "", bounces.SMTP)
            self._befall(person, Fate.DEAD, refusal)
            self._tell_of_person(refusal, Fate.DEAD, lost=True)
        else:
            contents = {"serial": person.serial, "until": int((now + PROBE_SPAN).timestamp())}
            account_mails.write(session, AccountKind.PROBE, person, contents, person.address, now)
            records.write(session, person.id, Deed.PROBED, records.PROGRAM, now)
            person.probe_at = now + PROBE_SPAN
        session.add(person)


def _of_storm(place: str, kind: Storm, until: datetime, refusal: Refusal) -> tuple[str, list[str], str]:
    whose = "every domain" if place == EVERY_DOMAIN else place
    return (
        f"Mail to {whose} is paused: {kind.value}",
        [
            f"The last answer was: {refusal.reason or refusal.code}",
            f"It is tried again from {until:%d %b %H:%M} UTC on. What was refused is owed still.",
            "Alerts are not paused.",
        ],
        "feed-monitor doctor",
    )


def _of_person(person: Subscriber, routes: Routes, fallen: Fate, refusal: Refusal) -> tuple[str, list[str], str]:
    """It does not spell out the address: an alarm stays when they ask to be erased."""
    hears = "gets no mail any more" if fallen is not Fate.STAYS else "did not get a mail"
    lines = [f"{refusal.verdict.value.capitalize()}: {refusal.reason or refusal.code}"]
    if fallen is not Fate.STAYS:
        lines.append(f"{fallen.value.capitalize()}.")
    for rule in routes.rules.rules:
        names = {name for step in (rule.alert_to or (), *rule.then) for name in step}
        if person.address in names:
            others = len(names) - 1
            besides = f"{others} more of its list" if others else "nobody else"
            lines.append(f"Rule {rule.name}: told in their place is nobody; {besides} can hear of it.")
    return f"{masked(person.address)} (subscriber {person.id}) {hears}", lines, "feed-monitor subscribers list"
