"""Next poll, next try, next morning."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_PAUSE = timedelta(days=1)
# A server out of reach is often our own line that is down: the watch must be back soon after it.
OUT_OF_REACH_PAUSE = timedelta(minutes=30)
_RETRIES = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 180, 360, 900, 1800, 3600))
GIVE_UP_AFTER = timedelta(days=5)


def next_poll(
    now: datetime,
    every: timedelta,
    failures: int,
    asked_to_wait: timedelta,
    luck: float,
    longest: timedelta = LONGEST_PAUSE,
) -> datetime:
    """Double the pause with each failure up to `longest`, honour the server's wish for up to a day.

    `luck` in [0, 1) spreads feeds by up to a tenth of the pause, so that they do not march in step.
    """
    longest = max(longest, every)
    pause = every * (1 << min(failures, 10)) * (0.95 + luck / 10)
    return now + max(min(pause, longest), min(asked_to_wait, LONGEST_PAUSE))


def next_try(
    now: datetime, attempts: int, owed_at: datetime, luck: float = 0.5, until: datetime | None = None
) -> datetime | None:
    """When a message that was refused for the moment is tried again; None: give up. `until`: it is of use no longer.

    The steps suit greylisting servers, which want a few minutes; five days is what mail servers use. `luck` in [0, 1)
    spreads what was refused together by a fifth of the pause.
    """
    if now - owed_at >= GIVE_UP_AFTER or (until is not None and now >= until):
        return None
    return now + _RETRIES[min(attempts, len(_RETRIES)) - 1] * (0.8 + 0.4 * luck)


def relay_pause(failures: int) -> timedelta:
    """How long to leave a mail server alone that could not be reached `failures` times running."""
    return min(timedelta(seconds=2 << min(failures, 10)), timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Slot:
    """One morning of one subscriber."""

    local_date: date
    at: datetime


def latest_slot(now: datetime, zone: str, at: time) -> Slot:
    """The newest morning that has begun. A time skipped in spring counts as if clocks had not moved yet;
    one that comes twice in autumn counts the first time."""
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).date()
    for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
        begins = datetime.combine(day, at, tz).astimezone(UTC)
        if begins <= now:
            return Slot(day, begins)
    raise AssertionError("of three days running one has begun two days ago")


def next_slot(now: datetime, zone: str, at: time) -> Slot:
    tz = ZoneInfo(zone)
    slot = latest_slot(now, zone, at)
    day = slot.local_date + timedelta(days=1)
    return Slot(day, datetime.combine(day, at, tz).astimezone(UTC))


def age(now: datetime, then: datetime) -> str:
    """ "40 s", "12 min", "3 h", "2 d": how long ago, in the largest unit that says enough."""
    seconds = max(0, round((now - then).total_seconds()))
    for limit, size, unit in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400} d"
