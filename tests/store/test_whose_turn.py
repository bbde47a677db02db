"""Which feed is asked next, and that nobody asks it twice at once."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from monitor.models import Feed
from monitor.store import feeds
from monitor.store.db import Database
from monitor.store.feeds import CLAIM_FOR
from tests.store.rows import HOUR, MINUTE, NOW, feed_named, wanted, watch


def claim(db: Database, now: datetime = NOW, limit: int = 10, busy: tuple[str, ...] = (), who: str = "me") -> list[str]:
    return [feed.name for feed in db.write_now(feeds.claim_due, now, limit, busy, who)]


def due_at(db: Database, name: str, moment: datetime) -> None:
    def change(session: Session) -> None:
        feed_named(session, name).next_poll_at = moment

    db.write_now(change)


def good(db: Database, name: str, now: datetime, next_poll_at: datetime) -> None:
    db.write_now(lambda session: feeds.record_good(feed_named(session, name), now, next_poll_at))


def test_a_feed_new_to_the_config_is_asked_at_once(db: Database) -> None:
    db.write_now(feeds.sync, [wanted("herald", publisher="The Herald")], NOW)
    feed = db.read_now(feed_named, "herald")
    assert (feed.url, feed.publisher, feed.language) == ("https://herald.test/herald", "The Herald", "en")
    assert (feed.every_seconds, feed.next_poll_at, feed.retired_at) == (900, NOW, None)
    assert claim(db) == ["herald"]


def test_a_feed_gone_from_the_config_is_asked_no_more_and_keeps_its_history(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    good(db, "herald", NOW, NOW)
    db.write_now(lambda session: watch(session, "wire", now=NOW + HOUR))
    gone = db.read_now(feed_named, "herald")
    assert (gone.retired_at, gone.polls, gone.last_good_at) == (NOW + HOUR, 1, NOW)
    assert claim(db, NOW + 2 * HOUR) == ["wire"]
    assert [feed.name for feed in db.read_now(feeds.watched)] == ["wire"]
    db.write_now(lambda session: watch(session, "wire", now=NOW + 3 * HOUR))
    assert db.read_now(feed_named, "herald").retired_at == NOW + HOUR


def test_a_feed_back_in_the_config_is_asked_at_once(db: Database) -> None:
    db.write_now(watch, "herald")
    good(db, "herald", NOW, NOW + 24 * HOUR)
    db.write_now(watch)
    db.write_now(lambda session: watch(session, "herald", now=NOW + HOUR))
    back = db.read_now(feed_named, "herald")
    assert (back.retired_at, back.next_poll_at, back.polls) == (None, NOW + HOUR, 1)


def test_a_feed_whose_name_and_pace_change_keeps_its_row(db: Database) -> None:
    db.write_now(watch, "herald")
    before = db.read_now(feed_named, "herald")
    good(db, "herald", NOW, NOW + 15 * MINUTE)
    new = feeds.WantedFeed(before.url, "morning", "Morning Herald", "pl", (), before.host, 5 * MINUTE)
    db.write_now(feeds.sync, [new], NOW + MINUTE)
    after = db.read_now(feed_named, "morning")
    assert (after.id, after.publisher, after.language, after.every_seconds) == (before.id, "Morning Herald", "pl", 300)
    assert after.next_poll_at == NOW + 6 * MINUTE


def test_a_restart_does_not_hurry_a_feed_that_was_asked_just_now(db: Database) -> None:
    db.write_now(watch, "herald")
    good(db, "herald", NOW, NOW + 15 * MINUTE)
    db.write_now(lambda session: watch(session, "herald", now=NOW + MINUTE))
    assert db.read_now(feed_named, "herald").next_poll_at == NOW + 15 * MINUTE


def test_a_publisher_with_many_feeds_is_asked_for_one_at_a_time(db: Database) -> None:
    db.write_now(feeds.sync, [*(wanted(name, host="herald.test") for name in "abc"), wanted("wire")], NOW)
    assert claim(db) == ["a", "wire"]


def test_a_feed_one_worker_asks_is_not_asked_by_another(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    assert claim(db, limit=1, who="one") == ["herald"]
    assert claim(db, who="two") == ["wire"]
    assert claim(db, who="three") == []


def test_a_host_that_is_being_asked_is_left_alone(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    assert claim(db, busy=("herald.test",)) == ["wire"]


def test_a_feed_is_not_asked_before_its_time_and_the_longest_overdue_goes_first(db: Database) -> None:
    db.write_now(watch, "early", "late", "later")
    due_at(db, "early", NOW + timedelta(microseconds=1))
    due_at(db, "later", NOW - HOUR)
    assert claim(db) == ["later", "late"]


def test_a_feed_whose_worker_died_is_asked_again_after_a_while(db: Database) -> None:
    db.write_now(watch, "herald")
    assert claim(db, who="dead") == ["herald"]
    assert claim(db, NOW + CLAIM_FOR, who="next") == []
    assert claim(db, NOW + CLAIM_FOR + timedelta(microseconds=1), who="next") == ["herald"]


def test_a_worker_who_comes_too_late_settles_nothing(db: Database) -> None:
    db.write_now(watch, "herald")
    number = db.read_now(feed_named, "herald").id
    claim(db, who="slow")
    claim(db, NOW + 2 * CLAIM_FOR, who="next")
    assert db.read_now(feeds.claimed, number, "slow") is None
    mine = db.read_now(feeds.claimed, number, "next")
    assert mine is not None
    assert mine.claim == "next"
    assert db.read_now(feeds.claimed, number + 1, "next") is None


def test_after_a_restart_nobodys_claims_are_in_the_way(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    claim(db, who="dead")
    db.write_now(feeds.release_claims)
    assert claim(db, who="next") == ["herald", "wire"]


def test_an_operator_sees_since_when_and_why_a_feed_fails_until_it_works_again(db: Database) -> None:
    db.write_now(watch, "herald")

    def fails(session: Session, now: datetime) -> None:
        feeds.record_trouble(feed_named(session, "herald"), now, now + HOUR, "http", "503 Busy")

    claim(db)
    db.write_now(fails, NOW)
    db.write_now(fails, NOW + HOUR)
    feed = db.read_now(feed_named, "herald")
    assert (feed.failures, feed.failing_since, feed.trouble_kind, feed.trouble) == (2, NOW, "http", "503 Busy")
    assert (feed.polls, feed.last_polled_at, feed.last_good_at) == (2, NOW + HOUR, None)
    assert (feed.claim, feed.claimed_until, feed.next_poll_at) == ("", None, NOW + 2 * HOUR)
    good(db, "herald", NOW + 2 * HOUR, NOW + 3 * HOUR)
    feed = db.read_now(feed_named, "herald")
    assert (feed.failures, feed.failing_since, feed.trouble_kind, feed.trouble) == (0, None, "", "")
    assert (feed.polls, feed.last_good_at, feed.next_poll_at) == (3, NOW + 2 * HOUR, NOW + 3 * HOUR)


def test_an_operator_sees_that_a_feed_came_damaged_until_it_comes_whole(db: Database) -> None:
    db.write_now(watch, "herald")

    def comes(session: Session, damage: str) -> None:
        feeds.record_good(feed_named(session, "herald"), NOW, NOW + HOUR, damage)

    db.write_now(comes, "cut off in the middle")
    feed = db.read_now(feed_named, "herald")
    assert (feed.trouble_kind, feed.trouble, feed.failures) == ("damaged", "cut off in the middle", 0)
    assert feed.last_good_at == NOW
    db.write_now(comes, "")
    feed = db.read_now(feed_named, "herald")
    assert (feed.trouble_kind, feed.trouble) == ("", "")


@pytest.mark.parametrize(
    ("said", "due"),
    [((), {"herald", "wire"}), (("wire",), {"wire"}), (("https://wire.test/wire",), {"wire"}), (("none",), set())],
)
def test_an_operator_makes_feeds_due_by_name_or_address(db: Database, said: tuple[str, ...], due: set[str]) -> None:
    db.write_now(watch, "herald", "wire", "gone")
    db.write_now(watch, "herald", "wire")
    for name in ("herald", "wire"):
        good(db, name, NOW, NOW + HOUR)
    assert {feed.name for feed in db.write_now(feeds.make_due, said, NOW)} == due
    assert set(claim(db)) == due


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_worker_does_not_wait_for_feeds_that_another_is_just_claiming(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    with Session(db.engine) as one, Session(db.engine) as two:
        first: list[Feed] = feeds.claim_due(one, NOW, 10, (), "one")
        assert len(first) == 2
        assert feeds.claim_due(two, NOW, 10, (), "two") == []
