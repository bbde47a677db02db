"""What programs and chats are sent of an alert, whatever a feed has written."""

import hmac
import json
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.formats import chat, hook
from monitor.core.formats.parts import urn
from monitor.core.formats.syndication import Follow, atom, json_feed
from monitor.core.parse import parse
from monitor.core.values import ParsedFeed
from monitor.words import Cause, Severity
from tests.core.told import HEADLINE, HOSTILE, NOON, alert, evidence, grown, report, spoiled

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = Follow("Alerts of the desk", "https://watch.test/alerts.atom", "https://watch.test/", NOON)
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def told(facts: Any) -> dict[str, Any]:
    (one,) = json.loads(hook.rollup_body([facts], ()))["alerts"]
    assert isinstance(one, dict)
    return one


def invisible(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in INVISIBLE and each not in "\n\u200c\u200d"}


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts_in(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts_in(each)]
    return [value] if isinstance(value, str) else []


class Seen(HTMLParser):
    """The elements and addresses that a reader's program finds in a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.addresses += [value or "" for _, value in attrs]


def test_a_receiver_of_a_webhook_finds_every_fact_under_its_key() -> None:
    facts = grown(
        Cause.RAISED,
        Cause.VOICES,
        place=(54.35, 18.65),
        acknowledged_by="Duty officer",
        acknowledged_at=NOON,
        reports=(report("Harbour Gazette", 0, "Quay Courier"), replace(report("Tide", 4), published_at=None)),
    )
    body = json.loads(hook.rollup_body([facts], ()))
    assert {key: body[key] for key in ("version", "reasons", "more")} == {"version": 1, "reasons": [], "more": 0}
    assert told(facts) == {
        "key": "story-41",
        "number": 7,
        "revision": 2,
        "severity": "critical",
        "rules": ["pre-emptive-strike"],
        "causes": ["raised", "voices"],
        "news": "A second publisher.",
        "headline": HEADLINE,
        "link": "https://gazette.test/strait",
        "summary": "The minister would not rule it out before the summit.",
        "language": "en",
        "place": {"latitude": 54.35, "longitude": 18.65},
        "first_told_at": "2026-03-02T12:01:00Z",
        "told_at": "2026-03-02T12:30:00Z",
        "acknowledged_by": "Duty officer",
        "acknowledged_at": "2026-03-02T12:00:00Z",
        "firings": [
            {
                "rule": "pre-emptive-strike",
                "severity": "critical",
                "note": "",
                "evidence": [
                    {
                        "field": "title",
                        "text": "pre-emptive strike",
                        "start": 26,
                        "end": 44,
                        "pattern": "pre-emptive strike",
                    }
                ],
            }
        ],
        "independent_reports": 2,
        "reports": [
            {
                "publisher": "Harbour Gazette",
                "title": HEADLINE,
                "link": "https://gazette.test/strait",
                "published_at": "2026-03-02T12:00:00Z",
                "seen_at": "2026-03-02T12:00:40Z",
                "copies": ["Quay Courier"],
            },
            {
                "publisher": "Tide",
                "title": HEADLINE,
                "link": "https://gazette.test/strait",
                "published_at": None,
                "seen_at": "2026-03-02T12:04:40Z",
                "copies": [],
            },
        ],
    }


def keys_in(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, keys_in(each)) for key, each in value.items()]
    return [keys_in(each) for each in value if isinstance(each, dict)] if isinstance(value, list) else None


def test_who_writes_a_receiver_by_the_manual_gets_what_it_promises() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "channels.md").read_text()
    shown = re.search(r"^    \{\n(?:    .*\n)+?    \}\n", manual, re.MULTILINE)
    assert shown
    facts = alert(place=(54.35, 18.65), reports=(report("Harbour Gazette", 0, "Quay Courier"),))
    assert keys_in(json.loads(shown[0])) == keys_in(json.loads(hook.rollup_body([facts], ())))
    for cause in Cause:
        assert f"`{cause.name.lower()}`" in manual


def test_the_same_alert_is_the_same_bytes_so_that_a_repeat_bears_the_same_signature() -> None:
    body = hook.rollup_body([alert()], ())
    assert body == hook.rollup_body([alert()], ())
    assert body.startswith(b'{"version":1,"reasons":[],"alerts":[{"key":"story-41",')
    expected = hmac.new(b"between us", body, "sha256").hexdigest()
    assert hook.signature(body, "between us") == f"sha256={expected}"
    assert hook.signature(body, "between them") != f"sha256={expected}"


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    at = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert told(alert(told_at=at))["told_at"] == "2026-03-02T12:00:00Z"


def test_a_flood_is_one_body_that_says_why_and_how_many_more_there_are() -> None:
    body = json.loads(hook.rollup_body([alert(number=number) for number in range(503)], ["too many at once"]))
    assert body["reasons"] == ["too many at once"]
    assert [each["number"] for each in body["alerts"]] == [*range(500)]
    assert body["more"] == 3


def test_a_story_that_hundreds_report_sends_its_first_hundred_reports_and_their_number() -> None:
    one = told(alert(reports=tuple(report(f"Paper {number}") for number in range(250))))
    assert (len(one["reports"]), one["independent_reports"]) == (100, 250)


@pytest.mark.parametrize("said", HOSTILE)
def test_whatever_a_headline_holds_a_receiver_reads_utf8_without_invisible_characters(said: str) -> None:
    assert invisible("".join(texts_in(json.loads(hook.rollup_body([spoiled(said)], ()).decode())))) == set()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://", "https://a.test/\r\nX: y", "http://[", "data:,x"])
def test_a_link_that_leads_nowhere_good_is_left_out_everywhere(link: str) -> None:
    facts = alert(link=link, reports=(replace(report(), link=link),))
    one = told(facts)
    assert (one["link"], one["reports"][0]["link"]) == ("", "")
    assert link not in chat.title_and_text(facts)[1]
    assert "<link rel" not in atom(replace(FEED, home=""), [facts]).decode().split("<entry>")[1]
    assert "<a " not in json.loads(json_feed(FEED, [facts]))["items"][0]["content_html"]


def test_evidence_keeps_its_positions_in_the_text_as_it_is_stored() -> None:
    summary = "First line\nwith a strike"
    (firing,) = alert().firings
    spanning = replace(firing, evidence=(evidence("line\nwith", 6),))
    one = told(alert(summary=summary, firings=(spanning,)))
    (shown,) = one["firings"][0]["evidence"]
    assert one["summary"][shown["start"] : shown["end"]] == shown["text"] == "line\nwith"


def test_a_phone_shows_what_happened_who_says_so_and_where_to_read_on() -> None:
    title, text = chat.title_and_text(
        grown(
            Cause.VOICES, reports=(report("Harbour Gazette", 0, "Quay Courier", "Mole Mirror"), report("Tide", 60 * 14))
        )
    )
    assert title == "▲ CRITICAL pre-emptive-strike"
    assert text.splitlines() == [
        HEADLINE,
        "A second publisher.",
        "“pre-emptive strike” in the title matched: pre-emptive strike",
        "2 independent publishers (UTC): Harbour Gazette 12:00 +2 copies, Tide 2026-03-03 02:00",
        "https://gazette.test/strait",
    ]


def test_a_phone_shows_the_weightiest_rule_and_that_there_are_more() -> None:
    (firing,) = alert().firings
    others = (replace(firing, rule="summit", severity=Severity.LOW), firing, replace(firing, rule="navy"))
    assert chat.title_and_text(alert(firings=others))[0] == "▲ CRITICAL pre-emptive-strike +2"
    assert told(alert(firings=others))["rules"] == ["pre-emptive-strike", "navy", "summit"]
    assert chat.title_and_text(alert(firings=(), severity=Severity.INFO))[0] == "· INFO alert"


def test_a_chat_learns_once_who_has_taken_it() -> None:
    taken: dict[str, Any] = {"acknowledged_by": "Duty officer", "acknowledged_at": NOON}
    assert "taken by Duty officer" in chat.title_and_text(grown(Cause.VOICES, **taken))[1]
    told_so = grown(Cause.TAKEN, **{**taken, "news": "Duty officer took it."})
    assert "taken by" not in chat.title_and_text(told_so)[1]


@pytest.mark.parametrize("said", HOSTILE)
def test_whatever_a_headline_holds_a_chat_shows_little_plain_text(said: str) -> None:
    for title, text in (chat.title_and_text(spoiled(said)), chat.rollup_text([spoiled(said)] * 20, [said])):
        assert len(text) <= 900
        assert "\n" not in title
        assert invisible(title + text) == set()
        assert chat.parted(chat.message_of(title, text)) == (title, text)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("@everyone look", "@ everyone look"),
        ("so@here", "so@ here"),
        ("@\u200beveryone", "@ everyone"),
        ("＠room", "@ room"),
        ("<!channel> now", "< !channel> now"),
        ("<@U123>", "< @ U123>"),
        ("<https://evil.test|bank>", "< https://evil.test|bank>"),
        ("[bank](https://evil.test)", "[bank] (https://evil.test)"),
        ("||hidden||", "| |hidden| |"),
        ("3 < 5 @ noon", "3 < 5 @ noon"),
    ],
)
def test_a_headline_calls_nobody_and_hides_no_link(said: str, shown: str) -> None:
    assert chat.title_and_text(alert(headline=said))[1].splitlines()[0] == shown
    assert f"◆ {shown} (Harbour Gazette)" in chat.rollup_text([alert(headline=said, severity=Severity.HIGH)], [])[1]


def test_a_link_still_leads_where_it_did_though_it_calls_nobody() -> None:
    text = chat.title_and_text(alert(link="https://gazette.test/@everyone/a?b=[c]|d"))[1]
    assert text.splitlines()[-1] == "https://gazette.test/%40everyone/a?b=%5Bc%5D%7Cd"


def test_a_link_too_long_for_a_phone_is_dropped_and_the_rest_stays() -> None:
    text = chat.title_and_text(alert(link=f"https://gazette.test/{'x' * 400}"))[1]
    assert "xxx" not in text
    assert "Harbour Gazette 12:00" in text


def test_the_longest_alert_keeps_its_headline_its_news_and_its_link() -> None:
    facts = grown(
        Cause.VOICES,
        headline="word " * 200,
        news="news " * 200,
        link=f"https://gazette.test/{'x' * 270}",
        acknowledged_by="o" * 200,
        reports=tuple(report("p" * 90) for _ in range(9)),
    )
    text = chat.title_and_text(facts)[1]
    assert len(text) <= 900
    assert [line[:5] for line in text.splitlines()][:2] == ["word ", "news "]
    assert text.endswith("x")


def test_a_flood_on_a_phone_lists_the_weightiest_first_and_counts_the_rest() -> None:
    flood = [alert(severity=Severity.HIGH, headline=f"Ferry {number} turned back") for number in range(40)]
    title, text = chat.rollup_text([*flood, alert()], ["Gathered: too many alerts came at once"])
    assert title == "▲ CRITICAL 41 alerts"
    first, second, third, *_, last = text.splitlines()
    assert first == "Gathered: too many alerts came at once"
    assert second == f"▲ {HEADLINE} (Harbour Gazette)"
    assert third == "◆ Ferry 0 turned back (Harbour Gazette)"
    shown = len(text.splitlines()) - 2
    assert last == f"and {41 - shown} more"
    assert 700 < len(text) <= 900


def test_a_follower_reads_one_entry_an_alert_that_changes_as_the_story_grows() -> None:
    root = ElementTree.fromstring(atom(FEED, [grown(Cause.VOICES)]))
    assert root.findtext(f"{ATOM}title") == "Alerts of the desk"
    assert root.findtext(f"{ATOM}id") == urn("https://watch.test/alerts.atom")
    links = [(each.get("rel"), each.get("href")) for each in root.findall(f"{ATOM}link")]
    assert links == [("self", "https://watch.test/alerts.atom"), ("alternate", "https://watch.test/")]
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == urn("story-41")
    assert entry.findtext(f"{ATOM}title") == f"▲ CRITICAL {HEADLINE}"
    assert entry.findtext(f"{ATOM}updated") == "2026-03-02T12:30:00Z"
    assert entry.findtext(f"{ATOM}published") == "2026-03-02T12:01:00Z"
    assert [each.get("term") for each in entry.findall(f"{ATOM}category")] == ["critical", "pre-emptive-strike"]
    content = entry.findtext(f"{ATOM}content") or ""
    for words in ("A second publisher.", HEADLINE, "“pre-emptive strike” in the title", "Quay Courier, Mole Mirror"):
        assert words in content


def test_a_follower_of_the_json_feed_finds_the_same_facts_as_a_webhook() -> None:
    facts = grown(Cause.VOICES)
    feed = json.loads(json_feed(FEED, [facts]))
    (item,) = feed["items"]
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["feed_url"], feed["home_page_url"]) == ("https://watch.test/alerts.atom", "https://watch.test/")
    assert item["id"] == urn("story-41")
    assert (item["date_published"], item["date_modified"]) == ("2026-03-02T12:01:00Z", "2026-03-02T12:30:00Z")
    assert item["_feed_monitor"] == {"version": 1, **told(facts)}


@pytest.mark.parametrize("written", [atom, json_feed])
def test_another_feed_monitor_can_follow_both_feeds(written: Any) -> None:
    parsed = parse(written(FEED, [alert(), alert(key="story-42")]), "https://watch.test/alerts")
    assert isinstance(parsed, ParsedFeed)
    assert parsed.damage == ""
    assert [entry.guid for entry in parsed.entries] == [urn("story-41"), urn("story-42")]
    assert {entry.title for entry in parsed.entries} == {f"▲ CRITICAL {HEADLINE}"}


def test_a_name_for_good_is_a_uuid_and_another_for_another_key() -> None:
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", urn("story-41")
    )
    assert urn("story-41") == "urn:uuid:6125be90-589a-8058-9f5e-c0b937fe337d"
    assert len({urn(f"story-{number}") for number in range(1_000)}) == 1_000


@pytest.mark.parametrize("said", HOSTILE)
def test_whatever_a_headline_holds_both_feeds_are_whole_and_carry_no_script(said: str) -> None:
    facts = replace(spoiled(said), link="https://gazette.test/strait")
    (entry,) = ElementTree.fromstring(atom(FEED, [facts])).findall(f"{ATOM}entry")
    (item,) = json.loads(json_feed(FEED, [facts]))["items"]
    for html in (entry.findtext(f"{ATOM}content") or "", item["content_html"]):
        assert Seen(html).elements <= {"p", "ul", "li", "a", "strong"}
        assert all(address.startswith("https://gazette.test/") for address in Seen(html).addresses)
        assert invisible(html) == set()
    assert invisible(item["title"] + (entry.findtext(f"{ATOM}title") or "")) == set()
    assert len(item["title"]) < 320


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_a_format(said: str) -> None:
    facts = spoiled(said)
    ElementTree.fromstring(atom(FEED, [facts]))
    json.loads(json_feed(FEED, [facts]))
    json.loads(hook.rollup_body([facts], ()))
    title, text = chat.title_and_text(facts)
    assert not re.search(r"[@＠]\w|<\S|\]\(|\|\|", f"{title}\n{text}")
    assert len(text) <= 900
