"""When two links are the same link, and two entries the same entry."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from monitor.core.text import legible
from monitor.core.values import ParsedEntry

_LONGEST = 1_000
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|ref_src|ref_url|cmpid|cid|ocid|ito|smid"
    r"|ns_\w+|at_\w+|xtor|traffic_source|guccounter|guce_\w+|_ga|__twitter_impression|rss",
    re.IGNORECASE,
)
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute(link: str, base: str) -> str:
    """The link as an absolute http(s) address; "" where it is none (`javascript:` and the like)."""
    said = legible(link).replace(" ", "%20")
    # Joined to an empty link, the base itself would come out: every such entry would be one page.
    if not said:
        return ""
    try:
        whole = urljoin(base, said)
        return whole if urlsplit(whole).scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


def usable_time(moment: datetime) -> datetime | None:
    """The moment, if it can be the date of news: .NET writes year 1 for "no date", and such dates break time zones."""
    return moment if _EARLIEST <= moment <= _LATEST else None


def canonical_link(link: str) -> str:
    """The link without scheme, `www.`, fragment, tracking parameters and final slash; "" for no web link."""
    try:
        parts = urlsplit(link.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        return ""
    host = parts.hostname.lower().removeprefix("www.").rstrip(".")
    if port and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    query = [
        (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(key)
    ]
    canonical = host + parts.path.rstrip("/") + (f"?{urlencode(query)}" if query else "")
    # Databases refuse to index long texts.
    return canonical if len(canonical.encode()) <= _LONGEST else f"{canonical[:200]}#{_digest(canonical)}"


def keys(entries: Sequence[ParsedEntry]) -> list[tuple[str, str]]:
    """For each entry of one document its key and its twin key, both unique within a feed.

    The key is the guid, else the canonical link, else title and day. The twin (link, title and date)
    knows an entry again whose guid the feed has changed, and tells entries apart that share one guid.
    """
    pages = {(canonical_link(entry.link), entry.title.casefold()) for entry in entries if not entry.guid}
    shared = {link for link, times in Counter(link for link, _ in pages).items() if link and times > 1}
    twins = [_twin(entry, shared) for entry in entries]
    tellers = Counter(
        guid for guid, _ in {(entry.guid, twin) for entry, twin in zip(entries, twins, strict=True) if entry.guid}
    )
    return [
        (f"guid:{_digest(entry.guid)}" if tellers[entry.guid] == 1 else twin, twin)
        for entry, twin in zip(entries, twins, strict=True)
    ]


def _twin(entry: ParsedEntry, shared: Collection[str]) -> str:
    """`shared` links are those of one page that lists several items."""
    link = canonical_link(entry.link)
    if link and (entry.guid or link in shared):
        said = entry.published.isoformat() if entry.published else entry.published_said
        return f"twin:{_digest(link, entry.title.casefold(), said)}"
    if link:
        return f"link:{_digest(link)}"
    day = entry.published.date().isoformat() if entry.published else entry.published_said
    return f"text:{_digest(entry.title.casefold(), day, '' if entry.title else entry.summary[:500])}"


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
