"""What a feed gains by breaking stories first."""

from datetime import datetime, timedelta

_HALF_LIFE = timedelta(days=14)
_MOST = 3.0
_HALF_WAY = 4.0


def led(lead: float, led_at: datetime | None, now: datetime) -> float:
    """The stories a feed was first to tell, counted `led_at`, as they count now: half as much every two weeks."""
    return lead if led_at is None else lead * 0.5 ** (max(now - led_at, timedelta()) / _HALF_LIFE)


def weight(lead: float, led_at: datetime | None, now: datetime) -> float:
    """How much a minute's delay of this feed's news counts: from 1 up to 3, and 2 with four stories led lately."""
    counted = led(lead, led_at, now)
    return 1 + (_MOST - 1) * counted / (counted + _HALF_WAY)
