"""Secrets of this installation's own."""

from datetime import datetime

from sqlmodel import Session

from monitor.models import Key


def own(session: Session, name: str, fresh: str, now: datetime) -> str:
    """The secret of this name; made of `fresh` when there is none yet."""
    key = session.get(Key, name)
    if key is None:
        key = Key(name=name, secret=fresh, made_at=now)
        session.add(key)
    return key.secret
