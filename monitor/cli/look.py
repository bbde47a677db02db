"""`status`, `parse` and `why`: looking without touching."""

import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.app.asking import fetcher_of
from monitor.app.rules import rules_of
from monitor.cell import Cell
from monitor.cli import reach
from monitor.cli.channels import in_short, way_as_json
from monitor.cli.frame import command, config_file, counted, fail, read_config, set_up_log
from monitor.cli.health import (
    UNREAD,
    below,
    bold,
    clipped,
    coloured,
    health_of,
    hub_as_json,
    in_words,
    iso,
    turn,
    width_of_conditions,
    width_of_names,
)
from monitor.cli.membership import Membership, membership
from monitor.core.links import without_credentials
from monitor.core.timing import age, next_slot
from monitor.core.values import NotAFeed, ParsedFeed
from monitor.models import Alert, DeliveryStatus, Feed, JobRun, Push, Story, Subscriber
from monitor.net.fetch import FeedRequest, Fetched, Unchanged
from monitor.net.trips import Access
from monitor.net.troubles import FetchFailed, Trouble
from monitor.settings import SettingsError, database_of
from monitor.store import alerts, entries, feeds, job_runs, ledger, outbox, pushes, subscribers, tellings
from monitor.store.ledger import WayOut
from monitor.words import Wait

_ARE = ("is", "are")


@dataclass(frozen=True, slots=True)
class _Standing:
    feeds: list[Feed]
    entries_today: int
    outbox: outbox.Outbox
    people: list[Subscriber]
    alert: tuple[Alert, Story] | None
    runs: list[JobRun]
    promises: dict[int, Push]
    ways: dict[str, WayOut]
    waits: Counter[Wait]
    escalating: list[datetime]
    lost: reach.Lost
    membership: Membership


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@command
async def status(as_json: bool) -> None:
    """Whether the watch is kept: the service, every feed with its next poll, mail owed, the last alert, troubles."""
    refused: list[str] = []
    configured, untold = 0, False
    try:
        config = read_config()
        url, configured, untold = config.database, len(config.feeds), not config.settings.contact
        refused = rules_of(config.book)[1]
    except SettingsError as error:
        # A service goes on with its old config: that it does, and how it fares, is asked just then.
        refused, url = error.problems, database_of(config_file())
    db = open_database(url)
    try:
        running = db.is_running()
        standing = await db.read(_standing, utc_now())
    finally:
        db.close()
    if as_json:
        click.echo(json.dumps(_as_json(standing, running, utc_now()) | {"config_problems": refused}, indent=2))
        return
    for problem in refused:
        click.echo(f"TROUBLE   config, as it stands now: {problem}")
    if untold:
        click.echo("notices   nobody is told of feeds in trouble; set `contact` in monitor.toml")
    _print(standing, running, utc_now())
    if configured and not standing.feeds:
        click.echo(f"{counted(configured, 'feed')} in the config, none asked yet")


def _standing(session: Session, now: datetime) -> _Standing:
    return _Standing(
        feeds=feeds.watched(session),
        entries_today=entries.count_since(session, now - entries.RECENT),
        outbox=outbox.summary(session),
        people=subscribers.confirmed(session),
        alert=alerts.latest(session),
        runs=job_runs.everything(session),
        promises=pushes.by_feed(session),
        ways=ledger.ways_out(session),
        waits=tellings.count_waits(session),
        escalating=ledger.open_escalations(session),
        lost=reach.lost(session, now),
        membership=membership(session, now),
    )


def _as_json(standing: _Standing, running: bool, now: datetime) -> dict[str, Any]:
    alert, mail = standing.alert, standing.ways.get("", WayOut())
    return {
        "running": running,
        "feeds": [
            {
                "name": feed.name,
                "url": without_credentials(feed.url),
                "health": health_of(feed, now).condition,
                "why": _why(feed, now),
                "trouble": feed.trouble_kind or None,
                "reason": feed.trouble or None,
                "failures": feed.failures,
                "failing_since": iso(feed.failing_since),
                "last_good": iso(feed.last_good_at),
                "last_new": iso(feed.last_new_at),
                "next_poll": None if feed.gone_at else iso(feed.next_poll_at),
                "hub": hub_as_json(standing.promises.get(feed.id)),
            }
            for feed in standing.feeds
        ],
        "entries_24h": standing.entries_today,
        "outbox": {status.value: mail.counts.get(status, 0) for status in DeliveryStatus},
        "oldest_owed": iso(mail.oldest_owed_at),
        "last_sent": iso(standing.outbox.last_sent_at),
        "mail_trouble": mail.trouble or None,
        "refused": [{"recipient": recipient, "reply": reply} for recipient, reply in standing.outbox.refused],
        "channels": {name: way_as_json(way) for name, way in standing.ways.items() if name},
        "held": {wait.name.lower(): number for wait, number in standing.waits.items()},
        "escalations": {"open": len(standing.escalating), "next": iso(min(standing.escalating, default=None))},
        **standing.lost.as_json(),
        "subscribers": len(standing.people),
        **standing.membership.as_json(),
        "last_alert": alert
        and {"title": alert[1].title, "severity": alert[0].severity, "at": iso(alert[0].last_told_at)},
        "next_briefing": iso(_next_briefing(standing.people, now)),
        "jobs": {run.job: {"ran": iso(run.ran_at), "trouble": run.trouble or None} for run in standing.runs},
    }


def _print(standing: _Standing, running: bool, now: datetime) -> None:
    # A pipe has no width: what is searched for must stand in one line.
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 240)
    console.print(
        f"service   {'running' if running else 'NOT RUNNING: nothing is watched; start it with `feed-monitor run`'}"
    )
    for run in standing.runs:
        if run.trouble:
            console.print(Text(f"TROUBLE   {run.job}, {age(now, run.ran_at)} ago: {run.trouble}"))
    for trouble in standing.lost.troubles():
        console.print(Text(f"TROUBLE   {trouble}"))
    unread = sum(health_of(feed, now).condition in UNREAD for feed in standing.feeds)
    blind = f", {unread} of them cannot be read" if unread else ""
    console.print(
        f"feeds     {len(standing.feeds)}{blind}; {counted(standing.entries_today, 'new entry', 'new entries')} in 24 h"
    )
    for hub in _hubs(standing.promises.values()):
        console.print(Text(f"hub       {hub}"))
    console.print(Text(f"mail      {in_short(standing.ways.get('', WayOut()), now)}"))
    for recipient, reply in standing.outbox.refused:
        console.print(Text(f"refused   {recipient}: {reply}"))
    on_the_way = reach.on_the_way(standing.ways, standing.waits, standing.escalating, now)
    for line in (*standing.membership.lines(now), *on_the_way):
        console.print(Text(line))
    if standing.alert:
        alert, story = standing.alert
        console.print(Text(f"alert     {age(now, alert.last_told_at)} ago, {alert.severity}: {story.title}"))
    else:
        console.print("alert     none yet")
    soon = _next_briefing(standing.people, now)
    comes = f"next briefing {soon:%d %b %H:%M} UTC" if soon else "no briefing is due to anybody"
    console.print(f"people    {len(standing.people)}{standing.membership.others()}; {comes}")
    if not standing.feeds:
        return
    click.echo()
    for line in _table(standing.feeds, shutil.get_terminal_size().columns if sys.stdout.isatty() else None, now):
        click.echo(line)


def _table(watched: list[Feed], width: int | None, now: datetime) -> Iterator[str]:
    """A line a feed; where something is wrong it stands below, indented, or in a pipe at the end."""
    healths = [health_of(feed, now) for feed in watched]
    names = width_of_names((feed.name for feed in watched), width)
    conditions = width_of_conditions(healths)
    yield bold(f"{'feed':<{names}}  {'health':<{conditions}}last good  last new  next poll")
    for feed, health in zip(watched, healths, strict=True):
        wrong = in_words(health, feed, now)
        name, condition = clipped(feed.name, names, whole=width is None), coloured(health.condition, conditions)
        line = f"{name}  {condition}{_ago(now, feed.last_good_at):<9}  {_ago(now, feed.last_new_at):<8}  "
        line += f"{turn(feed, now):<9}  {wrong}" if width is None else turn(feed, now)
        yield line.rstrip()
        if width is not None:
            yield from below(wrong, width)


def _why(feed: Feed, now: datetime) -> str | None:
    health = health_of(feed, now)
    return health.said if health.wrong else None


def _hubs(promises: Iterable[Push]) -> Iterator[str]:
    """A hub in trouble, with how many feeds wait for it; one sentence a trouble."""
    troubled = Counter((without_credentials(each.hub), each.trouble) for each in promises if each.trouble)
    for (hub, trouble), count in troubled.items():
        yield f"{hub} does not tell us of {counted(count, 'feed')}, which {_ARE[count > 1]} asked as ever: {trouble}"


def _ago(now: datetime, then: datetime | None) -> str:
    return f"{age(now, then)} ago" if then else "never"


def _next_briefing(people: list[Subscriber], now: datetime) -> datetime | None:
    return min((next_slot(now, each.zone, each.briefing_at).at for each in people if each.briefing), default=None)


@click.command()
@click.argument("source", metavar="FILE|URL")
@click.option("--allow-private", is_flag=True, help="Ask a URL within your own network, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry.")
@command
async def parse(source: str, allow_private: bool, as_json: bool) -> None:
    """Print the entries of a feed document; texts without markup, links absolute, times in UTC."""
    set_up_log("text", "warning")
    url, document, content_type = source, b"", ""
    if source.startswith(("http://", "https://")):
        url, document, content_type = await _fetched(source, allow_private)
    else:
        try:
            document = await asyncio.to_thread(Path(source).read_bytes)
        except OSError as error:
            fail(f"{source}: cannot be read ({error.strerror})")
        url = ""
    async with Cell(1) as cell:
        parsed = await cell.parse(document, url, content_type)
    match parsed:
        case NotAFeed(reason):
            fail(f"{source}: {reason}")
        case ParsedFeed():
            if parsed.damage:
                click.echo(f"feed-monitor: {source}: damaged, read as far as possible ({parsed.damage})", err=True)
            _print_entries(parsed, as_json)


async def _fetched(url: str, allow_private: bool) -> tuple[str, bytes, str]:
    async with fetcher_of() as fetcher:
        match await fetcher.fetch(FeedRequest(url, access=Access(allow_private))):
            case Fetched(body, final_url, content_type):
                return final_url, body, content_type
            case FetchFailed(trouble, reason):
                cure = "; --allow-private asks it all the same" if trouble == Trouble.ADDRESS else ""
                fail(f"{url}: {trouble}: {reason}{cure}")
            case Unchanged():
                fail(f"{url}: the server says nothing has changed, although it was not asked")
    raise AssertionError("every kind of answer is matched above")


def _print_entries(parsed: ParsedFeed, as_json: bool) -> None:
    for entry in parsed.entries:
        if as_json:
            values = asdict(entry)
            for ours in ("published_said", "guid_shared"):
                values.pop(ours)
            values |= {"cap": dict(entry.cap)}
            values |= {"published": iso(entry.published), "updated": iso(entry.updated)}
            click.echo(json.dumps(values, ensure_ascii=False))
        else:
            when = (
                f"{entry.published or entry.updated:%Y-%m-%d %H:%M}" if entry.published or entry.updated else "no date"
            )
            click.echo(f"{when:16}  {entry.title or '(no title)'}\n{'':16}  {entry.link or '(no link)'}")
    if not as_json:
        click.echo(f"{counted(len(parsed.entries), 'entry', 'entries')}, {parsed.version}", err=not sys.stdout.isatty())
