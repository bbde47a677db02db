"""What the further keys of a rule change for the people it alerts."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from monitor.models import Match, Silence
from monitor.settings import SettingsError
from monitor.store import job_runs, silences
from monitor.words import Disposition
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE, World
from tests.fakes import html_of, text_of

DUTY, DEPUTY = "duty@example.org", "deputy@example.org"


async def with_rules(world: World, rules: str) -> None:
    await world.stop()
    world.configure(rules)
    await world.start()


def fates(session: Session) -> list[Disposition]:
    return [match.disposition for match in session.exec(select(Match).order_by(Match.id))]  # type: ignore[arg-type]


def notes(session: Session) -> list[str]:
    return [match.note for match in session.exec(select(Match).order_by(Match.id))]  # type: ignore[arg-type]


async def test_what_a_rule_drops_is_told_to_nobody_and_counted(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(world, '[rules.coup]\nmatch = "coup"\ndrop = "film festival"\n')
    world.web.publish(WIRE, "The Coup opens the film festival")
    await world.turn()
    world.clock.pass_time(timedelta(hours=20))
    await world.turn()

    assert await world.app.db.read(fates) == [Disposition.DROPPED]
    (briefing,) = world.post.mails(DUTY)
    assert "1 dropped by the rule coup." in text_of(briefing)
    assert "1 dropped by the rule coup." in html_of(briefing)
    assert "YOUR WATCH WORDS" not in text_of(briefing)


async def test_a_rule_that_counts_publishers_alerts_at_the_third_and_then_not_again_within_its_span(
    world: World,
) -> None:
    await world.subscribe(DUTY)
    await with_rules(
        world,
        '[rules.jamming]\nmatch = "GPS jam"\ncount = { at_least = 3, within = "1h", by = "publisher" }\n',
    )
    for url, title in (
        (WIRE, "GPS jammed over the northern sea lane, pilots report"),
        (WIRE, "Fishermen of the western isles complain that GPS is jammed"),
        (HERALD, "Airline diverts two flights because of jammed GPS in the east"),
    ):
        world.web.publish(url, title)
        await world.later(timedelta(minutes=5))
        await world.later(timedelta(minutes=16))
    assert world.post.mails(DUTY) == []

    world.web.publish(OBSERVER, "Ministry confirms GPS jamming across the whole coast")
    await world.turn()
    await world.later()
    (mail,) = world.post.mails(DUTY)
    assert "3 publishers within 60 min, 3 wanted" in text_of(mail)
    assert "3 publishers within 60 min, 3 wanted" in html_of(mail)

    world.web.publish(GAZETTE, "Harbour pilots say GPS jamming began at dawn")
    await world.later()
    assert len(world.post.mails(DUTY)) == 1
    assert (await world.app.db.read(fates))[-2:] == [Disposition.ALERTED, Disposition.AGAIN]
    assert set((await world.app.db.read(fates))[:-2]) == {Disposition.FEW}


async def test_what_is_old_is_not_counted(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(
        world, '[rules.jamming]\nmatch = "GPS jam"\ncount = { at_least = 3, within = "1h", by = "entry" }\n'
    )
    for number in range(3):
        world.web.publish(WIRE, f"GPS jammed in the {number}th region, a look back", age=timedelta(days=200))
    world.web.publish(WIRE, "GPS is jammed over the strait this morning")
    await world.turn()

    assert world.post.mails(DUTY) == []
    assert await world.app.db.read(fates) == [Disposition.OLD] * 3 + [Disposition.FEW]


async def test_a_story_told_by_a_second_publisher_is_raised_and_told_again_in_its_thread(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(
        world,
        '[rules.strike]\nseverity = "high"\nmatch = "pre-emptive strike"\n'
        'raise = { to = "critical", when = { publishers = 2, within = "30m" } }\n',
    )
    world.web.publish(WIRE, "Alliance admiral raises pre-emptive strike as talks open in the capital")
    await world.turn()
    world.web.publish(HERALD, "Alliance admiral raises preemptive strike as talks open in capital")
    await world.later()
    world.web.publish(OBSERVER, "Alliance admiral raises pre-emptive strikes as talks open in capital")
    await world.later()

    first, second = world.post.mails(DUTY)
    assert "HIGH: strike" in text_of(first)
    assert "CRITICAL: strike" in text_of(second)
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "raised from high: 2 publishers tell it" in " ".join(text_of(second).split())
    assert (await world.app.db.read(fates)) == [Disposition.ALERTED, Disposition.ALERTED, Disposition.GREW]
    assert (await world.app.db.read(notes))[0] == ""


async def test_one_publisher_who_repeats_himself_raises_nothing(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(
        world,
        '[rules.strike]\nmatch = "pre-emptive strike"\n'
        'raise = { to = "critical", when = { publishers = 2, within = "30m" } }\n',
    )
    for ending in ("capital", "old capital"):
        world.web.publish(WIRE, f"Alliance admiral raises pre-emptive strike as talks open in the {ending}")
        await world.later()

    assert len(world.post.mails(DUTY)) == 1


async def test_a_rule_with_people_of_its_own_alerts_them_and_nobody_else(world: World) -> None:
    await world.subscribe(DUTY)
    await world.subscribe(DEPUTY, alert_from=None)
    await with_rules(world, f'[rules.coup]\nseverity = "high"\nmatch = "coup"\nalert = {{ to = "{DEPUTY}" }}\n')
    world.web.publish(WIRE, "Officers announce a coup on state radio")
    await world.turn()

    assert world.post.mails(DUTY) == []
    assert len(world.post.mails(DEPUTY)) == 1


async def test_a_route_to_nobody_who_is_confirmed_is_written_down(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(world, '[rules.coup]\nmatch = "coup"\nalert = { to = "gone@example.org" }\n')
    world.web.publish(WIRE, "Officers announce a coup on state radio")
    await world.turn()

    assert await world.app.db.read(fates) == [Disposition.NOBODY]


async def test_a_rule_hears_only_the_feeds_with_its_tags_and_never_those_it_excludes(world: World) -> None:
    await world.subscribe(DUTY)
    await world.stop()
    world.configure('[rules.coup]\nmatch = "coup"\nsources = { tags = "wire", not = "Herald" }\n')
    feeds = world.folder / "feeds.toml"
    tagged = feeds.read_text().replace('publisher = "Wire"', 'publisher = "Wire"\ntags = ["wire"]')
    feeds.write_text(tagged.replace('publisher = "Herald"', 'publisher = "Herald"\ntags = ["wire"]'))
    await world.start()
    for url in (WIRE, HERALD, OBSERVER):
        world.web.publish(url, f"Officers announce a coup, says {url}")
    await world.turn()

    (mail,) = world.post.mails(DUTY)
    assert "wire.test" in str(mail["Subject"])


async def test_every_line_of_all_must_stand_somewhere_in_the_item(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(world, "[rules.coup]\nmatch = 'coup'\nall = '''\n(army | general)\nradio\n'''\n")
    world.web.publish(WIRE, "Coup: the army is in the streets")
    world.web.publish(HERALD, "Coup announced", summary="Generals spoke.\n\nThe radio plays marches.")
    await world.turn()

    (mail,) = world.post.mails(DUTY)
    assert mail["Subject"] == "[coup] Coup announced"


async def test_a_silenced_rule_rings_for_nobody_until_its_end_and_says_who_muted_it(world: World) -> None:
    await world.subscribe(DUTY)
    now = world.clock.at
    muted = Silence(
        rule="airspace-incursion", words="northern coast", starts_at=now, ends_at=now + timedelta(hours=1),
        author="eva", comment="planned drill",
    )  # fmt: skip
    await world.app.db.write(silences.add, muted)
    world.web.publish(WIRE, "Airspace incursion reported off the northern coast")
    world.web.publish(HERALD, "Jets chase intruder after airspace incursion in the south")
    await world.turn()
    (mail,) = world.post.mails(DUTY)
    assert "in the south" in mail["Subject"]
    assert set(await world.app.db.read(fates)) == {Disposition.SILENCED, Disposition.ALERTED}
    assert "silence 1 of eva until 02 Mar 13:20 UTC: planned drill" in await world.app.db.read(notes)

    world.clock.pass_time(timedelta(hours=1))
    world.web.publish(OBSERVER, "New airspace incursion near the northern coast, two bombers seen")
    await world.turn()
    assert len(world.post.mails(DUTY)) == 2


async def test_a_program_whose_rules_fail_their_own_tests_does_not_start(world: World) -> None:
    await world.stop()
    world.configure('[rules.strike]\nmatch = "strike"\n[rules.strike.tests]\nsilent = "Rail strike called off"\n')
    with pytest.raises(SettingsError, match="should stay silent, but fires"):
        await world.start()
    world.configure()
    await world.start()


async def test_the_operator_reads_atop_the_next_mail_that_the_rules_were_refused(world: World) -> None:
    await world.subscribe("ops@example.org")
    await world.subscribe(DUTY)
    refusal = 'config refused: rules.toml:4: rule strike: "Rail strike" should stay silent, but fires'
    await world.app.db.write(job_runs.went_wrong, "reload", refusal, world.clock.at)
    world.web.publish(WIRE, "Unknown aircraft enters airspace, incursion confirmed")
    await world.turn()

    (to_operator,), (to_duty,) = world.post.mails("ops@example.org"), world.post.mails(DUTY)
    assert f"TO THE OPERATOR: {refusal}" in text_of(to_operator).replace("\n", " ")
    assert "rule strike" in html_of(to_operator)
    assert "OPERATOR" not in text_of(to_duty)
    assert "operator" not in html_of(to_duty).lower().replace("added by the operator", "")


async def test_an_expression_that_takes_too_long_is_given_up_and_said(world: World) -> None:
    await world.subscribe(DUTY)
    await with_rules(world, "[rules.slow]\nmatch = '/(a+)+$/'\n[rules.coup]\nmatch = 'coup'\n")
    world.web.publish(WIRE, "A coup " + "a" * 60 + "!", summary="a" * 5000 + "!")
    await world.turn()

    assert [mail["Subject"][:6] for mail in world.post.mails(DUTY)] == ["[coup]"]
    (run,) = [run for run in await world.app.db.read(job_runs.everything) if run.job == "rules"]
    assert "rule slow: /(a+)+$/ takes too long" in run.trouble
