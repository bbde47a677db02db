"""`alerts latency`: how long news takes to its readers, and which feed is first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, policy_of, utc_now
from monitor.cli.frame import command, fail, read_config
from monitor.cli.verdicts import console, echo_json
from monitor.core.alerts import AlertPolicy, Arrival
from monitor.core.ledger import Lead, Sighting, Spread, lag_of, leads, spread_of
from monitor.settings.fields import span
from monitor.store import latencies
from monitor.store.latencies import Passage

NUMBER = click.IntRange(1, 2**31 - 1)
_LONGEST = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class _Measured:
    """`lags` and `leads` are by feed, `steps` by what they are called."""

    lags: Mapping[str, Spread]
    leads: Mapping[str, Lead]
    steps: Mapping[str, Spread]


def within(since: str) -> timedelta:
    """The span that an option names, or an end with a sentence."""
    try:
        return min(span(since), _LONGEST)
    except (ValueError, OverflowError) as error:
        fail(f"--since: {error}")


@click.command()
@click.option("--since", default="7d", show_default=True, metavar="SPAN", help="How far back, like 12h or 30d.")
@click.option("--json", "to_json", is_flag=True, help="One JSON object a line.")
@command
async def latency(since: str, to_json: bool) -> None:
    """How long news takes: from publication until we see it, feed by feed, and from there to the readers of alerts.

    p50 and p95 are spans that half and 95 of a hundred do not exceed. A feed leads where it was first to show an
    alerted story; "ahead" is how much later, in the median, the second independent publisher came.
    """
    config, span_back = read_config(), within(since)
    db = open_database(config.database)
    try:
        measured = await db.read(_measure, utc_now() - span_back, policy_of(config))
    finally:
        db.close()
    if to_json:
        for line in _lines(measured):
            echo_json(line)
        return
    if not measured.lags and not measured.steps:
        click.echo(f"nothing came within {since} whose time can be measured")
        return
    _print(console(), measured)


def _measure(session: Session, since: datetime, policy: AlertPolicy) -> _Measured:
    spans: dict[str, list[timedelta]] = {}
    for feed, published_at, arrived_at, previous_poll_at in latencies.arrivals_since(session, since):
        lag = lag_of(Arrival(arrived_at, published_at, previous_poll_at), policy)
        if lag is not None:
            spans.setdefault(feed, []).append(lag)
    lags = {feed: spread for feed, found in spans.items() if (spread := spread_of(found))}
    seen = leads(Sighting(*each) for each in latencies.sightings_since(session, since))
    handed: dict[str, list[timedelta]] = {}
    for channel, taken in latencies.handed_over_since(session, since):
        handed.setdefault(channel, []).append(taken)
    steps = _steps(latencies.passages_since(session, since))
    steps |= {f"owed to accepted, {f'by {way}' if way else 'by mail'}": found for way, found in sorted(handed.items())}
    return _Measured(lags, seen, {name: spread for name, found in steps.items() if (spread := spread_of(found))})


def _steps(passages: list[Passage]) -> dict[str, list[timedelta]]:
    """What each step took; what was gathered or held on purpose is told apart from what went at once."""
    decided = {each.telling: each.decided_at - each.seen_at for each in passages}
    owed = [(each, each.owed_at - each.decided_at) for each in passages if each.owed_at]
    return {
        "seen to decided": list(decided.values()),
        "decided to owed, at once": [span for each, span in owed if each.wait is None],
        "decided to owed, gathered or held": [span for each, span in owed if each.wait is not None],
        "seen to accepted, at once": [
            each.accepted_at - each.seen_at for each in passages if each.accepted_at and each.wait is None
        ],
    }


def _feeds(measured: _Measured) -> list[str]:
    """The slowest first."""
    seen = measured.lags
    return sorted({*seen, *measured.leads}, key=lambda feed: (-seen[feed].p95 if feed in seen else timedelta(), feed))


def _lines(measured: _Measured) -> Iterator[dict[str, Any]]:
    for feed in _feeds(measured):
        lag, lead = measured.lags.get(feed), measured.leads.get(feed)
        yield {
            "feed": feed,
            "published_to_seen": _spread_as_json(lag) if lag else None,
            "first_of_stories": lead.stories if lead else 0,
            "alone": lead.alone if lead else 0,
            "ahead_s": lead.ahead.total_seconds() if lead and lead.ahead is not None else None,
        }
    for step, spread in measured.steps.items():
        yield {"step": step, **_spread_as_json(spread)}


def _spread_as_json(spread: Spread) -> dict[str, Any]:
    return {"n": spread.n, "p50_s": spread.p50.total_seconds(), "p95_s": spread.p95.total_seconds()}


def _print(out: Console, measured: _Measured) -> None:
    # Names come last: so no column has to be as wide as the longest of them.
    out.print(Text(f"{'p50':>8}{'p95':>9}{'n':>8}{'first':>7}{'ahead':>9}  published to seen", "bold"))
    for feed in _feeds(measured):
        lead = measured.leads.get(feed)
        first, ahead = (str(lead.stories), _ahead(lead)) if lead else ("", "")
        out.print(Text(f"{_columns(measured.lags.get(feed))}{first:>7}{ahead:>9}  {feed}"))
    if measured.steps:
        out.print()
        out.print(Text(f"{'p50':>8}{'p95':>9}{'n':>8}  alerts", "bold"))
    for step, spread in measured.steps.items():
        out.print(Text(f"{_columns(spread)}  {step}"))


def _columns(spread: Spread | None) -> str:
    return f"{_short(spread.p50):>8}{_short(spread.p95):>9}{spread.n:>8}" if spread else " " * 25


def _ahead(lead: Lead) -> str:
    return _short(lead.ahead) if lead.ahead is not None else "alone"


def _short(span: timedelta) -> str:
    """ "0.4 s", "40 s", "12 min", "3.5 h"."""
    seconds = span.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
