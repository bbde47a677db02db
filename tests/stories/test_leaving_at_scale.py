"""A thousand readers leave by the button of their mail program while the morning's briefings leave the house."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import time, timedelta

from sqlmodel import Session, select

from monitor.core.joining import Outcome
from monitor.core.tickets import Leaving, Purpose
from monitor.models import Delivery, DeliveryStatus, Subscriber, SubscriberState
from monitor.net.post import Message, SendResult
from monitor.store import subscribers
from tests.conftest import WIRE, World
from tests.fakes import FakePost

HOME = "192.0.2.0/24"
READERS, CONNECTIONS, AT_ONCE = 1000, 4, 6
# For each mail that begins, so many of those press the button whose turn is next.
IN_A_HURRY = 2


@dataclass
class Morning(FakePost):
    """Notes to whom a mail began, and how it stood with the briefing of those who left before."""

    readers: dict[str, Subscriber] = field(default_factory=dict)
    mailed: set[str] = field(default_factory=set)
    left: dict[str, DeliveryStatus] = field(default_factory=dict)
    hurry: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def send(self, message: Message) -> SendResult:
        assert message.recipient not in self.mailed
        self.mailed.add(message.recipient)
        for _ in range(IN_A_HURRY):
            self.hurry.release()
        await asyncio.sleep(0)
        return await super().send(message)

    def next_in_turn(self) -> Subscriber:
        """Who has the button still before them, and is mailed next; else the first of those who were mailed."""
        waiting = next((each for each in self.readers if each not in self.mailed), next(iter(self.readers)))
        return self.readers.pop(waiting)


async def leave_one_after_the_other(world: World, morning: Morning) -> None:
    """Each by the link in the head of the mail, with no other reader waiting for them."""
    app = world.app
    while morning.readers:
        await morning.hurry.acquire()
        if morning.readers:
            reader = morning.next_in_turn()
            made = int(reader.created_at.timestamp())
            ticket = app.tickets.of(Purpose.LEAVE, reader.id, made, Leaving.BRIEFINGS)
            assert await app.reception.leave(ticket, HOME) == (Outcome.LEFT, ())
            if reader.address not in morning.mailed:
                morning.left[reader.address] = await app.db.read(status_of, reader)


async def test_who_leaves_before_their_briefing_is_on_its_way_never_gets_it(world: World) -> None:
    readers = await world.app.db.write(join, world)
    world.web.publish(WIRE, "Ferry to Sollund cancelled as fog settles over the sound")
    await world.app.poll.everything_due()
    await world.app.triage.run()
    world.clock.pass_time(timedelta(hours=20))
    assert await world.app.brief.run() == READERS
    morning = Morning(readers={each.address: each for each in readers})
    deliver = replace(world.app.deliver, open_door=morning.open, connections=CONNECTIONS)
    crowd = [asyncio.create_task(leave_one_after_the_other(world, morning)) for _ in range(AT_ONCE)]
    await deliver.run()
    for _ in range(READERS):
        morning.hurry.release()
    await asyncio.gather(*crowd)

    called_back = {each for each, status in morning.left.items() if status is DeliveryStatus.CANCELLED}
    assert called_back & morning.mailed == set()
    # A line of the mail server may have been about to name them.
    assert set(morning.left.values()) <= {DeliveryStatus.CANCELLED, DeliveryStatus.SENDING, DeliveryStatus.SENT}
    mailed = len(morning.mailed)
    assert READERS / 10 < mailed < READERS * 9 / 10
    owed = {DeliveryStatus.SENT: mailed, DeliveryStatus.CANCELLED: READERS - mailed}
    assert await world.app.db.read(states) == ({SubscriberState.LEFT: READERS}, owed)


def status_of(session: Session, reader: Subscriber) -> DeliveryStatus:
    return DeliveryStatus(session.exec(select(Delivery.status).where(Delivery.subscriber_id == reader.id)).one())


def join(session: Session, world: World) -> list[Subscriber]:
    return [
        subscribers.add(
            session,
            f"reader{number}@example.org",
            zone="UTC",
            briefing=True,
            briefing_at=time(7),
            alert_from=None,
            now=world.clock.at,
            consent="",
        )
        for number in range(READERS)
    ]


def states(session: Session) -> tuple[Counter[SubscriberState], Counter[DeliveryStatus]]:
    people, mails = session.exec(select(Subscriber.state)), session.exec(select(Delivery.status))
    return Counter(map(SubscriberState, people)), Counter(map(DeliveryStatus, mails))
