"""Who the operator is: whoever knows the token, or whom a proxy of ours names."""

from base64 import b64decode
from binascii import Error as BadBase64
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from secrets import compare_digest
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from monitor.app import App
from monitor.web.answers import FRESH
from monitor.web.visitors import network

Page = Callable[[Request], Awaitable[Response]]
_WRONG_AT_MOST = 20
_SPAN = timedelta(minutes=10)
# So many networks are remembered that were wrong; those longest ago are forgotten first.
_NETWORKS = 1_000
_OUR_OWN = ("same-origin", "none")
_OPERATOR = "operator"


@dataclass
class OperatorDoor:
    """The wrong tokens of each network are counted, so that nobody tries them all."""

    app: App
    _wrong: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def guarded(self, answer: Page) -> Page:
        """The page, for the operator alone. What changes something must have been sent from a page of ours: browsers
        send a password along with whatever form another site makes them send."""

        async def guarded(request: Request) -> Response:
            refusal = self._refusal(request)
            if refusal is None and request.method == "POST" and not self._is_from_here(request):
                refusal = _said("This form was not sent from a page of this monitor. Nothing was changed.\n", 403)
            if refusal is not None:
                return refusal
            header = self.app.config.settings.web.operator_header
            named = header and self._is_named(request, header)
            request.state.operator = request.headers[header].strip() if named else _OPERATOR
            return await answer(request)

        return guarded

    def _refusal(self, request: Request) -> Response | None:
        token, header = self.app.config.operator_token, self.app.config.settings.web.operator_header
        if token is None and not header:
            raise HTTPException(404)
        if header and self._is_named(request, header):
            return None
        if token is None:
            return _said("These pages are the operator's.\n", 403)
        return self._asked_for(request, token.get_secret_value())

    def _asked_for(self, request: Request, token: str) -> Response | None:
        where, now = network(self.app, request), self.app.poll.now()
        if self._wrong_since(where, now - _SPAN) >= _WRONG_AT_MOST:
            wait = {"retry-after": str(int(_SPAN.total_seconds()))}
            return _said("Too many wrong tokens came from this network. Wait ten minutes.\n", 429, wait)
        given = _password(request)
        if given is not None and compare_digest(given.encode(), token.encode()):
            return None
        if given is not None:
            self._remember(where, now)
        challenge = {"www-authenticate": 'Basic realm="feed-monitor", charset="UTF-8"'}
        return _said("These pages want the operator's token as password; the name may be any.\n", 401, challenge)

    def _is_named(self, request: Request, header: str) -> bool:
        """Only a proxy of ours is believed, and only if the name stands there once."""
        web = self.app.config.settings.web
        names = request.headers.getlist(header)
        if len(names) != 1 or names[0].strip() not in web.operators or request.client is None:
            return False
        try:
            peer = ip_address(request.client.host)
        except ValueError:
            return False
        return any(peer in proxy for proxy in web.proxies)

    def _is_from_here(self, request: Request) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in _OUR_OWN
        ours = urlsplit(self.app.config.settings.web.public_url)
        return request.headers.get("origin") == f"{ours.scheme}://{ours.netloc}"

    def _wrong_since(self, where: str, since: datetime) -> int:
        times = self._wrong.get(where, deque())
        while times and times[0] <= since:
            times.popleft()
        return len(times)

    def _remember(self, where: str, now: datetime) -> None:
        self._wrong.setdefault(where, deque(maxlen=_WRONG_AT_MOST)).append(now)
        self._wrong.move_to_end(where)
        while len(self._wrong) > _NETWORKS:
            self._wrong.popitem(last=False)


def name_of(request: Request) -> str:
    """Of the operator who asks: as a proxy of ours names them, else nobody in particular."""
    name: str = request.state.operator
    return name


def _password(request: Request) -> str | None:
    """None: none was given that can be read."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except (BadBase64, ValueError):
        return None


def _said(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status, headers={**FRESH, **(headers or {})})
