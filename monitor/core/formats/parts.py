"""What all formats are made of."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

from monitor.core.alerts.facts import AlertFacts, Firing
from monitor.core.text import header_safe, legible
from monitor.core.values import Evidence
from monitor.words import Severity

MARKS = {
    Severity.CRITICAL: "▲",
    Severity.HIGH: "◆",
    Severity.MEDIUM: "●",
    Severity.LOW: "○",
    Severity.INFO: "·",
}
HEADLINE_LIMIT = 300
_NAME_LIMIT = 100
_JOINERS = "\u200c\u200d"


def utc(at: datetime) -> str:
    """ISO 8601 to the second, with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clean(text: str) -> str:
    """Without control, bidi, zero-width or unassigned characters; lines stay. What was stored clean stays as it is, so
    that positions in it hold."""
    if text.isprintable():
        return text
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append("\n" if character == "\n" else " ")
        elif category[0] != "C" or character in _JOINERS:
            kept.append(character)
    return "".join(kept)


def web_link(link: str) -> str:
    """The link if a reader may be sent there, else nothing."""
    try:
        parts = urlsplit(link)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ""
    # What is printable and has no space is no trick of direction or of lines.
    return link if good and link.isprintable() and " " not in link else ""


def urn(key: str) -> str:
    """A name for good, of a kind every program takes: a UUID of version 8, made of the key alone."""
    digits = sha256(key.encode("utf-8", "backslashreplace")).hexdigest()
    variant = f"{int(digits[16], 16) & 0b0011 | 0b1000:x}"
    parts = (digits[:8], digits[8:12], f"8{digits[13:16]}", f"{variant}{digits[17:20]}", digits[20:32])
    return f"urn:uuid:{'-'.join(parts)}"


def rules_of(facts: AlertFacts) -> tuple[str, ...]:
    """The weightiest first."""
    names = (legible(firing.rule)[:_NAME_LIMIT] for firing in weightiest_first(facts.firings))
    return tuple(name for name in names if name)


def weightiest_first(firings: Iterable[Firing]) -> list[Firing]:
    return sorted(firings, key=lambda firing: -firing.severity.rank)


def named(severity: Severity) -> str:
    """A shape and a word."""
    return f"{MARKS[severity]} {severity.upper()}"


def headline_of(facts: AlertFacts) -> str:
    return header_safe(facts.headline, HEADLINE_LIMIT) or web_link(facts.link)[:HEADLINE_LIMIT] or "(no headline)"


def publisher_of(name: str) -> str:
    return header_safe(name, _NAME_LIMIT)


def matched(evidence: Evidence, limit: int) -> str:
    """The words that fired, with what they answer to, in one line."""
    words, pattern = header_safe(evidence.text, limit), header_safe(evidence.pattern, limit)
    return f"“{words}” in the {legible(evidence.field)} matched: {pattern}"


def counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
