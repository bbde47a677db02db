"""The forms that need no ticket: join, and have a link mailed. The answer never tells who is known."""

from dataclasses import dataclass, replace
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.joining import Admission, may_join
from monitor.core.topics import public_topics
from monitor.web.answers import ONCE_MORE, Said, form, hurried, page
from monitor.web.choosing import (
    MOST_FIELDS,
    Filled,
    Mistake,
    Mistakes,
    Offer,
    address_of,
    choices_of,
    offer_of,
    typed,
    zones,
)
from monitor.web.visitors import language_of, network

# Nobody sees this field but programs that fill in whatever they find.
_TRAP = "website"
# The page of this form runs a script of ours, which asks the browser for its time zone.
_WITH_SCRIPT = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}
_HOUR = "3600"


@dataclass(frozen=True)
class Joining:
    app: App

    async def show(self, request: Request) -> Response:
        if not self._open(request):
            return self._closed(request)
        briefing = self.app.config.settings.briefing
        language = language_of(self.app, request)
        fresh = Filled(at=briefing.at.isoformat("minutes"), zone=briefing.zone, language=language)
        return self._form(request, fresh)

    async def take(self, request: Request) -> Response:
        said = await form(request, MOST_FIELDS)
        if said is not None and said.get(_TRAP):
            return self._on_its_way(request, "join")
        if not self._open(request):
            return self._closed(request)
        filled = typed(said or Said())
        mistakes: Mistakes = {}
        address = _address(filled, mistakes)
        choices = choices_of(filled, self._offer(), mistakes)
        if not choices.briefing and choices.alert_from is None:
            mistakes["alerts"] = Mistake.NOTHING
        if mistakes:
            return self._form(request, replace(filled, mistakes=mistakes), 422)
        if hurried(self.app, request, said):
            return self._form(request, filled, ONCE_MORE)
        wording, words = self._wording(request)
        invited = self._invited(request)
        admission = await self.app.reception.ask_to_join(
            address, choices, network(self.app, request), wording, invited, words=words
        )
        return self._admitted(request, admission, "join")

    async def show_link(self, request: Request) -> Response:
        return self._link_form(request, Filled())

    async def mail_link(self, request: Request) -> Response:
        said = await form(request)
        if said is not None and said.get(_TRAP):
            return self._on_its_way(request, "link")
        filled = typed(said or Said())
        mistakes: Mistakes = {}
        address = _address(filled, mistakes)
        if mistakes:
            return self._link_form(request, replace(filled, mistakes=mistakes), 422)
        if hurried(self.app, request, said):
            return self._link_form(request, filled, ONCE_MORE)
        admission = await self.app.reception.ask_for_link(address, network(self.app, request))
        return self._admitted(request, admission, "link")

    def _invited(self, request: Request) -> bool:
        ticket = request.path_params.get("ticket")
        return ticket is not None and self.app.reception.is_invited(ticket)

    def _open(self, request: Request) -> bool:
        return may_join(self.app.reception.policy, self._invited(request))

    def _offer(self) -> Offer:
        return offer_of(public_topics(self.app.rules.rules), self.app.config.settings.alerts.least)

    def _form(self, request: Request, filled: Filled, status: int = 200) -> Response:
        fresh = status == 200
        view = {
            "filled": filled,
            "offer": self._offer(),
            "zones": zones(),
            "wording": self._wording(request)[0],
            "approve": self.app.config.settings.subscribe.approve,
            "guess": fresh,
            "hurried": status == ONCE_MORE,
        }
        language, headers = language_of(self.app, request), _WITH_SCRIPT if fresh else None
        return page(self.app, request, "subscribe.html", status, view, language=language, headers=headers)

    def _link_form(self, request: Request, filled: Filled, status: int = 200) -> Response:
        language = language_of(self.app, request)
        open_to = self.app.config.settings.subscribe.who
        view = {"filled": filled, "hurried": status == ONCE_MORE, "open_to": open_to}
        return page(self.app, request, "link.html", status, view, language=language)

    def _admitted(self, request: Request, admission: Admission, errand: str) -> Response:
        if admission is Admission.CLOSED:
            return self._closed(request)
        if admission is Admission.BUSY:
            language = language_of(self.app, request)
            return page(self.app, request, "busy.html", 429, language=language, headers={"retry-after": _HOUR})
        return self._on_its_way(request, errand)

    def _on_its_way(self, request: Request, errand: str) -> Response:
        language = language_of(self.app, request)
        return page(self.app, request, "on_its_way.html", 200, {"errand": errand}, language=language)

    def _closed(self, request: Request) -> Response:
        who = self.app.config.settings.subscribe.who
        over = "ticket" in request.path_params and who == "invited"
        view = {"invited": who == "invited", "over": over}
        status = 200 if request.method != "POST" and not over else 403
        return page(self.app, request, "closed.html", status, view, language=language_of(self.app, request))

    def _wording(self, request: Request) -> tuple[str, str]:
        """The very words that stood above the button, and their name: an operator may have put others there."""
        language = language_of(self.app, request)
        words = self.app.templates.page("web/consent.html", language, contact=self.app.config.settings.contact)
        said = " ".join(words.split())
        return f"{language}-{sha256(said.encode()).hexdigest()[:12]}", said


def _address(filled: Filled, mistakes: Mistakes) -> str:
    address = address_of(filled.address)
    if address is None:
        mistakes["address"] = Mistake.UNREADABLE if filled.address else Mistake.MISSING
    return address or ""
