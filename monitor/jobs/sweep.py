"""Let go of what has been kept for long enough."""

from collections.abc import Callable
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
from monitor.models import Subscriber, SubscriberState
from monitor.store import applications, erasing, records, subscribers
from monitor.store.db import Database
from monitor.words import Deed


@dataclass(frozen=True)
class Sweep:
    """Wants to run once an hour."""

    db: Database
    marks: Marks
    now: Callable[[], datetime]

    async def run(self) -> int:
        """How many who never confirmed are gone for good."""
        gone = await self.db.write(self._end_pending)
        now = self.now()
        await self.db.write(applications.purge, now - APPLICATIONS_KEPT)
        await self.db.write(erasing.purge_sent, now - SENT_KEPT)
        await self.db.write(erasing.purge_bounces, now - BOUNCES_KEPT)
        await self.db.write(erasing.forget_late_replies)
        await self.db.checkpoint()
        return gone

    def _end_pending(self, session: Session) -> int:
        """Their links have run out by themselves; this writes it down, and lets go of them a week later."""
        now, gone = self.now(), []
        for person in subscribers.in_state(session, SubscriberState.PENDING):
            asked = records.last(session, person.id, Deed.ASKED)
            over = (asked.at if asked else person.created_at) + CONFIRM_SPAN
            if now < over:
                continue
            if person.confirmed_at is None and now >= over + PENDING_KEPT:
                gone.append(person)
            else:
                self._expire(session, person, asked.id if asked else 0, now)
        erasing.delete_people(session, gone, self.marks, now)
        return len(gone)

    def _expire(self, session: Session, person: Subscriber, asked: int, now: datetime) -> None:
        known = records.last(session, person.id, Deed.EXPIRED)
        if known is not None and known.id > asked:
            return
        if person.confirmed_at is not None:
            subscribers.leave(session, person, now)
        records.write(session, person.id, Deed.EXPIRED, records.PROGRAM, now)
