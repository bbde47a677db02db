"""What a program costs: CPU, time and memory of all its processes."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_EVERY = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, and bytes at the peak: `pss` shares out what processes have in common, `rss` counts it for each."""

    cpu: float
    wall: float
    pss: int
    rss: int


class TooLongError(Exception):
    """It was stopped because it took longer than it may."""


class FailedError(Exception):
    """It ended with an error; the last lines it said."""


def family(root: int) -> list[int]:
    """The process and all that descend from it, as far as they are alive."""
    found = [root]
    for pid in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    found.extend(map(int, (thread / "children").read_text().split()))
    return found


def cpu_so_far(root: int) -> float:
    """Of the process, its descendants, and those of them that have ended and were waited for."""
    spent = 0.0
    for pid in family(root):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            # Linux numbers the clock of another process so; it counts nanoseconds where /proc counts ticks.
            spent += time.clock_gettime((~pid << 3) | 2) + (int(fields[13]) + int(fields[14])) / _TICKS
    return spent


@dataclass
class Memory:
    """The peak of the family's memory, looked at twenty times a second."""

    root: int
    pss: int = 0
    rss: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def _look(self) -> None:
        pss = rss = 0
        for pid in family(self.root):
            with suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:3]:
                    name, kilobytes = line.split()[:2]
                    pss += int(kilobytes) * 1024 * (name == "Pss:")
                    rss += int(kilobytes) * 1024 * (name == "Rss:")
        self.pss, self.rss = max(self.pss, pss), max(self.rss, rss)

    def _watch(self) -> None:
        self._look()
        while not self._done.wait(_EVERY):
            self._look()

    @contextmanager
    def watched(self) -> Iterator[None]:
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        try:
            yield
        finally:
            self._done.set()
            watcher.join()


def cost_of(command: Sequence[str | Path], folder: Path, env: Mapping[str, str], limit: float) -> Cost:
    """Run it to its end. Raises TooLongError, and FailedError with what it said."""
    with tempfile.TemporaryFile("w+") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
        memory = Memory(process.pid)
        late = threading.Timer(limit, os.killpg, (process.pid, 9))
        late.start()
        with memory.watched():
            # Popen.wait would lose what the kernel knows of the process and of all whom it waited for.
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        late.cancel()
        if wall >= limit:
            raise TooLongError
        if process.returncode:
            said.seek(0)
            raise FailedError(said.read()[-500:])
    return Cost(used.ru_utime + used.ru_stime, wall, memory.pss, memory.rss)
