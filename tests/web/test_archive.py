"""Strangers read what was told: the archive, a briefing, a story. What is not public stays so."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import feedparser
import pytest
from sqlmodel import Session, select

from monitor.core.briefing import Contents
from monitor.core.links import canonical_link
from monitor.jobs.brief import _edition, stored_contents
from monitor.models import Edition, Entry, Silence
from monitor.net.fetch import FetchFailed
from monitor.net.troubles import Trouble
from monitor.store import editions, silences, stories
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE
from tests.web.desk import ANNA, DUTY, Desk

MARSHES = "Airspace incursion over the salt marshes, ministry says"
RULES = """
[rules.airspace-incursion-internal]
severity = "high"
match = "airspace incursion"
unless = "drill"
topic = "Airspace"

[rules.quiet-watch]
severity = "high"
match = "lighthouse"
"""
_SETTINGS = """
[poll]
adaptive = false
[web]
listen = "127.0.0.1:0"
public_url = "https://watch.test"
"""


async def opened(desk: Desk, *, archive: bool = True, private: str = "") -> None:
    """The program starts again with an archive; the feed of the `private` URL is in the operator's own network."""
    desk.world.configure(RULES, _SETTINGS + ("archive = true\n" if archive else ""))
    feeds = desk.world.folder / "feeds.toml"
    if private:
        line = f'url = "{private}"\n'
        feeds.write_text(feeds.read_text().replace(line, f"{line}allow_private = true\n"))
    await desk.world.stop()
    await desk.world.start()
    await desk.door.follow(desk.world.app)


async def told(desk: Desk, title: str, url: str = WIRE) -> None:
    desk.world.web.publish(url, title)
    await desk.world.later()


async def next_morning(desk: Desk) -> None:
    await desk.world.later(timedelta(days=1))


PAGES = ("/archive", "/archive/1", "/archive.atom", "/story/5")


@pytest.mark.parametrize("path", PAGES)
async def test_without_an_archive_there_is_nothing_to_read(desk: Desk, path: str) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    assert (await desk.asks(path)).status == 200
    await opened(desk, archive=False)
    seen = await desk.asks(path)
    assert (seen.status, seen.text) == (404, "There is nothing here.\n")
    assert "archive" not in (await desk.asks("/")).text


async def test_a_stranger_finds_this_mornings_briefing_and_reads_it(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    assert 'href="archive"' in (await desk.asks("/")).text
    listed = await desk.asks("/archive")
    assert "Monday, 2 March 2026 · 1 story Airspace incursion over the salt marshes" in listed.said
    assert 'href="archive/1"' in listed.text
    read = await desk.asks("/archive/1")
    assert MARSHES in read.said
    assert f'href="{WIRE}/1"' in read.text
    assert "High · Airspace" in read.said
    assert 'href="../story/5"' in read.text


async def test_a_rule_is_known_by_its_topic_alone_and_one_without_not_at_all(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await told(desk, "Keeper leaves the lighthouse at Lindgate after forty years", HERALD)
    await next_morning(desk)
    for path in ("/archive", "/archive/1", "/archive/3", "/archive.atom", "/story/5", "/story/6"):
        seen = await desk.asks(path)
        assert seen.status == 200
        assert "airspace-incursion-internal" not in seen.text
        assert "quiet-watch" not in seen.text
    assert "Topics: Airspace" in (await desk.asks("/story/5")).said
    assert "Topics" not in (await desk.asks("/story/6")).said


async def test_a_story_says_who_told_it_and_how_it_grew(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await told(desk, f"{MARSHES} again", HERALD)
    await told(desk, MARSHES, OBSERVER)
    seen = await desk.asks("/story/5")
    assert "3 publishers · first seen 2 Mar 2026 12:40 (UTC)" in seen.said
    assert "2 Mar 2026 13:00 Herald" in seen.said
    assert f'href="{HERALD}/1"' in seen.text
    assert "2 publishers 2 Mar 2026 13:00 , after 20 min 3 publishers 2 Mar 2026 13:20 , after 40 min" in seen.said


async def test_a_story_that_was_merged_leads_to_the_one_that_has_it_now(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await told(desk, "Night ferry turned back at Port Verity", HERALD)
    await desk.world.app.db.write(stories.merge, 5, 6, desk.world.clock.at)
    moved = await desk.asks("/story/6", allow_redirects=False)
    assert (moved.status, moved.headers["Location"]) == (307, "5")
    assert "Night ferry" in (await desk.asks("/story/5")).text


async def test_what_only_a_feed_of_our_own_network_told_is_nowhere(desk: Desk) -> None:
    await opened(desk, private=GAZETTE)
    await told(desk, "Airspace incursion seen on the radar of the harbour office", GAZETTE)
    for path in ("/archive", "/archive/1", "/archive.atom"):
        seen = await desk.asks(path)
        assert seen.status == 200
        assert "radar" not in seen.text
        assert "gazette.test" not in seen.text
    assert (
        "1 story came only from feeds that are not public, and is not shown here."
        in (await desk.asks("/archive/1")).said
    )
    assert (await desk.asks("/story/5")).status == 404


async def test_what_a_briefing_is_called_in_the_list_names_nothing_that_is_not_public(desk: Desk) -> None:
    await opened(desk, private=GAZETTE)
    desk.world.web.publish(GAZETTE, "Airspace incursion on our radar")
    await told(desk, "Fog at Lindgate")
    (edition,) = await desk.world.app.db.read(editions.public, 1)
    assert edition.subject == "Airspace incursion on our radar; Fog at Lindgate"
    for path in ("/archive", "/archive.atom", "/archive/1"):
        seen = await desk.asks(path)
        assert ("Fog at Lindgate" in seen.text, "radar" in seen.text) == (True, False)


async def test_who_else_told_a_story_is_named_but_not_the_feed_that_nobody_may_ask(desk: Desk) -> None:
    await opened(desk, private=GAZETTE)
    desk.world.web.publish(GAZETTE, MARSHES)
    await told(desk, MARSHES)
    for path in ("/archive/1", "/story/5"):
        seen = await desk.asks(path)
        assert "Wire" in seen.said
        assert "Gazette" not in seen.said
    assert "1 publisher · first seen" in (await desk.asks("/story/5")).said


async def test_a_feed_that_became_private_takes_its_stories_out_of_the_archive(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await opened(desk, private=WIRE)
    assert "salt marshes" not in (await desk.asks("/archive/1")).text
    assert (await desk.asks("/story/5")).status == 404


async def test_nobody_learns_who_muted_what_or_by_which_words_something_was_held(desk: Desk) -> None:
    await opened(desk)
    now = desk.world.clock.at
    mute = Silence(source="herald", starts_at=now, ends_at=now + timedelta(days=1), author=DUTY, comment="my secret")
    await desk.world.app.db.write(silences.add, mute)
    desk.world.web.publish(WIRE, "Airspace incursion drill announced at Brae")
    await told(desk, "Airspace incursion by a balloon at the glass factory", HERALD)
    read = await desk.asks("/archive/1")
    assert "Silenced: it is muted for a while" in read.said
    assert "Held back: one of the rule's own 'unless' words stands in it" in unescape(read.said)
    assert "my secret" not in read.text
    assert "“drill”" not in read.text


async def test_a_blind_spot_is_named_in_plain_words_without_what_its_server_said(desk: Desk) -> None:
    await opened(desk, private=GAZETTE)
    for url in (HERALD, GAZETTE):
        desk.world.web.instead[url] = FetchFailed(Trouble.HTTP, "503 from 10.0.0.7, ask admin@herald.test")
    await told(desk, MARSHES)
    read = await desk.asks("/archive/1")
    assert "herald.test: its server answers with an error, since 2 Mar 12:40" in read.said
    assert "2 of 4 feeds could be read" in read.said
    assert "gazette.test" not in read.text
    assert "10.0.0.7" not in read.text


async def test_no_page_that_everybody_reads_has_the_address_of_a_person(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await desk.presses(desk.link(DUTY, "ack"))
    await next_morning(desk)
    for path in ("/", "/status", "/archive", "/archive/1", "/archive/3", "/archive.atom", "/story/5"):
        seen = await desk.asks(path)
        assert seen.status == 200
        for address in (DUTY, ANNA):
            assert address not in seen.text


@pytest.mark.parametrize("path", PAGES)
async def test_who_asks_again_is_told_that_nothing_changed_until_something_does(desk: Desk, path: str) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    first = await desk.asks(path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    mark = first.headers["ETag"]
    desk.world.clock.pass_time(timedelta(hours=1))
    again = await desk.asks(path, headers={"If-None-Match": f"W/{mark}"})
    assert (again.status, again.text, again.headers["ETag"]) == (304, "", mark)
    assert again.headers["Cache-Control"] == "public, max-age=300"

    await told(desk, MARSHES, HERALD)
    await next_morning(desk)
    if path != "/archive/1":
        assert (await desk.asks(path, headers={"If-None-Match": mark})).status == 200


async def test_a_reader_follows_the_briefings(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await next_morning(desk)
    seen = await desk.asks("/archive.atom")
    assert (seen.status, seen.headers["Content-Type"]) == (200, "application/atom+xml")
    feed = feedparser.parse(seen.text.encode())
    assert not feed.bozo
    assert [entry.link for entry in feed.entries] == ["https://watch.test/archive/3", "https://watch.test/archive/1"]
    assert feed.entries[1].title == MARSHES
    assert MARSHES in feed.entries[1].content[0].value


async def test_a_long_archive_is_read_page_by_page_and_none_is_shown_twice(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)

    def fill(session: Session) -> None:
        first = session.exec(select(Edition).where(Edition.public)).one()
        contents = replace(stored_contents(first.contents))
        for back in range(1, 40):
            day = first.local_date + timedelta(days=back)
            editions.keep(session, _edition(contents, day, "UTC", "en", 0, desk.world.clock.at, public=True))

    await desk.world.app.db.write(fill)
    first = await desk.asks("/archive")
    assert first.text.count('href="archive/') == 30
    assert 'href="archive?before=' in first.text
    number = first.text.partition('href="archive?before=')[2].partition('"')[0]
    second = await desk.asks(f"/archive?before={number}")
    assert second.text.count('href="archive/') == 10
    assert f'href="archive/{number}"' not in second.text
    assert "archive?before=" not in second.text
    beyond = await desk.asks("/archive?before=1")
    assert "There is no earlier one." in beyond.said


async def test_a_mail_that_is_not_public_is_not_in_the_archive(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)
    await next_morning(desk)
    everyone = await desk.world.app.db.read(lambda session: list(session.exec(select(Edition))))
    private = [each.id for each in everyone if not each.public]
    assert private
    for number in private:
        assert (await desk.asks(f"/archive/{number}")).status == 404


async def test_a_briefing_stays_in_the_language_it_was_written_in(desk: Desk) -> None:
    await opened(desk)
    await told(desk, MARSHES)

    def german(session: Session) -> None:
        edition = session.exec(select(Edition).where(Edition.public)).one()
        edition.language = "de"
        session.add(edition)

    await desk.world.app.db.write(german)
    read = await desk.asks("/archive/1?lang=fr")
    assert '<html lang="de"' in read.text
    assert '<html lang="fr"' in (await desk.asks("/archive?lang=fr")).text


async def test_an_archive_without_a_briefing_says_when_there_will_be_one(desk: Desk) -> None:
    await opened(desk)
    seen = await desk.asks("/archive")
    assert "None has been written yet." in seen.said
    assert not feedparser.parse((await desk.asks("/archive.atom")).text.encode()).bozo


async def test_a_quiet_morning_is_a_page_too(desk: Desk) -> None:
    await opened(desk)
    await desk.world.turn()
    assert "Quiet: nothing new from 4 feeds" in (await desk.asks("/archive")).said
    assert "Nothing new arrived since" in (await desk.asks("/archive/1")).said


async def test_a_hostile_headline_is_text_and_a_link_that_is_none_leads_nowhere(desk: Desk) -> None:
    await opened(desk)
    evil = 'Airspace incursion "><script>x()</script><img src=x onerror=y()>'
    await told(desk, evil)

    trick = "https://wire.test/\u202egpj.exe"

    def poison(session: Session) -> None:
        entry = session.exec(select(Entry).where(Entry.story_id == 5)).one()
        entry.link, entry.canonical_link = trick, canonical_link(trick)
        edition = session.exec(select(Edition).where(Edition.public)).one()
        contents: Contents = stored_contents(edition.contents)
        (told,) = contents.matched
        contents = replace(contents, matched=(replace(told, link="javascript:x()"), replace(told, link=trick)))
        session.add(entry)
        session.add(_edition(contents, edition.local_date, "UTC", "en", 0, edition.written_at, public=True))
        session.delete(edition)

    for path in ("/archive", "/archive/1", "/archive.atom", "/story/5"):
        seen = await desk.asks(path)
        assert "<script" not in seen.text
        assert "<img" not in seen.text
        assert "Airspace incursion" in seen.text
    await desk.world.app.db.write(poison)
    number = (await desk.asks("/archive")).text.partition('href="archive/')[2].partition('"')[0]
    for path in (f"/archive/{number}", "/story/5", "/archive.atom"):
        seen = await desk.asks(path)
        assert seen.status == 200
        assert "Airspace incursion" in seen.text
        for bad in ("javascript:", "gpj.exe"):
            assert bad not in seen.text


@pytest.mark.parametrize("number", ["0", "2", "9" * 9, "9" * 30, "-1", "1.5", "x", "%00", "١", "1%2F2"])
async def test_a_number_that_nothing_has_is_not_found(desk: Desk, number: str) -> None:
    await opened(desk)
    await desk.world.turn()
    for path in (f"/archive/{number}", f"/story/9{number}"):
        assert (await desk.asks(path)).status == 404
