"""The parsers' cell: persistent child processes with limits, that may be killed.

40 KB of hostile XML keep feedparser busy for 10 s and more. A child that takes too long, or too much memory,
costs one feed its turn; the event loop never waits for it.

    the program --- starts once ---> the nursery, which has imported everything and reads nothing
        |                                |  forks in a few milliseconds; what was imported is shared memory
        +--- a socket each ----------> children, which read documents

Children are killed and reaped by the nursery alone: nobody else knows for certain that a number is still theirs.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from monitor.cell.line import ANSWER, ENTRIES, LENGTH, PID
from monitor.core.values import NotAFeed, ParsedEntry, ParsedFeed

# Of a piece of an answer; a longer one is none of ours.
_LONGEST = 32 << 20
# Whoever breaks out of the parser finds no password here.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
# What was large goes back to the system as soon as it is free.
_THRIFT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
# A busy machine may need so long for the seconds of its processor that a child is allowed.
DEADLINE = timedelta(seconds=30)
_ORDINARY = 500_000
# After so many seconds a document is suspect, and its reader stands back behind all others.
_PATIENCE, _LAST = 1.0, 10

Parse = Callable[[bytes, str, str, bytes], Awaitable[ParsedFeed | NotAFeed]]


class Cell:
    """Children start when they are needed: at most `size` for documents of an ordinary size and one for large ones,
    so that neither a large document keeps the others waiting, nor several of them fill the memory. While documents
    keep their readers for long, up to `spare` others take their places."""

    def __init__(self, size: int = 2, spare: int = 4, deadline: timedelta = DEADLINE) -> None:
        self._deadline = deadline.total_seconds()
        self._spare = spare
        self._nursery = _Nursery()
        # The one that read last is asked first, so that a quiet service keeps one child busy and the others asleep.
        self._ordinary: _Places = asyncio.LifoQueue()
        self._large: _Places = asyncio.LifoQueue()
        for places, number in ((self._ordinary, size), (self._large, 1)):
            for _place in range(number):
                places.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for places in (self._ordinary, self._large):
            while not places.empty():
                if (child := places.get_nowait()) is not None:
                    child.close()
        await self._nursery.close()

    async def parse(
        self, document: bytes, url: str = "", content_type: str = "", known: bytes = b""
    ) -> ParsedFeed | NotAFeed:
        """`core.parse`, or NotAFeed when the document killed its child."""
        places = self._ordinary if len(document) <= _ORDINARY else self._large
        child = await places.get()
        kept: _Child | None = None
        try:
            child = child or await self._nursery.child()
            patience = asyncio.get_running_loop().call_later(_PATIENCE, self._make_way, child, places)
            try:
                async with asyncio.timeout(self._deadline):
                    answer = await child.ask(document, url, content_type, known)
                if not (child.stands_back or child.worn):
                    kept = child
            except TimeoutError:
                answer = NotAFeed(f"took more than {self._deadline:g} s to read and was given up", killed=True)
            except ConnectionError:
                answer = NotAFeed("broke its reader (out of time or memory)", killed=True)
            finally:
                patience.cancel()
                if kept is None:
                    child.close()
                    await self._nursery.end(child.pid)
            return answer
        finally:
            if child is not None and child.replaced:
                self._spare += 1
            else:
                places.put_nowait(kept)

    def _make_way(self, child: "_Child", places: "_Places") -> None:
        """A document that takes so long is suspect: others need not wait for its reader."""
        child.stand_back()
        if places is self._ordinary and self._spare:
            self._spare -= 1
            child.replaced = True
            places.put_nowait(None)


@dataclass(slots=True)
class _Child:
    """One that `stands_back` does so for good, and so reads nothing more; neither does one that is `worn`.
    `replaced`: its place is another's."""

    pid: int
    line: socket.socket
    stands_back: bool = False
    worn: bool = False
    replaced: bool = False

    async def ask(self, document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
        about = json.dumps([url, content_type]).encode()
        head = b"".join(LENGTH.pack(len(part)) + part for part in (about, known))
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.line, head + LENGTH.pack(len(document)))
        # By itself: a large document would be copied to be joined.
        await loop.sock_sendall(self.line, document)
        answer = ANSWER.validate_json(await self._piece())
        entries: list[ParsedEntry] = []
        while piece := await self._piece():
            entries += ENTRIES.validate_json(piece)
            # Pieces that have all come already would otherwise be read in one go.
            await asyncio.sleep(0)
        self.worn = bool(*await self._received(1))
        return replace(answer, entries=tuple(entries)) if isinstance(answer, ParsedFeed) else answer

    async def _piece(self) -> bytearray:
        (length,) = LENGTH.unpack(await self._received(LENGTH.size))
        if length > _LONGEST:
            raise ConnectionAbortedError("the child has lost its mind")
        return await self._received(length)

    async def _received(self, length: int) -> bytearray:
        answer = bytearray(length)
        room = memoryview(answer)
        while room:
            came = await asyncio.get_running_loop().sock_recv_into(self.line, room)
            if not came:
                raise ConnectionResetError("the child is dead")
            room = room[came:]
        return answer

    def stand_back(self) -> None:
        """Let others have the processor first, where the sandbox allows it."""
        self.stands_back = True
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _LAST)

    def close(self) -> None:
        """An idle child ends when its line is cut."""
        self.line.close()


_Places = asyncio.LifoQueue[_Child | None]


class _Nursery:
    """The process that children come from; another one is started should it have died."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def child(self) -> _Child:
        async with self._turn:
            try:
                return await self._child(await self._started())
            except ConnectionError:
                await self._close()
                return await self._child(await self._started())

    async def end(self, pid: int) -> None:
        async with self._turn:
            if self._line is not None:
                # If the nursery is dead nobody can be sure whose number it is; a child's own limits end it then.
                with suppress(ConnectionError):
                    await asyncio.get_running_loop().sock_sendall(self._line, b"-" + PID.pack(pid))

    async def close(self) -> None:
        async with self._turn:
            await self._close()

    async def _close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            await self._process.wait()
            self._process = None

    async def _started(self) -> socket.socket:
        if self._line is not None:
            return self._line
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-m",
                "monitor.cell.child",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                env=_THRIFT | {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        self._line = ours
        return ours

    async def _child(self, line: socket.socket) -> _Child:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(line, [b"+" + PID.pack(0)], [theirs.fileno()])
            # Four bytes come in one piece, or none does.
            answer = await loop.sock_recv(line, PID.size)
            if not answer:
                raise ConnectionResetError("the nursery is dead")  # noqa: TRY301
        except BaseException:
            # An answer that nobody waits for any more must not be the next one's.
            ours.close()
            await self._close()
            raise
        (pid,) = PID.unpack(answer)
        ours.setblocking(False)
        return _Child(pid, ours)
