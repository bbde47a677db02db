"""kill -9 at every commit and every step of handing a mail over: nothing is lost, nothing is told twice.

Only between the server's 250 and our commit is there a doubt; there the repeat is the same mail to the byte. `make
crash` kills at every step, `make test` at every third.
"""

import json
import mailbox
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_httpserver import HTTPServer
from sqlmodel import Session as Rows
from sqlmodel import select

from monitor.models import Delivery, DeliveryStatus, Entry, Match
from monitor.store import schema, subscribers
from monitor.store.db import Database
from monitor.words import Severity

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
RULES = """
[rules.strike]
severity = "critical"
match = "pre-emptive strike"

[rules.closure]
severity = "medium"
match = "border closed"

[rules.incursion]
severity = "high"
match = "airspace incursion"
alert = { to = ["duty@example.org"], ack_within = "10m", then = ["deputy@example.org"] }
"""
BEFORE = (
    "Border closed near Torvik for repairs",
    "Landslide: border closed above Lervik",
    "Airspace incursion at Alnes",
)
NEWS = (
    "Pre-emptive strike feared in the north",
    "Ministers speak of preemptive strikes at dinner tonight",
    "Calm seas",
)
# A briefing, two alerts, one mail of what was gathered since the hour before, one to the next in turn.
MAILS = 5
EVERY = int(os.environ.get("KILL_EVERY", "7"))
IN_DOUBT = {"smtp: accepted", "before commit of sent"}


class Recorder:
    """Writes down every message the server takes, before it says 250."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.original_content, bytes)
        self.taken.append(envelope.original_content)
        return "250 taken"


class Zygote:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def run(self, folder: Path, now: datetime, die_at: int = 0) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"folder": str(folder), "now": now.isoformat(), "die_at": die_at}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.end()


@pytest.fixture
def recorder() -> Iterator[tuple[Recorder, int]]:
    recorder = Recorder()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(recorder, hostname="127.0.0.1", port=port)
    controller.start()
    yield recorder, port
    controller.stop()


def rss(*titles: str) -> str:
    items = "".join(f"<item><title>{title}</title><guid>{title}</guid></item>" for title in titles)
    return f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def prepared(folder: Path, out: str, url: str, zygote: Zygote, web: HTTPServer, connections: int = 1) -> Path:
    """A monitor that has polled its feed twice. A subscriber's briefing is due in an hour; then two alerts that are
    being gathered will be due, too, and one that nobody has acknowledged goes to the next in turn."""
    folder.mkdir()
    (folder / "monitor.toml").write_text(
        f'state = "state"\n[mail]\nout = "{out}"\nconnections = {connections}\n[poll]\nhost_pause = "0s"\n'
    )
    (folder / "feeds.toml").write_text(f'[[feed]]\nurl = "{url}"\nname = "wire"\nallow_private = true\n')
    (folder / "rules.toml").write_text(RULES)
    db = Database(f"sqlite:///{folder}/state/feed-monitor.db")
    schema.upgrade(db)
    db.write_now(join)
    db.close()
    shown: tuple[str, ...] = ()
    for news, now in ((("An ordinary day",), NOW - timedelta(minutes=30)), (BEFORE, NOW), (NEWS, None)):
        shown = (*news, *shown)
        web.clear()
        web.expect_request("/feed").respond_with_data(rss(*shown), content_type="application/xml")
        if now is not None:
            assert zygote.run(folder, now) == 0
    return folder


def join(session: Rows) -> None:
    for address, least in (("duty@example.org", Severity.MEDIUM), ("deputy@example.org", None)):
        subscribers.add(
            session,
            address,
            zone="UTC",
            briefing=least is not None,
            briefing_at=time(7),
            alert_from=least,
            now=NOW - timedelta(hours=1),
            consent="added by the operator",
        )


def ledger(folder: Path) -> tuple[int, int, Counter[DeliveryStatus]]:
    """Entries, matches, deliveries by status."""

    def count(session: Rows) -> tuple[int, int, Counter[DeliveryStatus]]:
        return (
            len(session.exec(select(Entry)).all()),
            len(session.exec(select(Match)).all()),
            Counter(each.status for each in session.exec(select(Delivery))),
        )

    db = Database(f"sqlite:///{folder}/state/feed-monitor.db")
    try:
        return db.read_now(count)
    finally:
        db.close()


def kill_everywhere(ready: Path, work: Path, zygote: Zygote, every: int = EVERY) -> Iterator[tuple[Path, str]]:
    """For every step in turn, or every seventh: a copy of the monitor, killed there, and then run again twice."""
    for die_at in range(1, 1_000, every):
        folder = work / str(die_at)
        shutil.copytree(ready, folder)
        died = zygote.run(folder, NOW + timedelta(hours=1), die_at)
        if died == 0:
            assert die_at > 25
            return
        assert died == -signal.SIGKILL
        for later in (timedelta(hours=1, minutes=1), timedelta(hours=2)):
            assert zygote.run(folder, NOW + later) == 0
        yield folder, (folder / "died-at").read_text()
        shutil.rmtree(folder)
    raise AssertionError("the turn never came to its end")


def test_killed_at_any_step_before_an_smtp_server_nothing_is_lost_and_nothing_told_twice(
    tmp_path: Path, zygote: Zygote, recorder: tuple[Recorder, int], httpserver: HTTPServer
) -> None:
    server, port = recorder
    ready = prepared(tmp_path / "ready", f"smtp://127.0.0.1:{port}", httpserver.url_for("/feed"), zygote, httpserver)
    server.taken = []
    doubts = 0
    for folder, step in kill_everywhere(ready, tmp_path, zygote):
        mails, server.taken = server.taken, []
        ids = Counter(str(message_from_bytes(mail)["Message-ID"]) for mail in mails)
        assert len(ids) == MAILS, step
        repeats = sum(ids.values()) - MAILS
        assert repeats == (1 if step in IN_DOUBT else 0), step
        assert len(set(mails)) == MAILS, step
        doubts += repeats
        assert ledger(folder) == (7, 5, Counter({DeliveryStatus.SENT: MAILS + 1})), step
    # Two moments of doubt for each mail.
    assert EVERY > 1 or doubts == 2 * MAILS


def test_killed_with_several_lines_open_no_more_mails_are_repeated_than_lines_were_open(
    tmp_path: Path, zygote: Zygote, recorder: tuple[Recorder, int], httpserver: HTTPServer
) -> None:
    server, port = recorder
    out = f"smtp://127.0.0.1:{port}"
    ready = prepared(tmp_path / "ready", out, httpserver.url_for("/feed"), zygote, httpserver, connections=4)
    server.taken = []
    for folder, step in kill_everywhere(ready, tmp_path, zygote, EVERY * 2):
        mails, server.taken = server.taken, []
        ids = Counter(str(message_from_bytes(mail)["Message-ID"]) for mail in mails)
        assert (len(ids), len(set(mails))) == (MAILS, MAILS), step
        assert sum(ids.values()) - MAILS <= 4, step
        assert ledger(folder) == (7, 5, Counter({DeliveryStatus.SENT: MAILS + 1})), step


def test_killed_at_any_step_before_a_maildir_every_mail_lies_there_exactly_once(
    tmp_path: Path, zygote: Zygote, httpserver: HTTPServer
) -> None:
    ready = prepared(tmp_path / "ready", "maildir:mail", httpserver.url_for("/feed"), zygote, httpserver)
    for folder, step in kill_everywhere(ready, tmp_path, zygote):
        box = mailbox.Maildir(folder / "state" / "mail", create=False)
        assert len({mail["Message-ID"] for mail in box}) == len(box) == MAILS + 1, step
        assert ledger(folder) == (7, 5, Counter({DeliveryStatus.SENT: MAILS + 1})), step
