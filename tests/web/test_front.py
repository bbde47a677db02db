"""A stranger at the front page, and a machine that asks whether the watch is kept."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlmodel import Session, select

from monitor.app import App, follow_config
from monitor.models import Feed
from monitor.render.templates import Templates
from monitor.resources import shipped
from monitor.store import job_runs
from monitor.web.server import WebDoor
from tests.conftest import WIRE
from tests.fakes import FakeClock
from tests.web.desk import DUTY, Desk, open_desk


@dataclass(frozen=True)
class Seen:
    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Visitor:
    session: aiohttp.ClientSession

    async def sees(self, path: str = "/", host: str = "watch.test") -> Seen:
        async with self.session.get(path, headers={"Host": host}) as answer:
            return Seen(answer.status, await answer.text(), answer.headers)


@pytest.fixture
async def visitor(door: WebDoor) -> AsyncIterator[Visitor]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as session:
        yield Visitor(session)


async def test_a_stranger_reads_what_this_is_and_whom_to_ask(visitor: Visitor) -> None:
    page = await visitor.sees()
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "This is a feed-monitor." in page.text
    assert 'href="mailto:ops@example.org"' in page.text
    assert "not yet" in page.text


async def test_a_watch_that_runs_is_called_kept_and_one_that_fell_silent_is_not(
    app: App, visitor: Visitor, clock: FakeClock
) -> None:
    await app.db.write(job_runs.went_well, "poll", clock.at)
    assert "> Kept<" in (await visitor.sees()).text
    clock.pass_time(timedelta(minutes=6))
    assert "> Not kept" in (await visitor.sees()).text


async def test_a_machine_is_told_the_facts_and_by_the_status_whether_to_worry(
    app: App, visitor: Visitor, clock: FakeClock
) -> None:
    silent = await visitor.sees("/health")
    assert (silent.status, json.loads(silent.text)["kept"]) == (503, False)

    await follow_config(app, clock.at)
    await app.db.write(job_runs.went_well, "poll", clock.at)
    well = await visitor.sees("/health")
    facts = {"kept": True, "feeds": 1, "failing": 0, "last_polled_at": None, "last_good_at": None}
    assert (well.status, json.loads(well.text)) == (200, facts)


async def test_a_watch_whose_every_feed_fails_is_not_kept(app: App, visitor: Visitor, clock: FakeClock) -> None:
    def fail(session: Session) -> None:
        feed = session.exec(select(Feed)).one()
        feed.failures, feed.last_polled_at = 3, clock.at
        session.add(feed)

    await follow_config(app, clock.at)
    await app.db.write(fail)
    await app.db.write(job_runs.went_well, "poll", clock.at)
    health = await visitor.sees("/health")
    facts = json.loads(health.text)

    assert (health.status, facts["feeds"], facts["failing"]) == (503, 1, 1)
    assert facts["last_polled_at"] == clock.at.isoformat()
    assert "1, 1 of them failing" in (await visitor.sees()).text


async def test_pages_let_a_browser_do_nothing_but_show_them(visitor: Visitor) -> None:
    for path in ("/", "/health", "/style.css", "/nothing", "/push/none"):
        headers = (await visitor.sees(path)).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in headers


async def test_the_page_takes_its_colours_from_those_of_the_mails(visitor: Visitor) -> None:
    style = await visitor.sees("/style.css")
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    mails = "".join((shipped("templates") / "email" / name).read_text() for name in ("style.css", "dark.css"))
    assert set(re.findall(r"#\w{6}", style.text)) <= set(re.findall(r"#\w{6}", mails))


async def test_who_asks_for_what_is_not_there_reads_so(visitor: Visitor) -> None:
    answer = await visitor.sees("/nothing")
    assert (answer.status, answer.text) == (404, "There is nothing here.\n")


async def test_who_looks_for_what_is_not_there_with_a_browser_is_told_in_their_language(desk: Desk) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "uk"}
    for path, root in (("/nowhere", ""), ("/not/there/at/all", "../../../"), ("/archive/1", "../"), ("/operator", "")):
        seen = await desk.asks(path, headers=browser)
        assert (seen.status, f'<a href="{root or "."}">' in seen.text) == (404, True), path
        assert "Тут нічого немає" in seen.said
        assert f'href="{root}style.css"' in seen.text
        assert seen.headers["Cache-Control"] == "no-store"
        assert (await desk.asks(path, "HEAD", browser)).status == 404
        assert (await desk.asks(path, "POST", browser)).text in ("There is nothing here.\n", "Method Not Allowed\n")
    assert "There is nothing here" in (await desk.asks("/nowhere?lang=en", headers=browser)).said


async def test_only_who_asks_for_us_by_name_is_answered(visitor: Visitor) -> None:
    for ours in ("watch.test", "watch.test:443", "127.0.0.1", "localhost:8080", "[::1]:8080"):
        assert (await visitor.sees(host=ours)).status == 200
    for other in ("elsewhere.test", "watch.test.elsewhere.test", "www.watch.test", ""):
        assert (await visitor.sees(host=other)).status == 400


async def test_a_template_of_the_operators_own_that_breaks_is_told_in_one_sentence(
    app: App, door: WebDoor, visitor: Visitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "front.html").write_text("{{ standing.feed }}")
    await door.follow(replace(app, templates=Templates(tmp_path)))
    page = await visitor.sees()
    assert (page.status, page.text) == (
        500,
        "This page failed, by a mistake of this program; its log says more.\n",
    )
    assert "has no attribute 'feed'" in caplog.text
    assert (await visitor.sees("/style.css")).status == 200


async def test_a_watch_that_has_been_given_a_name_says_it_on_its_page_and_in_its_mails(
    tmp_path: Path, blank_state: Path
) -> None:
    async with open_desk(tmp_path, blank_state) as desk:
        monitor = desk.world.folder / "monitor.toml"
        monitor.write_text('name = "Harbour Watch"\nabout = "Ports & <straits>, for crews."\n' + monitor.read_text())
        await desk.world.stop()
        await desk.world.start()
        await desk.door.follow(desk.world.app)
        page = await desk.asks("/")
        assert "Harbour Watch Ports &amp; &lt;straits&gt;, for crews." in page.said
        desk.world.web.publish(WIRE, "Pre-emptive strike on the pier feared")
        await desk.world.later()
        assert desk.world.post.mails(DUTY)[0]["From"] == "Harbour Watch <feed-monitor@localhost>"
