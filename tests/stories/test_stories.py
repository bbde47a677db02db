"""What a duty officer gets of one event that many tell, and of two that look alike."""

from datetime import timedelta

from sqlmodel import Session, col, select

from monitor.models import Entry, Match, Repair, Story
from monitor.store import alerts, stories
from monitor.words import Placing, Severity
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE, World

DUTY = "duty@example.org"
_WIRE_TEXT = (
    "Radar picked up three aircraft without transponders west of Torvik shortly after midnight, and two fighters took "
    "off from Lervik to meet them, the air force said."
)


def _told(session: Session) -> list[Entry]:
    """What was published since the feeds were first asked."""
    return list(session.exec(select(Entry).where(col(Entry.previous_poll_at).is_not(None)).order_by(col(Entry.id))))


def _grouped(session: Session) -> list[tuple[str, int | None]]:
    return [(entry.title, entry.story_id) for entry in _told(session)]


async def _story_of(world: World, title: str) -> int:
    return next(story for said, story in await world.app.db.read(_grouped) if said == title and story)


async def test_four_publishers_in_their_own_words_make_one_mail(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    await world.turn()
    world.web.publish(HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik")
    world.web.publish(
        OBSERVER,
        "Unknown aircraft off Torvik: air force speaks of airspace incursion",
        summary="Two fighters from Lervik met three aircraft that had their transponders switched off.",
    )
    world.web.publish(GAZETTE, "Three aircraft without transponders: airspace incursion west of Torvik")
    await world.later()

    assert len(world.post.mails(DUTY)) == 1
    assert len({story for _, story in await world.app.db.read(_grouped)}) == 1


async def test_what_is_found_is_the_same_after_a_restart(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    await world.turn()
    await world.stop()
    await world.start()
    world.web.publish(HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik")
    await world.later()
    assert len(world.post.mails(DUTY)) == 1


async def test_copies_of_one_text_raise_nothing_however_many_print_them(world: World) -> None:
    await world.stop()
    world.configure(
        """
[rules.incursion]
severity = "medium"
match = "airspace incursion"
raise = { to = "critical", when = { publishers = 2, within = "2h" } }
"""
    )
    await world.start()
    await world.subscribe(DUTY, briefing=False)
    for feed, title in (
        (WIRE, "Airspace incursion west of Torvik, two fighters scrambled"),
        (HERALD, "Airspace incursion west of Torvik: two fighters scrambled"),
        (OBSERVER, "Two fighters scrambled in airspace incursion west of Torvik"),
    ):
        world.web.publish(feed, title, summary=_WIRE_TEXT)
        await world.later()
    assert world.post.mails(DUTY) == []
    world.web.publish(
        GAZETTE,
        "Airspace incursion off Torvik: villagers heard jets",
        summary="People on the harbour wall watched two fighters cross low over the town.",
    )
    await world.later()
    [mail] = world.post.mails(DUTY)
    assert "2 publishers tell it" in mail.as_string()


async def test_an_entry_says_why_it_is_in_its_story(world: World) -> None:
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    await world.turn()
    world.web.publish(HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik")
    await world.later()
    first, second = await world.app.db.read(_told)
    assert (first.joined_for, first.joined_by) == (Placing.FIRST, None)
    assert (second.joined_for, second.joined_by) == (Placing.EVENT, first.id)


def _threads(world: World) -> set[str]:
    """The first mails of what the duty officer was told."""
    return {mail["In-Reply-To"] or mail["Message-ID"] for mail in world.post.mails(DUTY)}


async def test_two_stories_that_an_operator_merges_alert_once_from_then_on(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    world.web.publish(HERALD, "Sirens in Kelmsund: government speaks of an airspace incursion")
    await world.turn()
    assert len(world.post.mails(DUTY)) == 2
    one = await _story_of(world, "Airspace incursion west of Torvik, two fighters scrambled")
    two = await _story_of(world, "Sirens in Kelmsund: government speaks of an airspace incursion")
    await world.app.db.write(stories.merge, one, two, world.clock.at, "eva", "one and the same")

    world.web.publish(OBSERVER, "Sirens in Kelmsund after airspace incursion, government says")
    await world.later()
    assert len(world.post.mails(DUTY)) == 2
    assert await _story_of(world, "Sirens in Kelmsund after airspace incursion, government says") == one
    merged = await world.app.db.read(stories.find, two)
    assert merged is not None
    assert merged.id == one


async def test_a_merge_keeps_the_mails_that_wait_for_a_server(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.post.shut = "connection refused"
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    world.web.publish(HERALD, "Sirens in Kelmsund: government speaks of an airspace incursion")
    await world.turn()
    one, two = [story or 0 for _, story in await world.app.db.read(_grouped)]
    await world.app.db.write(stories.merge, one, two, world.clock.at)
    world.post.shut = ""
    await world.later(timedelta(hours=1))
    assert len(world.post.mails(DUTY)) == 2


async def test_a_story_that_is_split_raises_no_second_alert_and_goes_on_as_two(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    await world.turn()
    world.web.publish(HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik")
    await world.later()
    story = await _story_of(world, "Airspace incursion west of Torvik, two fighters scrambled")
    second = (await world.app.db.read(_told))[1].id
    repair = await world.app.db.write(stories.split, story, {second}, world.clock.at, "eva")
    assert repair.story_id != story

    world.web.publish(OBSERVER, "Scrambled from Lervik: fighters meet airspace incursion near Torvik")
    await world.later()
    assert len(_threads(world)) == 1
    assert await _story_of(world, "Scrambled from Lervik: fighters meet airspace incursion near Torvik") in (
        story,
        repair.story_id,
    )


async def test_whichever_half_of_a_split_story_goes_on_nobody_is_told_again(world: World) -> None:
    """The entry that raised the alert is split off, what is left is split again, and a part is merged elsewhere."""
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    await world.turn()
    for feed, title in (
        (HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik"),
        (OBSERVER, "Scrambled fighters meet airspace incursion west of Torvik"),
    ):
        world.web.publish(feed, title)
        await world.later()
    first, second, third = await world.app.db.read(_told)
    assert first.story_id == second.story_id == third.story_id
    story = first.story_id or 0
    parted = await world.app.db.write(stories.split, story, {first.id}, world.clock.at)
    again = await world.app.db.write(stories.split, story, {third.id}, world.clock.at)
    world.web.publish(WIRE, "Choir of Osterby wins the northern cup")
    await world.later()
    choir = await _story_of(world, "Choir of Osterby wins the northern cup")
    await world.app.db.write(stories.merge, choir, again.story_id, world.clock.at)
    for each in (story, parted.story_id, choir):
        assert await world.app.db.read(alerts.told_rules, each) == {"airspace-incursion": Severity.HIGH}
    world.web.publish(GAZETTE, "Airspace incursion: fighters scrambled from Lervik near Torvik")
    await world.later()
    assert len(_threads(world)) == 1


async def test_one_page_in_two_stories_makes_them_one_with_a_note(world: World) -> None:
    world.web.publish(WIRE, "Quiet night on the coast, writes our reporter", link="https://wire.test/torvik")
    world.web.publish(HERALD, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    await world.turn()
    world.web.publish(
        OBSERVER,
        "Two fighters scrambled: airspace incursion west of Torvik",
        summary=_WIRE_TEXT,
        link="https://wire.test/torvik",
    )
    await world.later()
    assert len({story for _, story in await world.app.db.read(_grouped)}) == 1
    [repair] = await world.app.db.read(lambda session: list(session.exec(select(Repair))))
    assert (repair.by, repair.note) == ("", "one page or one text was in both")
    assert (
        await world.app.db.read(lambda session: session.get_one(Story, repair.other_id).merged_into) == repair.story_id
    )


async def test_what_one_batch_shows_to_be_one_story_is_decided_as_one(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Quiet night on the coast, writes our reporter", link="https://wire.test/torvik")
    world.web.publish(HERALD, "Airspace incursion west of Torvik, two fighters scrambled", summary=_WIRE_TEXT)
    world.web.publish(
        OBSERVER,
        "Two fighters scrambled: airspace incursion west of Torvik",
        summary=_WIRE_TEXT,
        link="https://wire.test/torvik",
    )
    await world.turn()
    entries = await world.app.db.read(_told)
    matched = await world.app.db.read(lambda session: [match.story_id for match in session.exec(select(Match))])
    assert len(entries) == 3
    assert set(matched) == {entry.story_id for entry in entries}
    assert len(set(matched)) == 1
    assert len(world.post.mails(DUTY)) == 1
