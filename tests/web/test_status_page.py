"""Anybody may know whether the watch is kept, and what it does not see."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from monitor.models import Feed
from monitor.net.fetch import FetchFailed
from monitor.net.troubles import Trouble
from monitor.store import job_runs
from tests.conftest import GAZETTE, HERALD, WIRE
from tests.web.desk import ANNA, DUTY, Desk

_FRESH = timedelta(seconds=15)


async def shown(desk: Desk, path: str = "/status") -> str:
    """Not what was shown to someone else a moment ago."""
    desk.world.clock.pass_time(_FRESH)
    seen = await desk.asks(path)
    assert seen.status == 200
    return seen.said


async def kept(desk: Desk) -> None:
    await desk.world.app.db.write(job_runs.went_well, "poll", desk.world.clock.at)


async def fails(desk: Desk, url: str, said: str = "503 from 10.0.0.7") -> None:
    desk.world.web.instead[url] = FetchFailed(Trouble.HTTP, said)
    await desk.world.later()
    await kept(desk)


async def test_the_front_page_leads_to_it(desk: Desk) -> None:
    assert 'href="status"' in (await desk.asks("/")).text


async def test_a_watch_that_sees_everything_says_so_in_words(desk: Desk) -> None:
    await desk.world.later()
    await kept(desk)
    page = await shown(desk)
    assert "The watch is kept Every feed can be read. If nothing was told, nothing was found." in page
    assert "Feeds read in the last hour 4 of 4" in page
    assert "Blind spots None." in page


async def test_a_watch_that_fell_silent_warns_of_the_silence(desk: Desk) -> None:
    await kept(desk)
    desk.world.clock.pass_time(timedelta(minutes=61))
    page = await shown(desk)
    assert "The watch is not kept Do not trust the silence" in page
    assert "Feeds read in the last hour 0 of 4" in page


async def test_a_blind_spot_is_told_with_its_reason_in_plain_words_and_nothing_that_its_server_said(desk: Desk) -> None:
    await fails(desk, HERALD)
    page = await shown(desk)
    assert "But one feed cannot be seen through now" in page
    assert "herald.test its server answers with an error" in page
    assert "10.0.0.7" not in page
    desk.world.clock.pass_time(timedelta(hours=5))
    assert "herald.test its server answers with an error for 5 h" in await shown(desk)


async def test_a_feed_of_our_own_network_is_a_blind_spot_without_a_name(desk: Desk) -> None:
    feeds = desk.world.folder / "feeds.toml"
    line = f'url = "{GAZETTE}"\n'
    feeds.write_text(feeds.read_text().replace(line, f"{line}allow_private = true\n"))
    await desk.world.stop()
    await desk.world.start()
    await desk.door.follow(desk.world.app)
    await fails(desk, GAZETTE)
    page = await shown(desk)
    assert "But one feed cannot be seen through now" in page
    assert "1 feed is not public and has no name here." in page
    assert "gazette" not in page


async def test_mail_that_waits_is_told_of_and_who_waits_for_it_is_not(desk: Desk) -> None:
    assert "Mails that wait none" in await shown(desk)
    desk.world.post.shut = "554 go away, duty@example.org"
    desk.world.web.publish(WIRE, "Envoys fear a pre-emptive strike at the lighthouse")
    await desk.world.later()
    desk.world.clock.pass_time(timedelta(minutes=30))
    page = await shown(desk)
    assert "Mails that wait 2, the oldest for 30 min" in page
    assert "Last mail accepted not yet" in page
    for secret in (DUTY, ANNA, "go away"):
        assert secret not in page
    desk.world.post.shut = ""
    await desk.world.later()
    assert "Mails that wait none" in await shown(desk)
    assert "Last mail accepted 2 Mar 2026 13:" in await shown(desk)


async def test_requests_are_counted_day_by_day_good_and_failed(desk: Desk) -> None:
    await fails(desk, HERALD)
    page = await shown(desk)
    # Four feeds were asked twice, one failed once.
    assert "2026-03-02 7 1" in page
    assert "2026-02-17 0 0" in page


async def test_however_many_ask_they_get_the_page_of_a_moment_ago_which_says_when_it_was_made(desk: Desk) -> None:
    await kept(desk)
    first = await shown(desk)

    def retire(session: Session) -> None:
        for feed in session.exec(select(Feed)):
            feed.retired_at = desk.world.clock.at

    await desk.world.app.db.write(retire)
    desk.world.clock.pass_time(_FRESH - timedelta(seconds=1))
    assert (await desk.asks("/status")).said == first
    assert "This page was made on 2 Mar 2026 12:20:15 (UTC)" in first
    desk.world.clock.pass_time(timedelta(seconds=1))
    assert "of 0" in (await desk.asks("/status")).said


@pytest.mark.parametrize("language", ["de", "uk"])
async def test_it_is_read_in_the_readers_language(desk: Desk, language: str) -> None:
    seen = await desk.asks("/status", headers={"Accept-Language": language})
    assert f'<html lang="{language}"' in seen.text
    assert "2026" in seen.said


async def test_the_name_of_a_feed_is_text(desk: Desk) -> None:
    feeds = desk.world.folder / "feeds.toml"
    line = f'url = "{HERALD}"\n'
    feeds.write_text(feeds.read_text().replace(line, f"{line}name = '<script>x()</script>'\n"))
    await desk.world.stop()
    await desk.world.start()
    await desk.door.follow(desk.world.app)
    await fails(desk, HERALD)
    desk.world.clock.pass_time(_FRESH)
    seen = await desk.asks("/status")
    assert "&lt;script&gt;x()" in seen.text
    assert "<script" not in seen.text
