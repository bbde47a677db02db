"""Whoever wants to be forgotten is, in the files too; whoever wants to know what is kept is told."""

import json
import re
from datetime import time
from pathlib import Path

from sqlmodel import Session, col, func, select

from monitor.core.joining import Outcome
from monitor.core.tickets import Purpose
from monitor.models import (
    AccountKind,
    AccountMail,
    Alert,
    Application,
    Body,
    Bounce,
    Delivery,
    DeliveryStatus,
    Edition,
    Hearing,
    Record,
    Silence,
    Subscriber,
    SubscriberState,
    Telling,
)
from monitor.store import owing, subscribers
from monitor.words import Cause, Deed, Severity, Verdict
from tests.store.rows import alert_on
from tests.stories.front_desk import ADA, BEN, CAFE, DAY, HOME, HOUR, MINUTE, FrontDesk

# Not part of any other address in these stories.
ERIKA = "erika.quill@reader.test"


async def test_of_whoever_is_erased_no_file_tells_the_address(desk: FrontDesk) -> None:
    await desk.join(BEN, CAFE)
    erika = await desk.join(ERIKA)
    ticket = await desk.fresh(ERIKA)
    await desk.db.write(_live_a_full_life, erika)
    await desk.reception.move(ticket, "quill@elsewhere.test", CAFE)
    assert _hits(desk, ERIKA) > 0
    assert await desk.reception.erase(ticket) is True
    assert (_hits(desk, ERIKA), _hits(desk, "quill@elsewhere.test")) == (0, 0)
    assert await desk.db.read(_networks) == {CAFE, ""}
    row = await desk.db.read(_row, erika.id)
    assert (row.address, row.state) == (f"erased-{erika.id}", SubscriberState.ERASED)
    assert (row.zone, row.topics, row.consent, row.quiet_from) == ("UTC", None, "", None)


async def test_what_others_did_stays_when_one_is_erased(desk: FrontDesk) -> None:
    ben = await desk.join(BEN, CAFE)
    erika = await desk.join(ERIKA)
    await desk.db.write(_live_a_full_life, erika)
    await desk.reception.operator.erase(ERIKA)
    assert await desk.row(BEN) == ben
    assert await desk.db.read(_texts) == {
        "author": f"erased-{erika.id}",
        "taken by": f"erased-{erika.id}",
        "told": f"erased-{erika.id} acknowledged it",
        "muted": f"silence 1 of erased-{erika.id}: a false alarm; not.erika.quill@reader.test",
        "edition": {"held": [f"muted by erased-{erika.id}"]},
    }
    assert await desk.mails(BEN) == [AccountKind.CONFIRM, AccountKind.WELCOME]


async def test_the_links_of_whoever_was_erased_are_nobodys(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = await desk.fresh()
    await desk.reception.erase(ticket)
    for purpose, each in (
        (Purpose.FRESH, ticket),
        (Purpose.LEAVE, desk.leave_ticket(ada)),
        (Purpose.PREFERENCES, desk.preferences_ticket(ada)),
    ):
        assert await desk.reception.who(purpose, each) is None
    assert await desk.reception.erase(ticket) is False
    assert await desk.db.read(subscribers.everyone) == []


async def test_mail_owed_to_whoever_is_erased_does_not_leave(desk: FrontDesk) -> None:
    erika = await desk.join(ERIKA)
    owed = [each.id for each in await desk.deliveries(ERIKA)]
    await desk.reception.operator.erase(ERIKA)
    assert await desk.db.read(_statuses, owed) == {DeliveryStatus.CANCELLED}
    deeds = [record.deed for record in await desk.db.read(_records_of, erika.id)]
    assert deeds[-1] is Deed.ERASED


async def test_a_refusal_that_comes_in_after_the_erasure_is_forgotten_as_well(desk: FrontDesk) -> None:
    await desk.join(ERIKA)
    (number, *_) = [each.id for each in await desk.deliveries(ERIKA)]
    await desk.reception.operator.erase(ERIKA)
    await desk.db.write(_set_reply, number, f"550 5.1.1 <{ERIKA}>: no such user")
    await desk.sweep()
    assert _hits(desk, ERIKA) == 0


async def test_someone_erased_who_was_blocked_stays_blocked(desk: FrontDesk) -> None:
    await desk.join(ERIKA)
    assert await desk.reception.operator.block(ERIKA) is Outcome.DONE
    assert await desk.state(ERIKA) is SubscriberState.LEFT
    await desk.reception.operator.erase(ERIKA)
    desk.clock.pass_time(DAY)
    assert await desk.ask(ERIKA) == ""
    await desk.sweep()
    assert (_hits(desk, ERIKA), await desk.state(ERIKA)) == (0, None)


async def test_someone_erased_may_join_again_as_someone_new(desk: FrontDesk) -> None:
    before = await desk.join(ERIKA)
    await desk.reception.operator.erase(ERIKA)
    desk.clock.pass_time(HOUR)
    again = await desk.join(ERIKA)
    assert again.id != before.id
    assert await desk.reception.leave(desk.leave_ticket(before), HOME) == (Outcome.UNKNOWN, ())
    assert await desk.state(ERIKA) is SubscriberState.CONFIRMED


async def test_erasing_and_joining_in_turns_does_not_reset_the_limits(desk: FrontDesk) -> None:
    mails = 0
    for _ in range(20):
        if await desk.ask(ERIKA, network=f"10.0.{mails}.0/24"):
            mails += 1
            await desk.reception.operator.erase(ERIKA)
        desk.clock.pass_time(HOUR)
    assert mails == 3


async def test_of_whoever_never_said_yes_nothing_is_left(desk: FrontDesk) -> None:
    await desk.ask(ERIKA)
    desk.clock.pass_time(10 * DAY)
    await desk.sweep()
    assert _hits(desk, ERIKA) == 0


async def test_who_refuses_is_in_no_file_either(desk: FrontDesk) -> None:
    await desk.reception.refuse(await desk.ask(ERIKA), HOME)
    assert _hits(desk, ERIKA) == 0


async def test_an_old_address_is_named_nowhere_else_once_someone_has_moved(desk: FrontDesk) -> None:
    erika = await desk.join(ERIKA)
    ticket = await desk.fresh(ERIKA)
    await desk.db.write(_live_a_full_life, erika)
    await desk.reception.move(ticket, ADA, HOME)
    await desk.reception.confirm_move(await desk.ticket_in_mail(ADA), HOME)
    assert (await desk.db.read(_texts))["taken by"] == ADA
    await desk.reception.operator.erase(ADA)
    assert (_hits(desk, ERIKA), _hits(desk, ADA)) == (0, 0)


async def test_someone_takes_a_copy_of_all_that_is_kept(desk: FrontDesk) -> None:
    erika = await desk.join(ERIKA)
    ticket = await desk.fresh(ERIKA)
    await desk.db.write(_live_a_full_life, erika)
    kept = await desk.reception.export(ticket, HOME)
    assert kept is not None
    copy = json.loads(json.dumps(kept))
    subscriber = copy["subscriber"]
    assert (subscriber["address"], subscriber["zone"], subscriber["alert_from"]) == (ERIKA, "Europe/Kyiv", "high")
    assert [record["deed"] for record in copy["records"]] == [
        "asked to join", "confirmed the address", "took a copy of what is kept",
    ]  # fmt: skip
    assert copy["records"][0]["network"] == HOME
    kinds = [(mail["kind"], mail["subject"]) for mail in copy["mails"]]
    assert kinds == [("confirm", ""), ("welcome", ""), ("link", ""), ("alert", "Depot fire")]
    assert [each["code"] for each in copy["returned"]] == ["5.2.2"]
    assert [each["comment"] for each in copy["silences"]] == ["a false alarm"]
    assert [each["alert"] for each in copy["acknowledged"]] == [1]
    assert copy["never_written_to"] is None
    assert "the depot burns" not in json.dumps(copy)


async def test_bytes_of_mails_go_after_thirty_days_and_bounces_after_ninety(desk: FrontDesk) -> None:
    erika = await desk.join(ERIKA)
    await desk.db.write(_live_a_full_life, erika)
    desk.clock.pass_time(30 * DAY - MINUTE)
    await desk.sweep()
    assert (await desk.db.read(_number, Body), await desk.db.read(_bytes_kept)) == (1, 1)
    desk.clock.pass_time(MINUTE)
    await desk.sweep()
    assert (await desk.db.read(_number, Body), await desk.db.read(_bytes_kept)) == (0, 0)
    assert await desk.db.read(_number, Bounce) == 1
    desk.clock.pass_time(60 * DAY)
    await desk.sweep()
    assert await desk.db.read(_number, Bounce) == 0


async def test_what_a_mail_that_left_was_made_of_goes_and_what_is_owed_stays(desk: FrontDesk) -> None:
    await desk.join(ERIKA)
    sent, waiting = await desk.deliveries(ERIKA)
    await desk.db.write(_settle, sent.id, desk)
    desk.clock.pass_time(30 * DAY)
    await desk.sweep()
    contents = await desk.db.read(_contents)
    assert contents[sent.account_mail_id or 0] == {}
    assert (await desk.db.read(_statuses, [waiting.id])) == {DeliveryStatus.QUEUED}


def _hits(desk: FrontDesk, text: str) -> int:
    """How often an address stands in the files of the database, alone or split by a soft line break."""
    whole = re.compile(rb"(?<!\.)" + re.escape(text.encode()))
    folder = Path(desk.db.url.database or "").parent
    files = [path for path in folder.iterdir() if path.name.startswith("feed-monitor.db")]
    assert files
    return sum(len(whole.findall(path.read_bytes().replace(b"=\r\n", b""))) for path in files)


def _live_a_full_life(session: Session, person: Subscriber) -> None:
    """They were alerted, took the alert, muted a rule, were out of reach; and others were told of that."""
    now, address = person.created_at, person.address
    alert = alert_on(session, "Depot fire")
    alert.acknowledged_at, alert.acknowledged_by = now, address
    told = owing.owe_alert(session, alert.id, 1, owing.Address(person.id, address), now)
    head = f"To: {address}\r\nSubject: Depot fire\r\n\r\nthe depot burns".encode()
    told.status, told.settled_at, told.message, told.reply = DeliveryStatus.SENT, now, head, f"250 <{address}> ok"
    body = Body(mark="shared", content=f"{address[:9]}=\r\n{address[9:]} acknowledged it".encode(), made_at=now)
    session.add(body)
    session.flush()
    other = owing.owe_alert(session, alert.id, 2, owing.Address(None, "desk@reader.test"), now)
    other.status, other.settled_at, other.body_id = DeliveryStatus.SENT, now, body.id
    telling = Telling(alert_id=alert.id, revision=2, told_at=now, cause=Cause.TAKEN, severity=Severity.HIGH)
    telling.note = f"{address} acknowledged it"
    session.add(telling)
    session.flush()
    heard = Hearing(telling_id=telling.id, alert_id=alert.id, listener="channel:desk", at=now)
    heard.note = f"silence 1 of {address}: a false alarm; not.{address}"
    session.add(heard)
    silence = Silence(rule="fires", starts_at=now, ends_at=now, author=address, comment="a false alarm")
    session.add(silence)
    edition = Edition(mark="m", local_date=now.date(), zone="UTC", language="en", written_at=now, subject="Monday",
                      contents={"held": [f"muted by {address}"]})  # fmt: skip
    session.add(edition)
    session.add(
        Bounce(delivery_id=told.id, subscriber_id=person.id, at=now, verdict=Verdict.SOFT, code="5.2.2",
               reason=f"452 <{address}> is full")
    )  # fmt: skip
    person.quiet_from, person.quiet_until = time(22), time(6)
    session.merge(person)


def _texts(session: Session) -> dict[str, object]:
    return {
        "author": session.exec(select(Silence.author)).one(),
        "taken by": session.exec(select(Alert.acknowledged_by)).one(),
        "told": session.exec(select(Telling.note)).one(),
        "muted": session.exec(select(Hearing.note)).one(),
        "edition": session.exec(select(Edition.contents)).one(),
    }


def _row(session: Session, number: int) -> Subscriber:
    return session.get_one(Subscriber, number)


def _networks(session: Session) -> set[str]:
    """From where people were active, as far as it is kept."""
    return {*session.exec(select(Record.network)), *session.exec(select(Application.network))}


def _records_of(session: Session, number: int) -> list[Record]:
    return list(session.exec(select(Record).where(Record.subscriber_id == number).order_by(col(Record.id))))


def _statuses(session: Session, numbers: list[int]) -> set[DeliveryStatus]:
    return {session.get_one(Delivery, number).status for number in numbers}


def _set_reply(session: Session, number: int, reply: str) -> None:
    session.get_one(Delivery, number).reply = reply


def _settle(session: Session, number: int, desk: FrontDesk) -> None:
    delivery = session.get_one(Delivery, number)
    delivery.status, delivery.settled_at = DeliveryStatus.SENT, desk.clock.at


def _number(session: Session, model: type[Body] | type[Bounce]) -> int:
    return session.exec(select(func.count()).select_from(model)).one()


def _bytes_kept(session: Session) -> int:
    return len(session.exec(select(Delivery.id).where(col(Delivery.message).is_not(None))).all())


def _contents(session: Session) -> dict[int, dict[str, object]]:
    return {mail.id: mail.contents for mail in session.exec(select(AccountMail))}
