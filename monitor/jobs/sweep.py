"""Let go of what has been kept for long enough."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from monitor.core.joining import (
    APPLICATIONS_KEPT,
    BOUNCES_KEPT,
    CONFIRM_SPAN,
    PENDING_KEPT,
    SENT_KEPT,
)
from monitor.core.marks import Marks
from monitor.store import applications, erasing, records, subscribers
from monitor.store.db import Database
from monitor.words import Deed

# In one transaction, for which whatever is urgent has to wait.
_BATCH = 100


@dataclass(frozen=True)
class Sweep:
    """Wants to run once an hour."""

    db: Database
    marks: Marks
    now: Callable[[], datetime]

    async def run(self) -> int:
        """How many who never confirmed are gone for good."""
        now = self.now()
        gone = await self._end_pending(now)
        await self.db.write(applications.purge, now - APPLICATIONS_KEPT)
        await self.db.write(erasing.purge_sent, now - SENT_KEPT)
        await self.db.write(erasing.purge_bounces, now - BOUNCES_KEPT)
        await self.db.write(erasing.forget_late_replies)
        await self.db.checkpoint()
        return gone

    async def _end_pending(self, now: datetime) -> int:
        """Their links have run out by themselves; this writes it down, and lets go of them a week later. They are
        looked up first, and few at a time, because others wait to write."""
        over, gone = now - CONFIRM_SPAN, 0
        for some in _batches(await self.db.read(subscribers.forsaken, over - PENDING_KEPT)):
            gone += await self.db.write(self._let_go, some, over - PENDING_KEPT, now)
        for some in _batches(await self.db.read(subscribers.overdue, over)):
            await self.db.write(_expire, some, over, now)
        return gone

    def _let_go(self, session: Session, numbers: Sequence[int], before: datetime, now: datetime) -> int:
        gone = subscribers.forsaken(session, before, numbers)
        erasing.delete_people(session, gone, self.marks, now)
        return len(gone)


def _expire(session: Session, numbers: Sequence[int], before: datetime, now: datetime) -> None:
    for person in subscribers.by_number(session, subscribers.overdue(session, before, numbers)).values():
        if person.confirmed_at is not None:
            subscribers.leave(session, person, now)
        records.write(session, person.id, Deed.EXPIRED, records.PROGRAM, now)


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    for begin in range(0, len(numbers), _BATCH):
        yield numbers[begin : begin + _BATCH]
