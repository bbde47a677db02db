"""What is done about one subscriber, in the transaction of whoever does it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.core.joining import (
    CONFIRM_SPAN,
    FRESH_SPAN,
    Choices,
    JoinPolicy,
    Mailing,
    Outcome,
    allowed_domain,
    domain_of,
    may_mail,
)
from monitor.core.marks import Marks
from monitor.core.tickets import Leaving
from monitor.jobs.person import absence, choose, drop, kept_of, still_subscribed
from monitor.models import AccountKind, Application, DeliveryKind, Errand, Subscriber, SubscriberState
from monitor.store import account_mails, applications, erasing, records, subscribers, suppressions
from monitor.store.subscribers import ALERTS, BRIEFINGS, NEVER, Days, Hours
from monitor.words import Deed

NEVER_ASKED = "never asked for it"
NO_ALERTS = "hears no alerts any more, by their own wish"
# Whoever may not be somebody else's.
_HOLDING = (SubscriberState.CONFIRMED, SubscriberState.PAUSED, SubscriberState.APPLIED, SubscriberState.BOUNCED)
_MAILS: dict[Leaving, tuple[DeliveryKind, ...]] = {Leaving.BRIEFINGS: BRIEFINGS, Leaving.ALERTS: ALERTS}


@dataclass(frozen=True)
class Membership:
    """`by` is "subscriber", "operator" or "program"; `network` is where the wish came from."""

    session: Session
    marks: Marks
    policy: JoinPolicy
    now: datetime
    by: str
    network: str = ""

    def ask_to_confirm(self, person: Subscriber, wording: str = "") -> None:
        """`wording` names the text that was agreed to; empty: the one before."""
        wording = wording or self._agreed(person)
        if person.state is not SubscriberState.BOUNCED:
            person.state = SubscriberState.PENDING
        self.session.add(person)
        self._record(person, Deed.ASKED, wording=wording)
        self._mail(AccountKind.CONFIRM, person, span=CONFIRM_SPAN)

    def mail_link(self, person: Subscriber, *, already: bool) -> None:
        """`already`: they wanted to join, and have."""
        self._mail(AccountKind.LINK, person, span=FRESH_SPAN, already=already)

    def confirm(self, person: Subscriber) -> Outcome:
        """Somebody at the address has said yes."""
        if person.state in (SubscriberState.CONFIRMED, SubscriberState.PAUSED, SubscriberState.APPLIED):
            return Outcome.ALREADY
        if person.state is SubscriberState.BOUNCED:
            self._reached(person)
            return Outcome.CONFIRMED
        wording = self._agreed(person)
        person.consent = f"confirmed by mail; wording {wording}"
        self._record(person, Deed.CONFIRMED, wording=wording)
        if self.policy.approve:
            person.state = SubscriberState.APPLIED
            self._mail(AccountKind.APPLIED, person)
            return Outcome.APPLIED
        self._begin(person)
        return Outcome.CONFIRMED

    def approve(self, person: Subscriber) -> Outcome:
        if person.state is not SubscriberState.APPLIED:
            return Outcome.ALREADY if person.state is SubscriberState.CONFIRMED else Outcome.UNKNOWN
        self._record(person, Deed.APPROVED)
        self._begin(person)
        return Outcome.CONFIRMED

    def decline(self, person: Subscriber) -> Outcome:
        if person.state is not SubscriberState.APPLIED:
            return Outcome.UNKNOWN
        subscribers.leave(self.session, person, self.now)
        self._record(person, Deed.DECLINED)
        return Outcome.LEFT

    def refuse(self, person: Subscriber) -> Outcome:
        """They have never asked to join: nothing is kept of them but that they are never written to."""
        if person.state is not SubscriberState.PENDING:
            return Outcome.ALREADY
        suppressions.add(self.session, self.marks.of(person.address), NEVER_ASKED, self.now)
        if person.confirmed_at is not None:
            subscribers.leave(self.session, person, self.now)
            self._record(person, Deed.REFUSED)
            return Outcome.REFUSED
        # The row stays, emptied: another who got its number could be reached by the links in this one's mail.
        erasing.erase(self.session, person, self.marks, self.now)
        records.write(self.session, person.id, Deed.REFUSED, self.by, self.now)
        return Outcome.REFUSED

    def leave(self, person: Subscriber, leaving: Leaving) -> Outcome:
        if person.state is SubscriberState.LEFT:
            return Outcome.ALREADY
        if person.state is SubscriberState.PENDING and self.by == records.SUBSCRIBER:
            return self._give_up_joining(person)
        if leaving is Leaving.EVERYTHING:
            return self._leave_all(person)
        if not drop(person, leaving):
            return Outcome.ALREADY
        if not self._still(person):
            return self._leave_all(person)
        self.session.add(person)
        subscribers.cancel_owed(self.session, person, self.now, _MAILS[leaving])
        self._record(person, Deed.LEFT, note=leaving.name.lower())
        if leaving is Leaving.ALERTS:
            self._tell_of_absence(person, NO_ALERTS)
        return Outcome.LEFT

    def save(self, person: Subscriber, choices: Choices, quiet: Hours, critical_passes: bool, away: Days) -> Outcome:
        if person.state in (SubscriberState.LEFT, SubscriberState.PENDING):
            return Outcome.LEFT
        before, asked = self._still(person), person.alert_from is not None
        choose(person, choices)
        if choices.alert_from is not None:
            person.refuses_alerts = False
        elif Leaving.ALERTS in before and asked:
            # Whoever is told only because a rule names them leaves that by the link in it, or by leaving all.
            person.refuses_alerts = True
        person.quiet_from, person.quiet_until = quiet
        person.away_from, person.away_until = away
        person.critical_passes = critical_passes
        self.session.add(person)
        self._record(person, Deed.CHANGED)
        still = self._still(person)
        if not still:
            return self._leave_all(person)
        for part in set(before) - set(still):
            subscribers.cancel_owed(self.session, person, self.now, _MAILS[part])
            if part is Leaving.ALERTS:
                self._tell_of_absence(person, NO_ALERTS)
        return Outcome.DONE

    def pause(self, person: Subscriber, until: datetime | None) -> Outcome:
        if person.state not in (SubscriberState.CONFIRMED, SubscriberState.PAUSED):
            return Outcome.LEFT
        person.state, person.paused_until = SubscriberState.PAUSED, until
        self.session.add(person)
        subscribers.cancel_owed(self.session, person, self.now, (*ALERTS, *BRIEFINGS), why="the subscriber pauses")
        span = f"until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        self._record(person, Deed.PAUSED, note=span)
        self._tell_of_absence(person, f"pauses {span or 'until they resume'}")
        return Outcome.DONE

    def resume(self, person: Subscriber) -> Outcome:
        if person.state is not SubscriberState.PAUSED:
            return Outcome.ALREADY
        person.state, person.paused_until = SubscriberState.CONFIRMED, None
        self.session.add(person)
        self._record(person, Deed.RESUMED)
        return Outcome.DONE

    def ask_to_move(self, person: Subscriber, address: str) -> Outcome:
        """Whether a mail goes depends on what was mailed before; the answer does not."""
        if person.state not in _HOLDING:
            return Outcome.LEFT
        if address == person.address or not self.may_write_to(address):
            return Outcome.DONE
        if self.mailing(address, confirmed=False) is not Mailing.GO:
            return Outcome.DONE
        form = Application(at=self.now, errand=Errand.LINK, mark=self.marks.for_limits(address), network=self.network)
        form.domain, form.taken_at, form.mailed = domain_of(address), self.now, True
        applications.add(self.session, form)
        self._mail(AccountKind.ADDRESS, person, recipient=address, span=CONFIRM_SPAN, address=address)
        return Outcome.DONE

    def move(self, person: Subscriber, address: str) -> Outcome:
        if person.address == address:
            return Outcome.ALREADY
        if person.state not in _HOLDING:
            return Outcome.EXPIRED
        if not self.may_write_to(address):
            return Outcome.EXPIRED
        other = subscribers.by_address(self.session, address)
        if other is not None and other.state in _HOLDING:
            return Outcome.TAKEN
        if other is not None:
            # Whoever reads mail at this address has just said whose it is.
            erasing.erase(self.session, other, self.marks, self.now)
        old = person.address
        # Rules name addresses, and none of them moves along.
        told = absence(person, f"has moved to {address}", self.policy.named)
        subscribers.readdress(self.session, person, address, self.now)
        self._mail(AccountKind.MOVED, person, recipient=old)
        erasing.rename(self.session, old, address)
        self._alarm(told)
        person.serial += 1
        if person.state is SubscriberState.BOUNCED:
            self._reached(person)
        self._record(person, Deed.MOVED)
        return Outcome.MOVED

    def erase(self, person: Subscriber) -> None:
        told = absence(person, "has had everything about them erased", self.policy.named)
        erasing.erase(self.session, person, self.marks, self.now)
        records.write(self.session, person.id, Deed.ERASED, self.by, self.now)
        self._alarm(told)

    def export(self, person: Subscriber) -> dict[str, Any]:
        self._record(person, Deed.EXPORTED)
        return kept_of(self.session, person, self.marks)

    def revoke_links(self, person: Subscriber) -> None:
        person.serial += 1
        self.session.add(person)
        self._record(person, Deed.REVOKED)

    def may_write_to(self, address: str) -> bool:
        return allowed_domain(address, self.policy) and not suppressions.reason(self.session, self.marks.of(address))

    def mailing(self, address: str, *, confirmed: bool) -> Mailing:
        """Whether a mail may go to an address that somebody typed into a form."""
        mark, domain = self.marks.for_limits(address), domain_of(address)
        mailed = applications.mailed(self.session, mark, domain, self.now, confirmed=confirmed)
        return may_mail(self.policy, mailed, self.now)

    def begin_anew(self, person: Subscriber, choices: Choices) -> None:
        """The choices of somebody who joins, or joins again."""
        if person.state is SubscriberState.LEFT:
            person.quiet_from, person.quiet_until = NEVER
            person.away_from, person.away_until = NEVER
            person.critical_passes = True
        if person.state is SubscriberState.PENDING and person.id is not None:
            # Whoever sent this form may be another: a link confirms what its own mail lists, and nothing else.
            person.serial += 1
            subscribers.cancel_owed(self.session, person, self.now, (DeliveryKind.ACCOUNT,), why="they asked again")
        person.topics = []
        choose(person, choices)
        person.refuses_alerts = person.refuses_alerts and choices.alert_from is None
        self.session.add(person)
        self.session.flush()

    def _agreed(self, person: Subscriber) -> str:
        asked = records.last(self.session, person.id, Deed.ASKED)
        return asked.wording if asked else ""

    def _begin(self, person: Subscriber) -> None:
        person.state, person.confirmed_at, person.left_at = SubscriberState.CONFIRMED, self.now, None
        self.session.add(person)
        self._mail(AccountKind.WELCOME, person)

    def _reached(self, person: Subscriber) -> None:
        person.state, person.bounced_at, person.probe_at = SubscriberState.CONFIRMED, None, None
        self.session.add(person)
        self._record(person, Deed.REACHED)

    def _still(self, person: Subscriber) -> tuple[Leaving, ...]:
        return still_subscribed(person, self.policy.named)

    def _give_up_joining(self, person: Subscriber) -> Outcome:
        """By a link in any mail, also one from when they were subscribed: that is no word of never having asked."""
        if person.confirmed_at is None and records.last(self.session, person.id, Deed.CONFIRMED) is None:
            self.refuse(person)
        else:
            subscribers.leave(self.session, person, self.now)
            self._record(person, Deed.LEFT)
        return Outcome.LEFT

    def _leave_all(self, person: Subscriber) -> Outcome:
        subscribers.leave(self.session, person, self.now)
        self._record(person, Deed.LEFT)
        self._tell_of_absence(person, "has left")
        return Outcome.LEFT

    def _tell_of_absence(self, person: Subscriber, what: str) -> None:
        """To the operator, if a rule counts on this person, and they themselves did it."""
        self._alarm(absence(person, what, self.policy.named))

    def _alarm(self, contents: dict[str, Any] | None) -> None:
        if contents is not None and self.by == records.SUBSCRIBER and self.policy.contact:
            account_mails.write(self.session, AccountKind.ALARM, None, contents, self.policy.contact, self.now)

    def _record(self, person: Subscriber, deed: Deed, *, wording: str = "", note: str = "") -> None:
        records.write(
            self.session, person.id, deed, self.by, self.now, network=self.network, wording=wording, note=note
        )

    def _mail(
        self, kind: AccountKind, person: Subscriber, *, recipient: str = "", span: Any = None, **contents: Any
    ) -> None:
        """With a `span`: one that carries a ticket, good for so long."""
        if span is not None:
            contents |= {"serial": person.serial, "until": int((self.now + span).timestamp())}
        account_mails.write(self.session, kind, person, contents, recipient or person.address, self.now)
