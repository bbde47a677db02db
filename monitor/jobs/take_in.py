"""Write down how visits went: new entries and the feeds' own state in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session

from monitor.core.rhythm import Pace, Rhythm, learned, rhythm_from, weight
from monitor.core.timing import LONGEST_PAUSE, OUT_OF_REACH_PAUSE, next_poll
from monitor.core.turns import BELIEVED_AFTER, DOUBTED_AFTER, Habits, after_death, after_good, remembered
from monitor.core.values import ParsedFeed, Wishes
from monitor.net.answers import NO_ANSWER, Answer
from monitor.net.fetch import Unchanged
from monitor.net.troubles import Trouble
from monitor.store import entries, feed_days, feeds, pushes
from monitor.store.feeds import DueFeed

_OUT_OF_REACH = (Trouble.DNS, Trouble.CONNECT, Trouble.TIMEOUT)
# What a publisher's own people mend within the hour, and just when there is much to tell.
_PASSING = (Trouble.PROTOCOL, Trouble.REDIRECT, "not a feed", "damaged", "internal")
_SERVER_ERROR, _TOO_MANY = 500, 429
# Who fell silent within so long of each other did so for one cause.
_TOGETHER = timedelta(minutes=10)
_WISHES = TypeAdapter(Wishes)
_NO_WISHES, _UNKNOWN, _NOTHING = Wishes(), Rhythm(), entries.Kept()


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read; `digest` and the validators say what it was, "" when it must be read again."""

    parsed: ParsedFeed
    digest: str
    etag: str
    last_modified: str
    answer: Answer = NO_ANSWER


@dataclass(frozen=True, slots=True)
class Same:
    """A full answer with the bytes we know, perhaps under new validators."""

    etag: str
    last_modified: str
    answer: Answer = NO_ANSWER


@dataclass(frozen=True, slots=True)
class Failed:
    """`gone`: the server says for good. `killer` is the digest of a document that killed its reader."""

    kind: str
    reason: str
    asked_to_wait: timedelta = timedelta()
    gone: bool = False
    killer: str = ""
    answer: Answer = NO_ANSWER


Outcome = Read | Same | Unchanged | Failed


@dataclass(frozen=True, slots=True)
class Visit:
    """`luck` in [0, 1) spreads the next turns."""

    feed: DueFeed
    outcome: Outcome
    luck: float


@dataclass(frozen=True, slots=True)
class Terms:
    """`price` of a request in lost time; None: every feed is asked at the mean pace."""

    pace: Pace
    price: float | None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a visit brought: new entries, and entries that were edited."""

    new: int = 0
    revised: int = 0


def take_in(session: Session, claim: str, visits: Sequence[Visit], now: datetime, terms: Terms) -> list[TakenIn]:
    """Write down visits, for each what it brought; a feed that is no longer ours is left alone."""
    ours = feeds.still_claimed(session, (visit.feed.id for visit in visits), claim)
    pushed = pushes.live_feeds(session, now)
    shown = [
        _shown(visit.feed, visit.outcome.parsed, whole=True)
        for visit in visits
        if visit.feed.id in ours and isinstance(visit.outcome, Read)
    ]
    kept = entries.keep_all_new(session, shown, now)
    told = {each.feed_id: what for each, what in zip(shown, kept, strict=True)}
    brought, rows, days = [], [], []
    for visit in visits:
        feed = visit.feed
        if feed.id not in ours:
            brought.append(TakenIn())
            continue
        row, came = _settled(visit, told.get(feed.id, _NOTHING), now, terms, pushed=feed.id in pushed)
        if came.new and feed.id in pushed:
            pushes.missed(session, feed.id, now)
        rows.append(row)
        brought.append(came)
        failed = isinstance(visit.outcome, Failed)
        days.append(feed_days.Day(feed.id, now.date(), 1, int(failed), came.new))
    feeds.settle(session, rows, now)
    _hurry_others(session, visits, now)
    feed_days.count(session, days)
    return brought


def _hurry_others(session: Session, visits: Iterable[Visit], now: datetime) -> None:
    """When one that was out of reach is back, so may be those that went with it: our own line is, or a network."""
    back = [
        visit.feed.failing_since
        for visit in visits
        if not isinstance(visit.outcome, Failed)
        and visit.feed.failing_since
        and visit.feed.trouble_kind in _OUT_OF_REACH
    ]
    if back:
        feeds.ask_again(session, _OUT_OF_REACH, min(back) - _TOGETHER, max(back) + _TOGETHER, now)


def take_in_pushed(session: Session, feed: DueFeed, parsed: ParsedFeed, now: datetime) -> TakenIn:
    """Write down what a hub sent of a feed: news, but never the whole document, and no turn of ours."""
    [kept] = entries.keep_all_new(session, [_shown(feed, parsed, whole=False)], now)
    row, came = _news(feed, parsed, kept, now, whole=False)
    feeds.amend(session, feed.id, row)
    feed_days.count(session, [feed_days.Day(feed.id, now.date(), 0, 0, came.new)])
    return came


def _shown(feed: DueFeed, parsed: ParsedFeed, *, whole: bool) -> entries.Shown:
    """`whole`: the document was asked for; then, unless some of its items are known, its entries are all it shows."""
    facts = entries.FeedFacts(feed.language, feed.last_good_at)
    return entries.Shown(feed.id, facts, parsed.entries, whole and len(parsed.entries) == parsed.shown)


def _settled(
    visit: Visit, kept: entries.Kept, now: datetime, terms: Terms, *, pushed: bool
) -> tuple[dict[str, Any], TakenIn]:
    feed, outcome = visit.feed, visit.outcome
    if isinstance(outcome, Failed):
        return {"id": feed.id, **_failed(visit, outcome, now, terms)}, TakenIn()
    row: dict[str, Any] = {"id": feed.id, "last_good_at": now}
    came = TakenIn()
    damage = outcome.parsed.damage if isinstance(outcome, Read) else ""
    if feed.failures or feed.deaths or not isinstance(outcome, Unchanged):
        row |= {"failures": 0, "failing_since": None, "deaths": 0, "killer": ""}
        row |= {"trouble_kind": "damaged" if damage else "", "trouble": damage}
    if isinstance(outcome, Read):
        changes, came = _news(feed, outcome.parsed, kept, now, whole=True)
        row |= changes | {"body_hash": outcome.digest} | _source(outcome)
    if isinstance(outcome, Read | Same):
        row |= {"etag": outcome.etag, "last_modified": outcome.last_modified}
    row |= _moved(feed, outcome.answer.moved_to, now)
    if outcome.answer.host not in ("", feed.turns_at):
        row["turns_at"] = outcome.answer.host
    row["next_poll_at"] = after_good(
        now, _habits(row, visit, now, terms, pushed=pushed), terms.pace, terms.price, visit.luck
    )
    return row, came


def _habits(row: Mapping[str, Any], visit: Visit, now: datetime, terms: Terms, *, pushed: bool) -> Habits:
    """What the next turn of a feed that was read depends on; `row` are the changes of this visit."""
    feed, outcome = visit.feed, visit.outcome
    if feed.own_pace:
        return Habits(feed.every, _UNKNOWN, 1.0)
    wishes = row.get("wishes", feed.wishes)
    return Habits(
        own=None,
        rhythm=rhythm_from(row.get("rhythm", feed.rhythm)) if terms.price is not None else _UNKNOWN,
        weight=weight(feed.lead, feed.led_at, now),
        wishes=_WISHES.validate_python(wishes, strict=False) if wishes else _NO_WISHES,
        fresh_for=outcome.answer.fresh_for,
        pushed=pushed,
    )


def _news(
    feed: DueFeed, parsed: ParsedFeed, kept: entries.Kept, now: datetime, *, whole: bool
) -> tuple[dict[str, Any], TakenIn]:
    """What changes of the feed's row with the entries that were kept."""
    row: dict[str, Any] = {}
    if kept.new:
        row["last_new_at"] = now
    if kept.new or not feed.rhythm:
        row["rhythm"] = learned(rhythm_from(feed.rhythm), kept.published, feed.last_good_at, now).as_json()
    if whole:
        # What an edit replaced must be news if a further edit brings it back, as on a page that tells of alarms.
        row["known_items"] = remembered(parsed.items, b"" if kept.revised else feed.known_items)
    return row, TakenIn(kept.new, kept.revised)


def _source(outcome: Read) -> dict[str, Any]:
    """What the document says of itself; one without new items says nothing."""
    parsed, answer = outcome.parsed, outcome.answer
    if not parsed.version:
        return {}
    return {
        "wishes": _WISHES.dump_python(parsed.wishes, mode="json") if parsed.wishes != _NO_WISHES else {},
        "hub": answer.hub or parsed.hub,
        "topic": answer.topic or parsed.topic,
    }


def _moved(feed: DueFeed, moved_to: str, now: datetime) -> dict[str, Any]:
    """Remember where permanent redirects lead, and go there at once when they have held for long."""
    if moved_to != feed.moved_to:
        return {"moved_to": moved_to, "moved_since": now if moved_to else None}
    if moved_to and feed.moved_since and now - feed.moved_since >= BELIEVED_AFTER:
        return {"address": moved_to, "moved_to": "", "moved_since": None}
    return {}


def _failed(visit: Visit, outcome: Failed, now: datetime, terms: Terms) -> dict[str, Any]:
    feed, luck = visit.feed, visit.luck
    failures = feed.failures + 1
    row: dict[str, Any] = {
        "failures": failures,
        "failing_since": feed.failing_since or now,
        "trouble_kind": outcome.kind,
        "trouble": outcome.reason,
    }
    if outcome.killer:
        deaths = feed.deaths + (outcome.killer != feed.killer or feed.deaths < 2)
        row |= {"killer": outcome.killer, "deaths": deaths, "next_poll_at": after_death(now, deaths, luck)}
        return row
    habits = _habits({}, visit, now, terms, pushed=False)
    usual = min(feed.every, after_good(now, habits, terms.pace, terms.price, 0.5) - now)
    row["next_poll_at"] = next_poll(now, usual, feed.failures, outcome.asked_to_wait, luck, _longest(outcome, terms))
    if feed.address != feed.url and (outcome.gone or failures >= DOUBTED_AFTER):
        # Perhaps the redirect was a mistake: the address that the operator wrote is tried again.
        return row | {"address": feed.url, "etag": "", "last_modified": "", "body_hash": ""}
    return row | {"gone_at": now} if outcome.gone else row


def _longest(outcome: Failed, terms: Terms) -> timedelta:
    """The longest pause that failures of this kind lead to."""
    if outcome.kind in _OUT_OF_REACH:
        return OUT_OF_REACH_PAUSE
    status = outcome.answer.status
    if outcome.kind in _PASSING or status >= _SERVER_ERROR or status == _TOO_MANY:
        return terms.pace.slowest
    return LONGEST_PAUSE
