"""The programs of others, as their manuals say they are used, asked to poll everything once."""

import json
import os
import shutil
import sqlite3
import subprocess
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers.cost import Cost, cost_of

# `reader` imports what `feedparser-sgmllib` alone does not bring.
READER = ("reader==3.26", "sgmllib3k==1.0.0")
RSS2EMAIL = ("rss2email==3.14",)
_WORKERS = 8


# Ask every feed once, in no more than so many seconds.
Poll = Callable[[float], Cost]


@dataclass(frozen=True, slots=True)
class Contestant:
    """`missing` says what to install, "" when all is there; `started` makes it ready to ask the feeds it is given,
    keeping all it writes in a folder; `stored` counts the items it has."""

    name: str
    missing: Callable[[], str]
    started: Callable[[Path, Sequence[str]], AbstractContextManager[Poll]]
    stored: Callable[[Path], int]


def one_shot(
    prepare: Callable[[Path, Sequence[str]], None], command: Sequence[str | Path]
) -> Callable[[Path, Sequence[str]], AbstractContextManager[Poll]]:
    """A program that is started for every pass, in its folder; to name the feeds to it costs nothing."""

    @contextmanager
    def started(folder: Path, urls: Sequence[str]) -> Iterator[Poll]:
        prepare(folder, urls)
        yield lambda limit: cost_of(command, folder, environment(folder), limit)

    return started


def counted(file: Path, question: str) -> int:
    """The number that answers a question to a SQLite file."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        number: int = connection.execute(question).fetchone()[0]
        return number


def environment(folder: Path) -> dict[str, str]:
    """A home of its own, and nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FEED_MONITOR_", "XDG_"))}
    return kept | {"HOME": str(folder), "LC_ALL": "C.UTF-8"}


def others(venvs: Path, *, install: bool) -> list[Contestant]:
    """`install` makes the virtual environments that are not there."""

    def wheels(name: str, packages: Sequence[str]) -> Callable[[], str]:
        def missing() -> str:
            python = venvs / name / "bin" / "python"
            if not (venvs / name / "ready").exists() and install:
                venv.create(venvs / name, with_pip=True, clear=True)
                subprocess.run([python, "-m", "pip", "install", "-qq", *packages], check=True)
                (venvs / name / "ready").touch()
            return (
                ""
                if (venvs / name / "ready").exists()
                else f"{name} is not in {venvs}; a run without --short puts it there"
            )

        return missing

    return [
        Contestant(
            "reader",
            wheels("reader", READER),
            one_shot(
                lambda folder, urls: _add_to_reader(venvs, folder, urls), [venvs / "reader/bin/python", "-c", _READ]
            ),
            lambda folder: counted(folder / "reader.db", "SELECT count(*) FROM entries"),
        ),
        Contestant(
            "rss2email",
            wheels("rss2email", RSS2EMAIL),
            one_shot(_write_rss2email, [venvs / "rss2email/bin/r2e", *_R2E, "run", "--no-send"]),
            _seen_by_rss2email,
        ),
        Contestant(
            "newsboat",
            lambda: _package("newsboat", "newsboat"),
            one_shot(_write_newsboat, ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]),
            lambda folder: counted(folder / "cache.db", "SELECT count(*) FROM rss_item"),
        ),
        Contestant(
            "sfeed",
            lambda: _package("sfeed", "sfeed_update"),
            one_shot(_write_sfeed, ["sfeed_update", "sfeedrc"]),
            lambda folder: sum(file.read_bytes().count(b"\n") for file in (folder / "feeds").iterdir()),
        ),
    ]


def _package(name: str, program: str) -> str:
    return "" if shutil.which(program) else f"{name} is not installed; on Debian: apt-get install {name}"


# Without scheduled=False it skips feeds that were asked within the hour.
_READ = f"from reader import make_reader; make_reader('reader.db').update_feeds(scheduled=False, workers={_WORKERS})"
_ADD = """
import sys, reader
own = reader.make_reader('reader.db')
for url in sys.stdin:
    own.add_feed(url.strip())
"""


def _add_to_reader(venvs: Path, folder: Path, urls: Sequence[str]) -> None:
    subprocess.run([venvs / "reader/bin/python", "-c", _ADD], cwd=folder, input="\n".join(urls), text=True, check=True)


_R2E = ("--config", "rss2email.cfg", "--data", "rss2email.json")


def _write_rss2email(folder: Path, urls: Sequence[str]) -> None:
    feeds = "".join(f"[feed.f{at}]\nurl = {url}\n\n" for at, url in enumerate(urls))
    (folder / "rss2email.cfg").write_text(f"[DEFAULT]\nto = desk@example.org\nfrom = desk@example.org\n\n{feeds}")


def _seen_by_rss2email(folder: Path) -> int:
    return sum(len(feed["seen"]) for feed in json.loads((folder / "rss2email.json").read_text())["feeds"])


def _write_newsboat(folder: Path, urls: Sequence[str]) -> None:
    (folder / "urls").write_text("".join(f"{url}\n" for url in urls))
    (folder / "config").write_text(f"reload-threads {_WORKERS}\n")


def _write_sfeed(folder: Path, urls: Sequence[str]) -> None:
    (folder / "feeds").mkdir()
    lines = "".join(f'  feed "f{at}" "{url}"\n' for at, url in enumerate(urls))
    (folder / "sfeedrc").write_text(f'sfeedpath="{folder}/feeds"\nmaxjobs={_WORKERS}\nfeeds() {{\n{lines}}}\n')
