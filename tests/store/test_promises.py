"""What is written down of hubs and their promises, on both databases."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlmodel import Session, select

from monitor.models import Feed, Push, PushState
from monitor.store import pushes
from monitor.store.db import Database
from monitor.store.standing import standing
from tests.store.rows import HOUR, MINUTE, NOW, feed_named, watch

BASE = "https://watch.test"
DAY = timedelta(days=1)


@pytest.fixture
def word() -> Callable[[], str]:
    numbers = count()
    return lambda: f"word-{next(numbers)}"


@pytest.fixture
def session(db: Database) -> Iterator[Session]:
    """Three feeds: two name the same hub, the third none."""
    with Session(db.engine.execution_options(writing=True)) as session, session.begin():
        watch(session, "wire", "herald", "gazette")
        for name in ("wire", "herald"):
            feed = feed_named(session, name)
            feed.hub, feed.topic = "https://hub.test/", f"https://{name}.test/self"
            session.add(feed)
        session.flush()
        yield session


def promised(session: Session, name: str) -> Push:
    return session.exec(select(Push).join(Feed).where(Feed.name == name)).one()


def keep(session: Session, name: str, lasts: timedelta = DAY) -> Push:
    push = promised(session, name)
    assert pushes.verified(session, push.token, push.topic, lasts, NOW)
    session.flush()
    return push


def test_a_promise_is_sought_for_every_feed_that_names_a_hub_and_only_once(
    session: Session, word: Callable[[], str]
) -> None:
    assert pushes.out_of_step(session, BASE, True)
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    assert not pushes.out_of_step(session, BASE, True)
    assert {push.topic for push in pushes.by_feed(session).values()} == {
        "https://wire.test/self",
        "https://herald.test/self",
    }


def test_a_hub_hears_one_wish_at_a_time_and_none_again_before_its_pause(
    session: Session, word: Callable[[], str]
) -> None:
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    assert pushes.are_due(session, NOW)
    first, second, none = (pushes.claim_wishes(session, NOW) for _ in range(3))
    assert {first[0].topic, second[0].topic} == {"https://wire.test/self", "https://herald.test/self"}
    assert (len(first), len(second), none) == (1, 1, [])
    assert not pushes.are_due(session, NOW)
    assert pushes.are_due(session, NOW + MINUTE)


def test_a_hub_out_of_reach_is_left_alone_for_all_its_feeds_and_for_as_long_as_it_wants(
    session: Session, word: Callable[[], str]
) -> None:
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    (wish,) = pushes.claim_wishes(session, NOW)
    pushes.declined(session, wish, "connect: refused", NOW + HOUR, unreachable=True)
    session.flush()
    assert not pushes.are_due(session, NOW + HOUR - MINUTE)
    assert len(pushes.claim_wishes(session, NOW + HOUR)) == 1


def test_what_a_hub_answers_after_it_verified_does_not_matter(session: Session, word: Callable[[], str]) -> None:
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    (wish,) = pushes.claim_wishes(session, NOW)
    assert pushes.verified(session, wish.token, wish.topic, DAY, NOW)
    session.flush()
    pushes.declined(session, wish, "timeout: no answer", NOW + HOUR, unreachable=True)
    push = pushes.by_token(session, wish.token)
    assert push is not None
    assert (push.state, push.trouble) == (PushState.KEPT, "")


def test_a_feed_is_relied_upon_only_while_its_hub_tells_all_there_is(session: Session, word: Callable[[], str]) -> None:
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    push = keep(session, "wire")
    assert pushes.live_feeds(session, NOW) == set()
    pushes.heard(session, push.id, NOW, ask=False)
    session.flush()
    assert pushes.live_feeds(session, NOW) == {push.feed_id}
    pushes.missed(session, push.feed_id, NOW + MINUTE)
    assert pushes.live_feeds(session, NOW + MINUTE) == set()
    session.expire_all()
    pushes.heard(session, push.id, NOW + 2 * MINUTE, ask=False)
    session.flush()
    assert pushes.live_feeds(session, NOW + 2 * MINUTE) == {push.feed_id}
    assert pushes.live_feeds(session, NOW + DAY) == set()


def test_a_start_asks_the_feeds_whose_hubs_were_relied_upon_and_no_others(
    session: Session, word: Callable[[], str]
) -> None:
    for name in ("wire", "herald"):
        feed_named(session, name).next_poll_at = NOW + HOUR
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    pushes.heard(session, keep(session, "wire").id, NOW, ask=False)
    session.flush()
    pushes.catch_up(session, NOW)
    session.expire_all()
    assert feed_named(session, "wire").next_poll_at == NOW
    assert feed_named(session, "herald").next_poll_at == NOW + HOUR


def test_forgeries_are_counted(session: Session, word: Callable[[], str]) -> None:
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    push = promised(session, "wire")
    for _ in range(3):
        pushes.forged(session, push.id)
    session.expire_all()
    assert promised(session, "wire").forged == 3


def test_an_address_without_end_is_nobodys_hub(session: Session, word: Callable[[], str]) -> None:
    feed_named(session, "wire").hub = "https://hub.test/" + "x" * 10_000
    pushes.follow(session, BASE, True, NOW, word)
    session.flush()
    assert set(pushes.by_feed(session)) == {feed_named(session, "herald").id}


def test_how_the_watch_stands_counts_only_feeds_that_are_watched(session: Session) -> None:
    feed_named(session, "wire").failures = 2
    feed_named(session, "wire").last_polled_at = NOW
    feed_named(session, "gazette").retired_at = NOW
    session.flush()
    stands = standing(session, NOW)
    assert (stands.feeds, stands.failing, stands.last_polled_at, stands.last_good_at) == (2, 1, NOW, None)
