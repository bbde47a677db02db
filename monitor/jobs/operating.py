"""What the operator does about subscribers, by address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from monitor.core.joining import JoinPolicy, Outcome
from monitor.core.marks import Marks
from monitor.core.tickets import Leaving, Purpose, Tickets
from monitor.jobs.membership import Membership
from monitor.models import Subscriber, SubscriberState
from monitor.store import records, subscribers, suppressions
from monitor.store.db import Database

T = TypeVar("T")
BLOCKED = "blocked by the operator"


@dataclass(frozen=True)
class Operator:
    """UNKNOWN: no subscriber has this address. `woken` is called after a mail was owed."""

    db: Database
    tickets: Tickets
    marks: Marks
    policy: JoinPolicy
    now: Callable[[], datetime]
    woken: Callable[[], None]

    async def pause(self, address: str, until: datetime | None) -> Outcome:
        """DONE, LEFT (nothing to pause) or UNKNOWN."""
        return await self._about(address, lambda acts, row: acts.pause(row, until)) or Outcome.UNKNOWN

    async def resume(self, address: str) -> Outcome:
        """DONE, ALREADY or UNKNOWN."""
        return await self._about(address, lambda acts, row: acts.resume(row)) or Outcome.UNKNOWN

    async def remove(self, address: str) -> Outcome:
        """LEFT, ALREADY or UNKNOWN."""
        done = await self._about(address, lambda acts, row: acts.leave(row, Leaving.EVERYTHING))
        return done or Outcome.UNKNOWN

    async def erase(self, address: str) -> Outcome:
        """DONE or UNKNOWN."""

        def act(acts: Membership, row: Subscriber) -> Outcome:
            acts.erase(row)
            return Outcome.DONE

        done = await self._about(address, act)
        if done is not None:
            await self.db.checkpoint()
        return done or Outcome.UNKNOWN

    async def export(self, address: str) -> dict[str, Any] | None:
        """Everything that is kept about a subscriber, ready for JSON; None: nobody of that address."""
        return await self._about(address, lambda acts, row: acts.export(row))

    async def approve(self, address: str) -> Outcome:
        """CONFIRMED (and welcomed by mail), ALREADY or UNKNOWN (nobody of that address waits)."""
        done = await self._about(address, lambda acts, row: acts.approve(row))
        if done is Outcome.CONFIRMED:
            self.woken()
        return done or Outcome.UNKNOWN

    async def decline(self, address: str) -> Outcome:
        """LEFT or UNKNOWN (nobody of that address waits)."""
        return await self._about(address, lambda acts, row: acts.decline(row)) or Outcome.UNKNOWN

    async def revoke_links(self, address: str) -> Outcome:
        """DONE or UNKNOWN. Those in ordinary mails, which do no more than leave or ask for a fresh one, go on."""

        def act(acts: Membership, row: Subscriber) -> Outcome:
            acts.revoke_links(row)
            return Outcome.DONE

        return await self._about(address, act) or Outcome.UNKNOWN

    async def block(self, address: str) -> Outcome:
        """Never write to this address again, subscriber or not: DONE or ALREADY."""

        def act(session: Session) -> Outcome:
            row = subscribers.by_address(session, address)
            if row is not None and row.state is not SubscriberState.LEFT:
                self._acts(session).leave(row, Leaving.EVERYTHING)
            fresh = suppressions.add(session, self.marks.of(address), BLOCKED, self.now())
            return Outcome.DONE if fresh else Outcome.ALREADY

        return await self.db.write(act)

    async def unblock(self, address: str) -> Outcome:
        """DONE or UNKNOWN (it was not blocked). Whoever left stays so."""
        lifted = await self.db.write(suppressions.lift, self.marks.of(address))
        return Outcome.DONE if lifted else Outcome.UNKNOWN

    async def why_blocked(self, address: str) -> str:
        """Why the address is never written to; empty if it may be."""
        return await self.db.read(suppressions.reason, self.marks.of(address))

    def invite(self, until: datetime) -> str:
        """A link by which people may join until then; empty where there are no pages."""
        return self.tickets.link(Purpose.INVITE, int(until.timestamp()))

    async def _about(self, address: str, act: Callable[[Membership, Subscriber], T]) -> T | None:
        def found(session: Session) -> T | None:
            row = subscribers.by_address(session, address)
            return None if row is None else act(self._acts(session), row)

        return await self.db.write(found)

    def _acts(self, session: Session) -> Membership:
        return Membership(session, self.marks, self.policy, self.now(), records.OPERATOR)
