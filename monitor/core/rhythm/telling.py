"""What a rhythm tells people: how it sounds in words, and that a feed is quiet for too long."""

from datetime import datetime, timedelta
from itertools import accumulate, islice
from math import log

from monitor.core.rhythm.learning import HOUR, Rhythm, weekday
from monitor.core.rhythm.rates import hourly_rates, minute_shares

_CHANCE = 1e-6
# Entries come in clumps, a holiday is quiet: of what a feed lets us expect, so much is counted on.
_COUNTED_ON = 0.25
_FEWEST = 50.0
_SHORTEST = timedelta(hours=6)
_LONGEST = timedelta(days=14)
# Half the entries of a day in so few hours are worth a word, and so is a minute with so much of its hour's.
_BUSY_HOURS = 10
_BUSY_MINUTE = 0.1


def described(rhythm: Rhythm, now: datetime) -> str:
    """ "about 40 entries a day, half of them from 08 to 11 UTC, most on weekdays"; "" while nothing is known."""
    if not rhythm.began:
        return ""
    week = _week(rhythm, now)
    days = [sum(week[24 * day : 24 * day + 24]) for day in range(7)]
    said = [_how_many(sum(week))]
    hours = [sum(week[hour::24]) for hour in range(24)]
    half, upto = 0.5 * sum(hours), list(accumulate(hours * 2, initial=0.0))
    length, begins = min(
        (length, begins)
        for begins in range(24)
        for length in range(1, 25)
        if upto[begins + length] - upto[begins] >= half
    )
    if length <= _BUSY_HOURS:
        said.append(f"half of them from {begins:02} to {(begins + length) % 24:02} UTC")
    working, weekend = sum(days[:5]) / 5, sum(days[5:]) / 2
    if weekend < working / 2:
        said.append("most on weekdays")
    elif working < weekend / 2:
        said.append("most at weekends")
    shares = minute_shares(rhythm)
    marks = [f":{minute:02}" for minute in range(60) if shares[minute + 1] - shares[minute] > _BUSY_MINUTE]
    if marks:
        said.append(f"often at {' and '.join(marks)}")
    return ", ".join(said)


def quiet_too_long(rhythm: Rhythm, last_new_at: datetime, now: datetime) -> bool:
    """Whether a lively feed has had no news for so long that chance does not explain it."""
    silence = now - last_new_at
    if sum(rhythm.hours) < _FEWEST or silence < _SHORTEST:
        return False
    # As it stood when the silence began: what is silent now is forgotten by and by.
    hours = int(min(silence, _LONGEST) / timedelta(hours=1))
    missed = HOUR * sum(islice(hourly_rates(rhythm, last_new_at.timestamp()), hours))
    return missed * _COUNTED_ON > -log(_CHANCE)


def _week(rhythm: Rhythm, now: datetime) -> list[float]:
    """Entries to expect in each hour of a week that begins on Monday, UTC."""
    first = int(now.timestamp() // HOUR)
    week = [0.0] * 168
    for hour, rate in zip(range(first, first + 168), hourly_rates(rhythm, now.timestamp()), strict=False):
        week[weekday(hour * HOUR) * 24 + hour % 24] = rate * HOUR
    return week


def _how_many(a_week: float) -> str:
    number, span = (a_week / 7, "day") if a_week >= 14 else (a_week, "week")
    if number < 0.5:
        return "less than one entry a week"
    rounded = round(number, -1 if number >= 20 else 0)
    return f"about {rounded:.0f} {'entry' if rounded == 1 else 'entries'} a {span}"
