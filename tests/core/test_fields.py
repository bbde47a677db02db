from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.values import SUMMARY_LIMIT, Wishes
from tests.core.documents import STORY, atom, item, only_entry, read, rss

_NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    ' xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def _rss(*parts: str) -> bytes:
    return rss(*parts).replace(b'version="2.0"', f'version="2.0" {_NAMESPACES}'.encode(), 1)


@pytest.mark.parametrize(
    ("said", "wishes"),
    [
        ("<ttl>90</ttl>", Wishes(timedelta(minutes=90))),
        ("<ttl>soon</ttl>", Wishes()),
        ("<ttl>999999</ttl>", Wishes(timedelta(days=365))),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Wishes(timedelta(hours=6)),
        ),
        ("<sy:updatePeriod> hourly </sy:updatePeriod>", Wishes(timedelta(hours=1))),
        ("<ttl>15</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", Wishes(timedelta(hours=1))),
        (
            "<skipHours><hour>24</hour><hour>1</hour><hour>1</hour><hour>99</hour></skipHours>",
            Wishes(skip_hours=(0, 1)),
        ),
        ("<skipDays><day>Sunday</day><day> Saturday </day></skipDays>", Wishes(skip_days=(5, 6))),
    ],
)
def test_a_publisher_says_when_it_wants_to_be_asked(said: str, wishes: Wishes) -> None:
    assert read(_rss(said, item("t"))).wishes == wishes


def test_a_feed_names_its_hub_and_its_own_address() -> None:
    links = '<{0} rel="hub" href="https://hub.example/"/><{0} rel="self" href="https://news.example/feed"/>'
    for document in (_rss(links.format("atom:link"), item("t")), atom(links.format("link"))):
        feed = read(document)
        assert (feed.hub, feed.topic) == ("https://hub.example/", "https://news.example/feed")


def test_a_hub_that_is_no_web_address_is_none() -> None:
    assert read(_rss('<atom:link rel="hub" href="javascript:alert(1)"/>', item("t"))).hub == ""


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("<georss:point>52.5 13.4</georss:point>", (52.5, 13.4)),
        ("<georss:point>52.5,13.4</georss:point>", (52.5, 13.4)),
        ("<geo:lat>52.5</geo:lat><geo:long>13.4</geo:long>", (52.5, 13.4)),
        ("<geo:Point><geo:lat>-52.5</geo:lat><geo:long>-13.4</geo:long></geo:Point>", (-52.5, -13.4)),
        ("<georss:where><gml:Point><gml:pos>52.5 13.4</gml:pos></gml:Point></georss:where>", (52.5, 13.4)),
        ("<georss:polygon>50 10 50 20 54 20 54 10 50 10</georss:polygon>", (52.0, 15.0)),
        ("<georss:box>50 10 54 20</georss:box>", (52.0, 15.0)),
        ("<cap:polygon>50,10 50,20 54,20 50,10</cap:polygon>", (52.0, 15.0)),
        ("<cap:circle>52.5,13.4 10</cap:circle>", (52.5, 13.4)),
        ("<georss:point>152.5 13.4</georss:point>", None),
        ("<georss:point>near here</georss:point>", None),
        ("<geo:lat>52.5</geo:lat>", None),
        ("", None),
    ],
)
def test_an_entry_happened_somewhere(said: str, place: tuple[float, float] | None) -> None:
    assert only_entry(_rss(item("t", more=said))).place == place


def test_an_official_warning_keeps_what_it_warns_of() -> None:
    entry = only_entry(
        _rss(
            item(
                "Flood warning",
                more="<cap:event>Flood</cap:event><cap:severity>Severe</cap:severity><cap:msgType>Alert</cap:msgType>"
                "<cap:areaDesc>Lower\n valley</cap:areaDesc><cap:expires>2026-11-24T18:00:00+01:00</cap:expires>",
            )
        )
    )
    assert dict(entry.cap) == {
        "event": "Flood",
        "severity": "Severe",
        "msgType": "Alert",
        "areaDesc": "Lower\nvalley",
        "expires": "2026-11-24T18:00:00+01:00",
    }


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_an_official_warning_is_known_by_its_namespace_whatever_a_feed_calls_that(version: str) -> None:
    space = f"urn:oasis:names:tc:emergency:cap:{version}"
    inside = "<{0}event>Storm</{0}event><{0}polygon>50,10 50,20 54,20 50,10</{0}polygon>"
    bare = f'<alert xmlns="{space}"><info>{inside.format("")}</info></alert>'
    for more in (bare, f'<c:alert xmlns:c="{space}">{inside.format("c:")}</c:alert>'):
        entry = only_entry(rss(item("t", more=more)))
        assert (dict(entry.cap)["event"], entry.place) == ("Storm", (52.0, 15.0))


def test_an_official_warning_keeps_all_its_codes_and_parameters() -> None:
    entry = only_entry(
        _rss(
            item(
                "t",
                more="<cap:geocode><valueName>UGC</valueName><value>TXC113</value><valueName>FIPS6</valueName>"
                "<value>048113</value></cap:geocode><cap:geocode><cap:valueName>UGC</cap:valueName>"
                "<cap:value>TXC439</cap:value></cap:geocode><cap:parameter><cap:valueName>VTEC</cap:valueName>"
                "<cap:value>/O.NEW/</cap:value></cap:parameter><value>nobody's</value>",
            )
        )
    )
    assert dict(entry.cap) == {
        "geocode UGC": "TXC113\nTXC439",
        "geocode FIPS6": "048113",
        "parameter VTEC": "/O.NEW/",
    }


@pytest.mark.parametrize(
    ("said", "link"),
    [
        (f"<link>https://counter.example/~r/1</link><feedburner:origLink>{STORY}</feedburner:origLink>", STORY),
        (f'<guid isPermaLink="false">{STORY}</guid>', STORY),
        (f'<guid isPermaLink="false">n-1</guid><enclosure url="{STORY}" type="audio/mpeg"/>', STORY),
        (f'<link uri="at://did:plc:x/app.bsky.feed.post/1">{STORY}</link>', STORY),
        ("<link>javascript:alert(1)</link>", ""),
    ],
)
def test_an_entry_leads_to_its_page(said: str, link: str) -> None:
    assert only_entry(_rss(f"<item><title>t</title>{said}</item>")).link == link


def test_a_long_description_loses_no_words_to_the_length_of_a_summary() -> None:
    entry = only_entry(rss(item("t", more=f"<description>{'word ' * SUMMARY_LIMIT} strike</description>")))
    assert len(entry.summary) <= SUMMARY_LIMIT
    assert "strike" not in entry.summary
    short = only_entry(rss(item("t", more=f"<description>{'word ' * 4_000} strike</description>")))
    assert short.content.endswith("strike")


def test_what_a_podcast_says_of_itself_is_read() -> None:
    entry = only_entry(
        _rss("<item><itunes:title>Bridge closed</itunes:title><itunes:subtitle>Why</itunes:subtitle></item>")
    )
    assert (entry.title, entry.summary) == ("Bridge closed", "Why")


def test_a_picture_in_place_of_the_content_is_no_text() -> None:
    entry = only_entry(atom('<entry><title>t</title><content type="image/png">aGVsbG8=</content></entry>'))
    assert entry.content == ""


def test_all_authors_are_named() -> None:
    people = "<author><name>Ann</name></author><author><name>Bo</name></author><author><name>Ann</name></author>"
    assert only_entry(atom(f"<entry><title>t</title>{people}</entry>")).author == "Ann, Bo"


def test_an_atom_entry_that_names_nobody_is_by_whoever_wrote_the_feed() -> None:
    feed = "<author><name>Ann</name></author>"
    source = "<source><author><name>Bo</name></author></source>"
    assert only_entry(atom(f"{feed}<entry><title>t</title></entry>")).author == "Ann"
    assert only_entry(atom(f"{feed}<entry><title>t</title>{source}</entry>")).author == "Bo"
    own = "<author><name>Cy</name></author>"
    assert only_entry(atom(f"{feed}<entry><title>t</title>{own}{source}</entry>")).author == "Cy"


def test_the_editor_of_a_channel_did_not_write_its_stories() -> None:
    assert only_entry(rss("<managingEditor>ann@news.example (Ann)</managingEditor>", item("t"))).author == ""


def test_a_category_is_known_by_its_label_too() -> None:
    entry = only_entry(atom('<entry><title>t</title><category term="15073" label="War"/></entry>'))
    assert entry.tags == ("15073", "War")


def test_an_item_without_a_guid_is_known_by_its_dublin_core_name() -> None:
    assert only_entry(_rss(item("t", more="<dc:identifier>doi:10.1/x</dc:identifier>"))).guid == "doi:10.1/x"


def test_an_item_may_name_its_own_language() -> None:
    document = _rss("<language>en</language>", item("t", more="<dc:language>uk_UA</dc:language>"))
    assert only_entry(document).language == "uk-UA"


def test_a_date_in_the_publishers_language_is_read_and_kept_as_said() -> None:
    entry = only_entry(rss(item("t", more="<pubDate>вт, 24 ноя 2026 10:30:00 +0300</pubDate>")))
    assert entry.published == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert entry.published_said == "вт, 24 ноя 2026 10:30:00 +0300"


def test_the_names_of_html_characters_do_not_break_a_feed() -> None:
    feed = read(rss(item("Caf&eacute;&nbsp;&amp; &Scaron;koda &lt;b&gt; &nosuch;")))
    assert feed.entries[0].title.startswith("Café & Škoda")
    clean = read(rss(item("Caf&eacute;")))
    assert (clean.entries[0].title, clean.damage) == ("Café", "")


def test_an_item_that_ends_is_whole_though_its_feed_is_cut_behind_it() -> None:
    whole = rss(item("First"), item("Second"))
    feed = read(whole[: whole.rindex(b"</channel>")])
    assert [entry.title for entry in feed.entries] == ["First", "Second"]
