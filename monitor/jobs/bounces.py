"""Mails that are refused or come back: read them, and see to it that they have their effect once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from monitor.core.joining import Outcome
from monitor.core.marks import Marks
from monitor.core.refusals import without_addresses
from monitor.core.returned import Kind, Returned, read
from monitor.core.tickets import Leaving, Purpose, Tickets
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.jobs.falling import Falling, Refusal, Ruling
from monitor.jobs.listeners import Routes
from monitor.models import Delivery, DeliveryKind, Subscriber
from monitor.net.mailbox import Letter, Mailbox, Unopened
from monitor.store import bounces, job_runs
from monitor.store.db import Database
from monitor.words import Verdict

log = structlog.get_logger("bounces")
_BATCH = 50
# What `status` calls it.
_MAILBOX = "mailbox for bounces"
_DAY = timedelta(days=1)
# So often a letter may break its reading.
_PATIENCE = 3
_OUTAGES = (OperationalError, InterfaceError, PoolTimeoutError)
_LEFT_BY = {
    DeliveryKind.BRIEFING: Leaving.BRIEFINGS,
    DeliveryKind.ALERT: Leaving.ALERTS,
    DeliveryKind.ROLLUP: Leaving.ALERTS,
}
# Takes a ticket and the network that it came from, which mail does not tell.
Leave = Callable[[str, str], Awaitable[tuple[Outcome, object]]]


class Effect(StrEnum):
    """What was done about a mail that came back; the value is what the log says."""

    KEPT = "written down"
    KNOWN = "was known"
    LEFT = "they left"
    NONE = "nothing to do"
    STRANGE = "no mail of ours"


@dataclass
class _Mailbox:
    """`crashes` counts how often reading a letter has broken, once a run; `crashed_now` are those of this one."""

    trouble: str = ""
    purged_at: datetime | None = None
    crashes: Counter[str] = field(default_factory=Counter)
    crashed_now: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Bounces:
    """`address` is what mails that come back are sent to, without a token; `keep` is how long they stay in the mailbox
    after they were read. `woken` is called after mails were owed."""

    db: Database
    marks: Marks
    tickets: Tickets
    routes: Routes
    contact: str
    address: str
    mailbox: Mailbox | None
    keep: timedelta
    leave: Leave
    now: Callable[[], datetime]
    woken: Callable[[], None]
    crashed: Crashed
    progressed: Progressed
    _mailbox: _Mailbox = field(default_factory=_Mailbox, init=False)

    async def run(self) -> int:
        """Read what came back, send probes and end them; how many mails were read."""
        read_now = await self._empty(self.mailbox) if self.mailbox is not None else 0
        if await self.db.write(self._probe):
            self.woken()
        self.progressed("bounces")
        return read_now

    async def returned(self, raw: bytes, source: str, to: Sequence[str] = ()) -> Effect:
        """`to`: whom the server says it is for, beside what its headers say. Nothing is ever answered."""
        said = await asyncio.to_thread(read, raw, self.address, to)
        effect = Effect.NONE
        if said.kind is Kind.LEAVE:
            ticket = await self.db.read(self._ticket_of, said.token)
            outcome, _ = await self.leave(ticket, "")
            effect = Effect.LEFT if outcome is Outcome.LEFT else Effect.NONE
        elif said.kind in (Kind.BOUNCE, Kind.COMPLAINT):
            effect = await self.db.write(self._returned, said, source)
        log.info("came back", kind=said.kind.value, effect=effect.value, code=said.code, source=source)
        if effect is Effect.KEPT:
            self.woken()
        return effect

    def refused(
        self,
        session: Session,
        delivery: Delivery,
        verdict: Verdict,
        code: str,
        reason: str,
        now: datetime,
        *,
        of_sender: bool = False,
    ) -> Ruling:
        """In the transaction that settles a person's delivery, before it is settled."""
        # A passing refusal of our sender says nothing of anybody.
        if delivery.subscriber_id is None or (of_sender and verdict is not Verdict.OURS):
            return Ruling(owed=verdict in (Verdict.SOFT, Verdict.OURS))
        refusal = Refusal(delivery, verdict, code, without_addresses(reason), bounces.SMTP, of_sender)
        bounces.keep(session, delivery, verdict, code, refusal.reason, refusal.source, now)
        return self._falling(session, now).ruling(refusal)

    def _ticket_of(self, session: Session, token: str) -> str:
        """To leave by, for the reader of the mail that left with this token, what that mail was of."""
        delivery = bounces.by_token(session, token)
        person = session.get(Subscriber, delivery.subscriber_id) if delivery and delivery.subscriber_id else None
        if delivery is None or person is None:
            return ""
        leaving = _LEFT_BY.get(delivery.kind, Leaving.EVERYTHING)
        return self.tickets.of(Purpose.LEAVE, person.id, int(person.created_at.timestamp()), leaving)

    def _returned(self, session: Session, said: Returned, source: str) -> Effect:
        now, verdict = self.now(), said.verdict
        delivery = bounces.by_token(session, said.token)
        if delivery is None and said.number is not None and said.kind is Kind.BOUNCE:
            delivery = bounces.by_number(session, said.number)
            if delivery is not None and delivery.recipient.lower() not in said.recipients:
                delivery = None
            # Numbers can be guessed, and addresses known: that must not be enough to silence somebody at once.
            verdict = Verdict.UNKNOWN
        if delivery is None or verdict is None:
            return Effect.STRANGE
        if not bounces.keep(session, delivery, verdict, said.code, said.reason, source, now):
            return Effect.KNOWN
        if verdict is not Verdict.COMPLAINT:
            bounces.came_back(session, delivery, said.reason)
        if delivery.subscriber_id is None:
            log.error("a mail to the operator came back", delivery=delivery.key, code=said.code, reason=said.reason)
            return Effect.KEPT
        refusal = Refusal(delivery, verdict, said.code, said.reason, source)
        self._falling(session, now).came_back(refusal)
        return Effect.KEPT

    def _probe(self, session: Session) -> int:
        return self._falling(session, self.now()).probe()

    def _falling(self, session: Session, now: datetime) -> Falling:
        return Falling(session, self.marks, self.routes, self.contact, now)

    async def _empty(self, mailbox: Mailbox) -> int:
        taken = 0
        self._mailbox.crashed_now.clear()
        while True:
            found = await mailbox.waiting(_BATCH)
            await self._note(found.reason if isinstance(found, Unopened) else "")
            if isinstance(found, Unopened):
                return taken
            done: list[str] = []
            for letter in found:
                # First the effect, which may come twice without harm, then the move.
                if await self._take(letter, mailbox.source):
                    done.append(letter.name)
                self.progressed("bounces")
            trouble = await mailbox.done(done) if done else None
            await self._note(trouble.reason if trouble else "")
            taken += len(done)
            if trouble or not done or len(found) < _BATCH:
                break
        await self._purge(mailbox)
        return taken

    async def _take(self, letter: Letter, source: str) -> bool:
        """Whether the letter can be put away."""
        errors: list[Exception] = []

        async def crashed(job: str, error: Exception) -> None:
            errors.append(error)
            await self.crashed(job, error)

        reading, crashes = self.returned(letter.raw, source), self._mailbox.crashes
        if await guarded(f"read what came back {letter.name}", reading, crashed):
            crashes.pop(letter.name, None)
            return True
        # A database that is out of reach is not the letter's fault.
        if not isinstance(errors[-1], _OUTAGES) and letter.name not in self._mailbox.crashed_now:
            self._mailbox.crashed_now.add(letter.name)
            crashes[letter.name] += 1
        if crashes[letter.name] < _PATIENCE:
            return False
        # Letters are read in order, and a few like it would keep all others from being read.
        del crashes[letter.name]
        log.error("put aside unread", letter=letter.name)
        return True

    async def _purge(self, mailbox: Mailbox) -> None:
        now, last = self.now(), self._mailbox.purged_at
        if last is None or now - last >= _DAY:
            await mailbox.purge(now - self.keep)
            self._mailbox.purged_at = now

    async def _note(self, trouble: str) -> None:
        """Told when it begins and when it ends, not each minute."""
        if trouble == self._mailbox.trouble:
            return
        if trouble:
            log.error("the mailbox for bounces is out of reach", reason=trouble)
            await self.db.write(job_runs.went_wrong, _MAILBOX, trouble, self.now())
        else:
            log.info("the mailbox for bounces is in reach again")
            await self.db.write(job_runs.went_well, _MAILBOX, self.now())
        self._mailbox.trouble = trouble
