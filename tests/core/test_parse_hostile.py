import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.parse import parse
from monitor.core.values import MOST_ENTRIES, TITLE_LIMIT, NotAFeed, ParsedFeed
from tests.core.documents import STORY, URL, item, only_entry, read, rss

_VALID = rss(
    item("Bridge &amp; road", more="<guid>1</guid><pubDate>Mon, 04 May 2026 12:00:00 +0200</pubDate>"),
    item(
        "Second", more="<author>a@b.example (Ann)</author><category>x</category><description>&lt;p&gt;y</description>"
    ),
    before='<?xml version="1.0" encoding="utf-8"?>',
)
_WEDGES = st.binary(max_size=6) | st.sampled_from([b"<", b"&", b"]]>", b"<![CDATA[", b"</item>", b"<!DOCTYPE", b"\xff"])
_CUTS = st.tuples(st.integers(0, len(_VALID)), st.integers(0, 30), _WEDGES)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "the document is empty"),
        (b" \r\n\t ", "the document is empty"),
        (b"<!doctype html><html><body><p>Sorry</p></body></html>", "an HTML page"),
        (b'{"error": "gone"}', "JSON, but no JSON Feed: it has no list of items"),
        (b"[1, 2]", "JSON, but no JSON Feed: it has no list of items"),
        (b"<sitemap><url>x</url></sitemap>", "no feed in it"),
    ],
)
def test_a_document_without_a_feed_says_why(document: bytes, reason: str) -> None:
    assert parse(document, URL) == NotAFeed(reason)


@pytest.mark.parametrize("document", [b'{"items": [', b"[" * 200_000, b'{"items": ' + b"[" * 200_000])
def test_broken_or_endless_json_is_no_feed(document: bytes) -> None:
    answer = parse(document, URL)
    assert isinstance(answer, NotAFeed)
    assert answer.reason.startswith("broken JSON")


def test_a_page_that_quotes_a_feed_tag_late_is_still_a_page() -> None:
    page = b"<html><body>" + b"word " * 2_000 + b"<rss></body></html>"
    assert parse(page, URL) == NotAFeed("an HTML page")


def test_a_feed_that_mentions_a_page_early_is_still_a_feed() -> None:
    assert only_entry(rss("<description>&lt;html> <html/></description>", item("t"))).title == "t"


def test_a_body_that_names_a_file_is_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss(item("The secret")))
    for body in (b"/etc/hostname", str(secret).encode(), secret.as_uri().encode()):
        answer = parse(body, URL)
        assert isinstance(answer, NotAFeed)
        assert "secret" not in answer.reason


def test_an_external_entity_discloses_no_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("the-password")
    doctype = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{(tmp_path / "f").as_uri()}">]>\n'
    assert "the-password" not in repr(read(rss(item("Read &x;"), before=doctype)))


def test_an_entity_bomb_costs_only_its_own_title() -> None:
    fuses = "".join(f'<!ENTITY {chr(98 + step)} "{f"&{chr(97 + step)};" * 10}">' for step in range(9))
    bomb = f'<!DOCTYPE r [<!ENTITY a "boom">{fuses}]>\n'
    feed = read(rss(item("&j;"), item("Bridge closed"), before=bomb))
    assert [entry.title for entry in feed.entries][1:] == ["Bridge closed"]


@pytest.mark.parametrize(
    "hidden",
    ['<!DOCTYPE r [\n<!ENTITY q "<q/>">', "<!-- <q> -->\n<!DOCTYPE r [", "<?q <q> ?>\n<!DOCTYPE r [", "<!DOCTYPE r ["],
)
def test_an_entity_bomb_is_defused_wherever_it_hides(hidden: str) -> None:
    bomb = '\n<!ENTITY city "Riga">\n<!ENTITY b "&city;&city;">\n<!ENTITY c "&b;&b;">\n]>\n'
    feed = read(rss(item("&c; &city; news"), before=f"{hidden}{bomb}"))
    assert feed.entries[0].title == "&c; Riga news"
    long = f'<!DOCTYPE r [<!ENTITY a "{"x" * 10_000}">]>'
    assert read(rss(item("&a; news"), before=long)).entries[0].title == "&a; news"


def test_entities_on_one_line_with_their_document_type_are_read() -> None:
    feed = read(rss(item("&a; news"), before="<!DOCTYPE rss [<!ENTITY a 'Riga'> <!ENTITY b \"&#38;\">]>"))
    assert (feed.entries[0].title, feed.damage) == ("Riga news", "")


def test_padding_before_a_feed_is_passed_over_however_long_it_is() -> None:
    padding = "\n" * 50_000
    for before in (
        f"<!-- a <rss> -->{padding}",
        f"<!-- {padding} -->",
        f"<!DOCTYPE rss>{padding}",
        "\n<!ENTITY" * 5_000,
    ):
        assert only_entry(rss(item("Bridge closed"), before=before)).title == "Bridge closed"
    netscape = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "rss.dtd">'
    assert read(rss(item("t"), before=f"<!--{padding}-->{netscape}")).version == "rss091n"


@pytest.mark.parametrize("element", ["author", "dc:creator", "contributor", "dc:publisher", "managingEditor"])
@pytest.mark.parametrize("said", ["a" * 40_000, "a@" + "a." * 20_000 + "!"], ids=["letters", "dots"])
def test_an_author_of_a_whole_book_is_cut(element: str, said: str) -> None:
    feed = read(
        rss(item("t", more=f'<{element} xmlns:dc="http://purl.org/dc/elements/1.1/">{said}</{element}>'), item("u"))
    )
    assert [entry.title for entry in feed.entries] == ["t", "u"]
    assert len(feed.entries[0].author) <= 200


@pytest.mark.parametrize(
    "more",
    [
        "<x " + " ".join(f'a{number}=""' for number in range(10_000)) + "/>",
        "<a>" * 5_000 + "</a>" * 5_000,
        '<a xml:base="a/a/a/a/a/">' * 450 + '<a xml:base="' + "a/" * 3_000 + '"><b c="d"/></a>' + "</a>" * 450,
    ],
    ids=["attributes", "depth", "bases"],
)
def test_a_story_that_is_built_to_hang_its_reader_costs_only_itself(more: str) -> None:
    feed = read(rss(item("First"), item("Trap", more=more), item("Second")))
    assert [entry.title for entry in feed.entries] == ["First", "Second"]
    assert feed.damage.startswith("not built like a feed: ")


def test_a_document_that_is_built_to_hang_its_reader_is_refused() -> None:
    attributes = " ".join(f'a{number}=""' for number in range(10_000))
    document = rss(item("t")).replace(b"<rss", f"<rss {attributes}".encode())
    assert parse(document, URL) == NotAFeed("not built like a feed: an element with 10001 attributes")


def test_a_document_that_was_cut_short_still_tells_its_first_items() -> None:
    whole = rss(item("First"), item("Second"), item("Third"))
    feed = read(whole[: whole.index(b"<title>Third")])
    assert [entry.title for entry in feed.entries][:2] == ["First", "Second"]
    assert feed.damage


def test_an_unclosed_ampersand_costs_nothing_but_a_note() -> None:
    feed = read(rss(item("Cats & dogs")))
    assert feed.entries[0].title == "Cats & dogs"
    assert feed.damage


def test_a_feed_without_end_is_cut() -> None:
    entries = [{"id": str(number), "title": "x" * 2_000} for number in range(MOST_ENTRIES + 1)]
    feed = read(json.dumps({"items": entries}).encode())
    assert len(feed.entries) == MOST_ENTRIES
    assert len(feed.entries[0].title) == TITLE_LIMIT
    items = (f"<item><title>{number}</title></item>" for number in range(MOST_ENTRIES + 1))
    assert len(read(rss(*items)).entries) == MOST_ENTRIES


def test_invisible_characters_never_reach_a_reader() -> None:
    entry = only_entry(rss(item("\u202etfel\u200b ot thgir", f"{STORY}\u200b", "<author>A\u2066nn</author>")))
    assert (entry.title, entry.link, entry.author) == ("tfel ot thgir", STORY, "Ann")


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_bytes_take_the_reader_down(document: bytes) -> None:
    assert isinstance(parse(document, URL), ParsedFeed | NotAFeed)


@given(st.lists(_CUTS, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_no_damage_to_a_feed_takes_the_reader_down(cuts: list[tuple[int, int, bytes]]) -> None:
    document = _VALID
    for start, length, wedge in cuts:
        document = document[:start] + wedge + document[start + length :]
    assert isinstance(parse(document, URL), ParsedFeed | NotAFeed)
