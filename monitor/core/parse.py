"""What a document says: bytes to a ParsedFeed, or the reason why there is no feed in it.

feedparser needs a millisecond for every item, and seconds to hours for some hostile documents of 40 KB. So it is given
new items alone, and this runs in a child process that may be killed (`monitor.cell`).
"""

import re
from dataclasses import replace
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException

import feedparser
import feedparser.api

from monitor.core import jsonfeed
from monitor.core.encoding import decoded, named_characters_numbered, unpacked
from monitor.core.fields import entry_of, head_of
from monitor.core.items import Items, Unsplit, cut_short, digest, digests, guids, shared_guids_marked, split
from monitor.core.text import legible
from monitor.core.values import MOST_ENTRIES, NotAFeed, ParsedFeed

# It looks all over the disk, at every document, for a parser of Python 2.
feedparser.api.PREFERRED_XML_PARSERS = []
_HTML = re.compile(r"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF|channel)\b")


def parse(document: bytes, url: str = "", content_type: str = "", known: bytes = b"") -> ParsedFeed | NotAFeed:
    """Read RSS 0.9x-2.0, RDF, Atom or JSON Feed. `url` is where the document came from: links are relative to it.

    `known` are the digests of items that were read before, one behind the other: what they say is not read again. If
    all items are known then nothing else of an XML document is read either, and its `version` is "".
    """
    plain = unpacked(document)
    if plain is None:
        return NotAFeed("compressed within its compression, and too large or broken")
    text = decoded(plain, content_type)
    if not text.strip():
        return NotAFeed("the document is empty")
    if text.lstrip()[0] in "{[":
        return jsonfeed.parse(text, url, known)
    head = text[:5_000]
    if "<opml" in head:
        return NotAFeed("an OPML list of feeds")
    if _HTML.search(head) and not _FEED_ROOT.search(head):
        return NotAFeed("an HTML page")
    pieces = split(text)
    return _read_whole(text, url) if isinstance(pieces, Unsplit) else _read_new(text, pieces, url, known)


def _read_whole(text: str, url: str) -> ParsedFeed | NotAFeed:
    parsed = _fed(text, url)
    feed = _feed_of(parsed, text)
    if isinstance(feed, NotAFeed):
        return feed
    found = parsed["entries"]
    if feed.damage and cut_short(text):
        # The item that the cut runs through would be stored as half a headline under a key of its own.
        found = found[:-1]
    # An item listed twice is one item.
    entries = dict.fromkeys(entry_of(entry, url, feed.language) for entry in found[:MOST_ENTRIES])
    return replace(feed, entries=shared_guids_marked(entries, ()), shown=len(found))


def _read_new(text: str, pieces: Items, url: str, known: bytes) -> ParsedFeed | NotAFeed:
    numbers: dict[bytes, int] = {}
    for number, item in enumerate(pieces.items):
        numbers.setdefault(digest(item), number)
    new = {numbers[item] for item in numbers.keys() - digests(known)}
    if not new:
        return ParsedFeed(version="", shown=pieces.shown, items=b"".join(numbers).hex())
    new_text = pieces.with_only(new)
    parsed = _fed(new_text, url)
    damage = ""
    if isinstance(parsed, NotAFeed):
        damage = parsed.reason
        new -= _unreadable(pieces, sorted(new), url)
        parsed = _fed(pieces.with_only(new), url)
    feed = _feed_of(parsed, new_text, as_sent=new_text == text)
    if isinstance(feed, NotAFeed) or len(parsed["entries"]) != len(new):
        return _read_whole(text, url)
    entries = [entry_of(entry, url, feed.language) for entry in parsed["entries"]]
    old = [number for number in numbers.values() if number not in new]
    elsewhere = guids((pieces.items[number] for number in old), url, {entry.guid for entry in entries if entry.guid})
    readable = digests(known) | {item for item, number in numbers.items() if number in new}
    return replace(
        feed,
        entries=shared_guids_marked(entries, elsewhere),
        damage=damage or feed.damage,
        shown=pieces.shown,
        items=b"".join(item for item in numbers if item in readable).hex(),
    )


def _unreadable(pieces: Items, numbers: list[int], url: str) -> set[int]:
    """Those of the items that feedparser breaks on; all of them if it breaks on the document without items."""
    if not isinstance(_fed(pieces.with_only(numbers), url), NotAFeed):
        return set()
    if len(numbers) < 2 or isinstance(_fed(pieces.with_only(()), url), NotAFeed):
        return set(numbers)
    half = len(numbers) // 2
    return _unreadable(pieces, numbers[:half], url) | _unreadable(pieces, numbers[half:], url)


def _fed(text: str, url: str) -> Any:
    """feedparser's result, or NotAFeed where it broke."""
    try:
        # A stream, because feedparser opens the file or URL that bytes or a string name.
        return feedparser.parse(
            BytesIO(named_characters_numbered(text).encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    # Entities of no character, half a georss:where and the like.
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        return NotAFeed(f"the parser gave up on it ({type(error).__name__}: {legible(str(error))[:120]})")


def _feed_of(parsed: Any, text: str, *, as_sent: bool = True) -> ParsedFeed | NotAFeed:
    """All but the entries. The lines of a document that is not `as_sent` are nobody else's lines."""
    if isinstance(parsed, NotAFeed):
        return parsed
    version = parsed.get("version") or ""
    trouble = parsed.get("bozo_exception") if parsed.get("bozo") else None
    if not version and not parsed.get("entries"):
        return NotAFeed(f"no feed in it ({legible(str(trouble))[:120]})" if trouble else "no feed in it")
    head = head_of(parsed, text)
    return ParsedFeed(
        version=version or "unknown",
        title=head.title,
        language=head.language,
        damage=_damage(trouble, as_sent) if trouble else "",
        wishes=head.wishes,
        hub=head.hub,
        topic=head.topic,
    )


def _damage(error: Exception, as_sent: bool) -> str:
    if isinstance(error, SAXParseException):
        line = f" at line {error.getLineNumber()}" if as_sent else ""
        return legible(f"broken or cut short{line} ({error.getMessage()})")[:200]
    return legible(f"{type(error).__name__}: {error}")[:200]
