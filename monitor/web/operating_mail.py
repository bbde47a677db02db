"""The operator's pages of mail: what came back, what waits and what was refused."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.models import Bounce, Delivery, Pause
from monitor.store import mending, outbox, overview
from monitor.store.overview import Owed
from monitor.web.answers import ONCE_MORE, form, hurried
from monitor.web.operating import DAYS, operators_page
from monitor.words import Verdict

_BOUNCES = 200
_WAITING, _REFUSED = 100, 50
_DOMAINS = 20
_REFUSED_LATELY = timedelta(days=7)
_NUMBER = re.compile(r"[0-9]{1,9}")
_LANES = {"0": "what is urgent", "1": "what goes on", "2": "briefings", "3": "answers to forms"}
_GONE = 409


@dataclass(frozen=True, slots=True)
class Bounces:
    latest: list[tuple[Bounce, str]]
    by_domain: list[tuple[str, dict[Verdict, int]]]
    pauses: list[Pause]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """`number` and `number_refused` are how many there are, however few are listed."""

    waiting: list[Delivery]
    number: int
    refused: list[Delivery]
    number_refused: int
    by_domain: list[Owed]
    by_lane: list[tuple[str, Owed]]


@dataclass(frozen=True)
class OperatingMail:
    app: App

    async def bounces(self, request: Request) -> Response:
        return await self._bounces_page(request)

    async def end_pause(self, request: Request) -> Response:
        said = await form(request)
        if said is None or hurried(self.app, request, said):
            return await self._bounces_page(request, status=ONCE_MORE, hurriedly=True)
        domain = said.get("domain", "")
        if not await self.app.db.write(mending.end_pause, domain, self.app.poll.now()):
            return await self._bounces_page(request, "Nothing was changed: that pause had ended already.", _GONE)
        self.app.brief.woken()
        named = "every domain" if domain == "*" else domain
        return await self._bounces_page(request, f"Mail to {named} leaves again.")

    async def deliveries(self, request: Request) -> Response:
        seen = await self.app.db.read(self._deliveries, self.app.poll.now())
        days = _REFUSED_LATELY.days
        return operators_page(self.app, request, "deliveries.html", {"seen": seen, "days": days})

    async def delivery(self, request: Request) -> Response:
        return await self._delivery_page(request)

    async def try_now(self, request: Request) -> Response:
        said = await form(request)
        if said is None or hurried(self.app, request, said):
            return await self._delivery_page(request, status=ONCE_MORE, hurriedly=True)
        if not await self.app.db.write(mending.try_now, self._number(request), self.app.poll.now()):
            return await self._delivery_page(request, "Nothing was changed: it is on its way, or done with.", _GONE)
        self.app.brief.woken()
        return await self._delivery_page(request, "It is due now.")

    def _number(self, request: Request) -> int:
        said = request.path_params["number"]
        if not _NUMBER.fullmatch(said):
            raise HTTPException(404)
        return int(said)

    async def _bounces_page(
        self, request: Request, told: str = "", status: int = 200, *, hurriedly: bool = False
    ) -> Response:
        seen = await self.app.db.read(self._bounces, self.app.poll.now())
        view = {"seen": seen, "verdicts": list(Verdict), "most": _BOUNCES, "domains": _DOMAINS, "days": DAYS}
        return operators_page(self.app, request, "bounces.html", view, told=told, status=status, hurried=hurriedly)

    def _bounces(self, session: Session, now: datetime) -> Bounces:
        since = now - timedelta(days=DAYS)
        return Bounces(
            overview.latest_bounces(session, _BOUNCES),
            overview.bounces_by_domain(session, since, _DOMAINS),
            outbox.pauses(session, now),
        )

    def _deliveries(self, session: Session, now: datetime) -> Deliveries:
        since = now - _REFUSED_LATELY
        lanes = overview.owed_by(session, Delivery.lane, since, len(_LANES))
        return Deliveries(
            *overview.waiting(session, _WAITING),
            *overview.refused(session, since, _REFUSED),
            overview.owed_by(session, Delivery.domain, since, _DOMAINS),
            [(_LANES.get(lane.name, lane.name), lane) for lane in sorted(lanes, key=lambda each: each.name)],
        )

    async def _delivery_page(
        self, request: Request, told: str = "", status: int = 200, *, hurriedly: bool = False
    ) -> Response:
        found = await self.app.db.read(overview.delivery, self._number(request))
        if found is None:
            raise HTTPException(404)
        view = {"delivery": found, "lane": _LANES.get(str(found.lane), found.lane)}
        return operators_page(self.app, request, "delivery.html", view, told=told, status=status, hurried=hurriedly)
