"""A service that is told to stop while much is still to be mailed, and started again."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import time
from email import message_from_bytes
from pathlib import Path
from shutil import copytree

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import Session as Rows
from sqlmodel import select

from monitor.app import utc_now
from monitor.models import AccountKind, Delivery, DeliveryStatus
from monitor.store import account_mails, subscribers
from monitor.store.db import Database
from monitor.words import Severity
from tests.doors.test_service import Supervisor, running
from tests.net.loopback import nobody_listening
from tests.net.post_office import Mailbox, standard_server

READERS = 100
MAILS = 2 * READERS
AMID = 60
CONNECTIONS = 4
# How often each was tried, and whether there is a doubt that it left.
SENT, UNTRIED = (DeliveryStatus.SENT, 1, False), (DeliveryStatus.QUEUED, 0, False)


@dataclass
class Slow(Mailbox):
    """From the mail AMID on it takes each in, and says so only when it is let `go`. `amid`: two lines wait for that, so
    that both what goes first and what goes behind it is under way."""

    amid: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        if len(self.letters) > AMID:
            self.amid.set()
        if len(self.letters) >= AMID:
            await self.go.wait()
        if len(self.letters) == MAILS:
            self.whole.set()
        return said

    @property
    def numbers(self) -> Counter[str]:
        return Counter(str(message_from_bytes(content)["Message-ID"]) for _, _, content in self.letters)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.line.close()


def configure(folder: Path, post: int, feed: int) -> Path:
    config = folder / "config"
    config.mkdir()
    mail = f'[mail]\nout = "smtp://127.0.0.1:{post}"\nconnections = {CONNECTIONS}\n'
    (config / "monitor.toml").write_text(f'state = "state"\n{mail}')
    (config / "feeds.toml").write_text(f'[[feed]]\nurl = "http://127.0.0.1:{feed}/feed"\nallow_private = true\n')
    (config / "rules.toml").write_text('[rules.strike]\nmatch = "strike"\n')
    return config


def owe(session: Rows) -> None:
    """Two mails to each reader: one that goes before everything else, one behind that, over lines of its own."""
    now = utc_now()
    for number in range(READERS):
        person = subscribers.add(
            session,
            f"reader{number}@example.org",
            zone="UTC",
            briefing=False,
            briefing_at=time(7),
            alert_from=Severity.HIGH,
            now=now,
            consent="",
        )
        account_mails.write(session, AccountKind.TEST, None, {}, person.address, now)
        account_mails.write(session, AccountKind.WELCOME, person, {}, person.address, now)


def settled(session: Rows) -> Counter[tuple[DeliveryStatus, int, bool]]:
    return Counter((each.status, each.attempts, each.doubtful) for each in session.exec(select(Delivery)))


async def test_who_is_owed_a_mail_when_it_is_told_to_stop_gets_it_once(
    supervisor: Supervisor, blank_state: Path
) -> None:
    office = Slow()
    async with standard_server(office) as post:
        with nobody_listening() as feed:
            config = configure(supervisor.folder, post, feed)
            copytree(blank_state, config / "state")
            with closing(Database(f"sqlite:///{config}/state/feed-monitor.db")) as db:
                await db.write(owe)
                async with running(config, supervisor) as service, asyncio.timeout(60):
                    await office.amid.wait()
                    service.send_signal(signal.SIGTERM)
                    await supervisor.sees("STOPPING=1")
                    office.go.set()
                    assert await service.wait() == 0
                # Those that were on the line were let end, and no other was begun.
                taken = len(office.letters)
                assert AMID < taken < AMID + CONNECTIONS
                assert await db.read(settled) == {SENT: taken, UNTRIED: MAILS - taken}

                async with running(config, supervisor) as service, asyncio.timeout(60):
                    await office.whole.wait()
                    service.send_signal(signal.SIGTERM)
                    assert await service.wait() == 0
                assert Counter(office.numbers.values()) == {1: MAILS}
                assert await db.read(settled) == {SENT: MAILS}
