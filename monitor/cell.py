"""The parsers' cell: persistent child processes with limits, that may be killed.

40 KB of hostile XML keep feedparser busy for 10 s and more. A child that takes too long, or too much memory,
costs one feed its turn; the event loop never waits for it.

    the program --- starts once ---> the nursery, which has imported everything and reads nothing
        |                                |  forks in a few milliseconds; what was imported is shared memory
        +--- a socket each ----------> children, which read documents

Children are killed and reaped by the nursery alone: nobody else knows for certain that a number is still theirs.
"""

import asyncio
import gc
import json
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from pydantic import TypeAdapter

from monitor.core.parse import parse
from monitor.core.values import NotAFeed, ParsedFeed

_LENGTH = struct.Struct(">I")
_PID = struct.Struct(">i")
_ANSWER: TypeAdapter[ParsedFeed | NotAFeed] = TypeAdapter(ParsedFeed | NotAFeed)
# Of addresses, not of use: what the nursery has imported already takes a good part of it.
_MEMORY = 512 << 20
# Whoever breaks out of the parser finds no password here.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
# Of the processor: what any document may use, and more for every megabyte of it.
_CPU_SECONDS, _CPU_SECONDS_A_MEGABYTE = 3, 1
DEADLINE = timedelta(seconds=12)
_ORDINARY = 500_000
# After so many seconds a document is suspect, and its reader stands back behind all others.
_PATIENCE, _LAST = 0.5, 19

Parse = Callable[[bytes, str, str, bytes], Awaitable[ParsedFeed | NotAFeed]]


class Cell:
    """Children start when they are needed: at most `size` for documents of an ordinary size and one for large ones,
    so that neither a large document keeps the others waiting, nor several of them fill the memory."""

    def __init__(self, size: int = 4, deadline: timedelta = DEADLINE) -> None:
        self._deadline = deadline.total_seconds()
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
            patience = asyncio.get_running_loop().call_later(_PATIENCE, child.stand_back)
            try:
                async with asyncio.timeout(self._deadline):
                    answer = await child.ask(document, url, content_type, known)
                if not child.stands_back:
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
            places.put_nowait(kept)


@dataclass(slots=True)
class _Child:
    """One that `stands_back` does so for good, and so reads nothing more."""

    pid: int
    line: socket.socket
    stands_back: bool = False

    async def ask(self, document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
        about = json.dumps([url, content_type]).encode()
        head = b"".join(_LENGTH.pack(len(part)) + part for part in (about, known))
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.line, head + _LENGTH.pack(len(document)))
        # By itself: a large document would be copied to be joined.
        await loop.sock_sendall(self.line, document)
        (length,) = _LENGTH.unpack(await self._received(_LENGTH.size))
        return _ANSWER.validate_json(await self._received(length))

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
                    await asyncio.get_running_loop().sock_sendall(self._line, b"-" + _PID.pack(pid))

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
                "monitor.cell",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        self._line = ours
        return ours

    async def _child(self, line: socket.socket) -> _Child:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(line, [b"+" + _PID.pack(0)], [theirs.fileno()])
            # Four bytes come in one piece, or none does.
            answer = await loop.sock_recv(line, _PID.size)
            if not answer:
                raise ConnectionResetError("the nursery is dead")  # noqa: TRY301
        except BaseException:
            # An answer that nobody waits for any more must not be the next one's.
            ours.close()
            await self._close()
            raise
        (pid,) = _PID.unpack(answer)
        ours.setblocking(False)
        return _Child(pid, ours)


def _raise_children(line: socket.socket) -> None:
    """The nursery's side: fork and kill as told, until the line is cut."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Ctrl-C and systemd tell the whole family; the program still has documents to read before it goes.
        signal.signal(number, signal.SIG_IGN)
    # The collector would touch, and so copy, every page that children share with us.
    gc.collect()
    gc.freeze()
    while True:
        order, fds, _, _ = socket.recv_fds(line, 1 + _PID.size, 1)
        if not order:
            return
        (pid,) = _PID.unpack(order[1:])
        if order[:1] == b"-":
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            continue
        pid = os.fork()
        if pid == 0:
            line.close()
            with socket.socket(fileno=fds[0]) as own:
                _serve(own)
            os._exit(0)
        os.close(fds[0])
        line.sendall(_PID.pack(pid))


def _serve(line: socket.socket) -> None:
    """The child's side: read a document, answer, until the line is cut."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with line.makefile("rb") as source:
        while head := source.read(_LENGTH.size):
            url, content_type = json.loads(source.read(*_LENGTH.unpack(head)))
            known = source.read(*_LENGTH.unpack(source.read(_LENGTH.size)))
            document = source.read(*_LENGTH.unpack(source.read(_LENGTH.size)))
            used = resource.getrusage(resource.RUSAGE_SELF)
            spent = int(used.ru_utime + used.ru_stime)
            allowed = _CPU_SECONDS + _CPU_SECONDS_A_MEGABYTE * (len(document) // 1_000_000)
            resource.setrlimit(resource.RLIMIT_CPU, (spent + allowed, resource.RLIM_INFINITY))
            answer = _ANSWER.dump_json(_parsed(document, url, content_type, known))
            line.sendall(_LENGTH.pack(len(answer)) + answer)


def _parsed(document: bytes, url: str, content_type: str, known: bytes) -> Any:
    try:
        return parse(document, url, content_type, known)
    # feedparser raises a dozen kinds of exception on mutated documents; each is one feed's trouble.
    except Exception as error:  # noqa: BLE001
        return NotAFeed(f"the parser gave up on it ({type(error).__name__}: {str(error)[:120]})")


if __name__ == "__main__":
    with suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as own_line:
        _raise_children(own_line)
