"""How the watch stands, in a few figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, case, col, func, select

from monitor.models import Feed, JobRun

# The poll job says every half minute that it is well.
_SILENT_TOO_LONG = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """`failing` feeds gave no good answer when they were last asked; `kept`: the watch can be trusted as a whole."""

    kept: bool
    feeds: int
    failing: int
    last_polled_at: datetime | None
    last_good_at: datetime | None


def standing(session: Session, now: datetime) -> Standing:
    failing = func.coalesce(func.sum(case((col(Feed.failures) > 0, 1), else_=0)), 0)
    counted = select(func.count(), failing, func.max(Feed.last_polled_at), func.max(Feed.last_good_at))
    watched, bad, polled_at, good_at = session.exec(counted.where(col(Feed.retired_at).is_(None))).one()
    run = session.get(JobRun, "poll")
    running = run is not None and not run.trouble and now - run.ran_at <= _SILENT_TOO_LONG
    return Standing(running and (bad < watched or not watched), watched, bad, polled_at, good_at)
