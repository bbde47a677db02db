"""What the operator and strangers read in counts, on both databases."""

from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session

from monitor.models import (
    Bounce,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Entry,
    Feed,
    FeedDay,
    Match,
    Pause,
    Record,
    Story,
    Subscriber,
    SubscriberState,
)
from monitor.store import mending, overview, reading
from monitor.store.db import Database
from monitor.words import Deed, Disposition, Severity, Verdict

NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
DAYS = overview.days_upto(NOW.date(), 3)


def mail(number: int, **more: object) -> Delivery:
    said: dict[str, object] = {
        "key": f"invented:{number}",
        "kind": DeliveryKind.BRIEFING,
        "lane": 2,
        "recipient": f"reader{number}@post.test",
        "domain": "post.test",
        "owed_at": NOW,
        "next_try_at": NOW,
    }
    return Delivery(**{**said, **more})  # type: ignore[arg-type]


def feed(number: int, **more: object) -> Feed:
    url = f"https://paper{number}.test/feed"
    said: dict[str, object] = {"url": url, "address": url, "next_poll_at": NOW, "every_seconds": 900}
    return Feed(**{**said, **more})  # type: ignore[arg-type]


async def keep(db: Database, *rows: object) -> None:
    def change(session: Session) -> None:
        for row in rows:
            session.add(row)
            session.flush()

    await db.write(change)


async def test_mails_are_counted_on_the_day_of_utc_on_which_they_left(db: Database) -> None:
    late, early = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    sent, failed = DeliveryStatus.SENT, DeliveryStatus.FAILED
    await keep(
        db,
        mail(1, status=sent, settled_at=late),
        mail(2, status=sent, settled_at=early),
        mail(3, status=sent, settled_at=NOW),
        mail(4, status=failed, settled_at=early),
        mail(5, status=sent, settled_at=NOW - timedelta(days=3)),
        mail(6, status=sent, settled_at=NOW, channel="desk"),
        mail(7, status=DeliveryStatus.CANCELLED, settled_at=NOW),
    )
    assert await db.read(overview.mails_by_day, DAYS) == {sent: [0, 1, 2], failed: [0, 0, 1]}
    kinds = await db.read(overview.mails_since, overview.begin_of(NOW.date()))
    assert kinds == {DeliveryKind.BRIEFING: {sent: 4, failed: 1, DeliveryStatus.CANCELLED: 1}}


async def test_rules_are_counted_by_day_and_by_what_became_of_their_hits(db: Database) -> None:
    await keep(db, feed(1), Story(first_seen_at=NOW, last_seen_at=NOW))
    fates = (Disposition.ALERTED, Disposition.HELD, Disposition.LEFT, Disposition.NOBODY)
    for at, fate in enumerate(fates, start=1):
        decided = NOW - timedelta(days=at % 2)
        await keep(
            db,
            Entry(feed_id=1, key=f"k{at}", arrived_at=NOW, story_id=1),
            Match(entry_id=at, story_id=1, rule="strike", severity=Severity.HIGH, disposition=fate, decided_at=decided),
        )
    hits = (await db.read(overview.hits, DAYS))["strike"]
    assert (hits.by_day, hits.told, hits.held, hits.left) == ([0, 2, 2], 2, 1, 1)
    assert (hits.all, hits.last_at) == (4, NOW)


async def test_people_who_came_and_went_are_counted_once_a_day(db: Database) -> None:
    person = Subscriber(address="a@post.test", state=SubscriberState.LEFT, briefing_at=time(7), created_at=NOW)
    deeds = [Deed.CONFIRMED, Deed.LEFT, Deed.ERASED, Deed.PAUSED]
    await keep(db, person, *(Record(subscriber_id=1, at=NOW, deed=deed, by="subscriber") for deed in deeds))
    await keep(db, Record(subscriber_id=1, at=NOW - timedelta(days=1), deed=Deed.LEFT, by="subscriber", note="alerts"))
    assert await db.read(overview.moves_by_day, DAYS) == ([0, 0, 1], [0, 0, 1])


async def test_what_came_back_is_counted_by_verdict_and_domain(db: Database) -> None:
    for domain, verdict in (("a.test", Verdict.DEAD), ("b.test", Verdict.DEAD), ("b.test", Verdict.SOFT)):
        await keep(db, Bounce(domain=domain, at=NOW, verdict=verdict))
    await keep(db, Bounce(domain="a.test", at=NOW - timedelta(days=4), verdict=Verdict.OURS))
    since = NOW - timedelta(days=3)
    assert dict(await db.read(overview.bounces_by_verdict, since))[Verdict.DEAD] == 2
    assert dict(await db.read(overview.bounces_by_verdict, since))[Verdict.OURS] == 0
    assert await db.read(overview.bounces_by_domain, since, 1) == [("b.test", {Verdict.DEAD: 1, Verdict.SOFT: 1})]


async def test_what_stands_still_is_counted_by_domain_and_lane(db: Database) -> None:
    failed = {"status": DeliveryStatus.FAILED, "settled_at": NOW}
    await keep(db, mail(1), mail(2, lane=0), mail(3, **failed), mail(4, domain="b.test", **failed))
    since = NOW - timedelta(days=7)
    assert await db.read(overview.owed_by, Delivery.domain, since, 9) == [
        overview.Owed("post.test", 2, 1),
        overview.Owed("b.test", 0, 1),
    ]
    assert [each.name for each in await db.read(overview.owed_by, Delivery.lane, since, 9)] == ["2", "0"]
    assert (await db.read(overview.refused, since, 1))[1] == 2


async def test_the_last_mail_that_left_is_found_behind_any_number_that_wait(db: Database) -> None:
    left = NOW - timedelta(days=2)
    assert await db.read(reading.last_mail_at) is None
    await keep(db, mail(0, status=DeliveryStatus.SENT, settled_at=left))
    await db.write(lambda session: session.add_all(mail(at) for at in range(1, 2_100)))
    assert await db.read(reading.last_mail_at) == left
    await keep(db, mail(9_000, status=DeliveryStatus.SENT, settled_at=NOW))
    assert await db.read(reading.last_mail_at) == NOW


async def test_requests_of_all_feeds_are_added_up_day_by_day(db: Database) -> None:
    await keep(db, feed(1), feed(2))
    await keep(db, *(FeedDay(feed_id=number, day=NOW.date(), polls=10, failures=number, new=1) for number in (1, 2)))
    found = await db.read(reading.polls_by_day, date(2026, 3, 1), NOW.date())
    assert found == [(date(2026, 3, 1), 0, 0), (NOW.date(), 17, 3)]


async def test_a_link_is_open_when_a_feed_that_anybody_may_ask_has_it_too(db: Database) -> None:
    await keep(db, feed(1), feed(2), Story(first_seen_at=NOW, last_seen_at=NOW))
    links = ["https://a.test/1", "https://a.test/2"]
    for feed_id, link in ((1, links[0]), (2, links[0]), (2, links[1])):
        key, canonical = f"{feed_id} {link}", link.removeprefix("https://")
        await keep(db, Entry(feed_id=feed_id, key=key, link=link, canonical_link=canonical, arrived_at=NOW, story_id=1))
    assert await db.read(reading.open_links, set(links), {"https://paper1.test/feed"}) == {links[0]}
    reports = await db.read(reading.open_reports, 1, {"https://paper1.test/feed"})
    assert [(entry.link, paper.url) for entry, paper in reports] == [(links[0], "https://paper1.test/feed")]


async def test_a_report_without_a_link_is_open_by_its_headline(db: Database) -> None:
    await keep(db, feed(1), feed(2), Story(first_seen_at=NOW, last_seen_at=NOW))
    for feed_id, title in ((1, "Ferry late"), (2, "Radar seen")):
        await keep(db, Entry(feed_id=feed_id, key=title, title=title, arrived_at=NOW, story_id=1))
    assert await db.read(reading.open_titles, {1}, {"https://paper1.test/feed"}) == {(1, "Ferry late")}


async def test_the_end_of_a_pause_of_every_domain_lets_all_go_that_waited_for_it(db: Database) -> None:
    until = NOW + timedelta(hours=1)
    await keep(
        db,
        Pause(domain="*", since=NOW, until=until, reason="our sender is refused"),
        mail(1, next_try_at=until),
        mail(2, next_try_at=until, domain="b.test"),
        mail(3, next_try_at=until + timedelta(hours=2)),
    )
    assert await db.write(mending.end_pause, "*", NOW)
    due = [(await db.read(overview.delivery, number)) for number in (1, 2, 3)]
    assert [each.next_try_at <= NOW for each in due if each] == [True, True, False]
    assert not await db.write(mending.end_pause, "*", NOW)
    assert not await db.write(mending.end_pause, "nowhere.test", NOW)


async def test_only_what_waits_or_was_refused_is_tried_at_once(db: Database) -> None:
    later = NOW + timedelta(hours=1)
    for number, status in enumerate(DeliveryStatus, start=1):
        await keep(db, mail(number, status=status, next_try_at=later))
    tried = [await db.write(mending.try_now, number, NOW) for number in range(1, 7)]
    assert tried == [status in ("queued", "failed") for status in DeliveryStatus] + [False]
