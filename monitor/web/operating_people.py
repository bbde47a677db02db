"""The operator's pages of people: who is there, and one of them with everything that may be done about it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.joining import Outcome
from monitor.core.timing import next_slot
from monitor.models import Subscriber, SubscriberState
from monitor.store import history, overview
from monitor.store.history import History
from monitor.store.overview import People
from monitor.web.answers import ONCE_MORE, Said, form, hurried
from monitor.web.choosing import Mistake, pause_of
from monitor.web.operating import operators_page
from monitor.words import EVERY_TOPIC

_A_PAGE = 50
_LISTED = 50
_AMISS = 422
_NUMBER = re.compile(r"[0-9]{1,9}")
_NOTHING = "Nothing was changed: "
_REFUSALS = {
    Outcome.UNKNOWN: "somebody of this address is in no state for it any more.",
    Outcome.ALREADY: "that had been done already.",
}
_Act = Callable[[str], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Sought:
    """What stands in the form above the list."""

    part: str
    state: SubscriberState | None
    skip: int


@dataclass(frozen=True, slots=True)
class Known:
    """A person with what happened, the latest first; of long lists the latest part."""

    row: Subscriber
    history: History
    topics: str
    next_briefing: datetime | None
    last_sent_at: datetime | None


@dataclass(frozen=True)
class OperatingPeople:
    app: App

    async def list_all(self, request: Request) -> Response:
        sought = _sought(request)
        found: People = await self.app.db.read(overview.people, sought.part, sought.state, sought.skip, _A_PAGE)
        states = await self.app.db.read(overview.people_by_state)
        view = {"sought": sought, "found": found, "states": states, "a_page": _A_PAGE}
        return operators_page(self.app, request, "people.html", view)

    async def show(self, request: Request) -> Response:
        return await self._page(request)

    async def act(self, request: Request) -> Response:
        said = await form(request)
        known = await self._known(request)
        if said is None or hurried(self.app, request, said):
            return await self._page(request, status=ONCE_MORE, hurriedly=True)
        told = await self._done(known.row, said)
        return await self._page(request, told, _AMISS if told.startswith(_NOTHING) else 200)

    async def _done(self, person: Subscriber, said: Said) -> str:
        operator = self.app.reception.operator
        wanted = said.get("act", "")
        if wanted == "pause":
            until = pause_of(said.get("until", ""), person.zone, self.app.poll.now())
            if isinstance(until, Mistake):
                return f"{_NOTHING}choose a day after today and within a year, or none."
            outcome = await operator.pause(person.address, until)
            return _told(Outcome.UNKNOWN if outcome is Outcome.LEFT else outcome, "Paused.")
        if wanted == "erase" and said.get("sure") != "yes":
            return f"{_NOTHING}tick the box if this person shall be erased."
        acts: dict[str, tuple[_Act, str]] = {
            "approve": (operator.approve, "Approved; a mail of welcome is on its way."),
            "decline": (operator.decline, "Declined; no mail is sent about it."),
            "resume": (operator.resume, "The pause is over."),
            "remove": (operator.remove, "Removed: nothing is mailed any more."),
            "revoke": (operator.revoke_links, "The links that were mailed open the choices no more."),
            "erase": (operator.erase, "Erased: nothing is kept but that there was somebody."),
        }
        if wanted not in acts:
            return f"{_NOTHING}press one of the buttons below."
        act, done = acts[wanted]
        return _told(await act(person.address), done)

    async def _known(self, request: Request) -> Known:
        said = request.path_params["number"]
        known = await self.app.db.read(self._read, int(said)) if _NUMBER.fullmatch(said) else None
        if known is None:
            raise HTTPException(404)
        return known

    def _read(self, session: Session, number: int) -> Known | None:
        row = session.get(Subscriber, number)
        if row is None:
            return None
        topics = "every rule" if row.topics is None else ", ".join(row.topics) or "none"
        gets = row.state is SubscriberState.CONFIRMED and row.briefing
        reached = history.reached(session, number).get(number)
        return Known(
            row,
            history.of(session, number),
            "every topic" if EVERY_TOPIC in (row.topics or ()) else topics,
            next_slot(self.app.poll.now(), row.zone, row.briefing_at).at if gets else None,
            reached.last_sent_at if reached else None,
        )

    async def _page(self, request: Request, told: str = "", status: int = 200, *, hurriedly: bool = False) -> Response:
        known = await self._known(request)
        tomorrow = self.app.poll.now().date() + timedelta(days=1)
        view = {"known": known, "person": known.row, "listed": _LISTED, "tomorrow": tomorrow}
        return operators_page(
            self.app, request, "person.html", view, told=told, status=status, hurried=hurriedly
        )  # fmt: skip


def _told(outcome: Outcome, done: str) -> str:
    refusal = _REFUSALS.get(outcome)
    return f"{_NOTHING}{refusal}" if refusal else done


def _sought(request: Request) -> Sought:
    said = request.query_params
    state = next((each for each in SubscriberState if each.value == said.get("state")), None)
    skip = int(said.get("skip", "")) if _NUMBER.fullmatch(said.get("skip", "")) else 0
    part = "".join(letter for letter in said.get("q", "") if letter.isprintable())
    return Sought(part.strip()[:100], state, skip)
