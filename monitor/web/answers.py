"""Pages as they are answered, what a form says, and whether a person had the time to read its page."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl

from itsdangerous import BadData, URLSafeSerializer
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from monitor.app import App
from monitor.render.languages import ENGLISH
from monitor.web.visitors import language_of
from monitor.words import LANGUAGES

FRESH = {"cache-control": "no-store"}
# Of a page that was shown again because its button was pressed too early, or too late.
ONCE_MORE = 409
Said = ImmutableMultiDict[str, str]
# Five times what the longest form of ours takes; the comment in it may be any text.
_MOST = 16_384
_MOST_FIELDS = 20
# What opens links in mails by itself submits their forms by itself, and at once.
_READING = timedelta(seconds=2)
_FORGOTTEN = timedelta(hours=24)
_SHOWN = "shown"


def page(
    app: App,
    request: Request,
    name: str,
    status: int = 200,
    view: Mapping[str, object] | None = None,
    *,
    language: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`language` "" is for pages that are written in English alone."""
    # Relative, because a proxy may serve us below a path of its own.
    root = "../" * (request.scope["path"].count("/") - 1)
    # What was answered to a form is gone when its page is asked for in another language.
    switch = LANGUAGES if language and request.method != "POST" else {}
    given = {
        "root": root,
        "contact": app.config.settings.contact,
        "switch": switch,
        "languages": LANGUAGES,
        "hurried": False,
        _SHOWN: stamp(app, request),
        **(view or {}),
    }
    text = app.templates.page(f"web/{name}", language or ENGLISH, **given)
    return HTMLResponse(text, status, headers={**FRESH, **(headers or {})})


def unknown(app: App, request: Request) -> Response:
    """For a ticket that is none of ours, or of what is no more."""
    return page(app, request, "unknown.html", 404, language=language_of(app, request))


def nothing(app: App, request: Request) -> Response:
    """For an address that is none of ours: a page for people, a line for programs."""
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "").lower():
        return page(app, request, "nothing.html", 404, language=language_of(app, request))
    return PlainTextResponse("There is nothing here.\n", 404)


async def form(request: Request, most_fields: int = _MOST_FIELDS) -> Said | None:
    """The fields of a form of ours; None for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    said = bytearray()
    try:
        async for part in request.stream():
            said += part
            if len(said) > _MOST:
                return None
        return Said(parse_qsl(said.decode("ascii"), keep_blank_values=True, max_num_fields=most_fields))
    except (ClientDisconnect, ValueError):
        return None


def stamp(app: App, request: Request) -> str:
    """When this page was shown, for the hidden field of its forms."""
    shown = _signer(app, request).dumps(round(app.poll.now().timestamp() * 1000))
    return shown if isinstance(shown, str) else shown.decode()


def hurried(app: App, request: Request, said: Mapping[str, str] | None) -> bool:
    """Whether a form came sooner than a person reads its page, or a day later, or without a page of ours."""
    if not app.tickets.keys or said is None:
        return True
    try:
        shown = _signer(app, request).loads(said.get(_SHOWN, ""))
    except BadData:
        return True
    waited = app.poll.now().timestamp() * 1000 - shown
    return not _READING <= timedelta(milliseconds=waited) <= _FORGOTTEN


def _signer(app: App, request: Request) -> URLSafeSerializer:
    # What one page was given opens no other.
    return URLSafeSerializer(list(app.tickets.keys) or "", salt=f"feed-monitor page {request.scope['path']}")
