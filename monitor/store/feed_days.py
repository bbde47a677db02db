"""How each feed fared, day by day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from monitor.models import FeedDay

KEPT_FOR = timedelta(days=60)


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
    # The two dialects spell it alike, but SQLAlchemy has no statement for both.
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    table = FeedDay.metadata.tables["feed_days"]
    added = insert(table)
    statement = added.on_conflict_do_update(
        index_elements=[table.c.feed_id, table.c.day],
        set_={name: table.c[name] + added.excluded[name] for name in ("polls", "failures", "new")},
    )
    # Sorted, so that two writers on PostgreSQL never wait for each other in a ring.
    session.connection().execute(statement, [row._asdict() for row in sorted(rows)])


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
