"""Ask the feeds that are due, many at once, and keep what is new."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import structlog
from sqlmodel import Session

from monitor.cell import Parse
from monitor.core.timing import LONGEST_PAUSE, OUT_OF_REACH_PAUSE, next_poll
from monitor.core.values import NotAFeed, ParsedFeed
from monitor.jobs.boundary import Crashed, guarded
from monitor.models import Feed
from monitor.net.fetch import FeedRequest, Fetch, Fetched, FetchFailed, Trouble, Unchanged
from monitor.store import entries, feeds
from monitor.store.db import Database

log = structlog.get_logger("poll")
_OUT_OF_REACH = {Trouble.DNS, Trouble.CONNECT, Trouble.TIMEOUT}


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read; `digest` and the validators say what it was, "" when it must be read again."""

    parsed: ParsedFeed
    digest: str
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Failed:
    kind: str
    reason: str
    asked_to_wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Same:
    """A full answer with the bytes we know, perhaps under new validators."""

    etag: str
    last_modified: str


Outcome = Read | Same | Unchanged | Failed
Told = Callable[[Feed, Outcome, int], None]


@dataclass(frozen=True)
class Poll:
    """`woken` is called after new entries were committed; `claim` is this process's own word on its claims."""

    db: Database
    fetch: Fetch
    parse: Parse
    now: Callable[[], datetime]
    luck: Callable[[], float]
    crashed: Crashed
    woken: Callable[[], None]
    connections: int
    claim: str
    _told: list[Told] = field(default_factory=list)
    _flying: dict[asyncio.Task[bool], tuple[str, datetime]] = field(default_factory=dict)
    _closed: asyncio.Event = field(default_factory=asyncio.Event)

    def follow(self, told: Told) -> None:
        """Be told how each visit went, with the number of new entries."""
        self._told.append(told)

    async def start_due(self) -> int:
        """Start asking every feed that is due, as far as connections are free; how many were started."""
        free = self.connections - len(self._flying)
        if free <= 0 or self._closed.is_set():
            return 0
        busy = {host for host, _ in self._flying.values()}
        for feed in (due := await self.db.write(feeds.claim_due, self.now(), free, busy, self.claim)):
            task = asyncio.create_task(self._guarded_visit(feed))
            self._flying[task] = feed.host, self.now()
            task.add_done_callback(self._flying.pop)
        return len(due)

    async def everything_due(self) -> None:
        """Ask all that is due and wait for every answer."""
        while await self.start_due() or self._flying:
            await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)

    def oldest_visit_at(self) -> datetime | None:
        return min((since for _, since in self._flying.values()), default=None)

    async def finish(self) -> None:
        """Start nothing more, and wait for the visits under way."""
        self._closed.set()
        if self._flying:
            await asyncio.wait(self._flying)

    async def give_up(self) -> None:
        """Drop the visits under way; their feeds are asked again."""
        for task in list(self._flying):
            task.cancel()
        await self.finish()

    async def look(self, feed: Feed) -> Outcome:
        """Ask one feed and read its answer; nothing is written down."""
        match await self.fetch(FeedRequest(feed.url, feed.etag, feed.last_modified)):
            case Unchanged() as unchanged:
                return unchanged
            case FetchFailed(trouble, reason, asked_to_wait, gone):
                return Failed(trouble, reason, LONGEST_PAUSE if gone else asked_to_wait)
            case Fetched(body, url, content_type, etag, last_modified):
                digest = sha256(body).hexdigest()
                if digest == feed.body_hash:
                    return Same(etag, last_modified)
                match await self.parse(body, url, content_type):
                    case NotAFeed(reason):
                        return Failed("not a feed", reason)
                    case ParsedFeed(damage=damage, entries=()) if damage:
                        return Failed("damaged", damage)
                    case ParsedFeed() as parsed:
                        # A document that was cut short may be whole the next time: ask for all of it again.
                        kept = ("", "", "") if parsed.damage else (digest, etag, last_modified)
                        return Read(parsed, *kept)

    async def _guarded_visit(self, feed: Feed) -> bool:
        name = f"poll {feed.name}"
        if await guarded(name, self._visit(feed), self.crashed):
            return True
        ours = Failed("internal", "a mistake of this program; the log says more")
        return await guarded(
            name, self.db.write(take_in, feed.id, self.claim, ours, self.now(), self.luck()), self.crashed
        )

    async def _visit(self, feed: Feed) -> None:
        outcome = await self.look(feed)
        new = await self.db.write(take_in, feed.id, self.claim, outcome, self.now(), self.luck())
        log.info("polled", feed=feed.name, outcome=_word(outcome), new=new)
        for told in self._told:
            told(feed, outcome, new)
        if new:
            self.woken()


def take_in(session: Session, feed_id: int, claim: str, outcome: Outcome, now: datetime, luck: float) -> int:
    """Write down one visit: new entries and the feed's state together. How many entries were new."""
    feed = feeds.claimed(session, feed_id, claim)
    if feed is None:
        return 0
    every = timedelta(seconds=feed.every_seconds)
    new = 0
    if isinstance(outcome, Failed):
        longest = OUT_OF_REACH_PAUSE if outcome.kind in _OUT_OF_REACH else LONGEST_PAUSE
        again_at = next_poll(now, every, feed.failures + 1, outcome.asked_to_wait, luck, longest)
        feeds.record_trouble(feed, now, again_at, outcome.kind, outcome.reason)
    else:
        damage = ""
        if isinstance(outcome, Read):
            damage = outcome.parsed.damage
            new = entries.keep_new(session, feed, outcome.parsed.entries, now)
            feed.body_hash, feed.etag, feed.last_modified = outcome.digest, outcome.etag, outcome.last_modified
        if isinstance(outcome, Same):
            feed.etag, feed.last_modified = outcome.etag, outcome.last_modified
        feeds.record_good(feed, now, next_poll(now, every, 0, timedelta(), luck), damage)
    session.add(feed)
    return new


def _word(outcome: Outcome) -> str:
    match outcome:
        case Unchanged() | Same():
            return "unchanged"
        case Failed(kind, reason):
            return f"{kind}: {reason}"
        case Read(parsed):
            return f"{len(parsed.entries)} entries" + (f", damaged ({parsed.damage})" if parsed.damage else "")
