"""Many mails at once: what is urgent first, what is the same made once, and nobody's domain pressed too hard."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from monitor.models import (
    AccountKind,
    Body,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Edition,
    Pause,
    Subscriber,
    SubscriberState,
)
from monitor.net.post import Message, SendFailed, SendResult
from monitor.store import account_mails, outbox, subscribers
from monitor.store.together import Together
from tests.conftest import RULES, WIRE, World
from tests.fakes import FakePost, text_of

DUTY = "duty@example.org"
MORNING = datetime(2026, 3, 3, 7, 1, tzinfo=UTC)
READERS = [f"reader{number}@example.org" for number in range(12)]
_PAGES = '[web]\nlisten = "127.0.0.1:0"\npublic_url = "https://watch.test"\n'


@dataclass
class Holding(FakePost):
    """It holds the first mail in its hands until told to go on."""

    held: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> SendResult:
        self.held.set()
        await self.go_on.wait()
        return await super().send(message)


async def many(world: World) -> None:
    """A dozen whose briefing is due."""
    for address in READERS:
        await world.subscribe(address, alert_from=None)
    world.clock.at = MORNING
    await world.app.brief.run()


def owed(session: Session, kind: DeliveryKind) -> list[Delivery]:
    return list(session.exec(select(Delivery).where(Delivery.kind == kind).order_by(col(Delivery.id))))


async def test_a_briefing_for_many_is_written_once_and_kept_once(world: World) -> None:
    await many(world)
    await world.subscribe("kyiv@example.org", zone="Europe/Kyiv", alert_from=None)
    world.clock.pass_time(timedelta(hours=23))
    await world.app.brief.run()
    await world.app.send_mail()

    assert len(world.post.accepted) == 13
    counts = await world.app.db.read(
        lambda session: [session.exec(select(func.count()).select_from(table)).one() for table in (Edition, Body)]
    )
    assert counts == [2, 2]
    for address in READERS:
        (mail,) = world.post.mails(address)
        assert f"sent to {address}" in text_of(mail)


async def test_a_shared_briefing_is_the_same_to_the_byte_when_it_is_tried_again(world: World) -> None:
    await many(world)
    world.post.refusals[READERS[0]] = [SendFailed("450 4.2.0 later", doubtful=True)]
    await world.app.send_mail()
    await world.later()
    first, again = (message for message in world.post.accepted if message.recipient == READERS[0])
    assert (first.content, first.message_id, first.sender) == (again.content, again.message_id, again.sender)


async def test_an_alert_leaves_while_the_briefings_are_still_leaving(world: World) -> None:
    await many(world)
    await world.subscribe(DUTY, briefing=False)
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(FakePost):
        async def send(self, message: Message) -> SendResult:
            begun.set()
            await go_on.wait()
            return await super().send(message)

    slow = Slow()
    briefings = asyncio.create_task(replace(world.app.deliver, open_door=slow.open).run())
    await begun.wait()
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.app.poll.everything_due()
    await world.app.triage.run()
    await world.app.urgent.run()
    assert [message.recipient for message in world.post.accepted] == [DUTY]
    assert slow.accepted == []
    go_on.set()
    assert await briefings == len(READERS)


async def test_who_leaves_while_their_mail_lies_ready_is_not_sent_it(world: World) -> None:
    await many(world)
    post = Holding()
    under_way = replace(world.app.deliver, open_door=post.open, connections=1)
    task = asyncio.create_task(under_way.run())
    await post.held.wait()
    for address in READERS[1:]:
        await world.app.db.write(subscribers.remove, address, world.clock.at)
    post.go_on.set()
    assert await task == 1
    assert [message.recipient for message in post.accepted] == READERS[:1]


async def test_a_domain_gets_no_more_a_minute_than_it_may_and_the_rest_later(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.configure(RULES, "[poll]\nadaptive = false\n[mail]\ndomain_minute = 5\n")
    await world.start()
    await many(world)
    await world.subscribe("alone@elsewhere.example", alert_from=None)
    world.clock.at += timedelta(days=1)
    await world.app.brief.run()
    counts = []
    for _ in range(6):
        await world.app.send_mail()
        counts.append(len(world.post.accepted))
        world.clock.pass_time(timedelta(minutes=1))
    assert counts == [6, 11, 16, 21, 25, 25]
    await world.stop()


async def test_what_comes_back_of_a_mail_names_it_and_nobody_can_guess_the_name(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.configure(RULES, f'[mail]\nsender = "m@watch.test"\nbounces = "returns@back.watch.test"\n{_PAGES}')
    await world.start()
    await many(world)
    await world.app.send_mail()
    rows = await world.app.db.read(owed, DeliveryKind.BRIEFING)
    tokens = {row.recipient: row.token for row in rows}
    assert len(set(tokens.values())) == len(READERS)
    assert all(len(token) == 26 and token.isalnum() and token == token.lower() for token in tokens.values())
    for message in world.post.accepted:
        assert message.sender == f"returns+{tokens[message.recipient]}@back.watch.test"
        mail = message_from_bytes(message.content)
        assert f"<mailto:returns+leave-{tokens[message.recipient]}@back.watch.test>" in mail["List-Unsubscribe"]
        assert mail["From"] == "feed-monitor <m@watch.test>"
    await world.stop()


@pytest.mark.parametrize(("domain", "left"), [("example.org", 1), ("*", 0)])
async def test_a_paused_domain_waits_and_what_is_urgent_does_not(world: World, domain: str, left: int) -> None:
    await many(world)
    await world.subscribe("else@where.example", alert_from=None)
    await world.subscribe(DUTY, briefing=False)
    until = world.clock.at + timedelta(days=1, hours=1)
    await world.app.db.write(
        lambda session: session.add(Pause(domain=domain, since=world.clock.at, until=until, reason="test"))
    )
    world.clock.pass_time(timedelta(days=1))
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()
    recipients = [message.recipient for message in world.post.accepted]
    assert recipients == [DUTY, *["else@where.example"] * left]
    await world.later(timedelta(hours=2))
    assert len(world.post.accepted) == 1 + 2 * len(READERS) + 1


async def test_a_mistake_in_a_shared_transaction_is_only_its_makers(world: World) -> None:
    await many(world)
    together = Together(world.app.db)
    first, second, third = [each.id for each in (await world.app.db.read(owed, DeliveryKind.BRIEFING))[:3]]

    def spoil(session: Session) -> None:
        session.get_one(Delivery, second).reply = "half done"
        session.flush()
        raise LookupError("a mistake")

    done = await asyncio.gather(
        together.write(outbox.sent, first, "250 one", world.clock.at),
        together.write(spoil),
        together.write(outbox.sent, third, "250 three", world.clock.at),
        return_exceptions=True,
    )
    assert [type(each) for each in done] == [type(None), LookupError, type(None)]
    rows = (await world.app.db.read(owed, DeliveryKind.BRIEFING))[:3]
    assert [each.status for each in rows] == [DeliveryStatus.SENT, DeliveryStatus.QUEUED, DeliveryStatus.SENT]
    assert rows[1].reply == ""


async def test_todays_briefing_never_overtakes_yesterdays(world: World) -> None:
    await world.subscribe(DUTY, alert_from=None)
    world.clock.at = MORNING
    world.post.refusals[DUTY] = [SendFailed("450 later")] * 2
    await world.turn()
    world.clock.at = MORNING + timedelta(days=1)
    await world.turn()
    assert world.post.accepted == []
    await world.later(timedelta(minutes=3))
    await world.turn()
    assert [mail["Date"].datetime.date() for mail in world.post.mails(DUTY)] == [
        MORNING.date(),
        MORNING.date() + timedelta(days=1),
    ]


async def test_an_alert_goes_before_what_the_operator_is_told_and_waits_for_no_answer_to_a_form(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Airspace incursion in the north")

    def fill(session: Session) -> None:
        account_mails.write(session, AccountKind.ALARM, None, {"title": "A storm"}, "ops@example.org", world.clock.at)
        for number in range(40):
            person = Subscriber(
                address=f"p{number}@example.org",
                state=SubscriberState.PENDING,
                zone="UTC",
                briefing_at=time(7),
                created_at=world.clock.at,
            )
            session.add(person)
            session.flush()
            until = int(world.clock.at.timestamp()) + 9000
            contents = {"serial": 0, "until": until}
            account_mails.write(session, AccountKind.CONFIRM, person, contents, person.address, world.clock.at)

    await world.app.db.write(fill)
    await world.app.poll.everything_due()
    await world.app.triage.run()
    assert await world.app.urgent.run() == 2
    assert [message.recipient for message in world.post.accepted] == [DUTY, "ops@example.org"]
    assert await world.app.forms.run() == 40


async def test_mail_that_was_packed_for_an_address_that_somebody_has_left_does_not_go_there(world: World) -> None:
    await many(world)
    post = Holding()
    task = asyncio.create_task(replace(world.app.deliver, open_door=post.open, connections=1).run())
    await post.held.wait()

    def move(session: Session) -> None:
        person = session.exec(select(Subscriber).where(Subscriber.address == READERS[5])).one()
        subscribers.readdress(session, person, "new@example.org", world.clock.at)

    await world.app.db.write(move)
    post.go_on.set()
    await task
    recipients = [message.recipient for message in post.accepted]
    assert READERS[5] not in recipients
    assert recipients.count("new@example.org") == 1


async def test_who_leaves_alerts_while_one_is_refused_for_the_moment_is_not_sent_it_again(world: World) -> None:
    person = await world.subscribe(DUTY)
    world.post.refusals[DUTY] = [SendFailed("450 later")]
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()

    def refuse(session: Session) -> None:
        session.get_one(Subscriber, person.id).refuses_alerts = True

    await world.app.db.write(refuse)
    await world.later()
    assert world.post.accepted == []


async def test_who_is_erased_while_a_mail_is_on_its_way_leaves_nothing_that_is_tried_again(world: World) -> None:
    person = await world.subscribe(DUTY)
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.app.poll.everything_due()
    await world.app.triage.run()

    class Erasing(FakePost):
        async def send(self, message: Message) -> SendResult:
            await world.app.reception.operator.erase(DUTY)
            return SendFailed("450 later")

    await replace(world.app.urgent, open_door=Erasing().open).run()
    await world.later()
    [row] = await world.app.db.read(owed, DeliveryKind.ALERT)
    assert (row.subscriber_id, row.status) == (person.id, DeliveryStatus.CANCELLED)
    assert world.post.accepted == []


async def test_a_pause_of_all_mail_holds_no_channel_back(world: World) -> None:
    await many(world)

    def happen(session: Session) -> None:
        until = world.clock.at + timedelta(hours=1)
        session.add(Pause(domain="*", since=world.clock.at, until=until, reason="test"))
        for row in owed(session, DeliveryKind.BRIEFING)[:1]:
            row.channel, row.domain = "pager", ""

    await world.app.db.write(happen)
    due = await world.app.db.read(outbox.next_due, "pager", world.clock.at, 9)
    assert len(due) == 1
    packed = outbox.Packed("", "<1@example.org>", b"")
    number, to = due[0].delivery.id, due[0].delivery.recipient
    assert await world.app.db.write(outbox.start, number, to, packed, "", world.clock.at)
