"""Write each subscriber's briefing when their morning comes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlmodel import Session

from monitor.core import briefing as core
from monitor.core.timing import latest_slot
from monitor.core.topics import Eyes, FoundStory
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.models import Briefing, Edition, Subscriber
from monitor.store import briefings, editions, entries, owing, subscribers
from monitor.store.db import Database, single_triage
from monitor.words import EVERY_TOPIC

log = structlog.get_logger("brief")
# What a subscriber's first issue looks back on, when there is none before it.
_FIRST_WINDOW = timedelta(hours=24)
# Who comes back after months wants the week, not the months.
_LONGEST_WINDOW = timedelta(days=7)
# So many share a transaction.
_TOGETHER = 100
_PUBLIC = frozenset({EVERY_TOPIC})
_CONTENTS = TypeAdapter(core.Contents)


class BriefingsFailedError(Exception):
    """Told to the job boundary, so that `status` shows it, after everybody else's were written."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the installation chose: when and in what language the public edition comes if there is an archive, and the
    topic of each rule that has one."""

    at: time = time(7)
    zone: str = "UTC"
    language: str = "en"
    archive: bool = False
    topics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Round:
    """One moment at which briefings are written. Many readers share a window of arrival: what stands in it is read
    once, and what those who chose alike see of it is written once."""

    now: datetime
    found: dict[tuple[int, int], tuple[list[FoundStory], int, dict[str, int], list[core.HeldBack]]] = field(
        default_factory=dict
    )
    seen: dict[tuple[object, ...], core.Contents] = field(default_factory=dict)
    kept: dict[tuple[object, ...], Edition] = field(default_factory=dict)
    arrivals: dict[datetime, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Brief:
    """`woken` is called after briefings were owed."""

    db: Database
    now: Callable[[], datetime]
    woken: Callable[[], None]
    progressed: Progressed
    crashed: Crashed
    desk: Desk = Desk()

    async def run(self) -> int:
        """Owe every briefing whose time has come, and write the public one; how many were owed."""
        of_now = _Round(self.now())
        owed = failed = 0
        due = await self.db.read(_due, of_now.now)
        for begin in range(0, len(due), _TOGETHER):
            some = due[begin : begin + _TOGETHER]
            done: list[Edition] = []
            if not await guarded("brief", self._write_all(some, of_now, done), _find_whose):
                # One person's trouble is not the others', but the operator must see it.
                for each in some:
                    alone = self._write_all([each], _Round(of_now.now), done)
                    failed += not await guarded(f"brief subscriber {each[0]}", alone, self.crashed)
                of_now = _Round(of_now.now)  # what it kept was undone
            owed += len(done)
            self.progressed("brief")
            if done:
                self.woken()
        if self.desk.archive:
            await self.db.write(self._write_public, of_now)
        if failed:
            raise BriefingsFailedError(f"{failed} of today's briefings could not be written; the log says why")
        if owed:
            log.info("briefings written", number=owed)
        return owed

    async def _write_all(self, some: Sequence[tuple[int, date]], of_now: _Round, done: list[Edition]) -> None:
        done += await self.db.write(self._write_some, some, of_now)

    async def write_for(self, address: str, day: date) -> Edition | None:
        """Owe this subscriber the issue of this day; None when it was written already."""
        edition = await self.db.write(self._write_one, address, day, _Round(self.now()))
        if edition is not None:
            log.info("briefing written", date=day.isoformat(), subject=edition.subject)
            self.woken()
        return edition

    async def preview(self, address: str) -> core.Contents | None:
        """What the next issue would contain if it were written now; None for nobody of that address."""
        return await self.db.read(self._preview, address, _Round(self.now()))

    def _write_one(self, session: Session, address: str, day: date, of_now: _Round) -> Edition | None:
        person = subscribers.by_address(session, address)
        return next(iter(self._write_some(session, [(person.id, day)], of_now)), None) if person else None

    def _write_some(self, session: Session, some: Sequence[tuple[int, date]], of_now: _Round) -> list[Edition]:
        """Asked and written for all of them at once: a statement for each person would cost more than the rest."""
        # Nothing may be given an arrival number below the window's end after it was written.
        single_triage(session)
        numbers = [number for number, _ in some]
        people = subscribers.by_number(session, numbers)
        pasts = briefings.pasts(session, numbers)
        known = briefings.written_since(session, min(day for _, day in some), numbers)
        issues, written = [], []
        for number, day in some:
            if number in people and (number, day) not in known:
                issue, edition = self._issue(session, people[number], day, pasts[number], of_now)
                issues.append(issue)
                written.append(edition)
        owing.owe_briefings(session, briefings.keep_all(session, issues), people, of_now.now)
        return written

    def _issue(
        self, session: Session, person: Subscriber, day: date, past: briefings.Past, of_now: _Round
    ) -> tuple[Briefing, Edition]:
        after, upto, contents = self._contents(session, person, past, of_now)
        language = person.language or self.desk.language
        key = (id(contents), day, person.zone, language)
        if key not in of_now.kept:
            edition = _edition(contents, day, person.zone, language, upto, of_now.now)
            of_now.kept[key] = editions.keep(session, edition)
        issue = Briefing(
            subscriber_id=person.id,
            local_date=day,
            after_arrival=after,
            upto_arrival=upto,
            written_at=of_now.now,
            edition_id=of_now.kept[key].id,
        )
        return issue, of_now.kept[key]

    def _write_public(self, session: Session, of_now: _Round) -> None:
        """The one that everybody may read, once a day."""
        desk = self.desk
        slot = latest_slot(of_now.now, desk.zone, desk.at)
        if editions.is_public_of(session, slot.local_date):
            return
        single_triage(session)
        last = editions.last_public(session)
        past = briefings.Past(last.written_at, last.upto_arrival) if last else briefings.Past()
        after, upto, since = _window(session, past, of_now)
        if not upto:
            return  # nothing was seen yet: that is no quiet day
        contents = self._seen(session, after, upto, since, _PUBLIC, of_now)
        edition = _edition(contents, slot.local_date, desk.zone, desk.language, upto, of_now.now, public=True)
        editions.keep(session, edition)

    def _preview(self, session: Session, address: str, of_now: _Round) -> core.Contents | None:
        person = subscribers.by_address(session, address)
        if person is None:
            return None
        return self._contents(session, person, briefings.pasts(session, [person.id])[person.id], of_now)[2]

    def _contents(
        self, session: Session, person: Subscriber, past: briefings.Past, of_now: _Round
    ) -> tuple[int, int, core.Contents]:
        after, upto, since = _window(session, past, of_now)
        topics = None if person.topics is None else frozenset(person.topics)
        own: Sequence[core.HeldBack] = ()
        if past.kept_from:
            kept = briefings.kept_from(session, person.id, after, upto)
            own = [*briefings.unmailed(session, person.id, since), *kept]
            own = Eyes(topics, self.desk.topics).held_back(own, person.address)
        return after, upto, self._seen(session, after, upto, since, topics, of_now, own)

    def _seen(
        self,
        session: Session,
        after: int,
        upto: int,
        since: datetime,
        topics: frozenset[str] | None,
        of_now: _Round,
        own: Sequence[core.HeldBack] = (),
    ) -> core.Contents:
        """`own` is what one reader alone was not told."""
        key = (after, upto, since, topics, *own)
        if key not in of_now.seen:
            if (after, upto) not in of_now.found:
                told = briefings.stories_between(session, after, upto)
                of_now.found[after, upto] = (*told, briefings.held_back(session, after, upto))
            stories, number, dropped, held_back = of_now.found[after, upto]
            eyes = Eyes(topics, self.desk.topics)
            of_now.seen[key] = core.write(
                eyes.stories(stories),
                entries=number,
                feeds=briefings.watched_feeds(session),
                blind_spots=briefings.blind_spots(session),
                dropped=eyes.dropped(dropped),
                since=since,
                until=of_now.now,
                held_back=[*eyes.held_back(held_back), *own],
            )
        return of_now.seen[key]


async def _find_whose(_job: str, _error: Exception) -> None:
    """It is told of when each is written alone."""


def _due(session: Session, now: datetime) -> list[tuple[int, date]]:
    due = []
    written = briefings.written_since(session, now.date() - timedelta(days=4))
    for person in subscribers.confirmed(session):
        slot = latest_slot(now, person.zone, person.briefing_at)
        missed_before = person.confirmed_at is not None and slot.at < person.confirmed_at
        if person.briefing and not missed_before and (person.id, slot.local_date) not in written:
            due.append((person.id, slot.local_date))
    return due


def _window(session: Session, past: briefings.Past, of_now: _Round) -> tuple[int, int, datetime]:
    """From behind which arrival up to which, and since when."""
    now = of_now.now
    since = max(past.written_at, now - _LONGEST_WINDOW) if past.written_at else now - _FIRST_WINDOW
    if since not in of_now.arrivals:
        of_now.arrivals[since] = briefings.arrival_before(session, since), entries.latest_arrival(session)
    before, latest = of_now.arrivals[since]
    after = max(before, past.upto_arrival)
    return after, max(after, latest), since


def _edition(
    contents: core.Contents, day: date, zone: str, language: str, upto: int, now: datetime, *, public: bool = False
) -> Edition:
    told = _CONTENTS.dump_json(contents)
    mark = sha256(b"\0".join((told, *(str(each).encode() for each in (day, zone, language, public))))).hexdigest()
    return Edition(
        mark=mark,
        local_date=day,
        zone=zone,
        language=language,
        public=public,
        upto_arrival=upto,
        written_at=now,
        subject=core.subject(contents),
        contents=_CONTENTS.dump_python(contents, mode="json"),
    )


def stored_contents(stored: dict[str, Any]) -> core.Contents:
    return _CONTENTS.validate_python(stored, strict=False)
