"""The operator's pages of the watch: how the feeds are, what the rules find."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from markupsafe import Markup
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.health import SPARK_DAYS, Health, verdict
from monitor.core.links import without_credentials
from monitor.models import Feed, FeedDay
from monitor.store import feed_days, overview
from monitor.store.notices import facts_of
from monitor.store.overview import Hits
from monitor.web.charts import spark, spoken
from monitor.web.operating import DAYS, operators_page
from monitor.words import Condition, Severity

_A_PAGE = 200
_NUMBER = re.compile(r"[0-9]{1,9}")
_WELL = (Condition.GOOD, Condition.UNASKED)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """`values` are its new entries day by day; None where it was not read."""

    name: str
    url: str
    feed: Feed | None
    health: Health
    values: tuple[int | None, ...]
    spark: Markup

    @property
    def well(self) -> bool:
        return self.health.condition in _WELL


@dataclass(frozen=True, slots=True)
class RuleRow:
    """`severity` None: the rule is no longer in the config."""

    name: str
    topic: str
    severity: Severity | None
    hits: Hits
    spark: Markup


@dataclass(frozen=True)
class OperatingWatch:
    app: App

    async def feeds(self, request: Request) -> Response:
        troubled = request.query_params.get("troubled") == "yes"
        skip = _skip(request)
        rows = await self.app.db.read(self._feeds, self.app.poll.now())
        wanted = [row for row in rows if not (troubled and row.well)]
        today = self.app.poll.now().date()
        view = {
            "rows": wanted[skip : skip + _A_PAGE],
            "number": len(wanted),
            "all": len(rows),
            "ill": sum(not row.well for row in rows),
            "skip": skip,
            "a_page": _A_PAGE,
            "troubled": troubled,
            "days": overview.days_upto(today, SPARK_DAYS),
        }
        return operators_page(self.app, request, "feeds.html", view)

    async def rules(self, request: Request) -> Response:
        today = self.app.poll.now().date()
        rows = await self.app.db.read(self._rules, today)
        return operators_page(self.app, request, "rules.html", {"rows": rows, "days": overview.days_upto(today, DAYS)})

    def _feeds(self, session: Session, now: datetime) -> list[FeedRow]:
        """Those in trouble first."""
        days = feed_days.since(session, now.date() - timedelta(days=SPARK_DAYS - 1))
        rows = [_feed_row(feed, days.get(feed.id, []), now) for feed in overview.feeds(session)]
        known = {row.feed.url for row in rows if row.feed}
        nothing = (None,) * SPARK_DAYS
        unasked = Health(Condition.UNASKED)
        rows += [
            FeedRow(feed.name, without_credentials(feed.url), None, unasked, nothing, Markup())
            for feed in self.app.config.feeds
            if feed.url not in known
        ]
        return sorted(rows, key=lambda row: row.well)

    def _rules(self, session: Session, today: date) -> list[RuleRow]:
        """Those that found most first; what is no longer in the config last."""
        found = overview.hits(session, overview.days_upto(today, DAYS))
        nothing = Hits([0] * DAYS)
        rows = [
            RuleRow(rule.name, rule.topic, rule.severity, hits := found.pop(rule.name, nothing), _spark(hits))
            for rule in self.app.rules.rules
        ]
        rows.sort(key=lambda row: (-row.hits.all, row.name))
        return rows + [RuleRow(name, "", None, hits, _spark(hits)) for name, hits in sorted(found.items())]


def _spark(hits: Hits) -> Markup:
    return spark(spoken(hits.by_day, "hits"), hits.by_day)


def _feed_row(feed: Feed, days: list[FeedDay], now: datetime) -> FeedRow:
    read = {each.day: each.new for each in days if each.polls > each.failures or each.new}
    values = tuple(read.get(day) for day in overview.days_upto(now.date(), SPARK_DAYS))
    drawn = spark(spoken(values, "new entries"), values)
    return FeedRow(feed.name, without_credentials(feed.url), feed, verdict(facts_of(feed), now), values, drawn)


def _skip(request: Request) -> int:
    said = request.query_params.get("skip", "")
    return int(said) if _NUMBER.fullmatch(said) else 0
