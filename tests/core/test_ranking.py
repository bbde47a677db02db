from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.briefing import (
    MOST_STORIES,
    SUBJECT_LIMIT,
    BlindSpot,
    BriefedRule,
    BriefedStory,
    Contents,
    subject,
    write,
)
from monitor.words import Disposition, Severity

_NOW = datetime(2026, 5, 4, 5, tzinfo=UTC)
_STORY = BriefedStory("Bridge closed", "https://news.example/1", "", "en", ("Wire",), _NOW, (), False)


def _rules(*severities: Severity) -> tuple[BriefedRule, ...]:
    return tuple(BriefedRule(f"r-{severity}", severity, Disposition.ALERTED) for severity in severities)


def _written(*stories: BriefedStory, feeds: int = 3) -> Contents:
    return write(stories, entries=9, feeds=feeds, blind_spots=(), since=_NOW - timedelta(days=1), until=_NOW)


def _numbered(count: int, story: BriefedStory) -> list[BriefedStory]:
    return [replace(story, title=f"Story {number}", link=f"https://news.example/{number}") for number in range(count)]


_STORIES = st.lists(
    st.builds(
        BriefedStory,
        title=st.text(max_size=5),
        link=st.uuids().map(str),
        summary=st.just(""),
        language=st.just("en"),
        publishers=st.lists(st.sampled_from("abcd"), min_size=1, unique=True).map(tuple),
        happened_at=st.sampled_from([_NOW, _NOW - timedelta(hours=5), _NOW + timedelta(hours=1)]),
        rules=st.lists(st.sampled_from(Severity), max_size=2).map(lambda chosen: _rules(*chosen)),
        alerted=st.booleans(),
    ),
    max_size=40,
    unique_by=lambda story: story.link,
)


def test_severity_comes_before_publishers_and_publishers_before_novelty() -> None:
    critical = replace(_STORY, title="critical", rules=_rules(Severity.LOW, Severity.CRITICAL))
    low = replace(_STORY, title="low", rules=_rules(Severity.LOW))
    heard = replace(_STORY, title="heard", publishers=("a", "b", "c"), happened_at=_NOW - timedelta(hours=20))
    fresh = replace(_STORY, title="fresh")
    stale = replace(_STORY, title="stale", happened_at=_NOW - timedelta(hours=8))
    contents = _written(stale, fresh, heard, low, critical)
    assert [story.title for story in contents.matched] == ["critical", "low"]
    assert [story.title for story in contents.others] == ["heard", "fresh", "stale"]


def test_a_fresh_story_stands_above_a_stale_one_with_one_more_publisher() -> None:
    fresh = replace(_STORY, title="fresh", publishers=("a", "b", "c", "d"))
    stale = replace(_STORY, title="stale", publishers=("a", "b", "c", "d", "e"), happened_at=_NOW - timedelta(hours=16))
    assert [story.title for story in _written(stale, fresh).others] == ["fresh", "stale"]


def test_every_matched_story_is_told_however_many_there_are() -> None:
    matched = _numbered(60, replace(_STORY, rules=_rules(Severity.LOW)))
    contents = _written(*matched, *_numbered(30, _STORY))
    assert len(contents.matched) == 60
    assert (len(contents.others), contents.left_out) == (5, 25)


def test_other_stories_fill_the_room_that_is_left() -> None:
    contents = _written(*_numbered(10, replace(_STORY, rules=_rules(Severity.LOW))), *_numbered(30, _STORY))
    assert (len(contents.others), contents.left_out) == (MOST_STORIES - 10, 15)


def test_a_blind_spot_is_told() -> None:
    spot = BlindSpot("Wire", "timeout", _NOW)
    assert write([], entries=0, feeds=1, blind_spots=[spot], since=_NOW, until=_NOW).blind_spots == (spot,)


@given(_STORIES, st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_arrival_changes_nothing_in_a_briefing(stories: list[BriefedStory], luck: Random) -> None:
    shuffled = luck.sample(stories, len(stories))
    contents = _written(*stories)
    assert _written(*shuffled) == contents
    assert sorted(story.link for story in contents.matched) == sorted(story.link for story in stories if story.rules)
    assert len(contents.matched) + len(contents.others) + contents.left_out == len(stories)


@given(_STORIES)
@settings(max_examples=100, deadline=None)
def test_a_subject_fits_the_line_of_a_mail_list(stories: list[BriefedStory]) -> None:
    assert len(subject(_written(*(replace(story, title=story.title * 20) for story in stories)))) <= SUBJECT_LIMIT


def test_a_subject_tells_the_first_three_headlines_that_fit() -> None:
    titles = ["Bridge closed", "Museum opens", "Harbour strike ends", "Fourth"]
    stories = [replace(_STORY, title=title, link=str(number)) for number, title in enumerate(titles)]
    assert subject(_written(*stories)) == "Bridge closed; Museum opens; Harbour strike ends"
    long = replace(_STORY, title="word " * 40, rules=_rules(Severity.LOW))
    assert subject(_written(*stories, long)).endswith("word…")


def test_a_quiet_night_says_so() -> None:
    assert subject(_written(feeds=3)) == "Quiet: nothing new from 3 feeds"
    assert subject(_written(feeds=1)) == "Quiet: nothing new from 1 feed"
