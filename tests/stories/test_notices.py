"""What reaches the operator when feeds are in trouble, and when they are well again."""

from datetime import timedelta
from email.message import EmailMessage

from sqlmodel import Session, select

from monitor.models import Delivery, DeliveryKind, Feed
from monitor.net.fetch import FetchFailed, Trouble
from monitor.store import feed_days
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE, World
from tests.fakes import html_of, text_of

OPERATOR = "ops@example.org"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REFUSED = FetchFailed(Trouble.HTTP, "503 Service Unavailable")
NO_NAME = FetchFailed(Trouble.DNS, "no address known for this host")


async def pass_time(world: World, span: timedelta, step: timedelta = 15 * MINUTE) -> list[EmailMessage]:
    """The notices the operator got in this span."""
    before = len(world.post.mails(OPERATOR))
    end = world.clock.at + span
    while world.clock.at < end:
        world.clock.pass_time(step)
        await world.app.poll.everything_due()
        await world.app.report.run()
        await world.app.send_mail()
    return world.post.mails(OPERATOR)[before:]


async def of_wire(world: World, **changes: object) -> None:
    def change(session: Session) -> None:
        feed = session.exec(select(Feed).where(Feed.url == WIRE)).one()
        for name, value in changes.items():
            setattr(feed, name, value)
        session.add(feed)

    await world.app.db.write(change)


async def test_the_operator_hears_of_a_failing_feed_with_all_that_helps_to_mend_it(world: World) -> None:
    world.web.instead[WIRE] = REFUSED
    (mail,) = await pass_time(world, 3 * HOUR)
    assert mail["Subject"] == "wire.test in trouble: its server answers with an error"
    for told in (text_of(mail), html_of(mail)):
        assert "503 Service Unavailable" in told
        assert "last read 2 Mar 12:00" in told
        assert "next try 2 Mar" in told
        assert "feed-monitor feeds test https://wire.test/feed" in told


async def test_a_notice_can_neither_be_answered_nor_left(world: World) -> None:
    world.web.instead[WIRE] = REFUSED
    (mail,) = await pass_time(world, 3 * HOUR)
    assert {"Reply-To", "List-Unsubscribe"}.isdisjoint(mail.keys())
    assert mail["List-Id"].startswith('"Notices to the operator" <notices.')


async def test_a_feed_that_is_well_again_is_told_with_what_it_brought(world: World) -> None:
    world.web.instead[WIRE] = REFUSED
    await pass_time(world, 3 * HOUR)
    del world.web.instead[WIRE]
    for number in range(3):
        world.web.publish(WIRE, f"News that waited, {number}")
    (mail,) = await pass_time(world, 8 * HOUR, 30 * MINUTE)
    assert mail["Subject"] == "wire.test is well again"
    assert "3 entries caught up" in text_of(mail)
    assert await pass_time(world, DAY, HOUR) == []


async def test_when_no_feed_can_be_reached_the_operator_hears_once_that_the_line_is_dead(world: World) -> None:
    for url in world.urls:
        world.web.instead[url] = NO_NAME
    (mail,) = await pass_time(world, 3 * HOUR)
    assert mail["Subject"] == "All 4 feeds out of reach: probably our own line"
    assert "name service" in text_of(mail)


async def test_while_the_mail_server_is_out_of_reach_too_one_notice_waits_and_it_is_the_last(world: World) -> None:
    for url in (HERALD, GAZETTE, OBSERVER, WIRE):
        world.web.instead[url] = NO_NAME
    world.post.shut = "nobody answers"
    await pass_time(world, 8 * HOUR, 30 * MINUTE)
    world.web.instead.clear()
    await pass_time(world, 2 * HOUR, 30 * MINUTE)
    world.post.shut = ""
    (mail,) = await pass_time(world, HOUR)
    assert mail["Subject"] == "4 feeds are well again"


async def test_a_restart_neither_repeats_nor_forgets_what_the_operator_heard(world: World) -> None:
    world.web.instead[WIRE] = REFUSED
    assert len(await pass_time(world, 3 * HOUR)) == 1
    await world.stop()
    await world.start()
    assert await pass_time(world, 2 * HOUR) == []
    del world.web.instead[WIRE]
    *reminders, mail = await pass_time(world, 8 * HOUR, 30 * MINUTE)
    assert mail["Subject"] == "wire.test is well again"
    assert len(reminders) <= 1


async def test_one_notice_is_one_debt_even_if_two_look_at_once(world: World) -> None:
    world.web.instead[WIRE] = REFUSED
    await pass_time(world, 100 * MINUTE)
    for _ in range(60):
        world.clock.pass_time(MINUTE)
        await world.app.poll.everything_due()
        await world.app.report.run()
        await world.app.report.run()
    assert await world.app.db.read(_notice_keys) == ["notice:1"]


def _notice_keys(session: Session) -> list[str]:
    return [each.key for each in session.exec(select(Delivery).where(Delivery.kind == DeliveryKind.NOTICE))]


async def test_a_feed_whose_server_says_it_is_gone_is_told_and_so_is_its_cure(world: World) -> None:
    world.web.instead[WIRE] = FetchFailed(Trouble.HTTP, "410 Gone", gone=True)
    (mail,) = await pass_time(world, 2 * HOUR)
    assert mail["Subject"] == "wire.test in trouble: its server says that it is gone for good"
    assert "feed-monitor feeds discover https://wire.test/" in text_of(mail)
    assert "not asked any more" in text_of(mail)


async def test_a_feed_that_moved_for_good_is_told_once_with_its_new_address(world: World) -> None:
    await of_wire(world, address="https://wire.test/new")
    world.web.feeds["https://wire.test/new"] = world.web.feeds[WIRE]
    (mail,) = await pass_time(world, 2 * DAY, HOUR)
    assert mail["Subject"] == "wire.test has moved"
    assert "https://wire.test/new" in text_of(mail)


async def test_a_password_in_the_address_of_a_feed_stays_out_of_the_mail(world: World) -> None:
    await of_wire(world, url="https://desk:secret@wire.test/feed", address="https://desk:secret@wire.test/feed")
    world.web.instead["https://desk:secret@wire.test/feed"] = REFUSED
    (mail,) = await pass_time(world, 3 * HOUR)
    assert "secret" not in mail.as_string()
    assert "https://wire.test/feed" in text_of(mail)


async def test_without_a_contact_nobody_is_told_and_with_one_the_open_troubles_are(world: World) -> None:
    world.web.instead[WIRE] = REFUSED
    await world.stop()
    config = world.folder / "monitor.toml"
    told = config.read_text()
    config.write_text('state = "state"\n')
    await world.start()
    assert await pass_time(world, DAY, HOUR) == []
    assert await world.app.db.read(_notice_keys) == []
    await world.stop()
    config.write_text(told)
    await world.start()
    assert len(await pass_time(world, HOUR)) == 1


async def test_an_alert_overtakes_a_notice(world: World) -> None:
    await world.subscribe("reader@example.org")
    world.post.shut = "nobody answers"
    world.web.instead[WIRE] = REFUSED
    await pass_time(world, 3 * HOUR)
    world.web.publish(HERALD, "Alliance fears a pre-emptive strike")
    await world.later(HOUR)
    world.post.shut = ""
    await world.later(HOUR)
    assert [message.recipient for message in world.post.accepted][:2] == ["reader@example.org", OPERATOR]


async def test_old_days_are_forgotten(world: World) -> None:
    long_ago = world.clock.at.date() - timedelta(days=61)
    await world.app.db.write(feed_days.count, [feed_days.Day(1, long_ago, 3, 1, 2)])
    await world.app.report.run()
    kept = await world.app.db.read(feed_days.since, long_ago)
    assert min(row.day for row in kept[1]) > long_ago
