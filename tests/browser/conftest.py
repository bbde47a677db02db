"""`chromium`: Debian's own, one for all tests. `office`: an installation with every page and every mail, to be looked
at alone. `house`: one of a test's own. All run in one loop, as a browser belongs to the loop it was started in."""

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import which

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.visitor import Visitor, visiting
from tests.web.desk import Desk
from tests.web.mailbag import Posted, fill, open_office

_CHROMIUM = which("chromium")
_Filled = tuple[Desk, list[Posted]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("install chromium and fonts-dejavu-core (Debian) to look at the pages as people do")
    async with async_playwright() as playwright:
        # In a container there is no sandbox to be had, and nothing here comes from strangers.
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def filled(tmp_path_factory: pytest.TempPathFactory, blank_state: Path) -> AsyncIterator[_Filled]:
    async with open_office(tmp_path_factory.mktemp("office"), blank_state, "approve = true\n") as desk:
        yield desk, await fill(desk)


@pytest.fixture
def office(chromium: Browser, filled: _Filled) -> Desk:
    return filled[0]


@pytest.fixture
def posted(filled: _Filled) -> list[Posted]:
    return filled[1]


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path, blank_state: Path, chromium: Browser) -> AsyncIterator[Desk]:
    async with open_office(tmp_path, blank_state) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(chromium: Browser, office: Desk) -> AsyncIterator[Visitor]:
    """At the office."""
    async with visiting(chromium, office) as visitor:
        yield visitor


@pytest_asyncio.fixture(loop_scope="session")
async def guest(chromium: Browser, house: Desk) -> AsyncIterator[Visitor]:
    """At the house."""
    async with visiting(chromium, house) as visitor:
        yield visitor


@pytest_asyncio.fixture(loop_scope="session", params=[True, False], ids=["with script", "without script"])
async def anybody(request: pytest.FixtureRequest, chromium: Browser, house: Desk) -> AsyncIterator[Visitor]:
    """At the house, whose browser runs scripts or does not."""
    async with visiting(chromium, house, script=request.param) as visitor:
        yield visitor
