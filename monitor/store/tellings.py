"""What was told of a story, who was to hear it, and when."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select, update

from monitor.models import Alert, Delivery, Escalation, Hearing, Telling
from monitor.words import Cause, Severity, Stance, Wait

# These travel together; growth of one story goes into the thread of that story.
_ROLLED = (Wait.GATHERED, Wait.FLOOD, Wait.QUIET)


def tell(
    session: Session,
    alert: Alert | None,
    story_id: int,
    *,
    causes: Sequence[Cause],
    rules: Mapping[str, Severity],
    entry_id: int | None,
    voices: int,
    now: datetime,
    stance: Stance | None = None,
    note: str = "",
) -> tuple[Alert, Telling]:
    """Open the story's alert, or its next revision. `rules` are those that it is told for."""
    severity = max(rules.values(), key=lambda each: each.rank) if rules else _severity_of(alert)
    if alert is None:
        alert = Alert(story_id=story_id, severity=severity, revision=0, first_told_at=now, last_told_at=now)
    if Cause.RAISED in causes:
        alert.acknowledged_at, alert.acknowledged_by = None, ""
    alert.revision += 1
    alert.last_told_at = now
    alert.severity = max(alert.severity, severity, key=lambda each: each.rank)
    alert.voices = max(alert.voices, voices)
    alert.stance = stance or alert.stance
    session.add(alert)
    session.flush()
    telling = Telling(
        alert_id=alert.id,
        revision=alert.revision,
        told_at=now,
        cause=causes[0],
        also=[cause.name.lower() for cause in causes[1:]],
        severity=severity,
        rules={rule: rules[rule].value for rule in sorted(rules, key=lambda rule: -rules[rule].rank)},
        entry_id=entry_id,
        voices=voices,
        note=note,
    )
    session.add(telling)
    session.flush()
    return alert, telling


def _severity_of(alert: Alert | None) -> Severity:
    return alert.severity if alert is not None else Severity.INFO


def of_revision(session: Session, alert_id: int, revision: int) -> Telling | None:
    wanted = select(Telling).where(Telling.alert_id == alert_id, Telling.revision == revision)
    return session.exec(wanted).one_or_none()


def of_alert(session: Session, alert_id: int) -> list[Telling]:
    return list(session.exec(select(Telling).where(Telling.alert_id == alert_id).order_by(col(Telling.revision))))


def times_told(session: Session, alert_id: int, cause: Cause) -> list[datetime]:
    """When this was told of the alert; what was over before anybody heard it does not count."""
    over = select(Hearing.telling_id).where(Hearing.alert_id == alert_id, col(Hearing.wait) == Wait.OVER)
    unsaid = set(session.exec(over))
    return [each.told_at for each in of_alert(session, alert_id) if cause in each.causes and each.id not in unsaid]


def withdrawals(session: Session, entry_id: int) -> list[tuple[Telling, list[Hearing]]]:
    """The tellings that the entry has lost its words, each with who hears it."""
    rows = session.exec(
        select(Telling, Hearing)
        .join(Hearing, col(Hearing.telling_id) == Telling.id)
        .where(Telling.entry_id == entry_id, Telling.cause == Cause.WITHDRAWN)
        .order_by(col(Telling.id))
    )
    found: dict[int, tuple[Telling, list[Hearing]]] = {}
    for telling, hearing in rows:
        found.setdefault(telling.id, (telling, []))[1].append(hearing)
    return list(found.values())


def told_by(session: Session, delivery_id: int) -> list[tuple[Telling, Hearing]]:
    """The tellings that one message tells, in order."""
    rows = session.exec(
        select(Telling, Hearing)
        .join(Hearing, col(Hearing.telling_id) == Telling.id)
        .where(Hearing.delivery_id == delivery_id)
        .order_by(col(Telling.told_at), col(Telling.id))
    )
    return list(rows)


def hearings_of(session: Session, alert_ids: Collection[int]) -> list[tuple[Hearing, Telling]]:
    rows = session.exec(
        select(Hearing, Telling)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .where(col(Hearing.alert_id).in_(alert_ids))
        .order_by(col(Hearing.id))
    )
    return list(rows)


def heard_by(session: Session, alert_id: int) -> set[str]:
    """The listeners who heard of the alert, or are about to."""
    meant = select(Hearing.listener).where(Hearing.alert_id == alert_id, col(Hearing.due_at).is_not(None))
    return set(session.exec(meant))


def heard_before(session: Session, alert_id: int, revision: int) -> list[tuple[str, list[str], Severity]]:
    """(listener, rules, severity) of all that was heard of the alert before this revision, or is about to be."""
    rows = session.exec(
        select(Hearing.listener, Hearing.rules, Hearing.severity)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .where(Hearing.alert_id == alert_id, col(Hearing.due_at).is_not(None), col(Telling.revision) < revision)
    )
    return [(listener, list(rules), Severity(severity)) for listener, rules, severity in rows]


def heard_as_critical(session: Session, alert_id: int) -> set[str]:
    """The listeners to whom the story is critical."""
    meant = select(Hearing.listener).where(
        Hearing.alert_id == alert_id, col(Hearing.due_at).is_not(None), col(Hearing.severity) == Severity.CRITICAL
    )
    return set(session.exec(meant))


def waiting_for(session: Session, alert_id: int, listener: str) -> list[Hearing]:
    """What this listener is still to hear of the alert."""
    waiting = select(Hearing).where(
        Hearing.alert_id == alert_id,
        Hearing.listener == listener,
        col(Hearing.delivery_id).is_(None),
        col(Hearing.due_at).is_not(None),
    )
    return list(session.exec(waiting.order_by(col(Hearing.id))))


def heard_revisions(session: Session, alert_id: int, listener: str) -> set[int]:
    """The revisions of an alert that were told to a listener, or leave for it now."""
    heard = (
        select(Telling.revision)
        .join(Hearing, col(Hearing.telling_id) == Telling.id)
        .where(Hearing.alert_id == alert_id, Hearing.listener == listener, col(Hearing.delivery_id).is_not(None))
    )
    return set(session.exec(heard))


def told_to(session: Session, listener: str, telling_ids: Collection[int]) -> bool:
    """Whether all of these were told to a listener, or leave for it now."""
    heard = select(Hearing.telling_id).where(
        Hearing.listener == listener, col(Hearing.telling_id).in_(telling_ids), col(Hearing.delivery_id).is_not(None)
    )
    return set(session.exec(heard)) >= set(telling_ids)


def end_pending(session: Session, alert_id: int, cause: Cause) -> None:
    """What waits to be told for this cause is over."""
    waiting = (
        select(Hearing)
        .join(Telling, col(Telling.id) == Hearing.telling_id)
        .where(Hearing.alert_id == alert_id, Telling.cause == cause)
        .where(col(Hearing.delivery_id).is_(None), col(Hearing.due_at).is_not(None))
    )
    never(session, session.exec(waiting), Wait.OVER)


def told_singly(session: Session, since: datetime) -> list[tuple[str, str, int | None]]:
    """(listener, rule, feed) of everything that was told at once since then; without a rule that others took it."""
    told = select(Hearing.listener, Hearing.rule, Hearing.feed_id).where(
        Hearing.at >= since, col(Hearing.wait).is_(None)
    )
    return list(session.exec(told))


def leaving(session: Session) -> dict[str, datetime]:
    """By a listener: when what is being gathered for it leaves."""
    rolled = (Wait.GATHERED, Wait.FLOOD)
    rows = session.exec(
        select(Hearing.listener, func.min(Hearing.due_at))
        .where(col(Hearing.delivery_id).is_(None), col(Hearing.wait).in_(rolled), col(Hearing.due_at).is_not(None))
        .group_by(Hearing.listener)
    )
    return {listener: leaves for listener, leaves in rows if leaves is not None}


def any_due(session: Session, now: datetime) -> bool:
    due = select(Hearing.id).where(col(Hearing.delivery_id).is_(None), col(Hearing.due_at) <= now)
    if session.exec(due.limit(1)).first() is not None:
        return True
    next_step = select(Escalation.id).where(Escalation.due_at <= now, col(Escalation.ended_at).is_(None))
    return session.exec(next_step.limit(1)).first() is not None


def due(session: Session, now: datetime) -> dict[str, list[Hearing]]:
    """By a listener, what is to be told now, in the order it was decided.

    What is gathered travels with the first of it that is due; what is held for quiet hours waits for their end.
    """
    waiting = select(Hearing).where(col(Hearing.delivery_id).is_(None), col(Hearing.due_at).is_not(None))
    hasty = select(Hearing.listener).where(col(Hearing.delivery_id).is_(None), col(Hearing.due_at) <= now)
    found: dict[str, list[Hearing]] = {}
    for hearing in session.exec(waiting.where(col(Hearing.listener).in_(hasty)).order_by(col(Hearing.id))):
        found.setdefault(hearing.listener, []).append(hearing)
    return {listener: taken for listener, waits in found.items() if (taken := _leaving_now(waits, now))}


def _leaving_now(waits: list[Hearing], now: datetime) -> list[Hearing]:
    due_now = {hearing.id for hearing in waits if hearing.due_at is not None and hearing.due_at <= now}
    growing = {hearing.alert_id for hearing in waits if hearing.id in due_now}
    gathered = any(hearing.wait in _ROLLED for hearing in waits if hearing.id in due_now)
    company = (Wait.GATHERED, Wait.FLOOD) if gathered else ()
    return [
        hearing
        for hearing in waits
        if hearing.id in due_now
        or hearing.wait in company
        or (hearing.wait is Wait.GROWING and hearing.alert_id in growing)
    ]


def travels_alone(hearing: Hearing) -> bool:
    """In the thread of its own story, whatever else leaves."""
    return hearing.wait not in _ROLLED


def never(session: Session, hearings: Iterable[Hearing], why: Wait, note: str = "") -> None:
    for hearing in hearings:
        hearing.due_at, hearing.wait, hearing.note = None, why, note
        session.add(hearing)


def sent_with(session: Session, hearings: Iterable[Hearing], delivery: Delivery) -> None:
    session.execute(
        update(Hearing).where(col(Hearing.id).in_([each.id for each in hearings])).values(delivery_id=delivery.id)
    )


def escalate(session: Session, alert_id: int, rule: str, due_at: datetime) -> None:
    """Let the next people be told at that time. What was escalated, or acknowledged, begins anew."""
    known = select(Escalation).where(Escalation.alert_id == alert_id, Escalation.rule == rule)
    escalation = session.exec(known).one_or_none() or Escalation(alert_id=alert_id, rule=rule, due_at=due_at)
    escalation.step, escalation.due_at, escalation.ended_at = 0, due_at, None
    session.add(escalation)


def escalations_due(session: Session, now: datetime) -> list[Escalation]:
    wanted = select(Escalation).where(Escalation.due_at <= now, col(Escalation.ended_at).is_(None))
    return list(session.exec(wanted.order_by(col(Escalation.due_at), col(Escalation.id))))


def escalates_at(session: Session, alert_id: int) -> datetime | None:
    wanted = select(func.min(Escalation.due_at)).where(
        Escalation.alert_id == alert_id, col(Escalation.ended_at).is_(None)
    )
    return session.exec(wanted).one()


def end_escalations(session: Session, alert_id: int, now: datetime) -> None:
    session.execute(
        update(Escalation)
        .where(col(Escalation.alert_id) == alert_id, col(Escalation.ended_at).is_(None))
        .values(ended_at=now)
    )


def count_waits(session: Session) -> Counter[Wait]:
    """How many hearings wait, and for what."""
    waiting = select(Hearing.wait).where(col(Hearing.delivery_id).is_(None), col(Hearing.due_at).is_not(None))
    return Counter(Wait(wait) for wait in session.exec(waiting) if wait is not None)
