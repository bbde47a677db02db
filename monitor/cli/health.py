"""How a feed is, said by all commands in one way."""

from collections.abc import Iterable
from datetime import datetime
from textwrap import wrap
from typing import Any

import click
from rich.cells import cell_len, set_cell_size

from monitor.cli.frame import counted
from monitor.core.health import Health, verdict
from monitor.core.links import without_credentials
from monitor.core.timing import age
from monitor.models import Feed, Push, PushState
from monitor.store.notices import facts_of
from monitor.words import Condition

WELL = (Condition.GOOD, Condition.UNASKED)
UNREAD = (Condition.FAILING, Condition.QUARANTINED, Condition.GONE)
# What to do about it, where that is not plain from what is wrong.
CURES = {
    Condition.MOVED: "write the new address in feeds.toml",
    Condition.GONE: "look for its new address with `feed-monitor feeds discover`, or remove it from feeds.toml",
    Condition.QUARANTINED: "nothing is to be done here; `feed-monitor poll NAME` asks it at once",
    Condition.SILENT: "see whether its site has news that the feed has not; it may have a new feed",
    Condition.DAMAGED: "what can be read of it is read; its publisher can mend it",
}

_COLOURS = {
    Condition.FAILING: "red",
    Condition.QUARANTINED: "red",
    Condition.GONE: "red",
    Condition.SILENT: "yellow",
    Condition.DAMAGED: "yellow",
    Condition.MOVED: "yellow",
}
_LONGEST_NAME = 40

_STATES = {
    PushState.ASKED: "its hub was asked to tell us",
    PushState.KEPT: "its hub tells us",
    PushState.REFUSED: "its hub refuses to tell us",
    PushState.LEAVING: "its hub is told to forget us",
}
_KEPT_SILENTLY = "its hub has promised to tell us"


def health_of(feed: Feed, now: datetime) -> Health:
    return verdict(facts_of(feed), now)


def in_words(health: Health, feed: Feed, now: datetime) -> str:
    """What is wrong and for how long, "" for a feed that is well."""
    if not health.wrong:
        return ""
    span = f"for {age(now, health.since)}" if health.since and health.condition != Condition.SILENT else ""
    times = f"{counted(feed.failures, 'failure')} running" if feed.failures > 1 else ""
    lasting = ", ".join(part for part in (span, times) if part)
    return f"{lasting}: {health.said}" if lasting else health.said


def in_one(health: Health, feed: Feed, now: datetime) -> str:
    """The condition with what is wrong: "failing for 30 h, 12 failures running: ..."."""
    words = in_words(health, feed, now)
    if not words:
        return str(health.condition)
    return f"{health.condition} {words}" if words.startswith("for ") else f"{health.condition}: {words}"


def turn(feed: Feed, now: datetime) -> str:
    """When it is asked again."""
    if feed.gone_at:
        return "never"
    return "now" if feed.next_poll_at <= now else f"in {age(feed.next_poll_at, now)}"


def hub_in_words(promise: Push | None) -> str:
    """Whether a hub tells of its news, "" for a feed without one."""
    if promise is None:
        return ""
    if promise.trouble:
        return f"its hub {without_credentials(promise.hub)} does not tell us: {promise.trouble}"
    if (
        promise.state == PushState.KEPT
        and promise.missed_at
        and promise.missed_at >= (promise.heard_at or promise.missed_at)
    ):
        return "its hub has missed news, and is not relied upon"
    return _KEPT_SILENTLY if promise.state == PushState.KEPT and not promise.heard_at else _STATES[promise.state]


def hub_as_json(promise: Push | None) -> dict[str, Any] | None:
    if promise is None:
        return None
    return {
        "url": without_credentials(promise.hub),
        "state": promise.state.value,
        "trouble": promise.trouble or None,
        "until": iso(promise.kept_until),
        "last_told": iso(promise.heard_at),
        "last_missed": iso(promise.missed_at),
        "forged": promise.forged,
    }


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def width_of_names(names: Iterable[str], width: int | None) -> int:
    """Cells for the column of names; `width` is the terminal's, None in a pipe."""
    return max(min(max(map(cell_len, names)), _LONGEST_NAME, (width or 200) // 3), len("feed"))


def width_of_conditions(healths: Iterable[Health]) -> int:
    """With the gap to the next column."""
    return max(len("health"), *(len(health.condition) for health in healths)) + 2


def clipped(name: str, width: int, *, whole: bool) -> str:
    """Filled up to the width, or cut to it unless it shall stay `whole`."""
    if cell_len(name) <= width:
        return set_cell_size(name, width)
    return name if whole else f"{set_cell_size(name, width - 1)}…"


def coloured(condition: Condition, width: int) -> str:
    text = f"{condition:<{width}}"
    return click.style(text, fg=_COLOURS[condition]) if condition in _COLOURS else text


def bold(text: str) -> str:
    return click.style(text, bold=True)


def below(text: str, width: int) -> list[str]:
    """Lines that stand under a feed's own."""
    return wrap(text, width - 1, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
