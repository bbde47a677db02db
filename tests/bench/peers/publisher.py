"""The web server of all the feeds, in a process of its own, whose time counts for nobody.

    python -m tests.bench.peers.publisher FEEDS

Feed 7 is http://127.1.0.7:PORT/7: a host of its own, so that nobody's politeness to one host slows them all down.
The port is the first line said; then each line heard, `deaf` or `hears` (of conditions) and `old` or `new`, is
answered with the number of requests since the line before, and of those that were met with a 304.
"""

import asyncio
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen

from tests.bench.peers.news import document, shape_of

_ROOT = Path(__file__).parents[3]
_TAG = re.compile(rb"\r\nif-none-match: *([^\r]*)", re.IGNORECASE)
_DATE = re.compile(rb"\r\nif-modified-since: *([^\r]*)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close|^\S+ \S+ HTTP/1.0", re.IGNORECASE)
_DATES = (b"Mon, 23 Nov 2026 06:00:00 GMT", b"Tue, 24 Nov 2026 06:00:00 GMT")


def address(feed: int, port: int) -> str:
    return f"http://127.1.{feed // 250}.{feed % 250 + 1}:{port}/{feed}"


@dataclass
class _Shelf:
    """Every document twice: as it is at first, and with one entry more."""

    documents: list[tuple[bytes, bytes]]
    grown: bool = False
    deaf: bool = False
    asked: int = 0
    spared: int = 0

    def answer(self, request: bytes) -> bytes:
        self.asked += 1
        feed = int(request.split(b" ", 2)[1].lstrip(b"/"))
        tag, date = b'"%d-%d"' % (feed, self.grown), _DATES[self.grown]
        validators = b"ETag: %s\r\nLast-Modified: %s\r\n" % (tag, date)
        condition = _TAG.search(request) or _DATE.search(request)
        if condition and not self.deaf and condition[1].strip() in (tag, date):
            self.spared += 1
            return b"HTTP/1.1 304 Not Modified\r\n%s\r\n" % validators
        body = self.documents[feed][self.grown]
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
        return head % (shape_of(feed).content_type.encode(), len(body), validators) + body


@dataclass
class _Talk(asyncio.Protocol):
    shelf: _Shelf
    heard: bytes = b""
    line: asyncio.Transport | None = field(default=None)

    def connection_made(self, line: asyncio.BaseTransport) -> None:
        assert isinstance(line, asyncio.Transport)
        self.line = line
        if not line.get_extra_info("peername")[0].startswith("127."):
            line.abort()

    def data_received(self, heard: bytes) -> None:
        self.heard += heard
        while self.line is not None and b"\r\n\r\n" in self.heard:
            request, self.heard = self.heard.split(b"\r\n\r\n", 1)
            self.line.write(self.shelf.answer(request))
            if _CLOSE.search(request):
                self.line.close()


async def _serve(feeds: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    shelf = _Shelf([(document(feed), document(feed, 1)) for feed in range(feeds)])
    loop = asyncio.get_running_loop()
    # Every address of 127/8 is this machine; only a server on all addresses hears them all.
    server = await loop.create_server(lambda: _Talk(shelf), "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    while line := await asyncio.to_thread(sys.stdin.readline):
        for word in line.split():
            if word in ("deaf", "hears"):
                shelf.deaf = word == "deaf"
            else:
                shelf.grown = word == "new"
        print(shelf.asked, shelf.spared, flush=True)  # noqa: T201
        shelf.asked = shelf.spared = 0


class Publisher:
    """The server from outside: its feeds' addresses, and how it answers from now on."""

    def __init__(self, process: "Popen[str]", feeds: int) -> None:
        self._process = process
        port = int(self._line())
        self.urls = [address(feed, port) for feed in range(feeds)]
        self.items = sum(shape_of(feed).items for feed in range(feeds))

    def says(self, words: str = "") -> tuple[int, int]:
        """Answer so from now on; how many requests there were since the last time, and how many met with a 304."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()
        asked, spared = map(int, self._line().split())
        return asked, spared

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def publishing(feeds: int) -> Iterator[Publisher]:
    command = [sys.executable, "-m", "tests.bench.peers.publisher", str(feeds)]
    with Popen(command, cwd=_ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        try:
            yield Publisher(process, feeds)
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
