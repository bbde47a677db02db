"""When one listener hears a telling: at once, later, or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.core.alerts.decide import AlertPolicy
from monitor.words import Cause, Severity, Wait

# The longest that a critical alert waits for company.
CRITICAL_WAIT = timedelta(minutes=1)
_OF_GROWTH = {Cause.VOICES, Cause.HEADLINE, Cause.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of every day, from `begins` up to `ends`, over midnight where `ends` is the earlier."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Listener:
    """A person, or a channel. `key` names it for good, "person:7" or "channel:desk"; `name` is what routes call it: an
    address, or the channel's name. `away` are the first and the last day without alerts, in `zone`. `machine`: a
    program, which is told of everything at once. `topics` are those it hears of; None: of every rule."""

    key: str
    name: str
    alert_from: Severity | None
    zone: str = "UTC"
    quiet: Quiet | None = None
    critical_passes: bool = True
    away: tuple[date, date] | None = None
    machine: bool = False
    topics: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listener was told one by one within the policy's span: in all, of the rule, and from the feed; apart from
    these, that others took alerts. `leaves_at` is when the alerts that are being gathered for it leave, if some are."""

    in_all: int = 0
    of_rule: int = 0
    from_feed: int = 0
    taken: int = 0
    leaves_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """`due_at` None: never. `wait` None: at once."""

    due_at: datetime | None
    wait: Wait | None = None


def turn_of(
    listener: Listener,
    severity: Severity,
    causes: Iterable[Cause],
    heard: Heard,
    rule_quiet: Quiet | None,
    now: datetime,
    policy: AlertPolicy,
    *,
    muted: bool = False,
) -> Turn:
    """`muted`: by a silence of the listener's own. `rule_quiet` are the quiet hours of the rule."""
    if is_away(listener, now):
        return Turn(None, Wait.AWAY)
    if muted:
        return Turn(None, Wait.MUTED)
    if listener.machine:
        return Turn(now)
    held = held_until(listener, severity, rule_quiet, now)
    return Turn(held, Wait.QUIET) if held else _gathered(severity, set(causes), heard, now, policy)


def held_until(listener: Listener, severity: Severity, rule_quiet: Quiet | None, now: datetime) -> datetime | None:
    """When the quiet hours end that hold an alert from the listener now, its own and its rule's; None: none do."""
    if listener.machine or (severity is Severity.CRITICAL and listener.critical_passes):
        return None
    quiet = (listener.quiet, rule_quiet)
    return max((end for hours in quiet if hours and (end := quiet_until(now, listener.zone, hours))), default=None)


def _gathered(severity: Severity, causes: set[Cause], heard: Heard, now: datetime, policy: AlertPolicy) -> Turn:
    """Whether it waits for others to travel with, or goes at once."""
    if causes == {Cause.TAKEN}:
        # Someone who clears a long list is no alarm.
        crowded = heard.taken >= policy.burst
        return Turn(now + CRITICAL_WAIT, Wait.FLOOD) if crowded else Turn(now)
    if causes <= _OF_GROWTH:
        return Turn(now + policy.group_wait, Wait.GROWING)
    wait = min(policy.group_wait, CRITICAL_WAIT) if severity is Severity.CRITICAL else policy.group_wait
    leaves = min(now + wait, heard.leaves_at or now + wait)
    if severity.rank < Severity.HIGH.rank and Cause.ESCALATED not in causes:
        return Turn(leaves, Wait.GATHERED)
    begins = not causes.isdisjoint({Cause.FIRST, Cause.BACK, Cause.RULE, Cause.ESCALATED})
    # What other rules and feeds have told does not delay what is critical.
    crowded = heard.in_all >= policy.burst_in_all and severity is not Severity.CRITICAL
    if crowded or (begins and max(heard.of_rule, heard.from_feed) >= policy.burst):
        return Turn(leaves, Wait.FLOOD)
    return Turn(now)


def is_away(listener: Listener, now: datetime) -> bool:
    if listener.away is None:
        return False
    return listener.away[0] <= now.astimezone(ZoneInfo(listener.zone)).date() <= listener.away[1]


def quiet_until(now: datetime, zone: str, quiet: Quiet) -> datetime | None:
    """When the quiet hours that last now end; None: there are none now. A time that spring skips counts as if clocks
    had not moved yet; of one that comes twice in autumn the quiet lasts through both."""
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).date()
    for day in (today - timedelta(days=1), today):
        ends_on = day if quiet.begins < quiet.ends else day + timedelta(days=1)
        begins = datetime.combine(day, quiet.begins, tz).astimezone(UTC)
        end = datetime.combine(ends_on, quiet.ends, tz)
        ends = max(end.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if begins <= now < ends:
            return ends
    return None
