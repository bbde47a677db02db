from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.timing import GIVE_UP_AFTER, LONGEST_PAUSE, age, next_poll, next_try, relay_pause

_NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
_EVERY = timedelta(minutes=5)
_LUCK = st.floats(0, 1, exclude_max=True)
_PAUSES = st.timedeltas(timedelta(minutes=1), timedelta(days=3))
_WISHES = st.timedeltas(timedelta(), timedelta(days=9))


def test_a_good_feed_is_asked_again_after_its_own_pause() -> None:
    assert next_poll(_NOW, _EVERY, 0, timedelta(), 0.5) == _NOW + _EVERY


def test_a_failing_feed_is_asked_half_as_often_each_time_but_at_least_daily() -> None:
    pauses = [next_poll(_NOW, _EVERY, failures, timedelta(), 0.5) - _NOW for failures in (1, 2, 3, 12, 5_000)]
    assert pauses == [2 * _EVERY, 4 * _EVERY, 8 * _EVERY, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_server_that_asks_for_patience_gets_it_for_a_day_at_most() -> None:
    assert next_poll(_NOW, _EVERY, 0, timedelta(hours=3), 0.5) == _NOW + timedelta(hours=3)
    assert next_poll(_NOW, _EVERY, 0, timedelta(days=365), 0.5) == _NOW + LONGEST_PAUSE


@given(_PAUSES, st.integers(0, 100), _WISHES, _LUCK)
@settings(max_examples=200, deadline=None)
def test_no_feed_is_hammered_and_none_is_forgotten(
    every: timedelta, failures: int, wish: timedelta, luck: float
) -> None:
    pause = next_poll(_NOW, every, failures, wish, luck) - _NOW
    assert every * 0.94 <= pause <= max(LONGEST_PAUSE, every) * 1.06
    assert pause >= min(wish, LONGEST_PAUSE)


@given(_PAUSES, st.integers(0, 100), _LUCK)
@settings(max_examples=100, deadline=None)
def test_another_failure_never_shortens_the_pause(every: timedelta, failures: int, luck: float) -> None:
    pauses = [next_poll(_NOW, every, count, timedelta(), luck) for count in (failures, failures + 1)]
    assert pauses == sorted(pauses)


def test_luck_keeps_two_feeds_from_marching_in_step() -> None:
    assert next_poll(_NOW, _EVERY, 0, timedelta(), 0.1) != next_poll(_NOW, _EVERY, 0, timedelta(), 0.9)


def test_a_refused_mail_is_tried_less_and_less_often() -> None:
    tries = [next_try(_NOW, attempts, _NOW) for attempts in (1, 2, 3, 4, 5, 6, 7, 8, 100)]
    assert [None if again is None else (again - _NOW).total_seconds() for again in tries] == [
        15,
        60,
        180,
        360,
        900,
        1800,
        3600,
        3600,
        3600,
    ]


def test_a_mail_that_was_refused_for_five_days_is_given_up() -> None:
    assert next_try(_NOW, 1, _NOW - GIVE_UP_AFTER) is None
    assert next_try(_NOW, 1, _NOW, until=_NOW) is None
    assert next_try(_NOW, 1, _NOW, until=_NOW + timedelta(seconds=1)) is not None
    assert next_try(_NOW, 1, _NOW - GIVE_UP_AFTER + timedelta(seconds=1)) is not None


def test_a_relay_that_is_away_is_left_alone_for_five_minutes_at_most() -> None:
    assert [relay_pause(failures).total_seconds() for failures in (1, 2, 3, 8, 1_000)] == [4, 8, 16, 300, 300]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (40, "40 s"),
        (119, "119 s"),
        (119.7, "2 min"),
        (120, "2 min"),
        (7_199, "119 min"),
        (7_200, "2 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
        (864_000, "10 d"),
    ],
)
def test_an_age_is_said_in_the_largest_unit_that_says_enough(seconds: float, said: str) -> None:
    assert age(_NOW, _NOW - timedelta(seconds=seconds)) == said


def test_what_was_refused_together_is_not_tried_again_together() -> None:
    tries = [next_try(_NOW, 4, _NOW, luck) for luck in (0.0, 0.5, 0.99)]
    waits = [(each - _NOW).total_seconds() for each in tries if each is not None]
    assert waits == pytest.approx([288, 360, 430.56])
