"""`desk`: where people join and leave by themselves."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from monitor.store.db import Database
from tests.fakes import FakeClock
from tests.stories.front_desk import FrontDesk


@pytest.fixture
def desk(tmp_path: Path, blank_state: Path) -> Iterator[FrontDesk]:
    copytree(blank_state, tmp_path / "state")
    db = Database(f"sqlite:///{tmp_path}/state/feed-monitor.db")
    yield FrontDesk(db, FakeClock())
    db.close()
