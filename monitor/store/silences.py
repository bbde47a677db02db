"""Silences: what is muted, for whom, until when and by whom."""

from datetime import datetime

from sqlmodel import Session, col, select

from monitor.models import Silence


def add(session: Session, silence: Silence) -> int:
    session.add(silence)
    session.flush()
    return silence.id


def active(session: Session, now: datetime) -> list[Silence]:
    """Those in force, the one that ends last first: it is the reason people read."""
    in_force = select(Silence).where(Silence.starts_at <= now, Silence.ends_at > now)
    return list(session.exec(in_force.order_by(col(Silence.ends_at).desc(), col(Silence.id))))


def ended_since(session: Session, since: datetime, now: datetime) -> list[Silence]:
    """Those that were in force, but are no more."""
    ended = select(Silence).where(Silence.ends_at > since, Silence.ends_at <= now)
    return list(session.exec(ended.order_by(col(Silence.ends_at).desc(), col(Silence.id))))


def expire(session: Session, silence_id: int, now: datetime, subscriber_id: int | None = None) -> bool:
    """End it now; False when it is not in force, or not the person's who wants it."""
    silence = session.get(Silence, silence_id)
    if silence is None or not silence.starts_at <= now < silence.ends_at:
        return False
    if subscriber_id is not None and silence.subscriber_id != subscriber_id:
        return False
    silence.ends_at = now
    session.add(silence)
    return True


def concerning(session: Session, now: datetime, subscriber_id: int) -> list[Silence]:
    """Those in force that mute something for this person: the own ones, then those for everybody."""
    in_force = active(session, now)
    own = [each for each in in_force if each.subscriber_id == subscriber_id]
    return own + [each for each in in_force if each.subscriber_id is None]


def renew(session: Session, silence: Silence) -> Silence:
    """Add it. Where its author has muted the very same for the same people, the later word holds: that silence gets
    this one's end and comment."""
    same = select(Silence).where(
        Silence.rule == silence.rule,
        Silence.words == silence.words,
        Silence.source == silence.source,
        Silence.author == silence.author,
        col(Silence.story_id).is_not_distinct_from(silence.story_id),
        col(Silence.subscriber_id).is_not_distinct_from(silence.subscriber_id),
        Silence.starts_at <= silence.starts_at,
        Silence.ends_at > silence.starts_at,
    )
    known = session.exec(same.order_by(col(Silence.id)).limit(1)).first()
    if known is not None:
        known.ends_at, known.comment = silence.ends_at, silence.comment
        silence = known
    session.add(silence)
    session.flush()
    return silence
