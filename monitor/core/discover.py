"""Where a web page says, or leads one to think, that its feeds are."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.core.identity import absolute
from monitor.core.text import legible

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_LIKELY = re.compile(r"(?:^|[/._=-])(?:rss|atom|rdf|feeds?)(?:$|[/._?=&-])|\.(?:rss|atom|rdf|xml)$", re.IGNORECASE)
# Links to others' pages about feeds, which look like feeds themselves.
_READERS = re.compile(r"[?&](?:url|feed|add|subscribe)=https?", re.IGNORECASE)
# Where most programs that publish put their feeds; at the root of the site, and beside the page.
_USUAL = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feeds/posts/default", "feed.json")
_MOST = 20

How = Literal["announced", "linked", "usual"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """`how` we came upon it: the page announces it as a feed, links to what looks like one, or most sites have it."""

    url: str
    title: str = ""
    how: How = "usual"


def candidates(page: str, url: str) -> list[Candidate]:
    """The feeds that a page announces, then links that look like feeds, then places where feeds usually are."""
    tree = LexborHTMLParser(page)
    base = tree.css_first("base[href]")
    root = (absolute(base.attributes.get("href") or "", url) if base else "") or url
    found: dict[str, Candidate] = {}

    def add(said: str, title: str, how: How) -> None:
        address = absolute(said, root).partition("#")[0]
        alike = sum(1 for each in found.values() if each.how == how)
        if address and alike < _MOST:
            found.setdefault(address, Candidate(address, legible(title)[:200], how))

    for link in tree.css("link[href]"):
        kind = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        relation = (link.attributes.get("rel") or "").lower().split()
        if "feed" in relation or ("alternate" in relation and kind in _TYPES):
            add(link.attributes.get("href") or "", link.attributes.get("title") or "", "announced")
    for link in tree.css("a[href]"):
        href = link.attributes.get("href") or ""
        if _looks_like_a_feed(href, url):
            add(href, link.text(), "linked")
    for folder in dict.fromkeys((urljoin(url, "/"), _folder(url))):
        for name in _USUAL:
            add(folder + name, "", "usual")
    return list(found.values())


def announced(page: str, url: str) -> list[str]:
    return [each.url for each in candidates(page, url) if each.how == "announced"]


def _looks_like_a_feed(href: str, url: str) -> bool:
    try:
        parts = urlsplit(urljoin(url, href))
    except ValueError:
        return False
    if _READERS.search(parts.query and f"?{parts.query}"):
        return False
    return bool(_LIKELY.search(f"{parts.path}?{parts.query}" if parts.query else parts.path))


def _folder(url: str) -> str:
    """https://host/blog, https://host/blog/ and https://host/blog/index.html lie in https://host/blog/."""
    parts = urlsplit(url)
    head, _, last = parts.path.rpartition("/")
    inside = f"{head}/" if not last or "." in last else f"{parts.path}/"
    return f"{parts.scheme}://{parts.netloc}{inside}"
