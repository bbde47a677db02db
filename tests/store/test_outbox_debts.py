"""What someone is owed is sent once, in the right order, and never forgotten."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from monitor.models import DeliveryStatus, Subscriber, SubscriberState
from monitor.store import outbox, owing, subscribers
from monitor.store.db import Database
from tests.store.rows import HOUR, MINUTE, NOW, alert_on, briefing_for, delivery, owe_an_alert, owe_telling, subscribe

MAIL, MESSAGE_ID = b"Subject: news\r\n\r\n", "<1@example.org>"
TO = "reader@example.org"
PACKED = outbox.Packed("token", MESSAGE_ID, MAIL)
OTHER = outbox.Packed("other", "<2@example.org>", b"composed anew")


def keys_due(db: Database, now: datetime = NOW, limit: int = 20) -> list[str]:
    return [each.delivery.key for each in db.read_now(outbox.next_due, "", now, limit)]


def started(db: Database) -> int:
    """Someone's alert is on its way; the id of the debt."""
    number = db.write_now(owe_an_alert)
    assert db.write_now(outbox.start, number, TO, PACKED, "", NOW)
    return number


def test_nobody_is_owed_the_same_telling_twice(db: Database) -> None:
    def twice(session: Session) -> None:
        person, alert = subscribe(session), alert_on(session)
        owe_telling(session, alert, person, NOW)
        owe_telling(session, alert, person, NOW + HOUR)

    with pytest.raises(IntegrityError):
        db.write_now(twice)
    assert keys_due(db) == []


def test_nobody_is_owed_the_same_issue_twice(db: Database) -> None:
    def twice(session: Session) -> None:
        person = subscribe(session)
        briefing = briefing_for(session, person)
        owing.owe_briefings(session, [briefing], {person.id: person}, NOW)
        owing.owe_briefings(session, [briefing], {person.id: person}, NOW)

    with pytest.raises(IntegrityError):
        db.write_now(twice)


def test_the_next_telling_of_a_story_is_owed_as_well(db: Database) -> None:
    def twice(session: Session) -> None:
        person, alert = subscribe(session), alert_on(session)
        owe_telling(session, alert, person, NOW)
        alert.revision = 2
        owe_telling(session, alert, person, NOW)

    db.write_now(twice)
    assert keys_due(db) == ["alert:1:1:1", "alert:1:2:1"]


def test_an_alert_overtakes_the_briefings_and_the_rest_goes_in_the_order_it_was_owed(db: Database) -> None:
    def owe(session: Session) -> None:
        people = [subscribe(session, f"{name}@example.org") for name in "abc"]
        for person in people:
            owing.owe_briefings(session, [briefing_for(session, person)], {person.id: person}, NOW)
        alert = alert_on(session)
        for person in people[:2]:
            owe_telling(session, alert, person, NOW + MINUTE)

    db.write_now(owe)
    assert keys_due(db) == ["briefing:2026-03-02:1", "briefing:2026-03-02:2", "briefing:2026-03-02:3"]
    later = ["alert:1:1:1", "alert:1:1:2", "briefing:2026-03-02:1", "briefing:2026-03-02:2", "briefing:2026-03-02:3"]
    assert keys_due(db, NOW + MINUTE) == later
    assert keys_due(db, NOW + MINUTE, limit=3) == later[:3]


def test_a_mail_under_way_is_not_sent_by_a_second_worker(db: Database) -> None:
    number = started(db)
    assert keys_due(db) == []
    assert not db.write_now(outbox.start, number, TO, OTHER, "", NOW)
    kept = db.read_now(delivery, number)
    assert (kept.status, kept.attempts, kept.message, kept.message_id) == (DeliveryStatus.SENDING, 1, MAIL, MESSAGE_ID)


def test_a_mail_sent_again_is_the_same_mail(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.refused, number, "451 later", NOW - MINUTE, permanent=False, doubtful=False)
    assert db.write_now(outbox.start, number, TO, OTHER, "", NOW)
    again = db.read_now(delivery, number)
    assert (again.message, again.message_id, again.token, again.attempts) == (MAIL, MESSAGE_ID, "token", 2)


def test_a_mail_that_was_looked_up_before_it_was_refused_is_not_tried_again_at_once(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.refused, number, "451 later", NOW, permanent=False, doubtful=False)
    assert not db.write_now(outbox.start, number, TO, PACKED, "", NOW + timedelta(seconds=5))
    assert db.write_now(outbox.start, number, TO, PACKED, "", NOW + MINUTE)


def test_a_mail_the_server_took_is_settled(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.sent, number, "250 ok", NOW + MINUTE)
    kept = db.read_now(delivery, number)
    assert (kept.status, kept.reply, kept.settled_at) == (DeliveryStatus.SENT, "250 ok", NOW + MINUTE)
    assert keys_due(db, NOW + 24 * HOUR) == []
    assert not db.write_now(outbox.start, number, TO, PACKED, "", NOW)


def test_a_mail_refused_for_the_moment_waits_for_its_time(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.refused, number, "450 greylisted", NOW, permanent=False, doubtful=False)
    assert keys_due(db, NOW + timedelta(seconds=14)) == []
    assert len(keys_due(db, NOW + timedelta(seconds=15))) == 1
    kept = db.read_now(delivery, number)
    assert (kept.reply, kept.doubtful, kept.settled_at) == ("450 greylisted", False, None)


def test_a_mail_once_in_doubt_stays_in_doubt(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.refused, number, "line broke", NOW - MINUTE, permanent=False, doubtful=True)
    db.write_now(outbox.refused, number, "450 later", NOW - MINUTE, permanent=False, doubtful=False)
    assert db.read_now(delivery, number).doubtful


def test_a_mail_refused_for_good_is_given_up(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.refused, number, "550 5.1.1 unknown", NOW + MINUTE, permanent=True, doubtful=False)
    kept = db.read_now(delivery, number)
    assert (kept.status, kept.reply, kept.settled_at) == (DeliveryStatus.FAILED, "550 5.1.1 unknown", NOW + MINUTE)
    assert keys_due(db, NOW + 24 * HOUR) == []


def test_a_server_out_of_reach_does_not_use_up_anybodys_attempts(db: Database) -> None:
    number = started(db)
    db.write_now(outbox.give_back, number, "connection refused", NOW)
    kept = db.read_now(delivery, number)
    assert (kept.status, kept.attempts, kept.reply) == (DeliveryStatus.QUEUED, 0, "connection refused")
    assert len(keys_due(db)) == 1


def test_a_mail_cut_off_by_a_crash_is_owed_again_and_in_doubt(db: Database) -> None:
    number = started(db)
    settled = started(db)
    db.write_now(outbox.sent, settled, "250 ok", NOW)
    waiting = db.write_now(owe_an_alert)
    assert db.write_now(outbox.recover, NOW + HOUR) == 1
    cut_off = db.read_now(delivery, number)
    assert (cut_off.status, cut_off.doubtful, cut_off.next_try_at) == (DeliveryStatus.QUEUED, True, NOW + HOUR)
    assert cut_off.message == MAIL
    assert db.read_now(delivery, settled).status == DeliveryStatus.SENT
    assert not db.read_now(delivery, waiting).doubtful
    assert db.write_now(outbox.recover, NOW + HOUR) == 0


def test_a_subscriber_who_left_gets_nothing_that_was_still_owed(db: Database) -> None:
    waiting, other = db.write_now(owe_an_alert), db.write_now(owe_an_alert, "other@example.org")
    sent = started(db)
    db.write_now(outbox.sent, sent, "250 ok", NOW)
    assert db.write_now(subscribers.remove, "reader@example.org", NOW + MINUTE)
    kept = db.read_now(delivery, waiting)
    assert (kept.status, kept.reply, kept.settled_at) == (
        DeliveryStatus.CANCELLED,
        "the subscriber left",
        NOW + MINUTE,
    )
    assert db.read_now(delivery, sent).status == DeliveryStatus.SENT
    assert [each.delivery.id for each in db.read_now(outbox.next_due, "", NOW + HOUR, 20)] == [other]


def test_a_subscriber_who_leaves_while_their_mail_is_refused_is_not_tried_again(db: Database) -> None:
    number = started(db)
    db.write_now(subscribers.remove, "reader@example.org", NOW)
    db.write_now(outbox.refused, number, "451 later", NOW - MINUTE, permanent=False, doubtful=False)
    assert not db.write_now(outbox.start, number, TO, PACKED, "", NOW)
    assert db.read_now(delivery, number).status == DeliveryStatus.CANCELLED
    assert keys_due(db, NOW + HOUR) == []


@pytest.mark.parametrize("state", [state for state in SubscriberState if state != SubscriberState.CONFIRMED])
def test_only_a_confirmed_subscriber_is_written_to(db: Database, state: SubscriberState) -> None:
    number = db.write_now(owe_an_alert)

    def change(session: Session) -> None:
        session.get_one(Subscriber, 1).state = state

    db.write_now(change)
    assert not db.write_now(outbox.start, number, TO, PACKED, "", NOW)


def test_an_operator_sees_what_waits_since_when_and_why(db: Database) -> None:
    assert db.read_now(outbox.summary) == outbox.Outbox({}, None, None, "", [])
    done, waiting, refused = started(db), started(db), started(db)
    db.write_now(outbox.sent, done, "250 ok", NOW + MINUTE)
    db.write_now(outbox.give_back, waiting, "connection refused", NOW)
    db.write_now(outbox.refused, refused, "550 5.1.1 unknown", NOW, permanent=True, doubtful=False)
    db.write_now(owe_an_alert)
    assert db.read_now(outbox.summary) == outbox.Outbox(
        counts={DeliveryStatus.SENT: 1, DeliveryStatus.QUEUED: 2, DeliveryStatus.FAILED: 1},
        oldest_owed_at=NOW,
        last_sent_at=NOW + MINUTE,
        trouble="connection refused",
        refused=[("reader@example.org", "550 5.1.1 unknown")],
    )


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_worker_does_not_wait_for_a_mail_that_another_is_just_starting(db: Database) -> None:
    number = db.write_now(owe_an_alert)
    with Session(db.engine) as one, Session(db.engine) as two:
        assert outbox.start(one, number, TO, PACKED, "", NOW)
        one.flush()
        assert not outbox.start(two, number, TO, PACKED, "", NOW)
