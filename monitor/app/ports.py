"""What the world outside gives the parts."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from monitor.jobs.boundary import Crashed, Progressed

log = structlog.get_logger("app")


def utc_now() -> datetime:
    """The only look at the clock."""
    return datetime.now(UTC)  # noqa: TID251


async def _log_crash(job: str, error: Exception) -> None:
    log.error("a job failed", job=job, exc_info=error)


@dataclass(frozen=True)
class Ports:
    """Tests give their own.

    `feeds_wait`, `entries_came`, `forms_came` and `mail_owed` wake whoever works on them; `witness` sees
    every commit and SMTP step.
    """

    now: Callable[[], datetime] = utc_now
    luck: Callable[[], float] = random.random
    witness: Callable[[str], None] = lambda point: None
    crashed: Crashed = _log_crash
    feeds_wait: Callable[[], None] = lambda: None
    entries_came: Callable[[], None] = lambda: None
    forms_came: Callable[[], None] = lambda: None
    mail_owed: Callable[[], None] = lambda: None
    stopping: Callable[[], bool] = lambda: False
    progressed: Progressed = lambda job: None
