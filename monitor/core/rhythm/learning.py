"""A feed's rhythm: how many entries it brings, at which hours, on which weekdays, at which minutes of the hour."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import exp, floor
from typing import Any

HOUR, DAY, WEEK = 3_600.0, 86_400.0, 604_800.0
# How long the past counts: the shape of the day and the week for a month, the number of entries for a week.
SHAPE_MEMORY = 28 * DAY
RATE_MEMORY = 7 * DAY


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Counts of entries, the past forgotten by and by, as they stood at `at`; the feed is known since `began`.

    Times are seconds since 1970, UTC; a `began` of 0 means that nothing is known yet. `recent` forgets faster than
    the others. `weekdays` begin with Monday.
    """

    began: float = 0.0
    at: float = 0.0
    recent: float = 0.0
    hours: tuple[float, ...] = (0.0,) * 24
    weekdays: tuple[float, ...] = (0.0,) * 7
    minutes: tuple[float, ...] = (0.0,) * 60

    def as_json(self) -> dict[str, Any]:
        """About 1 KB, with six digits of each count."""
        if not self.began:
            return {}
        return {
            "began": self.began,
            "at": self.at,
            "recent": _short(self.recent),
            "hours": [_short(count) for count in self.hours],
            "weekdays": [_short(count) for count in self.weekdays],
            "minutes": [_short(count) for count in self.minutes],
        }


def rhythm_from(stored: dict[str, Any]) -> Rhythm:
    if not stored:
        return Rhythm()
    hours, weekdays, minutes = (tuple(stored[part]) for part in ("hours", "weekdays", "minutes"))
    return Rhythm(stored["began"], stored["at"], stored["recent"], hours, weekdays, minutes)


def learned(rhythm: Rhythm, published: Iterable[datetime | None], since: datetime | None, at: datetime) -> Rhythm:
    """What is known after a good poll `at` that brought entries of these dates; `since` is the good poll before it.

    The first time, call it without entries too: from then on the feed's silence counts.
    """
    now = max(float(floor(at.timestamp())), rhythm.at)
    said = [None if each is None else each.timestamp() for each in published]
    if rhythm.began:
        moments = _came_between(said, now if since is None else since.timestamp(), now)
    else:
        moments = [min(each, now) for each in said if each is not None and each > now - SHAPE_MEMORY]
    kept = exp((rhythm.at - now) / SHAPE_MEMORY)
    hours = [count * kept for count in rhythm.hours]
    weekdays = [count * kept for count in rhythm.weekdays]
    minutes = [count * kept for count in rhythm.minutes]
    recent = rhythm.recent * exp((rhythm.at - now) / RATE_MEMORY)
    # In order of time, so that sums of floats do not depend on the order within a document.
    for moment in sorted(moments):
        fresh = exp((moment - now) / SHAPE_MEMORY)
        hours[int(moment // HOUR) % 24] += fresh
        weekdays[weekday(moment)] += fresh
        minutes[int(moment // 60) % 60] += fresh
        recent += exp((moment - now) / RATE_MEMORY)
    began = rhythm.began or float(floor(min(moments, default=now)))
    return Rhythm(began, now, recent, tuple(hours), tuple(weekdays), tuple(minutes))


def weekday(moment: float) -> int:
    """Monday is 0."""
    return int(moment // DAY + 3) % 7  # 1970 began on a Thursday


def _came_between(said: Iterable[float | None], since: float, now: float) -> list[float]:
    """When each entry came: at its date where that lies between the polls, else in their middle.

    An entry that shows up after its date must not teach us to ask at that date. One dated a day before we last
    looked has slid in from elsewhere, and says nothing about the rhythm.
    """
    middle = (since + now) / 2
    return [
        each if each is not None and since < each <= now else middle
        for each in said
        if each is None or each > since - DAY
    ]


def _short(count: float) -> float:
    return float(f"{count:.6g}") if count > 0.0001 else 0.0
