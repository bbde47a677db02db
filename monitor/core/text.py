"""Text as people may safely see it: without markup, without invisible tricks."""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape

_BLOCK_NAMES = (
    "address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre"
    " section summary table tbody td tfoot th thead tr ul xmp"
)
_SILENT_NAMES = "script style template noscript svg math iframe object head"
_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big cite code del dfn em font i img input ins kbd label link mark meta q s samp small"
    " span strike strong sub sup time tt u var wbr video audio source picture embed param applet blink frame frameset"
    " marquee nobr noframes canvas rt rp ruby textarea select col colgroup"
)
_BLOCKS, _SILENT = frozenset(_BLOCK_NAMES.split()), frozenset(_SILENT_NAMES.split())
# Only real elements are markup: a headline may well say "<unknown>" and mean it.
_ELEMENTS = _BLOCKS | _SILENT | frozenset(_INLINE_NAMES.split())
_MARKUP = re.compile(r"</?([a-z][a-z0-9]{0,11})\b[^<>]*+>|<!--|&(?:#\d+|#x[0-9a-f]+|[a-z]\w*+);", re.IGNORECASE)
_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[a-z][a-z0-9:_-]*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""", re.IGNORECASE
)
# The same with "<" in attributes. It may run to the end of the text in vain, so it is not tried often.
_ODD_TAG = re.compile(
    r"""<(?P<closing>/?)(?P<name>[a-z][a-z0-9:_-]*+)(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""", re.IGNORECASE
)
_BROKEN_TAG = re.compile(r"<(?P<closing>[/!?]?)(?P<name>[a-z][a-z0-9:_-]*+)?[^<>]*+>", re.IGNORECASE)
_ODD_TAGS_AT_MOST = 50
_INLINE_TAG = re.compile(
    rf"""</?(?:{_INLINE_NAMES.replace(" ", "|")})(?![\w:-])(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""", re.IGNORECASE
)
_HIDDEN = re.compile(r"<!--|<!\[CDATA\[")
_ENDS = {"<!--": re.compile("-->")} | {name: re.compile(rf"</{name}\b[^<>]*+>", re.IGNORECASE) for name in _SILENT}
_SPACE = re.compile(r"\s+")
# Markup beyond this, in characters, is not looked at.
_LONGEST = 1_000_000
# Marks piled upon one letter: no language needs more, and to bring 100,000 into order takes a minute.
_PILE_HEIGHT = 30
_PILE = re.compile(rf"[^\w\s\x00-\x7f]{{{_PILE_HEIGHT},}}+")
_JOINERS = "\u200c\u200d"
# Escapes of the encoded-word syntax of mail headers, which Python 3.11's email package decodes
# inside a header value that was set as plain text.
_ENCODED_WORD = re.compile(r"=(?=\?)")


def legible(text: str) -> str:
    """One line without control, bidi-override, zero-width or unassigned characters."""
    line = unicodedata.normalize("NFC", _PILE.sub(_lowered, text))
    if line.isprintable():
        return " ".join(line.split())
    kept = []
    for character in line:
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif category[0] != "C" or character in _JOINERS:
            kept.append(character)
    # Once more, because a letter and its accent may have met only now.
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def _lowered(pile: re.Match[str]) -> str:
    return pile[0][:_PILE_HEIGHT] if any(map(unicodedata.combining, pile[0])) else pile[0]


def header_safe(text: str, limit: int) -> str:
    """`legible` text of at most `limit` characters that no mail program takes for an encoded word."""
    return shortened(_ENCODED_WORD.sub("= ", legible(text)), limit)


def shortened(text: str, limit: int) -> str:
    """Cut at a word where possible; an ellipsis shows the cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head, space, _ = cut.rpartition(" ")
    inside_a_word = space and len(head) > limit // 2 and text[limit - 1] != " "
    return (head if inside_a_word else cut).rstrip(" ,;:-–—") + "…"


def has_markup(text: str) -> bool:
    return any(match[1] is None or match[1].lower() in _ELEMENTS for match in _MARKUP.finditer(text, 0, _LONGEST))


def plain(html: str, limit: int) -> str:
    """The words of an HTML fragment, a line per block, at most `limit` characters.

    Blocks end words, inline elements do not: "<p>one</p>two" is two words, "pre-<b>emptive</b>" one. It reads once from
    left to right and builds no tree: trees take minutes for elements nested 100,000 deep.
    """
    if not has_markup(html):
        return plain_lines(html, limit)
    if "<![CDATA[" in html:
        html = html.replace("]]>", "")
    pieces: list[str] = []
    length = 0
    for piece in _pieces(_INLINE_TAG.sub("", html[:_LONGEST])):
        pieces.append(piece)
        length += len(piece)
        if length > 2 * limit:
            break
    return plain_lines("".join(pieces), limit)


def headline(said: str, limit: int) -> str:
    """One line of at most `limit` characters, of a title that may or may not be markup."""
    return " ".join(plain(said, limit).split())


def _pieces(html: str) -> Iterator[str]:
    """Texts, and a line break where a block begins or ends."""
    at, odd_tags, preformatted = 0, 0, False
    without_end: set[str] = set()
    while at < len(html):
        start = html.find("<", at)
        start = len(html) if start < 0 else start
        if start > at:
            text = unescape(html[at:start])
            yield text if preformatted else _SPACE.sub(" ", text)
        if hidden := _HIDDEN.match(html, start):
            at = _end_of(hidden[0], html, hidden.end(), without_end)
            continue
        tag = _TAG.match(html, start)
        if tag is None and odd_tags < _ODD_TAGS_AT_MOST:
            odd_tags += 1
            tag = _ODD_TAG.match(html, start)
        tag = tag or _BROKEN_TAG.match(html, start)
        if tag is None:
            yield html[start : start + 1]
            at = start + 1
            continue
        at = tag.end()
        name = (tag["name"] or "").lower()
        if name in _BLOCKS:
            yield "\n"
        opens = tag["closing"] != "/" and html[at - 2] != "/"
        if name == "pre":
            preformatted = opens
        if name in _SILENT and opens:
            at = _end_of(name, html, at, without_end)


def _end_of(opening: str, html: str, at: int, without_end: set[str]) -> int:
    """Behind the end of what is not shown, or `at` where it has none. `without_end` saves looking in vain again."""
    if opening in _ENDS and opening not in without_end:
        if end := _ENDS[opening].search(html, at):
            return end.end()
        without_end.add(opening)
    if opening != "<!--" or ">" in without_end:
        return at
    # A comment that is never closed ends with its first ">".
    bracket = html.find(">", at)
    if bracket < 0:
        without_end.add(">")
        return at
    return bracket + 1


def plain_lines(text: str, limit: int) -> str:
    """Every line `legible`, empty lines dropped, at most `limit` characters."""
    lines: list[str] = []
    length = 0
    for line in text.splitlines():
        if (begun := line.lstrip()) and (kept := legible(begun[: 2 * limit])):
            lines.append(kept)
            length += len(kept) + 1
            if length > limit:
                break
    return "\n".join(lines)[:limit].rstrip()
