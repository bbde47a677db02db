"""Addresses that are never written to, known by their marks alone."""

from datetime import datetime

from sqlmodel import Session

from monitor.models import Suppression


def reason(session: Session, mark: str) -> str:
    """Why this address is never written to; empty if it may be."""
    found = session.get(Suppression, mark)
    return "" if found is None else found.reason or "blocked"


def add(session: Session, mark: str, reason: str, now: datetime) -> bool:
    """False: it was suppressed already, and the first reason stays."""
    if session.get(Suppression, mark) is not None:
        return False
    session.add(Suppression(mark=mark, reason=reason, at=now))
    session.flush()
    return True


def lift(session: Session, mark: str) -> bool:
    """False: it was not suppressed."""
    found = session.get(Suppression, mark)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True
