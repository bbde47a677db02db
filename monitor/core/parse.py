"""What a document says: bytes to a ParsedFeed, or the reason why there is no feed in it.

feedparser needs a millisecond for every item, and seconds to hours for some hostile documents of 40 KB. So it is given
new items alone, and this runs in a child process that may be killed (`monitor.cell`).
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any
from xml.sax import SAXParseException

from monitor.core import jsonfeed
from monitor.core.encoding import decoded, unpacked
from monitor.core.feedparsing import fed
from monitor.core.fields import entry_of, head_of
from monitor.core.items import Items, Unsplit, cut_short, digest, digests, guids, outermost, shared_guids_marked, split
from monitor.core.text import legible, shortened
from monitor.core.values import (
    NAME_LIMIT,
    SHORT_LIMIT,
    TEXTS_LIMIT,
    NotAFeed,
    ParsedEntry,
    ParsedFeed,
)

_HTML = re.compile(r"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF|channel)\b")
_STUFFED_TAG = re.compile(r"""<\w[^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+){1000}""")
# In characters: of what is shorter, the parser may see for itself.
_LONG = 500_000


def parse(document: bytes, url: str = "", content_type: str = "", known: bytes = b"") -> ParsedFeed | NotAFeed:
    """Read RSS 0.9x-2.0, RDF, Atom or JSON Feed. `url` is where the document came from: links are relative to it.

    `known` are the digests of items that were read before, one behind the other: what they say is not read again. If
    all items are known then nothing else of an XML document is read either, and its `version` is "".
    """
    read = _read(document, url, content_type, known)
    return replace(read, entries=_bounded(read.entries)) if isinstance(read, ParsedFeed) else read


def _read(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
    plain = unpacked(document)
    if plain is None:
        return NotAFeed("compressed within its compression, and too large or broken")
    text = decoded(plain, content_type)
    if not text.strip():
        return NotAFeed("the document is empty")
    if text.lstrip()[0] in "{[":
        return jsonfeed.parse(text, url, known)
    if refusal := _refusal(text):
        return NotAFeed(refusal)
    pieces = split(text)
    return _read_whole(text, url) if isinstance(pieces, Unsplit) else _read_new(text, pieces, url, known)


def _refusal(text: str) -> str:
    """Why nobody need read it, "" for most. Some of it would take a hundred megabytes to read in vain."""
    head = text[:5_000]
    if "<opml" in head:
        return "an OPML list of feeds"
    if _HTML.search(head) and not _FEED_ROOT.search(head):
        return "an HTML page"
    if len(text) > _LONG and not _FEED_ROOT.search(text, 0, _LONG):
        return "no feed in it"
    if len(text) > _LONG and _STUFFED_TAG.search(text):
        return "not built like a feed: a tag with more than 1,000 attributes"
    return ""


def _bounded(entries: Iterable[ParsedEntry]) -> tuple[ParsedEntry, ...]:
    """The entries, with no more text than a program can keep of a hundred documents at once."""
    left = TEXTS_LIMIT
    bounded: list[ParsedEntry] = []
    for entry in entries:
        if len(entry.guid) > NAME_LIMIT or len(entry.link) > NAME_LIMIT:
            guid = entry.guid if len(entry.guid) <= NAME_LIMIT else sha256(entry.guid.encode()).hexdigest()
            entry = replace(entry, guid=guid, link=entry.link if len(entry.link) <= NAME_LIMIT else "")
        left -= len(entry.guid) + len(entry.link) + len(entry.summary) + len(entry.content)
        bounded.append(
            entry if left >= 0 else replace(entry, summary=shortened(entry.summary, SHORT_LIMIT), content="")
        )
    return tuple(bounded)


def _read_whole(text: str, url: str) -> ParsedFeed | NotAFeed:
    feed = _feed_of(fed(text, url), text, url)
    if isinstance(feed, NotAFeed):
        return feed
    # The item that a cut runs through would be stored as half a headline under a key of its own.
    cut = bool(feed.entries and feed.damage and cut_short(text))
    # An item listed twice is one item.
    entries = dict.fromkeys(feed.entries[:-1] if cut else feed.entries)
    return replace(feed, entries=shared_guids_marked(entries, ()), shown=feed.shown - cut)


def _read_new(text: str, pieces: Items, url: str, known: bytes) -> ParsedFeed | NotAFeed:
    numbers: dict[bytes, int] = {}
    for number, item in enumerate(pieces.items):
        numbers.setdefault(digest(item), number)
    new = {numbers[item] for item in numbers.keys() - digests(known)}
    if not new:
        return ParsedFeed(version="", shown=pieces.shown, items=b"".join(numbers).hex())
    new_text = pieces.with_only(new)
    parsed = fed(new_text, url)
    damage = ""
    if isinstance(parsed, NotAFeed):
        damage = parsed.reason
        new -= _unreadable(pieces, sorted(new), url)
        parsed = fed(pieces.with_only(new), url)
    feed = _feed_of(parsed, new_text, url, as_sent=new_text == text)
    if isinstance(feed, NotAFeed) or feed.shown != len(new):
        return _read_whole(text, url)
    old = [number for number in numbers.values() if number not in new]
    elsewhere = guids(
        (pieces.items[number] for number in old), url, {entry.guid for entry in feed.entries if entry.guid}
    )
    readable = digests(known) | {item for item, number in numbers.items() if number in new}
    return replace(
        feed,
        entries=shared_guids_marked(feed.entries, elsewhere),
        damage=damage or feed.damage,
        shown=pieces.shown,
        items=b"".join(item for item in numbers if item in readable).hex(),
    )


def _unreadable(pieces: Items, numbers: list[int], url: str) -> set[int]:
    """Those of the items that feedparser breaks on; all of them if it breaks on the document without items."""
    if not isinstance(fed(pieces.with_only(numbers), url), NotAFeed):
        return set()
    if len(numbers) < 2 or isinstance(fed(pieces.with_only(()), url), NotAFeed):
        return set(numbers)
    half = len(numbers) // 2
    return _unreadable(pieces, numbers[:half], url) | _unreadable(pieces, numbers[half:], url)


def _feed_of(parsed: Any, text: str, url: str, *, as_sent: bool = True) -> ParsedFeed | NotAFeed:
    """What feedparser found. The lines of a document that is not `as_sent` are nobody else's lines."""
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
        entries=tuple(entry_of(entry, url, head) for entry in outermost(parsed["entries"])),
        shown=len(parsed["entries"]),
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
