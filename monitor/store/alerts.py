"""Stories, matches and alerts: what triage decided."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
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
    """By a story, its alert; of one that was split off another, while it has none of its own, that of the other."""
    own = session.exec(select(Alert).where(col(Alert.story_id).in_(story_ids)))
    found = {alert.story_id: alert for alert in own}
    parted = stories.split_from(session, [each for each in story_ids if each not in found])
    split = {part: stories.current(session, other) for part, other in parted}
    if split:
        of_others = session.exec(select(Alert).where(col(Alert.story_id).in_(split.values())))
        others = {alert.story_id: alert for alert in of_others}
        found |= {part: others[other] for part, other in split.items() if other in others}
    return found


def of_same_story(session: Session, story_id: int) -> list[Alert]:
    """The alerts of a story: more than one where stories that were told turned out to be one."""
    return list(session.exec(select(Alert).where(col(Alert.story_id).in_(stories.parts(session, story_id)))))


def by_number(session: Session, numbers: Collection[int]) -> dict[int, Alert]:
    return {alert.id: alert for alert in session.exec(select(Alert).where(col(Alert.id).in_(numbers)))}


def find(session: Session, number: int) -> tuple[Alert, Story] | None:
    """The alert of this number, with the story that has its entries now."""
    alert = session.get(Alert, number)
    story = stories.find(session, alert.story_id) if alert is not None else None
    return (alert, story) if alert is not None and story is not None else None


@dataclass(frozen=True, slots=True)
class Part:
    """The telling that a match belongs to, and as what."""

    alert_id: int
    revision: int
    disposition: Disposition


def forget(session: Session, entry_id: int, rules: list[str]) -> dict[str, Part]:
    """Let the entry be decided anew under these rules. By a rule, what had told its match."""
    which = (col(Match.entry_id) == entry_id, col(Match.rule).in_(rules))
    told = {
        match.rule: Part(match.alert_id, match.alert_revision or 0, match.disposition)
        for match in session.exec(select(Match).where(*which))
        if match.alert_id is not None
    }
    session.execute(delete(Match).where(*which))
    return told


def record(
    session: Session,
    entry: Entry | Untriaged,
    match: RuleMatch,
    disposition: Disposition,
    note: str,
    part: Part | None,
    now: datetime,
) -> None:
    """`part` is the telling that tells the match, or has told it before."""
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
            alert_id=part.alert_id if part else None,
            alert_revision=part.revision if part else None,
        )
    )


def evidence_of(rows: list[dict[str, object]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**row) for row in rows)  # type: ignore[arg-type]


def of_entries(session: Session, entry_ids: list[int]) -> list[Match]:
    return list(session.exec(select(Match).where(col(Match.entry_id).in_(entry_ids)).order_by(col(Match.id))))


def told_matches(session: Session, alert_ids: Collection[int]) -> dict[int, list[ToldMatch]]:
    """By an alert, the matches that it told, with their entries, in the order they were told. Those that only made it
    grow count where nothing else is left."""
    found: dict[int, list[ToldMatch]] = {}
    rows = session.exec(
        select(Match, Entry, Feed)
        .join(Entry, col(Entry.id) == Match.entry_id)
        .join(Feed, col(Feed.id) == Entry.feed_id)
        .where(col(Match.alert_id).in_(alert_ids))
        .order_by(col(Match.alert_revision), col(Match.id))
    )
    for row in rows:
        found.setdefault(row[0].alert_id or 0, []).append(row)
    return {
        alert: [row for row in told if row[0].disposition is not Disposition.GREW] or told
        for alert, told in found.items()
    }


def latest(session: Session) -> tuple[Alert, Story] | None:
    return session.exec(
        select(Alert, Story)
        .join(Story, col(Story.id) == Alert.story_id)
        .order_by(col(Alert.last_told_at).desc())
        .limit(1)
    ).first()
