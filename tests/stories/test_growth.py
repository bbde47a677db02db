"""A story that was told is told again when it grows, and not when it is repeated."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from monitor.models import Match, Silence, Telling
from monitor.store import silences
from monitor.words import Cause, Disposition
from tests.conftest import World
from tests.fakes import html_of, text_of
from tests.stories.growing import AGENCY_TEXT, COPIERS, DUTY, HEADLINE, MINISTRY, OWN_WORDS, thread, watching

RULES = """
[rules.airspace-incursion]
severity = "high"
match = "airspace incursion"
"""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[World]:
    world = await watching(tmp_path, RULES)
    await world.subscribe(DUTY, briefing=False)
    yield world
    await world.stop()
    assert world.crashes == []


def causes(session: Session) -> list[Cause]:
    return [telling.cause for telling in session.exec(select(Telling).order_by(col(Telling.id)))]


async def told_by_the_agency(world: World) -> None:
    for url in COPIERS:
        world.web.publish(url, HEADLINE, summary=AGENCY_TEXT)
    await world.turn()


async def test_nine_copies_and_two_independent_reports_make_two_mails_and_a_denial_the_third(desk: World) -> None:
    await told_by_the_agency(desk)
    await desk.later()
    for url, title in OWN_WORDS.items():
        desk.web.publish(url, title)
    await desk.later()
    await desk.later()
    first, second = desk.post.mails(DUTY)
    assert len(thread([first, second])) == 1
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert text_of(second).startswith("+ 3 independent publishers report it now, also Echo, Radio.")

    desk.web.publish(MINISTRY, "Defence ministry denies airspace incursion west of Torvik, no fighters scrambled")
    await desk.later()
    first, second, third = desk.post.mails(DUTY)
    assert len(thread([first, second, third])) == 1
    assert third["Subject"] == second["Subject"]
    assert "DENIED" in text_of(third).splitlines()[0].upper()
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]
    await desk.later()
    assert len(desk.post.mails(DUTY)) == 3


async def test_the_mail_folds_the_copies_of_one_text_into_one_voice(desk: World) -> None:
    await told_by_the_agency(desk)
    (mail,) = desk.post.mails(DUTY)
    body = " ".join(text_of(mail).split())
    assert "Paper0" in body
    assert "also in" in body
    assert "independent publishers report" not in body


async def test_the_third_fifth_and_tenth_independent_publisher_are_news_and_those_between_are_not(
    tmp_path: Path,
) -> None:
    urls = tuple(f"https://daily{number}.test/feed" for number in range(11))
    world = await watching(tmp_path, RULES, urls=urls)
    await world.subscribe(DUTY, briefing=False)
    steps = []
    for number, url in enumerate(urls, 1):
        world.web.publish(url, f"Airspace incursion west of Torvik, two fighters scrambled, writes our paper {number}")
        before = len(world.post.mails(DUTY))
        await world.later()
        await world.later(timedelta(minutes=6))
        if len(world.post.mails(DUTY)) > before:
            steps.append(number)
    await world.stop()
    assert steps == [1, 2, 3, 5, 10]


async def test_a_story_that_becomes_critical_is_told_at_once(tmp_path: Path) -> None:
    world = await watching(
        tmp_path,
        RULES + 'raise = { to = "critical", when = { publishers = 2, within = "1h" } }\n',
    )
    await world.subscribe(DUTY, briefing=False)
    await told_by_the_agency(world)
    world.web.publish(*next(iter(OWN_WORDS.items())))
    await world.later()
    first, second = world.post.mails(DUTY)
    assert text_of(second).startswith("↑ Severity rose to critical: it was high. 2 independent publishers report it")
    assert thread([first, second]) == {first["Message-ID"]}
    await world.stop()


async def test_a_confirmation_after_a_denial_is_told_and_a_second_denial_in_a_row_is_not(desk: World) -> None:
    await told_by_the_agency(desk)
    for title in (
        "Defence ministry denies airspace incursion west of Torvik, no fighters scrambled",
        "Army denies airspace incursion west of Torvik, says no fighters were scrambled",
        "Defence ministry confirms airspace incursion west of Torvik, two fighters scrambled",
    ):
        desk.web.publish(MINISTRY, title)
        await desk.later()
    await desk.later()
    told = await desk.app.db.read(causes)
    assert [cause for cause in told if cause in (Cause.DENIED, Cause.CONFIRMED)] == [Cause.DENIED, Cause.CONFIRMED]


async def test_a_headline_edited_in_the_rules_own_words_is_told_and_one_edited_elsewhere_is_not(desk: World) -> None:
    item = desk.web.publish(COPIERS[0], HEADLINE, summary="An airspace incursion, says the air force.")
    await desk.turn()
    item.title = "Airspace incursion west of Torvik, three fighters scrambled"
    await desk.later()
    await desk.later(timedelta(minutes=6))
    assert len(desk.post.mails(DUTY)) == 1
    item.title = "Three fighters scrambled west of Torvik"
    await desk.later()
    await desk.later(timedelta(minutes=6))
    _, second = desk.post.mails(DUTY)
    assert "The headline was changed; it was “Airspace incursion west of Torvik, three fighters scrambled”." in (
        " ".join(text_of(second).split())
    )


async def test_a_report_that_its_publisher_withdraws_is_told(desk: World) -> None:
    item = desk.web.publish(COPIERS[0], HEADLINE)
    await desk.turn()
    item.title = f"RETRACTED: {HEADLINE}"
    await desk.later()
    await desk.later(timedelta(minutes=6))
    _, second = desk.post.mails(DUTY)
    assert "WITHDRAWN" in text_of(second).splitlines()[0].upper()
    assert "WITHDRAWN" in html_of(second).upper()


async def test_what_a_silence_mutes_does_not_grow_and_goes_on_when_the_silence_ends(desk: World) -> None:
    await told_by_the_agency(desk)
    mute = Silence(
        rule="airspace-incursion", starts_at=desk.clock.at, ends_at=desk.clock.at + timedelta(hours=1), author="eva",
        comment="exercise in the north",
    )  # fmt: skip
    await desk.app.db.write(silences.add, mute)
    (echo, title), (radio, other) = OWN_WORDS.items()
    desk.web.publish(echo, title)
    await desk.later()
    await desk.later()
    assert len(desk.post.mails(DUTY)) == 1
    desk.clock.pass_time(timedelta(hours=1))
    desk.web.publish(radio, other)
    await desk.later()
    await desk.later()
    _, second = desk.post.mails(DUTY)
    assert "3 independent publishers report it now" in text_of(second)

    def of_echo(session: Session) -> list[Disposition]:
        return [match.disposition for match in session.exec(select(Match).where(col(Match.note).contains("eva")))]

    assert await desk.app.db.read(of_echo) == [Disposition.SILENCED]


async def test_a_lesser_rule_is_silent_to_those_who_know_the_story_as_critical_and_speaks_to_the_others(
    tmp_path: Path,
) -> None:
    world = await watching(
        tmp_path,
        RULES
        + '[rules.scramble]\nseverity = "critical"\nmatch = "fighters scrambled"\nunless = "west"\n'
        + '[rules.transponders]\nseverity = "high"\nmatch = "without transponders"\n'
        + '[rules.sirens]\nseverity = "high"\nmatch = "sirens"\nalert = { to = ["coast@example.org"] }\n',
    )
    await world.subscribe(DUTY, briefing=False)
    await world.subscribe("coast@example.org", briefing=False, alert_from=None)
    (echo, title), (radio, _) = OWN_WORDS.items()
    world.web.publish(echo, title)
    await world.turn()
    world.web.publish(radio, "Fighters scrambled from Lervik near Torvik: three without transponders, sirens wail")
    await world.later()
    assert len(world.post.mails(DUTY)) == 1
    (coast,) = world.post.mails("coast@example.org")
    assert "sirens" in coast["Subject"]

    def fates(session: Session) -> dict[str, Disposition]:
        return {match.rule: match.disposition for match in session.exec(select(Match).order_by(col(Match.id)))}

    told = await world.app.db.read(fates)
    assert told["transponders"] is Disposition.INHIBITED
    assert told["sirens"] is Disposition.ALERTED
    await world.stop()
