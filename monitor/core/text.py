"""Text as people may safely see it: without markup, without invisible tricks."""

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

_BLOCKS = (
    "address article aside blockquote br center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tbody td tfoot th "
    "thead tr ul"
)
_SILENT = "script,style,template,noscript,svg,iframe,object,head"
_INLINE = (
    "a abbr acronym b bdi bdo big cite code del em font i img ins kbd label link mark meta q s small span strike strong"
    " sub sup tt u var wbr"
)
# Only real elements are markup: a headline may well say "<unknown>" and mean it.
_MARKUP = re.compile(
    rf"</?(?:{'|'.join((*_BLOCKS.split(), *_INLINE.split(), *_SILENT.split(',')))})\b[^<>]*>"
    r"|<!--|&(?:#\d+|#x[0-9a-f]+|[a-z]\w*);",
    re.IGNORECASE,
)
_JOINERS = "\u200c\u200d"
# Escapes of the encoded-word syntax of mail headers, which Python 3.11's email package decodes
# inside a header value that was set as plain text.
_ENCODED_WORD = re.compile(r"=(?=\?)")


def legible(text: str) -> str:
    """One line without control, bidi-override, zero-width or unassigned characters."""
    kept = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif category[0] != "C" or character in _JOINERS:
            kept.append(character)
    # Once more, because a letter and its accent may have met only now.
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


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
    return _MARKUP.search(text) is not None


def plain(html: str, limit: int) -> str:
    """The words of an HTML fragment, a line per block, at most `limit` characters.

    Blocks end words, inline elements do not: "<p>one</p>two" is two words, "pre-<b>emptive</b>" one.
    """
    if not has_markup(html):
        return plain_lines(html, limit)
    tree = LexborHTMLParser(html)
    for node in tree.css(_SILENT):
        node.decompose()
    for node in tree.css(_BLOCKS.replace(" ", ",")):
        node.insert_before("\n")
        node.insert_after("\n")
    return plain_lines(tree.body.text(separator="") if tree.body else "", limit)


def plain_lines(text: str, limit: int) -> str:
    """Every line `legible`, empty lines dropped, at most `limit` characters."""
    lines = (legible(line) for line in text[: limit * 2].splitlines())
    return "\n".join(line for line in lines if line)[:limit].rstrip()
