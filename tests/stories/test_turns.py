"""What each listener hears when much happens to a story before their turn comes."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from monitor.models import Escalation, Hearing, Match, Silence
from monitor.store import feeds, silences, stories
from monitor.words import Disposition, Severity, Wait
from tests.conftest import World
from tests.fakes import text_of
from tests.stories.growing import DEPUTY, DUTY, change, watching
from tests.stories.test_floods import town

ANN = "ann@example.org"
MINUTE = timedelta(minutes=1)
URLS = tuple(f"https://daily{number}.test/feed" for number in range(4))
ONE = "Airspace incursion west of Torvik, two fighters scrambled"
TWO = "Fighters scrambled from Lervik after airspace incursion near Torvik"
THREE = "Sirens near Torvik: fighters from Lervik scrambled after airspace incursion"
INCURSION = '[rules.incursion]\nseverity = "high"\nmatch = "airspace incursion"\n'
STRIKE = (
    '[rules.strike]\nseverity = "critical"\nmatch = "pre-emptive strike"\n'
    f'alert = {{ to = ["{DUTY}"], ack_within = "10m", then = ["{DEPUTY}"] }}\n'
)


async def desk(folder: Path, rules: str, *people: str) -> World:
    world = await watching(folder, rules, urls=URLS)
    for address in people or (DUTY,):
        await world.subscribe(address, briefing=False)
    return world


async def mute(world: World, **what: Any) -> None:
    lasts = world.clock.at + timedelta(hours=12)
    silence = Silence(starts_at=world.clock.at, ends_at=lasts, author="eva", comment="known", **what)
    await world.app.db.write(silences.add, silence)


def news(world: World, address: str = DUTY) -> list[str]:
    """The first line of each mail."""
    return [text_of(mail).splitlines()[0] for mail in world.post.mails(address)]


async def test_what_was_held_is_told_with_what_makes_it_graver_and_not_after_it(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION + 'raise = { to = "critical", when = { publishers = 2, within = "2h" } }\n')
    await change(world, DUTY, quiet_from=time(9), quiet_until=time(14))
    world.web.publish(URLS[0], ONE)
    await world.turn()
    world.web.publish(URLS[1], TWO)
    await world.later()
    (mail,) = world.post.mails(DUTY)
    assert "CRITICAL: incursion" in text_of(mail)
    assert "also Daily0" not in text_of(mail)
    await world.later(timedelta(hours=3))
    assert len(world.post.mails(DUTY)) == 1
    await world.stop()


async def test_forty_escalations_and_forty_withdrawals_are_few_mails(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE, DUTY, DEPUTY)
    for number in range(40):
        world.web.publish(URLS[0], f"Pre-emptive strike on {town(number)} reported")
    await world.turn()
    for _ in range(4):
        await world.later(6 * MINUTE)
    assert len(world.post.mails(DEPUTY)) == 3
    before = len(world.post.mails(DUTY))
    for item in world.web.feeds[URLS[0]]:
        item.title = item.title.replace("Pre-emptive strike", "Rally")
    await world.later()
    await world.later(6 * MINUTE)
    assert len(world.post.mails(DUTY)) == before + 1
    await world.stop()


async def test_if_nobody_of_the_route_is_left_the_next_in_turn_are_told_at_once(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE, DEPUTY)
    world.web.publish(URLS[0], "Pre-emptive strike ordered against the forts of Gatum")
    await world.turn()
    assert len(world.post.mails(DEPUTY)) == 1
    await world.stop()


async def test_who_sleeps_is_asked_in_the_morning_and_who_is_behind_them_now(tmp_path: Path) -> None:
    rules = STRIKE.replace('"critical"', '"high"').replace(f'["{DEPUTY}"]', f'["{DEPUTY}", "{ANN}"]')
    world = await desk(tmp_path, rules, DUTY, DEPUTY, ANN)
    await change(world, DEPUTY, quiet_from=time(9), quiet_until=time(18))
    world.web.publish(URLS[0], "Pre-emptive strike ordered against the forts of Gatum")
    await world.turn()
    await world.later(10 * MINUTE)
    assert world.post.mails(DEPUTY) == []
    assert len(world.post.mails(ANN)) == 1
    await world.app.acknowledge.take(1, ANN)
    await world.later(timedelta(hours=8))
    assert [line for line in news(world, DEPUTY) if "TURN" in line] == []
    await world.stop()


async def test_an_alert_that_waits_for_the_morning_escalates_after_it(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE.replace('"critical"', '"high"'), DUTY, DEPUTY)
    await change(world, DUTY, quiet_from=time(9), quiet_until=time(14))
    world.web.publish(URLS[0], "Pre-emptive strike ordered against the forts of Gatum")
    await world.turn()

    def due(session: Session) -> list[datetime]:
        return [each.due_at for each in session.exec(select(Escalation))]

    assert await world.app.db.read(due) == [datetime(2026, 3, 2, 14, 10, tzinfo=UTC)]
    await world.stop()


async def test_a_silence_put_up_while_alerts_wait_mutes_what_it_covers_and_nothing_else(tmp_path: Path) -> None:
    rules = INCURSION + '[rules.scrambled]\nseverity = "high"\nmatch = "fighters scrambled"\n'
    world = await desk(tmp_path, rules, DUTY, ANN)
    for address in (DUTY, ANN):
        await change(world, address, quiet_from=time(9), quiet_until=time(14))
    world.web.publish(URLS[0], ONE)
    world.web.publish(URLS[1], "Choir of Osterby sings of an airspace incursion at the festival")
    await world.turn()
    await mute(world, rule="incursion", subscriber_id=1)
    await mute(world, words="Osterby")
    world.clock.at = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    await world.turn()
    assert [len(world.post.mails(each)) for each in (DUTY, ANN)] == [1, 1]
    assert "Osterby" not in text_of(world.post.mails(ANN)[0])
    assert "scrambled" in world.post.mails(DUTY)[0]["Subject"]
    await world.stop()


async def test_a_silence_for_everybody_holds_the_escalation_until_it_ends(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE, DUTY, DEPUTY)
    world.web.publish(URLS[0], "Pre-emptive strike ordered against the forts of Gatum")
    await world.turn()
    await mute(world, rule="strike")
    await world.later(timedelta(hours=11))
    assert world.post.mails(DEPUTY) == []
    await world.later(timedelta(hours=1))
    assert len(world.post.mails(DEPUTY)) == 1
    await world.stop()


async def test_what_grows_does_not_ring_in_quiet_hours_that_have_begun_meanwhile(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    world.web.publish(URLS[0], ONE)
    await world.turn()
    await change(world, DUTY, quiet_from=time(12, 42), quiet_until=time(18))
    world.web.publish(URLS[1], TWO)
    await world.later()
    await world.later(6 * MINUTE)
    assert len(world.post.mails(DUTY)) == 1
    await world.later(timedelta(hours=6))
    assert len(world.post.mails(DUTY)) == 2
    await world.stop()


async def test_one_is_woken_by_the_severity_of_the_rule_one_hears_not_of_another(tmp_path: Path) -> None:
    rules = (
        f'[rules.scrambled]\nseverity = "critical"\nmatch = "fighters scrambled"\nalert = {{ to = ["{DUTY}"] }}\n'
        f'[rules.sirens]\nseverity = "medium"\nmatch = "sirens"\nalert = {{ to = ["{ANN}"] }}\n'
    )
    world = await desk(tmp_path, rules, DUTY, ANN)
    await change(world, ANN, quiet_from=time(9), quiet_until=time(18))
    world.web.publish(URLS[0], ONE)
    await world.turn()
    world.web.publish(URLS[1], THREE)
    await world.later()
    assert world.post.mails(ANN) == []
    await world.later(timedelta(hours=6))
    (mail,) = world.post.mails(ANN)
    assert mail["Subject"].startswith("[sirens]")
    assert "MEDIUM: sirens" in text_of(mail)
    await world.stop()


async def test_a_lesser_rule_is_silent_only_to_those_who_heard_that_it_is_critical(tmp_path: Path) -> None:
    rules = (
        f'[rules.incursion]\nseverity = "high"\nmatch = "airspace incursion"\nalert = {{ to = ["{ANN}"] }}\n'
        f'[rules.scrambled]\nseverity = "critical"\nmatch = "from Lervik"\nalert = {{ to = ["{DUTY}"] }}\n'
        f'[rules.sirens]\nseverity = "high"\nmatch = "sirens"\nalert = {{ to = ["{ANN}"] }}\n'
    )
    world = await desk(tmp_path, rules, DUTY, ANN)
    for url, title in zip(URLS, (ONE, TWO, THREE), strict=False):
        world.web.publish(url, title)
        await world.later()
        await world.later(6 * MINUTE)
    assert any("Another rule speaks of it: sirens." in line for line in news(world, ANN))
    assert not any("critical" in line for line in news(world, ANN))
    assert not any("rule scrambled" in text_of(mail) for mail in world.post.mails(ANN))
    await world.stop()


async def test_a_correction_is_told_although_another_paper_reworded_its_headline_a_moment_ago(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    source = world.web.publish(URLS[0], ONE)
    await world.turn()
    other = world.web.publish(URLS[1], TWO, summary="An airspace incursion, says the air force.")
    await world.later()
    await world.later(6 * MINUTE)
    other.title = "Fighters scrambled from Lervik near Torvik"
    await world.later()
    await world.later(6 * MINUTE)
    source.title = "Two fighters seen west of Torvik"
    await world.later()
    await world.later(6 * MINUTE)
    assert "Daily0 no longer says what fires incursion" in news(world)[-1]
    await world.stop()


async def test_of_two_rules_that_lost_their_words_the_one_whose_words_stay_gone_is_told(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION + '[rules.scrambled]\nseverity = "high"\nmatch = "fighters scrambled"\n')
    item = world.web.publish(URLS[0], ONE)
    await world.turn()
    for title in ("A quiet day west of Torvik", "A quiet day west of Torvik, two fighters scrambled"):
        item.title = title
        world.clock.pass_time(2 * MINUTE)
        item.published = world.clock.at
        await world.app.db.write(_all_due, world.clock.at)
        await world.turn()
    await world.later()
    assert "WITHDRAWN" in news(world)[-1]
    await world.stop()


async def test_a_report_that_turns_out_to_be_a_drill_is_told(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION + 'unless = "drill"\n')
    item = world.web.publish(URLS[0], ONE)
    await world.turn()
    item.title = "Airspace incursion west of Torvik was a drill"
    await world.later()
    await world.later(6 * MINUTE)
    assert "WITHDRAWN" in news(world)[-1]
    await world.stop()


async def test_a_report_that_is_decided_anew_does_not_break_the_mails_of_its_story(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION + '[rules.strike]\nseverity = "high"\nmatch = "pre-emptive strike"\n')
    item = world.web.publish(URLS[0], ONE)
    await world.turn()
    item.title = "Two fighters seen west of Torvik"
    await world.later()
    world.web.publish(URLS[1], TWO)
    await world.later()
    world.clock.pass_time(timedelta(hours=1))
    await change(world, DUTY, quiet_from=time(9), quiet_until=time(18))
    item.title = "Defence ministry confirms airspace incursion west of Torvik, two fighters scrambled"
    world.web.publish(URLS[2], "Pre-emptive strike ordered against the forts of Gatum")
    await world.later()
    await world.later(timedelta(hours=6))
    assert "2 alerts" in world.post.mails(DUTY)[-1]["Subject"]
    assert world.crashes == []
    await world.stop()


async def test_who_wants_no_alerts_any_more_hears_of_no_growth(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    world.web.publish(URLS[0], ONE)
    await world.turn()
    await change(world, DUTY, alert_from=None)
    world.web.publish(URLS[1], TWO)
    await world.later()
    await world.later(6 * MINUTE)
    await world.app.acknowledge.take(1, "eva")
    await world.later()
    assert len(world.post.mails(DUTY)) == 1
    await world.stop()


async def test_the_subject_of_a_thread_stays_whatever_becomes_of_the_headline(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    item = world.web.publish(URLS[0], ONE)
    await world.turn()
    item.title = "Two fighters west of Torvik: airspace violated, incursion of airspace denied"
    await world.later()
    world.web.publish(URLS[1], TWO)
    await world.later()
    await world.later(6 * MINUTE)
    first, *more = world.post.mails(DUTY)
    assert more
    assert {mail["Subject"] for mail in more} == {f"Re: {first['Subject']}"}
    await world.stop()


async def test_acknowledging_makes_no_room_less_for_the_next_alert(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE, DUTY)
    world.web.publish(URLS[0], "Pre-emptive strike on the harbour of Gatum")
    await world.turn()
    await world.app.acknowledge.take(1, DUTY)
    world.web.publish(URLS[1], "Two ships sunk off Celle in pre-emptive strike")
    await world.later(2 * MINUTE)
    await world.later(18 * MINUTE)
    assert [each for each in await world.app.db.read(_waits) if each is not None] == []
    await world.stop()


async def test_who_clears_a_long_list_does_not_flood_those_who_heard(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE, DUTY)
    for number in range(20):
        world.web.publish(URLS[0], f"Pre-emptive strike on {town(number)} reported")
    await world.turn()
    await world.later(2 * MINUTE)
    before = len(world.post.mails(DUTY))
    for number in range(1, 21):
        await world.app.acknowledge.take(number, DEPUTY)
    await world.later(2 * MINUTE)
    told = world.post.mails(DUTY)[before:]
    assert len(told) == 3
    # What is urgent leaves before what goes on.
    assert [text_of(mail).count(f"acknowledged by {DEPUTY}") for mail in told] == [18, 0, 0]
    await world.stop()


async def test_two_alerts_that_turn_out_to_be_one_story_are_taken_together(tmp_path: Path) -> None:
    world = await desk(tmp_path, STRIKE, DUTY, DEPUTY)
    world.web.publish(URLS[0], "Pre-emptive strike on the harbour of Gatum")
    world.web.publish(URLS[1], "Two ships sunk off Celle in pre-emptive strike")
    await world.turn()
    one, two = await world.app.db.read(_stories)
    await world.app.db.write(stories.merge, one, two, world.clock.at)
    await world.app.acknowledge.take(1, DUTY)
    await world.later(timedelta(hours=1))
    assert world.post.mails(DEPUTY) == []
    await world.stop()


async def test_a_story_mute_goes_with_its_story_when_that_is_merged(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    world.web.publish(URLS[0], ONE)
    world.web.publish(URLS[1], "Sirens in Kelmsund: government speaks of an airspace incursion")
    await world.turn()
    one, two = await world.app.db.read(_stories)
    await mute(world, story_id=two, subscriber_id=1)
    await world.app.db.write(stories.merge, one, two, world.clock.at)
    world.web.publish(URLS[2], TWO)
    await world.later()
    await world.later(6 * MINUTE)
    assert len(world.post.mails(DUTY)) == 2
    await world.stop()


async def test_a_denial_that_joins_the_split_off_part_of_a_story_is_told(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    world.web.publish(URLS[0], ONE)
    world.web.publish(URLS[1], TWO)
    await world.turn()
    (story, _) = await world.app.db.read(_stories)

    def second(session: Session) -> int:
        return session.exec(select(Match).order_by(col(Match.id).desc())).first().entry_id  # type: ignore[union-attr]

    await world.app.db.write(stories.split, story, {await world.app.db.read(second)}, world.clock.at)
    world.web.publish(URLS[2], "Air force denies: no airspace incursion near Torvik, no fighters scrambled from Lervik")
    await world.later()
    assert any("DENIED" in line for line in news(world))
    await world.stop()


async def test_the_quiet_hours_of_one_rule_do_not_hold_what_another_rule_tells_too(tmp_path: Path) -> None:
    rules = INCURSION + 'alert = { quiet_hours = "09:00-18:00" }\n'
    world = await desk(tmp_path, rules + '[rules.scrambled]\nseverity = "high"\nmatch = "fighters scrambled"\n')
    world.web.publish(URLS[0], ONE)
    await world.turn()
    assert len(world.post.mails(DUTY)) == 1
    await world.stop()


async def test_who_goes_away_before_their_turn_finds_it_in_the_briefing(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    await change(world, DUTY, quiet_from=time(9), quiet_until=time(14))
    world.web.publish(URLS[0], ONE)
    await world.turn()
    await change(world, DUTY, away_from=date(2026, 3, 2), away_until=date(2026, 3, 9))
    await world.later(timedelta(hours=3))
    assert world.post.mails(DUTY) == []
    assert await world.app.db.read(_waits) == [Wait.AWAY]
    await world.stop()


async def test_what_was_gathered_stands_weightiest_first(tmp_path: Path) -> None:
    rules = INCURSION + '[rules.border]\nseverity = "medium"\nmatch = "border closed"\n'
    world = await desk(tmp_path, rules)
    await change(world, DUTY, alert_from=Severity.MEDIUM, quiet_from=time(9), quiet_until=time(14))
    world.web.publish(URLS[0], "Border closed near Osterby for repairs of the bridge")
    await world.turn()
    world.web.publish(URLS[1], ONE)
    await world.later()
    await world.later(timedelta(hours=3))
    (mail,) = world.post.mails(DUTY)
    assert mail["Subject"].startswith(f"2 alerts: {ONE}")
    await world.stop()


def _waits(session: Session) -> list[Wait | None]:
    return [hearing.wait for hearing in session.exec(select(Hearing).order_by(col(Hearing.id)))]


def _stories(session: Session) -> list[int]:
    told = (Disposition.ALERTED, Disposition.GREW)
    found = session.exec(select(Match).where(col(Match.disposition).in_(told)).order_by(col(Match.id)))
    return [match.story_id for match in found]


def _all_due(session: Session, now: datetime) -> None:
    feeds.make_due(session, (), now)


async def test_what_waits_leaves_with_a_critical_alert_that_must_not_wait_as_long(tmp_path: Path) -> None:
    rules = STRIKE.replace(", ack_within", ', quiet_hours = "03:00-03:01", ack_within')
    world = await desk(tmp_path, rules + '[rules.border]\nseverity = "medium"\nmatch = "border closed"\n')
    await change(world, DUTY, alert_from=Severity.MEDIUM)
    world.web.publish(URLS[1], "Border closed near Osterby for repairs of the bridge")
    for number in range(3):
        world.web.publish(URLS[0], f"Pre-emptive strike on {town(number)} reported")
    await world.turn()
    assert len(world.post.mails(DUTY)) == 2
    await world.later(MINUTE)
    (_, _, rolled) = world.post.mails(DUTY)
    assert rolled["Subject"].startswith("2 alerts: ")
    await world.stop()


async def test_two_steps_of_growth_within_minutes_are_one_mail(tmp_path: Path) -> None:
    world = await desk(tmp_path, INCURSION)
    world.web.publish(URLS[0], ONE)
    await world.turn()
    for url, title in ((URLS[1], TWO), (URLS[2], THREE)):
        world.clock.pass_time(3 * MINUTE)
        world.web.publish(url, title)
        await world.app.db.write(_all_due, world.clock.at)
        await world.turn()
    await world.later(2 * MINUTE)
    assert news(world)[1:] == ["+ 3 independent publishers report it now, also Daily1, Daily2."]
    await world.stop()


async def test_who_took_a_story_is_asked_anew_if_it_becomes_graver_or_another_rule_wants_an_answer(
    tmp_path: Path,
) -> None:
    graver = '[rules.scrambled]\nseverity = "critical"\nmatch = "from Lervik"\n'
    answer = (
        '[rules.sirens]\nseverity = "high"\nmatch = "sirens"\n'
        f'alert = {{ to = ["{ANN}"], ack_within = "1h", then = ["{DUTY}"] }}\n'
    )
    world = await desk(tmp_path, INCURSION + graver + answer, DUTY, ANN)
    await change(world, ANN, alert_from=None)
    taken = []
    last = "Sirens near Torvik after airspace incursion, two fighters scrambled"
    for url, title in zip(URLS, (ONE, TWO, last), strict=False):
        world.web.publish(url, title)
        await world.later()
        outcome = await world.app.acknowledge.take(1, DUTY)
        taken.append(outcome is not None and not outcome.already)
    assert taken == [True, True, True]
    await world.stop()
