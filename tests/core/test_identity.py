from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.identity import Known, Sighting, absolute, recognised, renamed, sightings, usable_time, wording
from monitor.core.links import canonical_link
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
        "https://m.news.example/bridge?id=7",
        "https://mobile.news.example/bridge?id=7&cid=rss-morning",
        "https://amp.news.example/bridge?id=7",
        "https://news.example/amp/bridge?id=7",
        "https://news.example/bridge/amp/?id=7&usqp=mq331",
        "https://news.example/bridge.amp?id=7",
        "https://news.example/bridge?id=7&amp",
        "https://news.example/bridge?outputType=amp&id=7",
        "https://www.google.com/amp/s/www.news.example/bridge?id=7",
        "https://www.google.co.uk/amp/amp.news.example/bridge/amp?id=7",
        "https://news-example.cdn.ampproject.org/c/s/news.example/bridge?id=7&amp_js_v=0.1",
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
        "https://news.example/bridge?id=7&cid=12",
        "https://news.example/bridge/amplifier?id=7",
    ],
)
def test_another_page_keeps_another_address(link: str) -> None:
    assert canonical_link(link) not in ("", "news.example/bridge?id=7")


@pytest.mark.parametrize(
    "link", ["", "news.example/x", "mailto:a@b.example", "http://[broken", "http://a:port/", "http:///x"]
)
def test_what_is_no_web_link_has_no_address(link: str) -> None:
    assert canonical_link(link) == ""


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("https://en.m.wikipedia.org/wiki/Coup", "en.wikipedia.org/wiki/Coup"),
        ("https://m.example/x", "m.example/x"),
        ("https://news.example/amp", "news.example/amp"),
        ("https://news.example/story.amp.html", "news.example/story.html"),
    ],
)
def test_a_dress_is_taken_off_and_a_name_is_left(link: str, page: str) -> None:
    assert canonical_link(link) == page


@given(
    st.sampled_from(
        ["www.a.example", "A.example", "a.example:8080", "a.example.", "en.m.a.example", "amp.www.a.b.example"]
    ),
    st.lists(
        st.sampled_from(["/", "amp", "/amp", ".amp", ".html", "a", "%20", "?", "&", "=", ";", "#", "+", "ü", "s/"])
    ).map("".join),
)
@settings(max_examples=100, deadline=None)
def test_the_address_of_a_page_is_the_address_of_its_address(host: str, path: str) -> None:
    link = canonical_link(f"http://{host}/{path}")
    assert canonical_link(f"http://{link}") == link


@pytest.mark.parametrize(
    "said", [datetime(1, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC)]
)
def test_the_zero_of_a_clock_is_no_date(said: datetime) -> None:
    assert usable_time(said) is None
    assert usable_time(_MONDAY) == _MONDAY


def test_a_link_nobody_can_read_is_no_link() -> None:
    assert absolute("http://[broken", _LINK) == ""


def stored(parsed: list[ParsedEntry], names: dict[int, str] | None = None) -> list[Known]:
    """These items as they are stored, the last of them first, as feeds list the newest first."""
    seen = sightings(parsed)
    return [
        Known(
            len(seen) - at,
            (names or {}).get(at, each.keys[0]),
            each.twin,
            each.entry.guid,
            each.link,
            each.entry.title,
            each.published,
            each.wording,
            0,
        )
        for at, each in enumerate(seen)
    ]


def same(before: ParsedEntry, after: ParsedEntry) -> bool:
    """Whether an item, alone in its document, is the one that was alone in an earlier one."""
    return bool(recognised(sightings([after]), stored([before])))


_NEWS = ParsedEntry(guid="g", link=_LINK, title="Bridge closed", summary="For a week.", published=_MONDAY)


def test_an_entry_is_known_by_its_guid_whatever_else_changes() -> None:
    assert same(_NEWS, replace(_NEWS, link=_LINK + "?v=2", title="Bridge open again", published=None))
    assert same(_NEWS, replace(_NEWS, title="Nothing is as it was", published=_MONDAY + timedelta(days=9)))
    assert same(_NEWS, replace(_NEWS, link=_LINK + "2", title="Nothing is as it was"))


def test_one_guid_for_whatever_the_feed_says_next_is_no_name() -> None:
    assert not same(_NEWS, replace(_NEWS, link=_LINK + "2", title="Storm tonight", published=_MONDAY.replace(hour=12)))


def test_a_feed_that_renames_its_guids_is_seen_through_by_link_title_and_date() -> None:
    assert same(_NEWS, replace(_NEWS, guid="g-2", link=_LINK + "?utm_source=x", title="BRIDGE closed"))


def test_a_guid_made_of_the_headline_changes_with_it() -> None:
    assert same(_NEWS, replace(_NEWS, guid="g-2", title="Bridge open again"))
    midnight = replace(_NEWS, published=_MONDAY.replace(hour=0))
    assert not same(midnight, replace(midnight, guid="g-2", title="Storm tonight"))


def test_a_new_guid_with_a_new_date_is_another_item_of_the_page() -> None:
    assert not same(_NEWS, replace(_NEWS, guid="g-2", published=_MONDAY.replace(hour=12)))


def test_entries_that_share_one_guid_stay_apart() -> None:
    entries = [ParsedEntry(guid="same", link=f"{_LINK}{number}", title="t") for number in range(3)]
    seen = sightings(entries)
    assert len({each.keys[0] for each in seen}) == 3
    assert recognised(seen, stored(entries)) == dict(enumerate(stored(entries)))


def test_an_entry_that_is_listed_twice_is_one() -> None:
    assert len(sightings([_NEWS, _NEWS])) == 1
    assert len(sightings([_NEWS, replace(_NEWS, guid="g-2")])) == 1
    undated = replace(_NEWS, published=None)
    assert len(sightings([undated, replace(undated, guid="g-2")])) == 2


def test_without_a_guid_the_link_tells_who_it_is() -> None:
    news = replace(_NEWS, guid="")
    assert same(news, replace(news, link=_LINK + "#new"))
    assert same(news, replace(news, title="Bridge: closed again", published=None))
    assert same(news, replace(news, title="All clear"))
    assert not same(news, replace(news, link=_LINK + "2"))
    assert same(news, replace(news, published=_MONDAY + timedelta(hours=47)))
    # An alarm that is raised again.
    assert not same(news, replace(news, published=_MONDAY + timedelta(hours=49)))


def test_on_a_page_that_shows_several_items_the_title_tells_which_one_was_dated_anew() -> None:
    page = [ParsedEntry(link=_LINK, title=title, published=_MONDAY) for title in ("Sirens in the north", "All clear")]
    (found,) = recognised(sightings([replace(page[1], published=_MONDAY + timedelta(hours=1))]), stored(page)).values()
    assert found.title == "All clear"


def test_items_of_one_page_that_share_its_link_are_told_apart_by_their_titles() -> None:
    seen = sightings(
        [ParsedEntry(link=_LINK, title=title) for title in ("Sirens in the north", "All clear", "All clear")]
    )
    assert len({each.twin for each in seen}) == len(seen) == 2


def test_a_link_too_long_for_an_index_is_cut_and_still_told_from_another() -> None:
    long, other = (canonical_link(f"https://wire.example/{'a' * 8000}{end}") for end in "12")
    assert len(long.encode()) < 1000
    assert long != other


def test_without_a_link_the_title_and_its_day_tell_who_it_is() -> None:
    news = ParsedEntry(title="Markets", published=_MONDAY)
    assert same(news, replace(news, title="MARKETS", published=_MONDAY.replace(hour=20), summary="x"))
    assert not same(news, replace(news, published=_MONDAY.replace(day=5)))
    assert not same(news, replace(news, published=None, published_said="noon"))
    assert not same(ParsedEntry(summary="One thing"), ParsedEntry(summary="Another"))


def _renamed(before: list[ParsedEntry], after: list[ParsedEntry]) -> int:
    """How many of the later items are recognised."""
    seen, known = sightings(after), stored(before)
    found = recognised(seen, known)
    return len(found | renamed(seen, found, known))


_DOCUMENT = [
    ParsedEntry(guid=f"g{n}", link=f"{_LINK}{n}", title=f"News {n}", published=_MONDAY - timedelta(hours=n))
    for n in range(6)
]


def test_a_feed_that_renames_and_redates_all_it_shows_is_seen_through_if_the_order_held() -> None:
    later = [replace(each, guid=f"x{each.guid}", published=_MONDAY + timedelta(days=1)) for each in _DOCUMENT]
    assert _renamed(_DOCUMENT, later) == 6
    assert _renamed(_DOCUMENT, [*later[3:], *later[:3]]) == 0
    # Of two nobody can tell.
    assert _renamed(_DOCUMENT[:2], later[:2]) == 0


def test_a_feed_that_moves_to_another_site_is_seen_through_by_titles_and_dates() -> None:
    moved = [replace(each, guid="", link=each.link.replace("news.example", "other.example")) for each in _DOCUMENT]
    assert _renamed(_DOCUMENT, moved) == 6


def test_two_new_items_among_known_ones_are_new() -> None:
    new = [replace(each, guid=f"x{each.guid}", published=_MONDAY + timedelta(days=1)) for each in _DOCUMENT[:3]]
    assert _renamed(_DOCUMENT, [*new, *_DOCUMENT[3:]]) == 3


@given(
    st.lists(
        st.builds(
            ParsedEntry,
            st.sampled_from(["", "a", "b"]),
            st.sampled_from(["", _LINK, _LINK + "2"]),
            st.sampled_from(["", "t", "u"]),
        ),
        max_size=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_stored_entry_is_two_undated_sightings_and_names_are_unique(parsed: list[ParsedEntry]) -> None:
    seen = sightings(parsed)
    first: dict[str, Sighting] = {}
    for each in seen:
        first.setdefault(next((key for key in each.keys if key not in first), each.twin), each)
    known = stored([each.entry for each in first.values()], dict(enumerate(first)))
    found = recognised(seen, known)
    assert len({each.id for each in found.values()}) == len(found)


@pytest.mark.parametrize(
    "summary",
    [
        "Talks  go on.\n",
        "Talks go on",
        "talks go on. 13 comments",
        "Talks go on. Comments: 2",
        "Talks go on… 5 minutes ago",
        "Talks go on https://t.example/x?y",
    ],
)
def test_another_rendering_of_the_same_words_is_no_edit(summary: str) -> None:
    assert wording("Title", summary, summary) == wording("Title", "Talks go on.", "")


@pytest.mark.parametrize("summary", ["Talks broke down.", "3 killed in talks", "", "Talks go on. They fail."])
def test_other_words_are_an_edit(summary: str) -> None:
    assert wording("Title", summary, "") != wording("Title", "Talks go on.", "")
    assert wording("40 killed", "", "") != wording("3 killed", "", "")
