"""What an operator is told of alerts: who heard what and when, and what reached nobody."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import utc_now
from monitor.net.post import SendFailed
from monitor.store import subscribers
from monitor.words import Severity
from tests.conftest import GAZETTE, WIRE, World
from tests.doors.alerting import DEPUTY, DRONES, DUTY, EVER, FIRST, RULES, alerting, asked, away, quiet, typed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with alerting(tmp_path) as desk:
        yield desk


async def test_the_ledger_of_an_alert_has_every_time_to_the_second(world: World) -> None:
    world.post.refusals[DUTY] = [SendFailed("451 come again")]
    world.web.publish(WIRE, FIRST, age=timedelta(seconds=40))
    await world.turn()
    world.clock.pass_time(timedelta(seconds=15))
    await world.app.send_mail()
    await world.app.acknowledge.take(1, "eva")
    await world.app.send_mail()

    [alert] = await asked(world, "alerts", "show", "1")
    assert (alert["severity"], alert["rules"], alert["headline"]) == ("critical", ["strike"], FIRST)
    assert (alert["state"], alert["acknowledged_by"]) == ("acknowledged", "eva")
    assert alert["acknowledged_at"] == "2026-03-02T12:20:15+00:00"
    first, taken = alert["tellings"]
    assert (first["published_at"], first["seen_at"], first["decided_at"]) == (
        "2026-03-02T12:19:20+00:00", "2026-03-02T12:20:00+00:00", "2026-03-02T12:20:00+00:00",
    )  # fmt: skip
    assert (first["causes"], first["feed"]) == (["first"], "wire.test")
    assert (first["rules"], first["severities"]) == (["strike"], {"strike": "critical"})
    [heard] = first["heard"]
    assert (heard["listener"], heard["wait"], heard["why"]) == (DUTY, None, None)
    [mail] = heard["deliveries"]
    assert mail == {
        "by": "mail",
        "to": DUTY,
        "instead": False,
        "status": "sent",
        "owed_at": "2026-03-02T12:20:00+00:00",
        "accepted_at": "2026-03-02T12:20:15+00:00",
        "settled_at": "2026-03-02T12:20:15+00:00",
        "attempts": 2,
        "next_try_at": None,
        "reply": "250 ok",
    }
    assert (taken["causes"], taken["note"], taken["entry"]) == (["taken"], "eva acknowledged it", None)
    [escalation] = alert["escalations"]
    assert escalation == {
        "rule": "strike", "step": 0, "told": 0, "due_at": None, "ended_at": "2026-03-02T12:20:15+00:00",
    }  # fmt: skip
    assert next((each["rule"], each["text"]) for each in alert["evidence"]) == ("strike", "Pre-emptive")

    shown = (await typed(world, "alerts", "show", "1")).stdout
    assert "1  ▲ CRITICAL  " + FIRST in shown
    assert "acknowledged by eva at 02 Mar 12:20:15 UTC" in shown
    assert "1  02 Mar 12:20:00 UTC  ▲ critical: the first alert of this story" in shown
    assert "published 02 Mar 12:19:20 UTC; seen 02 Mar 12:20:00 UTC, 40 s later; decided 02 Mar 12:20:00 UTC" in shown
    assert f"{DUTY}: owed 02 Mar 12:20:00 UTC, accepted 02 Mar 12:20:15 UTC after 2 attempts: 250 ok" in shown
    assert "escalation of strike: ended 02 Mar 12:20:15 UTC, 0 steps of its `then` told" in shown


async def test_who_is_not_told_yet_is_listed_with_the_reason_by_show_and_by_why(world: World) -> None:
    await quiet(world, "night@example.org", "12:00-18:30")
    world.post.refusals[DUTY] = [SendFailed("550 no such user", permanent=True)]
    world.web.publish(WIRE, FIRST)
    await world.turn()
    for words in (("alerts", "show", "1"), ("why", FIRST)):
        said = (await typed(world, *words)).stdout
        assert "night@example.org: held until the quiet hours end; due 02 Mar 18:30:00 UTC" in said
        assert f"{DUTY}: owed 02 Mar 12:20:00 UTC, refused for good 02 Mar 12:20:00 UTC: 550 no such user" in said
    status = (await typed(world, "status")).stdout
    assert "later     1 message held until the quiet hours end" in status
    assert "mail      0 sent, 1 refused for good, 0 waiting: 550 no such user" in status


async def test_a_mail_that_waits_says_how_often_it_was_tried_and_when_it_is_tried_next(world: World) -> None:
    world.post.refusals[DUTY] = [SendFailed("451 come again")]
    world.web.publish(WIRE, FIRST)
    await world.turn()
    shown = (await typed(world, "alerts", "show", "1")).stdout
    assert (
        f"{DUTY}: owed 02 Mar 12:20:00 UTC, not accepted yet after 1 attempt, next try 02 Mar 12:20:14 UTC: "
        "451 come again" in shown
    )
    await world.app.db.write(subscribers.remove, DUTY, world.clock.at)
    shown = (await typed(world, "alerts", "show", "1")).stdout
    assert f"{DUTY}: owed 02 Mar 12:20:00 UTC, not sent: the subscriber left" in shown


async def test_an_edit_that_raises_an_alert_is_dated_by_the_edit(world: World) -> None:
    item = world.web.publish(WIRE, "Talks about the Lervik bridge open in Torvik", age=timedelta(minutes=2))
    await world.turn()
    world.clock.pass_time(timedelta(minutes=16))
    item.title = FIRST
    await world.turn()
    # What is edited once more, after people were told, changes nothing of when they were.
    item.title = f"{FIRST}, says a clerk"
    await world.later()
    [alert] = await asked(world, "alerts", "show", "1")
    told = alert["tellings"][0]
    assert (told["published_at"], told["seen_at"]) == ("2026-03-02T12:18:00+00:00", "2026-03-02T12:36:00+00:00")
    shown = (await typed(world, "alerts", "show", "1")).stdout
    assert "published 02 Mar 12:18:00 UTC; edited 02 Mar 12:36:00 UTC; decided 02 Mar 12:36:00 UTC" in shown
    steps = [each for each in await asked(world, "alerts", "latency", *EVER) if each.get("step") == "seen to decided"]
    assert steps == [{"step": "seen to decided", "n": 1, "p50_s": 0.0, "p95_s": 0.0}]


async def test_what_a_fall_back_channel_took_over_stands_below_the_mail_that_did_not_leave(world: World) -> None:
    await world.stop()
    channel = '[mail]\nfallback = "spare"\nfallback_after = "1m"\n[channels.spare]\nwebhook = "http://127.0.0.1:1/"\n'
    world.configure(RULES, f'[poll]\nadaptive = false\n{channel}from = "critical"\n')
    await world.start()
    world.post.shut = "nobody at the door"
    world.web.publish(GAZETTE, DRONES)
    await world.turn()
    world.clock.pass_time(timedelta(minutes=2))
    await world.app.tell.run()
    await world.app.channels.run()
    shown = (await typed(world, "alerts", "show", "1")).stdout
    assert f"    {DUTY}: owed 02 Mar 12:20:00 UTC, not accepted yet: nobody at the door\n" in shown
    assert (
        "      instead by spare: owed 02 Mar 12:22:00 UTC, not accepted yet: 127.0.0.1:1: Connection refused" in shown
    )
    [alert] = await asked(world, "alerts", "show", "1")
    ways = [(each["by"], each["instead"]) for each in alert["tellings"][0]["heard"][0]["deliveries"]]
    assert ways == [("mail", False), ("spare", True)]


async def test_the_list_has_the_newest_alert_first_with_who_took_it_or_when_the_next_are_told(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    await world.turn()
    world.clock.pass_time(timedelta(minutes=16))
    world.web.publish(GAZETTE, DRONES)
    await world.turn()
    drones, strike = await asked(world, "alerts", "list", *EVER)
    assert (drones["headline"], drones["severity"], drones["state"]) == (DRONES, "high", "open")
    assert (strike["alert"], strike["rules"], strike["voices"]) == (1, ["strike"], 1)
    assert strike["escalates_at"] == "2026-03-02T13:20:00+00:00"

    await world.app.acknowledge.take(2, "eva")
    assert [each["alert"] for each in await asked(world, "alerts", "list", "--open", *EVER)] == [1]
    listed = (await typed(world, "alerts", "list", *EVER)).stdout
    assert "2  ◆ HIGH  " + DRONES in listed
    assert "incursion; 1 publisher; acknowledged by eva at 02 Mar 12:36:00 UTC" in listed
    assert "strike; 1 publisher; open, escalates at 02 Mar 13:20:00 UTC" in listed
    status = (await typed(world, "status")).stdout
    assert "escalate  1 alert is escalated unless acknowledged, next 02 Mar 13:20:00 UTC" in status
    none = await typed(world, "alerts", "list", "--since", "1s")
    assert (none.exit_code, none.stdout) == (0, "no alert was told within 1s\n")


async def test_the_next_in_turn_stands_in_the_ledger_with_how_long_nobody_answered(world: World) -> None:
    await world.subscribe(DEPUTY, alert_from=None, briefing=False)
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.later(timedelta(hours=1))
    [alert] = await asked(world, "alerts", "show", "1")
    asked_next = alert["tellings"][1]
    assert asked_next["causes"] == ["escalated"]
    assert asked_next["note"].startswith("nobody has acknowledged it for 60 min")
    assert [each["listener"] for each in asked_next["heard"]] == [DEPUTY]
    assert asked_next["heard"][0]["deliveries"][0]["accepted_at"] == "2026-03-02T13:20:00+00:00"
    assert (alert["escalations"][0]["step"], alert["escalations"][0]["told"]) == (1, 1)
    explained = (await typed(world, "why", FIRST)).stdout
    assert "    nobody has acknowledged it, 02 Mar 13:20:00 UTC:\n" in explained
    assert f"      {DEPUTY}: owed 02 Mar 13:20:00 UTC, accepted 02 Mar 13:20:00 UTC" in explained


async def test_an_alert_that_nobody_hears_is_not_listed_as_told(world: World) -> None:
    await away(world, DUTY)
    world.web.publish(WIRE, FIRST)
    await world.turn()
    listed = (await typed(world, "alerts", "list", *EVER)).stdout
    assert "    decided 02 Mar 12:20:00 UTC, " in listed
    assert "; told to nobody\n" in listed
    assert "; open, none of its next could be asked\n" in listed
    assert "    told to nobody\n" in (await typed(world, "alerts", "show", "1")).stdout
    [alert] = await asked(world, "alerts", "list", *EVER)
    assert alert["reach"] == {"told": 0, "refused": 0, "waiting": 0, "next": None}


async def test_an_alert_that_is_held_for_everybody_says_for_how_many_and_until_when(world: World) -> None:
    await quiet(world, DUTY, "12:00-18:30")
    await quiet(world, "night@example.org", "12:00-14:00")
    world.web.publish(WIRE, FIRST)
    await world.turn()
    assert " ago; held for 2 until 02 Mar 14:00 UTC\n" in (await typed(world, "alerts", "list", *EVER)).stdout
    assert "    held for 2 until 02 Mar 14:00 UTC\n" in (await typed(world, "alerts", "show", "1")).stdout
    await world.app.db.write(subscribers.remove, "night@example.org", world.clock.at)
    await world.later(timedelta(hours=7))
    assert "    told 02 Mar 12:20:00 UTC, " in (await typed(world, "alerts", "list", *EVER)).stdout


async def test_an_alert_that_is_gathered_says_when_it_leaves(world: World) -> None:
    await world.subscribe("desk@example.org", alert_from=Severity.MEDIUM, briefing=False)
    await world.app.db.write(subscribers.remove, DUTY, world.clock.at)
    await world.stop()
    world.configure(RULES.replace("high", "medium"))
    await world.start()
    world.web.publish(WIRE, DRONES)
    await world.turn()
    assert " ago; gathered for 1, leaves 02 Mar 12:25 UTC\n" in (await typed(world, "alerts", "list", *EVER)).stdout


async def test_an_alert_whose_mails_are_all_refused_has_reached_nobody(world: World) -> None:
    world.post.refusals[DUTY] = [SendFailed("550 no such user", permanent=True)]
    world.web.publish(WIRE, FIRST)
    await world.turn()
    listed = (await typed(world, "alerts", "list", *EVER)).stdout
    assert " ago; told to nobody: 1 message refused for good\n" in listed


async def test_who_is_in_a_route_and_no_subscriber_stands_in_the_ledger_of_what_they_missed(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    await world.turn()
    assert f"{DEPUTY}: is no subscriber" not in (await typed(world, "alerts", "show", "1")).stdout
    await world.later(timedelta(hours=1))
    shown = (await typed(world, "alerts", "show", "1")).stdout
    assert f"    {DEPUTY}: is no subscriber\n" in shown
    assert f"{DUTY}: is no subscriber" not in shown
    assert "escalation of strike: ended 02 Mar 13:20:00 UTC, 0 steps of its `then` told, 1 had nobody to ask" in shown
    [alert] = await asked(world, "alerts", "show", "1")
    assert [each["no_subscribers"] for each in alert["tellings"]] == [[], [DEPUTY]]
    assert (alert["escalations"][0]["step"], alert["escalations"][0]["told"]) == (1, 0)


async def test_an_alert_that_all_were_asked_for_is_listed_as_such_until_somebody_takes_it(world: World) -> None:
    await world.subscribe(DEPUTY, alert_from=None, briefing=False)
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.later(timedelta(hours=1))
    for words in (("alerts", "list", *EVER), ("alerts", "show", "1")):
        assert "open, all of its next have been asked\n" in (await typed(world, *words)).stdout
    assert (await asked(world, "alerts", "list", *EVER))[0]["exhausted"] is True
    await world.app.acknowledge.take(1, "eva")
    assert (await asked(world, "alerts", "list", *EVER))[0]["exhausted"] is False


async def test_status_names_what_reached_nobody_and_what_nobody_answers(world: World) -> None:
    world.clock.at = utc_now() - timedelta(hours=3)
    await world.subscribe(DEPUTY, alert_from=None, briefing=False)
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.later(timedelta(hours=1))
    status = (await typed(world, "status")).stdout
    assert "TROUBLE   alert 1 (critical): asked all of its `then`, nobody has acknowledged it\n" in status
    assert "has reached nobody" not in status
    await away(world, DUTY)
    world.web.publish(GAZETTE, DRONES)
    await world.later(timedelta(minutes=30))
    status = (await typed(world, "status")).stdout
    assert "TROUBLE   alert 2 (high): has reached nobody; `feed-monitor alerts show 2` says why\n" in status
    told = json.loads((await typed(world, "status", "--json")).stdout)
    assert (told["reached_nobody"], told["unanswered"]) == ([2], [1])
    await typed(world, "ack", "--all", "--by", "eva")
    assert "TROUBLE" not in (await typed(world, "status")).stdout


async def test_status_names_an_alert_for_which_nobody_was_there_to_be_asked(world: World) -> None:
    world.clock.at = utc_now() - timedelta(hours=3)
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.later(timedelta(hours=1))
    status = (await typed(world, "status")).stdout
    assert "TROUBLE   alert 1 (critical): nobody of its `then` could be asked, nobody has acknowledged it\n" in status
    assert json.loads((await typed(world, "status", "--json")).stdout)["unanswered"] == [1]


async def test_while_the_last_in_turn_have_time_to_answer_nothing_is_wrong(world: World) -> None:
    world.clock.at = utc_now() - timedelta(hours=1, minutes=10)
    await world.subscribe(DEPUTY, alert_from=None, briefing=False)
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.later(timedelta(hours=1))
    assert "TROUBLE" not in (await typed(world, "status")).stdout


async def test_a_fall_back_stands_below_everybody_whose_mail_waits(world: World) -> None:
    await world.subscribe(DEPUTY, briefing=False)
    await world.stop()
    channel = '[mail]\nfallback = "spare"\nfallback_after = "1m"\n[channels.spare]\nwebhook = "http://127.0.0.1:1/"\n'
    world.configure(RULES, f'[poll]\nadaptive = false\n{channel}from = "critical"\n')
    await world.start()
    world.post.shut = "nobody at the door"
    world.web.publish(GAZETTE, DRONES)
    await world.turn()
    world.clock.pass_time(timedelta(minutes=2))
    await world.app.tell.run()
    for words in (("alerts", "show", "1"), ("why", DRONES)):
        lines = (await typed(world, *words)).stdout.splitlines()
        for address in (DUTY, DEPUTY):
            at = next(number for number, line in enumerate(lines) if f"    {address}: owed" in line)
            assert "      instead by spare: owed 02 Mar 12:22:00 UTC" in lines[at + 1]


async def test_a_headline_without_end_is_cut_for_whoever_reads_it_at_a_terminal(world: World) -> None:
    world.web.publish(WIRE, f"{FIRST} {'and again ' * 60}")
    await world.turn()
    for words in (("alerts", "list", *EVER), ("alerts", "show", "1"), ("why", FIRST), ("stories", "list", *EVER)):
        said = (await typed(world, *words)).stdout
        assert FIRST in said
        assert all(line.count("again") < 20 for line in said.splitlines() if "“" not in line)
