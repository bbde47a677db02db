"""What happens to a mail that is owed, whatever the mail server does."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from monitor.models import Alert, Delivery, DeliveryStatus, Hearing, Subscriber
from monitor.net.post import SendFailed
from monitor.store import outbox, owing, subscribers
from monitor.store.owing import Address
from tests.conftest import WIRE, World

DUTY, ANN = "duty@example.org", "ann@example.org"


def statuses(session: Session) -> dict[str, DeliveryStatus]:
    return {each.recipient: each.status for each in session.exec(select(Delivery))}


async def test_mails_wait_while_the_server_is_away_and_then_go_in_order_and_once(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.post.shut = "connection refused"
    for number, title in enumerate(("Airspace incursion in the north", "Pre-emptive strike talk in parliament today")):
        world.web.publish(WIRE, title)
        await world.later(timedelta(hours=number + 1))
    assert world.post.accepted == []
    assert (await world.app.db.read(outbox.summary)).trouble == "connection refused"

    world.post.shut = ""
    await world.later()
    await world.later()
    subjects = [mail["Subject"] for mail in world.post.mails(DUTY)]
    assert ["incursion" in subjects[0], "strike" in subjects[1], len(subjects)] == [True, True, 2]


async def test_a_server_that_is_away_is_not_asked_for_every_mail(world: World) -> None:
    for number in range(30):
        await world.subscribe(f"person{number}@example.org", briefing=False)
    world.post.shut = "connection refused"
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()

    assert world.post.tried == 1


async def test_a_permanent_refusal_is_the_end_of_that_mail_alone(world: World) -> None:
    await world.subscribe("gone@example.org", briefing=False)
    await world.subscribe(DUTY, briefing=False)
    world.post.refusals["gone@example.org"] = [SendFailed("550 5.1.1 no such user", permanent=True)]
    world.web.publish(WIRE, "Airspace incursion in the north")
    for _ in range(4):
        await world.later(timedelta(hours=2))

    assert await world.app.db.read(statuses) == {
        "gone@example.org": DeliveryStatus.FAILED,
        DUTY: DeliveryStatus.SENT,
    }
    assert world.post.tried == 2


async def test_a_passing_refusal_is_tried_again_until_it_is_taken(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.post.refusals[DUTY] = [SendFailed("450 4.2.0 greylisted")] * 3
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()
    assert world.post.accepted == []
    for _ in range(3):
        await world.later(timedelta(minutes=10))

    assert len(world.post.accepted) == 1


async def test_after_five_days_of_refusals_a_mail_is_given_up(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.post.refusals[DUTY] = [SendFailed("450 4.2.0 come back later")] * 1000
    world.web.publish(WIRE, "Airspace incursion in the north")
    for _ in range(6):
        await world.later(timedelta(days=1))

    assert await world.app.db.read(statuses) == {DUTY: DeliveryStatus.FAILED}


async def test_a_reply_lost_after_data_makes_one_repeat_that_is_the_same_mail_to_the_byte(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.post.refusals[DUTY] = [SendFailed("connection lost at DATA", doubtful=True)]
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()
    await world.later()

    first, second = world.post.accepted
    assert first == second


async def test_an_alert_overtakes_the_briefings_that_wait(world: World) -> None:
    for number in range(50):
        await world.subscribe(f"person{number}@example.org", alert_from=None)
    await world.subscribe(DUTY, briefing=False)
    world.post.shut = "away"
    await world.later(timedelta(days=1))
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.later()
    world.post.shut = ""
    await world.later()

    assert world.post.accepted[0].recipient == DUTY
    assert len(world.post.accepted) == 51


async def test_leaving_works_at_once_even_for_mail_that_is_owed(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.post.shut = "away"
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()
    await world.app.db.write(subscribers.remove, DUTY, world.clock.at)
    world.post.shut = ""
    await world.later()

    assert world.post.accepted == []


async def test_a_mail_that_cannot_be_composed_does_not_stop_the_others(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    person = await world.subscribe(ANN, briefing=False)
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.app.poll.everything_due()
    await world.app.triage.run()

    def spoil(session: Session) -> None:
        owed = session.exec(select(Delivery).where(Delivery.subscriber_id != person.id)).one()
        session.exec(select(Hearing).where(Hearing.delivery_id == owed.id)).one().delivery_id = None

    await world.app.db.write(spoil)
    await world.app.send_mail()

    assert [message.recipient for message in world.post.accepted] == [ANN]
    assert len(world.crashes) == 1
    world.crashes.clear()


async def test_owing_the_same_thing_twice_is_impossible(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()

    def owe_again(session: Session) -> None:
        alert, person = session.exec(select(Alert)).one(), session.exec(select(Subscriber)).one()
        owing.owe_alert(session, alert.id, alert.revision, Address(person.id, person.address), world.clock.at)

    with pytest.raises(IntegrityError):
        await world.app.db.write(owe_again)


async def test_a_mail_whose_sending_broke_is_owed_again_and_the_others_go_on(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    await world.subscribe(ANN, briefing=False)
    world.post.breaks_for = DUTY
    world.web.publish(WIRE, "Airspace incursion in the north")
    await world.turn()
    world.post.breaks_for = ""
    await world.later()
    await world.later()

    assert sorted(message.recipient for message in world.post.accepted) == [ANN, DUTY]
    assert len(world.crashes) == 1
    world.crashes.clear()
