"""When a feed's turn comes again: its rhythm, its own wishes, and what its server said."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.rhythm import Pace, Rhythm, next_poll_at
from monitor.core.values import DIGEST_BYTES, Wishes

_NO_WISHES = Wishes()

# A permanent redirect is believed when it has held for so long.
BELIEVED_AFTER = timedelta(days=7)
# After this many failures at an address that a redirect led to, the configured one is asked again.
DOUBTED_AFTER = 3
# The pause after a document that killed its reader: the first, the second, and every one more.
_QUARANTINE = (timedelta(minutes=30), timedelta(hours=1), timedelta(days=1), timedelta(days=7))
# So often a document is asked for whether it has changed or not: some servers say 304 for ever.
_WHOLE_EVERY = 200


@dataclass(frozen=True, slots=True)
class Habits:
    """What decides how often a healthy feed is asked.

    `own` is the pause that the operator chose for it, None: the rhythm decides; `fresh_for` the server's word how
    long its answer will not change; `pushed`: a hub tells us of its news.
    """

    own: timedelta | None
    rhythm: Rhythm
    weight: float
    wishes: Wishes = _NO_WISHES
    fresh_for: timedelta = timedelta()
    pushed: bool = False


def after_good(now: datetime, habits: Habits, pace: Pace, price: float | None, luck: float) -> datetime:
    """The next turn of a feed that was read; without a price of requests every feed is asked at the mean pace.

    Hints within the document (`<ttl>`, `sy:`) are heeded up to the operator's mean pause, hours without news and the
    server's caching up to the slowest one; a pause that the operator chose for this feed is kept whatever they say.
    `luck` in [0, 1) spreads feeds by a tenth of the pause, so that they do not march in step.
    """
    if habits.own is not None:
        pause = habits.own
    else:
        turn = now + pace.every if price is None else next_poll_at(habits.rhythm, habits.weight, now, pace, price)
        pause = max(turn - now, min(habits.wishes.every, pace.every), min(habits.fresh_for, pace.slowest))
        if habits.pushed or _is_skipped(habits.wishes, now + pause):
            pause = max(pause, pace.slowest)
    return now + pause * (0.95 + luck / 10)


def after_death(now: datetime, deaths: int, luck: float) -> datetime:
    """The next turn of a feed whose document has killed its reader, for the `deaths`-th time running."""
    return now + _QUARANTINE[min(deaths, len(_QUARANTINE)) - 1] * (0.95 + luck / 10)


def is_quarantined(deaths: int) -> bool:
    return deaths >= 2


def wants_all(polls: int) -> bool:
    """Whether this time a document is asked for even if its server would call it unchanged."""
    return polls % _WHOLE_EVERY == _WHOLE_EVERY - 1


def _is_skipped(wishes: Wishes, at: datetime) -> bool:
    return at.hour in wishes.skip_hours or at.weekday() in wishes.skip_days


def remembered(shown: str, known: bytes) -> bytes:
    """The digests to know at the next turn: those shown now, then what was known before, four documents' worth.

    Some servers take turns with two versions of a feed, and items fall out of it and come back.
    """
    now = bytes.fromhex(shown)
    seen = {now[at : at + DIGEST_BYTES] for at in range(0, len(now), DIGEST_BYTES)}
    digests = (known[at : at + DIGEST_BYTES] for at in range(0, len(known), DIGEST_BYTES))
    return (now + b"".join(digest for digest in digests if digest not in seen))[: 4 * len(now)]
