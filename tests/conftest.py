"""`world`: the app on a fresh SQLite file, with fakes of the outside."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path

import pytest
import structlog

from monitor.app import App, Ports, open_app, open_database, take_over
from monitor.models import Subscriber
from monitor.settings import load
from monitor.store import subscribers
from monitor.words import Severity
from tests.fakes import FakeClock, FakePost, FakeWeb

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

WIRE = "https://wire.test/feed"
HERALD = "https://herald.test/feed"
OBSERVER = "https://observer.test/feed"
GAZETTE = "https://gazette.test/feed"

RULES = """
[rules.pre-emptive-strike]
severity = "critical"
match = "pre-emptive strike"
unless = "drill"

[rules.airspace-incursion]
severity = "high"
match = "airspace incursion"

[rules.border-closure]
severity = "medium"
match = "border closed"
"""


@dataclass
class World:
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    post: FakePost = field(default_factory=FakePost)
    urls: tuple[str, ...] = (WIRE, HERALD, OBSERVER, GAZETTE)

    def __post_init__(self) -> None:
        self.web = FakeWeb(self.clock)
        self.crashes: list[str] = []
        self._life = AsyncExitStack()
        self._app: App | None = None

    @property
    def app(self) -> App:
        assert self._app is not None
        return self._app

    def configure(self, rules: str = RULES, monitor: str = "[poll]\nadaptive = false\n") -> None:
        feeds = "".join(f'[[feed]]\nurl = "{url}"\npublisher = "{url[8:-10].title()}"\n' for url in self.urls)
        (self.folder / "feeds.toml").write_text(feeds)
        (self.folder / "rules.toml").write_text(rules)
        (self.folder / "monitor.toml").write_text(f'state = "state"\ncontact = "ops@example.org"\n{monitor}')

    async def start(self) -> None:
        """The program starts, or starts again after `stop`."""
        ports = Ports(now=self.clock.now, luck=lambda: 0.5, crashed=self._crashed)
        app = await self._life.enter_async_context(open_app(load(self.folder / "monitor.toml"), ports))
        await take_over(app, self.clock.at)
        poll = replace(app.poll, fetch=self.web.fetch, parse=self.web.parse)
        ways = (app.urgent, app.forms, app.deliver)
        urgent, forms, rest = (replace(way, open_door=self.post.open) for way in ways)
        self._app = replace(app, poll=poll, urgent=urgent, forms=forms, deliver=rest)

    async def stop(self) -> None:
        await self._life.aclose()
        self._life = AsyncExitStack()

    async def subscribe(
        self,
        address: str,
        *,
        zone: str = "UTC",
        at: time = time(7),
        alert_from: Severity | None = Severity.HIGH,
        briefing: bool = True,
    ) -> Subscriber:
        return await self.app.db.write(
            subscribers.add,
            address,
            zone=zone,
            briefing=briefing,
            briefing_at=at,
            alert_from=alert_from,
            now=self.clock.at,
            consent="added by the operator",
        )

    async def turn(self) -> None:
        """Everything that is due happens once."""
        await self.app.poll.everything_due()
        await self.app.triage.run()
        await self.app.tell.run()
        await self.app.subscribe.run()
        await self.app.brief.run()
        await self.app.send_mail()
        await self.app.channels.run()

    async def later(self, span: timedelta = timedelta(minutes=20)) -> None:
        self.clock.pass_time(span)
        await self.turn()

    async def _crashed(self, job: str, error: Exception) -> None:
        self.crashes.append(f"{job}: {error!r}")


@pytest.fixture(scope="session")
def blank_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `state` folder to copy, with an empty database of this version: making one takes half a second."""
    folder = tmp_path_factory.mktemp("blank")
    open_database(f"sqlite:///{folder}/feed-monitor.db").close()
    return folder


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An app that has polled its four feeds once, so that what comes now is news."""
    world = World(tmp_path)
    world.configure()
    await world.start()
    for url in world.urls:
        world.web.publish(url, f"An ordinary day at {url[8:-10]}", age=timedelta(hours=5))
    await world.turn()
    world.clock.pass_time(timedelta(minutes=20))
    yield world
    await world.stop()
    assert world.crashes == []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that is skipped for want of a package is a test that nobody runs."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if "FEED_MONITOR_CI" in os.environ and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
