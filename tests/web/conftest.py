"""`door`: the pages of an app that watches nothing, open on a free port of this machine. `desk`: those of one that
alerts people. `hall`: the same, where everybody may join and some rules are public."""

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copytree

import pytest

from monitor.app import App, Ports, open_app
from monitor.settings import load
from monitor.web import pages
from monitor.web.server import WebDoor
from tests.fakes import FakeClock
from tests.web.desk import OPEN, TOPICS, Desk, open_desk


def configure(folder: Path, *, listen: str = "127.0.0.1:0", public_url: str = "https://watch.test") -> Path:
    web = f'[web]\nlisten = "{listen}"\npublic_url = "{public_url}"\n'
    (folder / "monitor.toml").write_text(
        f'state = "state"\ncontact = "ops@example.org"\n[poll]\nlargest = 10000\n{web}'
    )
    (folder / "feeds.toml").write_text('[[feed]]\nurl = "https://wire.test/feed"\n')
    (folder / "rules.toml").write_text('[rules.strike]\nmatch = "strike"\n')
    return folder / "monitor.toml"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def app(tmp_path: Path, blank_state: Path, clock: FakeClock) -> AsyncIterator[App]:
    copytree(blank_state, tmp_path / "state")
    async with open_app(load(configure(tmp_path)), Ports(now=clock.now)) as app:
        yield app


@pytest.fixture
async def door(app: App) -> AsyncIterator[WebDoor]:
    door = WebDoor(pages)
    await door.follow(app)
    yield door
    await door.follow(None)


@pytest.fixture
async def desk(tmp_path: Path, blank_state: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, blank_state) as desk:
        yield desk


@pytest.fixture
async def hall(tmp_path: Path, blank_state: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, blank_state, TOPICS, OPEN) as desk:
        yield desk
