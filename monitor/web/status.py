"""Whether the watch is kept, for everybody who wants to know if they can trust the silence."""

from asyncio import Lock
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.health import Facts, verdict
from monitor.store import notices, reading
from monitor.store.standing import Standing, standing
from monitor.web.answers import page
from monitor.web.charts import Chart, Fill, Series, columns
from monitor.web.openly import open_of
from monitor.web.visitors import language_of
from monitor.words import Condition

_LATELY = timedelta(hours=1)
_DAYS = 14
# However many ask, the database is asked once in that time.
_GOOD_FOR = timedelta(seconds=15)
_UNSEEN = (Condition.FAILING, Condition.QUARANTINED, Condition.GONE, Condition.SILENT)
_NAMED = 60


@dataclass(frozen=True, slots=True)
class Spot:
    """A feed that cannot be seen through. `kind` is that of its trouble."""

    name: str
    condition: Condition
    kind: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Sight:
    """`spots` are the blind ones that anybody may know of, `unnamed` counts the others."""

    at: datetime
    standing: Standing
    lately: int
    spots: tuple[Spot, ...]
    unnamed: int
    last_entry_at: datetime | None
    last_mail_at: datetime | None
    last_briefing_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    days: tuple[tuple[str, int, int], ...]

    @property
    def blind(self) -> int:
        return len(self.spots) + self.unnamed


@dataclass
class Status:
    app: App
    _seen: Sight | None = None
    _asking: Lock = field(default_factory=Lock)

    async def page(self, request: Request) -> Response:
        sight = await self._latest()
        language = language_of(self.app, request)
        view = {
            "sight": sight,
            "named": _NAMED,
            "zone": self.app.config.settings.briefing.zone,
            "chart": lambda title, day, good, failed: _chart(sight, title, day, good, failed),
        }
        return page(self.app, request, "status.html", 200, view, language=language, headers={"vary": "accept-language"})

    async def _latest(self) -> Sight:
        # Whoever comes meanwhile waits for the same answer.
        async with self._asking:
            now = self.app.poll.now()
            if self._seen is None or not timedelta() <= now - self._seen.at < _GOOD_FOR:
                self._seen = await self.app.db.read(self._sight, now)
            return self._seen

    def _sight(self, session: Session, now: datetime) -> Sight:
        may_be_named = open_of(self.app).urls
        blind = [facts for facts, _ in notices.followed(session, now) if facts.retired_at is None]
        unseen = [facts for facts in blind if verdict(facts, now).condition in _UNSEEN]
        named = [facts for facts in unseen if facts.url in may_be_named]
        waiting, waiting_since = reading.waiting_since(session)
        days = reading.polls_by_day(session, now.date() - timedelta(days=_DAYS - 1), now.date())
        return Sight(
            at=now,
            standing=standing(session, now),
            lately=reading.seen_since(session, now - _LATELY),
            spots=tuple(_spot(facts, now) for facts in named),
            unnamed=len(unseen) - len(named),
            last_entry_at=reading.last_entry_at(session),
            last_mail_at=reading.last_mail_at(session),
            last_briefing_at=reading.last_briefing_at(session),
            waiting=waiting,
            waiting_since=waiting_since,
            days=tuple((day.isoformat(), good, failed) for day, good, failed in days),
        )


def _spot(facts: Facts, now: datetime) -> Spot:
    health = verdict(facts, now)
    return Spot(facts.name, health.condition, facts.kind, health.since)


def _chart(sight: Sight, title: str, day: str, good: str, failed: str) -> Chart:
    """In the words of the page's language."""
    series = (
        Series(good, tuple(each[1] for each in sight.days)),
        Series(failed, tuple(each[2] for each in sight.days), Fill.HATCHED),
    )
    return columns("polls", title, [each[0] for each in sight.days], series, first=day)
