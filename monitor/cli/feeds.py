"""`feeds`: list them with their health; `test` and `discover` stand in files of their own."""

import json
import sys
from datetime import date, datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.cli.discover import discover
from monitor.cli.explain import test
from monitor.cli.frame import command, counted, read_config
from monitor.core.health import SPARK_DAYS, Health, sparkline, verdict
from monitor.core.links import without_credentials
from monitor.core.rhythm import described, rhythm_from
from monitor.core.timing import age
from monitor.models import Feed, FeedDay, Push, PushState
from monitor.store import feed_days, pushes
from monitor.store import feeds as rows
from monitor.store.notices import facts_of
from monitor.words import Condition


@click.group()
def feeds() -> None:
    """The feeds: how they are, what one of them says, and where a site has its own."""


feeds.add_command(test)
feeds.add_command(discover)


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@command
async def list_(as_json: bool) -> None:
    """Every feed with its health, its new entries of the last two weeks (a column a day) and its rhythm."""
    config = read_config()
    now = utc_now()
    db = open_database(config.database)
    try:
        watched, days, promises = await db.read(_everything, now.date())
    finally:
        db.close()
    known = {feed.url for feed in watched}
    unasked = [feed for feed in config.feeds if feed.url not in known]
    if as_json:
        told = [_as_json(feed, days.get(feed.id, []), promises.get(feed.id), now) for feed in watched]
        told += [
            {"name": feed.name, "url": without_credentials(feed.url), "health": Condition.UNASKED} for feed in unasked
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("feed", "health", f"new, {SPARK_DAYS} days", "rhythm", "next poll"):
        table.add_column(heading, overflow="fold", no_wrap=heading.startswith("new"))
    for feed in watched:
        health = verdict(facts_of(feed), now)
        table.add_row(
            Text(feed.name),
            Text(_word(health, feed, now)),
            sparkline(_series(days.get(feed.id, []), now.date())),
            _rhythm(feed, promises.get(feed.id), now),
            _turn(feed, now),
        )
    for wanted in unasked:
        table.add_row(Text(wanted.name), Condition.UNASKED, "", "", "when the service runs")
    # A pipe has no width: what is searched for must stand in one line.
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 240)
    console.print(table)
    good = sum(1 for feed in watched if verdict(facts_of(feed), now).condition in (Condition.GOOD, Condition.MOVED))
    console.print(f"\n{counted(len(watched) + len(unasked), 'feed')}, {good} good")


def _everything(session: Session, today: date) -> tuple[list[Feed], dict[int, list[FeedDay]], dict[int, Push]]:
    since = today - timedelta(days=SPARK_DAYS - 1)
    return rows.watched(session), feed_days.since(session, since), pushes.by_feed(session)


def _series(days: list[FeedDay], today: date) -> list[int | None]:
    """New entries of each of the last days; None for a day without a good poll."""
    read = {each.day: each.new for each in days if each.polls > each.failures or each.new}
    return [read.get(today - timedelta(days=ago)) for ago in reversed(range(SPARK_DAYS))]


def _word(health: Health, feed: Feed, now: datetime) -> str:
    since = f" for {age(now, health.since)}" if health.since and health.condition != Condition.SILENT else ""
    if health.condition in (Condition.GOOD, Condition.UNASKED):
        return health.condition
    times = f" ({counted(feed.failures, 'failure')} running)" if feed.failures > 1 else ""
    return f"{health.condition}{since}{times}: {health.detail or health.wrong}"


def _rhythm(feed: Feed, promise: Push | None, now: datetime) -> str:
    told = promise is not None and promise.state == PushState.KEPT
    words = described(rhythm_from(feed.rhythm), now) or "not known yet"
    return f"{words}; its hub tells us" if told else words


def _turn(feed: Feed, now: datetime) -> str:
    if feed.gone_at:
        return "never, unless you say `poll`"
    return "now" if feed.next_poll_at <= now else f"in {age(feed.next_poll_at, now)}"


def _as_json(feed: Feed, days: list[FeedDay], promise: Push | None, now: datetime) -> dict[str, Any]:
    health = verdict(facts_of(feed), now)
    return {
        "name": feed.name,
        "url": without_credentials(feed.url),
        "address": without_credentials(feed.address) if feed.address != feed.url else None,
        "publisher": feed.publisher,
        "tags": feed.tags,
        "health": health.condition,
        "why": health.said if health.wrong else None,
        "since": _iso(health.since),
        "failures": feed.failures,
        "last_polled": _iso(feed.last_polled_at),
        "last_good": _iso(feed.last_good_at),
        "last_new": _iso(feed.last_new_at),
        "next_poll": None if feed.gone_at else _iso(feed.next_poll_at),
        "rhythm": described(rhythm_from(feed.rhythm), now) or None,
        "days": [
            {"day": each.day.isoformat(), "polls": each.polls, "failures": each.failures, "new": each.new}
            for each in days
        ],
        "hub": promise and {"url": promise.hub, "state": promise.state.value, "trouble": promise.trouble or None},
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
