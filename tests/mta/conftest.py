"""`town`: the program with a real mail server behind it, its pages open, and people who read their mail by IMAP."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest

from tests.mta.servers import MailServer, mail_server, missing
from tests.mta.town import Town

_TOWNS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[MailServer]:
    if lacking := missing():
        pytest.skip(lacking)
    with mail_server(dkim_domain="example.org") as server:
        yield server


@pytest.fixture
async def town(server: MailServer, tmp_path: Path, blank_state: Path) -> AsyncIterator[Town]:
    copytree(blank_state, tmp_path / "state")
    town = Town(tmp_path, server=server, number=next(_TOWNS))
    yield town
    await town.close()
    assert town.crashes == []
