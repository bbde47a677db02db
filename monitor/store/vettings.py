"""Which rules have passed their own tests."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from monitor.models import Vetting


def known(session: Session, digests: Iterable[str]) -> set[str]:
    return set(session.exec(select(Vetting.digest).where(col(Vetting.digest).in_(list(digests)))))


def keep(session: Session, digests: Iterable[str], now: datetime) -> None:
    for digest in digests:
        session.merge(Vetting(digest=digest, vetted_at=now))
