"""One connection to a server, cut when what comes over it grows out of all proportion."""

import asyncio
from functools import partial

from aiohttp import TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader

from monitor.net.bodies import TooLargeError

_MOST_INTERIM = 16
# Read in one go by asyncio: more before the answer's own head can only be interim answers, or a head without measure.
_LONGEST_HEAD = 262_144
# Of a server's bytes, at a time: so many in tiny chunks take 10 ms to tell apart.
_AT_ONCE = 32_768


class RamblingError(Exception):
    """The server goes on and on without coming to its answer."""


class Line(ResponseHandler):
    """Counts what the parser does not: bytes in all, and the interim answers (1xx) that it takes without end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        super().__init__(loop)
        self._most = most
        self._heard = 0
        self._interim = 0
        self._answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # asyncio takes 256 KB, and lets nobody else have a turn meanwhile.
        transport.max_size = _AT_ONCE  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._heard += len(data)
        if self._heard > (self._most if self._answered else _LONGEST_HEAD + len(data)):
            self._cut(TooLargeError() if self._answered else RamblingError("its headers have no end"))
            return
        super().data_received(data)
        if (payload := self._payload) is not None and self._heard > _LONGEST_HEAD + 2 * payload.total_bytes:
            self._cut(RamblingError("its document is mostly wrapping"))

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        if 100 <= data[0].code < 200 and data[0].code != 101:
            self._interim += 1
            if self._interim > _MOST_INTERIM:
                self._cut(RamblingError(f"more than {_MOST_INTERIM} interim answers"))
            return
        self._answered = True
        super().feed_data(data, size)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        # The first one tells what happened; losing the line afterwards is only its consequence.
        if self.exception() is None:
            super().set_exception(exc, *([exc_cause] if exc_cause else []))

    def close(self) -> None:
        # A TLS line would wait half a minute for the other side's goodbye, and go on reading meanwhile.
        self.abort()

    def _cut(self, error: Exception) -> None:
        payload = self._payload
        self.abort()
        if payload is not None:
            payload.set_exception(error)
        self.set_exception(error)


def drawn_by(connector: TCPConnector, largest: int) -> TCPConnector:
    """The connector, made to draw such lines; `largest` is the size of a document in bytes."""
    connector._factory = partial(_line, largest + largest // 4 + _LONGEST_HEAD, asyncio.get_running_loop())
    return connector


def _line(most: int, loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return Line(loop, most)
