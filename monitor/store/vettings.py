"""Which rules have passed their own tests."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from sqlmodel import Session, col, select

from monitor.models import Vetting

_AT_ONCE = 10_000  # SQLite takes 32,766 parameters in a statement


def known(session: Session, digests: Iterable[str]) -> set[str]:
    found: set[str] = set()
    wanted = iter(digests)
    while some := list(islice(wanted, _AT_ONCE)):
        found.update(session.exec(select(Vetting.digest).where(col(Vetting.digest).in_(some))))
    return found


def keep(session: Session, digests: Iterable[str], now: datetime) -> None:
    for digest in digests:
        session.merge(Vetting(digest=digest, vetted_at=now))
