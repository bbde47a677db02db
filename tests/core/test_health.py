"""What people read of a feed's health."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.health import Facts, sparkline, verdict
from monitor.words import Condition

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = Facts(
    1,
    "Herald",
    "https://herald.test/feed",
    "herald.test",
    "https://herald.test/feed",
    last_good_at=NOW,
    last_new_at=NOW,
)
FAILING = replace(WELL, failures=2, failing_since=NOW - HOUR, kind="timeout", trouble="no complete answer within 30 s")


@pytest.mark.parametrize(
    ("facts", "condition"),
    [
        (replace(WELL, last_good_at=None), Condition.UNASKED),
        (WELL, Condition.GOOD),
        (replace(WELL, address="https://herald.test/new"), Condition.MOVED),
        (replace(WELL, kind="damaged", trouble="cut short"), Condition.DAMAGED),
        (replace(WELL, silent=True, last_new_at=NOW - 50 * HOUR), Condition.SILENT),
        (FAILING, Condition.FAILING),
        (replace(FAILING, deaths=1), Condition.FAILING),
        (replace(FAILING, deaths=2), Condition.QUARANTINED),
        (replace(FAILING, gone_at=NOW, deaths=2), Condition.GONE),
        (replace(FAILING, gone_at=NOW, retired_at=NOW), Condition.RETIRED),
    ],
)
def test_the_gravest_thing_about_a_feed_is_what_its_operator_reads(facts: Facts, condition: Condition) -> None:
    assert verdict(facts, NOW).condition == condition


def test_a_failing_feed_says_in_plain_words_what_is_wrong_and_what_was_seen() -> None:
    health = verdict(FAILING, NOW)
    assert health.said == "its server does not answer in time: no complete answer within 30 s"
    assert health.since == NOW - HOUR


def test_a_silent_feed_says_for_how_long_it_has_been_silent() -> None:
    health = verdict(replace(WELL, silent=True, last_new_at=NOW - 50 * HOUR), NOW)
    assert "nothing new for 2 d" in health.said
    assert health.since == NOW - 50 * HOUR


def test_a_feed_that_fails_in_a_way_without_words_of_its_own_still_says_something() -> None:
    assert verdict(replace(FAILING, kind="weather", trouble="rain"), NOW).said == "weather: rain"


def test_a_good_feed_is_called_good() -> None:
    assert verdict(WELL, NOW).said == "good"


def test_a_spark_line_shows_the_busiest_day_highest_and_a_day_unread_as_a_gap() -> None:
    assert sparkline([0, 1, 7, None, 4, 14]) == "▁▂▄ ▃█"
    assert sparkline([0, 0, None]) == "▁▁ "
    assert sparkline([]) == ""


@given(st.lists(st.none() | st.integers(0, 10_000), max_size=60))
def test_a_spark_line_has_a_mark_a_day_and_never_shows_news_as_none(days: list[int | None]) -> None:
    line = sparkline(days)
    assert len(line) == len(days)
    for mark, new in zip(line, days, strict=True):
        assert (mark == " ") == (new is None)
        assert (mark == "▁") == (new == 0)
        assert (mark == "█") == (bool(new) and new == max(each or 0 for each in days))


@given(st.lists(st.integers(0, 10_000), max_size=30))
def test_on_a_spark_line_more_news_never_stands_lower(days: list[int]) -> None:
    marks = dict(zip(days, sparkline(days), strict=True))
    assert [marks[new] for new in sorted(marks)] == sorted(marks.values())
