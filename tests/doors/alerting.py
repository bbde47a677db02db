"""A watch with two rules, whose alerts an operator looks at."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import Result
from sqlmodel import Session

from monitor.models import Subscriber
from monitor.store import subscribers
from monitor.words import Severity
from tests.conftest import World
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


@asynccontextmanager
async def alerting(tmp_path: Path) -> AsyncIterator[World]:
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
