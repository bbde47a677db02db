"""A mail server that pipes in what came back, and keeps it while it cannot be written down."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.models import SubscriberState
from monitor.store import subscribers
from tests.conftest import World

ADA = "ada@quay.test"
CONFIG = '[poll]\nadaptive = false\n[mail]\nbounces = "bounces@back.test"\n'
REPORT = f"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; {ADA}\nAction: failed\nStatus: 5.1.1\n"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Somebody has been sent a briefing, and the service runs."""
    world = World(tmp_path)
    world.configure(monitor=CONFIG)
    await world.start()
    await world.subscribe(ADA)
    await world.app.brief.run()
    world.clock.at = world.clock.at.replace(day=3)
    await world.turn()
    yield world
    await world.stop()


async def state(world: World) -> SubscriberState:
    person = await world.app.db.read(subscribers.by_address, ADA)
    assert person is not None
    return person.state


def pipe(world: World, mail: str, *words: str, **told: str) -> "subprocess.CompletedProcess[str]":
    """As a mail server does it, which tells some things by its environment."""
    command = [sys.executable, "-m", "monitor", "--config", str(world.folder), "bounce", *words]
    return subprocess.run(command, input=mail, capture_output=True, text=True, timeout=60, env={**os.environ, **told})


async def test_a_bounce_that_is_piped_in_has_its_effect_beside_the_running_service(world: World) -> None:
    [sent] = world.post.accepted
    piped = pipe(world, f"From MAILER-DAEMON Tue Mar  3 12:00:00 2026\nDelivered-To: {sent.sender}\n{REPORT}")
    assert (piped.returncode, piped.stdout) == (0, "written down\n")
    assert await state(world) is SubscriberState.BOUNCED
    assert ADA not in piped.stderr


@pytest.mark.parametrize("name", ["ORIGINAL_RECIPIENT", "RECIPIENT"])
async def test_a_server_that_tells_the_recipient_beside_the_mail_is_understood(world: World, name: str) -> None:
    [sent] = world.post.accepted
    assert pipe(world, REPORT, **{name: sent.sender}).stdout == "written down\n"


async def test_the_recipient_may_be_given_as_an_option(world: World) -> None:
    [sent] = world.post.accepted
    assert pipe(world, REPORT, "--to", sent.sender).stdout == "written down\n"


async def test_a_mail_that_means_nothing_is_taken_to_its_end_and_never_refused(world: World) -> None:
    piped = pipe(world, "Subject: buy now\n\n" + "nothing\n" * 500_000)
    assert (piped.returncode, piped.stdout) == (0, "nothing to do\n")
    assert pipe(world, "").returncode == 0


async def test_a_server_is_asked_to_try_again_while_the_database_cannot_be_used(world: World) -> None:
    database = world.folder / "state/feed-monitor.db"
    await world.stop()
    for left in database.parent.glob("feed-monitor.db*"):
        left.unlink()
    database.write_bytes(b"no database " * 1000)
    piped = pipe(world, REPORT)
    assert piped.returncode == 75
    assert "Traceback" not in piped.stderr


async def test_a_server_is_asked_to_try_again_while_the_config_cannot_be_read(world: World) -> None:
    (world.folder / "monitor.toml").write_text("[mail")
    assert pipe(world, REPORT).returncode == 75
