"""Alerts for other programs: feeds, and each alert in the Common Alerting Protocol."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from monitor.app import App
from monitor.core.formats.cap import cap
from monitor.core.formats.syndication import Follow, atom, json_feed
from monitor.core.tickets import Purpose, follow_addresses
from monitor.jobs.following import alert_facts, latest_facts, told_before

_LATEST = 100
# Until something was told: a feed that is the same says that it is.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[0-9]{1,9}")
_FORMS = {"atom": (atom, "application/atom+xml"), "json": (json_feed, "application/feed+json")}


@dataclass(frozen=True)
class Following:
    app: App

    async def atom(self, request: Request) -> Response:
        return await self._feed(request, "atom")

    async def json(self, request: Request) -> Response:
        return await self._feed(request, "json")

    async def cap(self, request: Request) -> Response:
        number = request.path_params["number"]
        if not self._knows(request) or not _NUMBER.fullmatch(number):
            return _nothing()
        document = await self.app.db.read(self._cap, int(number))
        return _answer(request, document, "application/cap+xml") if document else _nothing()

    async def _feed(self, request: Request, form: str) -> Response:
        if not self._knows(request):
            return _nothing()
        return _answer(request, await self.app.db.read(self._written, form), _FORMS[form][1])

    def _knows(self, request: Request) -> bool:
        return self.app.tickets.read(Purpose.FOLLOW, request.path_params["ticket"]) is not None

    def _written(self, session: Session, form: str) -> bytes:
        facts = latest_facts(session, _LATEST, self.app.compose.name)
        updated = max((each.told_at for each in facts), default=_NEVER)
        tickets = self.app.tickets
        feed = Follow(f"Alerts of {self.app.compose.name}", follow_addresses(tickets)[form], tickets.base, updated)
        return _FORMS[form][0](feed, facts)

    def _cap(self, session: Session, number: int) -> bytes:
        facts = alert_facts(session, number, self.app.compose.name)
        settings = self.app.config.settings
        sender = settings.contact or settings.mail.sender
        return cap(facts, sender, earlier=told_before(session, number)) if facts is not None else b""


def _answer(request: Request, document: bytes, kind: str) -> Response:
    mark = f'"{sha256(document).hexdigest()[:32]}"'
    # Whoever follows keeps its copy and asks whether it still holds.
    headers = {"etag": mark, "cache-control": "private, no-cache"}
    known = request.headers.get("if-none-match", "")
    if mark in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(document, media_type=kind, headers=headers)


def _nothing() -> Response:
    said = "There are no alerts at this address; `feed-monitor alerts follow` prints those that are right.\n"
    return PlainTextResponse(said, 404)
