"""Who hears of what, when, and why (or why not)."""

from monitor.core.alerts.decide import FRESH, AlertPolicy, Arrival, Past, decide, hears, is_news, was_old
from monitor.core.alerts.growth import OPENING, Known, News, causes_of
from monitor.core.alerts.listening import (
    CRITICAL_WAIT,
    Heard,
    Listener,
    Quiet,
    Turn,
    held_until,
    is_away,
    quiet_until,
    turn_of,
)
from monitor.core.alerts.muting import Mute, muting

__all__ = [
    "CRITICAL_WAIT",
    "FRESH",
    "OPENING",
    "AlertPolicy",
    "Arrival",
    "Heard",
    "Known",
    "Listener",
    "Mute",
    "News",
    "Past",
    "Quiet",
    "Turn",
    "causes_of",
    "decide",
    "held_until",
    "hears",
    "is_away",
    "is_news",
    "muting",
    "quiet_until",
    "turn_of",
    "was_old",
]
