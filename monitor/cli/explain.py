"""`feeds test`: everything about one feed, from its redirects to its next turns."""

import asyncio
import json
import shutil
import sys
from textwrap import wrap

import click
from sqlmodel import Session

from monitor.app import is_made, open_database, utc_now
from monitor.app.asking import access_of, fetcher_of, plan_of
from monitor.cell import Cell
from monitor.cli.asking import as_address, config_if_any
from monitor.cli.findings import Line, in_lines
from monitor.cli.found import Found, Subject, as_json
from monitor.cli.frame import command, fail, set_up_log
from monitor.jobs.poll import Plan, going_price
from monitor.net.fetch import FeedRequest, Fetched
from monitor.net.trips import Access
from monitor.settings import Config
from monitor.settings.shapes import FeedSettings
from monitor.store import feeds, pushes

_LABEL = 10


@click.command()
@click.argument("feed", metavar="NAME|URL")
@click.option("--allow-private", is_flag=True, help="Also within your own network.")
@click.option("--json", "machine", is_flag=True, help="One JSON object.")
@command
async def test(feed: str, allow_private: bool, machine: bool) -> None:
    """Ask one feed and explain it: redirects, caching, encoding, items, rhythm, and when it would be asked again.

    A configured feed may be called by its name, and is asked with its headers. Where something is wrong the cure
    stands beside it. Nothing is stored. Ends with 1 if the feed cannot be read.
    """
    set_up_log("text", "warning")
    config = config_if_any()
    wanted = _wanted(feed, config)
    subject = await _subject(wanted.url if wanted else as_address(feed), wanted, config)
    found = await _found(subject, _access(wanted, config, allow_private), config)
    if machine:
        click.echo(json.dumps(as_json(found), indent=2, ensure_ascii=False))
    else:
        _print(list(in_lines(found)))
    sys.exit(0 if found.trouble is None else 1)


def _wanted(said: str, config: Config | None) -> FeedSettings | None:
    feeds = config.feeds if config else ()
    wanted = next((each for each in feeds if said in (each.name, each.url, each.url.partition("://")[2])), None)
    wanted = wanted or next((each for each in feeds if said.casefold() == each.name.casefold()), None)
    if wanted is None and "." not in said and ":" not in said:
        fail(f'no feed is called "{said}"; `feed-monitor feeds list` names them, and an address has a host with a dot')
    return wanted


def _access(wanted: FeedSettings | None, config: Config | None, allow_private: bool) -> Access:
    if config is None:
        return Access(allow_private)
    own = Access(proxy=config.settings.poll.proxy)
    if wanted is not None:
        own = access_of(config).get(wanted.url, own)
    return Access(allow_private or own.allow_private, own.proxy, own.headers, own.home)


async def _subject(url: str, wanted: FeedSettings | None, config: Config | None) -> Subject:
    plan = plan_of(config.settings if config else None)
    own = wanted.every if wanted else None
    if config is None or not is_made(config.database):
        return Subject(url, plan, own)
    db = open_database(config.database)
    try:
        return await db.read(_as_stored, Subject(url, plan, own), plan)
    finally:
        db.close()


def _as_stored(session: Session, subject: Subject, plan: Plan) -> Subject:
    now = utc_now()
    price = going_price(session, plan, now) if plan.adaptive else None
    stored = next((row for row in feeds.watched(session) if row.url == subject.url), None)
    if stored is None:
        return Subject(subject.url, plan, subject.own, price=price)
    promise = pushes.by_feed(session).get(stored.id)
    return Subject(subject.url, plan, subject.own, stored, promise, stored.id in pushes.live_feeds(session, now), price)


async def _found(subject: Subject, access: Access, config: Config | None) -> Found:
    clock = asyncio.get_running_loop().time
    async with fetcher_of(config.settings if config else None) as fetcher, Cell(1) as cell:
        began = clock()
        result = await fetcher.fetch(FeedRequest(subject.url, access=access))
        took = clock() - began
        parsed, again = None, None
        if isinstance(result, Fetched):
            parsed = await cell.parse(result.body, result.url, result.content_type)
            if result.etag or result.last_modified:
                again = await fetcher.fetch(FeedRequest(subject.url, result.etag, result.last_modified, access))
    return Found(subject, result, took, parsed, again, utc_now())


def _print(lines: list[Line]) -> None:
    """A terminal wraps at its edge, under the words; a pipe has none."""
    width = shutil.get_terminal_size().columns - 1 if sys.stdout.isatty() else 0
    for label, words in lines:
        text = (
            wrap(words, max(width - _LABEL, 20), break_on_hyphens=False, break_long_words=False) if width else [words]
        )
        for number, piece in enumerate(text or [""]):
            lead = f"{'' if number else label:<{_LABEL}}"
            lead = click.style(lead, fg="red", bold=True) if label == "TROUBLE" else lead
            click.echo(f"{lead}{piece}".rstrip())
