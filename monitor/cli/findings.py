"""What `feeds test` found out about a feed, in words."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.cli.found import DAYS, Found, is_known, newest, rhythm_of, span, turns
from monitor.cli.frame import counted
from monitor.cli.health import CURES, health_of, hub_in_words, in_one
from monitor.core import encoding
from monitor.core.links import without_credentials
from monitor.core.rhythm import described
from monitor.core.text import shortened
from monitor.core.timing import age
from monitor.core.values import ParsedEntry, ParsedFeed
from monitor.net.fetch import Fetched, Unchanged
from monitor.net.troubles import FetchFailed

_SHOWN = 160
_EXPLAINED = ("ETag", "Last-Modified", "Cache-Control", "Expires", "Age")
Line = tuple[str, str]


def in_lines(found: Found) -> Iterator[Line]:
    """A label and words; what follows under the same label has none."""
    answer = found.result.answer
    yield "address", without_credentials(found.subject.url)
    for hop in answer.hops:
        yield "redirect", f"{hop.status} ({'for good' if hop.status in (301, 308) else 'for now'}) to {hop.url}"
    if answer.moved_to:
        yield "", "after a week of that it is asked there at once; better write the new address in feeds.toml"
    yield from _stored(found)
    if isinstance(found.result, Fetched):
        yield from _answered(found, found.result)
    if found.trouble is not None:
        kind, reason, cure = found.trouble
        yield "TROUBLE", f"{kind}: {reason}"
        if isinstance(found.result, FetchFailed) and found.result.asked_to_wait:
            yield "", f"its server asks to be left alone for {span(found.result.asked_to_wait)}"
        if cure:
            yield "cure", cure
    if isinstance(found.parsed, ParsedFeed):
        yield from _document(found, found.parsed)


def _stored(found: Found) -> Iterator[Line]:
    feed, now = found.subject.stored, found.at
    if feed is None:
        return
    health = health_of(feed, now)
    good = f"last good {age(now, feed.last_good_at)} ago" if feed.last_good_at else "never good"
    new = f"last new entry {age(now, feed.last_new_at)} ago" if feed.last_new_at else "no entry yet"
    yield "so far", f"{in_one(health, feed, now)}; asked {counted(feed.polls, 'time')}, {good}, {new}"
    if health.condition in CURES:
        yield "", CURES[health.condition]


def _answered(found: Found, first: Fetched) -> Iterator[Line]:
    headers = dict(first.answer.headers)
    packed = f", sent as {headers['Content-Encoding']}" if "Content-Encoding" in headers else ""
    kind = first.content_type or "no content type"
    yield "answer", f"{first.answer.status} in {found.took:.2f} s; {len(first.body):,} bytes{packed}; {kind}"
    caching = [f"{name}: {headers[name]}" for name in _EXPLAINED if name in headers]
    yield "caching", "; ".join(caching) or "nothing is said"
    match found.again:
        case None:
            yield "", "neither ETag nor Last-Modified that could be sent back: it sends the whole document each time"
        case Unchanged():
            yield "", "asked again with these, its server says 304: nothing is sent while nothing changes"
        case Fetched(body) if body == first.body:
            yield "", "asked again with these, its server sends the same document once more"
        case Fetched():
            yield "", "asked again with these at once, its server sends another document"
        case FetchFailed(trouble, reason):
            yield "", f"asked again with these, it fails: {trouble}: {reason}"
    yield "encoding", encoding.explained(first.body, first.content_type)


def _document(found: Found, parsed: ParsedFeed) -> Iterator[Line]:
    now = found.at
    language = f", language {parsed.language}" if parsed.language else ""
    yield "document", f'{parsed.version}, "{parsed.title or "no title"}"{language}'
    if parsed.damage:
        yield "", f"damaged, read as far as possible: {parsed.damage}"
    yield from _items(parsed, now)
    yield from _wishes(found, parsed)
    next_turns, why = turns(found, parsed)
    rhythm = described(rhythm_of(found, parsed), now) or "not known yet"
    yield "rhythm", f"{rhythm}{'' if is_known(found) else ', by the dates in the document'}"
    yield "turns", f"asked {why}; after now in about {', '.join(age(turn, now) for turn in next_turns)}"
    for number, entry in enumerate(newest(parsed)):
        yield (
            ("" if number else "newest"),
            f"{_when(entry, now):>9}  {shortened(entry.title or entry.summary or entry.link, _SHOWN)}",
        )


def _when(entry: ParsedEntry, now: datetime) -> str:
    if entry.published is None:
        return "no date"
    return f"{age(now, entry.published)} ago" if entry.published <= now else f"in {age(entry.published, now)}"


def _items(parsed: ParsedFeed, now: datetime) -> Iterator[Line]:
    entries = parsed.entries
    said = [counted(parsed.shown, "item")]
    dates = [entry.published for entry in entries if entry.published]
    past = [date for date in dates if date <= now]
    if past:
        said.append(f"from {age(now, min(past))} to {age(now, max(past))} ago")
    if ahead := len(dates) - len(past):
        said.append(f"{ahead} dated in the future, which count from their arrival")
    said += _lacking("date", [entry.published is not None for entry in entries])
    said += _lacking("id", [bool(entry.guid) for entry in entries])
    said += _lacking("link", [bool(entry.link) for entry in entries])
    if shared := sum(entry.guid_shared for entry in entries):
        said.append(f"{shared} share their ids with others, and are told apart by link, title and date")
    yield "items", "; ".join(said)
    if entries:
        apart = "each is read once" if parsed.items else "they cannot be told apart unread: all are read each time"
        yield "", apart


def _lacking(what: str, has: Sequence[bool]) -> list[str]:
    lacking = has.count(False)
    if not lacking:
        return []
    return [f"none has a {what}" if lacking == len(has) else f"{lacking} without {what}"]


def _wishes(found: Found, parsed: ParsedFeed) -> Iterator[Line]:
    wishes, answer = parsed.wishes, found.result.answer
    said = []
    if wishes.every:
        said.append(f"to be asked every {span(wishes.every)} at most (heeded up to `every`)")
    if answer.fresh_for:
        said.append(f"to be left alone for {span(answer.fresh_for)} (by its caching, heeded up to `slowest`)")
    if wishes.skip_hours:
        said.append(f"not at hours {', '.join(map(str, wishes.skip_hours))} UTC")
    if wishes.skip_days:
        said.append(f"not on {', '.join(DAYS[day] for day in wishes.skip_days)}")
    if said:
        yield "wishes", "; ".join(said)
    if hub := answer.hub or parsed.hub:
        state = hub_in_words(found.subject.promise) or "it tells of news at once, if the service has a `public_url`"
        yield "hub", f"{without_credentials(hub)}; {state}"
