"""What is written down is read back the same, whatever database the operator chose."""

from datetime import UTC, datetime, time, timedelta, timezone
from itertools import cycle

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError
from sqlmodel import Session, select

from monitor.core.values import Evidence, RuleMatch
from monitor.models import DeliveryKind, DeliveryStatus, JobRun, Match, Silence, Subscriber, SubscriberState
from monitor.store import alerts, job_runs, subscribers
from monitor.store.db import Database
from monitor.words import Disposition, Severity
from tests.store.rows import NOW, all_entries, delivery, item, owe_an_alert, read, start_story, subscribe, visit, watch


def silence(starts_at: datetime, ends_at: datetime) -> Silence:
    return Silence(rule="r", words="", starts_at=starts_at, ends_at=ends_at, author="ops", comment="quiet, please")


def test_an_operator_in_another_zone_reads_the_same_moment_in_utc(db: Database) -> None:
    warsaw = timezone(timedelta(hours=1), "CET")
    starts, ends = datetime(2026, 3, 2, 13, 0, 0, 123456, warsaw), datetime(2026, 3, 3, 0, 30, tzinfo=warsaw)
    db.write_now(lambda session: session.add(silence(starts, ends)))
    kept = db.read_now(lambda session: session.exec(select(Silence)).one())
    assert (kept.starts_at, kept.ends_at) == (starts, ends)
    assert kept.starts_at.isoformat() == "2026-03-02T12:00:00.123456+00:00"
    assert kept.ends_at.isoformat() == "2026-03-02T23:30:00+00:00"


def test_a_time_without_a_zone_is_refused_before_it_can_mislead_anybody(db: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="a time without a zone"):
        db.write_now(lambda session: session.add(silence(naive, NOW)))
    with pytest.raises(StatementError, match="a time without a zone"):
        db.read_now(lambda session: session.exec(select(Silence).where(Silence.ends_at > naive)).all())
    assert db.read_now(lambda session: session.exec(select(Silence)).all()) == []


def test_moments_are_compared_as_moments(db: Database) -> None:
    almost = NOW - timedelta(microseconds=1)
    db.write_now(lambda session: session.add_all([silence(almost, almost), silence(NOW, NOW)]))
    plus_nine = NOW.astimezone(timezone(timedelta(hours=9)))
    over = db.read_now(lambda session: session.exec(select(Silence).where(Silence.ends_at < plus_nine)).all())
    assert [each.ends_at for each in over] == [almost]


@pytest.mark.parametrize(("state", "alert_from"), list(zip(cycle(SubscriberState), [None, *Severity], strict=False)))
def test_a_subscribers_choices_are_kept(db: Database, state: SubscriberState, alert_from: Severity | None) -> None:
    def change(session: Session) -> None:
        person = subscribe(session)
        person.state, person.alert_from, person.briefing_at = state, alert_from, time(6, 45)

    db.write_now(change)
    person = db.read_now(subscribers.by_address, "reader@example.org")
    assert person is not None
    assert (person.state, person.alert_from, person.briefing_at) == (state, alert_from, time(6, 45))
    assert isinstance(person.state, SubscriberState)
    assert person.alert_from is None or isinstance(person.alert_from, Severity)


def test_a_decision_is_kept_with_its_evidence_and_its_words_can_be_read_without_the_program(db: Database) -> None:
    evidence = (Evidence("title", 0, 4, "żółw", "żółw*"), Evidence("summary", 3, 7, "🐢 ok", "ok"))
    match = RuleMatch("turtles", Severity.CRITICAL, evidence, evidence[:1])

    def decide(session: Session) -> None:
        watch(session, "herald")
        visit(session, read([item(1)]))
        (entry,) = all_entries(session)
        entry.story_id = start_story(session, entry.title, NOW).id
        alerts.record(session, entry, match, Disposition.ALERTED, "3 of 3 by publisher", None, NOW)

    db.write_now(decide)
    kept = db.read_now(lambda session: session.exec(select(Match)).one())
    assert (kept.severity, kept.disposition) == (Severity.CRITICAL, Disposition.ALERTED)
    assert alerts.evidence_of(kept.evidence) == evidence
    assert alerts.evidence_of(kept.held_by) == evidence[:1]
    assert kept.note == "3 of 3 by publisher"
    with db.engine.connect() as connection:
        words = connection.execute(text("SELECT severity, disposition FROM matches")).one()
    assert tuple(words) == ("critical", "alerted")


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_a_delivery_keeps_its_state_and_the_very_bytes_of_its_mail(db: Database, status: DeliveryStatus) -> None:
    content = bytes(range(256)) * 40

    def change(session: Session) -> int:
        kept = delivery(session, owe_an_alert(session))
        kept.status, kept.message = status, content
        return kept.id

    number = db.write_now(change)
    kept = db.read_now(delivery, number)
    assert (kept.status, kept.kind, kept.message) == (status, DeliveryKind.ALERT, content)


def test_what_someone_changes_while_only_asking_is_not_kept(db: Database) -> None:
    db.read_now(subscribe, "nobody@example.org")
    assert db.read_now(subscribers.everyone) == []


def test_a_change_that_breaks_midway_leaves_nothing_behind(db: Database) -> None:
    def breaks(session: Session) -> None:
        subscribe(session, "nobody@example.org")
        session.commit_everything()  # type: ignore[attr-defined]

    with pytest.raises(AttributeError):
        db.write_now(breaks)
    assert db.read_now(subscribers.everyone) == []


def test_an_operator_sees_how_each_job_went_last(db: Database) -> None:
    db.write_now(job_runs.went_wrong, "poll", "ValueError: no", NOW)
    db.write_now(job_runs.went_wrong, "poll", "ValueError: again", NOW)
    db.write_now(job_runs.went_well, "brief", NOW)
    runs = db.read_now(job_runs.everything)
    assert [(run.job, run.failures, run.trouble) for run in runs] == [
        ("brief", 0, ""),
        ("poll", 2, "ValueError: again"),
    ]
    db.write_now(job_runs.went_well, "poll", NOW + timedelta(minutes=1))
    poll = db.read_now(lambda session: session.get_one(JobRun, "poll"))
    assert (poll.failures, poll.trouble, poll.ran_at) == (2, "", datetime(2026, 3, 2, 12, 1, tzinfo=UTC))


def test_a_subscriber_list_of_nobody_is_empty(db: Database) -> None:
    assert db.read_now(lambda session: session.exec(select(Subscriber)).all()) == []
