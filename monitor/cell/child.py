"""The nursery and its children: the side of the cell that reads documents, and may be killed for it."""

import gc
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from monitor.cell.line import ANSWER, ENTRIES, LENGTH, PID
from monitor.core.parse import parse
from monitor.core.values import NotAFeed, ParsedEntry, ParsedFeed

# What a child may add to the memory that it was born with. Honest documents of 0.5 MB add 10 MB, of 2.4 MB up to 62,
# of 8 MB up to 119.
_MEMORY, _MEMORY_A_MEGABYTE, _MOST_MEMORY = 24 << 20, 24 << 20, 128 << 20
# A child that has kept more than this reads nothing more.
_WORN = 12 << 20
# Of the processor: what any document may use, and more for every megabyte of it.
_CPU_SECONDS, _CPU_SECONDS_A_MEGABYTE = 3, 2
# Entries are sent so many at a time: an answer in one piece would keep the program's loop busy for a tenth of a second.
_AT_ONCE = 64


def _raise_children(line: socket.socket) -> None:
    """The nursery's side: fork and kill as told, until the line is cut."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Ctrl-C and systemd tell the whole family; the program still has documents to read before it goes.
        signal.signal(number, signal.SIG_IGN)
    # The collector would touch, and so copy, every page that children share with us.
    gc.collect()
    gc.freeze()
    while True:
        order, fds, _, _ = socket.recv_fds(line, 1 + PID.size, 1)
        if not order:
            return
        (pid,) = PID.unpack(order[1:])
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
        line.sendall(PID.pack(pid))


def _serve(line: socket.socket) -> None:
    """The child's side: read a document, answer, until the line is cut."""
    born_with = _memory()
    resource.setrlimit(resource.RLIMIT_AS, (born_with + _MOST_MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with line.makefile("rb") as source:
        while head := source.read(LENGTH.size):
            url, content_type = json.loads(source.read(*LENGTH.unpack(head)))
            known = source.read(*LENGTH.unpack(source.read(LENGTH.size)))
            (length,) = LENGTH.unpack(source.read(LENGTH.size))
            _limit(length, born_with)
            _answer(line, _parsed(source.read(length), url, content_type, known))
            line.sendall(bytes([_memory() - born_with > _WORN]))


def _memory() -> int:
    """Of addresses, in bytes: what the kernel counts against the limit."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _limit(length: int, born_with: int) -> None:
    """What a document of this length may cost."""
    memory = min(_MEMORY + _MEMORY_A_MEGABYTE * length // 1_000_000, _MOST_MEMORY)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (born_with + memory, most))
    # Not RLIMIT_CPU: what is used already, it counts by ticks, which in half a minute can be seconds off what
    # getrusage says, and an innocent document would pay for it. A timer begins at nought; nobody survives its signal.
    signal.setitimer(signal.ITIMER_PROF, _CPU_SECONDS + _CPU_SECONDS_A_MEGABYTE * length / 1_000_000)


def _answer(line: socket.socket, answer: ParsedFeed | NotAFeed) -> None:
    """Without its entries, then these piece by piece, then an empty piece."""
    entries: tuple[ParsedEntry, ...] = ()
    if isinstance(answer, ParsedFeed):
        entries, answer = answer.entries, replace(answer, entries=())
    _send(line, ANSWER.dump_json(answer))
    for at in range(0, len(entries), _AT_ONCE):
        _send(line, ENTRIES.dump_json(entries[at : at + _AT_ONCE]))
    _send(line, b"")


def _send(line: socket.socket, piece: bytes) -> None:
    line.sendall(LENGTH.pack(len(piece)) + piece)


def _parsed(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
    try:
        return parse(document, url, content_type, known)
    except MemoryError:
        # As good as killed: what it was about to do is done by the next child as well.
        os._exit(1)
    # feedparser raises a dozen kinds of exception on mutated documents; each is one feed's trouble.
    except Exception as error:  # noqa: BLE001
        return NotAFeed(f"the parser gave up on it ({type(error).__name__}: {str(error)[:120]})")


if __name__ == "__main__":
    with suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as own_line:
        _raise_children(own_line)
