"""How an operator takes alerts, one or many, and what the others hear of it."""

import asyncio
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from monitor.app import utc_now
from tests.conftest import WIRE, World
from tests.doors.alerting import DRONES, DUTY, FIRST, alerting, asked, quiet, typed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with alerting(tmp_path) as desk:
        yield desk


async def test_while_the_service_runs_who_takes_an_alert_leaves_the_mails_to_it(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    await world.turn()
    taken = await typed(world, "ack", "1", "--by", "eva")
    assert taken.exit_code == 0
    assert taken.stdout == (f"1: acknowledged by eva: {FIRST}\ntold of it: {DUTY}\nthe running service delivers it\n")
    world.clock.at = utc_now()
    await world.app.send_mail()
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
