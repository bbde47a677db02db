"""When a feed has news: learned from its own past, told in words, and turned into the moment to ask it again."""

from monitor.core.rhythm.asking import Pace, next_poll_at, price
from monitor.core.rhythm.leading import led, weight
from monitor.core.rhythm.learning import Rhythm, learned, rhythm_from
from monitor.core.rhythm.telling import described, quiet_too_long

__all__ = [
    "Pace",
    "Rhythm",
    "described",
    "learned",
    "led",
    "next_poll_at",
    "price",
    "quiet_too_long",
    "rhythm_from",
    "weight",
]
