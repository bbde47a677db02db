"""Leaving, by the link in every mail: one POST from anybody, with any body, is enough. And the way to a fresh link."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.joining import Admission, Outcome
from monitor.core.tickets import Leaving, Purpose
from monitor.jobs.reception import Person
from monitor.web.answers import ONCE_MORE, form, hurried, page
from monitor.web.visitors import language_of, network


@dataclass(frozen=True)
class GoingAway:
    app: App

    async def show(self, request: Request) -> Response:
        person = await self._person(request, Purpose.LEAVE)
        if person is None:
            return self._page(request, None, None, Outcome.UNKNOWN, (), 404)
        return self._page(request, person, _leaving(request, person), None, person.still)

    async def leave(self, request: Request) -> Response:
        """RFC 8058: no page has to be looked at before, and what is in the body is nobody's business."""
        ticket, whence = request.path_params["ticket"], network(self.app, request)
        person = await self._person(request, Purpose.LEAVE)
        outcome, still = await self.app.reception.leave(ticket, whence, _leaving(request, None))
        await _swallow(request)
        return self._page(request, person, _leaving(request, person), outcome, still)

    async def show_preferences(self, request: Request) -> Response:
        person = await self._person(request, Purpose.PREFERENCES)
        return self._preferences(request, person, 200 if person is not None else 404)

    async def mail_link(self, request: Request) -> Response:
        said = await form(request)
        person = await self._person(request, Purpose.PREFERENCES)
        if person is None:
            return self._preferences(request, None, 404)
        if hurried(self.app, request, said):
            return self._preferences(request, person, ONCE_MORE)
        language = language_of(self.app, request, person.language)
        ticket = request.path_params["ticket"]
        admission = await self.app.reception.ask_for_link_of(ticket, network(self.app, request))
        if admission is Admission.BUSY:
            return page(self.app, request, "busy.html", 429, language=language, headers={"retry-after": "3600"})
        if admission is not Admission.TAKEN:
            return self._preferences(request, None, 404)
        return page(self.app, request, "on_its_way.html", 200, {"errand": "link"}, language=language)

    async def _person(self, request: Request, purpose: Purpose) -> Person | None:
        return await self.app.reception.who(purpose, request.path_params["ticket"])

    def _preferences(self, request: Request, person: Person | None, status: int) -> Response:
        leave = ""
        if person is not None:
            made = int(person.created_at.timestamp())
            leave = self.app.tickets.of(Purpose.LEAVE, person.id, made, Leaving.EVERYTHING)
        language = language_of(self.app, request, person.language if person else "")
        view = {"person": person, "leave_ticket": leave, "hurried": status == ONCE_MORE}
        return page(self.app, request, "preferences.html", status, view, language=language)

    def _page(
        self,
        request: Request,
        person: Person | None,
        leaving: Leaving | None,
        outcome: Outcome | None,
        still: tuple[Leaving, ...],
        status: int = 200,
    ) -> Response:
        view = {
            "person": person,
            "leaving": (Leaving.EVERYTHING if leaving is None else leaving).name.lower(),
            "outcome": outcome.name.lower() if outcome is not None else "",
            "still": [each.name.lower() for each in still],
            "ticket": request.path_params["ticket"],
            "open_to": self.app.config.settings.subscribe.who,
        }
        language = language_of(self.app, request, person.language if person else "")
        return page(self.app, request, "leave.html", status, view, language=language)


def _leaving(request: Request, person: Person | None) -> Leaving | None:
    if request.scope["path"].endswith("/everything"):
        return Leaving.EVERYTHING
    return person.leaving if person is not None else None


async def _swallow(request: Request) -> None:
    """Who is cut off while still talking may think that it went wrong."""
    try:
        async for _ in request.stream():
            pass
    except (ClientDisconnect, HTTPException):
        return
