"""A feed's news is kept once, and together with the feed's own state or not at all."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from monitor.jobs.poll import Failed, Outcome, take_in
from monitor.models import Entry
from monitor.net.fetch import Unchanged
from monitor.store import entries, feeds
from monitor.store.db import Database
from tests.store.rows import HOUR, MINUTE, NOW, all_entries, feed_named, item, read, watch


def visit(session: Session, outcome: Outcome, now: datetime = NOW, who: str = "me") -> int:
    """A whole visit to the one feed there is, due or not."""
    feed = feed_named(session, "herald")
    feed.claim = who
    session.flush()
    return take_in(session, feed.id, who, outcome, now, 0.5)


@pytest.fixture(autouse=True)
def one_feed(db: Database) -> None:
    db.write_now(watch, "herald")


def titles(db: Database) -> list[str]:
    return [entry.title for entry in db.read_now(all_entries)]


def test_a_readers_news_and_the_state_of_its_feed_are_kept_together(db: Database) -> None:
    assert db.write_now(visit, read([item(1), item(2), item(3)])) == 3
    feed = db.read_now(feed_named, "herald")
    assert (feed.body_hash, feed.etag, feed.last_modified) == ("digest-1", '"v1"', "Mon, 02 Mar 2026 11:00:00 GMT")
    assert (feed.last_good_at, feed.last_new_at, feed.polls, feed.claim) == (NOW, NOW, 1, "")
    assert feed.next_poll_at == NOW + 15 * MINUTE
    # Feeds list the newest first; the oldest news arrives first.
    assert titles(db) == ["News number 3", "News number 2", "News number 1"]


def test_an_entry_is_kept_as_its_feed_told_it(db: Database) -> None:
    db.write_now(visit, read([item(1, link="https://www.herald.test/1/?utm_source=rss")]))
    (entry,) = db.read_now(all_entries)
    assert (entry.guid, entry.link) == ("guid-1", "https://www.herald.test/1/?utm_source=rss")
    assert (entry.canonical_link, entry.tags, entry.language) == ("herald.test/1", ["politics"], "en")
    assert (entry.published_at, entry.arrived_at) == (NOW - MINUTE, NOW)
    assert (entry.previous_poll_at, entry.arrival, entry.story_id) == (None, None, None)


def test_an_entry_of_a_later_visit_says_when_the_feed_was_last_heard(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    db.write_now(visit, Failed("http", "503"), NOW + HOUR)
    db.write_now(visit, read([item(2), item(1)]), NOW + 2 * HOUR)
    _, later = db.read_now(all_entries)
    assert (later.title, later.previous_poll_at, later.arrived_at) == ("News number 2", NOW, NOW + 2 * HOUR)


async def test_a_crash_before_the_end_keeps_neither_news_nor_state(db: Database) -> None:
    def crashes(session: Session) -> None:
        assert visit(session, read([item(1)])) == 1
        session.flush()
        raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError, match="power"):
        await db.write(crashes)
    feed = await db.read(feed_named, "herald")
    assert (feed.body_hash, feed.etag, feed.polls, feed.last_good_at) == ("", "", 0, None)
    assert await db.read(all_entries) == []
    assert await db.write(visit, read([item(1)])) == 1


async def test_a_crash_just_before_the_commit_keeps_neither_news_nor_state(db: Database, url: str) -> None:
    def dies(point: str) -> None:
        if point == "before commit of visit":
            raise RuntimeError("the power went out")

    doomed = Database(url, dies)
    try:
        with pytest.raises(RuntimeError, match="power"):
            await doomed.write(visit, read([item(1)]))
    finally:
        doomed.close()
    assert await db.read(all_entries) == []
    assert (await db.read(feed_named, "herald")).polls == 0


async def test_a_crash_just_after_the_commit_has_kept_both(db: Database, url: str) -> None:
    def dies(point: str) -> None:
        if point == "after commit of visit":
            raise RuntimeError("the power went out")

    doomed = Database(url, dies)
    try:
        with pytest.raises(RuntimeError, match="power"):
            await doomed.write(visit, read([item(1)]))
    finally:
        doomed.close()
    assert len(await db.read(all_entries)) == 1
    assert (await db.read(feed_named, "herald")).polls == 1


def test_a_worker_whose_claim_has_passed_on_writes_nothing(db: Database) -> None:
    def too_late(session: Session) -> int:
        feed = feed_named(session, "herald")
        feed.claim, feed.claimed_until = "next", NOW + HOUR
        session.flush()
        return take_in(session, feed.id, "slow", read([item(1)]), NOW, 0.5)

    assert db.write_now(too_late) == 0
    assert db.read_now(all_entries) == []
    feed = db.read_now(feed_named, "herald")
    assert (feed.claim, feed.claimed_until, feed.polls) == ("next", NOW + HOUR, 0)


def test_a_feed_that_has_not_changed_is_well_and_tells_nothing_new(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    assert db.write_now(visit, Unchanged(), NOW + HOUR) == 0
    feed = db.read_now(feed_named, "herald")
    assert (feed.etag, feed.last_good_at, feed.last_new_at) == ('"v1"', NOW + HOUR, NOW)


def test_a_feed_in_trouble_is_asked_less_often_but_within_a_day(db: Database) -> None:
    pauses = []
    for number in range(9):
        now = NOW + number * 24 * HOUR
        db.write_now(visit, Failed("http", "503"), now)
        pauses.append(db.read_now(feed_named, "herald").next_poll_at - now)
    assert pauses[:3] == [30 * MINUTE, HOUR, 2 * HOUR]
    assert pauses[-1] == 24 * HOUR
    db.write_now(visit, Failed("http", "429", timedelta(hours=5)))
    db.write_now(visit, Unchanged())
    assert db.read_now(feed_named, "herald").next_poll_at == NOW + 15 * MINUTE


def test_after_an_outage_of_our_own_line_every_feed_is_asked_again_within_half_an_hour(db: Database) -> None:
    for number in range(9):
        db.write_now(visit, Failed("dns", "no address known"), NOW + number * HOUR)
    assert db.read_now(feed_named, "herald").next_poll_at == NOW + 8 * HOUR + 30 * MINUTE


def test_the_same_news_a_second_time_is_no_news(db: Database) -> None:
    news = [item(number) for number in range(5)]
    assert db.write_now(visit, read(news)) == 5
    assert db.write_now(visit, read(reversed(news)), NOW + HOUR) == 0
    assert len(titles(db)) == 5
    assert db.read_now(feed_named, "herald").last_new_at == NOW


def test_a_corrected_headline_under_the_same_guid_is_no_news(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    assert db.write_now(visit, read([item(1, title="News number one, corrected")]), NOW + HOUR) == 0


def test_a_feed_that_changes_its_guids_does_not_tell_everything_again(db: Database) -> None:
    db.write_now(visit, read([item(number) for number in range(5)]))
    churned = [item(number, guid=f"other-{number}") for number in range(5)]
    assert db.write_now(visit, read([item(9), *churned]), NOW + HOUR) == 1
    assert titles(db)[-1] == "News number 9"


def test_ten_items_under_one_guid_are_ten_pieces_of_news(db: Database) -> None:
    news = [item(number, guid="the same for all") for number in range(10)]
    assert db.write_now(visit, read(news)) == 10
    assert db.write_now(visit, read(news), NOW + HOUR) == 0
    assert db.write_now(visit, read(news[:1]), NOW + 2 * HOUR) == 0


def test_an_item_listed_twice_in_one_document_is_kept_once(db: Database) -> None:
    assert db.write_now(visit, read([item(1), item(2), item(1)])) == 2


def test_items_without_guid_or_link_are_known_again_by_title_and_day(db: Database) -> None:
    news = [item(number, guid="", link="") for number in range(3)]
    assert db.write_now(visit, read(news)) == 3
    assert db.write_now(visit, read(news), NOW + HOUR) == 0


def test_a_feed_of_a_thousand_items_is_taken_in_at_once(db: Database) -> None:
    news = [item(number) for number in range(1_000)]
    assert db.write_now(visit, read(news)) == 1_000
    assert db.write_now(visit, read([item(1_000), *news]), NOW + HOUR) == 1


def test_the_same_item_in_two_feeds_is_kept_for_both(db: Database) -> None:
    def other(session: Session) -> int:
        watch(session, "herald", "wire")
        return entries.keep_new(session, feed_named(session, "wire"), [item(1)], NOW)

    db.write_now(visit, read([item(1)]))
    assert db.write_now(other) == 1


def test_an_operator_can_see_what_would_be_news_without_keeping_it(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    feed = db.read_now(feed_named, "herald")
    assert db.read_now(entries.unknown, feed.id, [item(2), item(1)]) == [item(2)]
    assert len(titles(db)) == 1


def test_an_operator_finds_an_entry_by_its_link_or_by_words_of_its_title(db: Database) -> None:
    db.write_now(visit, read([item(1, title="100% of votes_counted"), item(2, title="Other news")]))

    def found(words: str) -> list[str]:
        return [entry.title for entry, _ in db.read_now(entries.find, words)]

    assert found("http://www.herald.test/1/?utm_medium=x#top") == ["100% of votes_counted"]
    assert found("OTHER") == ["Other news"]
    assert found("0% of VOTES_") == ["100% of votes_counted"]
    assert found("s%counted") == []


def test_entries_wait_for_triage_in_the_order_they_came(db: Database) -> None:
    db.write_now(visit, read([item(2), item(1)]))

    def number_first(session: Session) -> None:
        first: Entry = entries.untriaged(session, 1)[0]
        first.arrival = 7

    db.write_now(number_first)
    assert [entry.title for entry in db.read_now(entries.untriaged, 10)] == ["News number 2"]
    assert db.read_now(entries.latest_arrival) == 7
    assert db.read_now(entries.count_since, NOW) == 2
    assert db.read_now(entries.count_since, NOW + MINUTE) == 0
    assert db.read_now(feeds.watched)[0].last_new_at == NOW
