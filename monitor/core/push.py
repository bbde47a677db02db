"""What a hub's word is worth (WebSub): whose delivery it is, how long it binds, when to ask again."""

import hmac
import re
from datetime import datetime, timedelta

_METHODS = ("sha1", "sha256", "sha384", "sha512")
# We renew long before a lease ends, so that a hub may be away for days and nothing lapses.
WISHED_LEASE = timedelta(days=10)
_LONGEST_LEASE = timedelta(days=30)
# Hubs of the days before WebSub do not say; a short lease costs a request a day.
_UNSAID_LEASE = timedelta(days=1)
_SOONEST = timedelta(minutes=1)
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720, 1440))
_LONGEST_REFUSAL = timedelta(days=7)


def is_signed(secret: str, body: bytes, said: str) -> bool:
    """Whether `said` ("sha256=HEX", the header X-Hub-Signature) was made of this body with our secret."""
    method, _, digest = said.strip().partition("=")
    if method.lower() not in _METHODS:
        return False
    ours = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(ours.encode(), digest.lower().encode())


def lease(said: str) -> timedelta:
    """What a hub grants by `hub.lease_seconds`, at most a month."""
    if not re.fullmatch(r"[0-9]{1,12}", said):
        return _UNSAID_LEASE
    return min(timedelta(seconds=int(said)), _LONGEST_LEASE)


def renew_at(now: datetime, lasts: timedelta) -> datetime:
    """After three quarters of the lease, and never twice in a minute."""
    return now + max(lasts * 0.75, _SOONEST)


def ask_again_at(now: datetime, failures: int) -> datetime:
    """When to repeat a wish that has had no effect `failures` times running, this time included."""
    return now + _PAUSES[min(failures, len(_PAUSES)) - 1]


def after_refusal(now: datetime, failures: int) -> datetime:
    """When to ask a hub again that has said no."""
    return now + min(timedelta(days=1) * max(failures, 1), _LONGEST_REFUSAL)
