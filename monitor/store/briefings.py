"""Briefings: what stands in a window of arrival, and which issue was the last."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from monitor.core.alerts import Arrival, was_old
from monitor.core.briefing import BlindSpot, HeldBack
from monitor.core.text import shortened
from monitor.core.topics import FoundReport, FoundStory, Spoken, found_story
from monitor.models import Briefing, Delivery, DeliveryKind, DeliveryStatus, Entry, Feed, Hearing, Match, Story, Telling
from monitor.words import Disposition, Wait

_SUMMARY_LIMIT = 320
_OLD = timedelta(hours=24)
_KEPT = (Wait.AWAY, Wait.MUTED)
_REFUSED = (
    Delivery.status == DeliveryStatus.FAILED,
    col(Delivery.kind).in_((DeliveryKind.ALERT, DeliveryKind.ROLLUP)),
    Delivery.channel == "",
)
_UNMAILED = "its alert to you could not be mailed"
_HELD_BACK = (Disposition.HELD, Disposition.SILENCED, Disposition.INHIBITED)


@dataclass(frozen=True, slots=True)
class Past:
    """What a reader was briefed of last, and whether something is kept from them that others were told."""

    written_at: datetime | None = None
    upto_arrival: int = 0
    kept_from: bool = False


def written_since(session: Session, day: date, among: Sequence[int] | None = None) -> set[tuple[int, date]]:
    """(subscriber, local date) of every briefing of these days."""
    wanted = select(col(Briefing.subscriber_id), col(Briefing.local_date)).where(col(Briefing.local_date) >= day)
    if among is not None:
        wanted = wanted.where(col(Briefing.subscriber_id).in_(among))
    return {(subscriber_id, local_date) for subscriber_id, local_date in session.exec(wanted)}


def pasts(session: Session, numbers: Sequence[int]) -> dict[int, Past]:
    """Of each of these subscribers."""
    newest = (
        select(col(Briefing.subscriber_id), func.max(Briefing.written_at), func.max(Briefing.upto_arrival))
        .where(col(Briefing.subscriber_id).in_(numbers))
        .group_by(col(Briefing.subscriber_id))
    )
    last = {number: (written_at, upto) for number, written_at, upto in session.exec(newest)}
    listeners = [f"person:{number}" for number in numbers]
    kept = select(Hearing.listener).where(col(Hearing.wait).in_(_KEPT), col(Hearing.listener).in_(listeners)).distinct()
    kept_from = set(session.exec(kept))
    refused = select(Delivery.subscriber_id).where(*_REFUSED, col(Delivery.subscriber_id).in_(numbers)).distinct()
    unmailed = set(session.exec(refused))
    found = {}
    for number in numbers:
        written_at, upto = last.get(number, (None, 0))
        found[number] = Past(written_at, upto, f"person:{number}" in kept_from or number in unmailed)
    return found


def keep_all(session: Session, issues: Sequence[Briefing]) -> list[Briefing]:
    """The issues with their numbers, in one statement."""
    if not issues:
        return []
    rows = [issue.model_dump(exclude={"id"}) for issue in issues]
    kept = insert(Briefing).returning(col(Briefing.id), sort_by_parameter_order=True)
    for issue, number in zip(issues, session.connection().execute(kept, rows).scalars(), strict=True):
        issue.id = number
    return list(issues)


def arrival_before(session: Session, moment: datetime) -> int:
    """The last arrival number given before `moment`. An entry that an edit numbered anew reached us long before."""
    numbered_at = func.coalesce(Entry.revised_at, Entry.arrived_at)
    wanted = select(func.max(Entry.arrival)).where(col(Entry.arrived_at) < moment, numbered_at < moment)
    return session.exec(wanted).one() or 0


def stories_between(session: Session, after: int, upto: int) -> tuple[list[FoundStory], int, dict[str, int]]:
    """The stories with entries in the window, how many entries it holds, and how many each rule dropped.

    The entries of a feed's first poll are its back catalogue: they are told only where a rule speaks of them.
    """
    rows = session.exec(
        select(Entry, Feed, Story)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .join(Story, col(Story.id) == Entry.story_id)
        .where(col(Entry.arrival) > after, col(Entry.arrival) <= upto)
        .order_by(col(Entry.arrival))
    ).all()
    matches, dropped = _matches(session, after, upto)
    groups: dict[int, list[tuple[Entry, Feed, Story]]] = defaultdict(list)
    for row in rows:
        entry = row[0]
        if entry.previous_poll_at is not None or entry.id in matches:
            groups[row[2].id].append(row)
    return [_story(group, matches) for group in groups.values()], len(rows), dict(dropped)


def _matches(session: Session, after: int, upto: int) -> tuple[dict[int, list[Match]], Counter[str]]:
    rows = session.exec(
        select(Match)
        .join(Entry, col(Entry.id) == Match.entry_id)
        .where(col(Entry.arrival) > after, col(Entry.arrival) <= upto)
        .order_by(col(Match.id))
    )
    found: dict[int, list[Match]] = defaultdict(list)
    dropped: Counter[str] = Counter()
    for match in rows:
        if match.disposition == Disposition.DROPPED:
            dropped[match.rule] += 1
        else:
            found[match.entry_id].append(match)
    return found, dropped


def _story(group: list[tuple[Entry, Feed, Story]], matches: dict[int, list[Match]]) -> FoundStory:
    story = group[0][2]
    spoken = any(entry.id in matches for entry, _, _ in group)
    reports = [
        # A story is shown by one of its reports, by its first if no rule speaks of it.
        _report(entry, feed, matches.get(entry.id, ()), may_show=spoken or not number)
        for number, (entry, feed, _) in enumerate(group)
    ]
    return found_story(story.id, story.first_seen_at, reports)


def _report(entry: Entry, feed: Feed, matches: Sequence[Match], *, may_show: bool) -> FoundReport:
    text = " ".join((entry.summary or entry.content).split()) if may_show else ""
    return FoundReport(
        title=_title(entry),
        link=entry.link,
        summary=shortened(text, _SUMMARY_LIMIT),
        language=entry.language,
        publisher=feed.publisher,
        published_at=entry.published_at,
        old=_was_old(entry),
        back_catalogue=entry.previous_poll_at is None,
        spoken=tuple(
            Spoken(match.rule, match.severity, match.disposition.value, match.alert_id is not None) for match in matches
        ),
    )


def _was_old(entry: Entry) -> bool:
    return was_old(Arrival(entry.arrived_at, entry.published_at, entry.previous_poll_at), _OLD)


def held_back(session: Session, after: int, upto: int) -> list[HeldBack]:
    """What rules spoke of in the window and nobody was told of, because something stood against it."""
    rows = session.exec(
        select(Match, Entry)
        .join(Entry, col(Entry.id) == Match.entry_id)
        .where(col(Entry.arrival) > after, col(Entry.arrival) <= upto, col(Match.disposition).in_(_HELD_BACK))
        .order_by(col(Match.id))
    )
    return [
        HeldBack(_title(entry), entry.link, entry.language, (match.rule,), _against(match), match.decided_at)
        for match, entry in rows
    ]


def kept_from(session: Session, subscriber_id: int, after: int, upto: int) -> list[HeldBack]:
    """What others were told of in the window and this person was not: away, or by a silence of their own."""
    rows = session.exec(
        select(Hearing, Telling, Entry)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .join(Entry, col(Entry.id) == Telling.entry_id)
        .where(Hearing.listener == f"person:{subscriber_id}", col(Hearing.wait).in_(_KEPT))
        .where(col(Entry.arrival) > after, col(Entry.arrival) <= upto)
        .order_by(col(Hearing.id))
    )
    return [
        HeldBack(_title(entry), entry.link, entry.language, tuple(telling.rules), _why(hearing), hearing.at)
        for hearing, telling, entry in rows
    ]


def unmailed(session: Session, subscriber_id: int, since: datetime) -> list[HeldBack]:
    """The alerts that this person was to hear and no server would take, given up since then."""
    rows = session.exec(
        select(Hearing, Telling, Entry, Delivery.settled_at)
        .join(Delivery, col(Delivery.id) == Hearing.delivery_id)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .join(Entry, col(Entry.id) == Telling.entry_id)
        .where(Delivery.subscriber_id == subscriber_id, *_REFUSED, col(Delivery.settled_at) > since)
        .order_by(col(Hearing.id))
    )
    return [
        HeldBack(_title(entry), entry.link, entry.language, tuple(telling.rules), _UNMAILED, settled_at or hearing.at)
        for hearing, telling, entry, settled_at in rows
    ]


def _against(match: Match) -> str:
    """The silence, or the words, that stood against it."""
    if match.disposition is Disposition.HELD and match.held_by:
        words = ", ".join(dict.fromkeys(f"“{each['text']}”" for each in match.held_by))
        return f"held back by the rule's own words {words}"
    return match.note if match.disposition is Disposition.SILENCED and match.note else match.disposition.value


def _why(hearing: Hearing) -> str:
    return hearing.note or (hearing.wait.value if hearing.wait else "")


def _title(entry: Entry) -> str:
    return entry.title or shortened(entry.summary, 120) or entry.link


def blind_spots(session: Session) -> list[BlindSpot]:
    failing = select(Feed).where(col(Feed.retired_at).is_(None), Feed.trouble != "").order_by(col(Feed.id))
    return [
        BlindSpot(feed.name, f"{feed.trouble_kind}: {feed.trouble}", feed.failing_since)
        for feed in session.exec(failing)
    ]


def watched_feeds(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Feed).where(col(Feed.retired_at).is_(None))).one()
