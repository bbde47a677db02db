"""uvicorn in a loop that is not its own, on a line that everybody may open and nobody may keep."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.app import App

_MOST_HEADERS = 16_384  # bytes
_LINGER = 5  # seconds, for requests under way when the server stops
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self';"
        b" frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex, nofollow"),
]


class _Line(H11Protocol):
    """A connection that is cut when a request is not complete and answered within `patience` seconds: uvicorn itself
    waits for ever. When more than `most` are open, the one that has kept us waiting longest is cut."""

    def __init__(self, *args: Any, patience: float, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience, self._most = patience, most
        self._since = 0.0
        self._cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_from_now()
        open_now = [line for line in self.connections if isinstance(line, _Line) and not line.transport.is_closing()]
        if len(open_now) > self._most:
            min(open_now, key=lambda line: line._since).transport.abort()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_from_now()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._cut is not None:
            self._cut.cancel()
        super().connection_lost(exc)

    def _wait_from_now(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
        self._since = self.loop.time()
        self._cut = self.loop.call_later(self._patience, self.transport.abort)


class _Server(uvicorn.Server):
    """Stops when told to by `should_exit`. The signals are the service's: uvicorn would raise them again at its end
    and cut off what is under way."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class WebDoor:
    """Serves an app's pages on its `web.listen` while it has a `public_url`. `alone`: it is not the service that does,
    but a program of its own. `patience` is in seconds, for one request; `most` in connections."""

    pages: Callable[[App], ASGIApp]
    alone: bool = False
    patience: float = 30.0
    most: int = 200
    port: int = 0
    _current: ASGIApp | None = None
    _listen: str = ""
    _server: _Server | None = None
    _serving: asyncio.Task[None] | None = None

    async def follow(self, app: App | None) -> None:
        """Serve this app from now on; None: nobody any more. Raises OSError where it cannot listen, and goes on as
        before."""
        web = app.config.settings.web if app is not None else None
        listen = web.listen if web is not None and web.public_url and web.alone is self.alone else ""
        opened = _listening(listen) if listen not in ("", self._listen) else None
        if app is not None and listen:
            self._current = self.pages(app)
        if listen != self._listen:
            await self._close()
            self._listen = listen
        if opened is not None:
            self._open(opened)

    def _open(self, listener: socket.socket) -> None:
        config = uvicorn.Config(
            self._answer,
            http=partial(_Line, patience=self.patience, most=self.most),  # type: ignore[arg-type]
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="error",  # below that it repeats what strangers send
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=_MOST_HEADERS,
            timeout_graceful_shutdown=_LINGER,
        )
        self.port = listener.getsockname()[1]
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve([listener]), name="web")

    async def _close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        self._server = self._serving = None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._current is not None:
            await self._current(scope, receive, _strictly(send))


def _strictly(send: Send) -> Send:
    """What a page does not say of itself is said as strictly as can be."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(each for each in _HEADERS if each[0] not in given)]
        await send(message)

    return sent


def _listening(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        listener = socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise OSError(f"cannot listen on {listen} ({reason}); choose another `listen` under [web]") from None
    # asyncio does this by itself only for sockets that it made; without it every answer waits for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
