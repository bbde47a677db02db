"""Promises of hubs to tell us of a feed's news, and how they are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, func, or_, select, update

from monitor.core.links import without_credentials
from monitor.core.push import after_refusal, ask_again_at, renew_at
from monitor.models import Feed, Push, PushState

# A hub that has not let us go after so many wishes learns it from our 410 at its next delivery.
_FAREWELLS = 3
_LONGEST = 2_000  # characters of an address, about what servers take
_UNVERIFIED = "the hub took our wish, and never came to verify it"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a hub is to be asked on behalf of a feed; `leaving`: to tell us no more."""

    push_id: int
    feed_url: str
    hub: str
    topic: str
    base: str
    token: str
    secret: str
    leaving: bool


def by_feed(session: Session) -> dict[int, Push]:
    return {push.feed_id: push for push in session.exec(select(Push))}


def by_token(session: Session, token: str) -> Push | None:
    return session.exec(select(Push).where(Push.token == token)).first()


def live_feeds(session: Session, now: datetime) -> set[int]:
    """The feeds whose hub can be relied upon: the promise stands, the hub has told us something, and no poll since
    has found what it had not told."""
    return set(session.exec(select(Push.feed_id).where(_live(now))))


def catch_up(session: Session, now: datetime) -> None:
    """At start: what hubs said while nobody listened is found by asking."""
    relied_upon = select(Push.feed_id).where(_live(now))
    session.exec(
        update(Feed).where(col(Feed.id).in_(relied_upon), col(Feed.next_poll_at) > now).values(next_poll_at=now)
    )


def out_of_step(session: Session, base: str, seek: bool) -> bool:
    """Whether `follow` would change anything."""
    wanted, rows = _wanted(session) if base and seek else {}, by_feed(session)
    if any(_seeks_else(rows.get(feed_id), base, *place) for feed_id, place in wanted.items()):
        return True
    return any(not base or row.state != PushState.LEAVING for feed_id, row in rows.items() if feed_id not in wanted)


def follow(session: Session, base: str, seek: bool, now: datetime, word: Callable[[], str]) -> None:
    """Make the rows follow the feeds that name a hub. `base` is our public address, "" while nobody can reach us;
    `word` makes secrets.

    Where hub, topic or address change, the promise is sought anew under another token: the old callback is gone, and
    says so to a hub that still uses it.
    """
    rows = by_feed(session)
    wanted = _wanted(session) if base and seek else {}
    for feed_id, (hub, topic) in wanted.items():
        row = rows.get(feed_id)
        if not _seeks_else(row, base, hub, topic):
            continue
        row = row or Push(feed_id=feed_id, ask_again_at=now)
        row.hub, row.topic, row.base, row.token, row.secret = hub, topic, base, word(), word()
        row.state, row.ask_again_at, row.failures, row.trouble = PushState.ASKED, now, 0, ""
        row.kept_until = row.heard_at = row.missed_at = None
        row.forged = 0
        session.add(row)
    for feed_id, row in rows.items():
        if feed_id in wanted:
            continue
        if not base:
            session.delete(row)
        elif row.state != PushState.LEAVING:
            row.state, row.ask_again_at, row.failures, row.trouble = PushState.LEAVING, now, 0, ""
            session.add(row)


def are_due(session: Session, now: datetime) -> bool:
    return session.exec(select(Push.id).where(col(Push.ask_again_at) <= now).limit(1)).first() is not None


def claim_wishes(session: Session, now: datetime) -> list[Wish]:
    """Wishes that are due, one a hub. Each counts as failed, and is due again, until the hub verifies it."""
    due = select(Push, Feed.url).join(Feed).where(col(Push.ask_again_at) <= now).order_by(col(Push.ask_again_at))
    wishes: dict[str, Wish] = {}
    for row, feed_url in session.exec(due):
        if row.hub in wishes:
            continue
        stands = row.kept_until is not None and row.kept_until > now
        leaving = row.state == PushState.LEAVING
        if leaving and (not stands or row.failures >= _FAREWELLS):
            session.delete(row)
            continue
        if not leaving and not stands:
            row.state = PushState.ASKED
        if row.failures and not row.trouble:
            row.trouble = _UNVERIFIED
        row.failures += 1
        row.ask_again_at = ask_again_at(now, row.failures)
        session.add(row)
        wishes[row.hub] = Wish(row.id, feed_url, row.hub, row.topic, row.base, row.token, row.secret, leaving)
    return list(wishes.values())


def declined(session: Session, wish: Wish, trouble: str, not_before: datetime, *, unreachable: bool) -> None:
    """The hub did not take the wish. One that is out of reach is left alone for all its feeds."""
    row = session.get(Push, wish.push_id)
    # A hub may verify before it answers; then its answer, or none, no longer matters.
    if row is None or row.token != wish.token or not row.failures:
        return
    row.trouble, row.ask_again_at = trouble, max(row.ask_again_at, not_before)
    session.add(row)
    if unreachable:
        session.exec(
            update(Push)
            .where(col(Push.hub) == wish.hub, col(Push.ask_again_at) < row.ask_again_at)
            .values(ask_again_at=row.ask_again_at)
        )


def verified(session: Session, token: str, topic: str, lasts: timedelta, now: datetime) -> bool:
    """A hub asks whether we wish to be told of this topic; if we do, its promise stands from now on."""
    row = by_token(session, token)
    if row is None or row.topic != topic or row.state not in (PushState.ASKED, PushState.KEPT):
        return False
    row.state, row.kept_until, row.ask_again_at = PushState.KEPT, now + lasts, renew_at(now, lasts)
    row.failures, row.trouble = 0, ""
    session.add(row)
    return True


def let_go(session: Session, token: str, topic: str) -> bool:
    """A hub asks whether we wish to be told no more; if so, its promise is over."""
    row = by_token(session, token)
    if row is None or row.topic != topic or row.state != PushState.LEAVING:
        return False
    session.delete(row)
    return True


def denied(session: Session, token: str, topic: str, reason: str, now: datetime) -> bool:
    """A hub takes its promise back, or never gives it."""
    row = by_token(session, token)
    if row is None or row.topic != topic:
        return False
    if row.state == PushState.LEAVING:
        session.delete(row)
        return True
    row.state, row.kept_until, row.trouble = PushState.REFUSED, None, reason
    row.ask_again_at = after_refusal(now, row.failures)
    session.add(row)
    return True


def heard(session: Session, push_id: int, now: datetime, *, ask: bool) -> None:
    """A delivery came; `ask`: it only says that there is news, and the feed itself must tell what."""
    row = session.get(Push, push_id)
    if row is None:
        return
    row.heard_at = now
    session.add(row)
    if ask:
        session.exec(
            update(Feed).where(col(Feed.id) == row.feed_id, col(Feed.next_poll_at) > now).values(next_poll_at=now)
        )


def missed(session: Session, feed_id: int, now: datetime) -> None:
    """A poll found news that the hub had not told: it is not relied upon until it tells us something again."""
    session.exec(update(Push).where(col(Push.feed_id) == feed_id).values(missed_at=now))


def forged(session: Session, push_id: int) -> None:
    session.exec(update(Push).where(col(Push.id) == push_id).values(forged=Push.forged + 1))


def _live(now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Push.state) == PushState.KEPT,
        col(Push.kept_until) > now,
        or_(
            and_(col(Push.heard_at).is_not(None), col(Push.missed_at).is_(None)),
            col(Push.heard_at) > col(Push.missed_at),
        ),
    )


def _wanted(session: Session) -> dict[int, tuple[str, str]]:
    """Hub and topic of each feed that names a hub; one without a `self` link is its own topic."""
    named = select(Feed.id, Feed.hub, Feed.topic, Feed.address).where(
        func.length(Feed.hub).between(1, _LONGEST),
        func.length(Feed.topic) <= _LONGEST,
        col(Feed.retired_at).is_(None),
        col(Feed.gone_at).is_(None),
    )
    return {
        feed_id: (hub, topic or without_credentials(address)) for feed_id, hub, topic, address in session.exec(named)
    }


def _seeks_else(row: Push | None, base: str, hub: str, topic: str) -> bool:
    return row is None or row.state == PushState.LEAVING or (row.hub, row.topic, row.base) != (hub, topic, base)
