"""Feeds: which are due, and how asking them went."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, Update, bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, or_, select, update

from monitor.models import Feed

# A claim outlives any fetch and the wait before it; when its holder dies the feed is due again after this.
CLAIM_FOR = timedelta(minutes=10)
_FEEDS: Table = Feed.__table__  # type: ignore[attr-defined]
_RESET: dict[str, Any] = {
    "etag": "",
    "last_modified": "",
    "body_hash": "",
    "known_items": b"",
    "gone_at": None,
    "moved_to": "",
    "moved_since": None,
    "killer": "",
    "deaths": 0,
    "failures": 0,
    "failing_since": None,
    "trouble_kind": "",
    "trouble": "",
    "last_new_at": None,
}


@dataclass(frozen=True, slots=True)
class WantedFeed:
    url: str
    name: str
    publisher: str
    family: str
    language: str
    tags: tuple[str, ...]
    host: str
    every: timedelta
    own_pace: bool = False


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed as it was when it was claimed: the columns of `Feed` that a visit needs."""

    id: int
    url: str
    name: str
    turns_at: str
    address: str
    language: str = ""
    every_seconds: int = 0
    own_pace: bool = False
    gone_at: datetime | None = None
    moved_to: str = ""
    moved_since: datetime | None = None
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    known_items: bytes = b""
    wishes: dict[str, Any] = field(default_factory=dict)
    rhythm: dict[str, Any] = field(default_factory=dict)
    lead: float = 0.0
    led_at: datetime | None = None
    hub: str = ""
    topic: str = ""
    killer: str = ""
    deaths: int = 0
    polls: int = 0
    last_good_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    trouble_kind: str = ""

    @property
    def every(self) -> timedelta:
        return timedelta(seconds=self.every_seconds)


# Statements that every visit needs are built once: to build one takes longer than to run it.
_FACTS = columns(*(_FEEDS.c[each.name] for each in fields(DueFeed)))
_TURNS = (
    columns(
        _FEEDS.c.id,
        func.row_number()
        .over(partition_by=_FEEDS.c.turns_at, order_by=(_FEEDS.c.next_poll_at, _FEEDS.c.id))
        .label("turn"),
    )
    .where(
        _FEEDS.c.next_poll_at <= bindparam("now"),
        _FEEDS.c.retired_at.is_(None),
        _FEEDS.c.gone_at.is_(None),
        or_(_FEEDS.c.claimed_until.is_(None), _FEEDS.c.claimed_until < bindparam("now")),
        _FEEDS.c.turns_at.not_in(bindparam("busy", expanding=True)),
    )
    .subquery()
)
_DUE = (
    _FACTS.where(_FEEDS.c.id.in_(columns(_TURNS.c.id).where(_TURNS.c.turn == 1)))
    .order_by(_FEEDS.c.next_poll_at, _FEEDS.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    _FEEDS.update()
    .where(_FEEDS.c.id.in_(bindparam("which", expanding=True)))
    .values(claim=bindparam("word"), claimed_until=bindparam("until"))
)
_OURS = (
    columns(_FEEDS.c.id)
    .where(_FEEDS.c.id.in_(bindparam("which", expanding=True)), _FEEDS.c.claim == bindparam("word"))
    .with_for_update()
)


def sync(session: Session, wanted: Iterable[WantedFeed], now: datetime) -> None:
    """Make the rows follow the config: new feeds are due at once, absent ones retire and keep their history."""
    rows = {feed.url: feed for feed in session.exec(select(Feed))}
    kept = set()
    for feed in wanted:
        kept.add(feed.url)
        every = int(feed.every.total_seconds())
        row = rows.get(feed.url)
        if row is None:
            row = Feed(url=feed.url, address=feed.url, next_poll_at=now, every_seconds=every)
        elif row.retired_at is not None:
            # What it shows after its absence is a back catalogue, as at its first poll.
            row.retired_at, row.next_poll_at, row.last_good_at, row.address = None, now, None, row.url
            _reset(row)
        elif every < row.every_seconds:
            row.next_poll_at = min(row.next_poll_at, now + feed.every)
        row.name, row.publisher, row.family = feed.name, feed.publisher, feed.family
        row.language = feed.language
        if feed.host != row.host:
            row.host = row.turns_at = feed.host
        row.tags, row.every_seconds, row.own_pace = list(feed.tags), every, feed.own_pace
        session.add(row)
    for url, row in rows.items():
        if url not in kept and row.retired_at is None:
            row.retired_at = now
            session.add(row)


def _reset(feed: Feed) -> None:
    for name, value in _RESET.items():
        setattr(feed, name, value)


def of_site(session: Session, host: str) -> list[Feed]:
    """The watched feeds of a host, of its parents or of its children: news.example.org is watched by example.org."""
    host = host.removeprefix("www.")
    hosts = [(feed, feed.host.partition(":")[0].removeprefix("www.")) for feed in watched(session)]
    return [feed for feed, own in hosts if host and (f".{host}".endswith(f".{own}") or f".{own}".endswith(f".{host}"))]


def claim_due(session: Session, now: datetime, limit: int, busy_hosts: Collection[str], claim: str) -> list[DueFeed]:
    """Due feeds, nobody else's until `settle` or for CLAIM_FOR; one per host where they lead, longest overdue first."""
    asked = {"now": now, "busy": list(busy_hosts), "most": limit}
    chosen = [DueFeed(*row) for row in session.connection().execute(_DUE, asked)]
    if chosen:
        mine = {"which": [feed.id for feed in chosen], "word": claim, "until": now + CLAIM_FOR}
        session.connection().execute(_CLAIM, mine)
    return chosen


def unasked(url: str, name: str) -> DueFeed:
    """A feed of which nothing is stored."""
    return DueFeed(0, url, name, "", url)


def as_due(session: Session, feed_id: int) -> DueFeed | None:
    """A watched feed as a visit sees it, claimed by nobody."""
    row = session.execute(_FACTS.where(col(Feed.id) == feed_id, col(Feed.retired_at).is_(None))).first()
    return DueFeed(*row) if row else None


def still_claimed(session: Session, feed_ids: Iterable[int], claim: str) -> set[int]:
    """Which of these feeds are ours under this claim; they stay so until the end of the transaction."""
    return set(session.connection().execute(_OURS, {"which": list(feed_ids), "word": claim}).scalars())


def settle(session: Session, visits: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Write down visits: for each the feed's `id`, its `next_poll_at`, and what else has changed of its row."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for visit in visits:
        # A statement takes bound names, and `id` is the column's own.
        row = {"which": visit["id"], "at": now, **{name: visit[name] for name in visit if name != "id"}}
        groups.setdefault(tuple(sorted(row)), []).append(row)
    for names, rows in groups.items():
        session.connection().execute(_settling(names), rows)


@lru_cache
def _settling(names: tuple[str, ...]) -> Update:
    """Kept: to build it takes as long as to write a feed down with it, and visits end in a few ways only."""
    changes: dict[str, Any] = {name: bindparam(name) for name in names if name not in ("which", "at")}
    changes |= {"polls": _FEEDS.c.polls + 1, "last_polled_at": bindparam("at"), "claim": "", "claimed_until": None}
    return _FEEDS.update().where(_FEEDS.c.id == bindparam("which")).values(changes)


def amend(session: Session, feed_id: int, changes: Mapping[str, Any]) -> None:
    """Change a row apart from its turns."""
    if changes:
        session.exec(update(Feed).where(col(Feed.id) == feed_id).values(**changes))


def ask_again(session: Session, kinds: Sequence[str], since: datetime, until: datetime, now: datetime) -> None:
    """Feeds in these kinds of trouble, that began between `since` and `until`, become due at once."""
    waiting = (col(Feed.failures) > 0, col(Feed.next_poll_at) > now, col(Feed.claim) == "")
    together = (col(Feed.trouble_kind).in_(kinds), col(Feed.failing_since).between(since, until))
    session.exec(update(Feed).where(*waiting, *together).values(next_poll_at=now))


def let_go(session: Session, feed_ids: Sequence[int], claim: str) -> None:
    """Give back feeds that were claimed and never asked."""
    mine = update(Feed).where(col(Feed.id).in_(feed_ids), col(Feed.claim) == claim)
    session.exec(mine.values(claim="", claimed_until=None))


def release_claims(session: Session) -> None:
    """At start, when nobody else can be at work: claims of a dead process are nobody's."""
    session.exec(update(Feed).values(claim="", claimed_until=None))


def habits(session: Session) -> list[tuple[dict[str, Any], float, datetime | None]]:
    """Rhythm, lead and its time of every watched feed whose pause is not the operator's choice."""
    wanted = select(col(Feed.rhythm), col(Feed.lead), col(Feed.led_at)).where(
        col(Feed.retired_at).is_(None), col(Feed.gone_at).is_(None), col(Feed.own_pace).is_(False)
    )
    return [(rhythm, lead, led_at) for rhythm, lead, led_at in session.exec(wanted)]


def make_due(session: Session, names: Collection[str], now: datetime) -> list[Feed]:
    """The named feeds (all, if none is named) become due at once; one named is tried although it is gone."""
    chosen = [feed for feed in watched(session) if not names or feed.name in names or feed.url in names]
    for feed in chosen:
        feed.next_poll_at = now
        if names:
            feed.gone_at, feed.killer, feed.deaths = None, "", 0
        session.add(feed)
    return chosen


def watched(session: Session) -> list[Feed]:
    return list(session.exec(select(Feed).where(col(Feed.retired_at).is_(None)).order_by(col(Feed.id))))
