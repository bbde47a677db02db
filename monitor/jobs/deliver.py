"""Send the messages we owe, and write down how it went."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from monitor.core.timing import relay_pause
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.jobs.compose import Compose
from monitor.models import Delivery
from monitor.net.post import Door, Message, OpenDoor, SendFailed, SendResult, Sent, Unreachable
from monitor.store import outbox
from monitor.store.db import Database

log = structlog.get_logger("deliver")
_BATCH = 20


@dataclass
class _Relay:
    """How often running the mail server could not be reached, and when to try it again."""

    failures: int = 0
    again_at: datetime | None = None


@dataclass(frozen=True)
class Deliver:
    """By mail, or by a `channel`. Alerts go before briefings. While nobody opens the door nothing is tried, and nothing
    counts as an attempt."""

    db: Database
    compose: Compose
    open_door: OpenDoor
    sender: str
    now: Callable[[], datetime]
    crashed: Crashed
    stopping: Callable[[], bool]
    progressed: Progressed
    channel: str = ""
    _relay: _Relay = field(default_factory=_Relay, init=False)
    _unsettled: dict[int, SendResult] = field(default_factory=dict, init=False)

    async def run(self, *, at_once: bool = False) -> int:
        """Send what is due; how many messages were taken. `at_once` knocks although the server was shut just now."""
        if not at_once and self._relay.again_at is not None and self.now() < self._relay.again_at:
            return 0
        await self._settle_leftovers()
        total = 0
        async with self.open_door() as door:
            # Small batches, so that an alert never waits behind ten thousand briefings.
            while due := await self.db.read(outbox.next_due, self.channel, self.now(), _BATCH):
                taken, goes_on = await self._hand_over(door, due)
                total += taken
                if not goes_on:
                    break
        return total

    async def _settle_leftovers(self) -> None:
        """Nobody else sends, so what still counts as being sent was left behind when something broke: an outcome
        that could not be written down is written now, and what has none is owed again."""
        for delivery, result in list(self._unsettled.items()):
            await self._settle(delivery, result)
        await self.db.write(outbox.recover, self.now(), self.channel)

    async def _hand_over(self, door: Door, due: list[Delivery]) -> tuple[int, bool]:
        """How many were taken, and whether to go on with the next batch."""
        taken = 0
        for delivery in due:
            self.progressed("channels" if self.channel else "deliver")
            if self.stopping():
                return taken, False
            if delivery.lane and await self.db.read(outbox.alert_is_due, self.now()):
                return taken, True
            outcome: list[SendResult] = []
            if not await guarded(f"send {delivery.key}", self._send(door, delivery, outcome), self.crashed):
                # Settled at the next run: what broke may have been the database.
                ours = SendFailed("a mistake of this program; the log says more", doubtful=True)
                self._unsettled.setdefault(delivery.id, ours)
                return taken, False
            taken += sum(isinstance(result, Sent) for result in outcome)
            if any(isinstance(result, Unreachable) for result in outcome):
                return taken, False
        return taken, True

    async def _send(self, door: Door, delivery: Delivery, outcome: list[SendResult]) -> None:
        content = delivery.message or await self._composed(delivery)
        if content is None:
            return
        message_id = delivery.message_id or self.compose.message_id(delivery)
        started = await self.db.write(outbox.start, delivery.id, content, message_id, self.now())
        if started is None:
            return
        result = await door.send(Message(self.sender, delivery.recipient, message_id, content))
        outcome.append(result)
        self._unsettled[started.id] = result
        await self._settle(started.id, result)
        if isinstance(result, Sent):
            log.info("handed over", delivery=started.key, reply=result.reply)
        else:
            log.warning("not taken", delivery=started.key, result=type(result).__name__, reason=result.reason)

    async def _settle(self, delivery_id: int, result: SendResult) -> None:
        now = self.now()
        match result:
            case Sent(reply):
                await self.db.write(outbox.sent, delivery_id, reply, now)
                self._relay.failures, self._relay.again_at = 0, None
            case SendFailed(reason, permanent, doubtful):
                await self.db.write(outbox.refused, delivery_id, reason, now, permanent=permanent, doubtful=doubtful)
                self._relay.failures, self._relay.again_at = 0, None
            case Unreachable(reason):
                await self.db.write(outbox.give_back, delivery_id, reason)
                self._relay.failures += 1
                self._relay.again_at = now + relay_pause(self._relay.failures)
                way, again_at = self.channel or "mail", self._relay.again_at.isoformat()
                log.error("out of reach", way=way, reason=reason, again_at=again_at)
        self._unsettled.pop(delivery_id, None)

    async def _composed(self, delivery: Delivery) -> bytes | None:
        """The mail, or None when it cannot be made: then it waits, and the others go on."""
        made: list[bytes] = []

        async def make() -> None:
            made.append(await self.compose.message(delivery))

        if await guarded(f"compose {delivery.key}", make(), self.crashed):
            return made[0]
        reason = "could not be composed; the log says why"
        await self.db.write(outbox.refused, delivery.id, reason, self.now(), permanent=False, doubtful=False)
        return None
