"""`feeds`: list them with their health; `test` and `discover` stand in files of their own."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import click
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from monitor.app import open_database, utc_now
from monitor.cli.discover import discover
from monitor.cli.explain import test
from monitor.cli.frame import command, counted, fail, read_config
from monitor.cli.health import (
    WELL,
    below,
    bold,
    clipped,
    coloured,
    health_of,
    hub_as_json,
    hub_in_words,
    in_words,
    iso,
    turn,
    width_of_conditions,
    width_of_names,
)
from monitor.core.health import SPARK_DAYS, Health, sparkline
from monitor.core.links import without_credentials
from monitor.core.rhythm import described, rhythm_from
from monitor.models import Feed, FeedDay, Push
from monitor.settings.shapes import FeedSettings
from monitor.store import feed_days, pushes
from monitor.words import Condition

# From this width on there is room for the rhythm, too.
_WIDE = 110


@dataclass(frozen=True, slots=True)
class _Row:
    """`feed` None: the service has not seen it in the config yet."""

    name: str
    url: str
    health: Health
    feed: Feed | None = None
    days: tuple[FeedDay, ...] = ()
    promise: Push | None = None

    @property
    def well(self) -> bool:
        return self.health.condition in WELL


@click.group()
def feeds() -> None:
    """The feeds: how they are, what one of them says, and where a site has its own."""


feeds.add_command(test)
feeds.add_command(discover)


@feeds.command("list")
@click.argument("words", nargs=-1)
@click.option("--troubled", is_flag=True, help="Only feeds with which something is wrong.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@command
async def list_(words: tuple[str, ...], troubled: bool, as_json: bool) -> None:
    """Every feed with its health, its new entries of the last two weeks (a column a day) and its rhythm.

    WORDS: only feeds with one of them in their name, address, publisher or tags.
    """
    config = read_config()
    now = utc_now()
    db = open_database(config.database)
    try:
        everything = await db.read(_everything, config.feeds, now)
    finally:
        db.close()
    rows = [row for row in everything if not (troubled and row.well) and _speaks_of(row, words)]
    if as_json:
        click.echo(json.dumps([_as_json(row, now) for row in rows], indent=2, ensure_ascii=False))
        return
    if not everything:
        fail(
            "no feed is configured; `feed-monitor feeds discover SITE` finds some, `import opml FILE` takes over a list"
        )
    if rows:
        # A pipe has no width: what is searched for must stand in one line.
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo("\n".join(_table(rows, width, now)) + "\n")
    click.echo(_summary(rows, everything))


def _everything(session: Session, wanted: Iterable[FeedSettings], now: datetime) -> list[_Row]:
    days = feed_days.since(session, now.date() - timedelta(days=SPARK_DAYS - 1))
    promises = pushes.by_feed(session)
    # Digests of items are most of a row, and nobody reads them here.
    asked = select(Feed).where(col(Feed.retired_at).is_(None)).options(defer(Feed.known_items))  # type: ignore[arg-type]
    rows = [
        _Row(
            feed.name,
            without_credentials(feed.url),
            health_of(feed, now),
            feed,
            tuple(days.get(feed.id, ())),
            promises.get(feed.id),
        )
        for feed in session.exec(asked.order_by(col(Feed.id)))
    ]
    known = {row.feed.url for row in rows if row.feed}
    unasked = Health(Condition.UNASKED)
    return rows + [_Row(feed.name, without_credentials(feed.url), unasked) for feed in wanted if feed.url not in known]


def _speaks_of(row: _Row, words: tuple[str, ...]) -> bool:
    about = [row.name, row.url, *([row.feed.publisher, *row.feed.tags] if row.feed else [])]
    return not words or any(word.casefold() in each.casefold() for word in words for each in about)


def _table(rows: list[_Row], width: int | None, now: datetime) -> Iterator[str]:
    """A line a feed; where something is wrong it stands below, indented, or in a pipe at the end."""
    names = width_of_names((row.name for row in rows), width)
    conditions = width_of_conditions(row.health for row in rows)
    turns = [turn(row.feed, now) if row.feed else "at reload" for row in rows]
    longest_turn = max(*map(len, turns), len("next poll"))
    wide = width is None or width >= _WIDE
    heading = f"{'feed':<{names}}  {'health':<{conditions}}{f'new, {SPARK_DAYS} days':<{SPARK_DAYS}}  "
    yield bold(f"{heading}{'next poll':<{longest_turn}}{'  rhythm' if wide else ''}".rstrip())
    today = now.date()
    for row, next_turn in zip(rows, turns, strict=True):
        name = clipped(row.name, names, whole=width is None)
        condition = coloured(row.health.condition, conditions)
        series = sparkline(_series(row.days, today)).ljust(SPARK_DAYS)
        line = f"{name}  {condition}{series}  {next_turn:<{longest_turn}}"
        wrong = [in_words(row.health, row.feed, now)] if row.feed else []
        hub = hub_in_words(row.promise)
        told = [described(rhythm_from(row.feed.rhythm), now)] if row.feed and wide else []
        (wrong if row.promise and row.promise.trouble else told).append(hub)
        said = "; ".join(filter(None, told if width is not None else wrong + told))
        yield f"{line}  {said}".rstrip() if wide else line.rstrip()
        if width is not None:
            for text in filter(None, wrong):
                yield from below(text, width)


def _series(days: Iterable[FeedDay], today: date) -> list[int | None]:
    """New entries of each of the last days; None for a day without a good poll."""
    read = {each.day: each.new for each in days if each.polls > each.failures or each.new}
    return [read.get(today - timedelta(days=ago)) for ago in reversed(range(SPARK_DAYS))]


def _summary(rows: list[_Row], everything: list[_Row]) -> str:
    shown = f"{len(rows)} of {counted(len(everything), 'feed')}" if len(rows) < len(everything) else ""
    count = Counter(row.health.condition for row in rows)
    kinds = ", ".join(f"{count[condition]} {condition}" for condition in Condition if count[condition])
    said = f"{shown or counted(len(everything), 'feed')}: {kinds or 'none'}"
    troubled = any(not row.well for row in rows)
    return f"{said}\n`feed-monitor feeds test NAME` explains a feed and names the cure" if troubled else said


def _as_json(row: _Row, now: datetime) -> dict[str, Any]:
    """The same keys for every feed; null for what nobody knows yet."""
    feed, health = row.feed or Feed(every_seconds=0), row.health
    rhythm = rhythm_from(feed.rhythm)
    return {
        "name": row.name,
        "url": row.url,
        "address": without_credentials(feed.address) if feed.address not in ("", feed.url) else None,
        "publisher": feed.publisher or None,
        "tags": feed.tags,
        "health": health.condition,
        "why": health.said if health.wrong else None,
        "since": iso(health.since),
        "failures": feed.failures,
        "last_polled": iso(feed.last_polled_at),
        "last_good": iso(feed.last_good_at),
        "last_new": iso(feed.last_new_at),
        "next_poll": None if row.feed is None or feed.gone_at else iso(feed.next_poll_at),
        "rhythm": described(rhythm, now) or None,
        "days": [
            {"day": each.day.isoformat(), "polls": each.polls, "failures": each.failures, "new": each.new}
            for each in row.days
        ],
        "hub": hub_as_json(row.promise),
    }
