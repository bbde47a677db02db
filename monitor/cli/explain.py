"""`feeds test`: everything about one feed, from its redirects to its next turns."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.text import Text

from monitor.app import access_of, fetcher_of, is_made, open_database, plan_of, utc_now
from monitor.cell import Cell
from monitor.cli.frame import command, config_file, counted, set_up_log
from monitor.core import encoding
from monitor.core.health import verdict
from monitor.core.rhythm import Rhythm, described, learned, price, rhythm_from, weight
from monitor.core.timing import age
from monitor.core.turns import Habits, after_good
from monitor.core.values import NotAFeed, ParsedEntry, ParsedFeed
from monitor.jobs.poll import Plan, going_price
from monitor.models import Feed
from monitor.net.answers import Answer
from monitor.net.fetch import FeedRequest, Fetched, FetchResult, Unchanged
from monitor.net.trips import Access
from monitor.net.troubles import FetchFailed, Trouble
from monitor.settings import Config, SettingsError, load
from monitor.store import feeds
from monitor.store.notices import facts_of

_TURNS = 4
_NEWEST = 5
_CURES = {
    Trouble.ADDRESS: "if it is a server of yours, write `allow_private = true` in feeds.toml; here: --allow-private",
    Trouble.SIZE: "`largest` of [poll] sets the limit",
    Trouble.TLS: "its certificate must be one that this machine trusts",
    Trouble.TIMEOUT: "`timeout` of [poll] sets the limit",
}
_Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is known of a feed before it is asked. `price` is that of a request now, None: every feed at the mean."""

    url: str
    access: Access
    config: Config | None
    stored: Feed | None
    plan: Plan
    price: float | None
    own: timedelta | None


@click.command()
@click.argument("feed", metavar="NAME|URL")
@click.option("--allow-private", is_flag=True, help="Also within your own network.")
@command
async def test(feed: str, allow_private: bool) -> None:
    """Ask one feed and explain it: redirects, caching, encoding, items, rhythm, and when it would be asked again.

    A configured feed may be called by its name, and is asked with its headers. Nothing is stored. Ends with 1 if the
    feed cannot be read.
    """
    set_up_log("text", "warning")
    subject = await _subject(feed, allow_private)
    out = Console(highlight=False, soft_wrap=True)
    settings = subject.config.settings if subject.config else None
    async with fetcher_of(settings) as fetcher, Cell(1) as cell:
        asked_at = asyncio.get_running_loop().time()
        result = await fetcher.fetch(FeedRequest(subject.url, access=subject.access))
        took = asyncio.get_running_loop().time() - asked_at
        parsed, again = None, None
        if isinstance(result, Fetched):
            parsed = await cell.parse(result.body, result.url, result.content_type)
            if result.etag or result.last_modified:
                request = FeedRequest(subject.url, result.etag, result.last_modified, subject.access)
                again = await fetcher.fetch(request)
    for label, words in _told(subject, result, took, parsed, again):
        out.print(Text(f"{label:<10}{words}"))
    sys.exit(0 if isinstance(parsed, ParsedFeed) else 1)


async def _subject(said: str, allow_private: bool) -> _Subject:
    try:
        config = load(config_file())
    except SettingsError:
        # A feed can be tried before there is any config, or while it is being mended.
        return _Subject(_url(said), Access(allow_private=allow_private), None, None, plan_of(None), None, None)
    wanted = next((each for each in config.feeds if said in (each.name, each.url)), None)
    url = wanted.url if wanted else _url(said)
    access = access_of(config).get(url, Access())
    plan = plan_of(config.settings)
    stored, price = None, None
    if is_made(config.database):
        db = open_database(config.database)
        try:
            stored = next((row for row in await db.read(feeds.watched) if row.url == url), None)
            price = await db.read(going_price, plan, utc_now()) if plan.adaptive else None
        finally:
            db.close()
    allowed = Access(allow_private or access.allow_private, access.proxy, access.headers)
    return _Subject(url, allowed, config, stored, plan, price, wanted.every if wanted else None)


def _url(said: str) -> str:
    return said if "://" in said else f"https://{said}"


def _told(
    subject: _Subject,
    result: FetchResult,
    took: float,
    parsed: ParsedFeed | NotAFeed | None,
    again: FetchResult | None,
) -> Iterator[_Line]:
    now = utc_now()
    yield "address", subject.url
    yield from _redirects(result.answer)
    if subject.stored is not None:
        yield from _stored(subject.stored, now)
    match result:
        case FetchFailed(trouble, reason, asked_to_wait):
            yield "TROUBLE", f"{trouble}: {reason}"
            if asked_to_wait:
                yield "", f"its server asks to be left alone for {age(now + asked_to_wait, now)}"
            if trouble in _CURES:
                yield "", _CURES[trouble]
        case Unchanged():
            yield "TROUBLE", "its server says that nothing has changed, although it was not asked"
        case Fetched():
            headers = dict(result.answer.headers)
            packed = headers.get("Content-Encoding", "")
            size = f"{len(result.body):,} bytes{f', sent as {packed}' if packed else ''}"
            yield (
                "answer",
                f"{result.answer.status} in {took:.2f} s; {size}; {result.content_type or 'no content type'}",
            )
            yield from _caching(headers, result, again)
            yield "encoding", encoding.explained(result.body, result.content_type)
            yield from _document(subject, result, parsed, now)


def _redirects(answer: Answer) -> Iterator[_Line]:
    for hop in answer.hops:
        lasting = "for good" if hop.status in (301, 308) else "for now"
        yield "redirect", f"{hop.status} ({lasting}) to {hop.url}"
    if answer.moved_to:
        yield "", "when that has held for a week, it is asked there at once; better write the new address in feeds.toml"


def _stored(feed: Feed, now: datetime) -> Iterator[_Line]:
    health = verdict(facts_of(feed), now)
    asked = f"asked {counted(feed.polls, 'time')}"
    good = f"last good {age(now, feed.last_good_at)} ago" if feed.last_good_at else "never good"
    new = f"last new entry {age(now, feed.last_new_at)} ago" if feed.last_new_at else "no entry yet"
    yield "stored", f"{health.condition}; {asked}, {good}, {new}"
    if health.wrong:
        yield "", health.said
    if feed.address != feed.url:
        yield "", f"it is asked at {feed.address}, where permanent redirects led"


def _caching(headers: dict[str, str], first: Fetched, again: FetchResult | None) -> Iterator[_Line]:
    for name in ("ETag", "Last-Modified", "Cache-Control", "Expires", "Age"):
        if name in headers:
            yield "caching", f"{name}: {headers[name]}"
    match again:
        case None:
            yield "caching", "neither ETag nor Last-Modified: the whole document is sent each time"
        case Unchanged():
            yield "", "asked again with these, its server says 304: nothing is sent while nothing changes"
        case Fetched(body) if body == first.body:
            yield "", "asked again with these, its server sends the same document once more"
        case Fetched():
            yield "", "asked again with these at once, its server sends another document"
        case FetchFailed(trouble, reason):
            yield "", f"asked again with these, it fails: {trouble}: {reason}"


def _document(
    subject: _Subject, result: Fetched, parsed: ParsedFeed | NotAFeed | None, now: datetime
) -> Iterator[_Line]:
    if not isinstance(parsed, ParsedFeed):
        yield "TROUBLE", f"not a feed: {parsed.reason if parsed else ''}"
        yield "", f"`feed-monitor feeds discover {subject.url}` looks for feeds on it"
        return
    language = f", language {parsed.language}" if parsed.language else ""
    yield "document", f'{parsed.version}, "{parsed.title or "no title"}"{language}'
    if parsed.damage:
        yield "", f"damaged, read as far as possible: {parsed.damage}"
    yield from _items(parsed, now)
    yield from _wishes(parsed, result.answer)
    yield from _turns(subject, parsed, result.answer, now)
    for entry in parsed.entries[:_NEWEST]:
        when = f"{age(now, entry.published)} ago" if entry.published and entry.published <= now else "no usable date"
        yield "entry", f"{when:>8}  {entry.title or entry.summary[:100] or entry.link}"


def _items(parsed: ParsedFeed, now: datetime) -> Iterator[_Line]:
    entries = parsed.entries
    said = [counted(parsed.shown, "item")]
    dates = [entry.published for entry in entries if entry.published and entry.published <= now]
    if dates:
        said.append(f"from {age(now, min(dates))} to {age(now, max(dates))} ago")
    said += _lacking(entries, "date", [entry.published is not None for entry in entries])
    said += _lacking(entries, "id", [bool(entry.guid) for entry in entries])
    said += _lacking(entries, "link", [bool(entry.link) for entry in entries])
    shared = sum(entry.guid_shared for entry in entries)
    if shared:
        said.append(f"{shared} share their ids with others, and are told apart by link, title and date")
    yield "items", "; ".join(said)
    if entries:
        apart = "each is read once" if parsed.items else "they cannot be told apart unread: all are read each time"
        yield "", apart


def _lacking(entries: Sequence[ParsedEntry], what: str, has: list[bool]) -> list[str]:
    lacking = has.count(False)
    if not lacking:
        return []
    return [f"none has a {what}" if lacking == len(entries) else f"{lacking} without {what}"]


def _wishes(parsed: ParsedFeed, answer: Answer) -> Iterator[_Line]:
    wishes = parsed.wishes
    if wishes.every:
        yield "wishes", f"to be asked every {_span(wishes.every)} at most; heeded up to `every`"
    if wishes.skip_hours:
        yield "wishes", f"no news at hours {', '.join(map(str, wishes.skip_hours))} UTC"
    if wishes.skip_days:
        days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
        yield "wishes", f"no news on {', '.join(days[day] for day in wishes.skip_days)}"
    if hub := answer.hub or parsed.hub:
        yield "hub", f"{hub} tells of its news at once, if the service has a `public_url`"


def _turns(subject: _Subject, parsed: ParsedFeed, answer: Answer, now: datetime) -> Iterator[_Line]:
    rhythm = rhythm_from(subject.stored.rhythm) if subject.stored else Rhythm()
    if not rhythm.began:
        rhythm = learned(Rhythm(), [entry.published for entry in parsed.entries], None, now)
    words = described(rhythm, now)
    yield "rhythm", f"{words or 'not known yet'}{'' if subject.stored else ', by the dates in the document'}"
    lead = weight(subject.stored.lead, subject.stored.led_at, now) if subject.stored else 1.0
    habits = Habits(subject.own, rhythm, lead, parsed.wishes, answer.fresh_for)
    pace, going = subject.plan.pace, subject.price
    if going is None and subject.plan.adaptive:
        # Alone in the world it would have the mean budget to itself.
        going = price([(rhythm, lead)], pace, timedelta(days=1) / pace.every, now)
    turns, at = [], now
    for _ in range(_TURNS):
        at = after_good(at, habits, pace, going, 0.5)
        turns.append(f"{at:%H:%M:%S}")
    if subject.own is not None:
        why = f"every {_span(subject.own)}, as you chose"
    elif going is None:
        why = f"every {_span(pace.every)}, the mean pause"
    else:
        why = f"by its rhythm, between {_span(pace.fastest)} and {_span(pace.slowest)}"
    yield "asked", f"{why}; asked now, then about {', '.join(turns)} UTC"


def _span(span: timedelta) -> str:
    return age(utc_now(), utc_now() - span)
