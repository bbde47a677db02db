"""Who is to hear what, and when, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from monitor.models import Alert, DeliveryStatus, Hearing, Repair, RepairKind, Silence, Telling
from monitor.store import alerts, owing, silences, stories, tellings
from monitor.store.db import Database
from monitor.words import Cause, Severity, Wait
from tests.store.rows import HOUR, MINUTE, NOW, alert_on, delivery, start_story, subscribe

READER, OTHER = "person:1", "person:2"


def tell(session: Session, alert: Alert, *causes: Cause, at: datetime = NOW) -> Telling:
    _, telling = tellings.tell(
        session,
        alert,
        alert.story_id,
        causes=causes or (Cause.RULE,),
        rules={"strike": Severity.CRITICAL, "incursion": Severity.HIGH},
        entry_id=None,
        voices=2,
        now=at,
    )
    return telling


def hear(session: Session, telling: Telling, due_at: datetime | None, wait: Wait | None, to: str = READER) -> Hearing:
    hearing = Hearing(
        telling_id=telling.id, alert_id=telling.alert_id, listener=to, at=telling.told_at, due_at=due_at, wait=wait,
        rule="strike", severity=Severity.CRITICAL,
    )  # fmt: skip
    session.add(hearing)
    session.flush()
    return hearing


def test_a_telling_keeps_its_causes_and_its_rules_the_weightiest_first(db: Database) -> None:
    def write(session: Session) -> None:
        tell(session, alert_on(session, revision=1), Cause.RAISED, Cause.VOICES)

    db.write_now(write)
    (told,) = db.read_now(tellings.of_alert, 1)
    assert told.causes == (Cause.RAISED, Cause.VOICES)
    assert list(told.rules.items()) == [("strike", "critical"), ("incursion", "high")]
    assert (told.revision, told.severity) == (2, Severity.CRITICAL)


def test_nobody_is_to_hear_the_same_telling_twice(db: Database) -> None:
    def twice(session: Session) -> None:
        telling = tell(session, alert_on(session))
        hear(session, telling, NOW, None)
        hear(session, telling, NOW, None)

    with pytest.raises(IntegrityError):
        db.write_now(twice)


def test_what_is_gathered_leaves_together_and_what_is_held_waits(db: Database) -> None:
    def write(session: Session) -> None:
        one, two = tell(session, alert_on(session)), tell(session, alert_on(session))
        hear(session, one, NOW + MINUTE, Wait.FLOOD)
        hear(session, two, NOW + 5 * MINUTE, Wait.GATHERED)
        hear(session, one, NOW + HOUR, Wait.QUIET, OTHER)
        hear(session, two, None, Wait.MUTED, OTHER)

    db.write_now(write)
    assert db.read_now(tellings.leaving) == {READER: NOW + MINUTE}
    assert not db.read_now(tellings.any_due, NOW)
    assert db.read_now(tellings.any_due, NOW + MINUTE)
    due = db.read_now(tellings.due, NOW + MINUTE)
    assert {key: [each.wait for each in found] for key, found in due.items()} == {READER: [Wait.FLOOD, Wait.GATHERED]}
    assert {key: len(found) for key, found in db.read_now(tellings.due, NOW + HOUR).items()} == {READER: 2, OTHER: 1}
    assert db.read_now(tellings.heard_as_critical, 1) == {READER, OTHER}


def test_what_is_owed_is_due_no_more_and_what_it_told_is_found_by_the_message(db: Database) -> None:
    def write(session: Session) -> int:
        person, alert = subscribe(session), alert_on(session)
        telling = tell(session, alert)
        hearing = hear(session, telling, NOW, None)
        owed = owing.owe_alert(session, alert.id, telling.revision, owing.Address(person.id, person.address), NOW)
        tellings.sent_with(session, [hearing], owed)
        return owed.id

    number = db.write_now(write)
    assert db.read_now(tellings.due, NOW + HOUR) == {}
    [(telling, hearing)] = db.read_now(tellings.told_by, number)
    assert (telling.revision, hearing.listener) == (2, READER)
    assert db.read_now(tellings.told_to, READER, [telling.id])
    assert not db.read_now(tellings.told_to, OTHER, [telling.id])
    assert db.read_now(tellings.heard_revisions, 1, READER) == {2}


def test_an_escalation_is_due_once_begins_anew_and_ends(db: Database) -> None:
    def write(session: Session) -> None:
        alert = alert_on(session)
        tellings.escalate(session, alert.id, "strike", NOW + HOUR)
        tellings.escalate(session, alert.id, "strike", NOW + MINUTE)

    db.write_now(write)
    assert db.read_now(tellings.escalates_at, 1) == NOW + MINUTE
    assert [each.rule for each in db.read_now(tellings.escalations_due, NOW + MINUTE)] == ["strike"]
    db.write_now(tellings.end_escalations, 1, NOW)
    assert db.read_now(tellings.escalates_at, 1) is None
    assert db.read_now(tellings.escalations_due, NOW + HOUR) == []


def test_a_way_that_fails_is_told_of_once_an_alert_and_an_unknown_channel_owes_nothing(db: Database) -> None:
    def write(session: Session) -> None:
        people = [subscribe(session, f"{name}@example.org") for name in "abc"]
        alert = alert_on(session)
        for person in people:
            owing.owe_alert(session, alert.id, 1, owing.Address(person.id, person.address), NOW)
        owing.owe_alert(session, alert.id, 1, owing.Address(None, "pager", "pager"), NOW)

    db.write_now(write)
    assert db.read_now(owing.failing_since, "", NOW - MINUTE) == []
    assert [each.id for each in db.read_now(owing.failing_since, "", NOW)] == [1]
    assert [each.channel for each in db.read_now(owing.failing_since, "pager", NOW)] == ["pager"]
    assert db.write_now(owing.cancel_unknown, {"pager"}, NOW) == 0
    assert db.write_now(owing.cancel_unknown, (), NOW) == 1
    assert db.read_now(delivery, 4).status == DeliveryStatus.CANCELLED
    assert db.read_now(delivery, 1).status == DeliveryStatus.QUEUED


def test_a_mute_is_in_force_until_it_ends_and_only_its_owner_ends_it(db: Database) -> None:
    silence = Silence(
        rule="", source="Wire", story_id=7, subscriber_id=1, starts_at=NOW, ends_at=NOW + HOUR, author="eva",
        comment="known",
    )  # fmt: skip
    number = db.write_now(silences.add, silence)
    assert [each.source for each in db.read_now(silences.active, NOW)] == ["Wire"]
    assert not db.write_now(silences.expire, number, NOW + MINUTE, 2)
    assert db.write_now(silences.expire, number, NOW + MINUTE, 1)
    assert db.read_now(silences.active, NOW + MINUTE) == []


def test_the_alert_of_a_story_is_found_from_what_was_split_off_it(db: Database) -> None:
    def write(session: Session) -> tuple[int, int]:
        alert, part = alert_on(session), start_story(session, "A part", NOW + timedelta(hours=1))
        session.add(Repair(at=NOW, kind=RepairKind.SPLIT, story_id=part.id, other_id=alert.story_id))
        return alert.story_id, part.id

    whole, part = db.write_now(write)
    found = db.read_now(alerts.of_stories, {whole, part, 99})
    assert {story: alert.id for story, alert in found.items()} == {whole: 1, part: 1}
    assert db.read_now(stories.split_from, [part]) == [(part, whole)]
    assert [alert.id for alert in db.read_now(alerts.of_same_story, whole)] == [1]
