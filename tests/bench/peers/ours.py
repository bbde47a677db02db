"""Our own program, both ways it is used: a command for each pass, and a service that is there already."""

import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.bench.hostile import as_installed
from tests.bench.peers.contestants import Contestant, Poll, counted, environment, one_shot
from tests.bench.peers.cost import Cost, FailedError, Memory, TooLongError, cpu_so_far

_SHIPPED = Path(__file__).parents[3] / "config"
_DATABASE = Path("state", "feed-monitor.db")
_PROGRAM = (sys.executable, "-m", "monitor", "--config", "config")


def _write_config(folder: Path, urls: Sequence[str]) -> None:
    """The shipped rules; every feed at a pace of its own that no pass outlasts."""
    config = folder / "config"
    config.mkdir()
    shutil.copy(_SHIPPED / "rules.toml", config)
    (config / "monitor.toml").write_text('state = "../state"\n')
    feeds = (
        f'[[feed]]\nurl = "{url}"\nname = "f{at}"\nevery = "6h"\nallow_private = true\n' for at, url in enumerate(urls)
    )
    (config / "feeds.toml").write_text("\n".join(feeds))


def _stored(folder: Path) -> int:
    return counted(folder / _DATABASE, "SELECT count(*) FROM entries WHERE arrival IS NOT NULL")


@contextmanager
def _serving(folder: Path, urls: Sequence[str]) -> Iterator[Poll]:
    """The first pass begins with the start of the service."""
    _write_config(folder, urls)
    log = folder / "log"
    with log.open("w") as said:
        service = subprocess.Popen(
            [*_PROGRAM, "run"], cwd=folder, env=environment(folder) | as_installed(), stdout=said, stderr=said
        )
    passes = 0

    def poll(limit: float) -> Cost:
        nonlocal passes
        passes += 1
        memory = Memory(service.pid)
        begun, spent = time.perf_counter(), cpu_so_far(service.pid) if passes > 1 else 0.0
        with memory.watched():
            if passes > 1:
                _make_due(folder / _DATABASE)
            while not _is_quiet(folder / _DATABASE, len(urls), passes):
                if service.poll() is not None:
                    raise FailedError(log.read_text()[-500:])
                if time.perf_counter() - begun > limit:
                    raise TooLongError
                threading.Event().wait(0.05)
        return Cost(cpu_so_far(service.pid) - spent, time.perf_counter() - begun, memory.pss, memory.rss)

    try:
        yield poll
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()


def _make_due(database: Path) -> None:
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.execute("UPDATE feeds SET next_poll_at = last_polled_at")


def _is_quiet(database: Path, feeds: int, passes: int) -> bool:
    """Every feed has been asked, and triage has seen all that came of it."""
    if not database.exists():
        return False
    try:
        asked = counted(database, f"SELECT count(*) FROM feeds WHERE polls >= {passes}")
        return asked == feeds and counted(database, "SELECT count(*) FROM entries WHERE arrival IS NULL") == 0
    except sqlite3.OperationalError:
        return False  # its tables are being made


OURS = [
    Contestant("ours", lambda: "", one_shot(_write_config, [*_PROGRAM, "poll"]), _stored),
    Contestant("ours, serving", lambda: "", _serving, _stored),
]
