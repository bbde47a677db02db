"""Whoever leaves while the line for their mail is only being opened."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from monitor.core.joining import Outcome
from monitor.core.tickets import Leaving, Purpose
from tests.conftest import World
from tests.net.loopback import listening
from tests.net.post_office import PostOffice, door


async def test_who_leaves_while_the_mail_server_takes_its_time_to_say_hello_is_not_mailed(world: World) -> None:
    reader = await world.subscribe("ann@example.org", alert_from=None)
    world.clock.pass_time(timedelta(hours=20))
    assert await world.app.brief.run() == 1
    office, greets = PostOffice(), asyncio.Event()

    async def talk(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        office.came.set()
        await greets.wait()
        await office.talk(reading, writing)

    async with listening(talk) as port:
        deliver = replace(world.app.deliver, open_door=lambda: door(port), connections=1)
        sending = asyncio.create_task(deliver.run())
        await office.came.wait()
        made = int(reader.created_at.timestamp())
        ticket = world.app.tickets.of(Purpose.LEAVE, reader.id, made, Leaving.BRIEFINGS)
        assert await world.app.reception.leave(ticket, "192.0.2.0/24") == (Outcome.LEFT, ())
        greets.set()
        await sending
    assert [said for visit in office.visits for said in visit.heard if said.startswith("MAIL")] == []
