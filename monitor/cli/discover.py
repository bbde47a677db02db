"""`feeds discover`: the feeds of a site."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import click
from rich.console import Console

from monitor.app import utc_now
from monitor.app.asking import fetcher_of
from monitor.cell import Cell
from monitor.cli.asking import as_address, config_if_any, cure_of
from monitor.cli.frame import command, counted, fail, set_up_log
from monitor.core.discover import Candidate, How, candidates
from monitor.core.encoding import decoded
from monitor.core.links import without_credentials
from monitor.core.opml import same_feed
from monitor.core.timing import age
from monitor.core.values import NotAFeed, ParsedFeed
from monitor.net.fetch import FeedRequest, Fetched, Fetcher
from monitor.net.trips import Access
from monitor.net.troubles import FetchFailed, Trouble
from monitor.settings.feeds import as_toml
from monitor.settings.shapes import FeedSettings

_PAGE = 2_000_000
_ROUNDS: tuple[How, ...] = ("announced", "linked", "usual")


@dataclass(frozen=True, slots=True)
class _Found:
    url: str
    title: str
    entries: int
    newest: datetime | None
    how: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class _Asking:
    fetcher: Fetcher
    cell: Cell
    access: Access


@click.command()
@click.argument("url")
@click.option("--allow-private", is_flag=True, help="Also within your own network.")
@click.option("--json", "machine", is_flag=True, help="One JSON object a feed.")
@click.option("--toml", is_flag=True, help="As tables for feeds.toml.")
@command
async def discover(url: str, allow_private: bool, machine: bool, toml: bool) -> None:
    """Find the feeds of a page or site: those it announces, else links that look like feeds, else the usual places.

    Each is asked and read; only what is a feed is shown.
    """
    set_up_log("text", "warning")
    config = config_if_any()
    address = as_address(url)
    access = Access(allow_private, config.settings.poll.proxy if config else "")
    async with fetcher_of(config.settings if config else None) as fetcher, Cell(1) as cell:
        found = await _search(_Asking(fetcher, cell, access), address)
    ours = {same_feed(feed.url): feed.name for feed in config.feeds} if config else {}
    for each in found:
        if machine:
            click.echo(json.dumps(_as_json(each, ours.get(same_feed(each.url))), ensure_ascii=False))
        elif toml:
            click.echo(as_toml(FeedSettings.model_validate({"url": each.url, "name": each.title[:100].strip()})))
        else:
            _print(each, ours.get(same_feed(each.url)))


async def _search(asking: _Asking, address: str) -> list[_Found]:
    page, said = "", "no feed found"
    match await asking.fetcher.fetch(FeedRequest(address, access=asking.access)):
        case Fetched() as fetched:
            itself = await _read(asking.cell, fetched, Candidate(address, how="announced"), "itself")
            if isinstance(itself, _Found):
                return [itself]
            page, lies_at = decoded(fetched.body[:_PAGE], fetched.content_type), fetched.url
        case FetchFailed(Trouble.HTTP, reason):
            # The page is not there, but its site is.
            said, lies_at = f"{reason}, and no feed found elsewhere on its site", address
        case FetchFailed(trouble, reason) as failed:
            cure = cure_of(failed)
            fail(f"{without_credentials(address)}: {trouble}: {reason}{f'; {cure}' if cure else ''}")
        case _:
            fail(f"{without_credentials(address)}: its server says that nothing has changed, although it was not asked")
    places = candidates(page, lies_at)
    for how in _ROUNDS:
        if found := await _ask_all(asking, [place for place in places if place.how == how]):
            return found
    return fail(f"{without_credentials(address)}: {said}; look for the word RSS on the page, and `feeds test` its link")


async def _ask_all(asking: _Asking, places: list[Candidate]) -> list[_Found]:
    with Console(stderr=True).status(f"asking {counted(len(places), 'place')}"):
        tried = await asyncio.gather(*(_try(asking, place) for place in places))
    for place, result in zip(places, tried, strict=True):
        if isinstance(result, str) and place.how == "announced":
            click.echo(f"feed-monitor: the page announces {place.url}, but {result}", err=True)
    return _distinct(result for result in tried if isinstance(result, _Found))


def _distinct(found: Iterable[_Found]) -> list[_Found]:
    """Of several that lead to one document the first."""
    by_end: dict[str, _Found] = {}
    for each in found:
        by_end.setdefault(each.ends_at, each)
    return list(by_end.values())


async def _try(asking: _Asking, place: Candidate) -> _Found | str:
    match await asking.fetcher.fetch(FeedRequest(place.url, access=asking.access)):
        case Fetched() as fetched:
            return await _read(asking.cell, fetched, place, place.how)
        case FetchFailed(trouble, reason):
            return f"{trouble}: {reason}"
        case _:
            return "its server says that nothing has changed"


async def _read(cell: Cell, fetched: Fetched, place: Candidate, how: str) -> _Found | str:
    match await cell.parse(fetched.body, fetched.url, fetched.content_type):
        case ParsedFeed() as feed if feed.shown or not feed.damage:
            newest = max((entry.published for entry in feed.entries if entry.published), default=None)
            # A redirect for now may lead elsewhere tomorrow.
            url = fetched.answer.moved_to or place.url
            return _Found(url, feed.title or place.title, feed.shown, newest, how, fetched.url)
        case NotAFeed(reason):
            return f"it is no feed: {reason}"
        case ParsedFeed(damage=damage):
            return f"it is damaged: {damage}"


def _as_json(found: _Found, name: str | None) -> dict[str, object]:
    return {
        "url": found.url,
        "title": found.title,
        "entries": found.entries,
        "newest": found.newest and found.newest.isoformat(timespec="seconds"),
        "found": found.how,
        "configured_as": name,
    }


def _print(found: _Found, name: str | None) -> None:
    entries = counted(found.entries, "entry", "entries")
    newest = f", the newest {age(utc_now(), found.newest)} ago" if found.newest and found.newest <= utc_now() else ""
    known = f"; in feeds.toml as {name}" if name else ""
    click.echo(f"{found.url}\n  {found.title or 'no title'}: {entries}{newest}{known}")
