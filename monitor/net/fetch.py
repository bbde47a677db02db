"""Ask a server for a feed: conditionally, within limits of time and size, one request per host at a time."""

import asyncio
import ssl
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self, TypeVar
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from monitor.core.text import legible
from monitor.net.addresses import Dialler, IsPublic, NotPublicError, Resolve, SystemNames, is_public
from monitor.net.answers import NO_ANSWER, Answer, Hop, asked_to_wait, explained, fresh_for, hub_and_topic, validator
from monitor.net.bodies import Intake, TooLargeError
from monitor.net.hosts import Hosts
from monitor.net.lines import RamblingError, drawn_by
from monitor.net.trips import MOST_REDIRECTS, PLAIN, Access, Trip, web_address
from monitor.net.troubles import FetchFailed, Trouble, failed, failure

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
_CONNECT = 10.0
_LONGEST_REPLY = 10_000
_GOOD = (200, 203)
_NO_ROOM = nullcontext()


@dataclass(frozen=True, slots=True)
class FeedRequest:
    url: str
    etag: str = ""
    last_modified: str = ""
    access: Access = PLAIN


@dataclass(frozen=True, slots=True)
class Fetched:
    """`room` is what a large document takes up: whoever reads many wraps that in `with fetched.room`, so that only a
    few large ones are there at once."""

    body: bytes
    url: str
    content_type: str
    etag: str
    last_modified: str
    answer: Answer = NO_ANSWER
    room: AbstractContextManager[None] = field(default=_NO_ROOM, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unchanged:
    answer: Answer = NO_ANSWER


@dataclass(frozen=True, slots=True)
class Posted:
    """Any answer at all; `reason` is what the server wrote, in one line."""

    status: int
    reason: str


FetchResult = Fetched | Unchanged | FetchFailed
Fetch = Callable[[FeedRequest], Awaitable[FetchResult]]
Result = TypeVar("Result")
Take = Callable[[aiohttp.ClientResponse, Trip], Awaitable[Result]]


class Fetcher:
    """`async with Fetcher(...) as fetcher: await fetcher.fetch(request)`.

    `resolve` and `tls` are the system's unless given; `judge` says which addresses count as public.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout: timedelta,
        largest: int,
        connections: int,
        host_pause: timedelta,
        now: Callable[[], datetime],
        resolve: Resolve | None = None,
        judge: IsPublic = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._timeout = timeout.total_seconds()
        self._largest = largest
        self._now = now
        self._resolve = resolve
        self._judge = judge
        self._tls = tls
        self._hosts = Hosts(host_pause.total_seconds())
        self._lines = asyncio.Semaphore(connections)
        self._intake, self._replies = Intake(largest), Intake(_LONGEST_REPLY)
        self._life = AsyncExitStack()
        self._dialler: Dialler | None = None

    async def __aenter__(self) -> Self:
        resolve = self._resolve
        if resolve is None:
            resolve = names = SystemNames()
            self._life.callback(names.close)
        self._dialler = Dialler(resolve, self._judge)
        self._public = await self._life.enter_async_context(self._session(self._dialler, public_only=True))
        self._any = await self._life.enter_async_context(self._session(self._dialler, public_only=False))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._dialler = None
        await self._life.aclose()

    async def fetch(self, request: FeedRequest) -> FetchResult:
        conditions = {}
        if request.etag:
            conditions["If-None-Match"] = request.etag
        if request.last_modified:
            conditions["If-Modified-Since"] = request.last_modified
        return await self._ask(request.url, request.access, self._taken_in, conditions)

    async def post(self, url: str, fields: dict[str, str], access: Access = PLAIN) -> Posted | FetchFailed:
        """Send a form; redirects are followed where they keep it (307, 308)."""
        form = urlencode(fields).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._ask(url, access, self._reply, headers, form)

    def _session(self, dialler: Dialler, *, public_only: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=drawn_by(dialler.connector(self._tls or True, public_only=public_only), self._largest),
            cookie_jar=aiohttp.DummyCookieJar(),
            # aiohttp would offer and unpack brotli, of which 1.6 KB become 2 GB; we take gzip and count.
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(_CONNECT, self._timeout)),
            headers={"User-Agent": self._user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"},
        )

    async def _ask(
        self, url: str, access: Access, take: Take[Result], headers: dict[str, str], form: bytes | None = None
    ) -> Result | FetchFailed:
        if self._dialler is None:
            raise RuntimeError("the fetcher is used outside its `async with`")
        try:
            trip = Trip(web_address(URL(url)), access, self._timeout, headers, form)
        except ValueError as error:
            return failed(Trouble.ADDRESS, f'"{url}" is no web address; {error}', NO_ANSWER)
        try:
            while True:
                host = trip.host
                async with self._hosts.turn(host), self._lines:
                    # A redirect within the host is the same visit: no pause, no other visitor in between.
                    while trip.host == host:
                        result = await self._step(self._dialler, trip, take)
                        if result is not None:
                            return result
        except aiohttp.ConnectionTimeoutError:
            reason = f"no connection to {trip.host} within {min(_CONNECT, self._timeout):g} s"
            return failed(Trouble.TIMEOUT, reason, trip.answer)
        except TimeoutError:
            return failed(Trouble.TIMEOUT, f"no complete answer within {self._timeout:g} s", trip.answer)
        except (
            aiohttp.ClientError, NotPublicError, TooLargeError, RamblingError, zlib.error, ValueError, OSError,
        ) as error:  # fmt: skip
            return failure(error, self._largest, trip.answer)

    async def _step(self, dialler: Dialler, trip: Trip, take: Take[Result]) -> Result | FetchFailed | None:
        """One request and its answer; None when that leads on."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            # A deadline around everything: a server that sends a byte a second never times out by itself.
            async with asyncio.timeout(trip.left):
                return await self._exchange(dialler, trip, take)
        finally:
            trip.left -= clock() - began

    async def _exchange(self, dialler: Dialler, trip: Trip, take: Take[Result]) -> Result | FetchFailed | None:
        access = trip.access
        if access.proxy and not access.allow_private:
            await dialler.vet(trip.url.host or "", trip.url.port or 0)
        session = self._any if access.proxy or access.allow_private else self._public
        async with session.request(
            "GET" if trip.form is None else "POST",
            trip.url,
            headers=trip.headers,
            data=trip.form,
            allow_redirects=False,
            proxy=access.proxy or None,
        ) as response:
            if trip.leads_on(response.status, response.headers):
                return trip.follow(response.status, response.headers["Location"], self._answer(response, trip))
            return await take(response, trip)

    async def _taken_in(self, response: aiohttp.ClientResponse, trip: Trip) -> FetchResult:
        headers, answer = response.headers, self._answer(response, trip)
        if response.status == 304 and trip.conditions:
            return Unchanged(answer)
        if response.status not in _GOOD:
            return FetchFailed(
                Trouble.HTTP,
                legible(f"{response.status} {response.reason or ''}")[:200],
                asked_to_wait(headers.get("Retry-After", ""), self._now()),
                gone=response.status == 410,
                answer=answer,
            )
        body, room = await self._intake.document(response)
        return Fetched(
            body,
            answer.url,
            legible(headers.get("Content-Type", "")),
            validator(headers.get("ETag", "")),
            validator(headers.get("Last-Modified", "")),
            answer,
            room,
        )

    async def _reply(self, response: aiohttp.ClientResponse, _trip: Trip) -> Posted:
        try:
            said, _ = await self._replies.document(response)
        except (TooLargeError, ValueError, zlib.error):
            said = b""
        return Posted(response.status, legible(said.decode("utf-8", "replace") or response.reason or "")[:300])

    def _answer(self, response: aiohttp.ClientResponse, trip: Trip) -> Answer:
        headers = response.headers
        hub, topic = hub_and_topic(headers, trip.url) if "Link" in headers else ("", "")
        return Answer(
            response.status,
            str(trip.url),
            trip.hops,
            trip.moved_to,
            fresh_for(headers, self._now()),
            hub,
            topic,
            explained(headers),
            trip.host,
        )


__all__ = [
    "MOST_REDIRECTS",
    "Access",
    "Answer",
    "FeedRequest",
    "Fetch",
    "FetchFailed",
    "FetchResult",
    "Fetched",
    "Fetcher",
    "Hop",
    "Posted",
    "Trouble",
    "Unchanged",
]
