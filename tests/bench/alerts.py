"""How long from the poll that saw a warning to the mail server's "250", while briefings are leaving.

    python -m tests.bench.alerts [--short]

The real service, a web server and a mail server on loopback. Every reader's briefing is due when it starts; then a feed
after another shows a warning. Counted is the time from the answer that showed it to the acceptance of its mail.
Then a flood: so many warnings in one document, and the mails that it makes.
"""

import argparse
import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import time as time_of_day
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlmodel import Session

from monitor.app import utc_now
from monitor.store import schema, subscribers
from monitor.store.db import Database
from monitor.words import Severity
from tests.bench.hostile import as_installed

_DUTY = "duty@example.org"
_WARNING = re.compile(rb"Torvik(\d+)")
# Each is another story, because grouping knows them for places.
_COUNTRIES = re.findall(
    r"\w+",
    """
Albania Algeria Angola Argentina Armenia Australia Austria Azerbaijan Bangladesh Belarus Belgium Bolivia Botswana Brazil
Bulgaria Cambodia Cameroon Canada Chad Chile Colombia Croatia Cuba Cyprus Denmark Ecuador Egypt Eritrea Estonia Ethiopia
Finland Ghana Greece Guatemala Guinea Haiti Honduras Hungary Iceland India Indonesia Iraq Ireland Italy Jamaica Japan
Kazakhstan Kenya Kosovo Kuwait Laos Latvia Lebanon Liberia Libya Lithuania Malaysia Mali Malta Mexico
""",
)
_LETTERS = "bdfgklmnprstvz"


def _town(number: int) -> str:
    return "".join(_LETTERS[number // 14**at % 14] + "aeiou"[number // 3**at % 5] for at in range(4)).title()


@dataclass
class Wire:
    """The publishers: each feed shows what was published, and when it was first shown is noted."""

    shown: dict[int, list[str]] = field(default_factory=dict)
    seen_at: dict[str, float] = field(default_factory=dict)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await reader.readuntil(b"\r\n\r\n"):
                feed = int(request.split(b" ", 2)[1].lstrip(b"/"))
                titles = self.shown.get(feed, [])
                for title in titles:
                    self.seen_at.setdefault(title, time.perf_counter())
                body = _document(feed, titles)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()


def _document(feed: int, titles: list[str]) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>http://127.0.0.1/{feed}/{at}</link><guid>{feed}-{at}</guid></item>"
        for at, title in reversed(list(enumerate(["An ordinary day", *titles])))
    )
    return f'<rss version="2.0"><channel><title>f{feed}</title>{items}</channel></rss>'.encode()


@dataclass
class Post:
    """The mail server: it takes everything, and notes when it took which warning."""

    accepted: int = 0
    briefings: int = 0
    alerts: list[bytes] = field(default_factory=list)
    taken_at: dict[str, float] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 post\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self._take(content)
                writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
                await writer.drain()

    def _take(self, content: bytes) -> None:
        self.accepted += 1
        self.changed.set()
        if b" <alerts." not in content:
            self.briefings += 1
            return
        self.alerts.append(content)
        for number in set(_WARNING.findall(content)):
            self.taken_at.setdefault(number.decode(), time.perf_counter())


def _prepare(folder: Path, feeds: int, readers: int, web: int, mail: int, flood: int) -> None:
    now = utc_now()
    # What is measured is the way, not the limits, which the flood at the end keeps to.
    burst = "burst = 1000\nburst_in_all = 1000\n" if not flood else ""
    (folder / "monitor.toml").write_text(
        f'state = "state"\n[mail]\nout = "smtp://127.0.0.1:{mail}"\nstarttls = false\n'
        f'sender = "watch@example.org"\n[poll]\nhost_pause = "0s"\n[alerts]\ngroup_wait = "10s"\n{burst}'
    )
    (folder / "feeds.toml").write_text(
        "".join(
            f'[[feed]]\nurl = "http://127.0.{feed // 250}.{feed % 250 + 1}:{web}/{feed}"\nname = "f{feed}"\n'
            'every = "1s"\nallow_private = true\n'
            for feed in range(feeds)
        )
    )
    shutil.copy(Path(__file__).parents[2] / "config" / "rules.toml", folder)
    (folder / "state").mkdir()
    db = Database(f"sqlite:///{folder}/state/feed-monitor.db")
    schema.upgrade(db)

    def people(session: Session) -> None:
        for number in range(readers + 1):
            subscribers.add(
                session,
                f"reader{number}@example.org" if number else _DUTY,
                zone="UTC",
                briefing=number > 0,
                briefing_at=time_of_day(now.hour, now.minute),
                alert_from=None if number else Severity.HIGH,
                now=now - timedelta(days=3),
                consent="bench",
            )

    db.write_now(people)
    db.close()


@contextlib.asynccontextmanager
async def _running(feeds: int, readers: int, flood: int) -> AsyncIterator[tuple[Wire, Post]]:
    wire, post = Wire(), Post()
    web = await asyncio.start_server(wire.answer, "0.0.0.0", limit=2**26)
    mail = await asyncio.start_server(post.talk, "127.0.0.1", limit=2**26)
    port, mail_port = (server.sockets[0].getsockname()[1] for server in (web, mail))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await asyncio.to_thread(_prepare, folder, feeds, readers, port, mail_port, flood)
        log = (folder / "log").open("wb")
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", "--config", str(folder), "run", stdout=log, stderr=log,
            env={**os.environ, **as_installed()},
        )  # fmt: skip
        try:
            yield wire, post
        finally:
            service.send_signal(signal.SIGINT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(service.wait(), 30)
            web.close()
            mail.close()


async def _until(changed: asyncio.Event, met: Callable[[], object], seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not met():
                changed.clear()
                await changed.wait()
    return bool(met())


async def latency(feeds: int, readers: int, warnings: int) -> bool:
    async with _running(feeds, readers, 0) as (wire, post):
        if not await _until(post.changed, lambda: post.briefings >= min(100, readers // 2), 120):
            print("no briefing has left within two minutes")  # noqa: T201
            return False
        waits: list[float] = []
        for number in range(warnings):
            title = f"{_COUNTRIES[number]} fears pre-emptive strike, says Torvik{number}"
            wire.shown.setdefault(number % feeds, []).append(title)
            if not await _until(post.changed, partial(post.taken_at.get, str(number)), 60):
                print(f"warning {number} was not accepted within a minute")  # noqa: T201
                return False
            waits.append(post.taken_at[str(number)] - wire.seen_at[title])
        waits.sort()
        left = readers - post.briefings
        p50, p95 = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
        print(  # noqa: T201
            f"{warnings} warnings while {readers} briefings leave ({left} to go at the end): from the poll that saw"
            f" it to acceptance p50 {p50:.2f} s, p95 {p95:.2f} s, worst {waits[-1]:.2f} s"
        )
        return p95 < 2.0


async def flood(items: int) -> bool:
    async with _running(1, 0, items) as (wire, post):
        await _until(post.changed, lambda: wire.seen_at or post.accepted, 5)
        begun = time.perf_counter()
        wire.shown[0] = [f"Pre-emptive strike on {_town(number)} reported, number {number}" for number in range(items)]
        done = await _until(post.changed, lambda: any(b"alerts.txt" in mail for mail in post.alerts), 300)
        took = time.perf_counter() - begun
        await _until(post.changed, lambda: len(post.alerts) > 3, 15)
        listed = max((mail.count(b" reported,") for mail in post.alerts), default=0)
        print(  # noqa: T201
            f"{items} warnings in one document: {len(post.alerts)} mails, the last after {took:.0f} s; it says"
            f" {listed} headlines, html and lists together"
        )
        return done and len(post.alerts) <= 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="A minute of it.")
    short = parser.parse_args().short
    good = asyncio.run(latency(20, 1_000 if short else 10_000, 10 if short else len(_COUNTRIES)))
    good = asyncio.run(flood(1_000 if short else 10_000)) and good
    sys.exit(not good)


if __name__ == "__main__":
    main()
