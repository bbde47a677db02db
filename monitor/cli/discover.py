"""`feeds discover`: the feeds of a site."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime

import click
from rich.console import Console

from monitor.app import fetcher_of, utc_now
from monitor.cell import Cell
from monitor.cli.frame import command, fail, set_up_log
from monitor.core.discover import Candidate, candidates
from monitor.core.encoding import decoded
from monitor.core.timing import age
from monitor.core.values import ParsedFeed
from monitor.net.fetch import FeedRequest, Fetched, Fetcher
from monitor.net.trips import Access
from monitor.net.troubles import FetchFailed

_PAGE = 2_000_000


@dataclass(frozen=True, slots=True)
class _Found:
    url: str
    title: str
    entries: int
    newest: datetime | None
    announced: bool


@click.command()
@click.argument("url")
@click.option("--allow-private", is_flag=True, help="Also within your own network.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a feed.")
@command
async def discover(url: str, allow_private: bool, as_json: bool) -> None:
    """Find the feeds of a page or site: those it announces, links that look like feeds, and the usual places.

    Each is asked and read; only what is a feed is shown.
    """
    set_up_log("text", "warning")
    address = url if "://" in url else f"https://{url}"
    access = Access(allow_private=allow_private)
    async with fetcher_of() as fetcher, Cell(1) as cell:
        match await fetcher.fetch(FeedRequest(address, access=access)):
            case Fetched() as page:
                pass
            case FetchFailed(trouble, reason):
                fail(f"{address}: {trouble}: {reason}")
            case _:
                fail(f"{address}: its server says that nothing has changed, although it was not asked")
        itself = await _read(cell, page, Candidate(page.url, announced=True))
        found = [itself] if itself else []
        if itself is None:
            places = candidates(decoded(page.body[:_PAGE], page.content_type), page.url)
            with Console(stderr=True).status(f"asking {len(places)} places"):
                tried = await asyncio.gather(*(_try(fetcher, cell, place, access) for place in places))
            found = list({each.url: each for each in reversed(tried) if each}.values())[::-1]
            # What the page does not announce is a guess; it counts when there is nothing better.
            found = [each for each in found if each.announced] or found
    if not found:
        fail(
            f"{address}: no feed found; look for the word RSS on the page, and try `feed-monitor feeds test URL` on it"
        )
    for each in found:
        if as_json:
            told = {"url": each.url, "title": each.title, "entries": each.entries, "announced": each.announced}
            click.echo(json.dumps(told | {"newest": each.newest and each.newest.isoformat()}, ensure_ascii=False))
            continue
        newest = f", the newest {age(utc_now(), each.newest)} ago" if each.newest else ""
        click.echo(f"{each.url}\n  {each.title or 'no title'}: {each.entries} entries{newest}")


async def _try(fetcher: Fetcher, cell: Cell, place: Candidate, access: Access) -> _Found | None:
    match await fetcher.fetch(FeedRequest(place.url, access=access)):
        case Fetched() as fetched:
            return await _read(cell, fetched, place)
        case _:
            return None


async def _read(cell: Cell, fetched: Fetched, place: Candidate) -> _Found | None:
    match await cell.parse(fetched.body, fetched.url, fetched.content_type):
        case ParsedFeed() as feed if feed.shown or not feed.damage:
            newest = max((entry.published for entry in feed.entries if entry.published), default=None)
            return _Found(fetched.url, feed.title or place.title, feed.shown, newest, place.announced)
        case _:
            return None
