"""What holds of grouping whatever is told."""

from collections.abc import Sequence
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.stories import OPEN_FOR, Newcomer, OpenStories, Placement
from monitor.core.stories.common import shares
from monitor.core.stories.space import Space
from tests.core.reports import report

_THEMES = (
    "freight train derails northern harbour Aldmouth wagons crane ferries",
    "explosion fertiliser plant Varhaven Nordkem workers missing blast",
    "drones airspace Estonia Latvia overnight fighter jets border radar",
    "ferry Solveig fire Kelmsund lifeboats passengers engine rescue",
)
_WORDS = [theme.split() for theme in _THEMES]


@st.composite
def _told(draw: st.DrawFn) -> list[Newcomer]:
    """Reports on a few events, over some days, a few of them of one feed or one page."""
    reports, hours = [], 0.0
    for number in range(1, draw(st.integers(2, 14)) + 1):
        hours += draw(st.sampled_from([0.0, 0.5, 3.0, 20.0, 60.0, 100.0]))
        words = _WORDS[draw(st.integers(0, len(_WORDS) - 1))]
        title = " ".join(draw(st.lists(st.sampled_from(words), min_size=2, max_size=7, unique=True)))
        text = " ".join(draw(st.lists(st.sampled_from(words), max_size=30)))
        feed = draw(st.sampled_from(["wire", "herald", "courier"]))
        link = draw(st.sampled_from(["", "", "", "wire.example/page"]))
        reports.append(report(number, title, text, hours=hours, feed=feed, link=link))
    return reports


def _live(stories: OpenStories, reports: Sequence[Newcomer]) -> list[tuple[int, Placement]]:
    placed = []
    for told in reports:
        found = stories.find(told)
        story = told.id if found.story is None else found.story
        for other in found.merged:
            stories.merge(story, other)
        stories.add(told, story)
        placed.append((story, found))
    return placed


def _seen(told: Newcomer) -> datetime:
    assert told.seen_at is not None
    return told.seen_at


@given(_told(), st.integers(0, 13))
@settings(max_examples=100, deadline=None)
def test_an_edit_that_changes_nothing_changes_nothing(reports: list[Newcomer], edited: int) -> None:
    stories, placed = OpenStories(), []
    for at, told in enumerate(reports):
        if edited < at:
            stories.revise(reports[edited])
        placed += _live(stories, [told])
    assert placed == _live(OpenStories(), reports)


def test_the_page_that_was_edited_last_is_not_the_page_that_came_last() -> None:
    stories = OpenStories()
    for number, title in ((1, "Ferry Solveig burns off Kelmsund harbour"), (2, "Museum of Brackwell buys old coins")):
        stories.add(report(number, title, feed=f"feed {number}", link="wire.example/page"), number)
    stories.revise(report(1, "Ferry Solveig burns off Kelmsund harbour", feed="feed 1", link="wire.example/page"))
    assert stories.find(report(3, "Quite another thing", feed="feed 3", link="wire.example/page")).story == 2


@given(_told(), _told())
@settings(max_examples=100, deadline=None)
def test_how_alike_two_reports_are_follows_from_what_is_open_alone(
    open_now: list[Newcomer], gone: list[Newcomer]
) -> None:
    plain, crowded = Space(shares("en")), Space(shares("en"))
    for told in gone:
        crowded.add(told.id, told.terms.lead, told.terms.title)
    for told in gone:
        crowded.drop(told.id)
    for space in (plain, crowded):
        for told in open_now:
            space.add(told.id, told.terms.title, told.terms.lead)
    for told in (*open_now, *gone):
        assert plain.alike(told.terms.title, told.terms.lead) == crowded.alike(told.terms.title, told.terms.lead)


def test_what_is_over_is_forgotten() -> None:
    stories = OpenStories()
    for number in range(1, 400):
        told = report(number, f"Ferry number{number} leaves harbour{number} for island{number} late", hours=number)
        stories.add(told, stories.find(told).story or number)
    assert len(stories) <= 74
    assert max(len(each) for each in vars(stories).values() if isinstance(each, dict)) <= 74


@given(_told(), st.integers(0, 13))
@settings(max_examples=150, deadline=None)
def test_after_a_restart_every_report_goes_where_it_would_have_gone(reports: list[Newcomer], cut: int) -> None:
    cut = min(cut, len(reports))
    stories = OpenStories()
    before = _live(stories, reports[:cut])
    rest = _live(stories, reports[cut:])

    now_in = {story: story for story, _ in before}
    for story, found in before:
        for other in found.merged:
            now_in = {each: story if into == other else into for each, into in now_in.items()}
    kept = [(told, now_in[story]) for told, (story, _) in zip(reports[:cut], before, strict=True)]
    began = {story: next(told.seen_at for told, own in kept if own == story) for _, story in kept}
    rebuilt = OpenStories()
    for told, story in kept:
        if _seen(reports[cut - 1]) - _seen(told) <= OPEN_FOR:
            rebuilt.add(told, story, began=began[story])
    assert _live(rebuilt, reports[cut:]) == rest


@given(_told())
@settings(max_examples=60, deadline=None)
def test_the_same_reports_give_the_same_stories(reports: list[Newcomer]) -> None:
    assert _live(OpenStories(), reports) == _live(OpenStories(), reports)


@given(_told())
@settings(max_examples=60, deadline=None)
def test_what_is_looked_up_and_not_added_leaves_nothing_behind(reports: list[Newcomer]) -> None:
    stories = OpenStories()
    placed = []
    for told in reports:
        for other in reports:
            stories.find(other) if other.seen_at == told.seen_at else None
        placed += _live(stories, [told])
    assert placed == _live(OpenStories(), reports)
