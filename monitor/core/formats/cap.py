"""An alert in the Common Alerting Protocol, version 1.2."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from monitor.core.alerts.facts import AlertFacts, Firing, Report
from monitor.core.formats.parts import counted, headline_of, matched, publisher_of, rules_of, utc, web_link
from monitor.core.formats.parts import weightiest_first as ranked
from monitor.core.text import header_safe, legible, shortened
from monitor.words import Cause, Severity, Stance

_NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
_URGENCY = {
    Severity.CRITICAL: "Immediate",
    Severity.HIGH: "Expected",
    Severity.MEDIUM: "Future",
    Severity.LOW: "Unknown",
    Severity.INFO: "Unknown",
}
_SEVERITY = {
    Severity.CRITICAL: "Extreme",
    Severity.HIGH: "Severe",
    Severity.MEDIUM: "Moderate",
    Severity.LOW: "Minor",
    Severity.INFO: "Minor",
}
# The protocol asks for no more in a headline.
_HEADLINE_LIMIT = 160
_WORDS_LIMIT = 200
_NEWS_LIMIT = 500
_SUMMARY_LIMIT = 1_000
_REPORTS_AT_MOST = 20
_EVIDENCE_AT_MOST = 10
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_NO_SENDER = re.compile(r"[\s,<&>]")
# Said of every message, so that nobody passes it on as an authority's warning.
_RESTRICTION = "For those who run or read this feed-monitor. Made from news reports; no warning of an authority."


@dataclass(frozen=True, slots=True)
class Telling:
    """An earlier message about the same alert."""

    revision: int
    told_at: datetime


def cap(facts: AlertFacts, sender: str, url: str = "", earlier: Sequence[Telling] | None = None) -> bytes:
    """`sender` names the installation, in one word; `url` is a page of ours about the alert.

    `earlier` are the messages that the receiver was sent before, none for its first. Left out, the first telling is
    taken for the only one, since of those between nobody has told the time.
    """
    if earlier is None:
        earlier = [Telling(1, facts.first_told_at)] if facts.revision > 1 else []
    sender = _NO_SENDER.sub("-", legible(sender)) or "feed-monitor"
    root = Element("alert", xmlns=_NAMESPACE)
    _add(root, "identifier", _identifier(facts, facts.revision))
    _add(root, "sender", sender)
    _add(root, "sent", _sent(facts.told_at))
    _add(root, "status", "Actual")
    kind = _kind(facts) if earlier else "Alert"
    _add(root, "msgType", kind)
    _add(root, "source", "feed-monitor")
    _add(root, "scope", "Restricted")
    _add(root, "restriction", _RESTRICTION)
    if news := header_safe(facts.news, _NEWS_LIMIT):
        _add(root, "note", news)
    if earlier:
        told = (f"{sender},{_identifier(facts, each.revision)},{_sent(each.told_at)}" for each in earlier)
        _add(root, "references", " ".join(told))
    _add(root, "incidents", _word(facts.key))
    _about(SubElement(root, "info"), facts, url, over=kind == "Cancel")
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _about(about: Element, facts: AlertFacts, url: str, *, over: bool) -> None:
    rules = rules_of(facts)
    _add(about, "language", facts.language if _LANGUAGE.fullmatch(facts.language) else "und")
    _add(about, "category", "Security")
    _add(about, "event", rules[0] if rules else "alert")
    _add(about, "urgency", "Past" if over else _URGENCY[facts.severity])
    _add(about, "severity", _SEVERITY[facts.severity])
    _add(about, "certainty", _certainty(facts))
    _add(about, "senderName", "feed-monitor")
    _add(about, "headline", shortened(headline_of(facts), _HEADLINE_LIMIT))
    _add(about, "description", "\n".join(_description(facts)))
    if web := web_link(url) or web_link(facts.link):
        _add(about, "web", web)
    for name, value in _parameters(facts):
        parameter = SubElement(about, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    area = SubElement(about, "area")
    if facts.place is None:
        _add(area, "areaDesc", "no place known")
    else:
        latitude, longitude = map(_degrees, facts.place)
        _add(area, "areaDesc", f"{latitude}, {longitude}: where a report places it")
        _add(area, "circle", f"{latitude},{longitude} 0")


def _kind(facts: AlertFacts) -> str:
    """A report that is withdrawn ends an alert that rests on it alone; a denial is one more thing that is said."""
    grows = {Cause.RAISED, Cause.CONFIRMED, Cause.VOICES, Cause.RULE} & {*facts.causes}
    return "Cancel" if Cause.WITHDRAWN in facts.causes and not grows and len(facts.reports) <= 1 else "Update"


def _certainty(facts: AlertFacts) -> str:
    if Cause.DENIED in facts.causes or facts.stance is Stance.DENIES or _kind(facts) == "Cancel":
        return "Unlikely"
    if Cause.CONFIRMED in facts.causes or facts.stance is Stance.CONFIRMS:
        return "Observed"
    return "Likely" if len(facts.reports) > 1 else "Possible"


def _description(facts: AlertFacts) -> Iterator[str]:
    if news := header_safe(facts.news, _NEWS_LIMIT):
        yield news
    if summary := legible(shortened(facts.summary, _SUMMARY_LIMIT)):
        yield summary
    if facts.acknowledged_by:
        yield f"Taken by {publisher_of(facts.acknowledged_by)}."
    if facts.reports:
        yield f"{counted(len(facts.reports), 'publisher', 'independent publishers')}:"
    for report in facts.reports[:_REPORTS_AT_MOST]:
        yield _report(report)
    if (more := len(facts.reports) - _REPORTS_AT_MOST) > 0:
        yield f"and {more} more"


def _report(report: Report) -> str:
    at = (report.published_at or report.seen_at).astimezone(UTC)
    return f"{publisher_of(report.publisher)}, {at:%Y-%m-%d %H:%M} UTC: {header_safe(report.title, _WORDS_LIMIT)}"


def _parameters(facts: AlertFacts) -> Iterator[tuple[str, str]]:
    yield "key", _word(facts.key)
    yield "number", str(facts.number)
    yield "revision", str(facts.revision)
    yield "severity", facts.severity.value
    for cause in facts.causes:
        yield "cause", cause.name.lower()
    for firing in ranked(facts.firings):
        yield from _of_rule(firing)
    for report in facts.reports[:_REPORTS_AT_MOST]:
        yield "publisher", publisher_of(report.publisher)
    if link := web_link(facts.link):
        yield "link", link


def _of_rule(firing: Firing) -> Iterator[tuple[str, str]]:
    yield "rule", legible(firing.rule)
    for evidence in firing.evidence[:_EVIDENCE_AT_MOST]:
        yield "evidence", matched(evidence, _WORDS_LIMIT)


def _identifier(facts: AlertFacts, revision: int) -> str:
    return f"{_word(facts.key)}.{revision}"


def _word(key: str) -> str:
    """Without what an identifier may not have: spaces, commas and the signs of markup."""
    return quote(key, safe=":._-", errors="backslashreplace")


def _degrees(degrees: float) -> str:
    # To a metre; adding nothing turns -0.0 into 0.0.
    return f"{round(degrees, 5) + 0.0:.5f}".rstrip("0").rstrip(".")


def _sent(at: datetime) -> str:
    """The protocol's own way of writing a time in UTC: it forbids the Z."""
    return utc(at).replace("Z", "-00:00")


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
