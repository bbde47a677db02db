"""What a server said around a document: where it lies now, how long it keeps, who tells of its news."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from multidict import CIMultiDictProxy
from yarl import URL

from monitor.core.text import legible

_EXPLAINED = (
    "Content-Type", "Content-Encoding", "ETag", "Last-Modified", "Cache-Control", "Expires", "Age", "Retry-After",
    "Server", "Date",
)  # fmt: skip
_LONGEST = 10_000_000
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d+)", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)
_NEVER = timedelta()


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that was followed: its status, and where it led."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` and `url` are of the last answer, 0 and "" where none came. `moved_to` is where an unbroken chain of
    permanent redirects led from the first request, "" else. `fresh_for` is the server's own word on how long its
    document keeps. `hub` and `topic` are WebSub's. `headers` are those worth explaining, as they were sent. `host` is
    where visitors take turns."""

    status: int = 0
    url: str = ""
    hops: tuple[Hop, ...] = ()
    moved_to: str = ""
    fresh_for: timedelta = timedelta()
    hub: str = ""
    topic: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    host: str = ""


NO_ANSWER = Answer()


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """By max-age, else by Expires, less the Age it already has; nothing for what cannot be read."""
    caching = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(caching):
        return _NEVER
    if said := _MAX_AGE.search(caching):
        span = _seconds(said[1]) or _NEVER
    elif expires := _moment(headers.get("Expires", "")):
        # Both by the server's clock, which may be wrong.
        span = expires - (_moment(headers.get("Date", "")) or now)
    else:
        return _NEVER
    age = _seconds(headers.get("Age", "")) or _NEVER
    return min(max(_NEVER, span - age), timedelta(seconds=_LONGEST))


def asked_to_wait(said: str, now: datetime) -> timedelta:
    """Retry-After in seconds or as a date; nothing for what cannot be read."""
    if (span := _seconds(said)) is not None:
        return span
    until = _moment(said)
    return max(_NEVER, until - now) if until else _NEVER


def validator(said: str) -> str:
    """An ETag or date to send back one day; "" for one whose bytes are no text and could not be stored."""
    return said if said.isascii() and said.isprintable() else ""


def hub_and_topic(headers: CIMultiDictProxy[str], url: URL) -> tuple[str, str]:
    """WebSub's two links among the Link headers, "" for what is not there."""
    found: dict[str, str] = {}
    for line in headers.getall("Link", ()):
        for target, parameters in _LINK.findall(line):
            relation = _RELATION.search(parameters)
            for word in (relation[1] or relation[2] or "").lower().split() if relation else ():
                if word in ("hub", "self") and word not in found:
                    found[word] = _web_address(url, target)
    return found.get("hub", ""), found.get("self", "")


def explained(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _shown(headers[name])) for name in _EXPLAINED if name in headers)


def _shown(said: str) -> str:
    return (said if said.isascii() and said.isprintable() else legible(said))[:300]


def _web_address(base: URL, target: str) -> str:
    try:
        url = base.join(URL(target.strip()))
    except ValueError:
        return ""
    return str(url) if url.scheme in ("http", "https") and url.raw_host else ""


def _seconds(said: str) -> timedelta | None:
    said = said.strip()
    if not (said.isascii() and said.isdigit()):
        return None
    return timedelta(seconds=min(int(said[:4_000]), _LONGEST))


def _moment(said: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
