"""What feedparser found in a document, in our words: its entries and its head."""

from dataclasses import dataclass
from typing import Any

from monitor.core.dates import read_date
from monitor.core.identity import absolute
from monitor.core.place import cap_of, place_of
from monitor.core.text import headline, legible, plain
from monitor.core.values import CONTENT_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT, ParsedEntry, Wishes
from monitor.core.wishes import wishes_of

_TAGS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Head:
    """What a document says of itself. `hub` and `topic` are WebSub's, "" where it names none.

    `author` is whoever wrote the entries that name nobody: Atom has it so, in RSS it is the editor alone.
    """

    title: str
    language: str
    author: str
    wishes: Wishes
    hub: str
    topic: str


def head_of(parsed: Any, text: str = "") -> Head:
    """`parsed` is feedparser's result; `text` the document, whose hours and days to skip feedparser does not read."""
    feed = parsed.get("feed") or {}
    links = [link for link in feed.get("links") or () if link.get("href")]
    return Head(
        title=_title(feed),
        language=_language(feed.get("language")),
        author=_author(feed) if str(parsed.get("version") or "").startswith("atom") else "",
        wishes=wishes_of(feed, text),
        hub=next((absolute(link["href"], "") for link in links if link.get("rel") == "hub"), ""),
        topic=next((absolute(link["href"], "") for link in links if link.get("rel") == "self"), ""),
    )


def entry_of(entry: Any, url: str, head: Head) -> ParsedEntry:
    """`entry` is one of feedparser's, its HTML neither sanitised nor its links resolved."""
    summary, content = _texts(entry)
    detail = entry.get("title_detail") or {}
    said = str(entry.get("published") or entry.get("created") or "")
    return ParsedEntry(
        guid=legible(str(entry.get("id") or entry.get("dc_identifier") or "")),
        link=_link(entry, url),
        title=_title(entry),
        summary=summary,
        content=content,
        published=read_date(said),
        published_said=legible(said[:200])[:100],
        # Asked for a missing update time, feedparser's `get` answers with the time of publication.
        updated=read_date(str(dict.get(entry, "updated") or "")),
        author=_author(entry) or _author(entry.get("source") or {}) or head.author,
        tags=_tags(entry),
        language=_language(entry.get("language") or detail.get("language")) or head.language,
        place=place_of(entry),
        cap=cap_of(entry),
    )


def _texts(entry: Any) -> tuple[str, str]:
    """Summary and content. Where there is no content, a summary too long for its place is that, too."""
    summary_html = str(entry.get("summary") or entry.get("subtitle") or "")
    contents = [str(part.get("value") or "") for part in entry.get("content") or () if _is_text(part)]
    content_html = max(contents, key=len, default="")
    content = plain(content_html, CONTENT_LIMIT)
    # feedparser lets a lone content:encoded stand in for the summary.
    summary = content if summary_html == content_html else plain(summary_html, CONTENT_LIMIT)
    if not content and len(summary) > SUMMARY_LIMIT:
        content = summary
    return summary[:SUMMARY_LIMIT].rstrip(), content


def _is_text(part: Any) -> bool:
    """Atom may carry a picture, in base64, as an entry's content."""
    return not str(part.get("type") or "").startswith(("image/", "audio/", "video/"))


def _link(entry: Any, url: str) -> str:
    """The page that the entry is about; where it names none, a guid that is an address, at last its recording."""
    links = [link for link in entry.get("links") or () if link.get("href")]
    candidates = (
        entry.get("feedburner_origlink"),
        entry.get("link"),
        *(link["href"] for link in links if link.get("rel") == "alternate"),
        said if (said := str(entry.get("id") or "")).startswith(("http://", "https://")) else "",
        *(link["href"] for link in links if link.get("rel") == "enclosure"),
    )
    return next((link for said in candidates if said and (link := absolute(str(said), url))), "")


def _title(element: Any) -> str:
    return headline(str(element.get("title") or element.get("itunes_title") or ""), TITLE_LIMIT)


def _author(entry: Any) -> str:
    names = dict.fromkeys(str(each.get("name") or each.get("email") or "") for each in entry.get("authors") or ())
    names.pop("", None)
    return legible(", ".join(names) if len(names) > 1 else str(entry.get("author") or ""))[:200]


def _tags(entry: Any) -> tuple[str, ...]:
    """Terms, and the labels of terms that are mere numbers or addresses."""
    said = (word for tag in entry.get("tags") or () for word in (tag.get("term"), tag.get("label")) if word)
    return tuple(dict.fromkeys(tag for word in said if (tag := legible(str(word))[:100])))[:_TAGS_AT_MOST]


def _language(said: object) -> str:
    return legible(str(said or "")[:100]).replace("_", "-")[:35]
