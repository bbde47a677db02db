"""Stories, matches and alerts: what triage decided."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlmodel import Session, col, delete, func, select

from monitor.core.values import Evidence, RuleMatch
from monitor.models import Alert, Entry, Feed, Match, Story
from monitor.store import stories
from monitor.store.arrivals import Untriaged
from monitor.words import Disposition, Severity

ToldMatch = tuple[Match, Entry, Feed]
_NO_NEWS = (Disposition.HELD, Disposition.DROPPED, Disposition.OLD, Disposition.LATE, Disposition.BASELINE)


def told_rules(session: Session, story_id: int, raised_again: int = 0) -> dict[str, Severity]:
    """The rules under which the story was told, each with the highest severity it was told at; without those of the
    entry `raised_again`, whose words were gone and are back."""
    told: dict[str, Severity] = {}
    for rule, severity, entry, over in stories.told_of(session, story_id):
        if entry == raised_again and over:
            continue
        if rule not in told or severity.rank > told[rule].rank:
            told[rule] = severity
    return told


def told_since(session: Session, rule: str, since: datetime) -> bool:
    found = select(Match.id).where(Match.rule == rule, Match.decided_at >= since, col(Match.alert_id).is_not(None))
    return session.exec(found.limit(1)).first() is not None


def counted_since(session: Session, rule: str, since: datetime) -> list[tuple[str, int, int]]:
    """The (voice, story, entry) of the rule's matches that arrived since then, if they were news."""
    rows = session.exec(
        select(Entry.voice, Match.story_id, Match.entry_id)
        .join(Entry, col(Entry.id) == Match.entry_id)
        .where(
            Match.rule == rule,
            Entry.arrived_at >= since,
            col(Match.disposition).not_in(_NO_NEWS),
        )
    )
    return list(rows)


def voices_of(session: Session, story_id: int, upto: int) -> int:
    """How many independent voices told the story, as far as the arrival numbered `upto`."""
    told = select(func.count(func.distinct(Entry.voice))).where(Entry.story_id == story_id, col(Entry.arrival) <= upto)
    return session.exec(told).one()


def voices_since(session: Session, story_id: int, since: datetime, upto: int) -> set[str]:
    """Whose reports of the story came since then, as far as the arrival numbered `upto`."""
    came = (Entry.story_id == story_id, Entry.arrived_at >= since, col(Entry.arrival) <= upto)
    return set(session.exec(select(Entry.voice).where(*came)))


def of_story(session: Session, story_id: int) -> Alert | None:
    return session.exec(select(Alert).where(Alert.story_id == story_id)).one_or_none()


def of_stories(session: Session, story_ids: Collection[int]) -> dict[int, Alert]:
    return {alert.story_id: alert for alert in session.exec(select(Alert).where(col(Alert.story_id).in_(story_ids)))}


def by_number(session: Session, numbers: Collection[int]) -> dict[int, Alert]:
    return {alert.id: alert for alert in session.exec(select(Alert).where(col(Alert.id).in_(numbers)))}


def find(session: Session, number: int) -> tuple[Alert, Story] | None:
    """The alert of this number, with the story that has its entries now."""
    alert = session.get(Alert, number)
    story = stories.find(session, alert.story_id) if alert is not None else None
    return (alert, story) if alert is not None and story is not None else None


def forget(session: Session, entry_id: int, rules: list[str]) -> dict[str, tuple[int, int]]:
    """Let the entry be decided anew under these rules. By a rule, the (alert, revision) that had told its match."""
    which = (col(Match.entry_id) == entry_id, col(Match.rule).in_(rules))
    told = session.exec(
        select(Match.rule, Match.alert_id, Match.alert_revision).where(*which, col(Match.alert_id).is_not(None))
    )
    part = {rule: (alert or 0, revision or 0) for rule, alert, revision in told}
    session.execute(delete(Match).where(*which))
    return part


def record(
    session: Session,
    entry: Entry | Untriaged,
    match: RuleMatch,
    disposition: Disposition,
    note: str,
    part: tuple[int, int] | None,
    now: datetime,
) -> None:
    """`part` is the (alert, revision) that the match belongs to: the one that tells it, or has told it before."""
    session.add(
        Match(
            entry_id=entry.id,
            story_id=entry.story_id or 0,
            rule=match.rule,
            severity=match.severity,
            disposition=disposition,
            evidence=[asdict(evidence) for evidence in match.evidence],
            held_by=[asdict(evidence) for evidence in match.dropped_by or match.held_by],
            note=note,
            decided_at=now,
            alert_id=part[0] if part else None,
            alert_revision=part[1] if part else None,
        )
    )


def evidence_of(rows: list[dict[str, object]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**row) for row in rows)  # type: ignore[arg-type]


def of_entries(session: Session, entry_ids: list[int]) -> list[Match]:
    return list(session.exec(select(Match).where(col(Match.entry_id).in_(entry_ids)).order_by(col(Match.id))))


def told_matches(session: Session, alert_ids: Collection[int]) -> dict[int, list[ToldMatch]]:
    """By an alert, the matches that it told, with their entries, in the order they were told."""
    found: dict[int, list[ToldMatch]] = {}
    rows = session.exec(
        select(Match, Entry, Feed)
        .join(Entry, col(Entry.id) == Match.entry_id)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(col(Match.alert_id).in_(alert_ids), Match.disposition != Disposition.GREW)
        .order_by(col(Match.alert_revision), col(Match.id))
    )
    for row in rows:
        found.setdefault(row[0].alert_id or 0, []).append(row)
    return found


def spoken_of(told: list[ToldMatch], revision: int) -> list[ToldMatch]:
    """Of the matches that an alert told, those that this telling is about: its own, or the last before it. Matches
    that were told again since, because their words were gone and came back, belong to the later telling, and then it is
    that one's."""
    numbers = [match.alert_revision or 0 for match, _, _ in told]
    before = [number for number in numbers if number <= revision]
    chosen = max(before) if before else min(numbers)
    return [row for row in told if row[0].alert_revision == chosen]


def latest(session: Session) -> tuple[Alert, Story] | None:
    return session.exec(
        select(Alert, Story)
        .join(Story, col(Story.id) == Alert.story_id)
        .order_by(col(Alert.last_told_at).desc())
        .limit(1)
    ).first()
