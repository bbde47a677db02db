"""Hand messages to another program: one POST each, to an address that may be secret."""

import asyncio
import os
import re
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace, TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import aiohttp

from monitor.core.formats.hook import signature
from monitor.core.text import legible
from monitor.net.post import Message, SendFailed, SendResult, Sent, Unreachable, Witness

_REPLY_READ, _REPLY_KEPT = 2_048, 200
_REASON_LIMIT = 300
# Refusals that may pass; others of the 4xx say that this will never be taken.
# What is wrong with the message itself. A wrong address or token is mended by an operator, who wants what waits.
_FOR_GOOD = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_LEAST_SECRET = 4


@dataclass(frozen=True, slots=True)
class Hook:
    """`tls` is the system's unless given."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    content_type: str = "application/json"
    user_agent: str = "feed-monitor"
    timeout: timedelta = timedelta(seconds=15)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(slots=True)
class _Progress:
    """How far a request has got. `out`: its first bytes have left; `status` is 0 until the answer begins."""

    out: bool = False
    status: int = 0
    phrase: str = ""
    moved_to: str = ""
    said: bytes = b""


class HookDoor:
    def __init__(self, hook: Hook, witness: Witness = lambda step: None) -> None:
        self._hook = hook
        self._witness = witness
        parts = urlsplit(hook.url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = (hook.tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def greet(self) -> str:
        """Connect, and encrypt, but ask for nothing: whatever is posted would count."""
        try:
            async with asyncio.timeout(self._seconds):
                _, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        except (OSError, TimeoutError, ValueError) as error:
            return self._reason(_said(error) or f"no connection within {self._seconds:g} s")
        writer.close()
        return ""

    async def send(self, message: Message) -> SendResult:
        progress = _Progress()
        self._witness("hook: before posting")
        try:
            async with asyncio.timeout(self._seconds):
                await self._post(message, progress)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # Once the answer has begun, its status says how it went, however it ends.
            if not progress.status:
                return self._broken_off(error, progress)
        result = self._verdict(progress)
        if isinstance(result, Sent):
            self._witness("hook: accepted")
        return result

    async def _post(self, message: Message, progress: _Progress) -> None:
        headers = {
            "Content-Type": self._hook.content_type,
            "User-Agent": self._hook.user_agent,
            # Nobody reads enough of the answer for squeezing it to pay.
            "Accept-Encoding": "identity",
            "X-Feed-Monitor-Delivery": message.message_id,
        }
        if self._hook.secret:
            headers["X-Feed-Monitor-Signature"] = signature(message.content, self._hook.secret)
        async with self._opened().post(
            self._hook.url,
            data=message.content,
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=progress,
            ssl=self._tls or True,
        ) as response:
            progress.moved_to = response.headers.get("Location", "")
            progress.phrase = response.reason or ""
            progress.status = response.status
            while len(progress.said) < _REPLY_READ and (more := await response.content.read(_REPLY_READ)):
                progress.said += more

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_noted)
            self._session = aiohttp.ClientSession(
                # A connection that was kept may be dead, and then nobody knows whether the message went through it.
                connector=aiohttp.TCPConnector(force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),
                trace_configs=[trace],
            )
        return self._session

    def _verdict(self, progress: _Progress) -> SendResult:
        status = progress.status
        if 300 <= status < 400:
            return SendFailed(
                self._reason(f"{status}: it moved{_where(progress)}; write the new address into the config")
            )
        said = progress.said[:_REPLY_READ].decode("utf-8", "replace")
        kept = self._unsaid(legible(said)[:_REPLY_KEPT])
        reply = f"{status} {self._unsaid(legible(progress.phrase))[:60]} {kept}".strip()
        if 200 <= status < 300:
            return Sent(" ".join(reply.split())[:_REASON_LIMIT])
        return SendFailed(self._reason(" ".join(reply.split())), permanent=status in _FOR_GOOD)

    def _broken_off(self, error: Exception, progress: _Progress) -> SendResult:
        if isinstance(error, TimeoutError):
            said = "no answer" if progress.out else "no connection"
            reason = self._reason(f"{said} within {self._seconds:g} s")
        else:
            reason = self._reason(_said(error) or type(error).__name__)
        return SendFailed(reason, doubtful=True) if progress.out else Unreachable(reason)

    def _reason(self, said: str) -> str:
        return f"{self._host}:{self._port}: {self._unsaid(legible(said))}"[:_REASON_LIMIT]

    def _unsaid(self, text: str) -> str:
        parts = urlsplit(self._hook.url)
        names = (self._hook.secret, self._hook.url, f"{parts.path}?{parts.query}", parts.username, parts.password)
        return unsaid(text, [*(name or "" for name in names), *pieces(f"{parts.path}?{parts.query}")])

    @property
    def _seconds(self) -> float:
        return self._hook.timeout.total_seconds()


def pieces(address: str) -> list[str]:
    """The parts of an address any of which may be the secret in it, as written and as meant."""
    spellings = (address, unquote(address))
    return [piece for spelling in spellings for piece in re.split(r"[/:@?&=#,;\s]+", spelling)]


def unsaid(text: str, secrets: list[str]) -> str:
    """The text without the secrets; one of a few letters would only blot out words."""
    for secret in sorted({*secrets}, key=len, reverse=True):
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret, "…")
    return text


async def _noted(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.out = True


def _where(progress: _Progress) -> str:
    """The host alone: the rest of the address may be as secret as the old one."""
    try:
        host = urlsplit(progress.moved_to).hostname
    except ValueError:
        host = None
    return f" to {legible(host)[:100]}" if host else ""


def _said(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    match inner:
        case ssl.SSLCertVerificationError():
            return f"no trusted TLS connection ({inner.verify_message})"
        case ssl.SSLError():
            return f"no TLS connection ({inner.reason})"
        case socket.gaierror():
            return "no address known for it"
        case aiohttp.ServerDisconnectedError():
            return "it hung up without an answer"
        case OSError(errno=int(number)):
            return os.strerror(number)
        case _:
            return str(inner).partition("\n")[0]
