"""An alert in the Common Alerting Protocol is one that a system of that kind takes, whatever a feed has written."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.facts import AlertFacts
from monitor.core.formats.cap import Telling, cap
from monitor.words import Cause, Severity
from tests.core.told import HEADLINE, HOSTILE, NOON, alert, grown, report, spoiled

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
SENDER = "desk@watch.test"
RULES = xmlschema.XMLSchema(Path(__file__).with_name("cap12.xsd"))


def checked(document: bytes) -> ElementTree.Element:
    RULES.validate(document)
    root = ElementTree.fromstring(document)
    assert root.findtext(f"{CAP}scope") == "Restricted"
    assert root.findtext(f"{CAP}restriction")
    return root


def said(facts: AlertFacts, *names: str, **more: Any) -> list[str | None]:
    """What the message says under these names, which stand in it or in its `info`."""
    root = checked(cap(facts, SENDER, **more))
    found = []
    for name in names:
        element = next(root.iter(f"{CAP}{name}"), None)
        found.append(None if element is None else element.text)
    return found


def parameters(facts: AlertFacts) -> list[tuple[str | None, str | None]]:
    every = checked(cap(facts, SENDER)).iter(f"{CAP}parameter")
    return [(each.findtext(f"{CAP}valueName"), each.findtext(f"{CAP}value")) for each in every]


def test_the_first_telling_is_an_alert_that_refers_to_nothing() -> None:
    assert said(alert(), "identifier", "sender", "sent", "status", "msgType", "references", "incidents") == [
        "story-41.1",
        SENDER,
        "2026-03-02T12:01:00-00:00",
        "Actual",
        "Alert",
        None,
        "story-41",
    ]
    assert said(alert(), "category", "event", "headline", "web", "note", "language") == [
        "Security",
        "pre-emptive-strike",
        HEADLINE,
        "https://gazette.test/strait",
        None,
        "en",
    ]


def test_a_receiver_reads_rule_evidence_and_publishers_as_parameters() -> None:
    facts = alert(reports=(report("Harbour Gazette"), report("Tide", 4)))
    assert parameters(facts) == [
        ("key", "story-41"),
        ("number", "7"),
        ("revision", "1"),
        ("severity", "critical"),
        ("cause", "first"),
        ("rule", "pre-emptive-strike"),
        ("evidence", "“pre-emptive strike” in the title matched: pre-emptive strike"),
        ("publisher", "Harbour Gazette"),
        ("publisher", "Tide"),
        ("link", "https://gazette.test/strait"),
    ]


def test_a_page_of_ours_is_where_to_read_on_and_the_report_stands_beside_it() -> None:
    assert said(alert(), "web", url="https://watch.test/alerts/7") == ["https://watch.test/alerts/7"]
    assert ("link", "https://gazette.test/strait") in parameters(alert())


def test_a_later_telling_updates_the_first_as_it_was_sent() -> None:
    first, later = checked(cap(alert(), SENDER)), checked(cap(grown(Cause.VOICES), SENDER))
    named = ",".join(first.findtext(f"{CAP}{name}") or "" for name in ("identifier",))
    refers = f"{SENDER},{named},{first.findtext(f'{CAP}sent')}"
    assert later.findtext(f"{CAP}references") == refers
    assert later.findtext(f"{CAP}msgType") == "Update"
    assert later.findtext(f"{CAP}note") == "A second publisher."
    assert later.findtext(f"{CAP}identifier") == "story-41.2"


def test_a_receiver_who_heard_all_tellings_is_referred_to_all_of_them() -> None:
    earlier = [Telling(1, NOON), Telling(2, NOON + timedelta(minutes=5))]
    assert said(grown(Cause.RAISED, revision=3), "references", earlier=earlier) == [
        f"{SENDER},story-41.1,2026-03-02T12:00:00-00:00 {SENDER},story-41.2,2026-03-02T12:05:00-00:00"
    ]


def test_for_a_receiver_who_heard_nothing_before_a_later_telling_is_an_alert() -> None:
    assert said(grown(Cause.RAISED, revision=3), "msgType", "references", earlier=[]) == ["Alert", None]


@pytest.mark.parametrize(
    ("causes", "reports", "expected"),
    [
        ((Cause.WITHDRAWN,), 1, ("Cancel", "Past", "Unlikely")),
        ((Cause.WITHDRAWN,), 0, ("Cancel", "Past", "Unlikely")),
        # Others still say so.
        ((Cause.WITHDRAWN,), 2, ("Update", "Immediate", "Likely")),
        ((Cause.CONFIRMED, Cause.WITHDRAWN), 1, ("Update", "Immediate", "Observed")),
        ((Cause.DENIED,), 3, ("Update", "Immediate", "Unlikely")),
        ((Cause.CONFIRMED,), 1, ("Update", "Immediate", "Observed")),
        ((Cause.VOICES,), 2, ("Update", "Immediate", "Likely")),
        ((Cause.TAKEN,), 1, ("Update", "Immediate", "Possible")),
    ],
)
def test_what_became_of_a_story_decides_how_sure_and_how_urgent_it_is(
    causes: tuple[Cause, ...], reports: int, expected: tuple[str, ...]
) -> None:
    facts = grown(*causes, reports=tuple(report(f"Paper {number}") for number in range(reports)))
    assert tuple(said(facts, "msgType", "urgency", "certainty")) == expected


@pytest.mark.parametrize(
    ("severity", "urgency", "how_bad"),
    [
        (Severity.CRITICAL, "Immediate", "Extreme"),
        (Severity.HIGH, "Expected", "Severe"),
        (Severity.MEDIUM, "Future", "Moderate"),
        (Severity.LOW, "Unknown", "Minor"),
        (Severity.INFO, "Unknown", "Minor"),
    ],
)
def test_each_severity_has_its_counterpart(severity: Severity, urgency: str, how_bad: str) -> None:
    assert said(alert(severity=severity), "urgency", "severity") == [urgency, how_bad]


@pytest.mark.parametrize(
    ("place", "circle"),
    [
        (None, None),
        ((54.35, 18.65), "54.35,18.65 0"),
        ((-33.8567844, 151.2152967), "-33.85678,151.2153 0"),
        ((-0.0, 0.000001), "0,0 0"),
        ((90.0, -180.0), "90,-180 0"),
    ],
)
def test_a_place_that_is_known_is_a_point_on_the_map(place: tuple[float, float] | None, circle: str | None) -> None:
    description, point = said(alert(place=place), "areaDesc", "circle")
    assert point == circle
    assert description == "no place known" if place is None else (description or "").endswith("a report places it")


@pytest.mark.parametrize(("language", "expected"), [("pl", "pl"), ("pt-BR", "pt-BR"), ("", "und"), ("no_NO!", "und")])
def test_a_language_that_is_none_is_undetermined(language: str, expected: str) -> None:
    assert said(alert(language=language), "language") == [expected]


def test_a_sender_and_a_key_hold_nothing_that_would_part_a_reference() -> None:
    facts = grown(Cause.VOICES, key="strait, <shut> & closed")
    root = checked(cap(facts, "night desk,<a>&b"))
    assert root.findtext(f"{CAP}sender") == "night-desk--a--b"
    assert root.findtext(f"{CAP}identifier") == "strait%2C%20%3Cshut%3E%20%26%20closed.2"
    assert (root.findtext(f"{CAP}references") or "").count(",") == 2


def test_a_moment_in_another_year_is_told_to_the_second() -> None:
    at = datetime.fromisoformat("2031-12-31T23:59:59.999999-05:00")
    assert said(alert(told_at=at), "sent") == ["2032-01-01T04:59:59-00:00"]


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_a_headline_holds_the_message_keeps_to_the_protocol(words: str) -> None:
    facts = replace(spoiled(words), revision=2)
    (headline,) = said(facts, "headline")
    assert headline
    assert len(headline) <= 160
    checked(cap(facts, words))


@given(st.text(max_size=100))
def test_no_text_at_all_makes_a_message_that_is_refused(words: str) -> None:
    checked(cap(replace(spoiled(words), revision=2), words))


@pytest.mark.parametrize(
    ("was", "wrong"),
    [
        ("<status>Actual<", "<status>Real<"),
        ("-00:00</sent>", "Z</sent>"),
        ("<scope>Restricted</scope>", ""),
        ("<identifier>", "<identifier>a b"),
        ("<urgency>Immediate</urgency>", "<urgency>immediate</urgency>"),
        ("<category>Security</category>", ""),
        ("<areaDesc>no place known</areaDesc>", ""),
    ],
)
def test_the_rules_that_these_tests_check_by_do_refuse(was: str, wrong: str) -> None:
    document = cap(alert(), SENDER).decode()
    assert was in document
    assert not RULES.is_valid(document.replace(was, wrong).encode())
