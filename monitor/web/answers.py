"""Pages as they are answered, and what a form says."""

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from monitor.app import App

FRESH = {"cache-control": "no-store"}
# Five times what the longest form of ours takes; the comment in it may be any text.
_MOST = 16_384
_MOST_FIELDS = 20


def page(app: App, request: Request, name: str, status: int = 200, **view: object) -> Response:
    # Relative, because a proxy may serve us below a path of its own.
    root = "../" * (request.scope["path"].count("/") - 1)
    given = {"root": root, "contact": app.config.settings.contact, **view}
    return HTMLResponse(app.templates.page(f"web/{name}", **given), status, headers=FRESH)


def unknown(app: App, request: Request) -> Response:
    """For a ticket that is none of ours, or of what is no more."""
    return page(app, request, "unknown.html", 404)


async def form(request: Request) -> dict[str, str] | None:
    """The fields of a form of ours; None for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return None
    said = bytearray()
    try:
        async for part in request.stream():
            said += part
            if len(said) > _MOST:
                return None
        return dict(parse_qsl(said.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except (ClientDisconnect, ValueError):
        return None
