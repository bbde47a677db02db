"""An alert that was waiting for somebody who turns out to be out of reach is told by the fall-back."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from monitor.models import Delivery, DeliveryStatus
from monitor.net.post import SendFailed
from monitor.store import subscribers
from monitor.words import Verdict
from tests.conftest import HERALD, WIRE, World
from tests.net.loopback import Publisher, answer, publishing
from tests.stories.growing import DUTY
from tests.stories.test_ways import MINUTE, STRIKE, heard, with_channels

# Some of what apprise loads is old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
INCURSION = "Airspace incursion off Cape Orlin, a patrol turned back"
GONE = SendFailed("550 5.1.1 nobody", True, False, Verdict.DEAD, "5.1.1")
FULL = SendFailed("452 4.2.2 full", False, False, Verdict.SOFT, "4.2.2")


@pytest.fixture
async def receiver() -> AsyncIterator[Publisher]:
    async with publishing({"/hook": answer(), "/pager": answer(), "/chat": answer()}) as server:
        yield server


async def alert_of_two(world: World, receiver: Publisher, *refusals: SendFailed) -> None:
    """The duty officer is owed two alerts; both are tried."""
    await with_channels(world, receiver, mail='fallback = "chat"')
    world.post.refusals[DUTY] = list(refusals)
    world.web.publish(WIRE, INCURSION)
    await world.app.poll.everything_due()
    await world.app.triage.run()
    world.web.publish(HERALD, STRIKE)
    world.clock.pass_time(20 * MINUTE)
    await world.app.poll.everything_due()
    await world.app.triage.run()
    await world.app.urgent.run()


async def told(world: World, receiver: Publisher) -> str:
    for _ in range(3):
        await world.later(10 * MINUTE)
    return " ".join(heard(receiver, "/chat"))


async def test_a_waiting_alert_is_told_by_the_fall_back_when_a_later_mail_finds_nobody(
    world: World, receiver: Publisher
) -> None:
    await alert_of_two(world, receiver, FULL, GONE)
    statuses = await world.app.db.read(
        lambda session: [
            row.status
            for row in session.exec(select(Delivery).where(Delivery.recipient == DUTY).order_by(Delivery.key))
        ]
    )
    assert statuses == [DeliveryStatus.CANCELLED, DeliveryStatus.FAILED]
    assert INCURSION in await told(world, receiver)


async def test_a_waiting_alert_to_somebody_who_leaves_is_told_to_nobody(world: World, receiver: Publisher) -> None:
    await alert_of_two(world, receiver, FULL, FULL)
    await world.app.db.write(subscribers.remove, DUTY, world.clock.at)
    assert INCURSION not in await told(world, receiver)
