"""Ask hubs to tell us of news, and take in what they tell (WebSub); polling goes on beside it, more slowly."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog

from monitor.core.push import WISHED_LEASE, is_signed, lease
from monitor.core.text import legible
from monitor.jobs.boundary import Crashed, Progressed, guarded
from monitor.models import PushState
from monitor.net.fetch import Access, FetchFailed, Posted, Trouble
from monitor.store import pushes
from monitor.store.db import Database

log = structlog.get_logger("push")
CALLBACK = "/push/"
PostToHub = Callable[[str, dict[str, str], Access], Awaitable[Posted | FetchFailed]]
# What says nothing about the hub's other feeds.
_OF_ONE_FEED = {Trouble.HTTP, Trouble.ADDRESS, Trouble.REDIRECT}


@dataclass(frozen=True)
class Hubs:
    """`base` is the public address of our callbacks, "" when there is none; `seek`: whether we want to be told at all.
    `access` says by a feed's URL how its hub may be reached; `word` makes secrets."""

    db: Database
    post: PostToHub
    access: Mapping[str, Access]
    base: str
    seek: bool
    now: Callable[[], datetime]
    word: Callable[[], str]
    stopping: Callable[[], bool]
    progressed: Progressed

    async def run(self) -> int:
        """Say the wishes that are due, to different hubs at once; how many were said."""
        if await self.db.read(pushes.out_of_step, self.base, self.seek):
            await self.db.write(pushes.follow, self.base, self.seek, self.now(), self.word)
        said = 0
        while not self.stopping() and await self.db.read(pushes.are_due, self.now()):
            wishes = await self.db.write(pushes.claim_wishes, self.now())
            async with asyncio.TaskGroup() as asking:
                for wish in wishes:
                    asking.create_task(self._say(wish))
            said += len(wishes)
            self.progressed("push")
        return said

    async def _say(self, wish: pushes.Wish) -> None:
        fields = {
            "hub.mode": "unsubscribe" if wish.leaving else "subscribe",
            "hub.topic": wish.topic,
            "hub.callback": f"{wish.base}{CALLBACK}{wish.token}",
        }
        if not wish.leaving:
            fields |= {"hub.secret": wish.secret, "hub.lease_seconds": str(int(WISHED_LEASE.total_seconds()))}
        # The feed's own name and password are none of its hub's business.
        access = replace(self.access.get(wish.feed_url, Access()), headers=())
        not_before = now = self.now()
        match await self.post(wish.hub, fields, access):
            case Posted(status) if 200 <= status < 300:
                log.info("asked a hub", feed=wish.feed_url, hub=wish.hub, leaving=wish.leaving)
                return
            case Posted(status, reason):
                trouble, unreachable = f"the hub answered {status} {reason}".strip(), status == 429 or status >= 500
            case FetchFailed(kind, reason, asked_to_wait):
                trouble, unreachable = f"{kind}: {reason}", kind not in _OF_ONE_FEED
                not_before = now + asked_to_wait
        log.warning("a hub did not take our wish", feed=wish.feed_url, hub=wish.hub, reason=trouble)
        await self.db.write(pushes.declined, wish, trouble, not_before, unreachable=unreachable)


class Receipt(StrEnum):
    """What became of a delivery: ours is not the hub's business, so a forged one is received like any other."""

    TAKEN = "taken"
    FORGED = "forged"
    UNKNOWN = "unknown"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class _Parcel:
    push_id: int
    feed_id: int
    body: bytes
    content_type: str


@dataclass
class _Memory:
    """Deliveries that wait to be read, in order; `held` counts their bytes and those that are still arriving."""

    waiting: deque[_Parcel] = field(default_factory=deque)
    held: int = 0


@dataclass(frozen=True)
class Pushed:
    """What hubs say to our callbacks. `take` reads a document and keeps what is new in it: the poll job's.

    Deliveries wait in memory, `room` bytes of them at most: what a crash loses, the next poll finds.
    """

    db: Database
    take: Callable[[int, bytes, str], Awaitable[int]]
    now: Callable[[], datetime]
    crashed: Crashed
    room: int
    _memory: _Memory = field(default_factory=_Memory)
    _readers: set[asyncio.Task[None]] = field(default_factory=set)

    async def verify(self, token: str, mode: str, topic: str, lease_seconds: str, reason: str) -> bool:
        """Whether this is what we asked for; a hub that says no is told that we have understood."""
        match mode:
            case "subscribe":
                right = await self.db.write(pushes.verified, token, topic, lease(lease_seconds), self.now())
            case "unsubscribe":
                right = await self.db.write(pushes.let_go, token, topic)
            case "denied":
                why = legible(f"the hub refused: {reason}" if reason else "the hub refused")[:300]
                right = await self.db.write(pushes.denied, token, topic, why, self.now())
            case _:
                right = False
        log.info("a hub asked back", mode=legible(mode)[:20], topic=legible(topic)[:300], right=right)
        return right

    async def receive(self, token: str, chunks: AsyncIterable[bytes], content_type: str, signature: str) -> Receipt:
        """Take a delivery in; it is read after the hub has its answer."""
        push = await self.db.read(pushes.by_token, token)
        if push is None or push.state not in (PushState.ASKED, PushState.KEPT):
            return Receipt.UNKNOWN
        body, receipt = bytearray(), Receipt.FULL
        try:
            async for chunk in chunks:
                if self._memory.held + len(chunk) > self.room:
                    return receipt
                self._memory.held += len(chunk)
                body += chunk
            receipt = Receipt.TAKEN if is_signed(push.secret, bytes(body), signature) else Receipt.FORGED
        finally:
            if receipt != Receipt.TAKEN:
                self._memory.held -= len(body)
        if receipt == Receipt.FORGED:
            log.warning("dropped a delivery that was not signed with our secret", topic=push.topic)
            await self.db.write(pushes.forged, push.id)
            return receipt
        self._memory.waiting.append(_Parcel(push.id, push.feed_id, bytes(body), content_type))
        if not self._readers:
            self._readers.add(reader := asyncio.create_task(self._read_all()))
            reader.add_done_callback(self._readers.discard)
        return receipt

    async def finish(self) -> None:
        """Wait until all that was taken in is read."""
        while self._readers:
            await asyncio.wait(self._readers)

    async def give_up(self) -> None:
        for reader in list(self._readers):
            reader.cancel()
        await self.finish()

    async def _read_all(self) -> None:
        while self._memory.waiting:
            parcel = self._memory.waiting.popleft()
            await guarded(f"push of feed {parcel.feed_id}", self._read(parcel), self.crashed)
            self._memory.held -= len(parcel.body)

    async def _read(self, parcel: _Parcel) -> None:
        # Hubs of the days before WebSub may only ring: there is news, come and see.
        rings = not parcel.body.strip()
        new = 0 if rings else await self.take(parcel.feed_id, parcel.body, parcel.content_type)
        await self.db.write(pushes.heard, parcel.push_id, self.now(), ask=rings)
        log.info("told by a hub", feed_id=parcel.feed_id, new=new)
