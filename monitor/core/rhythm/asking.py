"""When to ask a feed again, so that all feeds together are told of soonest within the budget of requests.

A feed is worth asking once the news that has probably come since the last poll, times the feed's weight, reaches
sqrt(2 * price * rate): at a steady rate that is the interval at which requests cost as much as waiting, and a burst at
a known minute is caught right after it. One price for all feeds is what makes their requests add up to the budget.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, count, islice, pairwise
from math import exp, inf, log, sqrt

from monitor.core.rhythm.learning import HOUR, Rhythm
from monitor.core.rhythm.rates import hourly_rates, minute_shares

# A minute with twice its share of the hour's news is waited out.
_MARK = 2 / 60
# Halvings of the range of prices: enough for a thousandth.
_STEPS = 16


@dataclass(frozen=True, slots=True)
class Pace:
    """`every` is for a feed of which nothing is known yet; no pause is shorter than `fastest`, or longer than
    `slowest`."""

    every: timedelta
    fastest: timedelta
    slowest: timedelta


def next_poll_at(rhythm: Rhythm, weight: float, now: datetime, pace: Pace, price: float) -> datetime:
    pause = pace.every
    if rhythm.began:
        begins = now.timestamp()
        latest = begins + pace.slowest.total_seconds()
        pause = timedelta(seconds=_enough_at(rhythm, weight, begins, latest, price) - begins)
    return now + min(max(pause, pace.fastest), pace.slowest)


def price(feeds: Iterable[tuple[Rhythm, float]], pace: Pace, requests_per_day: float, now: datetime) -> float:
    """At which price the requests of the coming day meet the budget; `feeds` are rhythms with their weights.

    0 when all feeds at their fastest stay within the budget, infinite when it is too small even for the slowest.
    """
    even: list[float] = []
    marked: list[tuple[list[float], float]] = []
    for rhythm, weight in feeds:
        hours = (sqrt(weight * rate) for rate in islice(hourly_rates(rhythm, now.timestamp()), 24))
        if marks := _marks(rhythm):
            marked += ((marks, hour) for hour in hours)
        else:
            even += hours
    eager = [*even, *(hour for _, hour in marked)]
    most, least = 1 / pace.fastest.total_seconds(), 1 / pace.slowest.total_seconds()
    if HOUR * len(eager) * most <= requests_per_day:
        return 0.0
    if HOUR * len(eager) * least >= requests_per_day:
        return inf
    even.sort()
    sums = [0.0, *accumulate(even)]

    def asked(ease: float) -> float:
        """Requests of the day when the frequency in each hour is `ease` times its eagerness, within bounds."""
        slow, fast = bisect_left(even, least / ease), bisect_left(even, most / ease)
        evenly = slow * least + ease * (sums[fast] - sums[slow]) + (len(even) - fast) * most
        return HOUR * (evenly + sum(min(max(_outside(ease * hour, marks), least), most) for marks, hour in marked))

    low, high = log(least / max(eager)), log(most / min(eager))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if asked(exp(middle)) < requests_per_day else (low, middle)
    return 1 / (2 * exp(low + high))


def _marks(rhythm: Rhythm) -> list[float]:
    """The shares of those minutes that are waited out."""
    return [two - one for one, two in pairwise(minute_shares(rhythm)) if two - one > _MARK]


def _outside(frequency: float, marks: list[float]) -> float:
    """What a frequency comes to when one request catches a mark, however much news is due there.

    Less than one request's worth catches it as often as that, and is half wasted at a mean.
    """
    for share in marks:
        due = share * frequency * HOUR
        frequency -= (due * due / 2 if due < 1 else due - 0.5) / HOUR
    return frequency


def _enough_at(rhythm: Rhythm, weight: float, begins: float, latest: float, price: float) -> float:
    """When enough news will probably have come since `begins`, in seconds since 1970; `latest` if not before."""
    shares = minute_shares(rhythm)
    came, at = 0.0, begins
    for hour, rate in zip(count(int(begins // HOUR)), hourly_rates(rhythm, begins), strict=False):
        starts = hour * HOUR
        if starts >= latest:
            break
        of_hour = weight * rate * HOUR
        minute, second = divmod(at - starts, 60)
        passed = shares[int(minute)]
        passed += (shares[int(minute) + 1] - passed) * second / 60
        wanted = passed + max(sqrt(2 * price * weight * rate) - came, 0.0) / of_hour
        if wanted <= 1:
            return starts + 60 * _minute_of(wanted, shares)
        came += of_hour * (1 - passed)
        at = starts + HOUR
    return latest


def _minute_of(wanted: float, shares: list[float]) -> float:
    """The minute of the hour by which this share of its news has come."""
    minute = max(bisect_left(shares, wanted) - 1, 0)
    width = shares[minute + 1] - shares[minute]
    return minute + (1.0 if width > _MARK else (wanted - shares[minute]) / width)
