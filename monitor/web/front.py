"""The front page: what this is, and whether the watch is kept."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.app import App
from monitor.jobs.house import UNNAMED
from monitor.store.standing import Standing, standing
from monitor.web.answers import FRESH, page
from monitor.web.visitors import language_of

_KEPT = {"cache-control": "max-age=3600"}


@dataclass(frozen=True)
class Front:
    app: App

    async def page(self, request: Request) -> Response:
        settings = self.app.config.settings
        view = {
            "name": "" if settings.name == UNNAMED else settings.name,
            "about": settings.about,
            "standing": await self._standing(),
            "now": self.app.poll.now(),
            "open_to": self._open_to(),
            "archive": settings.web.archive,
        }
        return page(self.app, request, "front.html", 200, view, language=language_of(self.app, request))

    async def style(self, _request: Request) -> Response:
        return self._sheet("style.css")

    async def reading(self, _request: Request) -> Response:
        """What only pages to read need: lists, tables, charts."""
        return self._sheet("reading.css")

    async def guess(self, _request: Request) -> Response:
        """The one script there is: it asks the browser for its time zone."""
        script = self.app.templates.page("web/guess.js")
        return Response(script, media_type="text/javascript", headers=_KEPT)

    async def health(self, _request: Request) -> Response:
        """For machines that watch this one: 200 while the watch is kept, 503 when it is not."""
        stands = await self._standing()
        facts = {
            "kept": stands.kept,
            "feeds": stands.feeds,
            "failing": stands.failing,
            "last_polled_at": stands.last_polled_at and stands.last_polled_at.isoformat(),
            "last_good_at": stands.last_good_at and stands.last_good_at.isoformat(),
        }
        return JSONResponse(facts, 200 if stands.kept else 503, headers=FRESH)

    def _sheet(self, name: str) -> Response:
        return Response(self.app.templates.page(f"web/{name}"), media_type="text/css", headers=_KEPT)

    async def _standing(self) -> Standing:
        return await self.app.db.read(standing, self.app.poll.now())

    def _open_to(self) -> str:
        return self.app.config.settings.subscribe.who
