"""feedparser, kept from the small documents that hang it.

It searches long texts for addresses, heads for entities and elements for attributes in time that grows with the square
of their length, so that 40 KB cost it many seconds. What nobody writes in a feed is cut or refused before that.
"""

import re
from functools import lru_cache, partialmethod
from io import BytesIO
from itertools import islice
from typing import Any, ClassVar

import feedparser
import feedparser.api
import feedparser.mixin

from monitor.core.encoding import named_characters_numbered
from monitor.core.text import legible
from monitor.core.values import NotAFeed

# It looks all over the disk, at every document, for a parser of Python 2.
feedparser.api.PREFERRED_XML_PARSERS = []
# At every element it joins the base with itself, a tenth of all its work.
feedparser.mixin.make_safe_absolute_uri = lru_cache(64)(feedparser.mixin.make_safe_absolute_uri)
_ATTRIBUTES_AT_MOST = 300
_DEPTH_AT_MOST = 500
_LONGEST_BASE = 5_000
# More than is kept of an author.
_LONGEST_AUTHOR = 300
# Before the root element, in characters. Licences and padding are shorter.
_LONGEST_PROLOG, _LONGEST_DOCTYPE = 4_000, 10_000
_ENTITIES_AT_MOST = 1_000
_ENDS = {"<!--": "-->", "<?": "?>"}
_ROOT = re.compile(r"<\w")
_MARK = re.compile(r"<(?:!--|\?|!DOCTYPE|\w)")
_DOCTYPE = re.compile(
    r"""<!DOCTYPE(?:[^\[<>"']++|"[^"]*+"|'[^']*+')*+"""
    r"""(?:\[(?:<!--(?:[^-]++|-(?!->))*+-->|<\?(?:[^?]++|\?(?!>))*+\?>|[^\]"'<]++|"[^"]*+"|'[^']*+'|<)*+\]\s*+)?>"""
)
_DOCTYPE_BEGINS = re.compile(r"<!DOCTYPE[^\[<>]{0,300}")
_PLAIN_ENTITY = re.compile(r"""<!ENTITY\s+(\w{1,40})\s+(?:"([^"'<&%]{0,200}+|&#\w{1,8};)"|'([^"'<&%]{0,200}+)')\s*>""")
_ALERTS = (
    *("urn:oasis:names:tc:emergency:cap:1.0", "urn:oasis:names:tc:emergency:cap:1.1"),
    *("urn:oasis:names:tc:emergency:cap:1.2", "http://www.incident.com/cap/1.0"),
)


class OddDocumentError(ValueError):
    """The document is built as no feed is."""


class _Bounded:
    """What feedparser's two readers have in common, the one for XML and the one for what only looks like it.

    Alerts of the Common Alerting Protocol are known by their namespaces, whatever a feed calls those. Its names with
    values (`<geocode><valueName>UGC</valueName><value>TXC113</value></geocode>`) are all kept, as `cap_pairs`.
    """

    namespaces = feedparser.api.StrictFeedParser.namespaces | dict.fromkeys(_ALERTS, "cap")
    # Of its own, because feedparser fills the one it has once for all.
    _matchnamespaces: ClassVar[dict[str, str]] = {}
    baseuri: str
    _pair_of, _pair_name = "", ""

    def _start_link(self, attrs_d: dict[str, str]) -> None:
        # The AT Protocol writes its own name of a page there, which feedparser takes for the address.
        if attrs_d.get("uri", "").startswith("at:"):
            del attrs_d["uri"]
        super()._start_link(attrs_d)  # type: ignore[misc]

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()  # type: ignore[attr-defined]
        said = context.get(key)
        if isinstance(said, str) and len(said) > _LONGEST_AUTHOR:
            context[key] = said[:_LONGEST_AUTHOR]
        super()._sync_author_detail(key)  # type: ignore[misc]

    def _start_pairs(self, of: str, _: Any) -> None:
        self._pair_of, self._pair_name = of, ""
        self.push(f"cap_{of.lower()}", 1)  # type: ignore[attr-defined]

    def _end_pairs(self) -> None:
        self.pop(f"cap_{self._pair_of.lower()}")  # type: ignore[attr-defined]
        self._pair_of = ""

    _start_cap_parameter = partialmethod(_start_pairs, "parameter")
    _start_cap_geocode = partialmethod(_start_pairs, "geocode")
    _start_cap_eventcode = partialmethod(_start_pairs, "eventCode")
    _end_cap_parameter = _end_cap_geocode = _end_cap_eventcode = _end_pairs

    def _pair_named(self, element: str) -> None:
        self._pair_name = str(self.pop(element) or "")  # type: ignore[attr-defined]

    def _pair_closed(self, element: str) -> None:
        value = str(self.pop(element) or "")  # type: ignore[attr-defined]
        if self._pair_of:
            pairs = self._get_context().setdefault("cap_pairs", [])  # type: ignore[attr-defined]
            pairs.append((self._pair_of, self._pair_name, value))

    # Within Atom these two are often written without a prefix.
    _end_valuename = partialmethod(_pair_named, "valuename")
    _end_cap_valuename = partialmethod(_pair_named, "cap_valuename")
    _end_value = partialmethod(_pair_closed, "value")
    _end_cap_value = partialmethod(_pair_closed, "cap_value")


# Called for every element: what `super()` costs twice an element can be measured.
_starts, _ends = feedparser.api.StrictFeedParser.startElementNS, feedparser.api.StrictFeedParser.endElementNS


class _Strict(_Bounded, feedparser.api.StrictFeedParser):  # type: ignore[misc]
    nested = 0

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802 - as SAX calls it
        self.nested += 1
        if self.nested > _DEPTH_AT_MOST:
            raise OddDocumentError(f"elements nested more than {_DEPTH_AT_MOST} deep")
        # feedparser asks for each attribute by name, which looks through all of them.
        if len(attrs):
            _refuse_odd(len(attrs), self.baseuri)
        _starts(self, name, qname, attrs)

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802 - as SAX calls it
        self.nested -= 1
        _ends(self, name, qname)


class _Loose(_Bounded, feedparser.api.LooseFeedParser):  # type: ignore[misc]
    """Here elements need no end, so that depth means nothing."""

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        _refuse_odd(len(attrs), self.baseuri)
        super().unknown_starttag(tag, attrs)


def _refuse_odd(attributes: int, base: str) -> None:
    if attributes > _ATTRIBUTES_AT_MOST:
        raise OddDocumentError(f"an element with {attributes} attributes")
    if len(base) > _LONGEST_BASE:
        raise OddDocumentError("a base address without end")


feedparser.api.StrictFeedParser = _Strict
feedparser.api.LooseFeedParser = _Loose


def fed(text: str, url: str) -> Any:
    """feedparser's result, or NotAFeed where it broke."""
    try:
        # A stream, because feedparser opens the file or URL that bytes or a string name.
        return feedparser.parse(
            BytesIO(named_characters_numbered(sober(text)).encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except OddDocumentError as error:
        return NotAFeed(f"not built like a feed: {error}")
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


def sober(text: str) -> str:
    """The document; one that declares entities, or is long in coming to its root, keeps of all that the plain ones."""
    root, declarations = _prolog(text)
    if root <= _LONGEST_PROLOG and text.find("<!ENTITY", 0, root) < 0:
        return text
    entities = [
        f'\n<!ENTITY {found[1]} "{found[2] or found[3] or ""}">'
        for found in islice(_PLAIN_ENTITY.finditer(declarations), _ENTITIES_AT_MOST)
    ]
    doctype = _DOCTYPE_BEGINS.search(declarations)
    if not entities:
        return f"{doctype[0]}>{text[root:]}" if doctype else text[root:]
    return f"{doctype[0] if doctype else '<!DOCTYPE feed '}[{''.join(entities)}\n]>{text[root:]}"


def _prolog(text: str) -> tuple[int, str]:
    """Where the root element begins, and the document type before it, which markup in comments cannot hide.

    Where XML could not tell, it is the first thing that looks like an element.
    """
    at, declarations = 0, ""
    while mark := _MARK.search(text, at):
        if mark[0] in _ENDS:
            end = text.find(_ENDS[mark[0]], mark.end())
            at = end + len(_ENDS[mark[0]])
            if end >= 0:
                continue
        elif mark[0] == "<!DOCTYPE":
            if doctype := _DOCTYPE.match(text, mark.start(), mark.start() + _LONGEST_DOCTYPE):
                at, declarations = doctype.end(), declarations or doctype[0]
                continue
        else:
            return mark.start(), declarations
        break
    first = _ROOT.search(text)
    return first.start() if first else 0, declarations
