"""What a real server refuses, at once or later, and what becomes of those whom it was for."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from monitor.models import DeliveryStatus, Pause, SubscriberState, Suppression
from tests.conftest import WIRE
from tests.mta.servers import ELSEWHERE, INBOX, REFUSED_SENDER
from tests.mta.town import Town

LATER = timedelta(minutes=20)
STAYS, FALLEN = SubscriberState.CONFIRMED, SubscriberState.BOUNCED
OWED, GIVEN_UP = DeliveryStatus.QUEUED, DeliveryStatus.FAILED


async def reader(town: Town, name: str, domain: str = INBOX) -> str:
    address = town.address(name, domain)
    await town.subscribe(address, alert_from=None)
    return address


async def ending(town: Town, address: str) -> tuple[SubscriberState, DeliveryStatus, bool]:
    """Of a person and their first mail, and whether they are never written to again."""
    [first, *_] = await town.owed(address)
    never = await town.app.db.read(_is_suppressed, town.app.reception.marks.of(address))
    return (await town.person(address)).state, first.status, never


def _is_suppressed(session: Session, mark: str) -> bool:
    return session.get(Suppression, mark) is not None


@dataclass(frozen=True)
class Case:
    said: str
    state: SubscriberState
    status: DeliveryStatus
    at_data: bool = False


CASES = {
    "unknown": Case("550 5.1.1 No such user", FALLEN, GIVEN_UP),
    "full": Case("552 5.2.2 Mailbox full", STAYS, OWED),
    "greylisted": Case("451 4.7.1 Greylisted, try again later", STAYS, OWED),
    "policy": Case("550 5.7.1 Refused by policy", STAYS, OWED),
    "content": Case("554 5.7.1 Content not wanted", STAYS, OWED, at_data=True),
    "busy": Case("451 4.3.0 Try again later", STAYS, OWED, at_data=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_only_somebody_who_is_not_there_is_taken_off_the_list(town: Town, case: Case) -> None:
    await town.opens()
    ada, ben = await reader(town, "ada"), await reader(town, "ben")
    (town.server.doorman.at_data if case.at_data else town.server.doorman.at_rcpt)[ada] = [case.said]
    await town.writes_briefings()
    await town.app.send_mail()

    assert await ending(town, ada) == (case.state, case.status, case.state is FALLEN)
    [first, *_] = await town.owed(ada)
    assert case.said.partition(" ")[0] in first.reply
    assert case.said[4:9] in first.reply
    assert ("at DATA" if case.at_data else "at RCPT TO") in first.reply
    assert await ending(town, ben) == (STAYS, DeliveryStatus.SENT, False)
    assert len(await town.mails("ben", 1)) == 1


async def test_whoever_was_greylisted_gets_at_the_second_try_what_the_first_brought(town: Town) -> None:
    await town.opens()
    ada = await reader(town, "ada")
    town.server.doorman.at_data[ada] = ["451 4.7.1 Greylisted, try again later", "DUNNO"]
    await town.writes_briefings()
    await town.app.send_mail()
    town.web.publish(WIRE, "Harbour pilots return to work in Lindholm")
    await town.later(LATER)

    tries = town.contents(ada)
    assert len(tries) == 2
    assert tries[0] == tries[1]
    [arrived] = await town.mails("ada", 1)
    assert arrived.raw.endswith(tries[0])
    assert await ending(town, ada) == (STAYS, DeliveryStatus.SENT, False)


async def test_a_server_that_refuses_our_sender_takes_nobody_off_the_list(town: Town) -> None:
    await town.opens(bounces=REFUSED_SENDER)
    people = [await reader(town, f"reader{number}") for number in range(12)]
    await town.writes_briefings()
    await town.app.send_mail()

    assert {await ending(town, each) for each in people} == {(STAYS, OWED, False)}
    # Three are enough to see whose fault it is; some were on their way by then.
    assert 3 <= len(town.handed) < 3 + town.app.deliver.connections
    assert await town.app.db.read(_paused) != []
    assert "5.1.8" in (await town.owed(people[0]))[0].reply


def _paused(session: Session) -> list[str]:
    return list(session.exec(select(Pause.domain)))


@pytest.mark.parametrize("where", ["imap", "maildir"])
async def test_a_mail_that_comes_back_later_ends_the_mails_to_whoever_is_not_there(town: Town, where: str) -> None:
    maildir = f'maildir = "{town.server.maildir(f"bounces-{town.number}")}"\n'
    await town.opens(found=maildir if where == "maildir" else "")
    carl, ben = await reader(town, "carl", ELSEWHERE), await reader(town, "ben")
    await town.writes_briefings()
    await town.app.send_mail()
    assert await ending(town, carl) == (STAYS, DeliveryStatus.SENT, False)
    [first] = await town.owed(carl)

    [returned] = await town.mails("bounces", 1)
    report = returned.text_of("message/delivery-status")
    # Postfix took over what we asked for, and tells it.
    assert f"Original-Envelope-Id: {first.id}\n" in report
    assert f"Original-Recipient: rfc822;{carl}\n" in report
    assert returned.text_of("text/rfc822-headers")
    assert first.token in str(returned.mail["Delivered-To"])

    assert await town.app.bounces.run() == 1
    assert await ending(town, carl) == (FALLEN, GIVEN_UP, True)
    assert "5.1.1" in (await town.owed(carl))[0].reply or "Nobody of that name" in (await town.owed(carl))[0].reply
    assert await ending(town, ben) == (STAYS, DeliveryStatus.SENT, False)
    assert await town.app.bounces.run() == 0
    assert await town.writes_briefings() == 1
