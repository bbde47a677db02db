"""How a feed is, in one word and one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.timing import age
from monitor.core.turns import is_quarantined
from monitor.words import Condition

SPARK_DAYS = 14
_LEVELS = "▁▂▃▄▅▆▇█"
_GAP = " "
# Kinds of trouble that a broken line of our own brings to every feed at once.
OUT_OF_REACH = frozenset({"dns", "connect", "timeout"})
_WRONG = {
    "dns": "its server's name is unknown",
    "connect": "its server cannot be reached",
    "tls": "its connection cannot be trusted",
    "timeout": "its server does not answer in time",
    "http": "its server answers with an error",
    "redirect": "its redirects lead nowhere",
    "size": "its document is too large",
    "protocol": "its server breaks off or garbles its answer",
    "address": "it leads to an address that is not public",
    "not a feed": "what its server sends is no feed",
    "damaged": "its document is damaged beyond reading",
    "internal": "this program made a mistake over it",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the health of a feed is read from.

    `address` is where it is asked now, `kind` and `trouble` what went wrong last. `silent`: when it was last read,
    nothing new had come for far longer than its rhythm has it.
    """

    id: int
    name: str
    url: str
    host: str = ""
    address: str = ""
    retired_at: datetime | None = None
    gone_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_good_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    kind: str = ""
    trouble: str = ""
    deaths: int = 0
    silent: bool = False

    @property
    def out_of_reach(self) -> bool:
        return self.failures > 0 and self.kind in OUT_OF_REACH

    @property
    def moved_to(self) -> str:
        """Where it is asked instead of its configured URL."""
        return self.address if self.address != self.url else ""


@dataclass(frozen=True, slots=True)
class Health:
    """`wrong` says what is amiss as the rest of a sentence, `detail` what was seen; `since` None: nobody knows."""

    condition: Condition
    wrong: str = ""
    detail: str = ""
    since: datetime | None = None

    @property
    def said(self) -> str:
        return ": ".join(part for part in (self.wrong, self.detail) if part) or self.condition


def verdict(facts: Facts, now: datetime) -> Health:
    """The gravest of what is true of the feed."""
    match facts:
        case Facts(retired_at=datetime() as since):
            found = Health(Condition.RETIRED, "it is no longer in the config", "", since)
        case Facts(gone_at=datetime() as since):
            found = Health(Condition.GONE, "its server says that it is gone for good", facts.trouble, since)
        case Facts(deaths=deaths) if is_quarantined(deaths):
            wrong = "reading its document killed the reader, and it is left alone until it changes"
            found = Health(Condition.QUARANTINED, wrong, "", facts.failing_since)
        case Facts(failures=failures, kind=kind) if failures:
            wrong = _WRONG.get(kind, kind or "it cannot be read")
            found = Health(Condition.FAILING, wrong, facts.trouble, facts.failing_since)
        case Facts(silent=True, last_new_at=datetime() as since):
            wrong = f"it answers, but has brought nothing new for {age(now, since)}, which is unlike it"
            found = Health(Condition.SILENT, wrong, "", since)
        case Facts(trouble=trouble) if trouble:
            found = Health(Condition.DAMAGED, "it is read, but its document is damaged", trouble)
        case Facts() if facts.moved_to:
            found = moved_for_good(facts)
        case _:
            found = Health(Condition.GOOD if facts.last_good_at else Condition.UNASKED)
    return found


def moved_for_good(facts: Facts) -> Health:
    return Health(Condition.MOVED, "it has moved for good and is asked at its new address", facts.moved_to)


def sparkline(days: Sequence[int | None]) -> str:
    """New entries day by day, the oldest first; a gap for a day (None) on which the feed was not read once."""
    most = max((new for new in days if new), default=1)
    top = len(_LEVELS) - 1
    return "".join(_GAP if new is None else _LEVELS[max(new > 0, new * top // most)] for new in days)
