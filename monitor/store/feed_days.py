"""How each feed fared, day by day."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from sqlalchemy import Insert, Table, delete
from sqlmodel import Session, col, select

from monitor.models import FeedDay

KEPT_FOR = timedelta(days=60)
_DAYS: Table = FeedDay.__table__  # type: ignore[attr-defined]


class Day(NamedTuple):
    """What to add to a feed's day (UTC)."""

    feed_id: int
    day: date
    polls: int
    failures: int
    new: int


def count(session: Session, rows: Sequence[Day]) -> None:
    """Add to the counts of these days."""
    if not rows:
        return
    # Sorted, so that two writers on PostgreSQL never wait for each other in a ring.
    counted = [row._asdict() for row in sorted(rows)]
    session.connection().execute(_adding(session.get_bind().dialect.name), counted)


@lru_cache
def _adding(dialect: str) -> Insert:
    """The dialects spell it alike, but SQLAlchemy has no statement for all, and theirs are slow to import and build."""
    added = import_module(f"sqlalchemy.dialects.{dialect}").insert(_DAYS)
    adding: Insert = added.on_conflict_do_update(
        index_elements=[_DAYS.c.feed_id, _DAYS.c.day],
        set_={name: _DAYS.c[name] + added.excluded[name] for name in ("polls", "failures", "new")},
    )
    return adding


def since(session: Session, day: date) -> dict[int, list[FeedDay]]:
    """The counts of each feed from this day on, the oldest day first."""
    wanted = select(FeedDay).where(col(FeedDay.day) >= day).order_by(col(FeedDay.feed_id), col(FeedDay.day))
    found: dict[int, list[FeedDay]] = {}
    for row in session.exec(wanted):
        found.setdefault(row.feed_id, []).append(row)
    return found


def prune(session: Session, today: date) -> int:
    """Forget the days before KEPT_FOR; how many rows went."""
    return session.connection().execute(delete(FeedDay).where(col(FeedDay.day) < today - KEPT_FOR)).rowcount
