"""What is remembered of feeds in trouble, and of how each day went, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from monitor.core.telling import Case
from monitor.models import DeliveryStatus, Notice
from monitor.store import feed_days, notices, outbox, owing
from monitor.store.db import Database
from monitor.store.feed_days import Day
from monitor.words import Condition
from tests.store.rows import HOUR, MINUTE, NOW, TODAY, debt, delivery, feed_named, owe_an_alert, watch

PACKED = outbox.Packed("", "<1@example.org>", b"mail")
OPERATOR = "ops@example.org"
CASE = Case(Condition.FAILING, NOW - HOUR, NOW, Condition.FAILING, NOW, 1)


def write_notice(session: Session) -> Notice:
    notice = Notice(written_at=NOW, subject="Herald in trouble", contents={})
    session.add(notice)
    session.flush()
    owing.owe_notice(session, notice, OPERATOR, NOW)
    return notice


def fail(session: Session, name: str) -> int:
    feed = feed_named(session, name)
    feed.failures, feed.failing_since, feed.trouble_kind, feed.trouble = 2, NOW, "http", "503 Service Unavailable"
    session.add(feed)
    return feed.id


def test_what_happens_to_a_feed_in_one_day_adds_up(db: Database) -> None:
    db.write_now(watch, "herald", "gazette")
    db.write_now(feed_days.count, [Day(2, TODAY, 1, 0, 7), Day(1, TODAY, 1, 1, 0), Day(1, TODAY, 1, 0, 3)])
    db.write_now(feed_days.count, [Day(1, TODAY, 1, 0, 2)])
    db.write_now(feed_days.count, [])
    found = db.read_now(feed_days.since, TODAY)
    assert {number: [(row.polls, row.failures, row.new) for row in rows] for number, rows in found.items()} == {
        1: [(3, 1, 5)],
        2: [(1, 0, 7)],
    }


def test_days_are_forgotten_after_two_months(db: Database) -> None:
    db.write_now(watch, "herald")
    old, kept = TODAY - timedelta(days=61), TODAY - timedelta(days=60)
    db.write_now(feed_days.count, [Day(1, old, 1, 0, 0), Day(1, kept, 1, 0, 0)])
    assert db.write_now(feed_days.prune, TODAY) == 1
    assert [row.day for row in db.read_now(feed_days.since, old)[1]] == [kept]


def test_what_the_operator_heard_is_kept_changed_and_forgotten(db: Database) -> None:
    db.write_now(watch, "herald", "gazette")
    number = db.write_now(fail, "gazette")
    assert [(facts.name, case) for facts, case in db.read_now(notices.followed, NOW)] == [("gazette", None)]
    for case in (CASE, Case(Condition.GONE, NOW, NOW, well_since=NOW, address="https://gazette.test/new"), None):
        db.write_now(notices.keep, {number: case})
        assert [kept for _, kept in db.read_now(notices.followed, NOW)] == [case]


def test_a_feed_that_is_well_is_followed_only_while_the_operator_has_heard_of_its_trouble(db: Database) -> None:
    db.write_now(watch, "herald", "gazette")
    assert db.read_now(notices.followed, NOW) == []
    db.write_now(notices.keep, {1: CASE})
    assert [facts.name for facts, _ in db.read_now(notices.followed, NOW)] == ["herald"]


def test_a_notice_is_sent_to_the_operator_who_is_no_subscriber(db: Database) -> None:
    db.write_now(write_notice)
    number = db.read_now(debt, "notice:1").id
    assert db.write_now(outbox.start, number, OPERATOR, PACKED, "", NOW)
    started = db.read_now(delivery, number)
    assert (started.recipient, started.status) == (OPERATOR, DeliveryStatus.SENDING)


def test_nobody_is_owed_the_same_notice_twice(db: Database) -> None:
    def twice(session: Session) -> None:
        owing.owe_notice(session, write_notice(session), OPERATOR, NOW)

    with pytest.raises(IntegrityError):
        db.write_now(twice)


def test_a_notice_goes_behind_the_alerts(db: Database) -> None:
    db.write_now(write_notice)
    db.write_now(owe_an_alert)
    assert [each.delivery.key for each in db.read_now(outbox.next_due, "", NOW, 9)] == ["alert:1:1:1", "notice:1"]


def test_a_notice_that_a_server_may_have_taken_is_no_longer_ours_to_withdraw(db: Database) -> None:
    db.write_now(write_notice)
    assert [notice.id for notice in db.read_now(notices.untaken)] == [1]
    number = db.read_now(debt, "notice:1").id
    db.write_now(outbox.start, number, OPERATOR, PACKED, "", NOW)
    assert db.read_now(notices.untaken) == []
    db.write_now(notices.withdraw_untaken, NOW)
    assert db.read_now(delivery, number).status == DeliveryStatus.SENDING
    db.write_now(outbox.give_back, number, "nobody answers", NOW)
    assert [notice.id for notice in db.read_now(notices.untaken)] == [1]
    db.write_now(outbox.start, number, OPERATOR, PACKED, "", NOW)
    db.write_now(outbox.refused, number, "try later", NOW, permanent=False, doubtful=True)
    assert db.read_now(notices.untaken) == []


def test_a_notice_that_no_server_was_offered_makes_room_for_a_later_one(db: Database) -> None:
    db.write_now(write_notice)
    owed = db.write_now(owe_an_alert)
    db.write_now(notices.withdraw_untaken, NOW)
    assert db.read_now(debt, "notice:1").status == DeliveryStatus.CANCELLED
    assert db.read_now(delivery, owed).status == DeliveryStatus.QUEUED


def test_the_notices_of_the_last_day_are_counted(db: Database) -> None:
    db.write_now(write_notice)
    assert db.read_now(notices.written_since, NOW - MINUTE) == [NOW]
    assert db.read_now(notices.written_since, NOW) == []
