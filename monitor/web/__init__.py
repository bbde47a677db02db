"""The pages: every route there is stands here."""

from collections.abc import Awaitable, Callable, Iterator
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
from monitor.web.answers import nothing
from monitor.web.archive import Archive
from monitor.web.confirming import Confirming
from monitor.web.following import Following
from monitor.web.front import Front
from monitor.web.joining import Joining
from monitor.web.leaving import GoingAway
from monitor.web.mine import Mine
from monitor.web.muting import Muting
from monitor.web.operating import Operating
from monitor.web.operating_mail import OperatingMail
from monitor.web.operating_people import OperatingPeople
from monitor.web.operating_silences import OperatingSilences
from monitor.web.operating_watch import OperatingWatch
from monitor.web.operator_door import OperatorDoor, Page
from monitor.web.push import Callback
from monitor.web.status import Status

# Whoever is on this machine, and a proxy here that does not pass the name on.
_HERE = ("localhost", "127.0.0.1", "[::1]")


def pages(app: App) -> ASGIApp:
    return Starlette(
        routes=[
            *_of_everybody(app),
            *_of_alerts(app),
            *_of_subscribers(app),
            *_of_machines(app),
            *_of_the_operator(app),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(app), www_redirect=False),
            Middleware(RequestBodyLimitMiddleware, max_body_size=app.config.settings.poll.largest),
        ],
        exception_handlers={HTTPException: _refused(app), Exception: _failed},
    )


def _of_everybody(app: App) -> Iterator[Route]:
    front = Front(app)
    yield Route("/", front.page)
    yield Route("/style.css", front.style)
    yield Route("/guess.js", front.guess)
    yield Route("/reading.css", front.reading)
    yield Route("/health", front.health)
    archive, status = Archive(app), Status(app)
    yield Route("/archive", archive.editions)
    yield Route("/archive.atom", archive.atom)
    yield Route("/archive/{number}", archive.edition)
    yield Route("/story/{number}", archive.story)
    yield Route("/status", status.page)


def _of_alerts(app: App) -> Iterator[Route]:
    acknowledging, muting = Acknowledging(app), Muting(app)
    yield Route(_by(Purpose.ACKNOWLEDGE), acknowledging.show, methods=["GET"])
    yield Route(_by(Purpose.ACKNOWLEDGE), acknowledging.take, methods=["POST"])
    yield Route(_by(Purpose.MUTE), muting.show, methods=["GET"])
    yield Route(_by(Purpose.MUTE), muting.act, methods=["POST"])


def _of_subscribers(app: App) -> Iterator[Route]:
    joining, confirming, away, mine = Joining(app), Confirming(app), GoingAway(app), Mine(app)
    for path in ("/subscribe", _by(Purpose.INVITE)):
        yield Route(path, joining.show, methods=["GET"])
        yield Route(path, joining.take, methods=["POST"])
    yield Route("/link", joining.show_link, methods=["GET"])
    yield Route("/link", joining.mail_link, methods=["POST"])
    yield Route(_by(Purpose.CONFIRM), confirming.show, methods=["GET"])
    yield Route(_by(Purpose.CONFIRM), confirming.act, methods=["POST"])
    yield Route(_by(Purpose.ADDRESS), confirming.show_address, methods=["GET"])
    yield Route(_by(Purpose.ADDRESS), confirming.move, methods=["POST"])
    for path in (_by(Purpose.LEAVE), f"{_by(Purpose.LEAVE)}/everything"):
        yield Route(path, away.show, methods=["GET"])
        yield Route(path, away.leave, methods=["POST"])
    yield Route(_by(Purpose.PREFERENCES), away.show_preferences, methods=["GET"])
    yield Route(_by(Purpose.PREFERENCES), away.mail_link, methods=["POST"])
    yield Route(_by(Purpose.FRESH), mine.show, methods=["GET"])
    yield Route(_by(Purpose.FRESH), mine.act, methods=["POST"])


def _of_machines(app: App) -> Iterator[Route]:
    following, callback = Following(app), Callback(app.pushed)
    yield Route(f"{_by(Purpose.FOLLOW)}/{ATOM}", following.atom)
    yield Route(f"{_by(Purpose.FOLLOW)}/{JSON_FEED}", following.json)
    yield Route(f"{_by(Purpose.FOLLOW)}/{CAP}", following.cap)
    yield Route(f"{CALLBACK}{{token}}", callback.verify, methods=["GET"])
    yield Route(f"{CALLBACK}{{token}}", callback.receive, methods=["POST"])


def _of_the_operator(app: App) -> Iterator[Route]:
    guarded = OperatorDoor(app).guarded
    mail, people, watch, muting = OperatingMail(app), OperatingPeople(app), OperatingWatch(app), OperatingSilences(app)
    read: dict[str, Page] = {
        "": Operating(app).overview,
        "/people": people.list_all,
        "/people/{number}": people.show,
        "/bounces": mail.bounces,
        "/deliveries": mail.deliveries,
        "/deliveries/{number}": mail.delivery,
        "/silences": muting.show,
        "/feeds": watch.feeds,
        "/rules": watch.rules,
    }
    pressed: dict[str, Page] = {
        "/people/{number}": people.act,
        "/bounces": mail.end_pause,
        "/deliveries/{number}": mail.try_now,
        "/silences": muting.act,
    }
    for path, answer in read.items():
        yield Route(f"/operator{path}", guarded(answer), methods=["GET"])
    for path, answer in pressed.items():
        yield Route(f"/operator{path}", guarded(answer), methods=["POST"])


def _by(purpose: Purpose) -> str:
    return f"/{purpose}/{{ticket}}"


def _hosts(app: App) -> list[str]:
    web = app.config.settings.web
    public = urlsplit(web.public_url).hostname or ""
    return [f"[{public}]" if ":" in public else public, web.listen.rpartition(":")[0], *_HERE]


def _refused(app: App) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 404:
            return nothing(app, request)
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=dict(error.headers or {}))

    return refused


async def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("This page failed, by a mistake of this program; its log says more.\n", 500)
