"""People whose mail is refused or comes back: who is kept, who is held, and who is taken off."""

import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlmodel import Session, select

from monitor.jobs.bounces import Effect
from monitor.models import Bounce, DeliveryStatus, SubscriberState
from monitor.net.post import Message
from monitor.store import subscribers
from monitor.words import Deed
from tests.conftest import WIRE
from tests.stories.coming_back import (
    ADA,
    BEN,
    CLOSED,
    DAY,
    FULL,
    GONE,
    HOUR,
    MINUTE,
    NEW,
    SHUT,
    STRIKE,
    Desk,
    briefed,
    opened,
)

# Whom no rule names.
CLEO = "cleo@quay.test"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path) as desk:
        yield desk


async def test_an_address_without_anybody_gets_nothing_more_and_what_was_owed_to_it_is_cancelled(desk: Desk) -> None:
    await desk.subscribe(ADA)
    desk.post.refusals[ADA] = [GONE] * 9
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    assert await desk.state() is SubscriberState.BOUNCED
    assert await desk.blocked()
    assert await desk.deeds() == [Deed.BOUNCED]
    assert (await desk.last_delivery()).status is DeliveryStatus.FAILED
    await desk.mornings(9)
    assert desk.post.mails(ADA) == []
    assert len(desk.post.refusals[ADA]) == 8  # asked once


async def test_a_bounce_that_comes_by_mail_does_the_same(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    assert await desk.comes_back(desk.last_to(ADA), "550 5.1.1 nobody") is Effect.KEPT
    assert (await desk.state(), await desk.blocked()) == (SubscriberState.BOUNCED, True)
    failed = await desk.last_delivery()
    assert (failed.status, failed.reply) == (DeliveryStatus.FAILED, "came back: 550 5.1.1 nobody")
    await desk.morning()
    assert len(desk.post.mails(ADA)) == 1


async def test_a_closed_mailbox_is_given_up_on_the_second_day(desk: Desk) -> None:
    await briefed(desk, ADA)
    desk.post.refusals[ADA] = [CLOSED, CLOSED]
    await desk.morning()
    assert await desk.state() is SubscriberState.CONFIRMED
    await desk.morning()
    assert (await desk.state(), await desk.blocked()) == (SubscriberState.BOUNCED, True)


async def test_three_days_of_a_full_mailbox_hold_a_reader_until_a_probe_gets_through(desk: Desk) -> None:
    await briefed(desk, ADA)
    for _ in range(3):
        assert await desk.state() is SubscriberState.CONFIRMED
        await desk.morning()
        await desk.comes_back(desk.last_to(ADA), "552 5.2.2 full")
    held = await desk.person()
    assert (held.state, held.probe_at) == (SubscriberState.BOUNCED, desk.clock.at + 7 * DAY)
    assert not await desk.blocked()

    await desk.mornings(6)
    await desk.app.bounces.run()
    assert len(desk.post.mails(ADA)) == 3
    await desk.morning()
    await desk.app.bounces.run()
    await desk.turn()
    assert "reach you" in desk.post.mails(ADA)[-1]["Subject"]
    await desk.mornings(2)
    await desk.app.bounces.run()
    assert await desk.state() is SubscriberState.BOUNCED
    await desk.morning()
    await desk.app.bounces.run()
    assert await desk.state() is SubscriberState.CONFIRMED
    assert await desk.deeds() == [Deed.BOUNCED, Deed.PROBED, Deed.REACHED]
    await desk.morning()
    assert "nothing new" in desk.post.mails(ADA)[-1]["Subject"]


async def held(desk: Desk) -> None:
    """A reader who is held, and whose probe has been sent."""
    await briefed(desk, ADA)
    for _ in range(3):
        await desk.morning()
        await desk.comes_back(desk.last_to(ADA), "550 no")
    desk.clock.pass_time(7 * DAY)
    await desk.app.bounces.run()
    await desk.turn()


async def test_a_reader_whose_probe_comes_back_is_given_up(desk: Desk) -> None:
    await held(desk)
    assert await desk.state() is SubscriberState.BOUNCED
    await desk.comes_back(desk.last_to(ADA), "552 5.2.2 full")
    person = await desk.person()
    assert (person.state, person.probe_at, await desk.blocked()) == (SubscriberState.BOUNCED, None, True)
    desk.clock.pass_time(30 * DAY)
    await desk.app.bounces.run()
    assert await desk.state() is SubscriberState.BOUNCED
    assert await desk.deeds() == [Deed.BOUNCED, Deed.PROBED, Deed.BOUNCED]


async def test_a_reader_whose_probe_is_refused_for_days_is_given_up_in_the_end(desk: Desk) -> None:
    desk.post.refusals[ADA] = []
    await briefed(desk, ADA)
    for _ in range(3):
        await desk.morning()
        await desk.comes_back(desk.last_to(ADA), "550 no")
    desk.post.refusals[ADA] = [FULL] * 500
    desk.clock.pass_time(7 * DAY)
    for _ in range(30):
        await desk.app.bounces.run()
        await desk.turn()
        desk.clock.pass_time(6 * HOUR)
    assert (await desk.state(), await desk.blocked()) == (SubscriberState.BOUNCED, True)
    assert (await desk.person()).probe_at is None


async def test_a_probe_that_could_not_leave_at_once_has_its_three_days_from_when_it_did(desk: Desk) -> None:
    await briefed(desk, ADA)
    for _ in range(3):
        await desk.morning()
        await desk.comes_back(desk.last_to(ADA), "550 no")
    desk.post.refusals[ADA] = [FULL] * 3
    desk.clock.pass_time(7 * DAY)
    await desk.app.bounces.run()
    while len(desk.post.mails(ADA)) == 3:
        await desk.later(HOUR)
    left_at = desk.clock.at
    for hours, state in ((71, SubscriberState.BOUNCED), (1, SubscriberState.CONFIRMED)):
        desk.clock.pass_time(hours * HOUR)
        await desk.app.bounces.run()
        assert await desk.state() is state
    assert desk.clock.at == left_at + 3 * DAY


async def test_a_full_mailbox_that_is_tried_again_and_again_holds_a_reader_on_the_third_day(desk: Desk) -> None:
    await briefed(desk, ADA)
    desk.post.refusals[ADA] = [FULL] * 99
    await desk.mornings(2)
    await desk.later(6 * HOUR)
    assert await desk.state() is SubscriberState.CONFIRMED
    await desk.morning()
    assert await desk.state() is SubscriberState.BOUNCED


async def test_a_server_of_ours_that_is_shut_for_days_costs_nobody_their_mail(desk: Desk) -> None:
    await briefed(desk, ADA)
    desk.post.refusals[ADA] = [SHUT] * 99
    await desk.mornings(4)
    assert await desk.state() is SubscriberState.CONFIRMED


async def test_a_greylisting_server_costs_nobody_their_mail(desk: Desk) -> None:
    await briefed(desk, ADA)
    for _ in range(6):
        desk.post.refusals[ADA] = [FULL]
        await desk.morning()
        await desk.later(30 * MINUTE)
    assert await desk.state() is SubscriberState.CONFIRMED
    assert len(desk.post.mails(ADA)) == 6


async def test_what_is_our_own_fault_never_costs_anybody_their_mail(desk: Desk) -> None:
    await briefed(desk, ADA)
    for _ in range(9):
        await desk.morning()
        await desk.comes_back(desk.last_to(ADA), "550 5.7.26 DMARC")
    assert await desk.state() is SubscriberState.CONFIRMED
    assert await desk.deeds() == []


async def test_a_mail_that_is_late_or_arrived_changes_nothing(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    assert await desk.comes_back(desk.last_to(ADA), "451 4.4.1 wait", "delayed") is Effect.NONE
    assert await desk.comes_back(desk.last_to(ADA), "250 2.0.0 taken", "relayed") is Effect.NONE
    assert (await desk.last_delivery()).status is DeliveryStatus.SENT


async def test_the_same_bounce_read_twice_has_its_effect_once(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    assert await desk.comes_back(desk.last_to(ADA), "552 5.2.2 full") is Effect.KEPT
    desk.clock.pass_time(2 * DAY)
    assert await desk.comes_back(desk.last_to(ADA), "552 5.2.2 full") is Effect.KNOWN
    rows = await desk.app.db.read(lambda session: session.exec(select(Bounce)).all())
    assert len(rows) == 1


async def test_a_bounce_with_a_token_of_no_mail_of_ours_changes_nothing(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    forged = f"bounces+{'a' * 26}@back.test"
    unknown = Message("x", "other@quay.test", "", b"", desk.last_to(ADA).number)
    assert await desk.comes_back(unknown, "550 5.1.1 nobody", to=forged) is Effect.STRANGE
    assert await desk.state() is SubscriberState.CONFIRMED


async def test_who_knows_an_address_and_guesses_a_number_silences_nobody_at_once(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    assert await desk.comes_back(desk.last_to(ADA), "550 5.1.1 nobody", to="bounces@back.test") is Effect.KEPT
    assert (await desk.state(), await desk.blocked()) == (SubscriberState.CONFIRMED, False)


async def complains(desk: Desk, message: Message) -> None:
    complaint = (
        f"Delivered-To: {message.sender}\nContent-Type: multipart/report; boundary=b\n\n--b\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b--\n"
    )
    assert await desk.app.bounces.returned(complaint.encode(), "test") is Effect.KEPT


async def test_who_marks_our_mail_as_spam_has_left_and_is_never_written_to_again(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    await complains(desk, desk.last_to(ADA))
    assert (await desk.state(), await desk.blocked()) == (SubscriberState.LEFT, True)
    assert await desk.deeds() == [Deed.LEFT]


async def moves(desk: Desk, address: str) -> None:
    def readdress(session: Session) -> None:
        person = subscribers.by_address(session, ADA)
        assert person is not None
        subscribers.readdress(session, person, address, desk.clock.at)

    await desk.app.db.write(readdress)


async def test_mail_that_comes_back_from_an_old_address_does_not_cost_somebody_the_new_one(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    message = desk.last_to(ADA)
    await moves(desk, NEW)
    await desk.comes_back(message, "550 5.2.1 closed")
    await desk.morning()
    await desk.comes_back(desk.last_to(NEW), "550 5.2.1 closed")
    assert await desk.state(NEW) is SubscriberState.CONFIRMED
    await desk.morning()
    await desk.comes_back(desk.last_to(NEW), "550 5.2.1 closed")
    assert await desk.state(NEW) is SubscriberState.BOUNCED


async def test_a_stranger_who_complains_of_a_mail_to_a_mistyped_address_takes_nobody_else_off(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    message = desk.last_to(ADA)
    await moves(desk, NEW)
    await complains(desk, message)
    assert (await desk.state(NEW), await desk.blocked(NEW)) == (SubscriberState.CONFIRMED, False)
    assert await desk.blocked(ADA)


async def test_who_leaves_by_mail_does_so_by_the_token_and_not_by_the_name_on_it(desk: Desk) -> None:
    await briefed(desk, CLEO, BEN)
    await desk.morning()
    leave = re.search(r"mailto:([^>]+)", str(message_from_bytes(desk.last_to(CLEO).content)["List-Unsubscribe"]))
    assert leave is not None
    mail = f"From: {BEN}\nTo: {leave[1].upper()}\nSubject: x\n\n"
    assert await desk.app.bounces.returned(f"Auto-Submitted: auto-replied\n{mail}".encode(), "test") is Effect.NONE
    assert await desk.state(CLEO) is SubscriberState.CONFIRMED
    assert await desk.app.bounces.returned(mail.encode(), "test") is Effect.LEFT
    assert await desk.app.bounces.returned(mail.encode(), "test") is Effect.NONE
    assert (await desk.state(CLEO), await desk.state(BEN)) == (SubscriberState.LEFT, SubscriberState.CONFIRMED)


async def test_bounces_are_taken_from_the_mailbox_and_put_away(desk: Desk) -> None:
    await briefed(desk, ADA)
    await desk.morning()
    box = desk.folder / "back"
    (box / "new").mkdir(parents=True)
    sender = desk.last_to(ADA).sender
    (box / "new" / "1.a").write_text(
        f"Delivered-To: {sender}\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; {ADA}\n"
        "Action: failed\nStatus: 5.1.1\n"
    )
    (box / "new" / "2.b").write_text("Subject: buy now\n\n")
    assert await desk.app.bounces.run() == 2
    assert await desk.state() is SubscriberState.BOUNCED
    assert await desk.app.bounces.run() == 0
    assert sorted(path.name for path in (box / ".Processed/cur").iterdir()) == ["1.a:2,S", "2.b:2,S"]
