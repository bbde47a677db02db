"""What people do about being a subscriber, by forms and by the links that they were mailed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.core.joining import (
    CONFIRM_SPAN,
    DAY,
    HOUR,
    Admission,
    Choices,
    JoinPolicy,
    Outcome,
    Standing,
    admission,
    domain_of,
    may_join,
)
from monitor.core.marks import Marks
from monitor.core.tickets import Leaving, Purpose, Tickets
from monitor.jobs.membership import Membership
from monitor.jobs.operating import Operator
from monitor.jobs.person import Person, person_of, still_subscribed
from monitor.models import Application, Errand, Subscriber, SubscriberState
from monitor.store import applications, records, subscribers
from monitor.store.db import Database
from monitor.store.subscribers import Days, Hours

__all__ = ["Operator", "Person", "Reception"]
_AGREED = (SubscriberState.CONFIRMED, SubscriberState.PAUSED, SubscriberState.APPLIED)
# For an act that a FRESH ticket allows.
_Act = Callable[[Membership, Subscriber], Outcome]


@dataclass(frozen=True, slots=True)
class _Opened:
    """Whose ticket it is, and what stands in it behind that."""

    row: Subscriber
    standing: Standing
    leaving: Leaving = Leaving.EVERYTHING
    moving_to: str = ""


@dataclass(frozen=True)
class Reception:
    """`woken` is called after a form came or a mail was owed. `network` is always what `core.marks.network_of` makes of
    the sender's address. Every act is one transaction, and may be repeated without harm."""

    db: Database
    tickets: Tickets
    marks: Marks
    policy: JoinPolicy
    now: Callable[[], datetime]
    woken: Callable[[], None]

    @property
    def operator(self) -> Operator:
        """The same acts by the operator, by address."""
        return Operator(self.db, self.tickets, self.marks, self.policy, self.now, self.woken)

    async def ask_to_join(
        self, address: str, choices: Choices, network: str, wording: str, invited: bool = False, *, words: str = ""
    ) -> Admission:
        """`wording` names the text that was agreed to; `words` are that text, kept as long as anybody agreed to it."""
        if not may_join(self.policy, invited):
            return Admission.CLOSED
        if words:
            await self.db.write(records.keep_wording, wording, words, self.now())
        return await self._apply(Errand.JOIN, address, choices.written() | {"wording": wording}, network)

    async def ask_for_link(self, address: str, network: str) -> Admission:
        """Mail a fresh link to whoever is subscribed with this address."""
        return await self._apply(Errand.LINK, address, {}, network)

    async def ask_for_link_of(self, ticket: str, network: str) -> Admission | None:
        """The same for the reader of a PREFERENCES ticket; None: no ticket of ours."""
        person = await self.who(Purpose.PREFERENCES, ticket)
        return None if person is None else await self.ask_for_link(person.address, network)

    def is_invited(self, ticket: str) -> bool:
        """Whether an INVITE ticket is ours and not over."""
        said = self.tickets.read(Purpose.INVITE, ticket)
        return said is not None and len(said) == 1 and self.now().timestamp() < said[0]

    async def who(self, purpose: Purpose, ticket: str) -> Person | None:
        """Whose ticket this is: CONFIRM, LEAVE, PREFERENCES, FRESH or ADDRESS. None: nobody's. Changes nothing."""
        found = await self.db.read(self._open, purpose, ticket)
        if found is None:
            return None
        leaving = found.leaving if purpose is Purpose.LEAVE else None
        return self._seen(found.row, found.standing, leaving, found.moving_to)

    async def confirm(self, ticket: str, network: str) -> tuple[Outcome, Person | None]:
        """By a CONFIRM ticket: CONFIRMED, APPLIED (waits for the operator), ALREADY, EXPIRED or UNKNOWN."""

        def act(session: Session) -> tuple[Outcome, Person | None]:
            found = self._open(session, Purpose.CONFIRM, ticket, lock=True)
            if found is None:
                return Outcome.UNKNOWN, None
            if found.standing is Standing.EXPIRED:
                return Outcome.EXPIRED, self._seen(found.row, found.standing)
            return self._acts(session, network).confirm(found.row), self._seen(found.row)

        return self._waking(await self.db.write(act))

    async def refuse(self, ticket: str, network: str) -> Outcome:
        """ "I never asked for this", by a CONFIRM ticket, however late: REFUSED, ALREADY (a subscriber by now), EXPIRED
        (it was revoked) or UNKNOWN."""

        def act(session: Session) -> Outcome:
            found = self._open(session, Purpose.CONFIRM, ticket, lock=True)
            if found is None:
                return Outcome.UNKNOWN
            if found.row.state is not SubscriberState.PENDING and found.standing is Standing.EXPIRED:
                return Outcome.EXPIRED
            return self._acts(session, network).refuse(found.row)

        outcome = await self.db.write(act)
        if outcome is Outcome.REFUSED:
            await self.db.checkpoint()
        return outcome

    async def leave(
        self, ticket: str, network: str, leaving: Leaving | None = None
    ) -> tuple[Outcome, tuple[Leaving, ...]]:
        """By a LEAVE ticket: LEFT, ALREADY or UNKNOWN, and what is still subscribed to. `leaving`: something else than
        the ticket says. Whoever has never confirmed is never written to again."""

        def act(session: Session) -> tuple[Outcome, tuple[Leaving, ...]]:
            found = self._open(session, Purpose.LEAVE, ticket, lock=True)
            if found is None:
                return Outcome.UNKNOWN, ()
            what = found.leaving if leaving is None else leaving
            outcome = self._acts(session, network).leave(found.row, what)
            return outcome, still_subscribed(found.row, self.policy.named)

        return await self.db.write(act)

    async def save(
        self, ticket: str, choices: Choices, quiet: Hours, critical_passes: bool, away: Days, network: str = ""
    ) -> Outcome:
        """By a FRESH ticket, as all acts below: EXPIRED or UNKNOWN if it is that. DONE, or LEFT: nothing is chosen any
        more, or they had left before, and nothing is changed."""
        return await self._fresh(
            ticket, network, lambda acts, row: acts.save(row, choices, quiet, critical_passes, away)
        )

    async def pause(self, ticket: str, until: datetime | None, network: str = "") -> Outcome:
        """DONE, or LEFT: there is nothing to pause."""
        return await self._fresh(ticket, network, lambda acts, row: acts.pause(row, until))

    async def resume(self, ticket: str, network: str = "") -> Outcome:
        """DONE or ALREADY."""
        return await self._fresh(ticket, network, lambda acts, row: acts.resume(row))

    async def move(self, ticket: str, new_address: str, network: str = "") -> Outcome:
        """DONE, whatever is known of the new address, where a mail with an ADDRESS ticket goes; or LEFT."""
        return await self._fresh(ticket, network, lambda acts, row: acts.ask_to_move(row, new_address))

    async def leave_all(self, ticket: str, network: str = "") -> Outcome:
        """LEFT or ALREADY."""
        return await self._fresh(ticket, network, lambda acts, row: acts.leave(row, Leaving.EVERYTHING))

    async def export(self, ticket: str, network: str = "") -> dict[str, Any] | None:
        """Everything that is kept about the person, ready for JSON; None: no good ticket."""
        kept: list[dict[str, Any]] = []

        def act(acts: Membership, row: Subscriber) -> Outcome:
            kept.append(acts.export(row))
            return Outcome.DONE

        await self._fresh(ticket, network, act)
        return kept[-1] if kept else None

    async def erase(self, ticket: str, network: str = "") -> bool:
        """False: no good ticket."""

        def act(acts: Membership, row: Subscriber) -> Outcome:
            acts.erase(row)
            return Outcome.DONE

        done = await self._fresh(ticket, network, act) is Outcome.DONE
        if done:
            await self.db.checkpoint()
        return done

    async def confirm_move(self, ticket: str, network: str = "") -> tuple[Outcome, Person | None]:
        """By an ADDRESS ticket: MOVED, ALREADY, TAKEN, EXPIRED or UNKNOWN."""

        def act(session: Session) -> tuple[Outcome, Person | None]:
            found = self._open(session, Purpose.ADDRESS, ticket, lock=True)
            if found is None:
                return Outcome.UNKNOWN, None
            if found.standing is Standing.EXPIRED:
                return Outcome.EXPIRED, self._seen(found.row, found.standing)
            outcome = self._acts(session, network).move(found.row, found.moving_to)
            return outcome, self._seen(found.row, moving_to=found.moving_to)

        return self._waking(await self.db.write(act))

    async def _apply(self, errand: Errand, address: str, choices: dict[str, Any], network: str) -> Admission:
        admitted = await self.db.write(self.taken, errand, address, choices, network)
        if admitted is Admission.TAKEN:
            self.woken()
        return admitted

    def taken(self, session: Session, errand: Errand, address: str, choices: dict[str, Any], network: str) -> Admission:
        """The same work for every address: a count of what its network has sent, and one row."""
        now = self.now()
        in_hour, in_day = (applications.sent_by(session, network, now - span) for span in (HOUR, DAY))
        admitted = admission(self.policy, in_hour, in_day)
        if admitted is Admission.TAKEN:
            form = Application(at=now, errand=errand, mark=self.marks.for_limits(address), network=network)
            form.domain, form.address, form.choices = domain_of(address), address, choices
            applications.add(session, form)
        return admitted

    async def _fresh(self, ticket: str, network: str, act: _Act) -> Outcome:
        def opened(session: Session) -> Outcome:
            found = self._open(session, Purpose.FRESH, ticket, lock=True)
            if found is None:
                return Outcome.UNKNOWN
            if found.standing is not Standing.OPEN:
                return Outcome.EXPIRED
            return act(self._acts(session, network), found.row)

        outcome = await self.db.write(opened)
        if outcome is Outcome.DONE:
            self.woken()
        return outcome

    def _waking(self, done: tuple[Outcome, Person | None]) -> tuple[Outcome, Person | None]:
        if done[0] in (Outcome.CONFIRMED, Outcome.APPLIED, Outcome.MOVED):
            self.woken()
        return done

    def _acts(self, session: Session, network: str) -> Membership:
        return Membership(session, self.marks, self.policy, self.now(), records.SUBSCRIBER, network)

    def _seen(
        self,
        row: Subscriber,
        standing: Standing = Standing.OPEN,
        leaving: Leaving | None = None,
        moving_to: str = "",
    ) -> Person:
        return person_of(row, self.policy.named, standing, leaving, moving_to)

    def _open(self, session: Session, purpose: Purpose, ticket: str, *, lock: bool = False) -> _Opened | None:
        match self.tickets.read_all(purpose, ticket):
            case (int() as number, *rest):
                row = subscribers.locked(session, number) if lock else session.get(Subscriber, number)
                return None if row is None or row.state is SubscriberState.ERASED else self._as(row, purpose, rest)
        return None

    def _as(self, row: Subscriber, purpose: Purpose, rest: list[int | str]) -> _Opened | None:
        match purpose, rest:
            case (Purpose.LEAVE, [int() as made, int() as leaving]) if made == _seconds(row.created_at):
                return _Opened(row, Standing.OPEN, leaving=Leaving(leaving))
            case (Purpose.PREFERENCES, [int() as made]) if made == _seconds(row.created_at):
                return _Opened(row, Standing.OPEN)
            case (Purpose.CONFIRM, [int(), int() as until]) if until < _seconds(row.created_at + CONFIRM_SPAN):
                # Mailed before this row was made, to somebody who never confirmed and whose number it has now.
                return None
            case (Purpose.CONFIRM | Purpose.FRESH, [int() as serial, int() as until]):
                return _Opened(row, self._standing(row, purpose, serial, until))
            case (Purpose.ADDRESS, [int() as serial, int() as until, str() as address]):
                used = row.address == address
                standing = Standing.USED if used else self._standing(row, purpose, serial, until)
                return _Opened(row, standing, moving_to=address)
        return None

    def _standing(self, row: Subscriber, purpose: Purpose, serial: int, until: int) -> Standing:
        if serial != row.serial:
            return Standing.EXPIRED
        if purpose is Purpose.CONFIRM and row.state in _AGREED:
            return Standing.USED
        return Standing.EXPIRED if self.now().timestamp() >= until else Standing.OPEN


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
