"""Briefings as a feed: an entry for each public one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from monitor.core.formats.parts import clean, urn, utc, web_link
from monitor.core.formats.syndication import Follow
from monitor.core.text import legible

_ATOM = "http://www.w3.org/2005/Atom"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_GENERATOR = "feed-monitor"


@dataclass(frozen=True, slots=True)
class Issue:
    """A public briefing: where it is read, and (headline, link) of its stories."""

    link: str
    subject: str
    language: str
    written_at: datetime
    headlines: tuple[tuple[str, str], ...]


def atom_of_issues(feed: Follow, issues: Sequence[Issue]) -> bytes:
    root = Element("feed", xmlns=_ATOM)
    _add(root, "id", urn(feed.url))
    _add(root, "title", legible(feed.title))
    _add(root, "updated", utc(feed.updated))
    _add(SubElement(root, "author"), "name", _GENERATOR)
    _add(root, "generator", _GENERATOR)
    SubElement(root, "link", rel="self", type="application/atom+xml", href=clean(feed.url))
    SubElement(root, "link", rel="alternate", type="text/html", href=clean(feed.home))
    for issue in issues:
        _entry(SubElement(root, "entry"), issue)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(entry: Element, issue: Issue) -> None:
    entry.set(_XML_LANGUAGE, issue.language)
    _add(entry, "id", urn(issue.link))
    _add(entry, "title", legible(issue.subject))
    _add(entry, "updated", utc(issue.written_at))
    _add(entry, "published", utc(issue.written_at))
    SubElement(entry, "link", rel="alternate", type="text/html", href=clean(issue.link))
    lines = "".join(f"<li>{_linked(*each)}</li>" for each in issue.headlines)
    _add(entry, "content", f"<ol>{lines}</ol>" if lines else "").set("type", "html")


def _linked(words: str, link: str) -> str:
    good = web_link(link)
    said = escape(legible(words) or good or "…")
    return f'<a href="{escape(good)}">{said}</a>' if good else said


def _add(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child
