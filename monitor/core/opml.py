"""Lists of feeds as other programs write and read them (OPML)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree

from monitor.core.text import legible

_LONGEST_NAME, _LONGEST_TAG = 100, 50
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
# Of old, feeds had a scheme of their own: feed://host/..., feed:https://host/...
_FEED_SCHEME = re.compile(r"feed:(?://)?(https?:)?(?://)?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_DIVIDES = str.maketrans(",/", "  ")


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list. `tags` are the folders that it lies in, then its categories."""

    url: str
    name: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class FeedList:
    """`lists`: how many other lists it points to; `damage` says what is wrong with a file that is no good XML."""

    outlines: tuple[Outline, ...]
    lists: int = 0
    damage: str = ""


def feed_list(document: str) -> FeedList:
    """Read as far as it goes: files that other programs wrote, or people mended, are often not XML."""
    reader = _Reader()
    reader.feed(document)
    reader.close()
    return FeedList(tuple(reader.outlines), reader.lists, _damage(document))


def same_feed(url: str) -> str:
    """Equal for addresses that lead to one feed: with or without TLS, `www.`, a final slash, a name and password."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{(parts.hostname or '').removeprefix('www.')}{port}{parts.path.rstrip('/')}{query}"


def as_opml(outlines: Iterable[Outline]) -> str:
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Feeds of feed-monitor"
    body = ElementTree.SubElement(root, "body")
    for outline in outlines:
        name = legible(outline.name)
        about = {"type": "rss", "text": name, "title": name, "xmlUrl": outline.url}
        if outline.language:
            about["language"] = legible(outline.language)
        if outline.tags:
            # A comma divides categories, a slash their levels.
            about["category"] = ",".join(legible(tag.translate(_DIVIDES)) for tag in outline.tags)
        ElementTree.SubElement(body, "outline", about)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


@dataclass
class _Reader(HTMLParser):
    outlines: list[Outline] = field(default_factory=list)
    lists: int = 0
    _folders: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "outline":
            return
        said = {name: (value or "").strip() for name, value in attrs}
        name = legible(said.get("text") or said.get("title") or "")
        kind, url = said.get("type", "").lower(), said.get("xmlurl", "")
        if kind in ("include", "source") or (kind == "link" and said.get("url", "").lower().endswith(".opml")):
            self.lists += 1
        elif "xmlurl" in said or kind in ("rss", "atom"):
            language = said.get("language", "")
            self.outlines.append(
                Outline(
                    _web_address(url or said.get("url", "")),
                    name[:_LONGEST_NAME].strip(),
                    _tags([*self._folders, *re.split("[,/]", said.get("category", ""))]),
                    language if _LANGUAGE.fullmatch(language) else "",
                )
            )
            name = ""
        self._folders.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "outline" and self._folders:
            self._folders.pop()


def _web_address(url: str) -> str:
    return (
        _FEED_SCHEME.sub(lambda scheme: f"{scheme[1] or 'http:'}//", url, count=1) if _FEED_SCHEME.match(url) else url
    )


def _tags(said: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for each in said if (tag := legible(each)[:_LONGEST_TAG].strip())))


def _damage(document: str) -> str:
    try:
        # Of its tree nothing is used, and expat itself stops entities that multiply.
        ElementTree.fromstring(document)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        return legible(str(error))
    return ""
