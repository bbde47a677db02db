"""Feeds: which are due, and how asking them went."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, bindparam
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
}


@dataclass(frozen=True, slots=True)
class WantedFeed:
    url: str
    name: str
    publisher: str
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
    host: str
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

    @property
    def every(self) -> timedelta:
        return timedelta(seconds=self.every_seconds)


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
        row.name, row.publisher, row.language = feed.name, feed.publisher, feed.language
        row.tags, row.host, row.every_seconds, row.own_pace = list(feed.tags), feed.host, every, feed.own_pace
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
    """Due feeds, nobody else's until `settle` or for CLAIM_FOR; one per host, longest overdue first."""
    turn = func.row_number().over(partition_by=col(Feed.host), order_by=(col(Feed.next_poll_at), col(Feed.id)))
    first_of_host = (
        select(col(Feed.id).label("id"), turn.label("turn"))
        .where(
            col(Feed.next_poll_at) <= now,
            col(Feed.retired_at).is_(None),
            col(Feed.gone_at).is_(None),
            or_(col(Feed.claimed_until).is_(None), col(Feed.claimed_until) < now),
            col(Feed.host).not_in(busy_hosts),
        )
        .subquery()
    )
    due = _facts().where(col(Feed.id).in_(select(first_of_host.c.id).where(first_of_host.c.turn == 1)))
    due = due.order_by(col(Feed.next_poll_at), col(Feed.id)).limit(limit).with_for_update(skip_locked=True)
    chosen = [DueFeed(*row) for row in session.execute(due)]
    mine = update(Feed).where(col(Feed.id).in_([feed.id for feed in chosen]))
    if chosen:
        session.exec(mine.values(claim=claim, claimed_until=now + CLAIM_FOR))
    return chosen


def _facts() -> Select[Any]:
    return columns(*(_FEEDS.c[each.name] for each in fields(DueFeed)))


def unasked(url: str, name: str, host: str) -> DueFeed:
    """A feed of which nothing is stored."""
    return DueFeed(0, url, name, host, url)


def as_due(session: Session, feed_id: int) -> DueFeed | None:
    """A watched feed as a visit sees it, claimed by nobody."""
    row = session.execute(_facts().where(col(Feed.id) == feed_id, col(Feed.retired_at).is_(None))).first()
    return DueFeed(*row) if row else None


def still_claimed(session: Session, feed_ids: Iterable[int], claim: str) -> set[int]:
    """Which of these feeds are ours under this claim; they stay so until the end of the transaction."""
    ours = select(Feed.id).where(col(Feed.id).in_(list(feed_ids)), Feed.claim == claim).with_for_update()
    return set(session.exec(ours))


def settle(session: Session, visits: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Write down visits: for each the feed's `id`, its `next_poll_at`, and what else has changed of its row."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for visit in visits:
        # A statement takes bound names, and `id` is the column's own.
        row = {"which": visit["id"], **{name: visit[name] for name in visit if name != "id"}}
        groups.setdefault(tuple(sorted(row)), []).append(row)
    for names, rows in groups.items():
        changes: dict[str, Any] = {name: bindparam(name) for name in names if name != "which"}
        changes |= {"polls": _FEEDS.c.polls + 1, "last_polled_at": now, "claim": "", "claimed_until": None}
        session.connection().execute(_FEEDS.update().where(_FEEDS.c.id == bindparam("which")).values(changes), rows)


def amend(session: Session, feed_id: int, changes: Mapping[str, Any]) -> None:
    """Change a row apart from its turns."""
    if changes:
        session.exec(update(Feed).where(col(Feed.id) == feed_id).values(**changes))


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
