import pytest

from monitor.core.stories import OpenStories

_FIRST = "Freight train derails near the northern harbour"


def _open_stories() -> OpenStories:
    stories = OpenStories()
    stories.add(1, "Ministers meet on fishing quotas in the capital", "wire.example/fish")
    stories.add(2, _FIRST, "wire.example/train")
    return stories


@pytest.mark.parametrize(
    "title",
    [
        _FIRST,
        "BREAKING: Freight train derails near northern harbour",
        "Near the northern harbour, a freight train derails",
        "Freight train derails near northern harbour, ferries wait",
        "Freight trains derailed near the northern harbour",
    ],
)
def test_another_publishers_report_of_an_event_joins_its_story(title: str) -> None:
    assert _open_stories().find(title, "herald.example/a") == 2


@pytest.mark.parametrize(
    "title",
    [
        "Freight train delayed by fog near the harbour bridge",
        "Passenger train derails near the southern harbour",
        "",
    ],
)
def test_another_event_starts_its_own_story(title: str) -> None:
    assert _open_stories().find(title, "herald.example/a") is None


def test_the_same_page_is_the_same_story_whatever_its_title_says_now() -> None:
    assert _open_stories().find("Harbour reopens", "wire.example/train") == 2


def test_entries_without_a_link_are_not_taken_for_one_page() -> None:
    stories = OpenStories()
    stories.add(1, "Bridge closed", "")
    assert stories.find("Museum opens", "") is None


def test_standing_titles_of_few_words_are_alike_by_chance() -> None:
    stories = OpenStories()
    stories.add(1, "Morning briefing: the news", "")
    assert stories.find("Morning briefing: the news", "") is None


def test_a_page_belongs_to_the_story_that_showed_it_last() -> None:
    stories = _open_stories()
    stories.add(3, "Quite another title about something", "wire.example/train")
    assert stories.find("", "wire.example/train") == 3


def test_the_most_alike_story_is_chosen() -> None:
    stories = _open_stories()
    stories.add(3, "Freight train derails near the northern harbour bridge", "")
    assert stories.find("Freight train derails near the northern harbour bridge", "") == 3
    assert stories.find(_FIRST, "") == 2


def test_events_that_differ_in_their_number_are_two_stories() -> None:
    stories = OpenStories()
    stories.add(1, "Storm on the coast leaves 3 people dead", "")
    assert stories.find("Storm on the coast leaves 40 people dead", "") is None


def test_events_that_differ_in_their_place_are_two_stories() -> None:
    stories = OpenStories()
    stories.add(1, "Unknown drones cross Norwegian airspace overnight", "")
    assert stories.find("Unknown drones cross Lithuanian airspace overnight", "") is None
