"""Where a web page says, or leads one to think, that its feeds are."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.core.identity import absolute
from monitor.core.text import legible

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_LIKELY = re.compile(r"(?:^|[/._=-])(?:rss|atom|rdf|feeds?)(?:$|[/._?=-])|\.(?:rss|atom|rdf|xml)$", re.IGNORECASE)
# Where most programs that publish put their feeds.
_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/posts/default", "/feed.json")
_MOST = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """`announced`: the page itself says that it is a feed."""

    url: str
    title: str = ""
    announced: bool = False


def candidates(page: str, url: str) -> list[Candidate]:
    """The feeds that a page announces, then links that look like feeds, then places where feeds usually are."""
    tree = LexborHTMLParser(page)
    base = tree.css_first("base[href]")
    root = absolute(base.attributes.get("href") or "", url) if base else ""
    found: dict[str, Candidate] = {}

    def add(said: str | None, title: str | None, *, announced: bool) -> None:
        address = absolute(said or "", root or url).partition("#")[0]
        if address and len(found) < _MOST:
            found.setdefault(address, Candidate(address, legible(title or "")[:200], announced))

    for link in tree.css("link[href]"):
        kind = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        relation = (link.attributes.get("rel") or "").lower().split()
        if "feed" in relation or ("alternate" in relation and kind in _TYPES):
            add(link.attributes.get("href"), link.attributes.get("title"), announced=True)
    for link in tree.css("a[href]"):
        href = link.attributes.get("href") or ""
        if _LIKELY.search(urlsplit(urljoin(url, href)).path if "?" not in href else href):
            add(href, link.text(), announced=False)
    for path in _USUAL:
        add(urljoin(url, path), "", announced=False)
    return list(found.values())
