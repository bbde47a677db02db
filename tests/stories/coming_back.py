"""A world in which mails are refused and come back, and its people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from monitor.jobs.bounces import Effect
from monitor.models import Delivery, Pause, Record, Subscriber, SubscriberState, Suppression
from monitor.net.post import Message, SendFailed
from monitor.store import subscribers
from monitor.words import Deed, Verdict
from tests.conftest import RULES, World
from tests.fakes import text_of

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ADA, BEN, NEW, OPS = "ada@quay.test", "ben@harbour.test", "ada@new.test", "ops@example.org"
STRIKE = "Pre-emptive strike on the Tessel locks feared"
CONFIG = """
[web]
public_url = "https://watch.test"
[poll]
adaptive = false
[mail]
bounces = "bounces@back.test"
[bounces]
maildir = "back"
"""
ROUTED = f"""{RULES}
[rules.ferry-aground]
severity = "high"
match = "ferry aground"
alert = {{ to = ["{ADA}", "{BEN}"] }}
"""
GONE = SendFailed("550 5.1.1 <x@quay.test> nobody", True, False, Verdict.DEAD, "5.1.1")
CLOSED = SendFailed("550 5.2.1 closed", True, False, Verdict.DISABLED, "5.2.1")
FULL = SendFailed("452 4.2.2 full", False, False, Verdict.SOFT, "4.2.2")
SPAM = SendFailed("554 5.7.1 spam", False, False, Verdict.OURS, "5.7.1")
SHUT = SendFailed("451 4.3.0 later", False, False, Verdict.SOFT, "4.3.0", of_sender=True)
NO_SENDER = SendFailed("553 5.1.8 who are you", False, False, Verdict.OURS, "5.1.8", of_sender=True)


class Desk(World):
    """A world in which mails can come back."""

    async def morning(self) -> None:
        """The next day at five past seven, when briefings have gone out."""
        at = (self.clock.at + DAY).replace(hour=7, minute=5)
        self.clock.at = at
        await self.turn()

    async def mornings(self, number: int) -> None:
        for _ in range(number):
            await self.morning()

    def last_to(self, address: str) -> Message:
        return [message for message in self.post.accepted if message.recipient == address][-1]

    async def comes_back(self, message: Message, reply: str, action: str = "failed", to: str = "") -> Effect:
        """A server that had taken the mail gives it back."""
        report = (
            f"Return-Path: <>\nDelivered-To: {to or message.sender}\nContent-Type: multipart/report; boundary=b\n\n"
            f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\nOriginal-Envelope-Id: "
            f"{message.number}\n\nFinal-Recipient: rfc822; {message.recipient}\nAction: {action}\nStatus: 5.0.0\n"
            f"Diagnostic-Code: smtp; {reply}\n\n--b\nContent-Type: message/rfc822\n\n"
        ).encode()
        return await self.app.bounces.returned(report + message.content + b"\n--b--\n", "test")

    async def person(self, address: str = ADA) -> Subscriber:
        found = await self.app.db.read(subscribers.by_address, address)
        assert found is not None
        return found

    async def state(self, address: str = ADA) -> SubscriberState:
        return (await self.person(address)).state

    async def deeds(self, address: str = ADA) -> list[Deed]:
        number = (await self.person(address)).id
        return await self.app.db.read(
            lambda session: [
                row.deed
                for row in session.exec(select(Record).where(Record.subscriber_id == number))
                if row.deed != Deed.ADDED
            ]
        )

    async def blocked(self, address: str = ADA) -> bool:
        mark = self.app.bounces.marks.of(address)
        return await self.app.db.read(lambda session: session.get(Suppression, mark) is not None)

    async def last_delivery(self, address: str = ADA) -> Delivery:
        def question(session: Session) -> Delivery:
            wanted = select(Delivery).where(Delivery.recipient == address).order_by(col(Delivery.id).desc())
            found = session.exec(wanted.limit(1)).first()
            assert found is not None
            return found

        return await self.app.db.read(question)

    async def pauses(self) -> dict[str, str]:
        return await self.app.db.read(
            lambda session: {row.domain: row.reason for row in session.exec(select(Pause)) if row.until > self.clock.at}
        )

    def alarms(self) -> list[str]:
        return [f"{mail['Subject']}\n{text_of(mail)}" for mail in self.post.mails(OPS)]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Desk]:
    desk = Desk(folder)
    desk.clock.at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    desk.configure(ROUTED, CONFIG)
    await desk.start()
    for url in desk.urls:
        desk.web.publish(url, f"An ordinary day at {url[8:-10]}", age=5 * HOUR)
    await desk.turn()
    desk.clock.pass_time(20 * MINUTE)
    yield desk
    await desk.stop()
    assert desk.crashes == []


async def briefed(desk: Desk, *addresses: str) -> None:
    for address in addresses:
        await desk.subscribe(address, alert_from=None)
