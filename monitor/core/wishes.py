"""How often, and when, a feed asks to be polled."""

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

from monitor.core.values import Wishes

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST = timedelta(days=365)
_WHOLE = re.compile(r"\s*(\d{1,6})(?:\.0*)?\s*")
_SKIPPED = re.compile(r"<skip(hours|days)\s*>", re.IGNORECASE)
_LONGEST_LIST = 2_000
_HOUR = re.compile(r"<hour\s*>\s*(\d{1,2})\s*<", re.IGNORECASE)
_DAY = re.compile(r"<day\s*>\s*(mon|tue|wed|thu|fri|sat|sun)", re.IGNORECASE)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wishes_of(feed: Any, text: str) -> Wishes:
    """`feed` is feedparser's of a document, `text` the document, of whose skipHours feedparser keeps the last alone."""
    skipped = _skipped(text)
    return Wishes(
        every=min(_LONGEST, max(_time_to_live(feed), _period(feed))),
        # Of old, hours ran from 1 to 24.
        skip_hours=_sorted(int(hour) % 24 for hour in _HOUR.findall(skipped.get("hours", "")) if int(hour) <= 24),
        skip_days=_sorted(_DAYS.index(day.lower()) for day in _DAY.findall(skipped.get("days", ""))),
    )


def _skipped(text: str) -> dict[str, str]:
    lists: dict[str, str] = {}
    for opening in islice(_SKIPPED.finditer(text), 4):
        inside = text[opening.end() : opening.end() + _LONGEST_LIST].partition("</skip")[0]
        lists.setdefault(opening[1].lower(), inside)
    return lists


def _time_to_live(feed: Any) -> timedelta:
    return timedelta(minutes=_whole(feed.get("ttl")))


def _period(feed: Any) -> timedelta:
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    return period / max(1, _whole(feed.get("sy_updatefrequency"))) if period else timedelta()


def _whole(said: object) -> int:
    found = _WHOLE.fullmatch(str(said or ""))
    return int(found[1]) if found else 0


def _sorted(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))
