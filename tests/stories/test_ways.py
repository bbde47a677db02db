"""An alert leaves by chat and webhook as surely as by mail, and goes round a way that fails."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from monitor.models import Delivery, DeliveryStatus
from monitor.net.post import SendFailed
from monitor.words import Severity
from tests.conftest import HERALD, WIRE, World
from tests.net.loopback import Publisher, answer, publishing
from tests.stories.growing import DUTY
from tests.stories.test_floods import town

# Some of what apprise loads is old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MINUTE = timedelta(minutes=1)
STRIKE = "Pre-emptive strike ordered against the forts of Gatum"
RULES = """
[rules.strike]
severity = "critical"
match = "pre-emptive strike"

[rules.incursion]
severity = "high"
match = "airspace incursion"
alert = { to = ["desk"] }

[groups]
desk = ["pager", "duty@example.org"]
"""


async def with_channels(world: World, receiver: Publisher, more: str = "", mail: str = "", chat: str = "") -> None:
    await world.stop()
    (world.folder / "chat-url").write_text(f"json://127.0.0.1:{receiver.port}/chat")
    world.configure(
        RULES,
        f"""
[poll]
adaptive = false
[mail]
sender = "feed-monitor@watch.example.org"
{mail}
[channels.tickets]
webhook = "{receiver.url("/hook")}"
[channels.chat]
apprise_file = "chat-url"
{chat}
[channels.pager]
webhook = "{receiver.url("/pager")}"
from = "critical"
{more}
""",
    )
    await world.start()
    await world.subscribe(DUTY, briefing=False)


@pytest.fixture
async def receiver() -> AsyncIterator[Publisher]:
    async with publishing({"/hook": answer(), "/pager": answer(), "/chat": answer()}) as server:
        yield server


def heard(receiver: Publisher, path: str) -> list[str]:
    return [each.body for each in receiver.heard if each.path == path]


async def test_an_alert_is_told_to_every_channel_that_asked_for_its_severity(world: World, receiver: Publisher) -> None:
    await with_channels(world, receiver)
    world.web.publish(WIRE, STRIKE, age=timedelta(seconds=40))
    await world.turn()
    (body,) = heard(receiver, "/hook")
    (alert,) = json.loads(body)["alerts"]
    assert (alert["headline"], alert["severity"], alert["revision"]) == (STRIKE, "critical", 1)
    assert alert["firings"][0]["rule"] == "strike"
    (chat,) = heard(receiver, "/chat")
    assert json.loads(chat)["title"] == "▲ CRITICAL strike"
    assert STRIKE in json.loads(chat)["message"]
    assert len(heard(receiver, "/pager")) == 1
    assert len(world.post.mails(DUTY)) == 1


async def test_a_route_names_channels_and_groups_and_nobody_else_is_told(world: World, receiver: Publisher) -> None:
    await with_channels(world, receiver)
    await world.subscribe("ann@example.org", briefing=False)
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await world.turn()
    assert len(heard(receiver, "/pager")) == 1
    assert len(world.post.mails(DUTY)) == 1
    assert heard(receiver, "/hook") == heard(receiver, "/chat") == []
    assert world.post.mails("ann@example.org") == []


async def test_a_program_is_told_every_alert_of_a_flood_and_a_chat_gets_them_in_one_message(
    world: World, receiver: Publisher
) -> None:
    await with_channels(world, receiver)
    for number in range(30):
        world.web.publish(WIRE, f"Pre-emptive strike on {town(number)} reported")
    await world.turn()
    await world.later(2 * MINUTE)
    assert len(heard(receiver, "/hook")) == 30
    chats = [json.loads(body) for body in heard(receiver, "/chat")]
    assert len(chats) == 3
    assert "28 alerts" in chats[-1]["title"]


async def test_a_channel_that_is_out_of_reach_is_tried_again_and_delays_no_mail(world: World) -> None:
    async with publishing({"/hook": answer("503 Busy"), "/pager": answer(), "/chat": answer()}) as busy:
        await with_channels(world, busy)
        world.web.publish(WIRE, STRIKE)
        await world.turn()
        assert len(world.post.mails(DUTY)) == 1

        def replies(session: Session) -> list[tuple[DeliveryStatus, str]]:
            told = session.exec(select(Delivery).where(Delivery.channel == "tickets").order_by(col(Delivery.id)))
            return [(each.status, each.reply) for each in told]

        ((status, reply),) = await world.app.db.read(replies)
        assert status is DeliveryStatus.QUEUED
        assert "503" in reply
        busy.answers["/hook"] = answer()
        await world.later(MINUTE)
        first, second = heard(busy, "/hook")
        assert first == second
        assert await world.app.db.read(replies) == [(DeliveryStatus.SENT, "200 OK")]


async def test_when_mail_has_failed_for_five_minutes_the_fall_back_is_told_once(
    world: World, receiver: Publisher
) -> None:
    await with_channels(world, receiver, mail='fallback = "chat"')
    world.post.shut = "connection refused"
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await world.turn()
    await world.later(4 * MINUTE)
    assert heard(receiver, "/chat") == []
    await world.later(MINUTE)
    (told,) = heard(receiver, "/chat")
    assert "Airspace incursion west of Torvik" in json.loads(told)["message"]
    await world.later(timedelta(hours=1))
    assert len(heard(receiver, "/chat")) == 1
    world.post.shut = ""
    await world.later(10 * MINUTE)
    assert len(world.post.mails(DUTY)) == 1


async def test_a_hundred_people_whose_mail_fails_do_not_keep_the_fall_back_from_the_next_alert(
    world: World, receiver: Publisher
) -> None:
    await with_channels(world, receiver, mail='fallback = "pager"')
    for number in range(110):
        await world.subscribe(f"reader{number}@example.org", briefing=False, alert_from=Severity.MEDIUM)
    world.configure(
        RULES.replace('to = ["desk"]', 'quiet_hours = "03:00-03:01"').replace('"critical"', '"high"'),
        (world.folder / "monitor.toml").read_text().partition("\n")[2].partition("\n")[2],
    )
    await world.stop()
    await world.start()
    world.post.shut = "connection refused"
    world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
    await world.turn()
    world.web.publish(HERALD, STRIKE)
    await world.later(20 * MINUTE)
    await world.later(6 * MINUTE)
    told = " ".join(heard(receiver, "/pager"))
    assert "Airspace incursion west of Torvik" in told
    assert STRIKE in told


async def test_a_channel_that_heard_of_an_alert_is_not_told_it_again_as_a_fall_back(
    world: World, receiver: Publisher
) -> None:
    await with_channels(world, receiver, mail='fallback = "pager"')
    world.post.shut = "connection refused"
    world.web.publish(WIRE, STRIKE)
    await world.turn()
    await world.later(timedelta(hours=1))
    assert len(heard(receiver, "/pager")) == 1


async def test_a_fall_back_that_fails_falls_back_itself(world: World) -> None:
    async with publishing({"/hook": answer(), "/pager": answer(), "/chat": answer("500 Oops")}) as server:
        await with_channels(world, server, mail='fallback = "chat"', chat='fallback = "tickets"')
        world.post.shut = "connection refused"
        world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
        await world.turn()
        for _ in range(3):
            await world.later(5 * MINUTE)
        (body,) = heard(server, "/hook")
        assert "Airspace incursion west of Torvik" in body


async def test_what_is_owed_to_a_channel_that_is_taken_out_of_the_config_is_cancelled(
    world: World, receiver: Publisher
) -> None:
    receiver.answers["/hook"] = answer("500 Oops")
    await with_channels(world, receiver)
    world.web.publish(WIRE, STRIKE)
    await world.turn()
    await world.stop()
    world.configure("[rules.other]\nmatch = 'eclipse'\n")
    await world.start()

    def owed(session: Session) -> list[tuple[DeliveryStatus, str]]:
        return [
            (each.status, each.reply) for each in session.exec(select(Delivery).where(Delivery.channel == "tickets"))
        ]

    assert await world.app.db.read(owed) == [(DeliveryStatus.CANCELLED, "the channel is no longer in the config")]


async def test_a_mail_that_is_refused_for_good_is_told_by_the_fall_back_at_once(
    world: World, receiver: Publisher
) -> None:
    await with_channels(world, receiver, mail='fallback = "chat"')
    world.post.refusals[DUTY] = [SendFailed("550 no such user", permanent=True)]
    world.web.publish(HERALD, "Airspace incursion west of Torvik, two fighters scrambled")
    await world.turn()
    assert heard(receiver, "/chat") == []
    await world.later(timedelta(seconds=5))
    (chat,) = heard(receiver, "/chat")
    assert "Airspace incursion west of Torvik" in json.loads(chat)["message"]


async def test_a_channel_that_fails_has_its_own_fall_back(world: World) -> None:
    async with publishing({"/hook": answer(), "/pager": answer("500 Oops"), "/chat": answer()}) as server:
        await with_channels(world, server, more='fallback = "tickets"\nfallback_after = "2m"')
        world.web.publish(WIRE, "Airspace incursion west of Torvik, two fighters scrambled")
        await world.turn()
        assert heard(server, "/hook") == []
        await world.later(2 * MINUTE)
        (body,) = heard(server, "/hook")
        assert json.loads(body)["reasons"] == ["pager has failed for too long"]


async def test_a_system_that_speaks_cap_is_sent_alert_and_updates_that_refer_to_it(
    world: World, receiver: Publisher, tmp_path: Path
) -> None:
    await with_channels(world, receiver, more=f'[channels.civil]\nwebhook = "{receiver.url("/cap")}"\nformat = "cap"')
    receiver.answers["/cap"] = answer()
    world.web.publish(WIRE, STRIKE)
    await world.turn()
    await world.app.acknowledge.take(1, DUTY)
    await world.later(MINUTE)
    first, second = heard(receiver, "/cap")
    assert "<msgType>Alert</msgType>" in first
    assert "<msgType>Update</msgType>" in second
    assert first.split("<identifier>")[1].split("<")[0] in second.split("<references>")[1].split("<")[0]
