"""What a duty officer is told at once, and what not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session, select

from monitor.models import Match
from monitor.net.fetch import FetchFailed, Trouble
from monitor.words import Disposition, Severity
from tests.conftest import GAZETTE, HERALD, OBSERVER, RULES, WIRE, World
from tests.fakes import html_of, text_of

DUTY = "duty@example.org"
YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)


def dispositions(session: Session) -> list[tuple[str, Disposition]]:
    return [(match.rule, match.disposition) for match in session.exec(select(Match).order_by(Match.id))]  # type: ignore[arg-type]


async def test_a_match_reaches_the_duty_officer_at_once_with_the_words_that_did_it(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(
        WIRE,
        "Envoys meet as alliance weighs 'pre-emptive strike'",
        summary="<p>Officials count nine incursions into allied airspace this month.</p><p>Talks go on.</p>",
        age=timedelta(seconds=40),
    )
    await world.turn()

    (mail,) = world.post.mails(DUTY)
    assert mail["Subject"] == "[pre-emptive-strike +1] Envoys meet as alliance weighs 'pre-emptive strike'"
    assert "'*pre-emptive* *strike*'" in text_of(mail)
    assert "nine *incursions* into allied *airspace*" in text_of(mail)
    assert "first seen 40 s later" in text_of(mail)
    assert "<mark" in html_of(mail)
    assert "of the rule airspace-incursion" in " ".join(text_of(mail).split())


async def test_four_publishers_of_one_event_make_one_alert_and_one_mail_that_it_grew(world: World) -> None:
    await world.subscribe(DUTY)
    for url, title in (
        (WIRE, "Alliance admiral raises 'pre-emptive strike' as talks open in the capital"),
        (HERALD, "Alliance admiral raises “pre‑emptive strike” as talks open in capital"),
        (OBSERVER, "Admiral of the alliance raises preemptive strike as talks open in the capital"),
    ):
        world.web.publish(url, title)
    await world.turn()
    world.web.publish(GAZETTE, "Admiral raises 'pre-emptive strike' as alliance talks open in the capital")
    await world.later()

    first, second = world.post.mails(DUTY)
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert "3 independent publishers report it now, also Herald, Observer." in " ".join(text_of(second).split())
    found = [disposition for _, disposition in await world.app.db.read(dispositions)]
    assert found == [Disposition.ALERTED, Disposition.GREW, Disposition.GREW, Disposition.TOLD]


async def test_the_same_words_about_another_country_are_another_story(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Unknown aircraft enters Estonian airspace, incursion confirmed")
    await world.turn()
    world.web.publish(WIRE, "Unknown aircraft enters Latvian airspace, incursion confirmed")
    await world.later()

    assert len(world.post.mails(DUTY)) == 2


async def test_a_story_that_meets_a_second_rule_is_told_again_in_the_same_thread(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Alliance jets scrambled after airspace incursion over the northern coast")
    await world.turn()
    world.web.publish(
        HERALD,
        "Jets scrambled after airspace incursion over northern coast",
        summary="A pre-emptive strike is discussed.",
    )
    await world.later()

    first, second = world.post.mails(DUTY)
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert "it is told again: its severity rose" in text_of(second)


async def test_the_first_poll_of_a_feed_does_not_flood_and_does_not_swallow_what_is_minutes_old(tmp_path: Path) -> None:
    world = World(tmp_path, urls=(WIRE,))
    world.configure()
    await world.start()
    await world.subscribe(DUTY)
    for number in range(300):
        world.web.publish(
            WIRE, f"Report {number}: pre-emptive strike debated in town {number}", age=timedelta(days=1, hours=number)
        )
    world.web.publish(WIRE, "Undated page on pre-emptive strike doctrine", age=None)
    world.web.publish(WIRE, "Breaking: pre-emptive strike under way", age=timedelta(minutes=8))
    await world.turn()

    (mail,) = world.post.mails(DUTY)
    assert "Breaking" in mail["Subject"]
    await world.stop()


async def test_an_item_of_last_year_that_slides_into_the_feed_waits_for_the_briefing(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Pre-emptive strike remembered", age=timedelta(days=365))
    await world.turn()

    assert world.post.mails(DUTY) == []
    assert await world.app.db.read(dispositions) == [("pre-emptive-strike", Disposition.OLD)]


async def test_what_was_published_while_the_program_was_down_is_told_exactly_once(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    await world.stop()
    world.clock.pass_time(timedelta(days=3))
    world.web.publish(WIRE, "Pre-emptive strike ordered on Saturday", age=timedelta(days=2))
    await world.start()
    await world.turn()
    await world.stop()
    await world.start()
    await world.later()

    assert len(world.post.mails(DUTY)) == 1


async def test_an_entry_without_a_usable_date_alerts_by_its_arrival(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Airspace incursion reported, no time given", age=None)
    world.web.publish(HERALD, "Pre-emptive strike dated in the future by a broken clock", age=-timedelta(days=14))
    await world.turn()

    assert len(world.post.mails(DUTY)) == 2


async def test_an_unless_word_holds_the_alert_back_and_the_briefing_says_so(world: World) -> None:
    await world.subscribe(DUTY)
    world.web.publish(WIRE, "Pre-emptive strike drill begins in the north")
    await world.turn()
    assert world.post.mails(DUTY) == []

    await world.later(timedelta(days=1))
    (briefing,) = world.post.mails(DUTY)
    assert "held back: one of the rule's own 'unless' words stands in it" in text_of(briefing)


async def test_a_rule_of_low_severity_waits_for_the_briefing(world: World) -> None:
    world.configure(RULES.replace('severity = "medium"', 'severity = "low"'))
    await world.stop()
    await world.start()
    await world.subscribe(DUTY, alert_from=Severity.INFO)
    world.web.publish(WIRE, "Border closed for the weekend")
    await world.turn()

    assert world.post.mails(DUTY) == []
    assert await world.app.db.read(dispositions) == [("border-closure", Disposition.LEFT)]


async def test_people_hear_of_the_severities_they_asked_for(world: World) -> None:
    await world.subscribe("all@example.org", alert_from=Severity.HIGH)
    await world.subscribe("worst@example.org", alert_from=Severity.CRITICAL)
    await world.subscribe("none@example.org", alert_from=None)
    world.web.publish(WIRE, "Airspace incursion over the strait")
    await world.turn()

    assert [message.recipient for message in world.post.accepted] == ["all@example.org"]


async def test_when_nobody_listens_the_first_who_joins_is_told_by_the_next_report(world: World) -> None:
    world.web.publish(WIRE, "Ministry confirms airspace incursion by two drones at dawn")
    await world.turn()
    await world.subscribe(DUTY)
    world.web.publish(HERALD, "Ministry confirms airspace incursion by two drones")
    await world.later()

    assert len(world.post.mails(DUTY)) == 1
    assert [d for _, d in await world.app.db.read(dispositions)] == [Disposition.NOBODY, Disposition.ALERTED]


async def test_a_feed_that_changes_every_guid_at_once_alerts_nobody_again(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Pre-emptive strike feared")
    await world.turn()
    for item in world.web.feeds[WIRE]:
        item.guid += "?version=2"
    await world.later()

    assert len(world.post.mails(DUTY)) == 1


async def test_a_bad_answer_between_two_good_ones_repeats_nothing(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Pre-emptive strike feared")
    await world.turn()
    for answer in (
        b"<html><body>Too many requests</body></html>",
        b"",
        world.web.document(WIRE)[:-60],
        FetchFailed(Trouble.HTTP, "429 Too Many Requests", timedelta(hours=1)),
    ):
        world.web.instead[WIRE] = answer
        await world.later(timedelta(hours=12))
    del world.web.instead[WIRE]
    await world.later(timedelta(hours=12))

    assert len(world.post.mails(DUTY)) == 1


async def test_a_restart_with_nothing_new_sends_nothing(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Airspace incursion over the strait")
    await world.turn()
    for _ in range(3):
        await world.stop()
        await world.start()
        await world.later()

    assert len(world.post.mails(DUTY)) == 1


async def test_a_hostile_headline_is_harmless_and_legible(world: World) -> None:
    await world.subscribe(DUTY)
    hostile = (
        "Airspace incursion <script>x()</script> =?utf-8?Q?a=0D=0ABcc:_evil=40example.org?= \u202egnp.exe " + "A" * 5000
    )
    world.web.publish(WIRE, hostile, link="javascript:alert(1)")
    await world.turn()

    (mail,) = world.post.mails(DUTY)
    assert mail["Bcc"] is None
    assert len(mail["Subject"]) < 160
    assert "<script" not in html_of(mail)
    assert "javascript:" not in html_of(mail)
    assert "\u202e" not in text_of(mail)


async def test_a_feed_that_sends_the_same_bytes_again_is_not_parsed_again(world: World) -> None:
    world.web.publish(WIRE, "Something new")
    await world.turn()
    before = world.web.parsed
    await world.later()
    await world.later()

    assert world.web.parsed == before
    assert world.web.asked[-1].etag


async def test_an_absurd_date_in_one_report_does_not_cost_a_reader_in_new_york_the_alert(world: World) -> None:
    await world.subscribe("ny@example.org", zone="America/New_York")
    world.web.publish(HERALD, "Ministry confirms airspace incursion by two drones", age=world.clock.at - YEAR_ONE)
    world.web.publish(WIRE, "Ministry confirms airspace incursion by two drones at dawn")
    await world.turn()

    assert len(world.post.mails("ny@example.org")) == 1


async def test_dates_in_the_future_do_not_make_a_back_catalogue_fresh(tmp_path: Path) -> None:
    world = World(tmp_path, urls=(WIRE,))
    world.configure()
    await world.start()
    await world.subscribe(DUTY)
    for number in range(5):
        world.web.publish(WIRE, f"Town {number} debates a pre-emptive strike", age=-timedelta(days=30))
    await world.turn()

    assert world.post.mails(DUTY) == []
    await world.stop()


async def test_the_same_warning_days_later_is_news_again(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    for day in range(4):
        world.web.publish(
            WIRE,
            "Airspace incursion: air raid alert in the northern district",
            link="https://gov.test/alerts",
            guid=str(day),
        )
        await world.later(timedelta(hours=40))

    assert len(world.post.mails(DUTY)) == 4


async def test_whoever_hears_of_a_story_late_gets_a_mail_that_begins_a_thread(world: World) -> None:
    await world.subscribe("worst@example.org", alert_from=Severity.CRITICAL, briefing=False)
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Alliance jets scrambled after airspace incursion over the northern coast")
    await world.turn()
    world.web.publish(
        HERALD,
        "Jets scrambled after airspace incursion over northern coast",
        summary="A pre-emptive strike is discussed.",
    )
    await world.later()

    (mail,) = world.post.mails("worst@example.org")
    assert mail["In-Reply-To"] is None
    assert mail["Subject"].startswith("[pre-emptive-strike] Jets scrambled")
