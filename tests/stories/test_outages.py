"""A mail server on a bad day: wary of whom it does not know, shut for a while, and now and then out of sorts."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from random import Random

from sqlmodel import Session, select

from monitor.app import App
from monitor.core.refusals import verdict
from monitor.models import Delivery, DeliveryStatus, Subscriber, SubscriberState
from monitor.net.post import Message, SendFailed, SendResult
from tests.conftest import WIRE, World
from tests.fakes import FakePost

READERS, WARY, OUT_OF_SORTS, LUCK = 40, 3, 0.1, 2
TICK, MINUTE = timedelta(seconds=20), timedelta(minutes=1)


def refusal(said: str, step: str) -> SendFailed:
    code, enhanced = said.split()[:2]
    return SendFailed(f"{said} (at {step})", verdict=verdict(step, int(code), enhanced, said), code=enhanced)


@dataclass
class BadDay(FakePost):
    """It turns each mail away WARY times, and then one in ten: the same ones, whoever comes first."""

    seen: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    async def send(self, message: Message) -> SendResult:
        if not self.shut:
            tries = self.seen[message.message_id]
            tries.append(message.content)
            if len(tries) <= WARY:
                return refusal("450 4.7.1 come again in a while", "RCPT TO")
            if Random(f"{LUCK} {message.recipient} {len(tries)}").random() < OUT_OF_SORTS:
                return refusal("451 4.3.0 queue file trouble", "DATA")
        return await super().send(message)


async def passing(world: World, app: App, span: timedelta) -> None:
    """With the mail looked after again and again."""
    end = world.clock.at + span
    while world.clock.at < end:
        world.clock.pass_time(TICK)
        await app.send_mail()


async def test_everybody_has_each_mail_once_half_an_hour_after_the_server_is_back(world: World) -> None:
    for number in range(READERS):
        await world.subscribe(f"reader{number}@town{number % 4}.example.org", at=time(12, 30))
    post = BadDay()
    urgent, rest = (replace(way, open_door=post.open) for way in (world.app.urgent, world.app.deliver))
    app = replace(world.app, urgent=urgent, deliver=rest)
    world.web.publish(WIRE, "Airspace incursion reported over the lagoon of Merrow")
    world.clock.pass_time(10 * MINUTE)
    await app.poll.everything_due()
    await app.triage.run()
    assert await app.brief.run() == READERS

    await app.send_mail()
    await passing(world, app, 2 * MINUTE)
    post.shut = "connection refused"
    await passing(world, app, 5 * MINUTE)
    assert post.accepted == []
    post.shut = ""
    await passing(world, app, 30 * MINUTE)

    assert max(map(len, post.seen.values())) > WARY + 1
    assert Counter(Counter(message.recipient for message in post.accepted).values()) == {2: READERS}
    assert Counter(Counter(message.message_id for message in post.accepted).values()) == {1: 2 * READERS}
    # However often it was tried, it was the same mail.
    assert {len(set(tries)) for tries in post.seen.values()} == {1}
    everybody, everything = {SubscriberState.CONFIRMED: READERS}, {DeliveryStatus.SENT: 2 * READERS}
    assert await app.db.read(states) == (everybody, everything)


def states(session: Session) -> tuple[Counter[SubscriberState], Counter[DeliveryStatus]]:
    people, mails = session.exec(select(Subscriber.state)), session.exec(select(Delivery.status))
    return Counter(map(SubscriberState, people)), Counter(map(DeliveryStatus, mails))
