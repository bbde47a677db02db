"""Whose turn it is: quiet hours, holidays, routes, acknowledging and escalating."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from monitor.models import Escalation, Hearing, Silence
from monitor.store import silences, subscribers
from monitor.words import Severity, Wait
from tests.conftest import HERALD, OBSERVER, WIRE, World
from tests.fakes import text_of
from tests.stories.growing import DEPUTY, DESK, DUTY, change

MINUTE = timedelta(minutes=1)
RULES = f"""
[groups]
desk = ["{DESK}", "{DEPUTY}"]

[rules.strike]
severity = "critical"
match = "pre-emptive strike"
alert = {{ to = ["{DUTY}"], ack_within = "10m", then = ["{DEPUTY}", "desk"] }}

[rules.incursion]
severity = "high"
match = "airspace incursion"

[rules.blockade]
severity = "high"
match = "blockade"
alert = {{ quiet_hours = "12:00-14:00" }}
"""
STRIKE = "Pre-emptive strike ordered against the forts of Gatum"


@pytest.fixture
async def desk(world: World) -> World:
    await world.stop()
    world.configure(RULES)
    await world.start()
    for address in (DUTY, DEPUTY, DESK):
        await world.subscribe(address, briefing=False)
    return world


def waits(session: Session) -> list[Wait | None]:
    return [hearing.wait for hearing in session.exec(select(Hearing).order_by(col(Hearing.id)))]


async def test_nobody_acknowledges_and_the_next_are_told_one_after_the_other(desk: World) -> None:
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    assert len(desk.post.mails(DUTY)) == 1
    assert desk.post.mails(DEPUTY) == []
    await desk.later(9 * MINUTE)
    assert desk.post.mails(DEPUTY) == []
    await desk.later(MINUTE)
    (mail,) = desk.post.mails(DEPUTY)
    assert "nobody has acknowledged it for 10 min; you are next" in " ".join(text_of(mail).split()).lower()
    assert desk.post.mails(DESK) == []
    await desk.later(10 * MINUTE)
    assert len(desk.post.mails(DESK)) == 1
    assert len(desk.post.mails(DEPUTY)) == 2
    await desk.later(timedelta(days=1))
    assert (len(desk.post.mails(DUTY)), len(desk.post.mails(DESK))) == (1, 1)


async def test_a_restart_a_second_before_the_escalation_changes_nothing(desk: World) -> None:
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    desk.clock.pass_time(10 * MINUTE - timedelta(seconds=1))
    await desk.stop()
    await desk.start()
    await desk.turn()
    assert desk.post.mails(DEPUTY) == []
    await desk.later(timedelta(seconds=1))
    assert len(desk.post.mails(DEPUTY)) == 1


async def test_whoever_acknowledges_ends_the_escalation_and_everyone_who_heard_is_told(desk: World) -> None:
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    await desk.later(10 * MINUTE)
    taken = await desk.app.acknowledge.take(1, DEPUTY)
    assert taken is not None
    assert (taken.by, taken.already, taken.told) == (DEPUTY, False, 2)
    await desk.later(timedelta(hours=1))
    for address in (DUTY, DEPUTY):
        last = desk.post.mails(address)[-1]
        assert text_of(last).startswith(f"■ {DEPUTY} acknowledged it at 12:30")
        assert last["In-Reply-To"] == desk.post.mails(address)[0]["Message-ID"]
    assert desk.post.mails(DESK) == []


async def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_hears_who(desk: World) -> None:
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    both = await asyncio.gather(*(desk.app.acknowledge.take(1, who) for who in (DUTY, DEPUTY)))
    won, lost = sorted(both, key=lambda each: each is not None and each.already)
    assert won is not None
    assert lost is not None
    assert (won.already, lost.already, lost.by) == (False, True, won.by)
    await desk.later()
    assert len(desk.post.mails(DUTY)) == 2


async def test_an_acknowledged_story_is_quiet_until_it_grows_and_asks_anew_if_it_becomes_graver(desk: World) -> None:
    await desk.stop()
    desk.configure(
        f'[rules.incursion]\nseverity = "high"\nmatch = "airspace incursion"\n'
        f'raise = {{ to = "critical", when = {{ publishers = 2, within = "2h" }} }}\n'
        f'alert = {{ to = ["{DUTY}"], ack_within = "10m", then = ["{DEPUTY}"] }}\n'
    )
    await desk.start()
    desk.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await desk.turn()
    await desk.app.acknowledge.take(1, DUTY)
    await desk.later(timedelta(minutes=30))
    assert len(desk.post.mails(DUTY)) == 2
    assert desk.post.mails(DEPUTY) == []
    desk.web.publish(HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik")
    await desk.later()
    assert len(desk.post.mails(DUTY)) == 3
    await desk.later(10 * MINUTE)
    assert len(desk.post.mails(DEPUTY)) == 1


async def test_if_all_of_the_route_are_away_the_next_are_told_at_once(desk: World) -> None:
    await change(desk, DUTY, away_from=date(2026, 3, 1), away_until=date(2026, 3, 2))
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    assert desk.post.mails(DUTY) == []
    assert len(desk.post.mails(DEPUTY)) == 1


async def test_a_step_whose_people_are_away_is_passed_over(desk: World) -> None:
    await change(desk, DEPUTY, away_from=date(2026, 3, 1), away_until=date(2026, 3, 9))
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    await desk.later(10 * MINUTE)
    assert desk.post.mails(DEPUTY) == []
    assert len(desk.post.mails(DESK)) == 1


async def test_quiet_hours_hold_what_is_high_until_they_end_and_let_what_is_critical_pass(desk: World) -> None:
    await change(desk, DUTY, quiet_from=time(9), quiet_until=time(14, 30), zone="Europe/Warsaw")
    desk.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    desk.web.publish(HERALD, "Choir of Osterby sings of an airspace incursion at the festival")
    desk.web.publish(OBSERVER, STRIKE)
    await desk.turn()
    assert [mail["Subject"] for mail in desk.post.mails(DUTY)] == [f"[strike] {STRIKE}"]
    assert len(desk.post.mails(DESK)) == 2
    desk.clock.at = datetime(2026, 3, 2, 13, 29, tzinfo=UTC)
    await desk.app.acknowledge.take(2, "eva")
    await desk.later(MINUTE)
    rolled = next(mail for mail in desk.post.mails(DUTY) if "alerts" in mail["Subject"])
    assert "the quiet hours are over" in " ".join(text_of(rolled).split())


async def test_what_is_critical_waits_too_for_those_who_want_to_sleep_through_everything(desk: World) -> None:
    await change(desk, DUTY, quiet_from=time(9), quiet_until=time(14), critical_passes=False)
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    assert desk.post.mails(DUTY) == []
    await desk.later(timedelta(hours=2))
    assert len(desk.post.mails(DUTY)) == 1


async def test_the_quiet_hours_of_a_rule_hold_its_alerts_alone(desk: World) -> None:
    desk.web.publish(WIRE, "Blockade of the port of Gatum announced for the summer")
    desk.web.publish(HERALD, "Airspace incursion west of Torvik, two fighters scrambled")
    await desk.turn()
    assert [mail["Subject"][:11] for mail in desk.post.mails(DUTY)] == ["[incursion]"]
    desk.clock.at = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    await desk.turn()
    assert {mail["Subject"][:10] for mail in desk.post.mails(DUTY)} == {"[incursion", "[blockade]"}


async def test_a_silence_of_ones_own_mutes_for_oneself_alone_and_the_briefing_says_so(desk: World) -> None:
    duty = await desk.subscribe(DUTY, at=time(18))

    def mute(session: Session) -> int:
        return silences.add(
            session,
            Silence(
                rule="incursion", subscriber_id=duty.id, starts_at=desk.clock.at,
                ends_at=desk.clock.at + timedelta(hours=8), author=DUTY, comment="I am at the exercise",
            ),
        )  # fmt: skip

    await desk.app.db.write(mute)
    desk.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await desk.turn()
    assert desk.post.mails(DUTY) == []
    assert len(desk.post.mails(DESK)) == 1
    desk.clock.at = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    await desk.turn()
    (briefing,) = desk.post.mails(DUTY)
    said = " ".join(text_of(briefing).split())
    assert "HELD BACK" in said.upper()
    assert "I am at the exercise" in said


async def test_whoever_leaves_before_their_turn_is_not_written_to(desk: World) -> None:
    await change(desk, DUTY, quiet_from=time(9), quiet_until=time(14))
    desk.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await desk.turn()
    await desk.app.db.write(subscribers.remove, DUTY, desk.clock.at)
    await desk.later(timedelta(hours=3))
    assert desk.post.mails(DUTY) == []
    assert Wait.GONE in await desk.app.db.read(waits)


async def test_a_rule_that_is_taken_out_of_the_files_escalates_no_further(desk: World, tmp_path: Path) -> None:
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    await desk.stop()
    desk.configure('[rules.other]\nseverity = "high"\nmatch = "eclipse"\n')
    await desk.start()
    await desk.later(timedelta(hours=1))
    assert desk.post.mails(DEPUTY) == []

    def ended(session: Session) -> list[datetime | None]:
        return list(session.exec(select(Escalation.ended_at)))

    assert await desk.app.db.read(ended) == [desk.clock.at]


async def test_someone_who_asks_for_critical_alone_hears_of_a_story_when_it_becomes_so(desk: World) -> None:
    await desk.stop()
    desk.configure(
        '[rules.incursion]\nseverity = "high"\nmatch = "airspace incursion"\n'
        'raise = { to = "critical", when = { publishers = 2, within = "2h" } }\n'
    )
    await desk.start()
    await desk.subscribe(DESK, briefing=False, alert_from=Severity.CRITICAL)
    desk.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await desk.turn()
    assert desk.post.mails(DESK) == []
    desk.web.publish(HERALD, "Fighters scrambled from Lervik after airspace incursion near Torvik")
    await desk.later()
    (mail,) = desk.post.mails(DESK)
    assert mail["Subject"].startswith("[incursion]")
    assert mail["References"] is None
