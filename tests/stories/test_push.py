"""A hub tells us of news at once, and whatever becomes of the hub, the feed is still watched."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from sqlmodel import Session, col, select

from monitor.app import App, Ports, open_app, take_over
from monitor.models import Entry, Feed, Push, PushState
from monitor.settings import load
from monitor.store import feeds, pushes, subscribers
from monitor.web import pages
from monitor.web.server import WebDoor
from monitor.words import Severity
from tests.fakes import FakeClock, FakePost
from tests.web.hub import PUBLIC, Hub, item, open_hub

STRIKE = "Pre-emptive strike feared"


@dataclass
class Desk:
    """The program with its pages open, watching one feed whose hub is real."""

    folder: Path
    hub: Hub
    clock: FakeClock = field(default_factory=FakeClock)
    post: FakePost = field(default_factory=FakePost)
    crashes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.door = WebDoor(pages)
        self._life = AsyncExitStack()

    async def start(
        self, *, public: str = PUBLIC, websub: str = "true", feed: str = "", largest: str = "8000000"
    ) -> None:
        poll = f'host_pause = "0s"\nwebsub = {websub}\nlargest = {largest}\nevery = "15m"\nslowest = "1h"\n'
        web = f'listen = "127.0.0.1:0"\npublic_url = "{public}"\n'
        (self.folder / "monitor.toml").write_text(f'state = "state"\n[poll]\n{poll}[web]\n{web}')
        feed = feed or f'[[feed]]\nurl = "{self.hub.url()}"\nallow_private = true\n'
        (self.folder / "feeds.toml").write_text(feed)
        (self.folder / "rules.toml").write_text('[rules.strike]\nseverity = "critical"\nmatch = "pre-emptive strike"\n')
        ports = Ports(now=self.clock.now, luck=lambda: 0.5, crashed=self._crashed)
        app = await self._life.enter_async_context(open_app(load(self.folder / "monitor.toml"), ports))
        await take_over(app, self.clock.at)
        urgent, rest = (replace(way, open_door=self.post.open) for way in (app.urgent, app.deliver))
        self.app: App = replace(app, urgent=urgent, deliver=rest)
        await self.door.follow(self.app)
        self._life.push_async_callback(self.door.follow, None)
        self.hub.door = self.door.port

    async def stop(self) -> None:
        await self._life.aclose()
        self._life = AsyncExitStack()

    async def restart(self, **changes: str) -> None:
        await self.stop()
        await self.start(**changes)

    async def turn(self) -> None:
        await self.app.poll.everything_due()
        await self.app.hubs.run()

    async def wish(self) -> dict[str, str]:
        """The feed is polled, and its hub hears what we want of it."""
        await self.turn()
        return self.hub.wishes[-1]

    async def promise(self) -> dict[str, str]:
        """The feed is polled, and its hub promises to tell us of it."""
        wish = await self.wish()
        assert (await self.hub.verifies(wish)).status == 200
        return wish

    async def told(self, wish: dict[str, str], items: str) -> None:
        assert (await self.hub.delivers(wish, self.hub.document(items))).status == 202
        await self.app.pushed.finish()

    async def push(self) -> Push:
        (row,) = (await self.app.db.read(pushes.by_feed)).values()
        return row

    async def titles(self) -> list[str]:
        return await self.app.db.read(lambda session: list(session.exec(select(Entry.title).order_by(col(Entry.id)))))

    async def _crashed(self, job: str, error: Exception) -> None:
        self.crashes.append(f"{job}: {error!r}")


@pytest.fixture
async def desk(tmp_path: Path, blank_state: Path) -> AsyncIterator[Desk]:
    copytree(blank_state, tmp_path / "state")
    async with open_hub() as hub:
        desk = Desk(tmp_path, hub)
        await desk.start()
        yield desk
        await desk.stop()
        assert desk.crashes == []


async def test_a_duty_officer_hears_at_once_of_what_a_hub_tells(desk: Desk) -> None:
    await desk.app.db.write(
        subscribers.add,
        "duty@example.org",
        zone="UTC",
        briefing=False,
        briefing_at=time(7),
        alert_from=Severity.HIGH,
        now=desk.clock.at,
        consent="added by the operator",
    )
    wish = await desk.promise()
    asked = desk.hub.asked
    await desk.told(wish, item(STRIKE))
    await desk.app.triage.run()
    await desk.app.send_mail()

    assert [mail["Subject"] for mail in desk.post.mails("duty@example.org")] == [f"[strike] {STRIKE}"]
    assert desk.hub.asked == asked


async def test_a_hub_is_told_what_we_want_and_where_to_bring_it(desk: Desk) -> None:
    wish = await desk.wish()
    token = wish["hub.callback"].removeprefix(f"{PUBLIC}/push/")

    assert wish["hub.mode"] == "subscribe"
    assert wish["hub.topic"] == desk.hub.url()
    assert wish["hub.lease_seconds"] == "864000"
    assert len(token) >= 32
    assert 32 <= len(wish["hub.secret"]) < 200
    assert wish["hub.secret"] != token


async def test_a_hub_never_learns_the_password_of_a_feed(desk: Desk) -> None:
    (desk.folder / "headers").write_text("Cookie: subscriber=42\n")
    feed = f'[[feed]]\nurl = "{desk.hub.url()}"\nallow_private = true\nheaders_file = "headers"\n'
    await desk.restart(feed=feed)
    await desk.wish()
    assert all("cookie" not in headers for headers in desk.hub.headers)


async def test_a_hub_is_believed_for_as_long_as_its_lease_and_answered_with_its_challenge(desk: Desk) -> None:
    wish = await desk.wish()
    reply = await desk.hub.verifies(wish, lease_seconds="3600")
    push = await desk.push()

    assert (reply.status, reply.text) == (200, "is-it-you")
    assert (push.state, push.kept_until) == (PushState.KEPT, desk.clock.at + timedelta(hours=1))


async def test_a_hub_that_asks_back_what_we_did_not_want_gets_no_yes(desk: Desk) -> None:
    wish = await desk.wish()
    for instead in (
        {"topic": "http://elsewhere.test/feed"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": ""},
    ):
        reply = await desk.hub.verifies(wish, **instead)
        assert (reply.status, reply.text) == (404, "not asked for\n")
    assert (await desk.push()).state == PushState.ASKED


async def test_a_head_request_promises_nothing(desk: Desk) -> None:
    wish = await desk.wish()
    said = {"hub.mode": "subscribe", "hub.topic": wish["hub.topic"], "hub.challenge": "is-it-you"}
    callback = wish["hub.callback"].replace(PUBLIC, f"http://127.0.0.1:{desk.door.port}")
    async with desk.hub.client.head(callback, params=said) as response:
        assert response.status == 404
    assert (await desk.push()).state == PushState.ASKED


async def test_a_stranger_who_guesses_a_callback_gets_no_yes_and_ends_nothing(desk: Desk) -> None:
    wish = await desk.promise()
    guess = {**wish, "hub.callback": f"{PUBLIC}/push/guess"}
    assert (await desk.hub.verifies(guess)).status == 404
    assert (await desk.hub.verifies(guess, mode="denied")).status == 404
    assert (await desk.hub.delivers(guess, desk.hub.document(item(STRIKE)))).status == 410
    assert (await desk.push()).state == PushState.KEPT


async def test_news_comes_in_under_every_signature_the_standard_names(desk: Desk) -> None:
    wish = await desk.promise()
    methods = ["sha1", "sha256", "sha384", "sha512"]
    for number, method in enumerate(methods):
        await desk.hub.delivers(wish, desk.hub.document(item(method, number)), method=method)
    await desk.app.pushed.finish()
    assert await desk.titles() == methods


async def test_news_that_somebody_forged_is_dropped_and_counted_and_nobody_learns_it(desk: Desk) -> None:
    wish = await desk.promise()
    reply = await desk.hub.delivers(wish, desk.hub.document(item(STRIKE)), secret="a guess")
    good = await desk.hub.delivers(wish, desk.hub.document(""))
    await desk.app.pushed.finish()

    assert reply == good
    assert await desk.titles() == []
    assert (await desk.push()).forged == 1


async def test_a_delivery_without_a_signature_is_dropped_too(desk: Desk) -> None:
    wish = await desk.promise()
    address = wish["hub.callback"].replace(PUBLIC, f"http://127.0.0.1:{desk.door.port}")
    async with desk.hub.client.post(address, data=desk.hub.document(item(STRIKE))) as response:
        assert response.status == 202
    await desk.app.pushed.finish()
    assert await desk.titles() == []


async def test_a_part_of_a_feed_brings_its_news_and_the_next_poll_nothing_twice(desk: Desk) -> None:
    desk.hub.items = item("An ordinary day", 1)
    wish = await desk.promise()
    desk.hub.items = item(STRIKE, 2) + item("An ordinary day", 1)
    await desk.told(wish, item(STRIKE, 2))
    await desk.told(wish, item(STRIKE, 2))
    desk.clock.pass_time(timedelta(hours=2))
    await desk.turn()
    assert await desk.titles() == ["An ordinary day", STRIKE]


async def test_a_lease_is_renewed_before_it_ends_under_the_same_callback(desk: Desk) -> None:
    wish = await desk.wish()
    await desk.hub.verifies(wish, lease_seconds="86400")
    desk.clock.pass_time(timedelta(hours=17))
    await desk.turn()
    assert len(desk.hub.wishes) == 1
    desk.clock.pass_time(timedelta(hours=2))
    await desk.turn()
    assert desk.hub.wishes == [wish, wish]

    await desk.hub.verifies(wish, lease_seconds="86400")
    assert (await desk.push()).kept_until == desk.clock.at + timedelta(days=1)


async def test_a_hub_that_is_gone_is_asked_less_and_less_while_polling_goes_on_as_ever(desk: Desk) -> None:
    desk.hub.answer = 503
    await desk.turn()
    push = await desk.push()
    assert (push.state, push.trouble) == (PushState.ASKED, "the hub answered 503 Service Unavailable")

    for _ in range(12):
        desk.clock.pass_time(timedelta(hours=1))
        await desk.turn()
    assert 4 <= len(desk.hub.wishes) <= 6
    assert desk.hub.asked == 13
    desk.hub.items = item(STRIKE)
    desk.clock.pass_time(timedelta(hours=1))
    await desk.turn()
    assert await desk.titles() == [STRIKE]


async def test_a_hub_that_takes_a_wish_and_never_asks_back_is_found_out(desk: Desk) -> None:
    await desk.wish()
    desk.clock.pass_time(timedelta(minutes=2))
    await desk.turn()
    assert (await desk.push()).trouble == "the hub took our wish, and never came to verify it"
    assert len(desk.hub.wishes) == 2


async def test_a_hub_that_says_no_is_heard_and_asked_again_another_day(desk: Desk) -> None:
    wish = await desk.promise()
    assert (await desk.hub.verifies(wish, mode="denied", reason="no \x07longer\nyours")).status == 200
    push = await desk.push()
    assert (push.state, push.trouble) == (PushState.REFUSED, "the hub refused: no longer yours")
    assert (await desk.hub.verifies(wish)).status == 404
    assert (await desk.hub.delivers(wish, desk.hub.document(item(STRIKE)))).status == 410

    desk.clock.pass_time(timedelta(hours=23))
    await desk.turn()
    assert len(desk.hub.wishes) == 1
    desk.clock.pass_time(timedelta(hours=2))
    await desk.turn()
    assert len(desk.hub.wishes) == 2


async def test_a_feed_that_changes_its_hub_is_followed_and_the_old_hub_sent_away(desk: Desk) -> None:
    old = await desk.promise()
    desk.hub.named = "/other"
    desk.hub.items = item("An ordinary day", 1)
    desk.clock.pass_time(timedelta(minutes=20))
    new = await desk.wish()

    assert (await desk.push()).hub == desk.hub.url("/other")
    assert new["hub.callback"] != old["hub.callback"]
    assert new["hub.secret"] != old["hub.secret"]
    assert (await desk.hub.delivers(old, desk.hub.document(item(STRIKE, 2)))).status == 410
    assert (await desk.hub.verifies(new)).status == 200


async def test_a_feed_that_is_no_longer_watched_is_no_longer_pushed(desk: Desk) -> None:
    wish = await desk.promise()
    await desk.app.db.write(feeds.sync, [], desk.clock.at)
    await desk.app.hubs.run()
    farewell = desk.hub.wishes[-1]

    assert farewell == {
        "hub.mode": "unsubscribe",
        "hub.topic": wish["hub.topic"],
        "hub.callback": wish["hub.callback"],
    }
    assert (await desk.hub.delivers(wish, desk.hub.document(item(STRIKE)))).status == 410
    assert (await desk.hub.verifies(farewell)).status == 200
    assert await desk.app.db.read(pushes.by_feed) == {}


async def test_an_operator_who_switches_websub_off_leaves_every_hub(desk: Desk) -> None:
    await desk.promise()
    await desk.restart(websub="false")
    await desk.turn()
    assert desk.hub.wishes[-1]["hub.mode"] == "unsubscribe"


async def test_a_hub_that_does_not_let_go_is_left_without_its_leave(desk: Desk) -> None:
    await desk.promise()
    await desk.restart(websub="false")
    for _ in range(20):
        await desk.app.hubs.run()
        desk.clock.pass_time(timedelta(hours=1))
    assert [wish["hub.mode"] for wish in desk.hub.wishes] == ["subscribe", *["unsubscribe"] * 3]
    assert await desk.app.db.read(pushes.by_feed) == {}


async def test_without_a_public_address_no_hub_is_asked_and_nothing_listens(desk: Desk) -> None:
    await desk.restart(public="")
    await desk.turn()
    assert desk.hub.wishes == []
    with pytest.raises(OSError, match="Cannot connect"):
        await desk.hub.client.get(f"http://127.0.0.1:{desk.door.port}/")


async def test_a_new_public_address_is_told_to_every_hub(desk: Desk) -> None:
    await desk.promise()
    await desk.restart(public="http://new.test")
    wish = await desk.wish()
    assert wish["hub.callback"].startswith("http://new.test/push/")


async def test_a_hub_is_relied_upon_once_it_has_told_something_until_a_poll_finds_more(desk: Desk) -> None:
    async def relied_upon() -> bool:
        return bool(await desk.app.db.read(pushes.live_feeds, desk.clock.at))

    wish = await desk.promise()
    assert not await relied_upon()
    await desk.told(wish, item("An ordinary day", 1))
    assert await relied_upon()

    desk.clock.pass_time(timedelta(minutes=1))
    await desk.app.db.write(pushes.missed, (await desk.push()).feed_id, desk.clock.at)
    assert not await relied_upon()
    desk.clock.pass_time(timedelta(minutes=1))
    await desk.told(wish, item("A quiet evening", 2))
    assert await relied_upon()
    desk.clock.pass_time(timedelta(days=11))
    assert not await relied_upon()


async def test_what_a_hub_said_while_we_were_away_is_asked_for_at_the_next_start(desk: Desk) -> None:
    wish = await desk.promise()
    await desk.told(wish, item("An ordinary day", 1))
    asked = desk.hub.asked
    await desk.turn()
    assert desk.hub.asked == asked
    await desk.restart()
    await desk.turn()
    assert desk.hub.asked == asked + 1


async def test_a_hub_that_only_rings_makes_us_come_and_see(desk: Desk) -> None:
    wish = await desk.promise()
    desk.hub.items = item(STRIKE)
    assert (await desk.hub.delivers(wish, b"")).status == 202
    await desk.app.pushed.finish()
    await desk.turn()
    assert await desk.titles() == [STRIKE]


async def test_a_delivery_that_is_too_large_is_refused_and_nothing_else_suffers(desk: Desk) -> None:
    await desk.promise()
    await desk.restart(largest="10000")
    wish = desk.hub.wishes[-1]
    assert (await desk.hub.delivers(wish, b"x" * 10_001)).status == 413
    await desk.told(wish, item(STRIKE))
    assert await desk.titles() == [STRIKE]


async def test_hubs_that_bring_more_than_there_is_room_for_come_again_later(desk: Desk) -> None:
    wish = await desk.promise()
    body = desk.hub.document(item(STRIKE))
    small = replace(desk.app.pushed, room=len(body) - 1)
    await desk.door.follow(replace(desk.app, pushed=small))
    assert (await desk.hub.delivers(wish, body)).status == 503
    large = replace(desk.app.pushed, room=len(body))
    await desk.door.follow(replace(desk.app, pushed=large))
    for _ in range(3):
        assert (await desk.hub.delivers(wish, body)).status == 202
        await large.finish()
    assert await desk.titles() == [STRIKE]


async def test_one_hub_out_of_reach_is_left_alone_for_all_its_feeds(desk: Desk) -> None:
    def three_feeds(session: Session) -> None:
        now = desk.clock.at
        for number in range(3):
            session.add(Feed(url=f"http://{number}.test/", next_poll_at=now + timedelta(days=9), every_seconds=900))
        session.flush()
        for feed in session.exec(select(Feed)):
            feed.hub, feed.topic, feed.next_poll_at = "http://127.0.0.1:1/hub", feed.url, now + timedelta(days=9)
            session.add(feed)

    await desk.app.db.write(three_feeds)
    access = {f"http://{number}.test/": desk.app.hubs.access[desk.hub.url()] for number in range(3)}
    hubs = replace(desk.app.hubs, access={**desk.app.hubs.access, **access})
    assert await hubs.run() == 1
    assert await hubs.run() == 0


async def test_a_hub_on_a_private_address_is_not_dialled_for_a_feed_that_is_not(desk: Desk) -> None:
    await desk.turn()
    hubs = replace(desk.app.hubs, access={})
    desk.clock.pass_time(timedelta(minutes=2))
    await hubs.run()
    assert len(desk.hub.wishes) == 1
    assert (await desk.push()).trouble.startswith("address: ")
