"""Editions: what briefings say, kept once for all who read the same."""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, col, select

from monitor.models import Edition


def keep(session: Session, edition: Edition) -> Edition:
    """This edition, or the one of the same mark that is kept already."""
    known = session.exec(select(Edition).where(Edition.mark == edition.mark)).first()
    if known is not None:
        return known
    session.add(edition)
    session.flush()
    return edition


def last_public(session: Session) -> Edition | None:
    return session.exec(select(Edition).where(Edition.public).order_by(col(Edition.id).desc()).limit(1)).first()


def public(session: Session, limit: int, before: int | None = None) -> list[Edition]:
    """Those of the archive, the newest first; `before` a number, where a list goes on."""
    older = () if before is None else (col(Edition.id) < before,)
    wanted = select(Edition).where(Edition.public, *older).order_by(col(Edition.id).desc()).limit(limit)
    return list(session.exec(wanted))


def public_one(session: Session, number: int) -> Edition | None:
    return session.exec(select(Edition).where(Edition.public, Edition.id == number)).first()


def is_public_of(session: Session, day: date) -> bool:
    return session.exec(select(Edition.id).where(Edition.public, Edition.local_date == day)).first() is not None


def by_number(session: Session, numbers: Iterable[int]) -> dict[int, Edition]:
    return {each.id: each for each in session.exec(select(Edition).where(col(Edition.id).in_(list(numbers))))}
