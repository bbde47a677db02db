"""Tell the operator of feeds in trouble, and of those that are well again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlmodel import Session

from monitor.core import telling
from monitor.core.notice import Contents, subject
from monitor.models import Notice
from monitor.store import feed_days, notices, owing
from monitor.store.db import Database

log = structlog.get_logger("report")
_DAY = timedelta(days=1)
# Silence grows slowly, and to find it every rhythm must be read.
_LISTEN_EVERY = timedelta(minutes=10)
_CONTENTS = TypeAdapter(Contents)


@dataclass
class _Rounds:
    """What is not done at every run: when it was done last."""

    pruned_on: date | None = None
    listened_at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """`contact` is the operator's address: without one nobody is told. `woken` is called after a notice was owed."""

    db: Database
    contact: str
    tell_after: int
    now: Callable[[], datetime]
    woken: Callable[[], None]
    _rounds: _Rounds = field(default_factory=_Rounds)

    async def run(self) -> bool:
        """Owe the operator the notice that is due; whether one was."""
        now = self.now()
        await self._prune(now.date())
        if not self.contact:
            return False
        look = _Look(now, self.tell_after, silent_ones=self._listens(now))
        plan = await self.db.read(_plan, look)
        notice = None
        if plan.cases or plan.contents is not None:
            notice = await self.db.write(_write, self.contact, look)
        if look.silent_ones:
            self._rounds.listened_at = now
        if notice is None:
            return False
        log.info("notice written", subject=notice.subject)
        self.woken()
        return True

    def _listens(self, now: datetime) -> bool:
        return self._rounds.listened_at is None or now - self._rounds.listened_at >= _LISTEN_EVERY

    async def _prune(self, today: date) -> None:
        if self._rounds.pruned_on != today:
            await self.db.write(feed_days.prune, today)
            self._rounds.pruned_on = today


@dataclass(frozen=True, slots=True)
class _Look:
    at: datetime
    tell_after: int
    silent_ones: bool


def _plan(session: Session, look: _Look) -> telling.Plan:
    feeds = notices.followed(session, look.at, silent_ones=look.silent_ones)
    out_of_reach = [facts for facts, _ in feeds if facts.out_of_reach]
    good_polls = notices.good_polls(session) if out_of_reach else []
    well = [(facts.id, case.well_since) for facts, case in feeds if case and case.told and case.well_since]
    past = telling.Past(
        notices=notices.written_since(session, look.at - _DAY),
        unsent=[stored_contents(notice.contents) for notice in notices.untaken(session)],
        watched=notices.watched(session),
        outage_since=telling.outage_since(out_of_reach, good_polls),
        caught_up=notices.caught_up(session, well),
    )
    return telling.plan(feeds, past, look.at, look.tell_after)


def _write(session: Session, contact: str, look: _Look) -> Notice | None:
    plan, now = _plan(session, look), look.at
    notices.keep(session, plan.cases)
    if plan.contents is None:
        return None
    notices.withdraw_untaken(session, now)
    notice = Notice(
        written_at=now, subject=subject(plan.contents), contents=_CONTENTS.dump_python(plan.contents, mode="json")
    )
    session.add(notice)
    session.flush()
    owing.owe_notice(session, notice, contact, now)
    return notice


def stored_contents(stored: dict[str, Any]) -> Contents:
    return _CONTENTS.validate_python(stored, strict=False)
