"""Silences: which rules are muted, until when and by whom."""

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


def expire(session: Session, silence_id: int, now: datetime) -> bool:
    """End it now; False when it is not in force."""
    silence = session.get(Silence, silence_id)
    if silence is None or not silence.starts_at <= now < silence.ends_at:
        return False
    silence.ends_at = now
    session.add(silence)
    return True
