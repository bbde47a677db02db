"""Alerts as a feed, Atom and JSON Feed: one entry an alert, which changes as its story grows."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from monitor.core.alerts.facts import AlertFacts, Report
from monitor.core.formats.hook import VERSION, alert_of
from monitor.core.formats.parts import (
    clean,
    counted,
    headline_of,
    matched,
    named,
    publisher_of,
    rules_of,
    urn,
    utc,
    web_link,
    weightiest_first,
)
from monitor.core.text import header_safe, legible, shortened

_ATOM = "http://www.w3.org/2005/Atom"
_WORDS_LIMIT = 200
_SUMMARY_LIMIT = 1_000
_REPORTS_AT_MOST = 20
_EVIDENCE_AT_MOST = 10
_GENERATOR = "feed-monitor"


@dataclass(frozen=True, slots=True)
class Follow:
    """What the feed says of itself. `url` is its own address, `home` the page that people read instead, if any."""

    title: str
    url: str
    home: str
    updated: datetime


def atom(feed: Follow, alerts: Sequence[AlertFacts]) -> bytes:
    root = Element("feed", xmlns=_ATOM)
    _add(root, "id", urn(feed.url))
    _add(root, "title", legible(feed.title))
    _add(root, "updated", utc(feed.updated))
    _add(SubElement(root, "author"), "name", _GENERATOR)
    _add(root, "generator", _GENERATOR)
    SubElement(root, "link", rel="self", type="application/atom+xml", href=clean(feed.url))
    if feed.home:
        SubElement(root, "link", rel="alternate", type="text/html", href=clean(feed.home))
    for facts in alerts:
        _entry(SubElement(root, "entry"), facts)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def json_feed(feed: Follow, alerts: Sequence[AlertFacts]) -> bytes:
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": legible(feed.title),
        "feed_url": clean(feed.url),
        "authors": [{"name": _GENERATOR}],
        "items": [_item(facts) for facts in alerts],
    }
    if feed.home:
        document["home_page_url"] = clean(feed.home)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _entry(entry: Element, facts: AlertFacts) -> None:
    _add(entry, "id", urn(facts.key))
    _add(entry, "title", _title(facts))
    _add(entry, "updated", utc(facts.told_at))
    _add(entry, "published", utc(facts.first_told_at))
    if link := web_link(facts.link):
        SubElement(entry, "link", rel="alternate", href=link)
    for term in _tags(facts):
        SubElement(entry, "category", term=term)
    _add(entry, "content", _html(facts)).set("type", "html")


def _item(facts: AlertFacts) -> dict[str, Any]:
    link = {"url": web_link(facts.link), "external_url": web_link(facts.link)} if web_link(facts.link) else {}
    return {
        "id": urn(facts.key),
        **link,
        "title": _title(facts),
        "content_html": _html(facts),
        "date_published": utc(facts.first_told_at),
        "date_modified": utc(facts.told_at),
        "tags": _tags(facts),
        "_feed_monitor": {"version": VERSION, **alert_of(facts)},
    }


def _add(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child


def _title(facts: AlertFacts) -> str:
    return f"{named(facts.severity)} {headline_of(facts)}"


def _tags(facts: AlertFacts) -> list[str]:
    return [facts.severity.value, *dict.fromkeys(rules_of(facts))]


def _html(facts: AlertFacts) -> str:
    return "".join(_blocks(facts))


def _blocks(facts: AlertFacts) -> Iterator[str]:
    if facts.news:
        yield f"<p><strong>{escape(legible(facts.news))}</strong></p>"
    yield f"<p>{_linked(headline_of(facts), facts.link)}</p>"
    if summary := header_safe(shortened(facts.summary, _SUMMARY_LIMIT), _SUMMARY_LIMIT):
        yield f"<p>{escape(summary)}</p>"
    if facts.acknowledged_by:
        at = f", {utc(facts.acknowledged_at)}" if facts.acknowledged_at else ""
        yield f"<p>Taken by {escape(publisher_of(facts.acknowledged_by))}{at}</p>"
    why = [
        f"{escape(legible(firing.rule))}: {escape(matched(each, _WORDS_LIMIT))}"
        for firing in weightiest_first(facts.firings)
        for each in firing.evidence[:_EVIDENCE_AT_MOST]
    ]
    yield from _list("Why", why)
    reports = [_report(report) for report in facts.reports[:_REPORTS_AT_MOST]]
    if more := len(facts.reports) - len(reports):
        reports.append(f"and {more} more")
    yield from _list(counted(len(facts.reports), "publisher", "independent publishers"), reports)


def _list(head: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<p>{head}</p><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _report(report: Report) -> str:
    at = (report.published_at or report.seen_at).astimezone(UTC)
    title = header_safe(report.title, _WORDS_LIMIT) or "report"
    copies = f"; the same text: {', '.join(map(publisher_of, report.copies))}" if report.copies else ""
    return (
        f"{escape(publisher_of(report.publisher))}, {at:%Y-%m-%d %H:%M} UTC: "
        f"{_linked(title, report.link)}{escape(copies)}"
    )


def _linked(words: str, link: str) -> str:
    good = web_link(link)
    return f'<a href="{escape(good)}">{escape(words)}</a>' if good else escape(words)
