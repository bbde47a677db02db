"""People come, change their mind and go; each gets one issue a day."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from monitor.jobs.take_in import Failed
from monitor.models import SubscriberState
from monitor.store import alerts, briefings, entries, stories, subscribers
from monitor.store.db import Database
from monitor.words import Severity
from tests.store.rows import (
    HOUR,
    NOW,
    alert_on,
    all_entries,
    briefing_for,
    feed_named,
    item,
    start_story,
    subscribe,
    visit,
    watch,
)


def test_someone_added_is_confirmed_from_that_moment(db: Database) -> None:
    person = db.write_now(subscribe)
    assert (person.state, person.created_at, person.confirmed_at) == (SubscriberState.CONFIRMED, NOW, NOW)
    assert db.read_now(subscribers.confirmed) == [person]


def test_someone_added_again_gets_their_new_choices_and_stays_who_they_were(db: Database) -> None:
    first = db.write_now(subscribe)
    again = db.write_now(
        subscribers.add,
        "reader@example.org",
        zone="UTC",
        briefing=False,
        briefing_at=time(6),
        alert_from=None,
        now=NOW + HOUR,
        consent="asked on the phone",
    )
    assert (again.id, again.created_at, again.confirmed_at) == (first.id, NOW, NOW)
    assert (again.zone, again.briefing, again.briefing_at, again.alert_from) == ("UTC", False, time(6), None)
    assert again.consent == "asked on the phone"
    assert len(db.read_now(subscribers.everyone)) == 1


def test_someone_who_left_is_known_but_not_written_to(db: Database) -> None:
    db.write_now(subscribe)
    db.write_now(subscribe, "other@example.org")
    assert db.write_now(subscribers.remove, "reader@example.org", NOW + HOUR)
    assert [person.address for person in db.read_now(subscribers.confirmed)] == ["other@example.org"]
    gone = db.read_now(subscribers.by_address, "reader@example.org")
    assert gone is not None
    assert (gone.state, gone.left_at) == (SubscriberState.LEFT, NOW + HOUR)


def test_nobody_can_leave_twice_or_without_having_come(db: Database) -> None:
    db.write_now(subscribe)
    assert db.write_now(subscribers.remove, "reader@example.org", NOW)
    assert not db.write_now(subscribers.remove, "reader@example.org", NOW + HOUR)
    assert not db.write_now(subscribers.remove, "stranger@example.org", NOW)


def test_someone_who_comes_back_is_confirmed_anew(db: Database) -> None:
    first = db.write_now(subscribe)
    db.write_now(subscribers.remove, "reader@example.org", NOW)
    back = db.write_now(subscribe, now=NOW + HOUR)
    assert (back.id, back.state, back.left_at) == (first.id, SubscriberState.CONFIRMED, None)
    assert (back.created_at, back.confirmed_at) == (NOW, NOW + HOUR)


def test_a_reader_gets_one_issue_a_day(db: Database) -> None:
    person, other = db.write_now(subscribe), db.write_now(subscribe, "other@example.org")
    monday, tuesday = NOW.date(), NOW.date() + timedelta(days=1)
    db.write_now(briefing_for, person, monday)
    assert db.read_now(briefings.written_since, monday) == {(person.id, monday)}
    assert db.read_now(briefings.written_since, monday, [other.id]) == set()
    assert db.read_now(briefings.written_since, tuesday) == set()
    with pytest.raises(IntegrityError):
        db.write_now(briefing_for, person, monday)
    db.write_now(briefing_for, other, monday)
    db.write_now(briefing_for, person, tuesday)


def test_a_readers_next_issue_begins_where_their_own_last_one_ended(db: Database) -> None:
    person, other = db.write_now(subscribe), db.write_now(subscribe, "other@example.org")
    assert db.read_now(briefings.pasts, [person.id]) == {person.id: briefings.Past()}
    for day, upto in ((1, 40), (2, 55)):
        db.write_now(briefing_for, person, date(2026, 3, day), upto)
    db.write_now(briefing_for, other, date(2026, 3, 3), 90)
    pasts = db.read_now(briefings.pasts, [person.id, other.id])
    assert [(past.written_at, past.upto_arrival) for past in pasts.values()] == [(NOW, 55), (NOW, 90)]


def test_a_reader_is_briefed_on_the_window_and_not_on_a_feeds_back_catalogue(db: Database) -> None:
    def happen(session: Session) -> None:
        watch(session, "herald", "wire")
        first = entries.FeedFacts("en", None)
        later = entries.FeedFacts("en", NOW)
        herald, wire = feed_named(session, "herald").id, feed_named(session, "wire").id
        entries.keep_new(session, herald, first, [item(1)], NOW, whole=True)
        entries.keep_new(session, herald, later, [item(3), item(2)], NOW + HOUR, whole=True)
        entries.keep_new(session, wire, later, [item(2)], NOW + HOUR, whole=True)
        stories: dict[str, int] = {}
        for number, entry in enumerate(all_entries(session), 1):
            if entry.title not in stories:
                stories[entry.title] = start_story(session, entry.title, NOW).id
            entry.arrival, entry.story_id = number, stories[entry.title]

    db.write_now(happen)
    told, number, _ = db.read_now(briefings.stories_between, 0, 4)
    assert [story.title for story in told] == ["News number 2", "News number 3"]
    assert [story.publishers for story in told] == [("Herald",), ("Herald",)]
    assert number == 4
    assert db.read_now(briefings.arrival_before, NOW + HOUR) == 1
    told, number, _ = db.read_now(briefings.stories_between, 3, 4)
    assert ([story.title for story in told], number) == (["News number 2"], 1)
    assert len(db.read_now(entries.of_story, 2)) == 2
    assert len(db.read_now(lambda session: list(stories.grouped_since(session, NOW)))) == 4


def test_an_entry_that_an_edit_numbered_anew_does_not_shift_the_window_of_a_first_briefing(db: Database) -> None:
    def happen(session: Session) -> None:
        watch(session, "herald")
        herald = feed_named(session, "herald").id
        entries.keep_new(session, herald, entries.FeedFacts("en", NOW), [item(2), item(1)], NOW, whole=True)
        for number, entry in enumerate(all_entries(session), 1):
            entry.arrival = number
        entry.arrival, entry.revised_at = 9, NOW + 2 * HOUR

    db.write_now(happen)
    assert db.read_now(briefings.arrival_before, NOW + HOUR) == 1
    assert db.read_now(briefings.arrival_before, NOW + 3 * HOUR) == 9


def test_a_story_of_old_items_is_briefed_as_old(db: Database) -> None:
    def happen(session: Session) -> None:
        watch(session, "herald")
        herald = feed_named(session, "herald").id
        long_ago = replace(item(2), published=NOW - 900 * HOUR)
        entries.keep_new(session, herald, entries.FeedFacts("en", NOW), [long_ago, item(1)], NOW, whole=True)
        for number, entry in enumerate(all_entries(session), 1):
            entry.arrival, entry.story_id = number, start_story(session, entry.title, NOW).id

    db.write_now(happen)
    told, _, _ = db.read_now(briefings.stories_between, 0, 2)
    assert [(story.title, story.old) for story in told] == [("News number 1", False), ("News number 2", True)]


def test_a_reader_is_told_which_feeds_nobody_could_read(db: Database) -> None:
    def happen(session: Session) -> None:
        watch(session, "herald", "wire", "gone")
        for name in ("herald", "gone"):
            visit(session, Failed("http", "503 Busy"), name=name)
        watch(session, "herald", "wire")

    db.write_now(happen)
    (blind,) = db.read_now(briefings.blind_spots)
    assert (blind.feed, blind.since) == ("herald", NOW)
    assert "503 Busy" in str(blind)
    assert db.read_now(briefings.watched_feeds) == 2


def test_an_operator_sees_the_latest_alert_with_its_story(db: Database) -> None:
    assert db.read_now(alerts.latest) is None

    def happen(session: Session) -> None:
        alert_on(session, "First")
        second = alert_on(session, "Second")
        second.last_told_at = NOW + HOUR

    db.write_now(happen)
    latest = db.read_now(alerts.latest)
    assert latest is not None
    alert, story = latest
    assert (story.title, alert.severity) == ("Second", Severity.HIGH)
