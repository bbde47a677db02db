"""What becomes of one match, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.values import RuleMatch
from monitor.words import Disposition, Severity

# What an entry of a feed's first poll may be old and still be news.
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an entry reached us, by the clocks that matter.

    `previous_poll_at` is the last good poll of its feed before it came: None for a feed's first poll.
    `revised_at`: an edit, then, gave it the words in question.
    """

    arrived_at: datetime
    published_at: datetime | None
    previous_poll_at: datetime | None
    revised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """What is below `least` is left to the briefing. What need not be told at once is gathered for `group_wait`. Within
    `burst_span` one listener is told `burst_in_all` alerts one by one, and `burst` of one rule or from one feed; more
    are gathered."""

    least: Severity = Severity.MEDIUM
    max_age: timedelta = timedelta(hours=24)
    group_wait: timedelta = timedelta(minutes=5)
    burst: int = 2
    burst_in_all: int = 6
    burst_span: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Past:
    """What went before a match of a rule.

    `told` is the severity at which its story was told under the rule; `reached`: so many matched as the rule counts;
    `told_in_span`: that was told already; `silenced`: a silence is in force. `inhibited`: everybody who would hear
    knows the story as critical, under another rule.
    """

    told: Severity | None = None
    reached: bool = True
    told_in_span: bool = False
    silenced: bool = False
    inhibited: bool = False


def decide(match: RuleMatch, arrival: Arrival, past: Past, wanted: bool, policy: AlertPolicy) -> Disposition:
    """What becomes of one match. `wanted`: some confirmed subscriber wants this alert."""
    for disposition, applies in (
        (Disposition.DROPPED, match.dropped),
        (Disposition.HELD, match.held),
        (Disposition.SILENCED, past.silenced),
        (Disposition.LEFT, match.severity.rank < policy.least.rank),
        (Disposition.BASELINE, _is_back_catalogue(arrival)),
        (Disposition.OLD, was_old(arrival, policy.max_age)),
        (Disposition.LATE, _was_revised_late(arrival, policy.max_age)),
        (Disposition.FEW, not past.reached),
        (Disposition.AGAIN, past.told_in_span),
        (Disposition.TOLD, past.told is not None and past.told.rank >= match.severity.rank),
        (Disposition.NOBODY, not wanted),
        (Disposition.INHIBITED, past.inhibited),
        (Disposition.GATHERED, match.severity.rank < Severity.HIGH.rank),
    ):
        if applies:
            return disposition
    return Disposition.ALERTED


def hears(alert_from: Severity | None, told: Iterable[Severity]) -> bool:
    """Whether someone who asked for alerts from a severity on is told of these."""
    return alert_from is not None and any(severity.rank >= alert_from.rank for severity in told)


def is_news(arrival: Arrival, policy: AlertPolicy) -> bool:
    """Whether an entry tells of something that is happening: no back catalogue, nothing that slid in late, no old
    entry that was edited."""
    old = was_old(arrival, policy.max_age) or _was_revised_late(arrival, policy.max_age)
    return not old and not _is_back_catalogue(arrival)


def _is_back_catalogue(arrival: Arrival) -> bool:
    return arrival.previous_poll_at is None and arrival.revised_at is None and not _is_fresh(arrival)


def _is_fresh(arrival: Arrival) -> bool:
    return arrival.published_at is not None and abs(arrival.arrived_at - arrival.published_at) <= FRESH


def was_old(arrival: Arrival, max_age: timedelta) -> bool:
    """Published long before the last time we looked: an old item slid in. After an outage nothing is old, and neither
    is what has no date that can be used, or one in the future."""
    if arrival.published_at is None or arrival.previous_poll_at is None:
        return False
    return arrival.published_at < arrival.previous_poll_at - max_age


def _was_revised_late(arrival: Arrival, max_age: timedelta) -> bool:
    """Edited long after it came, or, of a feed's back catalogue, long after it was published. One that the edit dated
    anew is as young as it says."""
    if arrival.revised_at is None:
        return False
    began, published = arrival.arrived_at, arrival.published_at
    if published is not None and (published > began or arrival.previous_poll_at is None):
        began = min(published, arrival.revised_at)
    return arrival.revised_at - began > max_age
