"""How many entries a rhythm lets us expect, hour by hour."""

from collections.abc import Iterator
from itertools import accumulate, count
from math import exp

from monitor.core.rhythm.learning import DAY, HOUR, RATE_MEMORY, SHAPE_MEMORY, WEEK, Rhythm, weekday

# So many entries' worth of belief in what we would say without them: a usual rate, an even day, week and hour
# (for an hour, that much in each minute).
_RATE_BELIEF, _HOUR_BELIEF, _WEEKDAY_BELIEF, _MINUTE_BELIEF = 1.0, 2.0, 10.0, 1.0
_USUAL_RATE = 20 / DAY


def hourly_rates(rhythm: Rhythm, now: float) -> Iterator[float]:
    """Entries a second to expect in the hour of `now`, in the next one, and so on without end; never zero."""
    known_for = max(now - rhythm.began, 0.0) if rhythm.began else 0.0
    kept = exp((rhythm.at - now) / SHAPE_MEMORY)
    watched = SHAPE_MEMORY * (1 - exp(-known_for / SHAPE_MEMORY))
    rate = _rate(sum(rhythm.hours) * kept, watched, _RATE_BELIEF, _USUAL_RATE)
    watched = RATE_MEMORY * (1 - exp(-known_for / RATE_MEMORY))
    lately = _rate(rhythm.recent * exp((rhythm.at - now) / RATE_MEMORY), watched, _RATE_BELIEF, rate)
    day, of_day = -1, 0.0
    for hour in count(int(now // HOUR)):
        begins = hour * HOUR
        if hour // 24 != day:
            day = hour // 24
            watched = _watched(now, known_for, day * DAY, DAY, WEEK)
            of_day = _rate(rhythm.weekdays[weekday(begins)] * kept, watched, _WEEKDAY_BELIEF, rate)
        of_hour = _rate(rhythm.hours[hour % 24] * kept, _watched(now, known_for, begins, HOUR, DAY), _HOUR_BELIEF, rate)
        yield of_hour * of_day * lately / (rate * rate)


def minute_shares(rhythm: Rhythm) -> list[float]:
    """Of an hour's entries, the share to expect before each of its minutes: from 0 to 1 in 61 steps."""
    counts = list(accumulate(map(_MINUTE_BELIEF.__add__, rhythm.minutes), initial=0.0))
    return [count / counts[60] for count in counts]


def _rate(came: float, watched: float, belief: float, believed: float) -> float:
    return (came + belief) / (watched + belief / believed)


def _watched(now: float, known_for: float, begins: float, length: float, period: float) -> float:
    """For how many seconds, the past forgotten by and by, we have watched a window of time that comes round again.

    A weekday that has not come yet since the feed is known has been watched for none, and so is not thought silent.
    """
    into = (now - begins) % period
    open_for = min(into, length)
    ago = into - open_for
    if known_for <= ago:
        return 0.0
    latest = min(open_for, known_for - ago) * exp(-ago / SHAPE_MEMORY)
    before = (known_for - ago) // period
    if not before:
        return latest
    kept, all_kept = exp(-period / SHAPE_MEMORY), exp(-before * period / SHAPE_MEMORY)
    return latest + length * exp((length / 2 - into) / SHAPE_MEMORY) * kept * (1 - all_kept) / (1 - kept)
