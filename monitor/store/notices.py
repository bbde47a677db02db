"""Notices: how the feeds are, what the operator has heard of it, and what no mail server has taken yet."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import defer
from sqlmodel import Session, col, delete, func, or_, select, update

from monitor.core.health import Facts
from monitor.core.links import without_credentials
from monitor.core.rhythm import quiet_too_long, rhythm_from
from monitor.core.telling import Case
from monitor.models import Delivery, DeliveryKind, DeliveryStatus, Entry, Feed, FeedCase, Notice

# Sooner nobody calls a feed silent, so that most need not be looked at.
_NEVER_SILENT_BEFORE = timedelta(hours=3)
_ASKED = (col(Feed.retired_at).is_(None), col(Feed.gone_at).is_(None))
_UNTAKEN = (
    col(Delivery.kind) == DeliveryKind.NOTICE,
    col(Delivery.status) == DeliveryStatus.QUEUED,
    col(Delivery.attempts) == 0,
)
_CASE = tuple(Case.__dataclass_fields__)


def facts_of(feed: Feed) -> Facts:
    """`silent` counts up to the last good poll: while a feed cannot be read nobody knows what it brings."""
    return Facts(
        id=feed.id,
        name=feed.name,
        url=without_credentials(feed.url),
        host=feed.host,
        address=without_credentials(feed.address or feed.url),
        retired_at=feed.retired_at,
        gone_at=feed.gone_at,
        last_polled_at=feed.last_polled_at,
        last_good_at=feed.last_good_at,
        last_new_at=feed.last_new_at,
        next_poll_at=feed.next_poll_at,
        failures=feed.failures,
        failing_since=feed.failing_since,
        kind=feed.trouble_kind,
        trouble=feed.trouble,
        deaths=feed.deaths,
        silent=_is_silent(feed),
    )


def _is_silent(feed: Feed) -> bool:
    if feed.last_new_at is None or feed.last_good_at is None:
        return False
    return quiet_too_long(rhythm_from(feed.rhythm), feed.last_new_at, feed.last_good_at)


def followed(session: Session, now: datetime, *, silent_ones: bool = True) -> list[tuple[Facts, Case | None]]:
    """The feeds that may be in trouble, and those that have a case; finding the silent ones takes longest."""
    ill = or_(Feed.failures > 0, col(Feed.gone_at).is_not(None), col(Feed.address) != Feed.url)
    if silent_ones:
        ill = or_(ill, col(Feed.last_new_at) < now - _NEVER_SILENT_BEFORE)
    rows = session.exec(
        select(Feed, FeedCase)
        .join(FeedCase, col(FeedCase.feed_id) == Feed.id, isouter=True)
        .where(or_(col(FeedCase.feed_id).is_not(None), col(Feed.retired_at).is_(None) & ill))
        .options(defer(Feed.known_items), defer(Feed.wishes), defer(Feed.tags))  # type: ignore[arg-type]
        .order_by(col(Feed.id))
    )
    found = [(facts_of(feed), _case(case) if case else None) for feed, case in rows]
    return [
        (facts, case)
        for facts, case in found
        if case or facts.failures or facts.gone_at or facts.moved_to or facts.silent
    ]


def _case(row: FeedCase) -> Case:
    return Case(**{name: getattr(row, name) for name in _CASE})


def keep(session: Session, cases: Mapping[int, Case | None]) -> None:
    for feed_id, case in cases.items():
        if case is None:
            session.exec(delete(FeedCase).where(col(FeedCase.feed_id) == feed_id))
        else:
            session.merge(FeedCase(feed_id=feed_id, **{name: getattr(case, name) for name in _CASE}))


def watched(session: Session) -> int:
    """How many feeds are asked at all."""
    return session.exec(select(func.count()).select_from(Feed).where(*_ASKED)).one()


def good_polls(session: Session) -> list[datetime]:
    """When each feed was read last, of those that ever were."""
    return [moment for moment in session.exec(select(Feed.last_good_at).where(*_ASKED)) if moment is not None]


def caught_up(session: Session, feeds: Iterable[tuple[int, datetime]]) -> dict[int, int]:
    """How many entries each of these feeds brought since then."""
    return {
        feed_id: session.exec(
            select(func.count()).select_from(Entry).where(Entry.feed_id == feed_id, col(Entry.arrived_at) >= since)
        ).one()
        for feed_id, since in feeds
    }


def written_since(session: Session, since: datetime) -> list[datetime]:
    return list(session.exec(select(Notice.written_at).where(col(Notice.written_at) > since)))


def untaken(session: Session) -> list[Notice]:
    """The notices that no mail server has been offered yet."""
    waiting = select(Notice).join(Delivery, col(Delivery.notice_id) == Notice.id).where(*_UNTAKEN)
    return list(session.exec(waiting.order_by(col(Notice.id))))


def withdraw_untaken(session: Session, now: datetime) -> None:
    """What waits for a mail server would be stale when it comes."""
    settled = {"status": DeliveryStatus.CANCELLED, "settled_at": now, "reply": "a later notice says it"}
    session.exec(update(Delivery).where(*_UNTAKEN).values(settled))
