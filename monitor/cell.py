"""The parsers' cell: persistent child processes with limits, that may be killed.

40 KB of hostile XML keep feedparser busy for 10 s and more. A child that takes too long, or too much memory,
costs one feed its turn; the event loop never waits for it.
"""

import asyncio
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Self

from pydantic import TypeAdapter

from monitor.core.parse import parse
from monitor.core.values import NotAFeed, ParsedFeed

_LENGTH = struct.Struct(">I")
_ANSWER: TypeAdapter[ParsedFeed | NotAFeed] = TypeAdapter(ParsedFeed | NotAFeed)
_MEMORY = 512 << 20
# Whoever breaks out of the parser finds no password here.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
_CPU_SECONDS = 6
DEADLINE = timedelta(seconds=8)

Parse = Callable[[bytes, str, str], Awaitable[ParsedFeed | NotAFeed]]


class Cell:
    """A pool of `size` children, started when first needed."""

    def __init__(self, size: int = 2, deadline: timedelta = DEADLINE) -> None:
        self._deadline = deadline.total_seconds()
        self._idle: asyncio.LifoQueue[asyncio.subprocess.Process | None] = asyncio.LifoQueue()
        self._size = size

    async def __aenter__(self) -> Self:
        for _place in range(self._size):
            self._idle.put_nowait(None)
        return self

    async def __aexit__(self, *_: object) -> None:
        for _place in range(self._size):
            child = await self._idle.get()
            if child is not None:
                await _end(child)

    async def parse(self, document: bytes, url: str, content_type: str) -> ParsedFeed | NotAFeed:
        """`core.parse`, or NotAFeed when the document killed its child."""
        child = await self._idle.get()
        try:
            if child is None or child.returncode is not None:
                child = await _spawn()
            try:
                async with asyncio.timeout(self._deadline):
                    return await _ask(child, document, url, content_type)
            except TimeoutError:
                return await self._killed(child, f"took more than {self._deadline:g} s to read and was given up")
            except (asyncio.IncompleteReadError, ConnectionError):
                return await self._killed(child, "broke its reader (out of time or memory)")
            except BaseException:
                await _end(child)
                raise
        finally:
            self._idle.put_nowait(None if child is None or child.returncode is not None else child)

    async def _killed(self, child: asyncio.subprocess.Process, reason: str) -> NotAFeed:
        await _end(child)
        return NotAFeed(reason)


async def _spawn() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "monitor.cell",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )


async def _ask(
    child: asyncio.subprocess.Process, document: bytes, url: str, content_type: str
) -> ParsedFeed | NotAFeed:
    if child.stdin is None or child.stdout is None:
        raise ConnectionError("the child has no pipes")
    about = json.dumps([url, content_type]).encode()
    child.stdin.write(_LENGTH.pack(len(about)) + about + _LENGTH.pack(len(document)) + document)
    await child.stdin.drain()
    (length,) = _LENGTH.unpack(await child.stdout.readexactly(_LENGTH.size))
    return _ANSWER.validate_json(await child.stdout.readexactly(length))


async def _end(child: asyncio.subprocess.Process) -> None:
    # Not `child.kill()`: it reaps a child that has died already, and asyncio then misses it.
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    await child.wait()


def _serve() -> None:
    """The child's side: read a document, answer, until the pipe closes."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while head := source.read(_LENGTH.size):
        url, content_type = json.loads(source.read(*_LENGTH.unpack(head)))
        document = source.read(*_LENGTH.unpack(source.read(_LENGTH.size)))
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + _CPU_SECONDS, resource.RLIM_INFINITY))
        answer = _ANSWER.dump_json(_parsed(document, url, content_type))
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _parsed(document: bytes, url: str, content_type: str) -> Any:
    try:
        return parse(document, url, content_type)
    # feedparser raises a dozen kinds of exception on mutated documents; each is one feed's trouble.
    except Exception as error:  # noqa: BLE001
        return NotAFeed(f"the parser gave up on it ({type(error).__name__}: {str(error)[:120]})")


if __name__ == "__main__":
    _serve()
