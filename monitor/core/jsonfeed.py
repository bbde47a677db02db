"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read leniently: one odd item does not cost the others."""

import json
from datetime import UTC, datetime
from typing import Any

from monitor.core.identity import absolute, usable_time
from monitor.core.text import legible, plain, plain_lines
from monitor.core.values import (
    CONTENT_LIMIT,
    MOST_ENTRIES,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    NotAFeed,
    ParsedEntry,
    ParsedFeed,
)


def parse(text: str, url: str) -> ParsedFeed | NotAFeed:
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        return NotAFeed(f"broken JSON ({error})")
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return NotAFeed("JSON, but no JSON Feed: it has no list of items")
    version = legible(_string(document.get("version")).rstrip("/").rpartition("/")[2])[:20]
    language = _language(document)
    return ParsedFeed(
        version=f"json {version}".strip(),
        title=legible(_string(document.get("title")))[:TITLE_LIMIT],
        language=language,
        entries=tuple(
            _entry(item, url, document, language) for item in document["items"][:MOST_ENTRIES] if isinstance(item, dict)
        ),
    )


def _entry(item: dict[str, Any], url: str, document: dict[str, Any], language: str) -> ParsedEntry:
    content = plain(_string(item.get("content_html")), CONTENT_LIMIT) or plain_lines(
        _string(item.get("content_text")), CONTENT_LIMIT
    )
    said = _string(item.get("date_published"))
    tags = item.get("tags")
    link = _string(item.get("url")) or _string(item.get("external_url"))
    guid = legible(_string(item.get("id")))
    return ParsedEntry(
        guid=guid,
        link=absolute(link or (guid if "://" in guid else ""), url),
        title=legible(_string(item.get("title")))[:TITLE_LIMIT],
        summary=plain_lines(_string(item.get("summary")), SUMMARY_LIMIT) or content[:SUMMARY_LIMIT],
        content=content,
        published=_time(said),
        published_said=legible(said)[:100],
        updated=_time(_string(item.get("date_modified"))),
        author=legible(_author(item) or _author(document))[:200],
        tags=tuple(legible(tag)[:100] for tag in tags if isinstance(tag, str))[:50] if isinstance(tags, list) else (),
        language=_language(item) or language,
    )


def _language(of: dict[str, Any]) -> str:
    return legible(_string(of.get("language")))[:35]


def _author(of: dict[str, Any]) -> str:
    authors = of.get("authors")
    candidates = [*(authors if isinstance(authors, list) else ()), of.get("author")]
    names = [_string(author.get("name")) for author in candidates if isinstance(author, dict)]
    return next((name for name in names if name), "")


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _time(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said.strip())
        return usable_time((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        return None
