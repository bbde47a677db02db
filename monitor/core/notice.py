"""What stands in a notice to the operator, and above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from urllib.parse import urlsplit

from monitor.core.health import Facts, Health
from monitor.core.text import shortened
from monitor.words import Condition

_NAME_IN_SUBJECT = 40
_WRONG_IN_SUBJECT = 90


@dataclass(frozen=True, slots=True)
class Line:
    """A feed in trouble. `wrong` is the rest of a sentence about it, `detail` what was seen; `advice` says what the
    operator can do, `command` is to be typed as it stands; `next_poll_at` None: it is not asked any more."""

    id: int
    name: str
    url: str
    condition: Condition
    wrong: str
    detail: str
    advice: str
    command: str
    since: datetime
    last_good_at: datetime | None
    failures: int
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class WellAgain:
    """A feed that was in trouble from `since` to `until`, and the entries it brought from then on."""

    id: int
    name: str
    url: str
    since: datetime
    until: datetime
    entries: int


@dataclass(frozen=True, slots=True)
class Contents:
    """`fresh` are told for the first time, `still` were told before. `out` are out of reach together, so that our own
    line seems broken, since `outage_since`; `out_before`: that was told before. `watched` counts all feeds."""

    fresh: tuple[Line, ...]
    still: tuple[Line, ...]
    well: tuple[WellAgain, ...]
    moved: tuple[Line, ...]
    watched: int
    at: datetime
    out: tuple[Line, ...] = ()
    out_before: bool = False
    outage_since: datetime | None = None


def line(facts: Facts, health: Health, since: datetime) -> Line:
    advice, command = _cure(facts, health.condition)
    return Line(
        id=facts.id,
        name=facts.name,
        url=facts.url,
        condition=health.condition,
        wrong=health.wrong,
        detail=health.detail,
        advice=advice,
        command=command,
        since=since,
        last_good_at=facts.last_good_at,
        failures=facts.failures,
        next_poll_at=None if health.condition == Condition.GONE else facts.next_poll_at,
    )


def _cure(facts: Facts, condition: Condition) -> tuple[str, str]:
    match condition:
        case Condition.GONE:
            site = "{0.scheme}://{0.netloc}/".format(urlsplit(facts.url))
            return (
                "Take it out of feeds.toml; this looks for its successor:",
                f"feed-monitor feeds discover {quote(site)}",
            )
        case Condition.MOVED:
            return (
                "Nothing is missed. Write the new address into feeds.toml one day; this shows the redirects:",
                f"feed-monitor feeds test {quote(facts.url)}",
            )
        case Condition.SILENT:
            return (
                "Look whether the publisher still fills it; this shows what it brings and what is usual:",
                f"feed-monitor feeds test {quote(facts.url)}",
            )
        case _:
            return "This asks it now and shows every step:", f"feed-monitor feeds test {quote(facts.url)}"


def subject(contents: Contents) -> str:
    """Says it all: how many, which, and what is wrong with a single one."""
    fresh, still, well, moved = contents.fresh, contents.still, contents.well, contents.moved
    parts = []
    if contents.out:
        parts.append(_outage(contents))
    if fresh:
        parts.append(_in_trouble(fresh))
    if well:
        parts.append(f"{_named(well)} {'is' if len(well) == 1 else 'are'} well again")
    if moved:
        parts.append(f"{_named(moved)} {'has' if len(moved) == 1 else 'have'} moved")
    if not parts:
        return f"Still in trouble: {_listed(still)}"
    if still:
        parts.append(f"{len(still)} still in trouble")
    return "; ".join(parts)


def _outage(contents: Contents) -> str:
    number = len(contents.out)
    who = f"All {number} feeds" if number == contents.watched else f"{number} of {contents.watched} feeds"
    return f"{who} {'still ' if contents.out_before else ''}out of reach: probably our own line"


def _in_trouble(fresh: Sequence[Line]) -> str:
    if len(fresh) == 1:
        return shortened(f"{_name(fresh[0])} in trouble: {fresh[0].wrong}", _WRONG_IN_SUBJECT)
    return f"{len(fresh)} feeds in trouble: {_listed(fresh)}"


def _name(feed: Line | WellAgain) -> str:
    return shortened(feed.name, _NAME_IN_SUBJECT)


def _named(feeds: Sequence[Line | WellAgain]) -> str:
    return _listed(feeds) if len(feeds) < 3 else f"{len(feeds)} feeds"


def _listed(feeds: Sequence[Line | WellAgain]) -> str:
    names = [_name(feed) for feed in feeds]
    if len(names) > 2:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return " and ".join(names)
