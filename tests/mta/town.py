"""People of one installation whose mails go through real servers."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from types import TracebackType
from typing import Self

import aiohttp
from sqlmodel import Session, col, select

from monitor.models import Delivery, Subscriber
from monitor.net.post import Door, Message, SendResult
from monitor.store import subscribers
from monitor.web import pages
from monitor.web.server import WebDoor
from tests.conftest import World
from tests.fakes import text_of
from tests.mta.servers import BOUNCES, INBOX, PASSWORD, MailServer
from tests.web.desk import HOME, Desk

DAY = timedelta(days=1)
RULES = """
[rules.pre-emptive-strike]
severity = "critical"
topic = "War"
match = "pre-emptive strike"

[rules.airspace-incursion]
severity = "high"
topic = "Airspace"
match = "airspace incursion"
"""


@dataclass(frozen=True)
class Arrived:
    """A mail as it lies in its reader's mailbox."""

    raw: bytes

    @cached_property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def text(self) -> str:
        return text_of(self.mail)

    def text_of(self, kind: str) -> str:
        """The first part of this type; "" if there is none."""
        found = next((part for part in self.mail.walk() if part.get_content_type() == kind), None)
        return found.as_string() if found is not None else ""

    def said(self, name: str) -> str:
        """A header as it came, whose lines are joined and nothing else; "" if there is none."""
        found = str(message_from_bytes(self.raw).get(name, ""))
        return re.sub(r"\r?\n(?=[ \t])", "", found)

    @property
    def ways_out(self) -> tuple[str, str]:
        """By a page and by mail, as a mail program reads them (RFC 2369)."""
        ways = re.findall(r"<([^<>\s]+)>", self.said("List-Unsubscribe"))
        page = next((way for way in ways if way.startswith("https:")), "")
        return page, next((way.removeprefix("mailto:") for way in ways if way.startswith("mailto:")), "")

    def link(self, purpose: str) -> str:
        """The last of these in the text."""
        return str(re.findall(rf"https://\S+/{purpose}/[^\s\"<>]+", self.text)[-1])


@dataclass
class _Watched:
    """A door whose visitors are noted. `before` is done before each message."""

    door: Door
    handed: list[Message]
    before: Callable[[], Awaitable[None]]

    async def __aenter__(self) -> Self:
        await self.door.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.door.__aexit__(kind, error, trace)

    async def greet(self) -> str:
        return await self.door.greet()

    async def send(self, message: Message) -> SendResult:
        await self.before()
        self.handed.append(message)
        return await self.door.send(message)


async def _nothing() -> None:
    return


@dataclass
class Town(World):
    """`number` tells one town's people from another's: all share a server. `handed` is every message at every try."""

    server: MailServer = field(kw_only=True)
    number: int = field(kw_only=True)
    handed: list[Message] = field(default_factory=list)
    before_each: Callable[[], Awaitable[None]] = _nothing

    def address(self, name: str, domain: str = INBOX) -> str:
        name, plus, rest = name.partition("+")
        return f"{name}-{self.number}{plus}{rest}@{domain}"

    @property
    def bounces(self) -> str:
        return self.address("bounces", BOUNCES)

    async def opens(
        self, *, rules: str = RULES, home: str = HOME, port: int = 0, bounces: str = "", found: str = ""
    ) -> None:
        """The program starts, and has asked its feeds once. `found`: where it looks for what came back."""
        (self.folder / "password").write_text(PASSWORD)
        (self.folder / "password").chmod(0o600)
        box = f'imap = "imap://bounces-{self.number}@127.0.0.1:{self.server.imap}"\npassword_file = "password"\n'
        mail = (
            f'[mail]\nout = "smtp://127.0.0.1:{port or self.server.smtp}"\nsender = "watch@example.org"\n'
            f'account_sender = "account@example.org"\nbounces = "{bounces or self.bounces}"\n'
        )
        web = f'[web]\nlisten = "127.0.0.1:0"\npublic_url = "{home}"\n[subscribe]\nwho = "everybody"\n'
        self.configure(rules, f"[poll]\nadaptive = false\n{mail}[bounces]\n{found or box}{web}")
        await self.start()
        for url in self.urls:
            self.web.publish(url, f"An ordinary day at {url[8:-10]}", age=timedelta(hours=5))
        await self.turn()
        self.clock.pass_time(timedelta(minutes=20))

    async def start(self) -> None:
        await super().start()
        self._app = replace(
            self.app,
            urgent=replace(self.app.urgent, open_door=self._door),
            forms=replace(self.app.forms, open_door=self._door),
            deliver=replace(self.app.deliver, open_door=self._door),
        )

    async def desk(self) -> Desk:
        """The pages, open for visitors."""
        door = WebDoor(pages)
        await door.follow(self.app)
        self._open.push_async_callback(door.follow, None)
        visitor = aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", cookie_jar=aiohttp.CookieJar())
        return Desk(self, door, await self._open.enter_async_context(visitor))

    async def close(self) -> None:
        await self._open.aclose()
        await self.stop()

    @cached_property
    def _open(self) -> AsyncExitStack:
        return AsyncExitStack()

    async def mails(self, name: str, number: int) -> list[Arrived]:
        """All mails that lie in somebody's mailbox, once there are so many."""
        found = await asyncio.to_thread(self.server.letters, self.address(name).partition("@")[0], number)
        return [Arrived(raw) for raw in found]

    async def writes_briefings(self, after: timedelta = DAY) -> int:
        """It is seven on another morning; how many are owed."""
        self.clock.at = (self.clock.at + after).replace(hour=7, minute=0)
        return await self.app.brief.run()

    async def person(self, address: str) -> Subscriber:
        found = await self.app.db.read(subscribers.by_address, address)
        assert found is not None
        return found

    async def owed(self, address: str) -> list[Delivery]:
        """In the order in which they came to be."""
        return await self.app.db.read(_owed, address)

    def contents(self, address: str) -> list[bytes]:
        """What was handed over for somebody, at every try."""
        return [message.content for message in self.handed if message.recipient == address]

    def _door(self) -> Door:
        return _Watched(self.app.open_door(), self.handed, lambda: self.before_each())


def _owed(session: Session, address: str) -> list[Delivery]:
    return list(session.exec(select(Delivery).where(Delivery.recipient == address).order_by(col(Delivery.id))))
