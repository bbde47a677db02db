"""Ask a server for a feed: conditionally, within limits of time and size, one request per host at a time."""

import asyncio
import ssl
import zlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from monitor.core.text import legible

MOST_REDIRECTS = 5
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)


class Trouble(StrEnum):
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP = "http"
    REDIRECT = "redirect"
    SIZE = "size"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True)
class FeedRequest:
    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    body: bytes
    url: str
    content_type: str
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    pass


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """`asked_to_wait` is the server's Retry-After; `gone` is its word that the feed will not come back."""

    trouble: Trouble
    reason: str
    asked_to_wait: timedelta = timedelta()
    gone: bool = False


FetchResult = Fetched | Unchanged | FetchFailed
Fetch = Callable[[FeedRequest], Awaitable[FetchResult]]


class _TooLargeError(Exception):
    pass


class Fetcher:
    """`async with Fetcher(...) as fetcher: await fetcher.fetch(request)`."""

    def __init__(
        self,
        *,
        user_agent: str,
        timeout: timedelta,
        largest: int,
        connections: int,
        host_pause: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._user_agent = user_agent
        self._timeout = timeout.total_seconds()
        self._largest = largest
        self._connections = connections
        self._host_pause = host_pause.total_seconds()
        self._now = now
        self._hosts: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free_at: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            # aiohttp would offer and unpack brotli, of which 1.6 KB become 2 GB; we take gzip and count.
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(10.0, self._timeout)),
            headers={
                "User-Agent": self._user_agent,
                "Accept": _ACCEPT,
                "Accept-Encoding": "gzip",
            },
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, request: FeedRequest) -> FetchResult:
        host = urlsplit(request.url).netloc.lower()
        clock = asyncio.get_running_loop().time
        async with self._hosts[host]:
            await asyncio.sleep(max(0.0, self._free_at.get(host, 0.0) - clock()))
            try:
                # A deadline around everything: a server that sends a byte a second never times out by itself.
                async with asyncio.timeout(self._timeout):
                    result = await self._ask(request)
            except TimeoutError:
                return FetchFailed(Trouble.TIMEOUT, f"no complete answer within {self._timeout:g} s")
            except _TooLargeError:
                return FetchFailed(Trouble.SIZE, f"larger than {self._largest / 1_000_000:g} MB")
            except aiohttp.ClientError as error:
                return _failed(error)
            except (zlib.error, ValueError, OSError) as error:
                return FetchFailed(Trouble.PROTOCOL, legible(f"broken answer ({error})")[:300])
            finally:
                self._free_at[host] = clock() + self._host_pause
        return result

    async def _ask(self, request: FeedRequest) -> FetchResult:
        if self._session is None:
            raise RuntimeError("the fetcher is used outside its `async with`")
        headers = {}
        if request.etag:
            headers["If-None-Match"] = request.etag
        if request.last_modified:
            headers["If-Modified-Since"] = request.last_modified
        async with self._session.get(request.url, headers=headers, max_redirects=MOST_REDIRECTS) as response:
            if response.status == 304 and headers:
                return Unchanged()
            if response.status != 200:
                return FetchFailed(
                    Trouble.HTTP,
                    legible(f"{response.status} {response.reason or ''}")[:200],
                    _asked_to_wait(response.headers.get("Retry-After", ""), self._now()),
                    gone=response.status == 410,
                )
            body = await self._body(response)
            return Fetched(
                body,
                str(response.url),
                legible(response.headers.get("Content-Type", "")),
                _validator(response.headers.get("ETag", "")),
                _validator(response.headers.get("Last-Modified", "")),
            )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "", "gzip", "x-gzip"):
            raise ValueError(f"content encoding {encoding!r} was not asked for")
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in encoding else None
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            rest = chunk
            while rest:
                body += unpacker.decompress(rest, self._largest + 1 - len(body)) if unpacker else rest
                if len(body) > self._largest:
                    raise _TooLargeError
                # After its end more members may follow (RFC 1952 2.2), or zeros that only fill up.
                rest = unpacker.unused_data.lstrip(b"\0") if unpacker else b""
                if rest:
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        if unpacker and not unpacker.eof:
            raise ValueError("the gzip stream ends too early")
        return bytes(body)


def _failed(error: aiohttp.ClientError) -> FetchFailed:
    match error:
        case aiohttp.TooManyRedirects():
            trouble, reason = Trouble.REDIRECT, f"more than {MOST_REDIRECTS} redirects"
        case aiohttp.NonHttpUrlClientError() | aiohttp.InvalidURL():
            trouble, reason = Trouble.REDIRECT, f"redirected to what is no web address ({error})"
        case aiohttp.ClientConnectorDNSError():
            trouble, reason = Trouble.DNS, f"no address known for {error.host}"
        case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
            trouble, reason = Trouble.TLS, f"no trusted TLS connection ({_cause(error)})"
        case aiohttp.ClientConnectorError():
            trouble, reason = Trouble.CONNECT, f"cannot connect to {error.host}:{error.port} ({_cause(error)})"
        case _:
            trouble, reason = Trouble.PROTOCOL, f"broken answer ({type(error).__name__}: {str(error)[:120]})"
    return FetchFailed(trouble, legible(reason)[:300])


def _validator(said: str) -> str:
    """An ETag or date to send back one day; "" for one whose bytes are no text and could not be stored."""
    return said if said.isascii() and said.isprintable() else ""


def _cause(error: aiohttp.ClientError) -> str:
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    return getattr(inner, "strerror", None) or str(inner)


def _asked_to_wait(said: str, now: datetime) -> timedelta:
    """Retry-After in seconds or as a date; nothing for what cannot be read."""
    try:
        if said.strip().isdigit():
            return timedelta(seconds=min(int(said), 10_000_000))
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    return max(timedelta(), (until if until.tzinfo else until.replace(tzinfo=UTC)) - now)
