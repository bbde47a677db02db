import json
from datetime import UTC, datetime

import pytest

from monitor.core.identity import sightings
from tests.core.documents import STORY, URL, atom, item, only_entry, read, rss

_RDF = f"""<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://news.example/"><title>World</title></channel>
<item rdf:about="{STORY}"><title>Bridge closed</title><link>{STORY}</link>
<description>Traffic waits.</description><dc:date>2026-05-04T10:00:00Z</dc:date></item></rdf:RDF>""".encode()
_ATOM_03 = f"""<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>World</title>
<entry><id>urn:1</id><title>Bridge closed</title><link rel="alternate" type="text/html" href="{STORY}"/>
<summary>Traffic waits.</summary><issued>2026-05-04T10:00:00Z</issued><modified>2026-05-04T10:00:00Z</modified>
</entry></feed>""".encode()
_ATOM_10 = atom(
    f'<entry><id>urn:1</id><title>Bridge closed</title><link href="{STORY}"/><summary>Traffic waits.</summary>'
    "<published>2026-05-04T12:00:00+02:00</published><updated>2026-05-04T10:00:00Z</updated></entry>"
)
_ITEM = item(
    "Bridge closed",
    more="<description>Traffic waits.</description><pubDate>Mon, 04 May 2026 12:00:00 +0200</pubDate>",
)


def _json_feed(version: str, **more: object) -> bytes:
    entry = {
        "id": "1",
        "url": STORY,
        "title": "Bridge closed",
        "content_html": "<p>Traffic waits.",
        "date_published": "2026-05-04T12:00:00+02:00",
    }
    return json.dumps({"version": version, "title": "World", "items": [entry | more]}).encode()


@pytest.mark.parametrize(
    ("document", "version"),
    [
        (rss(_ITEM, version="0.91"), "rss091u"),
        (rss(_ITEM, version="0.92"), "rss092"),
        (rss(_ITEM), "rss20"),
        (_RDF, "rss10"),
        (_ATOM_03, "atom03"),
        (_ATOM_10, "atom10"),
        (_json_feed("https://jsonfeed.org/version/1"), "json 1"),
        (_json_feed("https://jsonfeed.org/version/1.1"), "json 1.1"),
    ],
)
def test_a_story_reads_the_same_in_every_format(document: bytes, version: str) -> None:
    feed = read(document)
    assert (feed.version, feed.title, feed.damage) == (version, "World", "")
    (entry,) = feed.entries
    assert (entry.title, entry.link, entry.summary) == ("Bridge closed", STORY, "Traffic waits.")
    assert (entry.published or entry.updated) == datetime(2026, 5, 4, 10, tzinfo=UTC)


def test_markup_in_a_title_and_a_summary_becomes_words() -> None:
    entry = only_entry(
        rss(
            item(
                "Ministry: &lt;b&gt;pre-&lt;/b&gt;emptive talks &amp;amp; more",
                more="<description><![CDATA[<p>One.</p>Two.<script>alert(1)</script>]]></description>",
            )
        )
    )
    assert entry.title == "Ministry: pre-emptive talks & more"
    assert entry.summary == "One.\nTwo."


def test_a_title_that_only_compares_numbers_keeps_its_sign() -> None:
    assert only_entry(rss(item("Why 1 &lt; 2 matters"))).title == "Why 1 < 2 matters"


def test_the_full_text_is_kept_beside_the_summary() -> None:
    entry = only_entry(
        atom(
            '<entry><title>t</title><summary>Short.</summary><content type="xhtml">'
            '<div xmlns="http://www.w3.org/1999/xhtml"><p>Long</p><p>story.</p></div></content></entry>'
        )
    )
    assert (entry.summary, entry.content) == ("Short.", "Long\nstory.")


def test_of_several_contents_the_longest_is_read() -> None:
    entry = only_entry(
        atom("<entry><title>t</title><content>Teaser.</content><content>The whole of the story.</content></entry>")
    )
    assert entry.content == "The whole of the story."


def test_a_full_text_without_a_summary_serves_as_both() -> None:
    body = '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">Whole story.</content:encoded>'
    entry = only_entry(rss(item("t", more=body)))
    assert (entry.summary, entry.content) == ("Whole story.", "Whole story.")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("/2026/bridge", "https://news.example/2026/bridge"),
        ("bridge?id=1&amp;x=2", "https://news.example/feeds/bridge?id=1&x=2"),
        ("//cdn.example/a b", "https://cdn.example/a%20b"),
        ("javascript:alert(1)", ""),
        ("data:text/html,hello", ""),
    ],
)
def test_a_link_becomes_a_web_address_or_nothing(said: str, meant: str) -> None:
    assert only_entry(rss(item("t", said))).link == meant


def test_relative_atom_links_follow_the_nearest_base() -> None:
    feed = read(
        atom(
            '<entry xml:base="a/"><title>t</title><link href="1"/></entry>'
            '<entry><title>t</title><link xml:base="/b/" href="2"/></entry>',
            'xml:base="https://base.example/x/"',
        )
    )
    assert [entry.link for entry in feed.entries] == ["https://base.example/x/a/1", "https://base.example/b/2"]


def test_a_guid_that_is_the_permalink_stands_in_for_a_missing_link() -> None:
    entry = only_entry(rss(f"<item><title>t</title><guid>{STORY}</guid></item>"))
    assert (entry.guid, entry.link) == (STORY, STORY)


def test_an_rss_item_tells_its_author_tags_and_guid() -> None:
    more = '<guid isPermaLink="false">n-1</guid><author>a@b.example (Ann)</author><category>A</category>'
    entry = only_entry(rss("<language>pl</language>", item("t", more=more + "<category>B</category>")))
    assert (entry.guid, entry.author, entry.tags) == ("n-1", "a@b.example (Ann)", ("A", "B"))
    assert entry.language == "pl"


def test_an_atom_entry_may_speak_another_language_than_its_feed() -> None:
    feed = read(atom('<entry><title xml:lang="fr">t</title></entry><entry><title>u</title></entry>', 'xml:lang="de"'))
    assert [entry.language for entry in feed.entries] == ["fr", "de"]


def test_a_json_item_tells_its_author_tags_and_language() -> None:
    entry = only_entry(_json_feed("1.1", authors=[{}, {"name": "Ann"}], tags=["a", 5, "b"], language="fi", id=7))
    assert (entry.guid, entry.author, entry.tags, entry.language) == ("7", "Ann", ("a", "b"), "fi")


def test_a_json_item_whose_id_is_its_address_needs_no_url() -> None:
    assert only_entry(_json_feed("1.1", id=STORY, url=None)).link == STORY


def test_the_feeds_author_stands_in_for_an_item_without_one() -> None:
    document = {"author": {"name": "Bo"}, "items": [{"id": "1", "title": "t"}]}
    assert only_entry(json.dumps(document).encode()).author == "Bo"


def test_a_json_feed_names_its_hub_and_its_own_address() -> None:
    document = {"hubs": [{"type": "x"}, {"url": "https://hub.example/"}], "feed_url": URL, "items": [{"id": "1"}]}
    feed = read(json.dumps(document).encode())
    assert (feed.hub, feed.topic) == ("https://hub.example/", URL)


def test_a_json_item_that_is_only_a_recording_leads_to_it() -> None:
    assert only_entry(_json_feed("1.1", id="n-1", url=None, attachments=[{"url": STORY}])).link == STORY


def test_all_authors_of_a_json_item_are_named_and_one_alone_needs_no_list() -> None:
    assert only_entry(_json_feed("1.1", authors=[{"name": "Ann"}, {"name": "Bo"}])).author == "Ann, Bo"
    assert only_entry(_json_feed("1.1", authors={"name": "Ann"})).author == "Ann"


def test_a_json_title_with_markup_is_read_as_words() -> None:
    assert only_entry(_json_feed("1.1", title="Fish &amp; <b>chips</b>")).title == "Fish & chips"


def test_one_odd_json_item_does_not_cost_the_others() -> None:
    document = {"items": [3, None, {"title": ["x"], "tags": "y", "url": {}}, {"title": "fine"}]}
    assert [entry.title for entry in read(json.dumps(document).encode()).entries] == ["", "fine"]


@pytest.mark.parametrize(
    "document", [rss(item("t", more="<pubDate>soon</pubDate>")), _json_feed("1", date_published="soon")]
)
def test_a_date_nobody_can_read_is_kept_as_it_was_said(document: bytes) -> None:
    entry = only_entry(document)
    assert (entry.published, entry.published_said) == (None, "soon")


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    assert only_entry(_json_feed("1", date_published="2026-05-04T10:00:00")).published == datetime(
        2026, 5, 4, 10, tzinfo=UTC
    )


def test_a_document_from_an_unknown_address_keeps_its_absolute_links() -> None:
    assert only_entry(rss(item("t", URL))).link == URL


def test_entries_without_a_link_are_not_all_one_page() -> None:
    feed = read(rss("<item><title>Bridge closed</title></item><item><title>Museum opens</title></item>"))
    assert [entry.link for entry in feed.entries] == ["", ""]
    assert len(sightings(feed.entries)) == 2
