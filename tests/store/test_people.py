"""What is kept of people who join and leave, on both databases."""

from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session, col, select

from monitor.core.marks import Marks
from monitor.models import (
    AccountKind,
    AccountMail,
    Application,
    Body,
    Delivery,
    DeliveryStatus,
    Edition,
    Errand,
    Record,
    Silence,
    Subscriber,
    SubscriberState,
)
from monitor.store import account_mails, applications, erasing, records, subscribers, suppressions
from monitor.store.db import Database
from monitor.words import Deed
from tests.store.rows import HOUR, MINUTE, NOW, delivery, owe_an_alert, subscribe

READER = "reader@example.org"
MARKS = Marks("pepper of ours")


def apply(session: Session, address: str = READER, network: str = "192.0.2.0/24", at: datetime = NOW) -> Application:
    form = Application(at=at, errand=Errand.JOIN, mark=MARKS.for_limits(address), network=network, address=address)
    form.domain, form.choices = address.partition("@")[2], {"zone": "UTC"}
    return applications.add(session, form)


def test_forms_are_counted_by_the_network_they_came_from(db: Database) -> None:
    db.write_now(apply)
    db.write_now(apply, network="198.51.100.0/24")
    assert db.read_now(applications.sent_by, "192.0.2.0/24", NOW - MINUTE) == 1
    assert db.read_now(applications.sent_by, "192.0.2.0/24", NOW) == 0


def test_a_form_that_was_taken_keeps_only_what_limits_count(db: Database) -> None:
    def take(session: Session) -> None:
        applications.take(session, apply(session), NOW, mailed=True)

    db.write_now(take)
    assert db.read_now(applications.waiting, 0, 10) == []
    assert db.read_now(applications.mailed_to, MARKS.for_limits(READER), NOW - MINUTE) == (NOW,)
    assert db.read_now(applications.mailed_since, NOW - MINUTE, NOW - HOUR) == 1
    assert db.read_now(applications.mailed_since, NOW - MINUTE, NOW - HOUR, "example.org") == 1
    assert db.read_now(applications.mailed_since, NOW - MINUTE, NOW - HOUR, "other.test") == 0
    (form,) = db.read_now(lambda session: list(session.exec(select(Application))))
    assert (form.address, form.choices, form.mailed) == ("", {}, True)


def test_forms_wait_in_the_order_they_came_without_those_of_a_full_domain(db: Database) -> None:
    first = db.write_now(apply)
    second = db.write_now(apply, "late@other.test")
    assert [form.id for form in db.read_now(applications.waiting, 0, 10)] == [first.id, second.id]
    assert [form.id for form in db.read_now(applications.waiting, first.id, 10)] == [second.id]
    assert [form.id for form in db.read_now(applications.waiting, 0, 10, {"example.org"})] == [second.id]


def test_of_a_form_that_is_given_up_no_address_stays(db: Database) -> None:
    db.write_now(apply)
    db.write_now(apply, "late@other.test", at=NOW + MINUTE)
    db.write_now(applications.give_up, NOW, NOW + HOUR)
    assert [form.address for form in db.read_now(applications.waiting, 0, 10)] == ["late@other.test"]
    assert db.write_now(applications.purge, NOW) == 1


def test_an_address_is_blocked_once_and_the_first_reason_stays(db: Database) -> None:
    assert db.read_now(suppressions.reason, "mark") == ""
    assert db.write_now(suppressions.add, "mark", "never asked for it", NOW)
    assert not db.write_now(suppressions.add, "mark", "dead", NOW)
    assert db.read_now(suppressions.reason, "mark") == "never asked for it"
    assert db.write_now(suppressions.lift, "mark")
    assert not db.write_now(suppressions.lift, "mark")


def test_what_the_operator_does_about_someone_is_recorded(db: Database) -> None:
    person = db.write_now(subscribe)
    db.write_now(subscribe, now=NOW + MINUTE)
    db.write_now(subscribers.remove, READER, NOW + HOUR)
    done = db.read_now(records.of, person.id)
    assert [(each.deed, each.by, each.at) for each in done] == [
        (Deed.ADDED, "operator", NOW),
        (Deed.CHANGED, "operator", NOW + MINUTE),
        (Deed.LEFT, "operator", NOW + HOUR),
    ]
    last = db.read_now(records.last, person.id, Deed.CHANGED)
    assert last is not None
    assert last.at == NOW + MINUTE
    assert db.read_now(records.last, person.id, Deed.MOVED) is None


def test_who_is_added_after_having_left_hears_every_rule_again(db: Database) -> None:
    person = db.write_now(subscribe)
    db.write_now(_choose, person.id, ["sanctions"])
    assert db.write_now(subscribe).topics == ["sanctions"]
    db.write_now(subscribers.remove, READER, NOW)
    again = db.write_now(subscribe)
    assert (again.topics, again.state, again.serial) == (None, SubscriberState.CONFIRMED, 1)


def test_someone_paused_or_out_of_reach_whom_the_operator_adds_gets_mail_at_once(db: Database) -> None:
    person = db.write_now(subscribe)
    db.write_now(_set_state, person.id, SubscriberState.PAUSED)
    again = db.write_now(subscribe, now=NOW + HOUR)
    assert (again.state, again.paused_until, again.confirmed_at) == (SubscriberState.CONFIRMED, None, NOW + HOUR)


def test_only_pauses_with_an_end_come_to_it(db: Database) -> None:
    for name, until in (("over", NOW), ("later", NOW + HOUR), ("open", None)):
        person = db.write_now(subscribe, f"{name}@example.org")
        db.write_now(_set_state, person.id, SubscriberState.PAUSED, until)
    assert [each.address for each in db.read_now(subscribers.pauses_over, NOW)] == ["over@example.org"]


def test_a_mail_that_was_owed_is_made_anew_for_the_new_address(db: Database) -> None:
    number = db.write_now(owe_an_alert)
    db.write_now(_try_once, number)
    db.write_now(_move, "new@other.test")
    owed = db.read_now(delivery, number)
    assert (owed.recipient, owed.domain, owed.message, owed.fills, owed.status) == (
        "new@other.test", "other.test", None, {}, DeliveryStatus.QUEUED,
    )  # fmt: skip


def test_the_operator_is_told_of_each_thing_apart(db: Database) -> None:
    for about, at in (("breaker", NOW), ("waiting", NOW + HOUR)):
        db.write_now(account_mails.write, AccountKind.ALARM, None, {"about": about}, "ops@example.org", at)
    assert db.read_now(account_mails.last_alarm, "breaker") == NOW
    assert db.read_now(account_mails.last_alarm, "else") is None
    (owed, _) = db.read_now(lambda session: list(session.exec(select(Delivery).order_by(col(Delivery.id)))))
    assert (owed.recipient, owed.subscriber_id, owed.lane) == ("ops@example.org", None, 0)


def test_an_erased_person_is_a_number_and_texts_name_them_by_it(db: Database) -> None:
    number = db.write_now(owe_an_alert)
    person = db.write_now(_leave_traces)
    db.write_now(_erase, READER)
    row = db.read_now(lambda session: session.get_one(Subscriber, person.id))
    assert (row.address, row.state, row.confirmed_at) == (f"erased-{person.id}", SubscriberState.ERASED, None)
    owed = db.read_now(delivery, number)
    assert (owed.recipient, owed.domain, owed.status) == ("", "", DeliveryStatus.CANCELLED)
    silence, edition = db.read_now(_what_was_said)
    assert silence.author == f"erased-{person.id}"
    assert edition.contents == {"held": ["ünder erased-1 and other-reader@example.org"]}
    assert db.read_now(subscribers.everyone) == []


def test_who_never_confirmed_goes_with_all_that_is_about_them(db: Database) -> None:
    person = db.write_now(subscribe)
    db.write_now(_write_to, person.id)

    def let_go(session: Session) -> None:
        erasing.delete_people(session, [person.id], MARKS, NOW)

    db.write_now(let_go)
    assert db.read_now(_rows_about_people) == 0


def test_those_pending_are_found_once_their_time_is_over(db: Database) -> None:
    """Whoever was asked again has time again, and whose end is on record is let go of all the same."""
    first, second, third = (db.write_now(_ask, f"{name}@example.org") for name in ("first", "second", "third"))
    db.write_now(_record, second, Deed.ASKED, NOW + HOUR)
    db.write_now(_record, third, Deed.EXPIRED, NOW)
    assert db.read_now(subscribers.overdue, NOW - MINUTE) == db.read_now(subscribers.forsaken, NOW - MINUTE) == []
    assert db.read_now(subscribers.overdue, NOW) == [first]
    assert db.read_now(subscribers.forsaken, NOW) == [first, third]
    assert db.write_now(subscribers.overdue, NOW + HOUR, [second, third]) == [second]
    assert db.write_now(subscribers.forsaken, NOW + HOUR, [second, third]) == [second, third]
    db.write_now(_set_state, third, SubscriberState.CONFIRMED)
    assert db.write_now(subscribers.forsaken, NOW + HOUR, [second, third]) == [second]


def test_what_the_operator_was_mailed_of_someone_erased_is_forgotten_and_the_rest_is_not(db: Database) -> None:
    person = db.write_now(subscribe)
    abouts = [f"absent {person.id}", f"bounced {person.id}", f"absent {person.id}0", "waiting"]
    mails = [db.write_now(_alarm, about) for about in abouts]
    db.write_now(_erase, READER)
    kept = db.read_now(lambda session: [session.get_one(AccountMail, mail).contents != {} for mail in mails])
    assert kept == [False, False, True, True]
    sent = db.read_now(lambda session: session.exec(select(Delivery.message).order_by(col(Delivery.id))).all())
    assert [message is not None for message in sent] == [False, False, True, True]


def test_a_body_that_others_still_need_stays(db: Database) -> None:
    number = db.write_now(owe_an_alert)
    db.write_now(_try_once, number)
    assert db.write_now(erasing.purge_sent, NOW + HOUR) == 0
    assert db.read_now(lambda session: len(session.exec(select(Body)).all())) == 1

    def settle(session: Session) -> None:
        owed = delivery(session, number)
        owed.status, owed.settled_at = DeliveryStatus.SENT, NOW

    db.write_now(settle)
    assert db.write_now(erasing.purge_sent, NOW + HOUR) == 1
    assert db.read_now(lambda session: len(session.exec(select(Body)).all())) == 0


async def test_a_checkpoint_leaves_everything_where_it_is(db: Database) -> None:
    db.write_now(subscribe)
    await db.checkpoint()
    assert len(db.read_now(subscribers.everyone)) == 1


def _rows_about_people(session: Session) -> int:
    tables: tuple[Any, ...] = (Subscriber, Record, AccountMail, Delivery)
    return sum(len(session.exec(select(table)).all()) for table in tables)


def _choose(session: Session, number: int, topics: list[str]) -> None:
    session.get_one(Subscriber, number).topics = topics


def _set_state(session: Session, number: int, state: SubscriberState, until: Any = None) -> None:
    person = session.get_one(Subscriber, number)
    person.state, person.paused_until = state, until


def _try_once(session: Session, number: int) -> None:
    owed = delivery(session, number)
    body = Body(mark="shared", content=b"told", made_at=NOW)
    session.add(body)
    session.flush()
    owed.message, owed.body_id, owed.fills, owed.attempts = b"To: reader", body.id, {"name": "value"}, 1


def _move(session: Session, address: str) -> None:
    person = subscribers.by_address(session, READER)
    assert person is not None
    subscribers.readdress(session, person, address, NOW)


def _write_to(session: Session, number: int) -> None:
    person = session.get_one(Subscriber, number)
    account_mails.write(session, AccountKind.CONFIRM, person, {"serial": 0}, person.address, NOW)


def _ask(session: Session, address: str) -> int:
    person = subscribe(session, address)
    person.state, person.confirmed_at, person.created_at = SubscriberState.PENDING, None, NOW
    return _record(session, person.id, Deed.ASKED, NOW)


def _record(session: Session, number: int, deed: Deed, at: datetime) -> int:
    records.write(session, number, deed, records.SUBSCRIBER, at)
    return number


def _alarm(session: Session, about: str) -> int:
    mail = account_mails.write(session, AccountKind.ALARM, None, {"about": about}, "ops@example.org", NOW)
    owed = session.exec(select(Delivery).where(Delivery.account_mail_id == mail.id)).one()
    owed.status, owed.settled_at, owed.message = DeliveryStatus.SENT, NOW, b"Subject: Somebody"
    return mail.id


def _leave_traces(session: Session) -> Subscriber:
    session.add(Silence(rule="fires", starts_at=NOW, ends_at=NOW, author=READER, comment="a false alarm"))
    edition = Edition(
        mark="m", local_date=date(2026, 3, 2), zone="UTC", language="en", written_at=NOW, subject="",
        contents={"held": [f"ünder {READER} and other-{READER}"]},
    )  # fmt: skip
    session.add(edition)
    person = subscribers.by_address(session, READER)
    assert person is not None
    person.quiet_from, person.quiet_until = time(22), time(6)
    return person


def _erase(session: Session, address: str) -> None:
    person = subscribers.by_address(session, address)
    assert person is not None
    erasing.erase(session, person, MARKS, NOW)


def _what_was_said(session: Session) -> tuple[Silence, Edition]:
    return session.exec(select(Silence)).one(), session.exec(select(Edition)).one()
