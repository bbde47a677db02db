"""Send the messages we owe, and write down how it went."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlmodel import Session

from monitor.core.marks import Marks
from monitor.core.refusals import without_addresses
from monitor.core.timing import relay_pause
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.jobs.falling import Ruling
from monitor.jobs.packing import Packing, Parcel
from monitor.models import Delivery
from monitor.net.post import Door, Message, OpenDoor, SendFailed, SendResult, Sent, Unreachable
from monitor.store import outbox
from monitor.store.db import Database
from monitor.store.outbox import EVERY_LANE, Due
from monitor.store.together import Together
from monitor.words import Verdict

log = structlog.get_logger("deliver")
_BATCH = 100
_MINUTE = timedelta(minutes=1)


class Rule(Protocol):
    """What becomes of a delivery that a server refused, and of whom it is for, in the transaction that settles it."""

    def __call__(
        self,
        session: Session,
        delivery: Delivery,
        verdict: Verdict,
        code: str,
        reason: str,
        now: datetime,
        *,
        of_sender: bool = False,
    ) -> Ruling: ...


@dataclass
class _Relay:
    """How often running the mail server could not be reached, and when to try it again."""

    failures: int = 0
    again_at: datetime | None = None


@dataclass(frozen=True)
class Deliver:
    """By mail, or by a `channel`; what is in these `lanes`, over so many `connections` at once, looked up `batch` at
    a time. While nobody opens the
    door nothing is tried, and nothing counts as an attempt. `sender` makes the envelope's sender of a token;
    `name` is the job's."""

    db: Database
    packing: Packing
    open_door: OpenDoor
    sender: Callable[[str], str]
    marks: Marks
    now: Callable[[], datetime]
    crashed: Crashed
    stopping: Callable[[], bool]
    progressed: Progressed
    name: str = "deliver"
    channel: str = ""
    lanes: tuple[int, ...] = EVERY_LANE
    connections: int = 1
    domain_minute: int = 0
    rule: Rule | None = None
    batch: int = _BATCH
    _relay: _Relay = field(default_factory=_Relay, init=False)
    _this_minute: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque), init=False)
    _unsettled: dict[int, SendResult] = field(default_factory=dict, init=False)

    async def run(self, *, at_once: bool = False) -> int:
        """Send what is due; how many messages were taken. `at_once` knocks although the server was shut just now."""
        if not at_once and self._relay.again_at is not None and self.now() < self._relay.again_at:
            return 0
        together = Together(self.db)
        await self._settle_leftovers(together)
        queue = _Queue(self)
        # One after the other, each when the one before has handed something over: some servers choke on many at once.
        turns = [asyncio.Event() for _ in range(self.connections + 1)]
        turns[0].set()
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(self._work(queue, together, turns[at], turns[at + 1]))
                for at in range(self.connections)
            ]
        return sum(worker.result() for worker in workers)

    async def _settle_leftovers(self, together: Together) -> None:
        """Nobody else sends in these lanes, so what still counts as being sent was left behind when something broke: an
        outcome that could not be written down is written now, and what has none is owed again."""
        for delivery, result in list(self._unsettled.items()):
            await self._settle(together, delivery, result)
        await self.db.write(outbox.recover, self.now(), self.channel, self.lanes)

    async def _work(self, queue: "_Queue", together: Together, turn: asyncio.Event, after: asyncio.Event) -> int:
        """How many were taken over this connection, opened at its turn; `after` is the next one's."""
        await turn.wait()
        try:
            return await self._hand_over(queue, together, after)
        finally:
            after.set()

    async def _hand_over(self, queue: "_Queue", together: Together, after: asyncio.Event) -> int:
        taken = 0
        settling: list[asyncio.Task[None]] = []
        # A door costs nothing until something is sent.
        async with self.open_door() as door:
            while not self.stopping() and (due := await queue.next()) is not None:
                self.progressed(self.name)
                outcome: list[SendResult] = []
                work = self._send(door, due, outcome, together, settling)
                if not await guarded(f"send {due.delivery.key}", work, self.crashed):
                    # Settled at the next run: what broke may have been the database.
                    ours = SendFailed("a mistake of this program; the log says more", doubtful=True)
                    self._unsettled.setdefault(due.delivery.id, ours)
                    queue.close()
                taken += sum(isinstance(result, Sent) for result in outcome)
                if any(isinstance(result, Unreachable) for result in outcome):
                    queue.close()
                queue.done(due)
                after.set()
        if not await guarded("settle", _all_of(settling), self.crashed):
            queue.close()
        return taken

    async def _send(
        self, door: Door, due: Due, outcome: list[SendResult], together: Together, settling: list[asyncio.Task[None]]
    ) -> None:
        """Hand it over, and begin to settle it. How the one before it ended is written down in the transaction that
        starts this one: no connection ever has more than one message in doubt."""
        parcel = await self._packed(due, together)
        if parcel is None:
            return
        delivery, packed = due.delivery, parcel.packed
        # To open a line takes a while, in which somebody may leave: that comes before it is started.
        shut = "" if self.channel else await door.greet()
        if shut:
            outcome.append(Unreachable(shut))
            await self._settle(together, delivery.id, outcome[0])
            return
        mark = self.marks.of(delivery.recipient) if delivery.subscriber_id is not None else ""
        started = await together.write(outbox.start, delivery.id, delivery.recipient, packed, mark, self.now())
        await _all_of(settling)
        if not started:
            return
        sender = self.sender(packed.token)
        message = Message(sender, delivery.recipient, packed.message_id, parcel.content, str(delivery.id))
        result = await door.send(message)
        outcome.append(result)
        self._unsettled[delivery.id] = result
        settling.append(asyncio.create_task(self._settle(together, delivery.id, result), name="settle"))
        # Now, so that it waits for the transaction before the next message asks for one.
        await asyncio.sleep(0)
        if isinstance(result, Sent):
            log.info("handed over", delivery=delivery.key, reply=without_addresses(result.reply))
        else:
            reason = without_addresses(result.reason)
            log.warning("not taken", delivery=delivery.key, result=type(result).__name__, reason=reason)

    async def _settle(self, together: Together, delivery_id: int, result: SendResult) -> None:
        now = self.now()
        match result:
            case Sent(reply):
                await together.write(outbox.sent, delivery_id, reply, now)
                self._relay.failures, self._relay.again_at = 0, None
            case SendFailed():
                await together.write(self._refused, delivery_id, result, now)
                self._relay.failures, self._relay.again_at = 0, None
            case Unreachable(reason):
                await together.write(outbox.give_back, delivery_id, reason, now)
                self._relay.failures += 1
                self._relay.again_at = now + relay_pause(self._relay.failures)
                way, again_at = self.channel or "mail", self._relay.again_at.isoformat()
                log.error("out of reach", way=way, reason=reason, again_at=again_at)
        self._unsettled.pop(delivery_id, None)

    def _refused(self, session: Session, delivery_id: int, result: SendFailed, now: datetime) -> None:
        permanent, not_before = result.permanent, None
        if result.verdict is not None and self.rule is not None:
            delivery = session.get_one(Delivery, delivery_id)
            ruling = self.rule(
                session, delivery, result.verdict, result.code, result.reason, now, of_sender=result.of_sender
            )
            permanent, not_before = not ruling.owed, ruling.until
        outbox.refused(
            session,
            delivery_id,
            result.reason,
            now,
            permanent=permanent,
            doubtful=result.doubtful,
            not_before=not_before,
        )

    async def _packed(self, due: Due, together: Together) -> Parcel | None:
        """The message, or None when it cannot be made: then it waits, and the others go on."""
        made: list[Parcel] = []

        async def make() -> None:
            made.append(await self.packing.pack(due))

        if await guarded(f"compose {due.delivery.key}", make(), self.crashed):
            return made[0]
        reason = "could not be composed; the log says why"
        await together.write(outbox.refused, due.delivery.id, reason, self.now(), permanent=False, doubtful=False)
        return None


async def _all_of(settling: list[asyncio.Task[None]]) -> None:
    while settling:
        await settling.pop()


@dataclass
class _Queue:
    """What is due, in small portions, handed to whichever connection is free."""

    of: Deliver
    _ready: deque[Due] = field(default_factory=deque)
    _out: set[int] = field(default_factory=set)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _closed: bool = False

    async def next(self) -> Due | None:
        """None: nothing is due any more, or the door is shut."""
        async with self._lock:
            while not self._closed:
                if not self._ready and not await self._fill():
                    return None
                due = self._ready.popleft()
                if await self._is_within_limits(due):
                    self._out.add(due.delivery.id)
                    return due
            return None

    def done(self, due: Due) -> None:
        self._out.discard(due.delivery.id)

    def close(self) -> None:
        self._closed = True

    async def _fill(self) -> bool:
        of = self.of
        found = await of.db.read(outbox.next_due, of.channel, of.now(), of.batch, of.lanes)
        # Those that others have in hand now are owed still.
        self._ready.extend(each for each in found if each.delivery.id not in self._out)
        return bool(self._ready)

    async def _is_within_limits(self, due: Due) -> bool:
        limit, now = self.of.domain_minute, self.of.now()
        if not limit or not due.delivery.lane or not due.delivery.domain:
            return True
        sent = self.of._this_minute[due.delivery.domain]
        while sent and now - sent[0] >= _MINUTE:
            sent.popleft()
        if len(sent) < limit:
            sent.append(now)
            return True
        await self.of.db.write(outbox.put_off, [due.delivery.id], sent[0] + _MINUTE)
        return False
