"""What a subscriber gets in the morning."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from monitor.jobs.brief import BriefingsFailedError
from monitor.models import Subscriber
from monitor.net.fetch import FetchFailed, Trouble
from monitor.net.post import SendFailed
from tests.conftest import HERALD, WIRE, World
from tests.fakes import html_of, text_of

ANN = "ann@example.org"


async def test_the_briefing_comes_at_seven_by_the_subscribers_own_clock(world: World) -> None:
    await world.subscribe("warsaw@example.org", zone="Europe/Warsaw", alert_from=None)
    await world.subscribe("kyiv@example.org", zone="Europe/Kyiv", alert_from=None)
    world.clock.at = datetime(2026, 3, 3, 4, 59, tzinfo=UTC)
    await world.turn()
    assert world.post.accepted == []

    await world.later(timedelta(minutes=2))
    assert [message.recipient for message in world.post.accepted] == ["kyiv@example.org"]
    await world.later(timedelta(hours=1))
    assert [message.recipient for message in world.post.accepted][1:] == ["warsaw@example.org"]


async def test_there_is_one_briefing_a_day_however_often_the_clock_ticks(world: World) -> None:
    await world.subscribe(ANN, zone="Europe/Berlin", at=time(2, 30))
    world.clock.at = datetime(2026, 10, 24, 12, tzinfo=UTC)
    for _ in range(48):
        await world.later(timedelta(minutes=30))

    days = [mail["Date"] for mail in world.post.mails(ANN)]
    # From noon on the 24th to noon on the 25th, the day whose 02:30 comes twice; the one before was missed.
    assert len(days) == 2


async def test_nobody_gets_a_briefing_for_a_morning_before_they_joined(world: World) -> None:
    await world.subscribe(ANN)
    await world.later(timedelta(hours=1))
    assert world.post.accepted == []


async def test_a_briefing_missed_in_an_outage_comes_when_the_program_is_back(world: World) -> None:
    await world.subscribe(ANN, at=time(23, 55))
    world.web.publish(WIRE, "Ferry line to the islands reopens")
    await world.turn()
    await world.stop()
    world.clock.at = datetime(2026, 3, 3, 0, 10, tzinfo=UTC)
    await world.start()
    await world.turn()

    (mail,) = world.post.mails(ANN)
    assert "Your daily briefing of 2026-03-02" in text_of(mail)


async def test_every_story_stands_in_exactly_one_briefing(world: World) -> None:
    await world.subscribe(ANN)
    for day in range(3):
        world.web.publish(WIRE, f"News number {day} of the harbour master")
        await world.turn()
        world.clock.at = datetime(2026, 3, 3 + day, 7, 0, 30, tzinfo=UTC)
        await world.turn()
        await world.turn()

    bodies = [text_of(mail) for mail in world.post.mails(ANN)]
    assert len(bodies) == 3
    for day in range(3):
        assert [f"News number {day}" in body for body in bodies] == [day == issue for issue in range(3)]


async def test_matched_stories_come_first_and_say_why(world: World) -> None:
    await world.subscribe(ANN, alert_from=None)
    for number in range(40):
        world.web.publish(HERALD, f"Town number {number} opens its new library")
    world.web.publish(WIRE, "Border closed for the weekend", summary="The minister said so.")
    await world.later(timedelta(days=1))

    (mail,) = world.post.mails(ANN)
    body = text_of(mail)
    assert mail["Subject"].startswith("Border closed for the weekend")
    assert body.index("YOUR WATCH WORDS") < body.index("OTHER STORIES")
    assert "nobody to tell: no confirmed subscriber wants this alert" in body
    assert "more stories had no room here" in body


async def test_a_quiet_day_says_that_it_was_quiet_and_what_was_watched(world: World) -> None:
    await world.subscribe(ANN)
    world.web.instead[HERALD] = FetchFailed(Trouble.TIMEOUT, "no complete answer within 30 s")
    await world.later(timedelta(days=1))

    (mail,) = world.post.mails(ANN)
    assert mail["Subject"] == "Quiet: nothing new from 4 feeds"
    assert "3 of 4 feeds could be read." in text_of(mail)
    assert "herald.test: timeout: no complete answer within 30 s" in text_of(mail)
    assert "herald.test" in html_of(mail)


async def test_the_back_catalogue_of_a_new_feed_is_no_news(world: World) -> None:
    await world.subscribe(ANN)
    await world.later(timedelta(days=1))

    assert "An ordinary day" not in text_of(world.post.mails(ANN)[0])


async def test_one_persons_trouble_is_told_and_costs_nobody_else_their_briefing(world: World) -> None:
    await world.subscribe("lost@example.org")
    await world.subscribe(ANN)
    world.clock.at = datetime(2026, 3, 3, 7, 1, tzinfo=UTC)

    def spoil(session: Session) -> None:
        lost = session.exec(select(Subscriber).where(Subscriber.address == "lost@example.org")).one()
        session.connection().execute(
            text(
                "CREATE TRIGGER spoiled BEFORE INSERT ON briefings "
                f"WHEN NEW.subscriber_id = {lost.id} BEGIN SELECT RAISE(ABORT, 'spoiled'); END"
            )
        )

    await world.app.db.write(spoil)
    with pytest.raises(BriefingsFailedError, match="1 of today's briefings"):
        await world.app.brief.run()
    await world.app.send_mail()

    assert [message.recipient for message in world.post.accepted] == [ANN]
    assert len(world.crashes) == 1
    world.crashes.clear()


async def test_a_headline_stands_in_text_and_html_alike(world: World) -> None:
    await world.subscribe(ANN)
    world.web.publish(WIRE, "Fish & chips <shop> reopens in the old harbour")
    await world.later(timedelta(days=1))

    (mail,) = world.post.mails(ANN)
    assert "Fish & chips <shop> reopens" in text_of(mail)
    assert "Fish &amp; chips &lt;shop&gt; reopens" in html_of(mail)


async def test_an_alert_that_no_server_took_stands_in_the_readers_next_briefing_and_in_nobody_elses(
    world: World,
) -> None:
    for address in (ANN, "bob@example.org"):
        await world.subscribe(address)
    world.post.refusals[ANN] = [SendFailed("554 not like this", permanent=True)]
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()
    world.clock.at = datetime(2026, 3, 3, 7, 1, tzinfo=UTC)
    await world.turn()
    told = [text_of(world.post.mails(address)[-1]) for address in (ANN, "bob@example.org")]
    assert ["Its alert to you could not be mailed" in text for text in told] == [True, False]
    world.clock.at += timedelta(days=1)
    await world.turn()
    assert "could not be mailed" not in text_of(world.post.mails(ANN)[-1])
