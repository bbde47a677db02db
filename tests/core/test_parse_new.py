"""What is read of a document whose items were seen before."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.parse import parse
from monitor.core.values import DIGEST_BYTES, MOST_ENTRIES, ParsedFeed
from tests.core.documents import URL, atom, item, read, rss

_WORDS = st.text(st.sampled_from("ab ł—<&'\"\u202e]"), max_size=12)
_BODIES = st.builds("<description><![CDATA[{}]]></description>".format, st.text("ab </p>item&", max_size=20))
_STORIES = st.builds(
    lambda title, body, guid: item(title.replace("&", "&amp;").replace("<", "&lt;"), more=f"{body}<guid>{guid}</guid>"),
    _WORDS,
    _BODIES,
    st.integers(0, 5),
)


def again(document: bytes, known: str) -> ParsedFeed:
    feed = parse(document, URL, known=bytes.fromhex(known))
    assert isinstance(feed, ParsedFeed), feed
    return feed


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


def json_feed(*titles: str) -> bytes:
    items = [{"id": title, "title": title} for title in titles]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "World", "items": items}).encode()


@given(st.lists(_STORIES, min_size=1, max_size=5, unique=True), st.sets(st.integers(0, 4)))
@settings(deadline=None, max_examples=40)
def test_new_items_read_the_same_alone_as_in_their_whole_document(stories: list[str], new: set[int]) -> None:
    document = rss("<language>pl</language>", *stories)
    whole = read(document)
    known = "".join(
        whole.items[2 * DIGEST_BYTES * number :][: 2 * DIGEST_BYTES]
        for number in range(len(stories))
        if number not in new
    )
    seen = again(document, known)
    assert seen.entries == tuple(entry for number, entry in enumerate(whole.entries) if number in new)
    assert (seen.items, seen.shown) == (whole.items, len(stories))
    if seen.entries:
        assert replace(seen, entries=()) == replace(whole, entries=())


@pytest.mark.parametrize("kind", [lambda *titles: rss(*map(item, titles)), json_feed])
def test_a_story_that_is_new_is_read_and_those_that_were_seen_are_not(kind: Callable[..., bytes]) -> None:
    seen = read(kind("First", "Second"))
    feed = again(kind("Third", "First", "Second"), seen.items)
    assert titles(feed) == ["Third"]
    assert (feed.title, feed.shown) == ("World", 3)
    assert feed.items[2 * DIGEST_BYTES :] == seen.items


def test_a_document_without_a_new_item_says_only_that() -> None:
    document = rss(item("First"), item("Second"))
    seen = read(document)
    assert again(document, seen.items) == ParsedFeed(version="", shown=2, items=seen.items)


def test_a_story_that_was_edited_is_read_again() -> None:
    seen = read(rss(item("Bridge closed"), item("Museum opens")))
    assert titles(again(rss(item("Bridge open again"), item("Museum opens")), seen.items)) == ["Bridge open again"]


def test_stories_that_changed_places_are_not_read_again() -> None:
    seen = read(rss(item("First"), item("Second")))
    assert again(rss(item("Second"), item("First")), seen.items).entries == ()


def test_a_broken_old_story_does_not_change_how_a_new_one_is_read() -> None:
    broken = item("Cats & dogs")
    seen = read(rss(broken))
    assert seen.damage
    feed = again(rss(item("News"), broken), seen.items)
    assert (titles(feed), feed.damage) == (["News"], "")


def test_damage_names_a_line_only_where_the_publisher_would_find_it() -> None:
    old, new = item("Old"), item("Cats & dogs")
    assert " at line " in read(rss(old, new)).damage
    assert again(rss(old, new), read(rss(old)).items).damage.startswith("broken or cut short (")


def test_half_a_story_at_the_end_of_a_cut_document_is_not_told() -> None:
    whole = rss(item("First"), item("Second"))
    seen = read(rss(item("First")))
    feed = again(whole[: whole.index(b"ond</title>")], seen.items)
    assert "Sec" not in titles(feed)
    assert (feed.items, bool(feed.damage)) == ("", True)


def test_a_document_that_feedparser_counts_otherwise_is_read_whole() -> None:
    document = rss(item("First", more='<a:item xmlns:a="http://purl.org/rss/1.0/">Inner</a:item>'), item("Second"))
    feed = read(document)
    assert len(feed.entries) > 2
    assert feed.items == ""


def test_a_story_that_breaks_feedparser_costs_only_itself() -> None:
    broken = item("Broken", more="<description>&#1114112; & </description>")
    feed = read(rss(item("First"), broken, item("Second")))
    assert titles(feed) == ["First", "Second"]
    assert "gave up" in feed.damage
    assert len(feed.items) == 2 * 2 * DIGEST_BYTES
    assert again(rss(item("First"), broken, item("Second")), feed.items).entries == ()


def test_a_story_listed_twice_is_one_story() -> None:
    feed = read(rss(item("First", more="<guid>1</guid>"), item("First", more="<guid>1</guid>")))
    assert titles(feed) == ["First"]
    assert not feed.entries[0].guid_shared
    assert (feed.shown, len(feed.items)) == (2, 2 * DIGEST_BYTES)


@pytest.mark.parametrize("guid", ["1", "https://news.example/?a=1&amp;b=2", "<![CDATA[n-1]]>", "a/b"])
def test_a_guid_is_shared_with_a_known_story_as_well_as_with_a_new_one(guid: str) -> None:
    first, second, other = (item(title, more=f"<guid>{guid}</guid>") for title in ("First", "Second", "Other"))
    lone = item("Lone", more="<guid>lone</guid>")
    known = read(rss(first))
    assert not known.entries[0].guid_shared
    assert [entry.guid_shared for entry in read(rss(first, second, lone)).entries] == [True, True, False]
    assert [entry.guid_shared for entry in again(rss(lone, other, first), known.items).entries] == [False, True]


def test_atom_entries_share_an_id_with_a_known_entry() -> None:
    known = read(atom("<entry><id>1</id><title>a</title></entry>"))
    feed = again(
        atom("<entry><id>1</id><title>a</title></entry><entry><id>1</id><title>b</title></entry>"), known.items
    )
    assert [entry.guid_shared for entry in feed.entries] == [True]


def test_what_the_feed_says_of_itself_holds_for_the_new_items_alone() -> None:
    entries = ['<entry><title>a</title><link href="1"/></entry>', '<entry><title>b</title><link href="2"/></entry>']
    attributes = 'xml:base="https://base.example/x/" xml:lang="de"'
    known = read(atom(entries[1], attributes))
    (entry,) = again(atom("".join(entries), attributes), known.items).entries
    assert (entry.title, entry.link, entry.language) == ("a", "https://base.example/x/1", "de")


def test_entities_of_the_document_type_hold_for_the_new_items_alone() -> None:
    before = '<!DOCTYPE rss [\n<!ENTITY place "Riga">\n]>\n'
    known = read(rss(item("Old"), before=before))
    assert titles(again(rss(item("&place; news"), item("Old"), before=before), known.items)) == ["Riga news"]


def _as_rss(said: list[str]) -> bytes:
    return rss(*(f"<item><title>{title}</title></item>" for title in said))


def _as_json(said: list[str]) -> bytes:
    return json.dumps({"items": [{"id": title, "title": title} for title in said]}).encode()


def test_twenty_thousand_items_cost_no_more_than_those_that_are_kept() -> None:
    document = rss(*(f"<item><title>{number}</title></item>" for number in range(20_000)))
    known = read(document).items
    assert len(known) == MOST_ENTRIES * DIGEST_BYTES * 2
    feed = again(document.replace(b"<title>0<", b"<title>New<"), known)
    assert (titles(feed), feed.shown) == (["New"], 20_000)


@pytest.mark.parametrize("make", [_as_rss, _as_json])
def test_of_more_items_than_anybody_keeps_the_newest_is_read_whether_it_stands_first_or_last(
    make: Callable[[list[str]], bytes],
) -> None:
    old = [f"Report {number}" for number in range(MOST_ENTRIES + 100)]
    for news in (["Bridge closed", *old], [*old, "Bridge closed"]):
        feed = again(make(news), read(make(old)).items)
        assert "Bridge closed" in titles(feed)
        assert len(feed.entries) <= 2
