"""`Desk`: people who are told of alerts, and the pages behind the links in their mails."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy
from sqlmodel import Session, SQLModel, col, select

from monitor.models import Silence
from monitor.web import pages
from monitor.web.server import WebDoor
from tests.conftest import RULES, World
from tests.fakes import text_of

DUTY, ANNA, OPERATOR = "duty@example.org", "anna@example.org", "ops@example.org"
HOME = "https://watch.test"
READING = timedelta(seconds=2)
OPEN = '[subscribe]\nwho = "everybody"\nnetwork_hour = 1000\nnetwork_day = 1000\n'
TOPICS = """
[rules.pre-emptive-strike]
severity = "critical"
topic = "Strikes <& ultimatums>"
match = "pre-emptive strike"

[rules.airspace-incursion]
severity = "high"
topic = "Airspace"
match = "airspace incursion"

[rules.our-own]
match = "border closed"
"""
JOINING = {"briefing": "yes", "at": "06:30", "zone": "Europe/Warsaw", "which": "all", "alerts": "", "language": "en"}
_SETTINGS = '[poll]\nadaptive = false\n[web]\nlisten = "127.0.0.1:0"\npublic_url = "https://watch.test"\n'


@dataclass(frozen=True)
class Seen:
    status: int
    text: str
    headers: CIMultiDictProxy[str]

    @property
    def said(self) -> str:
        """As a person reads it."""
        words = re.sub(r"</?(a|code|mark|span|strong)\b[^>]*>", "", self.text)
        return " ".join(re.sub(r"<[^>]+>", " ", words).split())


@dataclass
class Desk:
    world: World
    door: WebDoor
    visitor: aiohttp.ClientSession
    _seen: dict[str, int] = field(default_factory=dict)

    async def asks(self, path: str, how: str = "GET", headers: Mapping[str, str] | None = None, **more: Any) -> Seen:
        path = path.removeprefix(HOME)
        async with self.visitor.request(how, path, headers={"Host": "watch.test", **(headers or {})}, **more) as answer:
            return Seen(answer.status, await answer.text(), answer.headers)

    async def begins_anew(self, rules: str) -> None:
        """The program starts again with these rules; its pages stay where they were."""
        self.world.configure(rules, _SETTINGS)
        await self.world.stop()
        await self.world.start()
        await self.door.follow(self.world.app)

    async def presses(self, path: str, **said: str) -> Seen:
        """A button of a form, after its page was read."""
        return await self.asks(path, "POST", data=said | await self.reads(path))

    async def joins(self, address: str, **said: str) -> Seen:
        """By the form, with every topic if nothing else is said."""
        return await self.presses("/subscribe", **(JOINING | {"address": address} | said))

    async def reads(self, path: str) -> dict[str, str]:
        """For as long as it takes, if there is a form; what the page hides in it."""
        shown = re.search(r'name="shown" value="([^"]+)"', (await self.asks(path)).text)
        if shown is None:
            return {}
        self.world.clock.pass_time(READING)
        return {"shown": shown[1]}

    def link(self, address: str, purpose: str) -> str:
        """In the last mail of this person."""
        return [each for each in self.links(address) if f"/{purpose}/" in each][-1]

    def links(self, address: str = "") -> list[str]:
        """Those of ours, in all mails."""
        return [
            each for mail in self.world.post.mails(address) for each in re.findall(rf"{HOME}/[^\s\"<>]+", text_of(mail))
        ]

    def news(self, address: str) -> list[str]:
        """Subjects of the mails that came since this was asked last."""
        subjects = [str(mail["Subject"]) for mail in self.world.post.mails(address)]
        fresh = subjects[self._seen.get(address, 0) :]
        self._seen[address] = len(subjects)
        return fresh

    async def rows(self) -> dict[str, list[Any]]:
        """All there is in the database."""
        return await self.world.app.db.read(everything)

    async def silences(self) -> list[Silence]:
        return await self.world.app.db.read(
            lambda session: list(session.exec(select(Silence).order_by(col(Silence.id))))
        )


def everything(session: Session) -> dict[str, list[Any]]:
    return {table.name: list(session.execute(table.select())) for table in SQLModel.metadata.sorted_tables}


@asynccontextmanager
async def open_desk(folder: Path, blank_state: Path, rules: str = RULES, more: str = "") -> AsyncIterator[Desk]:
    """Duty and Anna are told from high on; the feeds have been polled once. `more` settings than ours."""
    copytree(blank_state, folder / "state")
    world = World(folder)
    world.configure(rules, _SETTINGS + more)
    await world.start()
    for url in world.urls:
        world.web.publish(url, f"An ordinary day at {url[8:-10]}", age=timedelta(hours=5))
    await world.turn()
    for address in (DUTY, ANNA):
        await world.subscribe(address, zone="Europe/Warsaw")
    world.clock.pass_time(timedelta(minutes=20))
    door = WebDoor(pages)
    await door.follow(world.app)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", cookie_jar=aiohttp.CookieJar()) as visitor:
        yield Desk(world, door, visitor)
    await door.follow(None)
    await world.stop()
    assert world.crashes == []
