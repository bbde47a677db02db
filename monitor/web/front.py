"""The front page: what this is, and whether the watch is kept."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.app import App
from monitor.store.standing import Standing, standing
from monitor.web.answers import FRESH, page


@dataclass(frozen=True)
class Front:
    app: App

    async def page(self, request: Request) -> Response:
        stands = await self._standing()
        return page(self.app, request, "front.html", standing=stands, now=self.app.poll.now())

    async def style(self, _request: Request) -> Response:
        style = self.app.templates.page("web/style.css")
        return Response(style, media_type="text/css", headers={"cache-control": "max-age=3600"})

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

    async def _standing(self) -> Standing:
        return await self.app.db.read(standing, self.app.poll.now())
