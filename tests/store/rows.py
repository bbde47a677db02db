"""Rows that the stories about the store begin with."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, select

from monitor.core.rhythm import Pace
from monitor.core.values import ParsedEntry, ParsedFeed
from monitor.jobs.take_in import Outcome, Read, TakenIn, Terms, Visit, take_in
from monitor.models import Alert, Briefing, Delivery, Entry, Feed, Story, Subscriber
from monitor.store import feeds, owing, subscribers
from monitor.store.feeds import WantedFeed
from monitor.words import Severity

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def wanted(
    name: str = "herald", *, host: str = "", every: timedelta = timedelta(minutes=15), publisher: str = "Herald"
) -> WantedFeed:
    host = host or f"{name}.test"
    return WantedFeed(f"https://{host}/{name}", name, publisher, publisher, "en", (), host, every)


def watch(session: Session, *names: str, now: datetime = NOW) -> None:
    feeds.sync(session, [wanted(name) for name in names], now)


def feed_named(session: Session, name: str) -> Feed:
    return session.exec(select(Feed).where(Feed.name == name)).one()


def item(number: int, *, guid: str | None = None, title: str | None = None, link: str | None = None) -> ParsedEntry:
    return ParsedEntry(
        guid=f"guid-{number}" if guid is None else guid,
        link=f"https://herald.test/{number}" if link is None else link,
        title=f"News number {number}" if title is None else title,
        summary=f"What happened, {number}.",
        published=NOW - number * MINUTE,
        tags=("politics",),
    )


def read(entries: Iterable[ParsedEntry], digest: str = "digest-1") -> Read:
    told = tuple(entries)
    return Read(ParsedFeed("rss20", entries=told, shown=len(told)), digest, '"v1"', "Mon, 02 Mar 2026 11:00:00 GMT")


# Without a price every feed is asked at the mean pace.
TERMS = Terms(Pace(15 * MINUTE, 3 * MINUTE, HOUR), None)


def visit(
    session: Session, outcome: Outcome, now: datetime = NOW, *, name: str = "herald", who: str = "me", luck: float = 0.5
) -> TakenIn:
    """A whole visit to a feed, due or not."""
    feed = feed_named(session, name)
    feed.claim = who
    session.flush()
    due = feeds.as_due(session, feed.id)
    assert due is not None
    (came,) = take_in(session, who, [Visit(due, outcome, luck)], now, TERMS)
    session.expire_all()
    return came


def all_entries(session: Session) -> list[Entry]:
    return list(session.exec(select(Entry).order_by(Entry.id)))  # type: ignore[arg-type]


def subscribe(session: Session, address: str = "reader@example.org", now: datetime = NOW) -> Subscriber:
    return subscribers.add(
        session,
        address,
        zone="Europe/Warsaw",
        briefing=True,
        briefing_at=time(7),
        alert_from=Severity.HIGH,
        now=now,
        consent="added by the operator",
    )


def start_story(session: Session, title: str, now: datetime) -> Story:
    story = Story(title=title, first_seen_at=now, last_seen_at=now)
    session.add(story)
    session.flush()
    return story


def alert_on(session: Session, title: str = "Border closed", revision: int = 1) -> Alert:
    story = start_story(session, title, NOW)
    alert = Alert(story_id=story.id, severity=Severity.HIGH, revision=revision, first_told_at=NOW, last_told_at=NOW)
    session.add(alert)
    session.flush()
    return alert


def briefing_for(session: Session, person: Subscriber, day: date = TODAY, upto: int = 0) -> Briefing:
    briefing = Briefing(
        subscriber_id=person.id,
        local_date=day,
        after_arrival=0,
        upto_arrival=upto,
        written_at=NOW,
        edition_id=0,
    )
    session.add(briefing)
    session.flush()
    return briefing


def owe_an_alert(session: Session, address: str = "reader@example.org") -> int:
    """Someone is owed an alert; the id of that debt."""
    person = subscribers.by_address(session, address) or subscribe(session, address)
    alert = alert_on(session)
    owe_telling(session, alert, person, NOW)
    return debt(session, f"alert:{alert.id}:1:{person.id}").id


def debt(session: Session, key: str) -> Delivery:
    return session.exec(select(Delivery).where(Delivery.key == key)).one()


def delivery(session: Session, delivery_id: int) -> Delivery:
    return session.get_one(Delivery, delivery_id)


def owe_telling(session: Session, alert: Alert, person: Subscriber, now: datetime) -> Delivery:
    """The alert's present revision, owed to this person."""
    return owing.owe_alert(session, alert.id, alert.revision, owing.Address(person.id, person.address), now)
