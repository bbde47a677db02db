"""Send the messages we owe, and write down how it went."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from monitor.core.timing import next_try, relay_pause
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.jobs.compose import Compose
from monitor.models import Delivery
from monitor.net.post import Door, Message, OpenDoor, SendFailed, Sent, Unreachable
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
    """Alerts go before briefings. While nobody opens the door nothing is tried, and nothing counts as an attempt."""

    db: Database
    compose: Compose
    open_door: OpenDoor
    sender: str
    now: Callable[[], datetime]
    crashed: Crashed
    stopping: Callable[[], bool]
    progressed: Progressed
    _relay: _Relay = field(default_factory=_Relay)

    async def run(self, *, at_once: bool = False) -> int:
        """Send what is due; how many messages were taken. `at_once` knocks although the server was shut just now."""
        if not at_once and self._relay.again_at is not None and self.now() < self._relay.again_at:
            return 0
        total = 0
        # Small batches, so that an alert never waits behind ten thousand briefings.
        while due := await self.db.read(outbox.next_due, self.now(), _BATCH):
            async with self.open_door() as door:
                taken, goes_on = await self._hand_over(door, due)
            total += taken
            if not goes_on:
                break
        return total

    async def _hand_over(self, door: Door, due: list[Delivery]) -> tuple[int, bool]:
        taken = 0
        moved = False
        for delivery in due:
            self.progressed("deliver")
            if self.stopping():
                return taken, False
            content = delivery.message or await self._composed(delivery)
            if content is None:
                moved = True
                continue
            message_id = delivery.message_id or self.compose.message_id(delivery)
            started = await self.db.write(outbox.start, delivery.id, content, message_id)
            if started is None:
                continue
            moved = True
            result = await door.send(Message(self.sender, delivery.recipient, message_id, content))
            if isinstance(result, Unreachable):
                await self._shut(started, result.reason)
                return taken, False
            self._relay.failures, self._relay.again_at = 0, None
            if isinstance(result, Sent):
                await self.db.write(outbox.sent, started.id, result.reply, self.now())
                log.info("sent", delivery=started.key, reply=result.reply, waited=str(self.now() - started.owed_at))
                taken += 1
            else:
                await self._refused(started, result)
        return taken, moved

    async def _composed(self, delivery: Delivery) -> bytes | None:
        """The mail, or None when it cannot be made: then it waits, and the others go on."""
        made: list[bytes] = []

        async def make() -> None:
            made.append(await self.compose.mail(delivery))

        if await guarded(f"compose {delivery.key}", make(), self.crashed):
            return made[0]
        now = self.now()
        again_at = next_try(now, 1, delivery.owed_at)
        reason = "could not be composed; the log says why"
        await self.db.write(outbox.postpone, delivery.id, reason, again_at, now, doubtful=False)
        return None

    async def _refused(self, delivery: Delivery, result: SendFailed) -> None:
        now = self.now()
        again_at = None if result.permanent else next_try(now, delivery.attempts, delivery.owed_at)
        await self.db.write(outbox.postpone, delivery.id, result.reason, again_at, now, doubtful=result.doubtful)
        log.warning("not sent", delivery=delivery.key, reason=result.reason, again_at=again_at and again_at.isoformat())

    async def _shut(self, delivery: Delivery, reason: str) -> None:
        await self.db.write(outbox.give_back, delivery.id, reason)
        self._relay.failures += 1
        pause: timedelta = relay_pause(self._relay.failures)
        self._relay.again_at = self.now() + pause
        log.error("mail server out of reach", reason=reason, again_in=str(pause), tries=self._relay.failures)
