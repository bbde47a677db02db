"""What strangers may read: the reports of those feeds that anybody may ask."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import load_only
from sqlmodel import Session, col, func, select

from monitor.core.links import canonical_link
from monitor.models import Briefing, Delivery, DeliveryStatus, Entry, Feed, FeedDay, Match
from monitor.words import Disposition

# Databases take so many values in a query, and more.
_TOGETHER = 500
_LATELY = 2_000
_WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)


def open_links(session: Session, links: Collection[str], urls: Collection[str]) -> set[str]:
    """Those of these links that an entry of one of these feeds has."""
    wanted = {canonical: link for link in links if (canonical := canonical_link(link))}
    found: set[str] = set()
    for some in _some(list(wanted)):
        rows = session.exec(
            select(Entry.link, Feed.url)
            .join(Feed, col(Feed.id) == Entry.feed_id)
            .where(col(Entry.canonical_link).in_(some))
        )
        found |= {link for link, url in rows if url in urls}
    return found & set(links)


def open_titles(session: Session, story_ids: Collection[int], urls: Collection[str]) -> set[tuple[int, str]]:
    """(story, headline) of the entries without a link that one of these feeds has brought."""
    found: set[tuple[int, str]] = set()
    for some in _some(list(story_ids)):
        rows = session.exec(
            select(Entry.story_id, Entry.title, Feed.url)
            .join(Feed, col(Feed.id) == Entry.feed_id)
            .where(col(Entry.story_id).in_(some), Entry.link == "")
        )
        found |= {(story, title) for story, title, url in rows if story is not None and url in urls}
    return found


def _some(values: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    for begin in range(0, len(values), _TOGETHER):
        yield values[begin : begin + _TOGETHER]


def open_reports(session: Session, story_id: int, urls: Collection[str]) -> list[tuple[Entry, Feed]]:
    """Those of the story's reports that one of these feeds has brought, in the order they came."""
    rows = session.exec(
        select(Entry, Feed)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Entry.story_id == story_id)
        .options(
            load_only(Entry.title, Entry.link, Entry.language, Entry.voice, Entry.published_at, Entry.arrived_at),  # type: ignore[arg-type]
            load_only(Feed.url, Feed.publisher),  # type: ignore[arg-type]
        )
        .order_by(col(Entry.id))
    )
    return [(entry, feed) for entry, feed in rows if feed.url in urls]


def rules_of(session: Session, entry_ids: Collection[int]) -> set[str]:
    """The rules that speak of these entries."""
    found: set[str] = set()
    for some in _some(list(entry_ids)):
        wanted = select(Match.rule).where(
            col(Match.entry_id).in_(some), col(Match.over_at).is_(None), Match.disposition != Disposition.DROPPED
        )
        found |= set(session.exec(wanted.distinct()))
    return found


def seen_since(session: Session, since: datetime) -> int:
    """How many of the feeds have given a good answer since then."""
    wanted = select(func.count()).select_from(Feed)
    return session.exec(wanted.where(col(Feed.retired_at).is_(None), col(Feed.last_good_at) >= since)).one()


def last_entry_at(session: Session) -> datetime | None:
    return session.exec(select(func.max(Entry.arrived_at))).one()


def last_mail_at(session: Session) -> datetime | None:
    """When a server took a mail last. Of a long history the latest part is looked at first: it nearly always has it."""
    lately = select(Delivery.id).order_by(col(Delivery.id).desc()).offset(_LATELY).limit(1)
    begin = session.exec(lately).first()
    sent = (Delivery.channel == "", Delivery.status == DeliveryStatus.SENT)
    wanted = select(func.max(Delivery.settled_at)).where(*sent)
    found = session.exec(wanted.where(col(Delivery.id) > begin)).one() if begin is not None else None
    return found or session.exec(wanted).one()


def waiting_since(session: Session) -> tuple[int, datetime | None]:
    """How many mails wait, and since when the oldest does."""
    waiting = (Delivery.channel == "", col(Delivery.status).in_(_WAITING))
    return session.exec(select(func.count(), func.min(Delivery.owed_at)).where(*waiting)).one()


def last_briefing_at(session: Session) -> datetime | None:
    return session.exec(select(Briefing.written_at).order_by(col(Briefing.id).desc()).limit(1)).first()


def polls_by_day(session: Session, first: date, last: date) -> list[tuple[date, int, int]]:
    """(day, good polls, failed ones) of all feeds together, for each day from the first to the last."""
    wanted = select(col(FeedDay.day), func.sum(FeedDay.polls), func.sum(FeedDay.failures)).where(
        col(FeedDay.day) >= first
    )
    counts = {day: (polls, failures) for day, polls, failures in session.exec(wanted.group_by(col(FeedDay.day)))}
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    found = [(day, *counts.get(day, (0, 0))) for day in days]
    return [(day, polls - failures, failures) for day, polls, failures in found]
