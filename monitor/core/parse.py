"""What a document says: bytes to a ParsedFeed, or the reason why there is no feed in it.

feedparser needs seconds to hours for some hostile documents of 40 KB, so this runs in a child
process that may be killed (`monitor.cell`).
"""

import re
from calendar import timegm
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException

import feedparser

from monitor.core import jsonfeed
from monitor.core.encoding import decoded
from monitor.core.identity import absolute, usable_time
from monitor.core.text import has_markup, legible, plain
from monitor.core.values import (
    CONTENT_LIMIT,
    MOST_ENTRIES,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    NotAFeed,
    ParsedEntry,
    ParsedFeed,
)

_HTML = re.compile(r"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_WHOLE = re.compile(r"</(?:\w+:)?(?:rss|feed|RDF)>\s*$")
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF|channel)\b")


def parse(document: bytes, url: str = "", content_type: str = "") -> ParsedFeed | NotAFeed:
    """Read RSS 0.9x-2.0, RDF, Atom or JSON Feed. `url` is where the document came from: links are relative to it."""
    text = decoded(document, content_type)
    if not text.strip():
        return NotAFeed("the document is empty")
    if text.lstrip()[0] in "{[":
        return jsonfeed.parse(text, url)
    head = text[:5_000]
    if "<opml" in head:
        return NotAFeed("an OPML list of feeds")
    if _HTML.search(head) and not _FEED_ROOT.search(head):
        return NotAFeed("an HTML page")
    return _from_feedparser(text, url)


def _from_feedparser(text: str, url: str) -> ParsedFeed | NotAFeed:
    # A stream, because feedparser opens the file or URL that bytes or a string name.
    parsed = feedparser.parse(
        BytesIO(text.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    version = parsed.get("version") or ""
    entries = parsed.get("entries") or []
    if not version and not entries:
        trouble = parsed.get("bozo_exception")
        return NotAFeed(f"no feed in it ({legible(str(trouble))[:120]})" if trouble else "no feed in it")
    feed = parsed.get("feed", {})
    language = legible(str(feed.get("language") or ""))[:35]
    damage = ""
    if parsed.get("bozo"):
        damage = _damage(parsed.bozo_exception)
    if damage and not _WHOLE.search(text[-200:]):
        # The item that the cut runs through would be stored as half a headline under a key of its own.
        entries = entries[:-1]
    return ParsedFeed(
        version=version or "unknown",
        title=_title(feed),
        language=language,
        entries=tuple(_entry(entry, url, language) for entry in entries[:MOST_ENTRIES]),
        damage=damage,
    )


def _damage(error: Exception) -> str:
    if isinstance(error, SAXParseException):
        return legible(f"broken or cut short at line {error.getLineNumber()} ({error.getMessage()})")[:200]
    return legible(f"{type(error).__name__}: {error}")[:200]


def _entry(entry: Any, url: str, feed_language: str) -> ParsedEntry:
    summary_html = str(entry.get("summary") or "")
    contents = [str(part.get("value") or "") for part in entry.get("content") or ()]
    content_html = max(contents, key=len, default="")
    content = plain(content_html, CONTENT_LIMIT)
    # feedparser lets a lone content:encoded stand in for the summary.
    summary = content[:SUMMARY_LIMIT] if summary_html == content_html else plain(summary_html, SUMMARY_LIMIT)
    detail = entry.get("title_detail") or {}
    return ParsedEntry(
        guid=legible(str(entry.get("id") or "")),
        link=absolute(str(entry.get("link") or ""), detail.get("base") or url),
        title=_title(entry),
        summary=summary,
        content=content,
        published=_time(entry.get("published_parsed")),
        published_said=legible(str(entry.get("published") or ""))[:100],
        # Asked for a missing update time, feedparser's `get` answers with the time of publication.
        updated=_time("updated_parsed" in entry and entry["updated_parsed"]),
        author=legible(str(entry.get("author") or ""))[:200],
        tags=tuple(legible(tag["term"])[:100] for tag in entry.get("tags") or () if tag.get("term"))[:50],
        language=legible(str(detail.get("language") or feed_language))[:35],
    )


def _title(element: Any) -> str:
    title = str(element.get("title") or "")
    return " ".join((plain(title, TITLE_LIMIT) if has_markup(title) else legible(title)[:TITLE_LIMIT]).split())


def _time(parsed: Any) -> datetime | None:
    try:
        return usable_time(datetime.fromtimestamp(timegm(parsed), UTC)) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
