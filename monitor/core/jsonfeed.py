"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read leniently: one odd item does not cost the others."""

import json
from typing import Any

from monitor.core.dates import read_date
from monitor.core.identity import absolute
from monitor.core.items import digest, digests, outermost, shared_guids_marked
from monitor.core.text import headline, legible, plain, plain_lines
from monitor.core.values import (
    CONTENT_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    NotAFeed,
    ParsedEntry,
    ParsedFeed,
)


def parse(text: str, url: str, known: bytes = b"") -> ParsedFeed | NotAFeed:
    """`known` are digests of items that were read before; see `monitor.core.parse`."""
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        return NotAFeed(f"broken JSON ({error})")
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return NotAFeed("JSON, but no JSON Feed: it has no list of items")
    version = legible(_string(document.get("version")).rstrip("/").rpartition("/")[2])[:20]
    language = _language(document)
    shown = [item for item in document["items"] if isinstance(item, dict)]
    items = {digest(json.dumps(item, sort_keys=True)): item for item in outermost(shown)}
    old = digests(known) & items.keys()
    entries = [_entry(item, url, document, language) for each, item in items.items() if each not in old]
    return ParsedFeed(
        version=f"json {version}".strip(),
        title=headline(_string(document.get("title")), TITLE_LIMIT),
        language=language,
        entries=shared_guids_marked(entries, {_guid(items[each]) for each in old}),
        shown=len(shown),
        items=b"".join(items).hex(),
        hub=next(
            (hub for each in _objects(document.get("hubs")) if (hub := absolute(_string(each.get("url")), url))), ""
        ),
        topic=absolute(_string(document.get("feed_url")), url),
    )


def _entry(item: dict[str, Any], url: str, document: dict[str, Any], language: str) -> ParsedEntry:
    content = plain(_string(item.get("content_html")), CONTENT_LIMIT) or plain_lines(
        _string(item.get("content_text")), CONTENT_LIMIT
    )
    said = _string(item.get("date_published"))
    tags = item.get("tags")
    guid = _guid(item)
    links = [_string(item.get("url")), _string(item.get("external_url")), guid if "://" in guid else ""]
    links += [_string(attachment.get("url")) for attachment in _objects(item.get("attachments"))]
    return ParsedEntry(
        guid=guid,
        link=next((link for said in links if (link := absolute(said, url))), ""),
        title=headline(_string(item.get("title")), TITLE_LIMIT),
        summary=plain(_string(item.get("summary")), SUMMARY_LIMIT) or content[:SUMMARY_LIMIT],
        content=content,
        published=read_date(said),
        published_said=legible(said)[:100],
        updated=read_date(_string(item.get("date_modified"))),
        author=legible(_author(item) or _author(document))[:200],
        tags=tuple(legible(tag)[:100] for tag in tags if isinstance(tag, str))[:50] if isinstance(tags, list) else (),
        language=_language(item) or language,
    )


def _guid(item: dict[str, Any]) -> str:
    return legible(_string(item.get("id")))


def _language(of: dict[str, Any]) -> str:
    return legible(_string(of.get("language")))[:35]


def _author(of: dict[str, Any]) -> str:
    people = [*_objects(of.get("authors")), *_objects(of.get("author"))]
    return ", ".join(name for name in dict.fromkeys(_string(person.get("name")) for person in people) if name)


def _objects(said: object) -> list[dict[str, Any]]:
    """Those of a list; an object alone is taken for a list of one."""
    return [each for each in (said if isinstance(said, list) else [said]) if isinstance(each, dict)]


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
