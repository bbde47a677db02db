"""A warning that is cancelled because its reader is out of reach is one that a fall-back must tell."""

import pytest
from sqlmodel import Session

from monitor.core.bouncing import Fate
from monitor.models import DeliveryStatus, Subscriber
from monitor.store import bounces, outbox, owing, subscribers, suppressions
from monitor.store.db import Database
from monitor.store.subscribers import ALERTS
from tests.store.rows import HOUR, MINUTE, NOW, debt, owe_an_alert

READER = "reader@example.org"
PACKED = outbox.Packed("", "<1@example.org>", b"")


def reader(session: Session) -> Subscriber:
    person = subscribers.by_address(session, READER)
    assert person is not None
    return person


def lost(db: Database) -> int:
    """How many warnings a fall-back has to tell, however long ways may fail."""
    return len(db.read_now(owing.failing_since, "", NOW - HOUR))


@pytest.mark.parametrize("fate", [Fate.HELD, Fate.DEAD])
def test_a_warning_to_somebody_who_is_held_or_found_dead_is_lost(db: Database, fate: Fate) -> None:
    db.write_now(owe_an_alert)

    def fall(session: Session) -> None:
        bounces.hold(session, reader(session), NOW + MINUTE, None)
        subscribers.cancel_owed(session, reader(session), NOW + MINUTE, ALERTS, fate.value)

    assert lost(db) == 0
    db.write_now(fall)
    assert lost(db) == 1


def test_so_is_one_that_was_on_its_way_when_that_was_found(db: Database) -> None:
    number = db.write_now(owe_an_alert)
    assert db.write_now(outbox.start, number, READER, PACKED, "", NOW)
    db.write_now(lambda session: bounces.hold(session, reader(session), NOW + MINUTE, None))
    db.write_now(outbox.refused, number, "452 later", NOW + MINUTE, permanent=False, doubtful=False)
    assert not db.write_now(outbox.start, number, READER, PACKED, "", NOW + HOUR)
    assert lost(db) == 1


def test_so_is_one_to_an_address_that_is_never_written_to(db: Database) -> None:
    number = db.write_now(owe_an_alert)
    db.write_now(suppressions.add, "its mark", "bounced", NOW)
    assert not db.write_now(outbox.start, number, READER, PACKED, "its mark", NOW)
    assert lost(db) == 1


def test_who_has_left_by_themselves_waits_for_no_warning(db: Database) -> None:
    db.write_now(owe_an_alert)
    db.write_now(lambda session: subscribers.leave(session, reader(session), NOW))
    assert db.read_now(lambda session: debt(session, "alert:1:1:1").status) is DeliveryStatus.CANCELLED
    assert lost(db) == 0


def test_nor_does_who_left_alerts_and_was_found_dead_later(db: Database) -> None:
    db.write_now(owe_an_alert)

    def change(session: Session) -> None:
        subscribers.cancel_owed(session, reader(session), NOW, ALERTS)
        bounces.hold(session, reader(session), NOW + MINUTE, None)

    db.write_now(change)
    assert lost(db) == 0


def test_nor_does_who_left_alerts_while_one_was_on_its_way_and_was_held_after_that(db: Database) -> None:
    number = db.write_now(owe_an_alert)

    def change(session: Session) -> None:
        assert outbox.start(session, number, READER, PACKED, "", NOW)
        reader(session).refuses_alerts = True
        bounces.hold(session, reader(session), NOW, None)

    db.write_now(change)
    db.write_now(outbox.refused, number, "452 later", NOW + MINUTE, permanent=False, doubtful=False)
    assert not db.write_now(outbox.start, number, READER, PACKED, "", NOW + HOUR)
    assert lost(db) == 0


def test_nor_does_who_marked_our_mail_as_spam_while_one_was_on_its_way(db: Database) -> None:
    number = db.write_now(owe_an_alert)

    def complain(session: Session) -> None:
        assert outbox.start(session, number, READER, PACKED, "", NOW)
        suppressions.add(session, "its mark", Fate.LEAVES.value, NOW)
        subscribers.leave(session, reader(session), NOW)

    db.write_now(complain)
    db.write_now(outbox.refused, number, "452 later", NOW + MINUTE, permanent=False, doubtful=False)
    assert not db.write_now(outbox.start, number, READER, PACKED, "its mark", NOW + HOUR)
    assert lost(db) == 0
