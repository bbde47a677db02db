"""Where the items of an XML feed begin and end, found without reading what they say.

Known items cost feedparser as much as new ones, so they are cut out of a document before it reads it. A document whose
items cannot be told apart with certainty is not split.
"""

import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from html import unescape
from typing import TypeVar
from urllib.parse import urljoin

from monitor.core.values import DIGEST_BYTES, MOST_ENTRIES, ParsedEntry

T = TypeVar("T")

_NAME = r"(?:[\w.-]{1,40}:)?(?:item|entry)"
# Inside these, "<item>" is no tag.
_ENDS = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_HIDING = r"!--|!\[CDATA\[|\?"
_BEFORE_ITEMS = re.compile(rf"<(?:({_NAME})(?=[\s/>])|{_HIDING}|!DOCTYPE)")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]*+(?:\[([^\]]*+)\]\s*+)?>")
_ENTITY_WITH_MARKUP = re.compile(r"<!ENTITY[^<>]*+<")
# What may follow the name in a tag; a ">" in quotes does not end it.
_REST_OF_TAG = re.compile(r"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""")
_ANY_ITEM = re.compile(rf"<{_NAME}[\s/>]", re.IGNORECASE)
_ROOT_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:rss|feed|RDF)\s*>")
_ITEM_BEGINS, _ITEM_ENDS = ("<item", "<entry"), ("</item>", "</entry>")
_GUID = re.compile(r"<(?:[\w.-]{1,40}:)?(?:guid|id)\b[^<>]*+>\s*+(?:<!\[CDATA\[)?([^<]++)")
_ABOUT = re.compile(r"""\brdf:about\s*+=\s*+["']([^"'<>]++)["']""")


class _Tag(StrEnum):
    OPENS = "an item within an item"
    CLOSES = "the end of an item that never began"
    IS_EMPTY = "an empty item within an item"
    BROKEN = "something without an end"


@dataclass(frozen=True, slots=True)
class Items:
    """A document in pieces: `head`, then each of `items` behind its gap, then `tail`.

    The document shows `shown` items; of more than MOST_ENTRIES only the `outermost` are here.
    """

    head: str
    gaps: tuple[str, ...]
    items: tuple[str, ...]
    tail: str
    shown: int

    def with_only(self, wanted: Container[int]) -> str:
        """The document without the items whose numbers are not wanted."""
        kept = [
            gap + item if number in wanted else gap.strip()
            for number, (gap, item) in enumerate(zip(self.gaps, self.items, strict=True))
        ]
        return "".join((self.head, *kept, self.tail))


@dataclass(frozen=True, slots=True)
class Unsplit:
    """The items could not be told apart with certainty."""

    reason: str


def split(text: str) -> Items | Unsplit:
    first = _first_item(text)
    if isinstance(first, Unsplit):
        return first
    start, name = first
    spans: list[tuple[int, int]] = []
    began = -1
    for tag, at, end in _tags(text, start, name):
        if tag is _Tag.BROKEN or (began >= 0) != (tag is _Tag.CLOSES):
            return Unsplit(f"{tag} at character {at}")
        if tag is _Tag.OPENS:
            began = at
        else:
            spans.append((at if tag is _Tag.IS_EMPTY else began, end))
            began = -1
    return Unsplit("cut within an item") if began >= 0 else _pieces(text, spans)


def cut_short(text: str) -> bool:
    """Whether the document ends within its last item, which then is half an item."""
    last_end = max(text.rfind(end) for end in _ITEM_ENDS)
    return max(text.rfind(begin) for begin in _ITEM_BEGINS) > last_end and not _ROOT_END.search(text, max(0, last_end))


def outermost(things: Sequence[T]) -> Sequence[T]:
    """MOST_ENTRIES from both ends, if there are more: feeds list the newest first, and some list it last."""
    half = MOST_ENTRIES // 2
    return things if len(things) <= MOST_ENTRIES else [*things[:half], *things[-half:]]


def digest(item: str) -> bytes:
    return sha256(item.encode("utf-8", "surrogatepass")).digest()[:DIGEST_BYTES]


def digests(known: bytes) -> frozenset[bytes]:
    return frozenset(known[at : at + DIGEST_BYTES] for at in range(0, len(known), DIGEST_BYTES))


def guids(items: Iterable[str], url: str, like: Collection[str]) -> frozenset[str]:
    """What those of the items call themselves that may bear a guid `like` these, as said and as joined to `url`."""
    endings = {guid.rstrip("/").rpartition("/")[2].partition("&")[0] for guid in like}
    said: set[str] = set()
    for item in items:
        if any(ending in item for ending in endings):
            for match in (*_GUID.finditer(item), *_ABOUT.finditer(item)):
                guid = match[1].strip().removesuffix("]]>").strip()
                said.update((guid, unescape(guid)))
    with suppress(ValueError):
        said.update([urljoin(url, guid) for guid in said])
    return frozenset(said)


def shared_guids_marked(entries: Iterable[ParsedEntry], elsewhere: Collection[str]) -> tuple[ParsedEntry, ...]:
    """The entries, those marked that share their guid with another of them or with an item `elsewhere`."""
    told = tuple(entries)
    bearers = Counter(entry.guid for entry in told if entry.guid)
    shared = {guid for guid, times in bearers.items() if times > 1 or guid in elsewhere}
    return tuple(replace(entry, guid_shared=True) if entry.guid in shared else entry for entry in told)


def _first_item(text: str) -> tuple[int, str] | Unsplit:
    """Where the first item begins, and the name of its tag."""
    at = 0
    while mark := _BEFORE_ITEMS.search(text, at):
        if mark[1]:
            return mark.start(), mark[1]
        if mark[0] in _ENDS:
            at = _behind(text, mark[0], mark.end())
        else:
            doctype = _DOCTYPE.match(text, mark.start())
            if doctype is None or _ENTITY_WITH_MARKUP.search(doctype[1] or ""):
                return Unsplit("a document type that may hold items")
            at = doctype.end()
        if not at:
            return Unsplit(f"{mark[0]} without an end")
    return Unsplit("no items")


def _tags(text: str, at: int, name: str) -> Iterator[tuple[_Tag, int, int]]:
    """The tags of items, and where each begins and ends; a broken one is the last."""
    marks = re.compile(rf"<(?:{re.escape(name)}(?=[\s/>])|(/){re.escape(name)}\s*>|{_HIDING})")
    while mark := marks.search(text, at):
        start, at = mark.span()
        if mark[1]:
            yield _Tag.CLOSES, start, at
            continue
        if mark[0] in _ENDS:
            at = _behind(text, mark[0], at)
        elif rest := _REST_OF_TAG.match(text, at):
            at = rest.end()
            yield _Tag.IS_EMPTY if text[at - 2] == "/" else _Tag.OPENS, start, at
        else:
            at = 0
        if not at:
            yield _Tag.BROKEN, start, start
            return


def _behind(text: str, opening: str, at: int) -> int:
    """Behind the end of what `opening` begins; 0 where it has none."""
    end = text.find(_ENDS[opening], at)
    return end + len(_ENDS[opening]) if end >= 0 else 0


def _pieces(text: str, spans: list[tuple[int, int]]) -> Items | Unsplit:
    head, tail = text[: spans[0][0]], text[spans[-1][1] :]
    ends = (spans[0][0], *(end for _, end in spans))
    gaps = tuple(text[end:start] for end, (start, _) in zip(ends, spans, strict=False))
    if any(_ANY_ITEM.search(rest) for rest in (*gaps, tail)):
        return Unsplit("items by two names")
    if not _ROOT_END.search(tail):
        return Unsplit("cut before its end")
    items = tuple(text[start:end] for start, end in outermost(spans))
    return Items(head, tuple(outermost(gaps)), items, tail, len(spans))
