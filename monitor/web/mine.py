"""The page of one person, by a fresh link: what they chose, and everything that they may do about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.app import App
from monitor.core.joining import Outcome, Standing
from monitor.core.tickets import Purpose
from monitor.core.topics import public_topics
from monitor.jobs.reception import Person
from monitor.web.answers import FRESH, ONCE_MORE, Said, form, hurried, page
from monitor.web.choosing import (
    MOST_FIELDS,
    Filled,
    Mistake,
    Mistakes,
    Offer,
    address_of,
    choices_of,
    filled_of,
    offer_of,
    pause_of,
    rest_of,
    typed,
    zones,
)
from monitor.web.visitors import language_of, network

_GONE, _AMISS = 410, 422


class Done(StrEnum):
    """What came of a button, as it stands on top of the page."""

    SAVED = "saved"
    PAUSED = "paused"
    RESUMED = "resumed"
    MOVING = "moving"
    LEFT = "left"
    AMISS = "amiss"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Result:
    """What was typed stands there again while something in it is amiss."""

    done: Done
    mistakes: Mistakes
    filled: Filled | None = None
    new_address: str = ""
    until: str = ""

    @property
    def status(self) -> int:
        return {Done.AMISS: _AMISS, Done.NOTHING: 400}.get(self.done, 200)


_NOTHING = Result(Done.NOTHING, {})
_Act = Callable[[Request, Person, Said], Awaitable[Response]]


@dataclass(frozen=True)
class Mine:
    app: App

    async def show(self, request: Request) -> Response:
        person = await self._person(request)
        if person is None or person.standing is not Standing.OPEN:
            return self._over(request, person)
        return self._page(request, person)

    async def act(self, request: Request) -> Response:
        said = await form(request, MOST_FIELDS)
        person = await self._person(request)
        if person is None or person.standing is not Standing.OPEN:
            return self._over(request, person)
        if said is None or hurried(self.app, request, said):
            typed_so = typed(said) if said is not None and said.get("act") == "save" else None
            return self._page(request, person, filled=typed_so, status=ONCE_MORE)
        acts: dict[str, _Act] = {
            "save": self._save,
            "pause": self._pause,
            "resume": self._resume,
            "move": self._move,
            "leave": self._leave,
            "copy": self._copy,
            "erase": self._ask_to_erase,
            "erase now": self._erase,
        }
        act = acts.get(said.get("act", ""))
        return await act(request, person, said) if act is not None else await self._told(request, person, _NOTHING)

    async def _save(self, request: Request, person: Person, said: Said) -> Response:
        filled = typed(said)
        mistakes: Mistakes = {}
        choices, rest = choices_of(filled, self._offer(person), mistakes), rest_of(filled, mistakes)
        if mistakes:
            return await self._told(request, person, Result(Done.AMISS, mistakes, filled))
        if not person.language and choices.language == self._ours():
            # Theirs is still whatever this installation speaks.
            choices = replace(choices, language="")
        outcome = await self.app.reception.save(
            self._ticket(request), choices, rest.quiet, rest.critical_passes, rest.away, network(self.app, request)
        )
        return await self._came(request, person, outcome, Result(Done.SAVED, {}))

    async def _pause(self, request: Request, person: Person, said: Said) -> Response:
        day = said.get("until", "")
        until = pause_of(day, person.zone, self._now())
        if isinstance(until, Mistake):
            return await self._told(request, person, Result(Done.AMISS, {"until": until}, until=day[:20]))
        outcome = await self.app.reception.pause(self._ticket(request), until, network(self.app, request))
        return await self._came(request, person, outcome, Result(Done.PAUSED, {}))

    async def _resume(self, request: Request, person: Person, _said: Said) -> Response:
        outcome = await self.app.reception.resume(self._ticket(request), network(self.app, request))
        return await self._came(request, person, outcome, Result(Done.RESUMED, {}))

    async def _move(self, request: Request, person: Person, said: Said) -> Response:
        wanted = said.get("new_address", "")[:320].strip()
        address = address_of(wanted)
        if address is None or address == person.address:
            wrong = Mistake.SAME if address else Mistake.UNREADABLE if wanted else Mistake.MISSING
            amiss = Result(Done.AMISS, {"new_address": wrong}, new_address=wanted)
            return await self._told(request, person, amiss)
        outcome = await self.app.reception.move(self._ticket(request), address, network(self.app, request))
        return await self._came(request, person, outcome, Result(Done.MOVING, {}, new_address=address))

    async def _leave(self, request: Request, person: Person, _said: Said) -> Response:
        outcome = await self.app.reception.leave_all(self._ticket(request), network(self.app, request))
        return await self._came(request, person, outcome, Result(Done.LEFT, {}))

    async def _copy(self, request: Request, person: Person, _said: Said) -> Response:
        kept = await self.app.reception.export(self._ticket(request), network(self.app, request))
        if kept is None:
            return self._over(request, person)
        name = f"feed-monitor-{self._now():%Y-%m-%d}.json"
        return JSONResponse(kept, headers={**FRESH, "content-disposition": f'attachment; filename="{name}"'})

    async def _ask_to_erase(self, request: Request, person: Person, _said: Said) -> Response:
        return self._erasing(request, person)

    async def _erase(self, request: Request, person: Person, said: Said) -> Response:
        if said.get("sure") != "yes":
            return self._erasing(request, person, _AMISS)
        if not await self.app.reception.erase(self._ticket(request), network(self.app, request)):
            return self._over(request, person)
        return page(self.app, request, "erased.html", language=language_of(self.app, request, person.language))

    async def _came(self, request: Request, person: Person, outcome: Outcome, result: Result) -> Response:
        if outcome in (Outcome.EXPIRED, Outcome.UNKNOWN):
            return self._over(request, person)
        return self._left(request, person) if outcome is Outcome.LEFT else await self._told(request, person, result)

    async def _told(self, request: Request, person: Person, result: Result) -> Response:
        """The page as it stands after an act."""
        now_so = await self._person(request)
        if now_so is None or now_so.standing is not Standing.OPEN:
            return self._over(request, person)
        return self._page(request, now_so, result, filled=result.filled, status=result.status)

    async def _person(self, request: Request) -> Person | None:
        return await self.app.reception.who(Purpose.FRESH, self._ticket(request))

    def _ticket(self, request: Request) -> str:
        ticket: str = request.path_params["ticket"]
        return ticket

    def _now(self) -> datetime:
        return self.app.poll.now()

    def _ours(self) -> str:
        return self.app.config.settings.briefing.language

    def _offer(self, person: Person) -> Offer:
        return offer_of(public_topics(self.app.rules.rules), self.app.config.settings.alerts.least, person)

    def _over(self, request: Request, person: Person | None) -> Response:
        language = language_of(self.app, request, person.language if person else "")
        view = {"known": person is not None, "open_to": self.app.config.settings.subscribe.who}
        return page(self.app, request, "over.html", _GONE if person is not None else 404, view, language=language)

    def _left(self, request: Request, person: Person) -> Response:
        """Leaving has revoked the link to this page, too."""
        language = language_of(self.app, request, person.language)
        view = {"address": person.address, "open_to": self.app.config.settings.subscribe.who}
        return page(self.app, request, "left.html", 200, view, language=language)

    def _erasing(self, request: Request, person: Person, status: int = 200) -> Response:
        language = language_of(self.app, request, person.language)
        view = {"person": person, "amiss": status == _AMISS}
        return page(self.app, request, "erase.html", status, view, language=language)

    def _page(
        self,
        request: Request,
        person: Person,
        result: Result | None = None,
        *,
        filled: Filled | None = None,
        status: int = 200,
    ) -> Response:
        language = language_of(self.app, request, person.language)
        shown = filled or filled_of(person)
        if not shown.language:
            shown = replace(shown, language=self._ours())
        view = {
            "person": person,
            "state": person.state.value,
            "result": result or Result(Done.SAVED, {}),
            "done": result.done.value if result else "",
            "filled": replace(shown, mistakes=result.mistakes if result else {}),
            "offer": self._offer(person),
            "zones": zones(),
            "now": self._now(),
            "open_to": self.app.config.settings.subscribe.who,
            "hurried": status == ONCE_MORE,
        }
        return page(self.app, request, "me.html", status, view, language=language)
