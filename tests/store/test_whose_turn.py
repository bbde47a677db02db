"""Which feed is asked next, and that nobody asks it twice at once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from monitor.jobs.take_in import Failed, Outcome
from monitor.net.answers import Answer
from monitor.net.fetch import Unchanged
from monitor.store import feeds
from monitor.store.db import Database
from monitor.store.feeds import CLAIM_FOR
from tests.store.rows import HOUR, MINUTE, NOW, feed_named, item, read, visit, wanted, watch

DAY = 24 * HOUR


def claim(db: Database, now: datetime = NOW, limit: int = 10, busy: tuple[str, ...] = (), who: str = "me") -> list[str]:
    return [feed.name for feed in db.write_now(feeds.claim_due, now, limit, busy, who)]


def due_at(db: Database, name: str, moment: datetime) -> None:
    def change(session: Session) -> None:
        feed_named(session, name).next_poll_at = moment

    db.write_now(change)


def good(db: Database, name: str, now: datetime, next_poll_at: datetime) -> None:
    """A visit that went well."""

    def settle(session: Session) -> None:
        row = {"id": feed_named(session, name).id, "last_good_at": now, "next_poll_at": next_poll_at}
        feeds.settle(session, [row], now)

    db.write_now(settle)


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


def test_feeds_that_lead_to_one_host_take_turns_there(db: Database) -> None:
    db.write_now(watch, "herald", "wire", "observer")
    assert sorted(claim(db)) == ["herald", "observer", "wire"]
    for name in ("herald", "wire"):
        led = Unchanged(Answer(304, f"https://feeds.test/{name}", host="feeds.test"))
        db.write_now(visit, led, NOW, name=name)
        due_at(db, name, NOW)
    # The config is read again at every start, and knows nothing of it.
    db.write_now(watch, "herald", "wire", "observer")
    later = NOW + 2 * HOUR
    assert sorted(claim(db, later)) == ["herald", "observer"]
    assert claim(db, later, busy=("feeds.test",)) == []
    assert claim(db, later) == ["wire"]


def test_a_feed_whose_name_and_pace_change_keeps_its_row(db: Database) -> None:
    db.write_now(watch, "herald")
    before = db.read_now(feed_named, "herald")
    good(db, "herald", NOW, NOW + 15 * MINUTE)
    new = feeds.WantedFeed(before.url, "morning", "Morning Herald", "Herald Group", "pl", (), before.host, 5 * MINUTE)
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
    db.write_now(watch, "herald", "wire")
    numbers = [db.read_now(feed_named, name).id for name in ("herald", "wire")]
    claim(db, who="slow")
    claim(db, NOW + 2 * CLAIM_FOR, limit=1, who="next")
    assert db.read_now(feeds.still_claimed, numbers, "slow") == {numbers[1]}
    assert db.read_now(feeds.still_claimed, numbers, "next") == {numbers[0]}


def test_feeds_that_were_claimed_and_never_asked_are_given_back(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    claim(db)
    db.write_now(feeds.let_go, [db.read_now(feed_named, "herald").id], "me")
    assert claim(db, who="next") == ["herald"]


def test_a_feed_whose_server_said_that_it_is_gone_is_asked_no_more_until_the_operator_says_so(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    db.write_now(visit, Failed("http", "410 Gone", gone=True))
    assert claim(db, NOW + 1000 * HOUR) == ["wire"]
    db.write_now(feeds.let_go, [db.read_now(feed_named, "wire").id], "me")
    db.write_now(feeds.make_due, (), NOW)
    assert claim(db, NOW) == ["wire"]
    db.write_now(feeds.make_due, ["herald"], NOW)
    assert claim(db, NOW) == ["herald"]


def test_after_a_restart_nobodys_claims_are_in_the_way(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    claim(db, who="dead")
    db.write_now(feeds.release_claims)
    assert claim(db, who="next") == ["herald", "wire"]


def test_an_operator_sees_since_when_and_why_a_feed_fails_until_it_works_again(db: Database) -> None:
    db.write_now(watch, "herald")
    db.write_now(visit, Failed("http", "503 Busy"), NOW)
    db.write_now(visit, Failed("http", "503 Busy"), NOW + HOUR)
    feed = db.read_now(feed_named, "herald")
    assert (feed.failures, feed.failing_since, feed.trouble_kind, feed.trouble) == (2, NOW, "http", "503 Busy")
    assert (feed.polls, feed.last_polled_at, feed.last_good_at) == (2, NOW + HOUR, None)
    assert (feed.claim, feed.claimed_until, feed.next_poll_at) == ("", None, NOW + HOUR + 30 * MINUTE)
    db.write_now(visit, Unchanged(), NOW + 2 * HOUR)
    feed = db.read_now(feed_named, "herald")
    assert (feed.failures, feed.failing_since, feed.trouble_kind, feed.trouble) == (0, None, "", "")
    assert (feed.polls, feed.last_good_at, feed.next_poll_at) == (3, NOW + 2 * HOUR, NOW + 2 * HOUR + 15 * MINUTE)


def test_an_operator_sees_that_a_feed_came_damaged_until_it_comes_whole(db: Database) -> None:
    db.write_now(watch, "herald")
    for damage in ("cut off in the middle", ""):
        outcome = read([item(1)])
        db.write_now(visit, replace(outcome, parsed=replace(outcome.parsed, damage=damage)))
        feed = db.read_now(feed_named, "herald")
        assert (feed.trouble_kind, feed.trouble) == ("damaged" if damage else "", damage)
        assert (feed.failures, feed.last_good_at) == (0, NOW)


def test_a_permanent_redirect_is_believed_after_a_week_and_doubted_when_it_fails(db: Database) -> None:
    db.write_now(watch, "herald")
    new = "https://new.test/feed"
    moved = Unchanged(Answer(moved_to=new))

    def address_after(outcome: Outcome, days: int) -> str:
        db.write_now(visit, outcome, NOW + days * DAY)
        return db.read_now(feed_named, "herald").address

    old = db.read_now(feed_named, "herald").url
    assert [address_after(moved, day) for day in (0, 3, 6)] == [old] * 3
    assert address_after(Unchanged(), 6) == old
    assert [address_after(moved, day) for day in (8, 14)] == [old] * 2
    assert address_after(moved, 15) == new
    assert address_after(Unchanged(), 16) == new
    assert [address_after(Failed("http", "404"), day) for day in (17, 18, 19)] == [new, new, old]


def test_a_document_that_kills_its_readers_is_left_alone_for_longer_and_longer(db: Database) -> None:
    db.write_now(watch, "herald")
    pauses = []
    for document in ("a", "a", "a", "b", "c", "d"):
        db.write_now(visit, Failed("not a feed", "broke its reader", killer=document))
        feed = db.read_now(feed_named, "herald")
        pauses.append((feed.deaths, feed.next_poll_at - NOW))
    assert pauses == [(1, HOUR / 2), (2, HOUR), (2, HOUR), (3, DAY), (4, 7 * DAY), (5, 7 * DAY)]
    db.write_now(visit, read([item(1)]))
    feed = db.read_now(feed_named, "herald")
    assert (feed.deaths, feed.killer, feed.failures, feed.trouble) == (0, "", 0, "")


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
        first = feeds.claim_due(one, NOW, 10, (), "one")
        assert len(first) == 2
        assert feeds.claim_due(two, NOW, 10, (), "two") == []
