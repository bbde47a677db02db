"""People whom rules name: they leave like anybody else, and whoever counts on them is told."""

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from monitor.core.joining import Choices, Outcome
from monitor.core.tickets import Leaving, Purpose
from monitor.models import AccountKind, AccountMail, Delivery, DeliveryStatus, SubscriberState
from monitor.store import account_mails, subscribers
from monitor.words import Severity
from tests.stories.front_desk import ADA, BEN, CAFE, CHOICES, DAY, HOME, FrontDesk

NEVER = (None, None)
NO_ALERTS = replace(CHOICES, alert_from=None)
ONLY_NAMED = Choices(briefing=False, topics=("sanctions",), alert_from=None)
LEFT_ALERTS = "a…@reader.test (subscriber 1) hears no alerts any more, by their own wish"


@pytest.fixture
def desk(desk: FrontDesk) -> FrontDesk:
    desk.allow(named=frozenset({ADA}))
    return desk


async def heard_by(desk: FrontDesk) -> list[str]:
    return [each.address for each in await desk.db.read(subscribers.alerted, desk.policy.named)]


@pytest.mark.parametrize("choices", [CHOICES, NO_ALERTS])
async def test_a_duty_officer_leaves_the_alerts_by_the_link_in_them(desk: FrontDesk, choices: Choices) -> None:
    ada = await desk.join(choices=choices)
    assert await heard_by(desk) == [ADA]
    ticket = desk.leave_ticket(ada, Leaving.ALERTS)
    assert await desk.reception.leave(ticket, HOME) == (Outcome.LEFT, (Leaving.BRIEFINGS,))
    assert await heard_by(desk) == []
    assert await desk.alarms() == [("absent 1", LEFT_ALERTS)]
    assert await desk.reception.leave(ticket, HOME) == (Outcome.ALREADY, (Leaving.BRIEFINGS,))
    assert len(await desk.alarms()) == 1


async def test_the_page_to_leave_by_says_that_alerts_come_because_a_rule_names_them(desk: FrontDesk) -> None:
    ada = await desk.join(choices=NO_ALERTS)
    person = await desk.reception.who(Purpose.LEAVE, desk.leave_ticket(ada))
    assert person is not None
    assert (person.named, person.still) == (True, (Leaving.BRIEFINGS, Leaving.ALERTS))
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    person = await desk.reception.who(Purpose.LEAVE, desk.leave_ticket(ada))
    assert person is not None
    assert (person.named, person.still) == (False, (Leaving.BRIEFINGS,))


async def test_a_duty_officer_who_leaves_the_briefing_still_hears_the_rule_that_names_them(desk: FrontDesk) -> None:
    ada = await desk.join(choices=NO_ALERTS)
    left = await desk.reception.leave(desk.leave_ticket(ada, Leaving.BRIEFINGS), HOME)
    assert left == (Outcome.LEFT, (Leaving.ALERTS,))
    assert await heard_by(desk) == [ADA]
    assert await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME) == (Outcome.LEFT, ())
    assert await desk.state() is SubscriberState.LEFT


async def test_whoever_left_alerts_hears_none_when_a_rule_names_them_later(desk: FrontDesk) -> None:
    desk.allow(named=frozenset())
    ada = await desk.join(choices=NO_ALERTS)
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    desk.allow(named=frozenset({ADA}))
    assert await heard_by(desk) == []


async def test_someone_who_gets_nothing_but_what_a_rule_says_to_them_saves_their_quiet_hours(desk: FrontDesk) -> None:
    await desk.join(choices=ONLY_NAMED)
    quiet = (time(22), time(6))
    assert await desk.reception.save(await desk.fresh(), ONLY_NAMED, quiet, True, NEVER) is Outcome.DONE
    row = await desk.row()
    assert (row.state, row.quiet_from) == (SubscriberState.CONFIRMED, time(22))
    assert (await heard_by(desk), await desk.alarms()) == ([ADA], [])


async def test_whoever_hears_only_what_a_rule_says_to_them_still_does_after_choosing_another_hour(
    desk: FrontDesk,
) -> None:
    await desk.join(choices=NO_ALERTS)
    later = replace(NO_ALERTS, briefing_at=time(9))
    assert await desk.reception.save(await desk.fresh(), later, NEVER, True, NEVER) is Outcome.DONE
    assert (await heard_by(desk), await desk.alarms()) == ([ADA], [])


async def test_a_duty_officer_who_chooses_no_alerts_hears_none_and_is_missed(desk: FrontDesk) -> None:
    await desk.join(choices=CHOICES)
    ticket = await desk.fresh()
    assert await desk.reception.save(ticket, NO_ALERTS, NEVER, True, NEVER) is Outcome.DONE
    assert (await heard_by(desk), await desk.alarms()) == ([], [("absent 1", LEFT_ALERTS)])
    await desk.reception.save(ticket, CHOICES, NEVER, True, NEVER)
    assert await heard_by(desk) == [ADA]


async def test_a_duty_officer_who_chooses_nothing_at_all_has_left_and_the_operator_hears_it_once(
    desk: FrontDesk,
) -> None:
    await desk.join()
    nothing = replace(NO_ALERTS, briefing=False)
    assert await desk.reception.save(await desk.fresh(), nothing, NEVER, True, NEVER) is Outcome.LEFT
    assert await desk.alarms() == [("absent 1", "a…@reader.test (subscriber 1) has left")]


async def test_whoever_left_alerts_hears_them_when_the_operator_gives_them_some(desk: FrontDesk) -> None:
    ada = await desk.join()
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    await desk.db.write(_add, desk, None)
    assert await heard_by(desk) == []
    await desk.db.write(_add, desk, Severity.HIGH)
    assert await heard_by(desk) == [ADA]


@pytest.mark.parametrize("state", [SubscriberState.PAUSED, SubscriberState.BOUNCED, SubscriberState.LEFT])
async def test_a_rule_does_not_reach_those_who_are_not_there(desk: FrontDesk, state: SubscriberState) -> None:
    await desk.join()
    await desk.put(state)
    assert await heard_by(desk) == []


async def test_when_a_duty_officer_moves_the_operator_is_told_where(desk: FrontDesk) -> None:
    await desk.join()
    await desk.reception.move(await desk.fresh(), "new@reader.test", HOME)
    assert (await desk.reception.confirm_move(await desk.ticket_in_mail("new@reader.test")))[0] is Outcome.MOVED
    assert await desk.alarms() == [("absent 1", "a…@reader.test (subscriber 1) has moved to new@reader.test")]


async def test_when_a_duty_officer_has_themselves_erased_the_operator_is_told_by_no_address(desk: FrontDesk) -> None:
    await desk.join()
    assert await desk.reception.erase(await desk.fresh())
    title = "a…@reader.test (subscriber 1) has had everything about them erased"
    assert await desk.alarms() == [("absent 1", title)]
    assert not await desk.db.read(_tells, ADA)


async def test_nobody_is_told_of_those_on_whom_no_rule_counts(desk: FrontDesk) -> None:
    ben = await desk.join(BEN, CAFE)
    await desk.reception.leave(desk.leave_ticket(ben, Leaving.ALERTS), HOME)
    await desk.reception.move(await desk.fresh(BEN), "new@reader.test", HOME)
    await desk.reception.confirm_move(await desk.ticket_in_mail("new@reader.test"))
    await desk.reception.erase(await desk.fresh("new@reader.test"))
    assert await desk.alarms() == []


async def test_nothing_the_operator_was_mailed_of_a_duty_officer_names_them_once_erased(desk: FrontDesk) -> None:
    """Not even what a server said, nor where they moved to."""
    ada = await desk.join()
    await desk.reception.move(await desk.fresh(), "erika.quill@reader.test", HOME)
    await desk.reception.confirm_move(await desk.ticket_in_mail("erika.quill@reader.test"))
    await desk.db.write(_tell_of_bounce, desk, ada.id)
    await desk.db.write(_send_alarms, desk)
    desk.clock.pass_time(DAY)
    files = [file for file in Path(desk.db.url.database or "").parent.iterdir() if file.name.startswith("feed-monitor")]
    assert any(b"erika.quill@" in file.read_bytes() for file in files)
    assert await desk.reception.erase(await desk.fresh("erika.quill@reader.test"))
    assert not [file for file in files if file.exists() and b"erika.quill@" in file.read_bytes()]


async def test_an_alarm_of_someone_erased_that_has_not_left_yet_still_leaves(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = await desk.fresh()
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    await desk.reception.erase(ticket)
    assert (await desk.alarms())[0] == ("absent 1", LEFT_ALERTS)
    assert {each.status for each in await desk.deliveries(desk.policy.contact)} == {DeliveryStatus.QUEUED}


def _add(session: Session, desk: FrontDesk, alert_from: Severity | None) -> None:
    subscribers.add(
        session,
        ADA,
        zone="UTC",
        briefing=True,
        briefing_at=time(7),
        alert_from=alert_from,
        now=desk.clock.at,
        consent="added by the operator",
    )


def _tells(session: Session, address: str) -> bool:
    mails = session.exec(select(AccountMail).where(AccountMail.kind == AccountKind.ALARM))
    return any(address in str(mail.contents) for mail in mails)


def _tell_of_bounce(session: Session, desk: FrontDesk, number: int) -> None:
    contents = {
        "about": f"bounced {number}",
        "title": "",
        "lines": ["550 <Erika.Quill@reader.test> erika.quill@reader"],
    }
    account_mails.write(session, AccountKind.ALARM, None, contents, desk.policy.contact, desk.clock.at)


def _send_alarms(session: Session, desk: FrontDesk) -> None:
    wanted = select(Delivery, AccountMail).join(AccountMail, col(AccountMail.id) == Delivery.account_mail_id)
    for delivery, mail in session.exec(wanted.where(Delivery.recipient == desk.policy.contact)):
        delivery.message = f"Subject: {mail.contents['title']}\r\n\r\n{mail.contents['lines']}".encode()
        delivery.status, delivery.settled_at = DeliveryStatus.SENT, desk.clock.at
