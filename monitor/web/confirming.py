"""The pages where a person says yes to an address, by the button: to look at them changes nothing."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.joining import Outcome, Standing
from monitor.core.tickets import Purpose
from monitor.core.timing import Slot, next_slot
from monitor.jobs.reception import Person
from monitor.models import SubscriberState
from monitor.web.answers import ONCE_MORE, form, hurried, page
from monitor.web.visitors import language_of, network

_REFUSE = "refuse"
# Of links whose time is over, and of those that were never ours.
_OVER, _NONE = 410, 404


@dataclass(frozen=True)
class Confirming:
    app: App

    async def show(self, request: Request) -> Response:
        person = await self._person(request, Purpose.CONFIRM)
        return self._page(request, person, Outcome.UNKNOWN if person is None else None)

    async def act(self, request: Request) -> Response:
        said = await form(request)
        person = await self._person(request, Purpose.CONFIRM)
        if person is None:
            return self._page(request, None, Outcome.UNKNOWN)
        # Where there is nothing left to press nobody is asked to press it once more.
        pressing = person.standing is Standing.OPEN or person.state is SubscriberState.PENDING
        if pressing and hurried(self.app, request, said):
            return self._page(request, person, None, ONCE_MORE)
        ticket, whence = request.path_params["ticket"], network(self.app, request)
        if said is not None and said.get("act") == _REFUSE:
            return self._page(request, person, await self.app.reception.refuse(ticket, whence), refused=True)
        outcome, found = await self.app.reception.confirm(ticket, whence)
        return self._page(request, found or person, outcome)

    async def show_address(self, request: Request) -> Response:
        person = await self._person(request, Purpose.ADDRESS)
        return self._address_page(request, person, Outcome.UNKNOWN if person is None else None)

    async def move(self, request: Request) -> Response:
        said = await form(request)
        person = await self._person(request, Purpose.ADDRESS)
        if person is None:
            return self._address_page(request, None, Outcome.UNKNOWN)
        if person.standing is Standing.OPEN and hurried(self.app, request, said):
            return self._address_page(request, person, None, ONCE_MORE)
        ticket, whence = request.path_params["ticket"], network(self.app, request)
        outcome, moved = await self.app.reception.confirm_move(ticket, whence)
        return self._address_page(request, moved or person, outcome)

    async def _person(self, request: Request, purpose: Purpose) -> Person | None:
        return await self.app.reception.who(purpose, request.path_params["ticket"])

    def _page(
        self,
        request: Request,
        person: Person | None,
        outcome: Outcome | None,
        status: int = 200,
        *,
        refused: bool = False,
    ) -> Response:
        view = {
            "person": person,
            "outcome": _word(outcome),
            "refused": refused,
            "first": self._first(person),
            "sender": self.app.config.settings.mail.sender,
            "hurried": status == ONCE_MORE,
            "open": self.app.config.settings.subscribe.who == "everybody",
        }
        language = language_of(self.app, request, person.language if person else "")
        return page(self.app, request, "confirm.html", _status(outcome, status), view, language=language)

    def _address_page(
        self, request: Request, person: Person | None, outcome: Outcome | None, status: int = 200
    ) -> Response:
        view = {"person": person, "outcome": _word(outcome), "hurried": status == ONCE_MORE}
        language = language_of(self.app, request, person.language if person else "")
        return page(self.app, request, "address.html", _status(outcome, status), view, language=language)

    def _first(self, person: Person | None) -> Slot | None:
        """Their next briefing."""
        if person is None or not person.choices.briefing:
            return None
        return next_slot(self.app.poll.now(), person.zone, person.choices.briefing_at)


def _status(outcome: Outcome | None, status: int) -> int:
    if outcome is Outcome.UNKNOWN:
        return _NONE
    return _OVER if outcome is Outcome.EXPIRED else status


def _word(outcome: Outcome | None) -> str:
    return outcome.name.lower() if outcome is not None else ""
