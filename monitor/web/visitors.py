"""Who asks, as far as it may be known: the network, and the language."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

from monitor.app import App
from monitor.core.marks import network_of
from monitor.render.languages import ENGLISH
from monitor.words import LANGUAGES

_Address = IPv4Address | IPv6Address


def network_of_request(request: Request, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """The network of the rightmost address on the way to us that is no proxy of ours: whatever stands left of it,
    its owner may have made up."""
    found = _address(request.client.host) if request.client else None
    for hop in _forwarded(request):
        if found is None or not _among(found, proxies):
            break
        # A proxy of ours that does not say for whom it speaks is all that is known.
        if (before := _address(hop)) is None:
            break
        found = before
    return network_of(str(found)) if found is not None else ""


def network(app: App, request: Request) -> str:
    return network_of_request(request, app.config.settings.web.proxies)


def language_of(app: App, request: Request, theirs: str = "") -> str:
    """What was asked for, else the person's, else the browser's, else this installation's."""
    wanted = (request.query_params.get("lang", ""), theirs, *_accepted(request), app.config.settings.briefing.language)
    return next((each for each in wanted if each in LANGUAGES), ENGLISH)


def _forwarded(request: Request) -> Iterator[str]:
    """The nearest first."""
    return reversed(",".join(request.headers.getlist("x-forwarded-for")).split(","))


def _address(said: str) -> _Address | None:
    said = said.strip()
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        found = ip_address(said)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _among(address: _Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in network for network in networks)


def _accepted(request: Request) -> list[str]:
    weighed: list[tuple[float, str]] = []
    for each in request.headers.get("accept-language", "").split(","):
        tag, _, quality = each.partition(";")
        weight = _weight(quality)
        if weight > 0:
            weighed.append((weight, tag.strip().partition("-")[0].lower()))
    return [language for _, language in sorted(weighed, key=lambda each: -each[0])]


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
