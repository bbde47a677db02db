"""What happens between a feed and the desk: turns, repeats, quarantine, hubs, and mistakes of our own."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from monitor.core.values import NotAFeed, ParsedFeed
from monitor.jobs.job import Job
from monitor.jobs.poll import Poll
from monitor.models import Entry, Feed, FeedDay
from monitor.net.answers import Answer
from monitor.net.fetch import FeedRequest, Fetched, FetchResult, Unchanged
from monitor.net.troubles import FetchFailed, Trouble
from monitor.store import feeds
from monitor.store.feeds import WantedFeed
from tests.conftest import HERALD, WIRE, World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def feed(session: Session, url: str = WIRE) -> Feed:
    return session.exec(select(Feed).where(Feed.url == url)).one()


def titles(session: Session) -> list[str]:
    return list(session.exec(select(Entry.title).order_by(Entry.id)))  # type: ignore[arg-type]


async def quietly(_job: str) -> None: ...


async def wire(world: World) -> Feed:
    return await world.app.db.read(feed)


async def test_only_the_new_item_of_a_document_is_read(world: World) -> None:
    read: list[ParsedFeed | NotAFeed] = []

    async def watching(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
        read.append(await world.web.parse(document, url, content_type, known))
        return read[-1]

    for number in range(3):
        world.web.publish(WIRE, f"Older news {number}")
    await world.later()
    world.web.publish(WIRE, "Bridge closed after storm")
    await replace(world.app.poll, parse=watching).everything_due()
    world.clock.pass_time(20 * MINUTE)
    await replace(world.app.poll, parse=watching).everything_due()
    (parsed,) = read
    assert isinstance(parsed, ParsedFeed)
    assert [entry.title for entry in parsed.entries] == ["Bridge closed after storm"]
    assert parsed.shown == 5
    assert "Bridge closed after storm" in await world.app.db.read(titles)


async def test_a_feed_that_takes_turns_with_an_older_version_of_itself_tells_nothing_twice(world: World) -> None:
    older = world.web.document(WIRE)
    world.web.publish(WIRE, "Bridge closed after storm")
    await world.later()
    stored = await world.app.db.read(titles)
    newer = world.web.document(WIRE)
    for document in (older, newer, older, newer):
        world.web.instead[WIRE] = document
        await world.later()
    assert await world.app.db.read(titles) == stored
    assert len((await wire(world)).known_items) == 2 * 8


async def test_a_pile_of_due_feeds_is_worked_off_without_waiting_for_the_clock(world: World) -> None:
    pile = [WantedFeed(f"https://{n}.test/", f"f{n}", "", "", "en", (), f"{n}.test", DAY) for n in range(500)]
    await world.app.db.write(feeds.sync, pile, world.clock.at)
    asked: list[str] = []
    all_asked = asyncio.Event()

    async def fetch(request: FeedRequest) -> FetchResult:
        asked.append(request.url)
        if len(asked) == len(pile):
            all_asked.set()
        return Unchanged()

    poll: Poll = replace(world.app.poll, fetch=fetch, connections=2, idle=lambda: job.wake())
    job = Job("poll", poll.start_due, DAY, MINUTE, world.app.poll.crashed, quietly)
    job.wake()
    async with asyncio.timeout(20):
        await all_asked.wait()
    await job.finish()
    await poll.finish()
    assert len(set(asked)) == len(asked) == len(pile)


async def test_a_document_that_kills_its_reader_twice_is_not_read_again_until_it_changes(world: World) -> None:
    async def dies(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
        world.web.parsed += 1
        return NotAFeed("broke its reader (out of time or memory)", killed=True)

    poll = replace(world.app.poll, parse=dies)
    world.web.instead[WIRE] = b"<rss>poison</rss>"
    for _ in range(2):
        await poll.everything_due()
        world.clock.pass_time(2 * DAY)
    assert (await wire(world)).deaths == 2
    world.web.parsed = 0
    await poll.everything_due()
    after = await wire(world)
    assert world.web.parsed == 0
    assert (after.trouble_kind, after.deaths) == ("quarantined", 2)
    del world.web.instead[WIRE]
    world.web.publish(WIRE, "The wire is back")
    world.clock.pass_time(DAY)
    await world.app.poll.everything_due()
    assert ((await wire(world)).deaths, (await wire(world)).trouble) == (0, "")
    assert "The wire is back" in await world.app.db.read(titles)


async def test_a_mistake_over_one_feed_costs_the_others_nothing(world: World) -> None:
    for url in world.urls:
        world.web.publish(url, f"News of {url}")

    async def stumbles(request: FeedRequest) -> FetchResult:
        if request.url == WIRE:
            raise RuntimeError("a mistake of ours")
        return await world.web.fetch(request)

    await replace(world.app.poll, fetch=stumbles).everything_due()
    assert world.crashes == [f"poll wire.test: {RuntimeError('a mistake of ours')!r}"]
    world.crashes.clear()
    stored = await world.app.db.read(titles)
    assert [url for url in world.urls if f"News of {url}" in stored] == [url for url in world.urls if url != WIRE]
    failed = await wire(world)
    assert (failed.trouble_kind, failed.failures) == ("internal", 1)


async def test_what_cannot_be_stored_of_one_feed_is_its_own_trouble(world: World) -> None:
    for url in world.urls:
        world.web.publish(url, f"News of {url}")

    async def unstorable(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
        parsed = await world.web.parse(document, url, content_type, known)
        assert isinstance(parsed, ParsedFeed)
        odd = tuple(replace(entry, title="\ud800") for entry in parsed.entries)
        return replace(parsed, entries=odd) if url == WIRE else parsed

    await replace(world.app.poll, parse=unstorable).everything_due()
    assert len(world.crashes) == 2  # of the batch, then of the feed alone
    world.crashes.clear()
    assert [url for url in world.urls if f"News of {url}" in await world.app.db.read(titles)] == [*world.urls[1:]]
    assert (await wire(world)).trouble_kind == "internal"


async def test_what_a_hub_sends_is_told_at_once_and_is_no_turn_of_ours(world: World) -> None:
    before = await wire(world)
    item = world.web.publish(WIRE, "Pre-emptive strike feared")
    only_this = f'<rss version="2.0"><channel><title>x</title>{item.xml()}</channel></rss>'.encode()
    await world.subscribe("duty@example.org")
    assert await world.app.poll.take_pushed(before.id, only_this, "application/rss+xml") == 1
    await world.app.triage.run()
    await world.app.send_mail()
    assert len(world.post.mails("duty@example.org")) == 1
    after = await wire(world)
    assert (after.next_poll_at, after.known_items, after.polls) == (
        before.next_poll_at, before.known_items, before.polls,
    )  # fmt: skip
    await world.later()
    assert len(world.post.mails("duty@example.org")) == 1


async def test_a_hub_that_sends_rubbish_changes_nothing(world: World) -> None:
    before = await world.app.db.read(titles)
    assert await world.app.poll.take_pushed((await wire(world)).id, b"<html>hello</html>", "text/html") == 0
    assert await world.app.poll.take_pushed(4711, b"<rss/>", "") == 0
    assert await world.app.db.read(titles) == before


async def test_a_feed_names_its_hub_and_its_wishes_in_the_document(world: World) -> None:
    head = (
        '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.test/"/>'
        '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://wire.test/self"/><ttl>10</ttl>'
    )
    item = world.web.publish(WIRE, "Bridge closed").xml()
    world.web.instead[WIRE] = f'<rss version="2.0"><channel><title>x</title>{head}{item}</channel></rss>'.encode()
    await world.later()
    named = await wire(world)
    assert (named.hub, named.topic, named.wishes["every"]) == ("https://hub.test/", "https://wire.test/self", "PT10M")


async def test_every_visit_is_counted_on_its_day(world: World) -> None:
    world.web.publish(HERALD, "Bridge closed")
    await world.later()
    world.web.instead[HERALD] = FetchFailed(Trouble.HTTP, "503 Busy")
    await world.later(DAY)

    def days(session: Session) -> list[tuple[int, int, int]]:
        rows = session.exec(select(FeedDay).where(FeedDay.feed_id == feed(session, HERALD).id).order_by(FeedDay.day))  # type: ignore[arg-type]
        return [(each.polls, each.failures, each.new) for each in rows]

    assert await world.app.db.read(days) == [(2, 0, 2), (1, 1, 0)]


@pytest.mark.parametrize("permanent", [True, False])
async def test_after_a_week_of_permanent_redirects_the_new_address_is_asked(world: World, permanent: bool) -> None:
    new = "https://wire.test/new"

    async def moved(request: FeedRequest) -> FetchResult:
        world.web.asked.append(request)
        answer = Answer(200, new, moved_to=new if permanent and request.url == WIRE else "")
        return Fetched(world.web.document(WIRE), new, "application/xml", "", "", answer)

    poll = replace(world.app.poll, fetch=moved)
    for _ in range(9):
        await poll.everything_due()
        world.clock.pass_time(DAY)
    world.web.asked.clear()
    await poll.everything_due()
    assert [each.url for each in world.web.asked if "wire" in each.url] == [new if permanent else WIRE]


async def test_now_and_then_a_server_must_show_the_document_although_it_says_that_nothing_changed(
    world: World,
) -> None:
    world.web.publish(WIRE, "Bridge closed")
    await world.later()

    def long_watched(session: Session) -> None:
        row = feed(session)
        row.polls = 199
        session.add(row)

    await world.app.db.write(long_watched)
    world.web.asked.clear()
    await world.later()
    await world.later()
    asked = [request.etag for request in world.web.asked if request.url == WIRE]
    assert [bool(etag) for etag in asked] == [False, True]


async def test_while_the_config_is_read_again_nobody_is_asked(world: World) -> None:
    world.app.poll.hold()
    await world.app.poll.everything_due()
    asked = len(world.web.asked)
    world.app.poll.go_on()
    await world.app.poll.everything_due()
    assert len(world.web.asked) == asked + len(world.urls)


async def test_a_document_of_a_hub_that_killed_its_reader_is_not_read_again(world: World) -> None:
    read: list[bytes] = []

    async def dies(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
        read.append(document)
        return NotAFeed("broke its reader (out of time or memory)", killed=True)

    poll = replace(world.app.poll, parse=dies)
    for body in (b"poison", b"poison", b"other poison"):
        assert await poll.take_pushed((await wire(world)).id, body, "") == 0
    assert read == [b"poison", b"other poison"]
