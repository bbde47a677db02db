"""How long news takes, and which feed is first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts import AlertPolicy, Arrival
from monitor.core.ledger import Lead, Sighting, Spread, lag_of, leads, spread_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
POLICY = AlertPolicy()


def test_of_a_hundred_spans_fifty_are_no_longer_than_p50_and_95_than_p95() -> None:
    spans = [number * SECOND for number in range(100, 0, -1)]
    assert spread_of(spans) == Spread(100, 50 * SECOND, 95 * SECOND)


def test_a_single_span_is_both_and_none_is_nothing() -> None:
    assert spread_of([7 * SECOND]) == Spread(1, 7 * SECOND, 7 * SECOND)
    assert spread_of([]) is None


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=30)), min_size=1))
def test_what_is_said_to_be_usual_was_measured_and_holds_for_as_many_as_is_said(spans: list[timedelta]) -> None:
    spread = spread_of(spans)
    assert spread is not None
    assert spread.n == len(spans)
    for span, share in ((spread.p50, 50), (spread.p95, 95)):
        assert span in spans
        assert sum(each <= span for each in spans) * 100 >= share * len(spans)
        assert sum(each < span for each in spans) * 100 < share * len(spans)


def test_the_lag_of_a_feed_is_from_publication_until_the_poll_that_saw_it() -> None:
    assert lag_of(Arrival(NOON, NOON - 40 * SECOND, NOON - 15 * MINUTE), POLICY) == 40 * SECOND


@pytest.mark.parametrize(
    "arrival",
    [
        Arrival(NOON, None, NOON - HOUR),
        Arrival(NOON, NOON + MINUTE, NOON - HOUR),
        Arrival(NOON, NOON - 5 * MINUTE, None),
        Arrival(NOON, NOON - timedelta(days=400), NOON - HOUR),
    ],
    ids=["without a date", "from the future", "of the first poll", "a year old"],
)
def test_what_says_nothing_of_the_feed_does_not_count_against_it(arrival: Arrival) -> None:
    assert lag_of(arrival, POLICY) is None


def seen(story: int, feed: str, minutes: int, voice: str = "") -> Sighting:
    return Sighting(story, feed, voice or feed, NOON + minutes * MINUTE)


def test_a_feed_leads_where_it_was_first_and_by_what_the_second_voice_came_later() -> None:
    led = leads(
        [
            seen(1, "wire", 0), seen(1, "herald", 3), seen(1, "gazette", 90),
            seen(2, "wire", 10), seen(2, "gazette", 19),
            seen(3, "wire", 20), seen(3, "herald", 21),
            seen(4, "herald", 30),
        ]
    )  # fmt: skip
    assert led == {"wire": Lead(3, 0, 3 * MINUTE), "herald": Lead(1, 1, None)}


def test_a_copy_of_the_same_text_is_no_second_voice() -> None:
    agency = "Northern Agency"
    led = leads([seen(1, "wire", 0, agency), seen(1, "herald", 1, agency), seen(1, "gazette", 8)])
    assert led == {"wire": Lead(1, 0, 8 * MINUTE)}
