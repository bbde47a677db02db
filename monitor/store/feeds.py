"""Feeds: which are due, and how asking them went."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select, update

from monitor.models import Feed

# A claim outlives any fetch; when its holder dies the feed is due again after this.
CLAIM_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class WantedFeed:
    url: str
    name: str
    publisher: str
    language: str
    tags: tuple[str, ...]
    host: str
    every: timedelta


def sync(session: Session, wanted: Iterable[WantedFeed], now: datetime) -> None:
    """Make the rows follow the config: new feeds are due at once, absent ones retire and keep their history."""
    rows = {feed.url: feed for feed in session.exec(select(Feed))}
    kept = set()
    for feed in wanted:
        kept.add(feed.url)
        every = int(feed.every.total_seconds())
        row = rows.get(feed.url)
        if row is None:
            row = Feed(url=feed.url, next_poll_at=now, every_seconds=every)
        elif row.retired_at is not None:
            # What it shows after its absence is a back catalogue, as at its first poll.
            row.retired_at, row.next_poll_at, row.last_good_at, row.body_hash = None, now, None, ""
            row.etag = row.last_modified = ""
        elif every < row.every_seconds:
            row.next_poll_at = min(row.next_poll_at, now + feed.every)
        row.name, row.publisher, row.language = feed.name, feed.publisher, feed.language
        row.tags, row.host, row.every_seconds = list(feed.tags), feed.host, every
        session.add(row)
    for url, row in rows.items():
        if url not in kept and row.retired_at is None:
            row.retired_at = now
            session.add(row)


def of_site(session: Session, host: str) -> list[Feed]:
    """The watched feeds of a host, of its parents or of its children: news.example.org is watched by example.org."""
    host = host.removeprefix("www.")
    watched_now = session.exec(select(Feed).where(col(Feed.retired_at).is_(None)).order_by(col(Feed.id)))
    hosts = [(feed, feed.host.partition(":")[0].removeprefix("www.")) for feed in watched_now]
    return [feed for feed, own in hosts if host and (f".{host}".endswith(f".{own}") or f".{own}".endswith(f".{host}"))]


def claim_due(session: Session, now: datetime, limit: int, busy_hosts: Collection[str], claim: str) -> list[Feed]:
    """Due feeds, nobody else's until `settle` or for CLAIM_FOR; one per host, longest overdue first."""
    turn = func.row_number().over(partition_by=col(Feed.host), order_by=(col(Feed.next_poll_at), col(Feed.id)))
    first_of_host = (
        select(col(Feed.id).label("id"), turn.label("turn"))
        .where(
            col(Feed.next_poll_at) <= now,
            col(Feed.retired_at).is_(None),
            or_(col(Feed.claimed_until).is_(None), col(Feed.claimed_until) < now),
            col(Feed.host).not_in(busy_hosts),
        )
        .subquery()
    )
    due = session.exec(
        select(Feed)
        .where(col(Feed.id).in_(select(first_of_host.c.id).where(first_of_host.c.turn == 1)))
        .order_by(col(Feed.next_poll_at), col(Feed.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    chosen = list(due)
    for feed in chosen:
        feed.claim, feed.claimed_until = claim, now + CLAIM_FOR
        session.add(feed)
    return chosen


def claimed(session: Session, feed_id: int, claim: str) -> Feed | None:
    """The feed, if it is still ours under this claim."""
    feed = session.get(Feed, feed_id, with_for_update=True)
    return feed if feed is not None and feed.claim == claim else None


def record_good(feed: Feed, now: datetime, next_poll_at: datetime, damage: str = "") -> None:
    """`damage`: it could be read, but not all of it was whole."""
    _record(feed, now, next_poll_at)
    feed.last_good_at = now
    feed.failures, feed.failing_since = 0, None
    feed.trouble_kind, feed.trouble = ("damaged", damage) if damage else ("", "")


def record_trouble(feed: Feed, now: datetime, next_poll_at: datetime, kind: str, reason: str) -> None:
    _record(feed, now, next_poll_at)
    feed.failures += 1
    feed.failing_since = feed.failing_since or now
    feed.trouble_kind, feed.trouble = kind, reason


def _record(feed: Feed, now: datetime, next_poll_at: datetime) -> None:
    feed.polls += 1
    feed.last_polled_at, feed.next_poll_at = now, next_poll_at
    feed.claim, feed.claimed_until = "", None


def release_claims(session: Session) -> None:
    """At start, when nobody else can be at work: claims of a dead process are nobody's."""
    session.exec(update(Feed).values(claim="", claimed_until=None))


def make_due(session: Session, names: Collection[str], now: datetime) -> list[Feed]:
    """The named feeds (all, if none is named) become due at once."""
    chosen = [feed for feed in watched(session) if not names or feed.name in names or feed.url in names]
    for feed in chosen:
        feed.next_poll_at = now
        session.add(feed)
    return chosen


def watched(session: Session) -> list[Feed]:
    return list(session.exec(select(Feed).where(col(Feed.retired_at).is_(None)).order_by(col(Feed.id))))
