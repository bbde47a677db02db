"""Somebody joins, is told, and leaves, by mails that went through Postfix and lie in a mailbox of Dovecot's."""

import asyncio
import smtplib
from collections.abc import Callable
from datetime import timedelta

import aiohttp
import pytest

from monitor.core.joining import Choices, Outcome
from monitor.models import DeliveryKind, DeliveryStatus, SubscriberState
from monitor.words import Severity
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE
from tests.mta.town import Arrived, Town

ONE_CLICK = "List-Unsubscribe=One-Click"
CHOICES = {"briefing": "yes", "at": "07:00", "zone": "UTC", "which": "all", "alerts": "high", "language": "en"}
NETWORK = "192.0.2.0/24"
EARLIER = "Ferry crews vote on longer shifts in Lindholm"


async def joined(town: Town, name: str = "ada") -> list[Arrived]:
    """By reception; their mails of confirmation and of welcome."""
    app, address = town.app, town.address(name)
    await app.reception.ask_to_join(address, Choices(alert_from=Severity.HIGH), NETWORK, "join-1")
    await app.subscribe.run()
    await app.send_mail()
    asked = (await town.mails(name, 1))[0]
    outcome, _ = await app.reception.confirm(asked.link("confirm").rpartition("/")[2], NETWORK)
    assert outcome is Outcome.CONFIRMED
    await app.send_mail()
    return await town.mails(name, 2)


async def told_of_everything(town: Town, name: str = "ada") -> list[Arrived]:
    """What somebody has got who joined, was alerted twice of one story, and had a briefing."""
    mails = await joined(town, name)
    for number, url in enumerate((WIRE, HERALD, OBSERVER, GAZETTE)):
        title = "Airspace incursion off Torvik, fighters scrambled"
        town.web.publish(url, title, summary=f"Officials at {url[8:-10]} counted {number + 2} aircraft off Torvik.")
        await town.later()
    alerted = [each for each in await town.mails(name, 4) if each.said("List-Id").endswith("<alerts.example.org>")]
    await town.writes_briefings()
    await town.app.send_mail()
    number = len(town.contents(town.address(name)))
    everything = await town.mails(name, number)
    return [*mails, *alerted[:2], everything[-1]]


async def test_somebody_joins_by_the_form_and_confirms_by_the_link_that_arrived(town: Town) -> None:
    await town.opens()
    desk = await town.desk()
    ada = town.address("ada")

    assert (await desk.presses("/subscribe", address=ada, **CHOICES)).status == 200
    await town.turn()
    [asked] = await town.mails("ada", 1)
    assert "/confirm/" in asked.link("confirm")
    assert (await town.person(ada)).state is SubscriberState.PENDING

    for _ in range(3):
        assert (await desk.asks(asked.link("confirm"))).status == 200
    assert (await town.person(ada)).state is SubscriberState.PENDING
    assert "You are subscribed" in (await desk.presses(asked.link("confirm"), act="confirm")).said
    await town.turn()
    _, welcome = await town.mails("ada", 2)
    assert welcome.mail["From"].addresses[0].addr_spec == "account@example.org"

    town.web.publish(WIRE, EARLIER)
    await town.later()
    assert await town.writes_briefings() == 1
    await town.app.send_mail()
    *_, briefing = await town.mails("ada", 3)
    assert EARLIER in briefing.text
    assert briefing.mail["From"].addresses[0].addr_spec == "watch@example.org"


def multipart() -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("List-Unsubscribe", "One-Click")
    return form


@pytest.mark.parametrize(
    ("which", "leaves", "body"),
    [
        ("welcome", {DeliveryKind.ALERT, DeliveryKind.BRIEFING}, lambda: {"List-Unsubscribe": "One-Click"}),
        ("alert", {DeliveryKind.ALERT}, lambda: {"List-Unsubscribe": "One-Click"}),
        ("briefing", {DeliveryKind.BRIEFING}, multipart),
        ("briefing", {DeliveryKind.BRIEFING}, lambda: None),
    ],
    ids=["welcome", "alert", "briefing-multipart", "briefing-empty"],
)
async def test_one_click_on_the_header_that_arrived_ends_its_list_with_what_was_queued(
    town: Town, which: str, leaves: set[DeliveryKind], body: Callable[[], object]
) -> None:
    await town.opens()
    ada = town.address("ada")
    _, welcome, alert, _, briefing = await told_of_everything(town)
    chosen = {"welcome": welcome, "alert": alert, "briefing": briefing}[which]
    page, _ = chosen.ways_out
    assert chosen.said("List-Unsubscribe-Post") == ONE_CLICK

    town.clock.pass_time(timedelta(minutes=20))
    town.web.publish(WIRE, "Pre-emptive strike on Lervik harbour, says navy")
    await town.app.poll.everything_due()
    await town.app.triage.run()
    await town.app.tell.run()
    await town.writes_briefings()
    queued = [each for each in await town.owed(ada) if each.status is DeliveryStatus.QUEUED]
    assert {each.kind for each in queued} == {DeliveryKind.ALERT, DeliveryKind.BRIEFING}

    desk = await town.desk()
    answer = await desk.asks(page, "POST", allow_redirects=False, data=body())
    assert answer.status == 200
    before = len(town.handed)
    await town.app.send_mail()
    await town.writes_briefings()
    await town.app.send_mail()

    after = {each.id: each for each in await town.owed(ada)}
    assert {each.kind for each in queued if after[each.id].status is DeliveryStatus.CANCELLED} == leaves
    reached = [message for message in town.handed[before:] if message.recipient == ada]
    lists = {Arrived(message.content).said("List-Id").rpartition("<")[2] for message in reached}
    names = {DeliveryKind.ALERT: "alerts.example.org>", DeliveryKind.BRIEFING: "briefing.example.org>"}
    assert lists == {names[kind] for kind in set(names) - leaves}


def home_of(length: int) -> str:
    """A base URL of so many characters."""
    name = "".join(f"{'desk' * 9}." if at % 3 else f"{'watch' * 7}x." for at in range(8))
    return "https://" + (name[: length - 11] + "x.ab"[-3:] if length > 12 else "ab"[: length - 8])


@pytest.mark.parametrize("length", [10, 75, 76, 77, 100, 150, 200])
async def test_what_mail_programs_read_arrives_as_it_left_however_long_our_address_is(town: Town, length: int) -> None:
    home = home_of(length)
    assert len(home) == length
    await town.opens(home=home)
    mails = await told_of_everything(town)
    handed = town.contents(town.address("ada"))

    for mail in mails:
        # Servers put their traces on top, and touch nothing else.
        assert sum(mail.raw.endswith(content) for content in handed) == 1
        page, by_mail = mail.ways_out
        assert page.startswith(f"{home}/u/")
        assert by_mail.startswith(f"bounces-{town.number}+leave-")
        assert mail.said("List-Unsubscribe-Post") == ONE_CLICK
    confirm, welcome, alert, update, briefing = mails
    assert [mail.said("List-Id") for mail in (confirm, welcome)] == ["", ""]
    assert alert.said("List-Id") == update.said("List-Id") == '"News alerts" <alerts.example.org>'
    assert briefing.said("List-Id") == '"Daily briefing" <briefing.example.org>'
    assert alert.said("In-Reply-To") == alert.said("References") == ""
    assert update.said("In-Reply-To") == update.said("References") == alert.said("Message-ID")
    assert alert.said("Feedback-ID").endswith(":alerts:en:example.org")
    assert briefing.said("Feedback-ID").endswith(":briefing:en:example.org")


async def test_a_mail_to_the_address_that_arrived_is_as_good_as_a_click(town: Town) -> None:
    await town.opens()
    ada = town.address("ada")
    mails = await told_of_everything(town)
    _, by_mail = mails[-1].ways_out

    await asyncio.to_thread(_writes, town, ada, by_mail)
    await town.mails("bounces", 1)
    assert await town.app.bounces.run() == 1

    before = len(town.contents(ada))
    assert await town.writes_briefings() == 0
    await town.app.send_mail()
    assert len(town.contents(ada)) == before


def _writes(town: Town, sender: str, to: str) -> None:
    letter = f"From: {sender}\r\nTo: {to}\r\nSubject: unsubscribe\r\nMessage-ID: <1@phone.test>\r\n\r\n.\r\n"
    with smtplib.SMTP("127.0.0.1", town.server.smtp, local_hostname="phone.test") as line:
        line.sendmail(sender, [to], letter)


async def test_a_mail_server_that_goes_away_and_comes_back_costs_nobody_their_briefing(town: Town) -> None:
    await town.opens()
    names = [f"crowd+{number}" for number in range(12)]
    for name in names:
        await town.subscribe(town.address(name), alert_from=None)
    assert await town.writes_briefings() == len(names)
    tries = 0

    async def fifth_time_unlucky() -> None:
        nonlocal tries
        tries += 1
        if tries == 5:
            await asyncio.to_thread(town.server.postfix, "stop")

    town.before_each = fifth_time_unlucky
    try:
        await town.app.send_mail()
    finally:
        await asyncio.to_thread(town.server.postfix, "start")
    waiting = [name for name in names if (await town.owed(town.address(name)))[0].status is DeliveryStatus.QUEUED]
    assert waiting

    await town.later()
    await town.later(timedelta(minutes=20))
    arrived = await town.mails("crowd", len(names))
    told = {str(each.mail["To"]) for each in arrived}
    assert told == {town.address(name) for name in names}
    assert len(arrived) - len(told) <= town.app.deliver.connections
    assert len({each.said("Message-ID") for each in arrived}) == len(names)
