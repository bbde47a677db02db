"""What an operator is told of alerts: who heard what and when, who took it, and how long it takes."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from click.testing import Result
from sqlmodel import Session

from monitor.app import utc_now
from monitor.models import Subscriber
from monitor.net.post import SendFailed
from monitor.store import subscribers
from monitor.words import Severity
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE, World
from tests.doors.operator import Operator

DUTY, DEPUTY = "duty@example.org", "deputy@example.org"
FIRST = "Pre-emptive strike on the Lervik bridge is weighed in Torvik"
SECOND = "Torvik weighs a pre-emptive strike on the bridge of Lervik"
DRONES = "Airspace incursion over Kelmsund: eleven drones counted"
RULES = """
[rules.strike]
severity = "critical"
match = "pre-emptive strike"
alert = { ack_within = "1h", then = ["deputy@example.org"] }

[rules.incursion]
severity = "high"
match = "airspace incursion"
"""
# The world's clock stands where it stands; the operator's goes on.
EVER = ("--since", "9999d")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A watch with a duty officer, whose feeds have been polled once."""
    world = World(tmp_path)
    world.configure(RULES)
    await world.start()
    for url in world.urls:
        world.web.publish(url, f"An ordinary day at {url[8:-10]}", age=timedelta(hours=5))
    await world.turn()
    world.clock.pass_time(timedelta(minutes=20))
    await world.subscribe(DUTY, briefing=False)
    yield world
    await world.stop()
    assert world.crashes == []


async def typed(world: World, *words: str) -> Result:
    return await asyncio.to_thread(Operator(world.folder).types, *words)


async def asked(world: World, *words: str) -> list[dict[str, Any]]:
    """What a command answers a program."""
    result = await typed(world, *words, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


async def quiet(world: World, address: str, hours: str) -> Subscriber:
    """Somebody whose quiet hours hold critical alerts, too."""
    await world.subscribe(address, alert_from=Severity.HIGH, briefing=False)
    said = ("--quiet", hours, "--no-critical-passes")
    assert (await typed(world, "subscribers", "add", address, *said)).exit_code == 0
    person = await world.app.db.read(subscribers.by_address, address)
    assert person is not None
    return person


async def away(world: World, address: str) -> None:
    def leave(session: Session) -> None:
        person = subscribers.by_address(session, address)
        assert person is not None
        person.away_from = person.away_until = world.clock.at.date()

    await world.app.db.write(leave)


async def test_the_ledger_of_an_alert_has_every_time_to_the_second(world: World) -> None:
    world.post.refusals[DUTY] = [SendFailed("451 come again")]
    world.web.publish(WIRE, FIRST, age=timedelta(seconds=40))
    await world.turn()
    world.clock.pass_time(timedelta(seconds=15))
    await world.app.deliver.run()
    await world.app.acknowledge.take(1, "eva")
    await world.app.deliver.run()

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
        f"{DUTY}: owed 02 Mar 12:20:00 UTC, not accepted yet after 1 attempt, next try 02 Mar 12:20:15 UTC: "
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


async def test_while_the_service_runs_who_takes_an_alert_leaves_the_mails_to_it(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    await world.turn()
    taken = await typed(world, "ack", "1", "--by", "eva")
    assert taken.exit_code == 0
    assert taken.stdout == (f"1: acknowledged by eva: {FIRST}\ntold of it: {DUTY}\nthe running service delivers it\n")
    world.clock.at = utc_now()
    await world.app.deliver.run()
    assert "eva acknowledged it" in world.post.mails(DUTY)[-1].as_string()


async def test_without_a_service_everybody_is_told_at_once_who_took_it_and_the_second_who_was_faster(
    world: World,
) -> None:
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.stop()
    taken = await typed(world, "ack", "1", "--by", "eva")
    assert taken.stdout.splitlines()[1:] == [f"told of it: {DUTY}", "1 mail sent"]
    [mail] = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in (world.folder / "state/mail/new").iterdir()
    ]
    assert mail["To"] == DUTY

    late = await typed(world, "ack", "1", "--by", "bob")
    assert late.exit_code == 0
    assert late.stdout.startswith("1: eva was faster, ")
    assert (await typed(world, "ack", "1", "--by", "eva")).stdout.startswith("1: was already taken by eva at ")
    assert len(list((world.folder / "state/mail/new").iterdir())) == 1


async def test_who_comes_long_after_another_reads_when_it_was_taken(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    await world.turn()
    await world.app.acknowledge.take(1, "eva")
    late = await typed(world, "ack", "1", "--by", "bob")
    assert (late.exit_code, late.stdout) == (0, f"1: was already taken by eva at 02 Mar 12:20:00 UTC: {FIRST}\n")


@pytest.fixture
async def several(world: World) -> World:
    """Four alerts, of which the third is taken."""
    world.clock.at = utc_now() - timedelta(hours=1)
    for headline in (
        DRONES,
        "Glider pilot fined 900 crowns for an airspace incursion near Sundby prison",
        FIRST,
        "Weather balloon drifts from Ostrava: airspace incursion, says a colonel",
    ):
        world.web.publish(WIRE, headline)
    await world.turn()
    await world.app.acknowledge.take(3, "bert")
    return world


async def test_several_alerts_are_taken_by_their_numbers_and_by_ranges(several: World) -> None:
    taken = await typed(several, "ack", "1", "3-99", "--by", "eva")
    said = taken.stdout.splitlines()
    assert [line.partition(":")[0] for line in said[:3]] == ["1", "3", "4"]
    assert "acknowledged by eva" in said[0]
    assert "was already taken by bert" in said[1]
    assert said[3:] == [f"told of it: {DUTY}", "the running service delivers it"]
    assert [each["alert"] for each in await asked(several, "alerts", "list", "--open")] == [2]


async def test_everything_that_is_open_can_be_taken_at_once(several: World) -> None:
    taken = await typed(several, "ack", "--all", "--yes", "--by", "eva")
    assert [line.partition(":")[0] for line in taken.stdout.splitlines()[:3]] == ["1", "2", "4"]
    assert await asked(several, "alerts", "list", "--open") == []
    again = await typed(several, "ack", "--all", "--by", "eva")
    assert (again.exit_code, again.stdout) == (0, "no alert of the last 7 days is open\n")


async def test_at_a_terminal_everything_is_taken_only_by_who_says_yes(several: World) -> None:
    def answered(answer: bytes) -> subprocess.CompletedProcess[bytes]:
        ours, theirs = pty.openpty()
        os.write(ours, answer)
        words = ("-m", "monitor", "--config", str(several.folder), "ack", "--all", "--by", "eva")
        try:
            return subprocess.run((sys.executable, *words), stdin=theirs, capture_output=True, check=False)
        finally:
            os.close(ours)
            os.close(theirs)

    refused = await asyncio.to_thread(answered, b"n\n")
    assert refused.returncode == 1
    assert b"acknowledge 3 open alerts? [y/N]: " in refused.stderr
    assert len(await asked(several, "alerts", "list", "--open")) == 3
    assert (await asyncio.to_thread(answered, b"y\n")).returncode == 0
    assert await asked(several, "alerts", "list", "--open") == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("1", "--by", " "), 2, "--by: is empty; write the name that people know you by"),
        ((), 2, "name the alerts by their numbers, or all that are open by --all"),
        (("1", "--all"), 2, "name the alerts by their numbers, or all that are open by --all"),
        (("1", "--by", ""), 2, "--by: is empty; write the name that people know you by"),
        (("1", "40-50"), 1, "there is no alert of 40-50; `feed-monitor alerts list` shows those of late"),
    ],
)
async def test_what_cannot_be_taken_changes_nothing(
    several: World, words: tuple[str, ...], code: int, said: str
) -> None:
    refused = await typed(several, "ack", *words)
    assert (refused.exit_code, refused.stderr) == (code, f"feed-monitor: {said}\n")
    assert len(await asked(several, "alerts", "list", "--open")) == 3


async def test_who_is_in_quiet_hours_is_named_with_when_they_hear_who_took_it(world: World) -> None:
    world.web.publish(WIRE, DRONES)
    await world.turn()
    await quiet(world, DUTY, "00:00-23:59")
    said = (await typed(world, "ack", "1", "--by", "eva")).stdout
    assert f"{DUTY}: held until the quiet hours end; due " in said
    assert "told of it" not in said


async def test_an_alert_that_is_not_there_is_refused_in_one_sentence(world: World) -> None:
    for words in (("ack", "7"), ("alerts", "show", "7"), ("alerts", "export", "7")):
        refused = await typed(world, *words)
        assert refused.exit_code == 1
        assert refused.stderr == "feed-monitor: there is no alert 7; `feed-monitor alerts list` shows those of late\n"
    assert (await typed(world, "ack", "99999999999999999999")).exit_code == 2
    backwards = await typed(world, "ack", "9-6")
    assert (backwards.exit_code, "9-6 ends before it begins; write 6-9" in backwards.stderr) == (2, True)
    assert (await typed(world, "alerts", "list", "--since", "soon")).stderr.startswith("feed-monitor: --since:")


async def test_latency_tells_how_late_each_feed_is_seen_and_which_was_first(world: World) -> None:
    for number, age in enumerate((10, 20, 30)):
        world.web.publish(WIRE, f"Harbour notice {number} of the day in Kelmsund", age=timedelta(seconds=age))
    world.web.publish(WIRE, FIRST, age=timedelta(seconds=40))
    world.web.publish(WIRE, "A year book is reprinted", age=timedelta(days=400))
    await world.turn()
    world.clock.pass_time(timedelta(minutes=16))
    world.web.publish(HERALD, SECOND, age=timedelta(minutes=3))
    world.web.publish(OBSERVER, FIRST, age=timedelta(minutes=4))
    await world.turn()
    await world.later(timedelta(minutes=5))

    told = await asked(world, "alerts", "latency", *EVER)
    feeds = {each["feed"]: each for each in told if "feed" in each}
    assert feeds["wire.test"] == {
        "feed": "wire.test",
        "published_to_seen": {"n": 4, "p50_s": 20.0, "p95_s": 40.0},
        "first_of_stories": 1,
        "alone": 0,
        "ahead_s": 960.0,
    }
    assert feeds["herald.test"]["published_to_seen"] == {"n": 1, "p50_s": 180.0, "p95_s": 180.0}
    assert feeds["herald.test"]["first_of_stories"] == 0
    assert "gazette.test" not in feeds
    steps = {each.pop("step"): each for each in told if "step" in each}
    # The story grew to two publishers and to three, which are told together after five minutes.
    assert steps["seen to decided"] == {"n": 3, "p50_s": 0.0, "p95_s": 0.0}
    assert steps["decided to owed, at once"] == {"n": 1, "p50_s": 0.0, "p95_s": 0.0}
    assert steps["decided to owed, gathered or held"] == {"n": 2, "p50_s": 300.0, "p95_s": 300.0}
    assert steps["owed to accepted, by mail"]["n"] == 2
    shown = (await typed(world, "alerts", "latency", *EVER)).stdout
    assert "    20 s     40 s       4      1   16 min  wire.test" in shown
    nothing = await typed(world, "alerts", "latency", "--since", "1s")
    assert nothing.stdout == "nothing came within 1s whose time can be measured\n"


async def test_other_programs_get_the_alerts_as_feeds_and_one_as_cap(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    world.web.publish(GAZETTE, DRONES)
    await world.turn()
    feed = feedparser.parse((await typed(world, "alerts", "export")).stdout.encode())
    assert not feed.bozo
    assert {entry.title for entry in feed.entries} == {f"▲ CRITICAL {FIRST}", f"◆ HIGH {DRONES}"}
    items = json.loads((await typed(world, "alerts", "export", "--as", "json")).stdout)["items"]
    assert {item["_feed_monitor"]["severity"] for item in items} == {"critical", "high"}
    strike = next(item["_feed_monitor"]["number"] for item in items if "Lervik" in item["title"])
    alone = json.loads((await typed(world, "alerts", "export", str(strike), "--as", "json")).stdout)["items"]
    assert [item["title"] for item in alone] == [f"▲ CRITICAL {FIRST}"]

    cap = ElementTree.fromstring((await typed(world, "alerts", "export", str(strike))).stdout)
    assert cap.findtext("{*}info/{*}headline") == FIRST
    unnamed = await typed(world, "alerts", "export", "--as", "cap")
    assert (unnamed.exit_code, unnamed.stderr) == (
        2, "feed-monitor: CAP tells one alert; name its number, which `feed-monitor alerts list` shows\n"
    )  # fmt: skip


async def test_the_addresses_to_follow_need_a_place_in_the_world(world: World) -> None:
    refused = await typed(world, "alerts", "follow")
    assert refused.exit_code == 1
    assert "nobody can follow: set `public_url` of [web] in " in refused.stderr
    world.configure(RULES, '[web]\npublic_url = "https://watch.example.org"\n')
    followed = (await typed(world, "alerts", "follow")).stdout
    assert "atom  https://watch.example.org/follow/" in followed
    assert followed == (await typed(world, "alerts", "follow")).stdout
