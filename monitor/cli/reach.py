"""How far an alert came, in the same words wherever an operator asks: whom it reached, and whether somebody answers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from monitor.cli.channels import in_short
from monitor.cli.frame import counted
from monitor.cli.health import iso
from monitor.cli.hearing import clock
from monitor.core.rules import RuleSet
from monitor.models import Alert, Escalation
from monitor.store import reach as store
from monitor.store.ledger import Told, WayOut
from monitor.store.reach import Reach
from monitor.words import Cause, Wait

_FRESH, _OPEN_FOR = timedelta(hours=24), timedelta(days=7)
# A flood that reached nobody has one cause; the first of it are enough to find that.
_FEW = 5


def unreached(reach: Reach) -> str:
    """Why nobody has it yet, "" where somebody has."""
    if reach.told:
        return ""
    if reach.lost and not reach.waits:
        return f"told to nobody: {counted(reach.lost, 'message')} refused for good"
    parts = []
    for quiet in (True, False):
        due = [due_at for wait, due_at in reach.waits if (wait is Wait.QUIET) is quiet]
        if due:
            ends = f"{min(due):%d %b %H:%M} UTC"
            parts.append(f"held for {len(due)} until {ends}" if quiet else f"gathered for {len(due)}, leaves {ends}")
    return "; ".join(parts) or "told to nobody"


def state(alert: Alert, reach: Reach, escalates_at: datetime | None, *, exhausted: bool) -> str:
    if alert.acknowledged_at is not None:
        return f"acknowledged by {alert.acknowledged_by} at {clock(alert.acknowledged_at)}"
    if escalates_at:
        return f"open, escalates at {clock(escalates_at)}"
    if not exhausted:
        return "open"
    return "open, all of its next have been asked" if reach.asked else "open, none of its next could be asked"


def steps_told(told: Sequence[Told], escalation: Escalation) -> list[Told]:
    """The tellings by which the steps of its `then` were asked so far, in order."""
    of_rule = [
        each for each in told if Cause.ESCALATED in each.telling.causes and escalation.rule in each.telling.rules
    ]
    return of_rule[-escalation.step :] if escalation.step else []


def strangers(
    told: Sequence[Told], escalations: Iterable[Escalation], rules: RuleSet, people: Collection[str]
) -> dict[int, list[str]]:
    """By a telling: the addresses that a route names for it and that are no confirmed subscribers."""
    named: dict[int, list[str]] = {}
    for each in told:
        if not {Cause.ESCALATED, Cause.TAKEN} & set(each.telling.causes):
            routes = (rules.by_name[rule].alert_to or () for rule in each.telling.rules if rule in rules.by_name)
            named[each.telling.id] = [name for route in routes for name in route]
    for escalation in escalations:
        steps = rules.by_name[escalation.rule].then if escalation.rule in rules.by_name else ()
        for each, step in zip(steps_told(told, escalation), steps, strict=False):
            named[each.telling.id] = list(step)
    heard = {each.telling.id: {heard.name for heard in each.heard} for each in told}
    return {
        telling: [name for name in dict.fromkeys(names) if "@" in name and name not in {*people, *heard[telling]}]
        for telling, names in named.items()
    }


def as_json(reach: Reach) -> dict[str, Any]:
    return {
        "told": reach.told,
        "refused": reach.lost,
        "waiting": len(reach.waits),
        "next": iso(min((due_at for _, due_at in reach.waits), default=None)),
    }


@dataclass(frozen=True, slots=True)
class Lost:
    """The alerts that have reached nobody, those of which the next people do not answer, and those without any."""

    unheard: list[Alert]
    unanswered: list[Alert]
    unasked: list[Alert]

    def troubles(self) -> Iterator[str]:
        yield from _named(self.unheard, "has reached nobody; `feed-monitor alerts show {0}` says why")
        yield from _named(self.unanswered, "asked all of its `then`, nobody has acknowledged it")
        yield from _named(self.unasked, "nobody of its `then` could be asked, nobody has acknowledged it")

    def as_json(self) -> dict[str, list[int]]:
        unanswered = sorted(each.id for each in (*self.unanswered, *self.unasked))
        return {"reached_nobody": [each.id for each in self.unheard], "unanswered": unanswered}


def lost(session: Session, now: datetime) -> Lost:
    unheard = store.unheard_since(session, now - _FRESH)
    known = {each.id for each in unheard}
    open_still = store.unanswered_since(session, now - _OPEN_FOR, now)
    return Lost(
        unheard,
        [alert for alert, reach in open_still if reach.asked],
        [alert for alert, reach in open_still if not reach.asked and alert.id not in known],
    )


def on_the_way(
    ways: Mapping[str, WayOut], waits: Mapping[Wait, int], escalating: Sequence[datetime], now: datetime
) -> Iterator[str]:
    """Channels in trouble, what is gathered or held, and what nobody has acknowledged in time."""
    for name, way in ways.items():
        if name and (way.trouble or way.failed):
            yield f"channel   {name}: {in_short(way, now)}"
    for wait, number in waits.items():
        yield f"later     {counted(number, 'message')} {wait.value}"
    if escalating:
        are = "is" if len(escalating) == 1 else "are"
        unless = f"{counted(len(escalating), 'alert')} {are} escalated unless acknowledged"
        yield f"escalate  {unless}, next {clock(escalating[0])}"


def _named(alerts: list[Alert], what: str) -> Iterator[str]:
    for alert in alerts[:_FEW]:
        yield f"alert {alert.id} ({alert.severity}): {what.format(alert.id)}"
    if more := alerts[_FEW:]:
        yield f"{counted(len(more), 'more alert')} like alert {alerts[0].id}: {_numbers(more)}"


def _numbers(alerts: Iterable[Alert]) -> str:
    """Runs of neighbours as `ack` takes them: 7-9 12."""
    runs: list[list[int]] = []
    for each in alerts:
        if runs and runs[-1][-1] == each.id - 1:
            runs[-1].append(each.id)
        else:
            runs.append([each.id])
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
