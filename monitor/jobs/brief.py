"""Write each subscriber's briefing when their morning comes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlmodel import Session

from monitor.core import briefing as core
from monitor.core.timing import latest_slot
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.models import Briefing, Subscriber
from monitor.store import briefings, entries, outbox, subscribers
from monitor.store.db import Database, single_triage

log = structlog.get_logger("brief")
# What a subscriber's first issue looks back on, when there is none before it.
_FIRST_WINDOW = timedelta(hours=24)
# Who comes back after months wants the week, not the months.
_LONGEST_WINDOW = timedelta(days=7)
# Many subscribers share a window of arrival; its stories, and what was held back in it, are read once.
_Windows = dict[tuple[int, int], tuple[list[core.BriefedStory], int, dict[str, int], list[core.HeldBack]]]
_CONTENTS = TypeAdapter(core.Contents)


class BriefingsFailedError(Exception):
    """Told to the job boundary, so that `status` shows it, after everybody else's were written."""


@dataclass(frozen=True)
class Brief:
    """`woken` is called after briefings were owed."""

    db: Database
    now: Callable[[], datetime]
    woken: Callable[[], None]
    progressed: Progressed
    crashed: Crashed
    _windows: _Windows = field(default_factory=dict)

    async def run(self) -> int:
        """Owe every briefing whose time has come; how many those were."""
        owed: list[Briefing] = []
        failed = 0
        self._windows.clear()
        for address, day in await self.db.read(_due, self.now()):
            # One person's trouble is not the others', but the operator must see it.
            failed += not await guarded(f"brief {address}", self._write_one(address, day, owed), self.crashed)
            self.progressed("brief")
        self._windows.clear()
        if failed:
            raise BriefingsFailedError(f"{failed} of today's briefings could not be written; the log says why")
        return len(owed)

    async def _write_one(self, address: str, day: date, owed: list[Briefing]) -> None:
        briefing = await self.write_for(address, day)
        if briefing is not None:
            owed.append(briefing)

    async def write_for(self, address: str, day: date) -> Briefing | None:
        """Owe this subscriber the issue of this day; None when it was written already."""
        briefing = await self.db.write(_write, address, day, self.now(), self._windows)
        if briefing is not None:
            log.info("briefing written", date=briefing.local_date.isoformat(), subject=briefing.subject)
            self.woken()
        return briefing

    async def preview(self, address: str) -> core.Contents | None:
        """What the next issue would contain if it were written now; None for nobody of that address."""
        return await self.db.read(_preview, address, self.now(), {})


def _due(session: Session, now: datetime) -> list[tuple[str, date]]:
    due = []
    written = briefings.written_since(session, now.date() - timedelta(days=4))
    for person in subscribers.confirmed(session):
        slot = latest_slot(now, person.zone, person.briefing_at)
        missed_before = person.confirmed_at is not None and slot.at < person.confirmed_at
        if person.briefing and not missed_before and (person.id, slot.local_date) not in written:
            due.append((person.address, slot.local_date))
    return due


def _write(session: Session, address: str, day: date, now: datetime, windows: _Windows) -> Briefing | None:
    # Nothing may be given an arrival number below the window's end after it was written.
    single_triage(session)
    person = subscribers.by_address(session, address)
    if person is None or briefings.exists(session, person.id, day):
        return None
    after, upto, contents = _contents(session, person, now, windows)
    briefing = Briefing(
        subscriber_id=person.id,
        local_date=day,
        after_arrival=after,
        upto_arrival=upto,
        written_at=now,
        subject=core.subject(contents),
        contents=_CONTENTS.dump_python(contents, mode="json"),
    )
    session.add(briefing)
    session.flush()
    outbox.owe_briefing(session, briefing, person, now)
    return briefing


def _preview(session: Session, address: str, now: datetime, windows: _Windows) -> core.Contents | None:
    person = subscribers.by_address(session, address)
    return None if person is None else _contents(session, person, now, windows)[2]


def _contents(session: Session, person: Subscriber, now: datetime, windows: _Windows) -> tuple[int, int, core.Contents]:
    last = briefings.last(session, person.id)
    since = max(last.written_at, now - _LONGEST_WINDOW) if last else now - _FIRST_WINDOW
    after = briefings.arrival_before(session, since)
    after = max(after, last.upto_arrival) if last else after
    upto = max(after, entries.latest_arrival(session))
    if (after, upto) not in windows:
        told = briefings.stories_between(session, after, upto)
        windows[after, upto] = (*told, briefings.held_back(session, after, upto))
    stories, number, dropped, held_back = windows[after, upto]
    contents = core.write(
        stories,
        entries=number,
        feeds=briefings.watched_feeds(session),
        blind_spots=briefings.blind_spots(session),
        dropped=dropped,
        since=since,
        until=now,
        held_back=[*held_back, *briefings.kept_from(session, person.id, after, upto)],
    )
    return after, upto, contents


def stored_contents(stored: dict[str, Any]) -> core.Contents:
    return _CONTENTS.validate_python(stored, strict=False)
