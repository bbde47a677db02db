"""Ask the feeds that are due, many at once, and keep what is new."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlmodel import Session

from monitor.cell import Parse
from monitor.core.rhythm import Pace, price, rhythm_from, weight
from monitor.core.timing import LONGEST_PAUSE
from monitor.core.turns import is_quarantined, wants_all
from monitor.core.values import NotAFeed, ParsedFeed
from monitor.jobs.boundary import Crashed, guarded
from monitor.jobs.take_in import Failed, Outcome, Read, Same, TakenIn, Terms, Visit, take_in, take_in_pushed
from monitor.net.fetch import FeedRequest, Fetch, Fetched, Unchanged
from monitor.net.trips import PLAIN, Access
from monitor.net.troubles import FetchFailed
from monitor.store import feeds
from monitor.store.db import Database
from monitor.store.feeds import DueFeed

log = structlog.get_logger("poll")
# Claimed ahead, so that a claim's commit serves many visits; far fewer than can be asked while a claim lasts.
_CLAIMED_AHEAD = 128
# Visits that one transaction writes down, and for how many seconds it waits for more of them: a commit costs as much
# as a visit or two.
_AT_ONCE, _GATHERING = 200, 0.1
_PRICED_EVERY = timedelta(minutes=10)
_OURS = Failed("internal", "a mistake of this program; the log says more")

Told = Callable[[DueFeed, Outcome, TakenIn], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`budget` is in requests a day for all feeds whose pause is not the operator's choice, 0: as many as the mean
    pause makes; without `adaptive` every feed is asked at the mean pause."""

    pace: Pace
    adaptive: bool = True
    budget: int = 0


@dataclass
class _Desk:
    """What is under way: feeds claimed and not yet asked, visits, and outcomes that wait to be written down."""

    claimed: deque[DueFeed] = field(default_factory=deque)
    flying: dict[asyncio.Task[None], tuple[str, datetime]] = field(default_factory=dict)
    done: list[Visit] = field(default_factory=list)
    writing: asyncio.Task[None] | None = None
    more_due: bool = False
    price: float | None = None
    priced_at: datetime | None = None
    closed: bool = False


@dataclass(frozen=True)
class Poll:
    """`woken` is called after new or edited entries were committed, `idle` when more feeds are due and there is room to
    ask them; `claim` is this process's own word on its claims; `access` says how feeds are reached that need more than
    their URL."""

    db: Database
    fetch: Fetch
    parse: Parse
    now: Callable[[], datetime]
    luck: Callable[[], float]
    crashed: Crashed
    woken: Callable[[], None]
    idle: Callable[[], None]
    connections: int
    claim: str
    plan: Plan
    access: Mapping[str, Access] = field(default_factory=dict)
    _told: list[Told] = field(default_factory=list)
    _desk: _Desk = field(default_factory=_Desk)

    def follow(self, told: Told) -> None:
        """Be told how each visit went, and what it brought."""
        self._told.append(told)

    async def start_due(self) -> int:
        """Start asking the feeds that are due, as far as connections are free; how many were claimed for it."""
        desk = self._desk
        room = self.connections + _CLAIMED_AHEAD - len(desk.flying) - len(desk.claimed)
        if desk.closed or len(desk.claimed) >= self.connections or room <= 0:
            return 0
        await self._set_price()
        busy = {host for host, _ in desk.flying.values()} | {feed.turns_at for feed in desk.claimed}
        due = await self.db.write(feeds.claim_due, self.now(), room, busy, self.claim)
        desk.more_due = len(due) == room
        desk.claimed.extend(due)
        self._launch()
        return len(due)

    async def everything_due(self) -> None:
        """Ask all that is due and wait until every outcome is written down."""
        while await self.start_due() or self._under_way():
            # Not after each visit: a claim serves many.
            await asyncio.wait(self._under_way(), timeout=_GATHERING)

    def _under_way(self) -> list[asyncio.Task[None]]:
        writing = self._desk.writing
        return [*self._desk.flying, *([writing] if writing is not None and not writing.done() else [])]

    def oldest_visit_at(self) -> datetime | None:
        return min((since for _, since in self._desk.flying.values()), default=None)

    def hold(self) -> None:
        """Start nothing more until `go_on`."""
        self._desk.closed = True

    def go_on(self) -> None:
        self._desk.closed = False

    async def finish(self) -> None:
        """Start nothing more, and wait for the visits under way."""
        self.hold()
        never_asked = [feed.id for feed in self._desk.claimed]
        self._desk.claimed.clear()
        if never_asked:
            await self.db.write(feeds.let_go, never_asked, self.claim)
        while under_way := self._under_way():
            await asyncio.wait(under_way)

    async def give_up(self) -> None:
        """Drop the visits under way; their feeds are asked again."""
        for task in list(self._desk.flying):
            task.cancel()
        await self.finish()

    async def take_pushed(self, feed_id: int, body: bytes, content_type: str) -> int:
        """Keep what a hub sent of a feed; how many entries were new. What is no feed is nobody's news."""
        feed = await self.db.read(feeds.as_due, feed_id)
        if feed is None or feed.gone_at is not None:
            return 0
        digest = sha256(body).hexdigest()
        if digest == feed.killer:
            return 0
        match await self.parse(body, feed.address, content_type, feed.known_items):
            case NotAFeed(reason, killed):
                log.warning("a hub sent what is no feed", feed=feed.name, reason=reason)
                if killed:
                    await self.db.write(feeds.amend, feed.id, {"killer": digest})
                return 0
            case ParsedFeed() as parsed:
                came = await self.db.write(take_in_pushed, feed, parsed, self.now())
                log.info("pushed", feed=feed.name, new=came.new, revised=came.revised)
                if came.new or came.revised:
                    self.woken()
                return came.new

    async def look(self, feed: DueFeed) -> Outcome:
        """Ask one feed and read its answer; nothing is written down."""
        request = FeedRequest(feed.address, access=self.access.get(feed.url, PLAIN))
        if not wants_all(feed.polls):
            request = FeedRequest(feed.address, feed.etag, feed.last_modified, request.access)
        match await self.fetch(request):
            case Unchanged() as unchanged:
                return unchanged
            case FetchFailed(trouble, reason, asked_to_wait, gone, answer):
                return Failed(trouble, reason, LONGEST_PAUSE if gone else asked_to_wait, gone=gone, answer=answer)
            case Fetched() as fetched:
                with fetched.room:
                    return await self._read(feed, fetched)

    async def _read(self, feed: DueFeed, fetched: Fetched) -> Outcome:
        digest, answer = sha256(fetched.body).hexdigest(), fetched.answer
        if digest == feed.body_hash:
            return Same(fetched.etag, fetched.last_modified, answer)
        if digest == feed.killer and is_quarantined(feed.deaths):
            reason = f"its document killed its reader {feed.deaths} times and is not read again until it changes"
            return Failed("quarantined", reason, killer=digest, answer=answer)
        match await self.parse(fetched.body, fetched.url, fetched.content_type, feed.known_items):
            case NotAFeed(reason, killed):
                return Failed("not a feed", reason, killer=digest if killed else "", answer=answer)
            case ParsedFeed(damage=damage, shown=0) if damage:
                return Failed("damaged", damage, answer=answer)
            case ParsedFeed() as parsed:
                # A document that was cut short may be whole the next time: ask for all of it again.
                kept = ("", "", "") if parsed.damage else (digest, fetched.etag, fetched.last_modified)
                return Read(parsed, *kept, answer)

    async def _set_price(self) -> None:
        desk = self._desk
        if self.plan.adaptive and (desk.priced_at is None or self.now() - desk.priced_at >= _PRICED_EVERY):
            desk.priced_at = self.now()
            desk.price = await self.db.read(going_price, self.plan, self.now())

    def _launch(self) -> None:
        desk = self._desk
        while desk.claimed and len(desk.flying) < self.connections:
            feed = desk.claimed.popleft()
            task = asyncio.create_task(self._visit(feed))
            desk.flying[task] = feed.turns_at, self.now()
            task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._desk.flying.pop(task)
        self._launch()
        if self._desk.more_due and len(self._desk.claimed) < self.connections:
            self.idle()

    async def _visit(self, feed: DueFeed) -> None:
        looked: list[Outcome] = []

        async def look() -> None:
            looked.append(await self.look(feed))

        await guarded(f"poll {feed.name}", look(), self.crashed)
        self._desk.done.append(Visit(feed, looked[0] if looked else _OURS, self.luck()))
        if self._desk.writing is None or self._desk.writing.done():
            self._desk.writing = asyncio.create_task(self._write_down())

    async def _write_down(self) -> None:
        """While one batch is being committed the next one gathers."""
        while self._desk.done:
            if self._desk.flying and len(self._desk.done) < _AT_ONCE:
                await asyncio.wait(self._desk.flying, timeout=_GATHERING)
            batch = self._desk.done[:_AT_ONCE]
            del self._desk.done[:_AT_ONCE]
            if await guarded("poll", self._keep(batch), self.crashed):
                continue
            for visit in batch:
                # One feed's trouble is not the others'.
                name = f"poll {visit.feed.name}"
                if not await guarded(name, self._keep([visit]), self.crashed):
                    await guarded(name, self._keep([Visit(visit.feed, _OURS, visit.luck)]), self.crashed)

    async def _keep(self, visits: list[Visit]) -> None:
        terms = Terms(self.plan.pace, self._desk.price)
        brought = await self.db.write(take_in, self.claim, visits, self.now(), terms)
        for visit, came in zip(visits, brought, strict=True):
            # Of a feed without news nobody wants to read, and every line costs as much as a tenth of the visit.
            say = log.debug if isinstance(visit.outcome, Unchanged | Same) else log.info
            say("polled", feed=visit.feed.name, outcome=_word(visit.outcome), new=came.new, revised=came.revised)
            for told in self._told:
                told(visit.feed, visit.outcome, came)
        if any(came.new or came.revised for came in brought):
            self.woken()


def going_price(session: Session, plan: Plan, now: datetime) -> float | None:
    """What a request costs while all feeds share the budget; None without feeds that follow their rhythm."""
    habits = [(rhythm_from(rhythm), weight(lead, led_at, now)) for rhythm, lead, led_at in feeds.habits(session)]
    requests = plan.budget or len(habits) * timedelta(days=1) / plan.pace.every
    return price(habits, plan.pace, requests, now) if habits else None


def _word(outcome: Outcome) -> str:
    match outcome:
        case Unchanged() | Same():
            return "unchanged"
        case Failed(kind, reason):
            return f"{kind}: {reason}"
        case Read(parsed):
            return f"{parsed.shown} items" + (f", damaged ({parsed.damage})" if parsed.damage else "")
