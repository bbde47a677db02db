"""Small feeds to read."""

from monitor.core.parse import parse
from monitor.core.values import ParsedEntry, ParsedFeed

URL = "https://news.example/feeds/world.xml"
STORY = "https://news.example/1"


def item(title: str, link: str = STORY, more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def rss(*items: str, version: str = "2.0", before: str = "") -> bytes:
    channel = f"<title>World</title><link>https://news.example/</link>{''.join(items)}"
    return f'{before}<rss version="{version}"><channel>{channel}</channel></rss>'.encode()


def atom(entry: str, attributes: str = "") -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>World</title>{entry}</feed>'.encode()


def read(document: bytes, content_type: str = "") -> ParsedFeed:
    feed = parse(document, URL, content_type)
    assert isinstance(feed, ParsedFeed), feed
    return feed


def only_entry(document: bytes, content_type: str = "") -> ParsedEntry:
    (entry,) = read(document, content_type).entries
    return entry
