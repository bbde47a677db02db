import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rhythm import (
    Pace,
    Rhythm,
    described,
    learned,
    led,
    next_poll_at,
    price,
    quiet_too_long,
    rhythm_from,
    weight,
)

_MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_PACE = Pace(timedelta(minutes=15), timedelta(minutes=1), timedelta(hours=12))
_MOMENTS = st.integers(0, 150 * 86_400).map(lambda seconds: _MONDAY + timedelta(seconds=seconds))
_DATES = st.lists(st.one_of(st.none(), _MOMENTS), max_size=8)


def after(weeks: int, entries: list[datetime], began: datetime | None = None) -> Rhythm:
    """What polls twice an hour have learned up to Monday from entries that appear on time."""
    now = began or _MONDAY - weeks * _WEEK
    rhythm = learned(Rhythm(), [], None, now)
    waiting = sorted(entries)
    while now < _MONDAY:
        since, now = now, now + _HOUR / 2
        new = [each for each in waiting if since < each <= now]
        if new:
            rhythm = learned(rhythm, new, since, now)
    return rhythm


def daily(times: list[tuple[int, int]], days: tuple[int, ...] = tuple(range(7)), weeks: int = 3) -> list[datetime]:
    """An entry at each of these hours and minutes, on these weekdays (Monday is 0), in the weeks before Monday."""
    return [
        _MONDAY - week * _WEEK + day * _DAY + timedelta(hours=hour, minutes=minute)
        for week in range(1, weeks + 1)
        for day in days
        for hour, minute in times
    ]


def polls(rhythm: Rhythm, begins: datetime, ends: datetime, at: float, pace: Pace = _PACE) -> list[datetime]:
    asked = [next_poll_at(rhythm, 1, begins, pace, at)]
    while asked[-1] < ends:
        asked.append(next_poll_at(rhythm, 1, asked[-1], pace, at))
    return asked[:-1]


def asked_on_monday(rhythm: Rhythm, entries: list[datetime], at: float) -> int:
    """How often a feed is asked on a day that is like those before."""
    now, number = _MONDAY, 0
    while now < _MONDAY + _DAY:
        since, now, number = now, next_poll_at(rhythm, 1, now, _PACE, at), number + 1
        if new := [entry for entry in entries if since < entry <= now]:
            rhythm = learned(rhythm, new, since, now)
    return number


MORNING_PAPER = after(3, daily([(6, minute) for minute in range(0, 60, 4)]))


def test_a_morning_paper_is_asked_in_the_morning() -> None:
    at = price([(MORNING_PAPER, 1)], _PACE, 48, _MONDAY)
    asked = [poll.hour for poll in polls(MORNING_PAPER, _MONDAY, _MONDAY + _DAY, at)]
    assert asked.count(6) > 5 * max(asked.count(hour) for hour in range(24) if hour != 6)


def test_an_office_that_rests_at_the_weekend_is_asked_less_then() -> None:
    office = after(3, daily([(hour, 10 * hour % 60) for hour in range(8, 18)], days=(0, 1, 2, 3, 4)))
    at = price([(office, 1)], _PACE, 48, _MONDAY)
    monday = polls(office, _MONDAY, _MONDAY + _DAY, at)
    saturday = polls(office, _MONDAY + 5 * _DAY, _MONDAY + 6 * _DAY, at)
    assert len(saturday) < 0.7 * len(monday)


def test_news_that_comes_on_the_hour_is_met_right_after_it() -> None:
    hourly = after(3, daily([(hour, 0) for hour in range(24) for _ in range(4)]))
    at = price([(hourly, 1)], _PACE, 24, _MONDAY)
    asked = polls(hourly, _MONDAY, _MONDAY + _DAY, at)
    assert {poll.minute for poll in asked[2:]} == {1}


def test_a_feed_that_shows_entries_late_does_not_teach_us_to_come_at_their_date() -> None:
    began = _MONDAY - 2 * _WEEK
    rhythm = learned(Rhythm(), [], None, began)
    for hour in range(1, 14 * 24):
        since, at = began + hour * _HOUR + timedelta(minutes=1), began + hour * _HOUR + timedelta(minutes=25)
        rhythm = learned(rhythm, [began + hour * _HOUR], since, at)
    assert rhythm.minutes[0] == 0
    assert rhythm.minutes[13] == max(rhythm.minutes) > 100


def test_an_old_entry_that_slides_in_is_no_news() -> None:
    since = _MONDAY - _HOUR
    assert learned(MORNING_PAPER, [since - 2 * _DAY] * 50, since, _MONDAY) == learned(MORNING_PAPER, [], since, _MONDAY)


def test_the_entries_a_new_feed_shows_are_its_first_past() -> None:
    shown = [_MONDAY - timedelta(hours=hours) for hours in range(1, 200, 4)]
    seen = learned(Rhythm(), shown, None, _MONDAY)
    assert described(seen, _MONDAY).startswith("about 6 entries a day")


def test_a_feed_nobody_knows_yet_is_asked_at_the_usual_pace() -> None:
    assert next_poll_at(Rhythm(), 1, _MONDAY, _PACE, 1e9) == _MONDAY + _PACE.every


def test_a_feed_that_fell_silent_years_ago_is_still_asked_twice_a_day() -> None:
    late = _MONDAY + 3 * 365 * _DAY
    at = price([(MORNING_PAPER, 1)], _PACE, 0.1, late)
    assert next_poll_at(MORNING_PAPER, 1, late, _PACE, at) == late + _PACE.slowest


def test_no_budget_asks_faster_than_the_fastest() -> None:
    at = price([(MORNING_PAPER, 1)], _PACE, 1e9, _MONDAY)
    assert next_poll_at(MORNING_PAPER, 1, _MONDAY, _PACE, at) == _MONDAY + _PACE.fastest


def test_a_feed_that_led_stories_is_asked_more_often_than_its_twin() -> None:
    twins = [(MORNING_PAPER, 1.0), (MORNING_PAPER, weight(4, _MONDAY, _MONDAY))]
    at = price(twins, _PACE, 96, _MONDAY)
    other, leader = (next_poll_at(rhythm, heavy, _MONDAY, _PACE, at) for rhythm, heavy in twins)
    assert leader < other


@pytest.mark.parametrize("requests", [480, 960, 1_920])
def test_the_requests_of_many_feeds_add_up_to_the_budget(requests: int) -> None:
    rng = random.Random(7)
    fleet = []
    for number in range(20):
        hours = rng.sample(range(24), 6)
        minutes = (0, *(rng.random() * 60 for _ in range(9)))
        fleet.append(
            [
                _MONDAY + day * _DAY + timedelta(hours=rng.choice(hours), minutes=rng.choice(minutes))
                for day in range(-14, 1)
                for _ in range(1 + number * 2)
            ]
        )
    rhythms = [after(2, [entry for entry in entries if entry < _MONDAY]) for entries in fleet]
    at = price([(rhythm, 1) for rhythm in rhythms], _PACE, requests, _MONDAY)
    asked = sum(asked_on_monday(rhythm, entries, at) for rhythm, entries in zip(rhythms, fleet, strict=True))
    assert asked == pytest.approx(requests, rel=0.05)


@given(_DATES, _MOMENTS, st.timedeltas(timedelta(), _WEEK), st.floats(1, 3), st.floats(0, 1e15))
@settings(max_examples=100, deadline=None)
def test_no_feed_is_hammered_and_none_is_starved(
    dates: list[datetime | None], at: datetime, later: timedelta, heavy: float, cost: float
) -> None:
    rhythm = learned(learned(Rhythm(), dates, None, at), dates, at, at + later)
    again = next_poll_at(rhythm, heavy, at + later, _PACE, cost) - (at + later)
    assert _PACE.fastest <= again <= _PACE.slowest


@given(st.lists(st.integers(1, 3_600 * 12), min_size=3, max_size=40), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_a_document_teaches_nothing(ages: list[int], rng: random.Random) -> None:
    entries = [_MONDAY - timedelta(seconds=age) for age in ages]
    mixed = rng.sample(entries, len(entries))
    since = _MONDAY - _DAY
    assert learned(MORNING_PAPER, entries, since, _MONDAY) == learned(MORNING_PAPER, mixed, since, _MONDAY)


@given(_DATES, _MOMENTS)
@settings(max_examples=50, deadline=None)
def test_a_rhythm_survives_a_restart_and_stays_small(dates: list[datetime | None], at: datetime) -> None:
    rhythm = learned(learned(MORNING_PAPER, dates, at, at + _HOUR), dates * 50, at + _HOUR, at + 2 * _HOUR)
    stored = json.dumps(rhythm.as_json())
    again = rhythm_from(json.loads(stored))
    assert json.dumps(again.as_json()) == stored
    assert len(stored) < 1_500
    asked, as_before = (next_poll_at(each, 1, at + 2 * _HOUR, _PACE, 500) for each in (again, rhythm))
    assert abs(asked - as_before) < timedelta(seconds=5)


def test_nothing_known_stays_nothing_known() -> None:
    assert rhythm_from(Rhythm().as_json()) == Rhythm()


@given(st.floats(0, 1e6), st.timedeltas(timedelta(), timedelta(days=4000)))
@settings(max_examples=100, deadline=None)
def test_a_lead_never_counts_for_less_than_none_or_more_than_thrice(lead: float, ago: timedelta) -> None:
    assert 1 <= weight(lead, _MONDAY, _MONDAY + ago) <= 3


def test_a_lead_is_worth_half_after_two_weeks() -> None:
    assert led(8, _MONDAY, _MONDAY + 2 * _WEEK) == pytest.approx(4)
    assert led(0, None, _MONDAY) == 0
    assert weight(4, _MONDAY, _MONDAY) == pytest.approx(2)


def test_a_lively_feed_that_says_nothing_for_two_days_is_quiet_too_long() -> None:
    busy = after(3, daily([(hour, 20 * third) for hour in range(7, 23) for third in range(3)]))
    evening = _MONDAY - 2 * _HOUR
    assert not quiet_too_long(busy, evening, evening + timedelta(hours=10))
    assert quiet_too_long(busy, evening, evening + 2 * _DAY + 12 * _HOUR)


def test_a_weekly_column_is_never_quiet_for_too_long() -> None:
    column = after(3, daily([(9, 0)], days=(2,)))
    assert not quiet_too_long(column, _MONDAY, _MONDAY + 90 * _DAY)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            daily([(hour, 7 * number + hour % 2) for hour in (8, 9) for number in range(8)], days=(0, 1, 2, 3, 4)),
            "about 10 entries a day, half of them from 08 to 10 UTC, most on weekdays",
        ),
        (daily([(hour, 0) for hour in range(24)] * 2), "about 50 entries a day, often at :00"),
        (daily([(9, 0)], days=(2,)), "about 1 entry a week"),
    ],
)
def test_a_rhythm_can_be_told(entries: list[datetime], said: str) -> None:
    assert described(after(3, entries), _MONDAY) == said


def test_of_a_feed_nobody_knows_yet_nothing_is_told() -> None:
    assert described(Rhythm(), _MONDAY) == ""
