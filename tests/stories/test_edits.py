"""What becomes of news that its publisher edits."""

from datetime import timedelta

from sqlmodel import Session, col, select

from monitor.models import Entry, Feed, Match
from monitor.store import feeds
from monitor.words import Disposition
from tests.conftest import HERALD, WIRE, World
from tests.fakes import html_of, text_of

DUTY = "duty@example.org"


def fates(session: Session) -> list[tuple[str, Disposition, str]]:
    return [(each.rule, each.disposition, each.note) for each in session.exec(select(Match).order_by(col(Match.id)))]


def entry_of(session: Session, url: str) -> Entry:
    """The newest of a feed."""
    newest = select(Entry).join(Feed).where(Feed.url == url).order_by(col(Entry.id).desc())
    entry = session.exec(newest).first()
    assert entry is not None
    return entry


async def test_breaking_news_that_gains_its_words_by_an_edit_is_told_with_the_headline_it_had(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Explosions heard near the capital")
    await world.turn()
    assert world.post.mails(DUTY) == []

    item.title = "Pre-emptive strike on the capital under way"
    await world.later()
    (mail,) = world.post.mails(DUTY)
    assert mail["Subject"] == "[pre-emptive-strike] Pre-emptive strike on the capital under way"
    assert "headline was: Explosions heard near the capital" in text_of(mail)
    assert "Explosions heard near the capital" in html_of(mail)
    assert await world.app.db.read(fates) == [("pre-emptive-strike", Disposition.ALERTED, "by an edit")]


async def test_an_edit_that_only_changes_words_raises_nothing(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Pre-emptive strike feared")
    await world.turn()
    before = await world.app.db.read(entry_of, WIRE)
    for number in range(3):
        item.title = f"Pre-emptive strike feared, ministry says: part {number}"
        await world.later()

    assert len(world.post.mails(DUTY)) == 1
    after = await world.app.db.read(entry_of, WIRE)
    assert (after.id, after.arrival, after.story_id) == (before.id, before.arrival, before.story_id)
    assert (after.revision, after.waiting) == (3, False)


async def test_an_edit_that_takes_the_drill_out_of_the_headline_alerts(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Pre-emptive strike drill begins in the north")
    await world.turn()
    item.title = "Pre-emptive strike begins in the north"
    await world.later()

    assert len(world.post.mails(DUTY)) == 1
    assert await world.app.db.read(fates) == [("pre-emptive-strike", Disposition.ALERTED, "by an edit")]


async def test_an_edit_of_what_is_more_than_a_day_old_waits_for_the_briefing(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Explosions heard near the capital")
    await world.turn()
    item.title = "Pre-emptive strike on the capital: what we know"
    await world.later(timedelta(hours=25))

    assert world.post.mails(DUTY) == []
    assert await world.app.db.read(fates) == [("pre-emptive-strike", Disposition.LATE, "by an edit")]


async def test_an_entry_that_gains_a_match_stands_in_the_next_briefing_under_its_newest_headline(world: World) -> None:
    await world.subscribe(DUTY, alert_from=None)
    item = world.web.publish(WIRE, "Queues at the crossing")
    await world.turn()
    world.clock.pass_time(timedelta(hours=20))
    await world.turn()
    first = len(world.post.mails(DUTY))
    item.title = "Border closed at the crossing"
    await world.later()
    await world.later(timedelta(days=1))

    mails = world.post.mails(DUTY)
    assert (first, len(mails)) == (1, 2)
    assert "Border closed at the crossing" in text_of(mails[1])
    assert "Queues at the crossing" not in text_of(mails[1])


async def test_an_edit_joins_what_its_story_was_told_as_already(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Jets scrambled from the northern base at dawn")
    world.web.publish(HERALD, "Jets scrambled from northern base at dawn", summary="An airspace incursion.")
    await world.turn()
    item.summary = "After an airspace incursion."
    await world.later()

    assert len(world.post.mails(DUTY)) == 1
    assert [fate for _, fate, _ in await world.app.db.read(fates)] == [Disposition.ALERTED, Disposition.TOLD]


async def test_the_marks_in_an_alert_are_right_although_the_entry_was_edited_before_it_was_sent(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Pre-emptive strike feared in the region")
    for title in (item.title, "Ministry: no strike in the region, pre-emptive or other"):
        item.title = title
        await world.app.poll.everything_due()
        await world.app.triage.run()
        world.clock.pass_time(timedelta(minutes=20))
    await world.app.send_mail()

    (mail,) = world.post.mails(DUTY)
    assert "Ministry: no strike in the region, pre-emptive or other" in text_of(mail)
    assert 'the words "Pre-emptive" ... "strike" in the title' in text_of(mail)


async def test_whoever_told_a_story_first_is_credited_when_a_second_publisher_joins(world: World) -> None:
    titles = ("Ferry line to the islands reopens after storm", "Ferry line to islands reopens after the storm")
    world.web.publish(WIRE, titles[0])
    await world.turn()
    world.web.publish(HERALD, titles[1])
    await world.later()
    world.web.publish(HERALD, titles[0])
    await world.later()

    def leads(session: Session) -> dict[str, float]:
        return {feed.url: feed.lead for feed in session.exec(select(Feed)) if feed.led_at}

    assert await world.app.db.read(leads) == {WIRE: 1.0}


async def test_a_page_that_shows_whether_there_is_an_alarm_alerts_each_time_there_is_one(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    page = world.web.publish(WIRE, "No alert is in force", link="https://wire.test/now", guid="now")
    await world.turn()
    for hours, title, mails in (
        (72, "Airspace incursion: alert in force", 1),
        (2, "All clear, no alert is in force", 2),
        (10, "Airspace incursion: alert in force", 3),
        (1, "Airspace incursion: alert still in force", 3),
    ):
        world.clock.pass_time(timedelta(hours=hours))
        page.title, page.published = title, world.clock.at
        await world.later()
        await world.later()
        assert len(world.post.mails(DUTY)) == mails, title
    _, clear, second = world.post.mails(DUTY)
    assert "Wire no longer says what fires airspace-incursion" in " ".join(text_of(clear).split())
    assert "The words of airspace-incursion are back" in text_of(second)
    assert second["Subject"].startswith("Re: [airspace-incursion] Airspace incursion: alert in force")
    assert second["In-Reply-To"] == clear["Message-ID"]


async def test_a_headline_that_flips_to_and_fro_is_told_of_each_time_until_it_is_noise(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Airspace incursion over the coast")
    await world.turn()
    mails = []
    for number in range(10):
        item.title = ("Jets seen over the coast", "Airspace incursion over the coast")[number % 2]
        await world.later()
        await world.later(timedelta(minutes=6))
        mails.append(len(world.post.mails(DUTY)))
    assert mails == [2, 3, 4, 5, 6, 7, 7, 7, 7, 7]
    first, gone, back, *_ = world.post.mails(DUTY)
    assert (gone["In-Reply-To"], back["In-Reply-To"]) == (first["Message-ID"], gone["Message-ID"])
    assert str(back["References"]).split() == [first["Message-ID"], gone["Message-ID"]]
    assert gone["Subject"] == back["Subject"] == f"Re: {first['Subject']}"
    assert "Wire no longer says what fires airspace-incursion" in " ".join(text_of(gone).split())
    assert "The words of airspace-incursion are back" in " ".join(text_of(back).split())


async def test_words_that_are_back_before_anybody_heard_that_they_were_gone_are_not_told_of(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "Airspace incursion over the coast")
    await world.turn()
    for title in ("Jets seen over the coast", "Airspace incursion over the coast"):
        item.title = title
        world.clock.pass_time(timedelta(minutes=2))
        await world.app.db.write(feeds.make_due, (), world.clock.at)
        await world.turn()
    await world.later()
    assert len(world.post.mails(DUTY)) == 1


async def test_an_alarm_without_a_date_that_is_raised_again_under_a_new_guid_is_news(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    words = "Airspace incursion: take shelter"
    world.web.publish(WIRE, words, link="https://wire.test/alarm", guid="a1", age=None)
    await world.turn()
    world.web.feeds[WIRE].pop(0)
    world.clock.pass_time(timedelta(days=5))
    world.web.publish(WIRE, words, link="https://wire.test/alarm", guid="a2", age=None)
    await world.turn()
    assert len(world.post.mails(DUTY)) == 2


async def test_an_old_item_that_its_publisher_edits_and_dates_anew_alerts(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    item = world.web.publish(WIRE, "What we know about the explosions")
    await world.turn()
    world.clock.pass_time(timedelta(days=2))
    item.title, item.published = "What we know about the explosions: a pre-emptive strike", world.clock.at
    await world.turn()
    assert len(world.post.mails(DUTY)) == 1
