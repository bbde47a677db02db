"""What triage finds and what it writes down, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from monitor.models import Story
from monitor.store import arrivals, entries, stories
from monitor.store.arrivals import NewStory, Teller
from monitor.store.db import Database
from monitor.store.entries import FeedFacts
from tests.store.rows import HOUR, NOW, all_entries, feed_named, item, start_story, watch


@pytest.fixture(autouse=True)
def two_items(db: Database) -> None:
    def take(session: Session) -> None:
        watch(session, "herald", "wire")
        for name, number in (("herald", 2), ("wire", 1)):
            feed = feed_named(session, name)
            entries.keep_new(session, feed.id, FeedFacts("en", NOW), [item(number)], NOW, whole=True)

    db.write_now(take)


def test_stories_that_begin_in_one_batch_get_numbers_that_nobody_has(db: Database) -> None:
    def batch(session: Session) -> list[int]:
        taken = start_story(session, "Older", NOW).id
        numbers = list(arrivals.story_ids(session, 2))
        waiting = arrivals.waiting(session, 10)
        named = [NewStory(number, each.title, NOW) for number, each in zip(numbers, waiting, strict=True)]
        placed = [
            replace(each, arrival=number, story_id=story.id)
            for number, (each, story) in enumerate(zip(waiting, named, strict=True), 1)
        ]
        arrivals.write(session, placed, named, NOW)
        return [taken, *numbers]

    numbers = db.write_now(batch)
    assert len(set(numbers)) == 3
    assert db.read_now(arrivals.waiting, 10) == []
    assert [(each.arrival, each.story_id) for each in db.read_now(all_entries)] == [(1, numbers[1]), (2, numbers[2])]
    # Whoever starts a story by itself afterwards gets a further number.
    assert db.write_now(start_story, "Later", NOW).id not in numbers
    [first, *_] = db.read_now(lambda session: list(stories.grouped_since(session, NOW)))
    assert (first.story_id, first.title, first.canonical_link, first.began_at) == (
        numbers[1],
        "News number 2",
        "herald.test/2",
        NOW,
    )


def test_a_story_that_is_told_again_says_when(db: Database) -> None:
    def again(session: Session) -> None:
        story = start_story(session, "Older", NOW).id
        first = arrivals.waiting(session, 1)[0]
        told = replace(first, arrival=1, story_id=story)
        arrivals.write(session, [told], [], NOW + HOUR)

    db.write_now(again)
    (story,) = db.read_now(lambda session: session.exec(select(Story).order_by(col(Story.id))).all())
    assert (story.first_seen_at, story.last_seen_at) == (NOW, NOW + HOUR)


def test_a_feed_that_was_first_is_credited_and_its_older_credit_fades(db: Database) -> None:
    feed = db.read_now(feed_named, "wire")
    db.write_now(arrivals.credit, {feed.id: 2}, NOW)
    db.write_now(arrivals.credit, {feed.id: 1}, NOW + timedelta(weeks=2))
    credited = db.read_now(feed_named, "wire")
    assert (credited.lead, credited.led_at) == (2.0, NOW + timedelta(weeks=2))
    assert db.read_now(feed_named, "herald").led_at is None
    assert db.read_now(arrivals.tellers, {feed.id}) == {feed.id: Teller(feed.id, "wire", "Herald", "Herald", [])}
