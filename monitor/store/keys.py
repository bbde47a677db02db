"""Secrets of this installation's own."""

from datetime import datetime

from sqlmodel import Session, col, select

from monitor.models import Key


def own(session: Session, name: str, fresh: str, now: datetime) -> str:
    """The secret of this name; made of `fresh` when there is none yet."""
    key = session.get(Key, name)
    if key is None:
        key = Key(name=name, secret=fresh, made_at=now)
        session.add(key)
    return key.secret


def ring(session: Session, name: str, fresh: str, now: datetime) -> tuple[str, ...]:
    """All secrets of this name, the newest last; the first is made when there is none yet."""
    if not _ring(session, name):
        own(session, name, fresh, now)
        session.flush()
    return tuple(key.secret for key in _ring(session, name))


def rotate(session: Session, name: str, fresh: str, now: datetime, keep: datetime | None) -> int:
    """Sign with a new secret from now on. Those made before `keep` are believed no more; None: all are. How many are
    left that are only believed."""
    for key in _ring(session, name):
        if keep is not None and key.made_at < keep:
            session.delete(key)
    session.flush()
    left = len(_ring(session, name))
    session.add(Key(name=f"{name}:{now.isoformat()}", secret=fresh, made_at=now))
    return left


def _ring(session: Session, name: str) -> list[Key]:
    mine = (col(Key.name) == name) | col(Key.name).startswith(f"{name}:", autoescape=True)
    return list(session.exec(select(Key).where(mine).order_by(col(Key.made_at), col(Key.name))))
