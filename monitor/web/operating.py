"""The operator's first page: how it stands with people, mails, alerts and feeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.health import Facts, Health, verdict
from monitor.models import DeliveryKind, DeliveryStatus, JobRun, Pause, SubscriberState
from monitor.store import job_runs, ledger, notices, outbox, overview, reading
from monitor.store.ledger import Listed
from monitor.store.standing import Standing, standing
from monitor.web.answers import page
from monitor.web.charts import Bar, Chart, Fill, Series, bars, columns, opposed
from monitor.words import Condition, Verdict

DAYS = 30
_A_DAY = timedelta(days=1)
_WELL = (Condition.GOOD, Condition.UNASKED, Condition.RETIRED)
_LISTED = 12
_KINDS = {
    DeliveryKind.ALERT: "alerts",
    DeliveryKind.ROLLUP: "alerts in one mail",
    DeliveryKind.BRIEFING: "briefings",
    DeliveryKind.ACCOUNT: "about subscriptions",
    DeliveryKind.NOTICE: "to the operator",
}


@dataclass(frozen=True, slots=True)
class Mails:
    """Of one kind, today."""

    kind: str
    sent: int
    waiting: int
    refused: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class Overview:
    standing: Standing
    people: dict[SubscriberState, int]
    mails: tuple[Mails, ...]
    waiting: int
    waiting_since: datetime | None
    last_mail_at: datetime | None
    alerts: tuple[Listed, ...]
    feeds: tuple[tuple[Facts, Health], ...]
    pauses: tuple[Pause, ...]
    troubles: tuple[JobRun, ...]
    sent: Chart
    moves: Chart
    verdicts: tuple[Bar, ...]

    @property
    def bounced(self) -> int:
        return sum(each.value for each in self.verdicts)


@dataclass(frozen=True)
class Operating:
    app: App

    async def overview(self, request: Request) -> Response:
        seen = await self.app.db.read(self._overview, self.app.poll.now())
        return operators_page(self.app, request, "overview.html", {"seen": seen, "listed": _LISTED, "days": DAYS})

    def _overview(self, session: Session, now: datetime) -> Overview:
        days = overview.days_upto(now.date(), DAYS)
        labels = [day.isoformat() for day in days]
        mails = overview.mails_by_day(session, days)
        came, went = overview.moves_by_day(session, days)
        waiting, waiting_since = reading.waiting_since(session)
        feeds = [(facts, verdict(facts, now)) for facts, _ in notices.followed(session, now)]
        verdicts = overview.bounces_by_verdict(session, overview.begin_of(days[0]))
        return Overview(
            standing=standing(session, now),
            people=overview.people_by_state(session),
            mails=_mails(overview.mails_since(session, overview.begin_of(now.date()))),
            waiting=waiting,
            waiting_since=waiting_since,
            last_mail_at=reading.last_mail_at(session),
            alerts=tuple(ledger.listed_since(session, now - _A_DAY)),
            feeds=tuple(each for each in feeds if each[1].condition not in _WELL),
            pauses=tuple(outbox.pauses(session, now)),
            troubles=tuple(run for run in job_runs.everything(session) if run.trouble),
            sent=columns(
                "mails",
                f"Mails a day, {DAYS} days",
                labels,
                (
                    Series("sent", tuple(mails[DeliveryStatus.SENT])),
                    Series("refused", tuple(mails[DeliveryStatus.FAILED]), Fill.HATCHED),
                ),
                first="day",
            ),
            moves=opposed(
                "moves",
                f"People who came and went a day, {DAYS} days",
                labels,
                Series("came", tuple(came)),
                Series("went", tuple(went), Fill.HATCHED),
                first="day",
            ),
            verdicts=bars([(said, number) for said, number in _worst_first(verdicts)]),
        )


def operators_page(
    app: App,
    request: Request,
    name: str,
    view: Mapping[str, object],
    *,
    told: str = "",
    status: int = 200,
    hurried: bool = False,
) -> Response:
    """`told` is what came of the button that was pressed."""
    now, zone = app.poll.now(), app.config.settings.briefing.zone
    here = request.scope["path"].removeprefix("/operator").split("/")
    given = {
        "now": now,
        "zone": zone,
        "told": told,
        "hurried": hurried,
        "here": here[1] if len(here) > 1 else "",
        **view,
    }
    return page(app, request, f"operator/{name}", status, given)


def _mails(counts: Mapping[DeliveryKind, Mapping[DeliveryStatus, int]]) -> tuple[Mails, ...]:
    return tuple(
        Mails(
            said,
            of.get(DeliveryStatus.SENT, 0),
            of.get(DeliveryStatus.QUEUED, 0) + of.get(DeliveryStatus.SENDING, 0),
            of.get(DeliveryStatus.FAILED, 0),
            of.get(DeliveryStatus.CANCELLED, 0),
        )
        for kind, said in _KINDS.items()
        if (of := counts.get(kind, {}))
    )


def _worst_first(verdicts: list[tuple[Verdict, int]]) -> list[tuple[Verdict, int]]:
    return sorted(verdicts, key=lambda each: -each[1])
