"""A feed's news is kept once, and together with the feed's own state or not at all."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from monitor.core.values import ParsedEntry
from monitor.jobs.take_in import Failed, TakenIn
from monitor.models import Entry
from monitor.net.answers import Answer
from monitor.net.fetch import Unchanged
from monitor.store import arrivals, entries, revisions
from monitor.store.db import Database
from monitor.store.entries import FeedFacts, Kept
from tests.store.rows import HOUR, MINUTE, NOW, all_entries, feed_named, item, read, visit, watch

NOTHING = TakenIn()
FACTS = FeedFacts("en", NOW)


def shown(
    db: Database, items: Iterable[ParsedEntry], now: datetime = NOW, *, whole: bool = True, feed: str = "herald"
) -> Kept:
    """What a feed shows is taken in; of a document that is not whole only what is new or changed."""

    def take(session: Session) -> Kept:
        return entries.keep_new(session, feed_named(session, feed).id, FACTS, tuple(items), now, whole=whole)

    return db.write_now(take)


@pytest.fixture(autouse=True)
def one_feed(db: Database) -> None:
    db.write_now(watch, "herald")


def titles(db: Database) -> list[str]:
    return [entry.title for entry in db.read_now(all_entries)]


def test_a_readers_news_and_the_state_of_its_feed_are_kept_together(db: Database) -> None:
    assert db.write_now(visit, read([item(1), item(2), item(3)])).new == 3
    feed = db.read_now(feed_named, "herald")
    assert (feed.body_hash, feed.etag, feed.last_modified) == ("digest-1", '"v1"', "Mon, 02 Mar 2026 11:00:00 GMT")
    assert (feed.last_good_at, feed.last_new_at, feed.polls, feed.claim) == (NOW, NOW, 1, "")
    assert feed.next_poll_at == NOW + 15 * MINUTE
    # Feeds list the newest first; the oldest news arrives first.
    assert titles(db) == ["News number 3", "News number 2", "News number 1"]


def test_an_entry_is_kept_as_its_feed_told_it(db: Database) -> None:
    db.write_now(visit, read([item(1, link="https://www.herald.test/1/?utm_source=rss")]))
    (entry,) = db.read_now(all_entries)
    assert (entry.guid, entry.link) == ("guid-1", "https://www.herald.test/1/?utm_source=rss")
    assert (entry.canonical_link, entry.tags, entry.language) == ("herald.test/1", ["politics"], "en")
    assert (entry.published_at, entry.arrived_at) == (NOW - MINUTE, NOW)
    assert (entry.previous_poll_at, entry.arrival, entry.story_id) == (None, None, None)


def test_an_entry_of_a_later_visit_says_when_the_feed_was_last_heard(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    db.write_now(visit, Failed("http", "503"), NOW + HOUR)
    db.write_now(visit, read([item(2), item(1)]), NOW + 2 * HOUR)
    _, later = db.read_now(all_entries)
    assert (later.title, later.previous_poll_at, later.arrived_at) == ("News number 2", NOW, NOW + 2 * HOUR)


async def test_a_crash_before_the_end_keeps_neither_news_nor_state(db: Database) -> None:
    def crashes(session: Session) -> None:
        assert visit(session, read([item(1)])).new == 1
        session.flush()
        raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError, match="power"):
        await db.write(crashes)
    feed = await db.read(feed_named, "herald")
    assert (feed.body_hash, feed.etag, feed.polls, feed.last_good_at) == ("", "", 0, None)
    assert await db.read(all_entries) == []
    assert (await db.write(visit, read([item(1)]))).new == 1


async def test_a_crash_just_before_the_commit_keeps_neither_news_nor_state(db: Database, url: str) -> None:
    def dies(point: str) -> None:
        if point == "before commit of visit":
            raise RuntimeError("the power went out")

    doomed = Database(url, dies)
    try:
        with pytest.raises(RuntimeError, match="power"):
            await doomed.write(visit, read([item(1)]))
    finally:
        doomed.close()
    assert await db.read(all_entries) == []
    assert (await db.read(feed_named, "herald")).polls == 0


async def test_a_crash_just_after_the_commit_has_kept_both(db: Database, url: str) -> None:
    def dies(point: str) -> None:
        if point == "after commit of visit":
            raise RuntimeError("the power went out")

    doomed = Database(url, dies)
    try:
        with pytest.raises(RuntimeError, match="power"):
            await doomed.write(visit, read([item(1)]))
    finally:
        doomed.close()
    assert len(await db.read(all_entries)) == 1
    assert (await db.read(feed_named, "herald")).polls == 1


def test_a_feed_that_has_not_changed_is_well_and_tells_nothing_new(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    assert db.write_now(visit, Unchanged(), NOW + HOUR) == NOTHING
    feed = db.read_now(feed_named, "herald")
    assert (feed.etag, feed.last_good_at, feed.last_new_at) == ('"v1"', NOW + HOUR, NOW)


def pauses_after(db: Database, failure: Failed, times: int = 9) -> list[timedelta]:
    pauses = []
    for number in range(times):
        now = NOW + number * 24 * HOUR
        db.write_now(visit, failure, now)
        pauses.append(db.read_now(feed_named, "herald").next_poll_at - now)
    return pauses


def test_one_stumble_costs_a_feed_none_of_its_turns_and_refusals_lead_to_a_day(db: Database) -> None:
    pauses = pauses_after(db, Failed("http", "404 Not Found", answer=Answer(404)))
    assert pauses[:4] == [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR]
    assert pauses[-1] == 24 * HOUR
    db.write_now(visit, Failed("http", "429", timedelta(hours=5), answer=Answer(429)))
    assert db.read_now(feed_named, "herald").next_poll_at == NOW + 5 * HOUR
    db.write_now(visit, Unchanged())
    assert db.read_now(feed_named, "herald").next_poll_at == NOW + 15 * MINUTE


@pytest.mark.parametrize(
    "failure",
    [Failed("http", "503 Busy", answer=Answer(503)), Failed("not a feed", "an HTML page"), Failed("protocol", "")],
)
def test_a_server_that_stumbles_in_a_crisis_is_asked_every_hour_however_long_it_does(
    db: Database, failure: Failed
) -> None:
    assert pauses_after(db, failure)[2:] == [HOUR] * 7


def test_when_one_feed_is_back_those_that_went_with_it_are_asked_at_once(db: Database) -> None:
    db.write_now(watch, "herald", "wire", "gazette", "observer")
    out, down = Failed("dns", "no address known"), Failed("http", "503 Busy", answer=Answer(503))
    for minutes in (0, 15, 45):
        now = NOW + minutes * MINUTE
        for name, failure in (("herald", out), ("wire", out), ("gazette", down)):
            db.write_now(visit, failure, now, name=name)
    db.write_now(visit, out, NOW - 3 * HOUR, name="observer")
    waiting = db.read_now(feed_named, "observer").next_poll_at
    db.write_now(visit, Unchanged(), NOW + HOUR)
    assert db.read_now(feed_named, "wire").next_poll_at == NOW + HOUR
    assert db.read_now(feed_named, "gazette").next_poll_at > NOW + HOUR
    assert db.read_now(feed_named, "observer").next_poll_at == waiting


def test_after_an_outage_of_our_own_line_every_feed_is_asked_again_within_half_an_hour(db: Database) -> None:
    for number in range(9):
        db.write_now(visit, Failed("dns", "no address known"), NOW + number * HOUR)
    assert db.read_now(feed_named, "herald").next_poll_at == NOW + 8 * HOUR + 30 * MINUTE


def test_the_same_news_a_second_time_is_no_news(db: Database) -> None:
    news = [item(number) for number in range(5)]
    assert db.write_now(visit, read(news)).new == 5
    assert db.write_now(visit, read(reversed(news)), NOW + HOUR) == NOTHING
    assert len(titles(db)) == 5
    assert db.read_now(feed_named, "herald").last_new_at == NOW


def test_times_of_news_are_told_as_far_as_they_are_known_and_past(db: Database) -> None:
    undated = replace(item(2), published=None)
    ahead = replace(item(1), published=NOW + HOUR)
    assert shown(db, [ahead, undated, item(3)]).published == (NOW - 3 * MINUTE, None, NOW)


@pytest.mark.parametrize("whole", [True, False])
def test_a_corrected_headline_is_a_revision_and_no_news(db: Database, whole: bool) -> None:
    shown(db, [item(1), item(2)])
    corrected = item(1, title="News number one, corrected")
    assert shown(db, [corrected, item(2)][: 2 if whole else 1], NOW + HOUR, whole=whole) == Kept(0, 1)
    edited = db.read_now(all_entries)[1]
    assert (edited.title, edited.revision, edited.revised_at) == ("News number one, corrected", 1, NOW + HOUR)
    assert (edited.arrived_at, edited.published_at, edited.waiting) == (NOW, NOW - MINUTE, True)
    (before,) = db.read_now(revisions.of_entry, edited.id)
    assert (before.number, before.title, before.summary, before.until) == (
        0,
        "News number 1",
        "What happened, 1.",
        NOW + HOUR,
    )
    assert db.read_now(revisions.earlier_titles, edited, NOW + HOUR) == ["News number 1"]
    assert db.read_now(revisions.earlier_titles, edited, NOW) == []


def test_a_headline_that_flips_with_every_poll_does_not_fill_the_disk(db: Database) -> None:
    for number in range(120):
        assert shown(db, [item(1, title=f"Headline of kind {'ab'[number % 2]}")], whole=False).new == (number == 0)
    (entry,) = db.read_now(all_entries)
    assert (entry.revision, len(db.read_now(revisions.of_entry, entry.id))) == (119, 100)


def test_a_counter_or_a_space_is_no_edit(db: Database) -> None:
    shown(db, [replace(item(1), summary="Talks go on. 12 comments")])
    assert shown(db, [replace(item(1), summary="Talks  go on.\n13 Comments", author="Desk")], NOW + HOUR) == Kept()


def test_an_entry_from_before_entries_had_revisions_is_not_taken_for_edited(db: Database) -> None:
    shown(db, [item(1), item(2)])

    def forget(session: Session) -> None:
        for entry in all_entries(session):
            entry.wording = ""

    db.write_now(forget)
    assert shown(db, [item(1), item(2, title="Number two, corrected")], NOW + HOUR) == Kept(0, 1)
    assert shown(db, [replace(item(1), summary="All of it is different.")], NOW + HOUR) == Kept(0, 1)


def test_a_feed_that_changes_its_guids_does_not_tell_everything_again(db: Database) -> None:
    shown(db, [item(number) for number in range(5)])
    churned = [item(number, guid=f"other-{number}") for number in range(5)]
    assert shown(db, [item(9), *churned], NOW + HOUR).new == 1
    assert titles(db)[-1] == "News number 9"
    # From now on these are their names: an edit of the title is an edit.
    assert shown(db, [replace(churned[0], title="Corrected", link="https://herald.test/c")], whole=False) == Kept(0, 1)


def _retitled(each: ParsedEntry) -> ParsedEntry:
    return replace(each, title=f"Watch: {each.title}")


def _redated(each: ParsedEntry) -> ParsedEntry:
    return replace(each, published=NOW + HOUR)


def _retold(each: ParsedEntry) -> ParsedEntry:
    return _redated(_retitled(each))


def _moved(each: ParsedEntry) -> ParsedEntry:
    return replace(each, link=each.link.replace("herald.test", "news.test/herald"))


@pytest.mark.parametrize("touched", [_retitled, _redated, _retold, _moved])
@pytest.mark.parametrize("guid", ["other-{}", ""])
def test_guids_that_change_all_at_once_with_something_else_are_seen_through(
    db: Database, touched: Callable[[ParsedEntry], ParsedEntry], guid: str
) -> None:
    news = [item(number) for number in range(8)]
    shown(db, news)
    churned = [replace(touched(each), guid=guid.format(number)) for number, each in enumerate(news)]
    assert shown(db, [item(9), *churned], NOW + HOUR).new == 1
    assert shown(db, [item(10), item(9), *churned], NOW + 2 * HOUR) == Kept(1, 0, (NOW - 10 * MINUTE,))


def test_new_alarms_from_the_same_places_are_news_however_alike_they_are(db: Database) -> None:
    places = ["north", "south", "east", "west", "coast"]

    def alarms(round_: int, places: list[str]) -> list[ParsedEntry]:
        return [
            ParsedEntry(
                guid=f"{round_}-{place}",
                link=f"https://alarm.test/{place}",
                title=f"Air raid alert: {place}",
                published=NOW + round_ * HOUR,
            )
            for place in places
        ]

    shown(db, alarms(0, places))
    again = alarms(1, ["west", "coast", "south", "north", "east"])
    assert shown(db, again, NOW + HOUR).new == 5
    # Where older ones are still shown, nothing was renamed.
    assert shown(db, alarms(2, places)[:3], NOW + 2 * HOUR, whole=False).new == 3


@pytest.mark.parametrize("whole", [True, False])
def test_ten_items_under_one_guid_are_ten_pieces_of_news(db: Database, whole: bool) -> None:
    news = [replace(item(number, guid="the same for all"), guid_shared=True) for number in range(10)]
    assert shown(db, news).new == 10
    assert shown(db, news, NOW + HOUR) == Kept()
    later = replace(item(11, guid="the same for all"), guid_shared=True)
    assert shown(db, [later, *news[:9]] if whole else [later], NOW + HOUR, whole=whole).new == 1
    assert shown(db, [replace(news[0], guid_shared=False)], NOW + 2 * HOUR, whole=False) == Kept()
    assert shown(db, [replace(news[3], title="News number 3, at last")], whole=False) == Kept(0, 1)


def test_items_under_one_guid_that_come_one_by_one_are_news_each(db: Database) -> None:
    for number, title in enumerate(["Bridge closed", "Parliament votes", "Storm expected tonight"]):
        assert shown(db, [item(number, guid="feed", title=title)], NOW + number * HOUR).new == 1
    assert len(titles(db)) == 3


def test_items_of_one_page_under_one_guid_are_told_apart_by_title_and_date(db: Database) -> None:
    page = [replace(item(n, guid="page", link="https://herald.test/live"), guid_shared=True) for n in range(4)]
    assert shown(db, page).new == 4
    assert shown(
        db, [replace(item(9, guid="page", link="https://herald.test/live"), guid_shared=True)], whole=False
    ).new
    assert shown(db, page, NOW + HOUR) == Kept()


def test_an_item_listed_twice_in_one_document_is_kept_once(db: Database) -> None:
    assert shown(db, [item(1), item(2), item(1)]).new == 2


def test_without_a_guid_a_page_is_known_again_by_its_link_in_any_dress(db: Database) -> None:
    shown(db, [item(1, guid="")])
    dressed = item(1, guid="", link="http://amp.herald.test/1/amp/?utm_source=feed#top")
    assert shown(db, [dressed], NOW + HOUR) == Kept()
    assert shown(db, [replace(dressed, title="Number one, corrected")], NOW + HOUR) == Kept(0, 1)


def test_without_a_guid_another_title_and_date_on_the_same_page_is_another_item(db: Database) -> None:
    shown(db, [item(1, guid="", link="https://herald.test/live", title="Sirens in the north")])
    clear = replace(item(1, guid="", link="https://herald.test/live", title="All clear"), published=NOW + HOUR)
    assert shown(db, [clear], NOW + HOUR, whole=False).new == 1


def test_a_page_that_another_feed_has_shown_is_still_news_of_this_one_and_edits_stay_with_who_made_them(
    db: Database,
) -> None:
    db.write_now(watch, "herald", "wire")
    page = item(1, guid="")
    assert shown(db, [page], feed="wire") == shown(db, [page]) == Kept(1, 0, (NOW - MINUTE,))
    assert shown(db, [replace(page, title="News number 1, corrected")], NOW + HOUR) == Kept(0, 1)
    assert titles(db) == ["News number 1", "News number 1, corrected"]


def test_items_without_guid_or_link_are_known_again_by_title_and_day(db: Database) -> None:
    news = [item(number, guid="", link="") for number in range(3)]
    assert shown(db, news).new == 3
    assert shown(db, [replace(news[0], published=NOW - HOUR), *news[1:]], NOW + HOUR) == Kept()
    assert shown(db, [replace(news[0], published=NOW + 30 * HOUR)], NOW + 30 * HOUR).new == 1


def test_an_item_taken_down_and_put_up_again_is_no_news(db: Database) -> None:
    news = [item(number) for number in range(4)]
    shown(db, news)
    assert shown(db, news[1:], NOW + HOUR) == Kept()
    assert shown(db, news, NOW + 2 * HOUR) == Kept()


def test_a_feed_that_comes_back_after_a_year_of_retirement_tells_nothing_twice(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    db.write_now(watch, "other")
    db.write_now(watch, "herald")
    assert db.write_now(visit, read([item(2), item(1)]), NOW + timedelta(days=365)).new == 1


def test_a_feed_of_a_thousand_items_is_taken_in_at_once(db: Database) -> None:
    news = [item(number) for number in range(1_000)]
    assert shown(db, news).new == 1_000
    assert shown(db, [item(1_000), *news], NOW + HOUR).new == 1


def test_the_same_item_in_two_feeds_is_kept_for_both(db: Database) -> None:
    db.write_now(watch, "herald", "wire")
    shown(db, [item(1)])
    assert shown(db, [item(1)], feed="wire").new == 1


def test_an_operator_can_see_what_would_be_news_without_keeping_it(db: Database) -> None:
    db.write_now(visit, read([item(1)]))
    feed = db.read_now(feed_named, "herald")
    assert db.read_now(entries.unknown, feed.id, [item(2), item(1)]) == [item(2)]
    assert len(titles(db)) == 1


def test_an_operator_finds_an_entry_by_its_link_or_by_words_of_its_title(db: Database) -> None:
    db.write_now(visit, read([item(1, title="100% of votes_counted"), item(2, title="Other news")]))

    def found(words: str) -> list[str]:
        return [entry.title for entry, _ in db.read_now(entries.find, words)]

    assert found("http://www.herald.test/1/?utm_medium=x#top") == ["100% of votes_counted"]
    assert found("OTHER") == ["Other news"]
    assert found("0% of VOTES_") == ["100% of votes_counted"]
    assert found("s%counted") == []


def test_entries_wait_for_triage_in_the_order_they_came(db: Database) -> None:
    shown(db, [item(2), item(1)])

    def number_first(session: Session) -> None:
        first: Entry = all_entries(session)[0]
        first.arrival, first.waiting = 7, False

    db.write_now(number_first)
    assert [entry.title for entry in db.read_now(arrivals.waiting, 10)] == ["News number 2"]
    assert db.read_now(entries.latest_arrival) == 7
    assert db.read_now(entries.count_since, NOW) == 2
    assert db.read_now(entries.count_since, NOW + MINUTE) == 0


def test_an_edit_brings_an_entry_back_to_triage(db: Database) -> None:
    shown(db, [item(2), item(1)])

    def triaged(session: Session) -> None:
        for number, entry in enumerate(all_entries(session), 1):
            entry.arrival, entry.waiting = number, False

    db.write_now(triaged)
    shown(db, [item(2), item(1, title="Number one, corrected")], NOW + HOUR)
    assert [(each.title, each.arrival) for each in db.read_now(arrivals.waiting, 10)] == [("Number one, corrected", 1)]
