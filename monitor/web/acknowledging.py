"""The page where a person takes an alert. To look at it changes nothing: scanners open every link of a mail."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.tickets import Purpose
from monitor.web.answers import ONCE_MORE, form, hurried, page, unknown
from monitor.web.told import AlertPage, alert_page
from monitor.web.visitors import language_of


class Outcome(StrEnum):
    """What came of pressing the button."""

    TAKEN = "taken"
    AGAIN = "again"
    FASTER = "faster"


@dataclass(frozen=True)
class Acknowledging:
    app: App

    async def show(self, request: Request) -> Response:
        shown = await self._shown(request)
        return self._page(request, shown) if shown is not None else unknown(self.app, request)

    async def take(self, request: Request) -> Response:
        said = await form(request)
        shown = await self._shown(request)
        if shown is None:
            return unknown(self.app, request)
        if not shown.reader.acts:
            return self._page(request, shown, status=403)
        if shown.over and not shown.taken:
            return self._page(request, shown, status=410)
        if not shown.taken and hurried(self.app, request, said):
            return self._page(request, shown, status=ONCE_MORE)
        taken = await self.app.acknowledge.take(shown.number, shown.reader.address)
        shown = await self._shown(request)
        if taken is None or shown is None:
            return unknown(self.app, request)
        mine = taken.by == shown.reader.address
        outcome = (Outcome.AGAIN if taken.already else Outcome.TAKEN) if mine else Outcome.FASTER
        return self._page(request, shown, outcome)

    async def _shown(self, request: Request) -> AlertPage | None:
        numbers = self.app.tickets.read(Purpose.ACKNOWLEDGE, request.path_params["ticket"])
        if numbers is None:
            return None
        number, person = numbers
        named = self.app.acknowledge.routes.named
        shown = await self.app.db.read(alert_page, number, person, self.app.poll.now(), named)
        # Whoever joined by a page ends nobody's escalation, by whatever link.
        return shown if shown is not None and (shown.reader.powers.takes or shown.reader.left) else None

    def _page(
        self, request: Request, shown: AlertPage, outcome: Outcome | None = None, *, status: int = 200
    ) -> Response:
        status = 403 if shown.reader.left else status
        view = {"alert": shown, "outcome": outcome, "now": self.app.poll.now(), "hurried": status == ONCE_MORE}
        language = language_of(self.app, request, shown.reader.language)
        return page(self.app, request, "acknowledge.html", status, view, language=language)
