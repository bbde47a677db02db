"""Stories, matches and alerts: what triage decided."""

from dataclasses import asdict
from datetime import datetime

from sqlmodel import Session, col, delete, select

from monitor.core.values import Evidence, RuleMatch
from monitor.models import Alert, Entry, Feed, Match, Story
from monitor.store import stories
from monitor.store.arrivals import Untriaged
from monitor.words import Disposition, Severity

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


def voices_since(session: Session, story_id: int, since: datetime, upto: int) -> set[str]:
    """Whose reports of the story came since then, as far as the arrival numbered `upto`."""
    came = (Entry.story_id == story_id, Entry.arrived_at >= since, col(Entry.arrival) <= upto)
    return set(session.exec(select(Entry.voice).where(*came)))


def tell(session: Session, story_id: int, matches: list[RuleMatch], now: datetime) -> Alert:
    """Open the story's alert, or its next revision."""
    severity = max((match.severity for match in matches), key=lambda each: each.rank)
    alert = of_story(session, story_id)
    if alert is None:
        alert = Alert(story_id=story_id, severity=severity, revision=1, first_told_at=now, last_told_at=now)
    else:
        alert.revision += 1
        alert.last_told_at = now
        alert.severity = max(alert.severity, severity, key=lambda each: each.rank)
    session.add(alert)
    session.flush()
    return alert


def of_story(session: Session, story_id: int) -> Alert | None:
    return session.exec(select(Alert).where(Alert.story_id == story_id)).one_or_none()


def forget(session: Session, entry_id: int, rules: list[str]) -> None:
    """Let the entry be decided anew under these rules."""
    session.execute(delete(Match).where(col(Match.entry_id) == entry_id, col(Match.rule).in_(rules)))


def record(
    session: Session,
    entry: Entry | Untriaged,
    match: RuleMatch,
    disposition: Disposition,
    note: str,
    alert: Alert | None,
    now: datetime,
) -> None:
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
            alert_id=alert.id if alert else None,
            alert_revision=alert.revision if alert else None,
        )
    )


def evidence_of(rows: list[dict[str, object]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**row) for row in rows)  # type: ignore[arg-type]


def of_entries(session: Session, entry_ids: list[int]) -> list[Match]:
    return list(session.exec(select(Match).where(col(Match.entry_id).in_(entry_ids)).order_by(col(Match.id))))


def of_revision(session: Session, alert_id: int, revision: int) -> list[tuple[Match, Entry, Feed]]:
    """What one telling tells: its matches with their entries. Matches that were told again since, because their words
    were gone and came back, belong to the later telling, and then it is that one's."""
    rows = session.exec(
        select(Match, Entry, Feed)
        .join(Entry, col(Entry.id) == Match.entry_id)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(Match.alert_id == alert_id, col(Match.alert_revision) >= revision)
        .order_by(col(Match.alert_revision), col(Match.id))
    ).all()
    return [row for row in rows if row[0].alert_revision == rows[0][0].alert_revision]


def latest(session: Session) -> tuple[Alert, Story] | None:
    return session.exec(
        select(Alert, Story)
        .join(Story, col(Story.id) == Alert.story_id)
        .order_by(col(Alert.last_told_at).desc())
        .limit(1)
    ).first()
