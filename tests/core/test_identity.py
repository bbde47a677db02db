from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.identity import absolute, canonical_link, keys
from monitor.core.values import ParsedEntry

_LINK = "https://news.example/1"
_MONDAY = datetime(2026, 5, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "link",
    [
        "http://news.example/bridge?id=7",
        "https://www.news.example/bridge?id=7",
        "https://NEWS.example:443/bridge/?id=7",
        "HTTPS://news.example./bridge?id=7#comments",
        "https://news.example/bridge?utm_source=feed&id=7&fbclid=abc&at_medium=rss",
        "  https://news.example/bridge?UTM_Campaign=x&id=7 ",
    ],
)
def test_one_page_has_one_address_however_it_is_linked(link: str) -> None:
    assert canonical_link(link) == "news.example/bridge?id=7"


@pytest.mark.parametrize(
    "link",
    [
        "https://news.example/bridge?id=8",
        "https://news.example/Bridge?id=7",
        "https://news.example:8080/bridge?id=7",
        "https://live.news.example/bridge?id=7",
        "https://news.example/bridge",
        "https://news.example/bridge?id=7&page=",
    ],
)
def test_another_page_keeps_another_address(link: str) -> None:
    assert canonical_link(link) not in ("", "news.example/bridge?id=7")


@pytest.mark.parametrize(
    "link", ["", "news.example/x", "mailto:a@b.example", "http://[broken", "http://a:port/", "http:///x"]
)
def test_what_is_no_web_link_has_no_address(link: str) -> None:
    assert canonical_link(link) == ""


@given(
    st.sampled_from(["www.a.example", "A.example", "a.example:8080", "a.example."]),
    st.text("/ab%20?&=;#+ü.", max_size=20),
)
@settings(max_examples=100, deadline=None)
def test_the_address_of_a_page_is_the_address_of_its_address(host: str, path: str) -> None:
    link = canonical_link(f"http://{host}/{path}")
    assert canonical_link(f"http://{link}") == link


def test_a_link_nobody_can_read_is_no_link() -> None:
    assert absolute("http://[broken", _LINK) == ""


def test_an_entry_is_known_by_its_guid_whatever_else_changes() -> None:
    ((first, _),) = keys([ParsedEntry(guid="g", link=_LINK, title="Bridge closed")])
    ((later, _),) = keys([ParsedEntry(guid="g", link=_LINK + "?v=2", title="Bridge open again")])
    assert first == later


def test_a_feed_that_renames_its_guids_is_seen_through_by_the_twin() -> None:
    ((before, twin_before),) = keys([ParsedEntry(guid="g-1", link=_LINK, title="Bridge closed")])
    ((after, twin_after),) = keys([ParsedEntry(guid="g-2", link=_LINK + "?utm_source=x", title="BRIDGE closed")])
    assert before != after
    assert twin_before == twin_after


def test_entries_that_share_one_guid_stay_apart() -> None:
    entries = [ParsedEntry(guid="same", link=f"{_LINK}{number}", title="t") for number in range(3)]
    pairs = keys(entries)
    assert len({key for key, _ in pairs}) == 3
    assert all(key == twin for key, twin in pairs)


def test_an_entry_that_is_listed_twice_is_one() -> None:
    entry = ParsedEntry(guid="g", link=_LINK, title="t")
    (first, _), (second, _) = keys([entry, entry])
    assert first == second
    assert first.startswith("guid:")


def test_without_a_guid_the_link_tells_who_it_is() -> None:
    (first, _), (second, _), (third, _) = keys(
        [
            ParsedEntry(link=_LINK, title="Bridge closed"),
            ParsedEntry(link=_LINK + "#new", title="Bridge closed"),
            ParsedEntry(link=_LINK + "2", title="Bridge closed"),
        ]
    )
    assert first == second
    assert first != third


def test_items_of_one_page_that_share_its_link_are_told_apart_by_their_titles() -> None:
    pairs = keys([ParsedEntry(link=_LINK, title=title) for title in ("Sirens in the north", "All clear", "All clear")])
    assert len({key for key, _ in pairs}) == 2


def test_a_link_too_long_for_an_index_is_cut_and_still_told_from_another() -> None:
    long, other = (canonical_link(f"https://wire.example/{'a' * 8000}{end}") for end in "12")
    assert len(long.encode()) < 1000
    assert long != other


def test_without_a_link_the_title_and_its_day_tell_who_it_is() -> None:
    same, later_that_day, next_day, unsaid, summary_only, other_summary = (
        key
        for key, _ in keys(
            [
                ParsedEntry(title="Markets", published=_MONDAY),
                ParsedEntry(title="MARKETS", published=_MONDAY.replace(hour=20), summary="x"),
                ParsedEntry(title="Markets", published=_MONDAY.replace(day=5)),
                ParsedEntry(title="Markets", published_said="noon"),
                ParsedEntry(summary="One thing"),
                ParsedEntry(summary="Another"),
            ]
        )
    )
    assert same == later_that_day
    assert len({same, next_day, unsaid, summary_only, other_summary}) == 5
