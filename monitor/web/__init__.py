"""The pages: every route there is stands here."""

from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from monitor.app import App
from monitor.core.tickets import ATOM, CAP, JSON_FEED, Purpose
from monitor.jobs.push import CALLBACK
from monitor.web.acknowledging import Acknowledging
from monitor.web.following import Following
from monitor.web.front import Front
from monitor.web.muting import Muting
from monitor.web.push import Callback

# Whoever is on this machine, and a proxy here that does not pass the name on.
_HERE = ("localhost", "127.0.0.1", "[::1]")
_ACKNOWLEDGE, _MUTE, _FOLLOW = (f"/{purpose}/{{ticket}}" for purpose in Purpose)


def pages(app: App) -> ASGIApp:
    front, callback = Front(app), Callback(app.pushed)
    acknowledging, muting, following = Acknowledging(app), Muting(app), Following(app)
    return Starlette(
        routes=[
            Route("/", front.page),
            Route("/style.css", front.style),
            Route("/health", front.health),
            Route(_ACKNOWLEDGE, acknowledging.show, methods=["GET"]),
            Route(_ACKNOWLEDGE, acknowledging.take, methods=["POST"]),
            Route(_MUTE, muting.show, methods=["GET"]),
            Route(_MUTE, muting.act, methods=["POST"]),
            Route(f"{_FOLLOW}/{ATOM}", following.atom),
            Route(f"{_FOLLOW}/{JSON_FEED}", following.json),
            Route(f"{_FOLLOW}/{CAP}", following.cap),
            Route(f"{CALLBACK}{{token}}", callback.verify, methods=["GET"]),
            Route(f"{CALLBACK}{{token}}", callback.receive, methods=["POST"]),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(app), www_redirect=False),
            Middleware(RequestBodyLimitMiddleware, max_body_size=app.config.settings.poll.largest),
        ],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )


def _hosts(app: App) -> list[str]:
    web = app.config.settings.web
    public = urlsplit(web.public_url).hostname or ""
    return [f"[{public}]" if ":" in public else public, web.listen.rpartition(":")[0], *_HERE]


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    said = "There is nothing here." if error.status_code == 404 else error.detail
    return PlainTextResponse(f"{said}\n", error.status_code, headers=dict(error.headers or {}))


async def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("This page failed, by a mistake of this program; its log says more.\n", 500)
