"""The way of one request through its redirects: where next, and what may be said there."""

from dataclasses import dataclass, field

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from monitor.net.answers import Answer, Hop
from monitor.net.troubles import FetchFailed, Trouble, failed

MOST_REDIRECTS = 5
_PERMANENT = (301, 308)
_REPEATED = (307, 308)
_FOLLOWED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Access:
    """What a feed needs to be reached. `headers` hold secrets and are sent to one origin only: that of the address
    `home`, or where that is empty, of the first request; of a site without encryption also to the same with it."""

    allow_private: bool = False
    proxy: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    home: str = ""


PLAIN = Access()


def web_address(url: URL) -> URL:
    """Raises ValueError."""
    if url.scheme not in ("http", "https") or not url.raw_host or url.port == 0:
        raise ValueError("it must begin with http:// or https:// and name a host")
    return url.with_fragment(None) if url.raw_fragment else url


@dataclass(slots=True)
class Trip:
    """`left`: seconds that servers may still take. `form`: what is posted, None when something is fetched."""

    url: URL
    access: Access
    left: float
    conditions: dict[str, str] = field(default_factory=dict)
    form: bytes | None = None
    hops: tuple[Hop, ...] = ()
    moved_to: str = ""
    _homes: tuple[URL, ...] = ()
    _secrets: dict[str, str] = field(default_factory=dict)
    _settled: bool = False

    def __post_init__(self) -> None:
        self._secrets.update(self.access.headers)
        home = URL(self.access.home) if self.access.home else self.url
        if self.url.raw_user is not None:
            login = aiohttp.encode_basic_auth(self.url.user or "", self.url.password or "")
            self._secrets["Authorization"] = login
            home = self.url = self.url.with_user(None)
            # Where it moved to nobody would know the name and password in its address.
            self._settled = True
        if self._secrets:
            self._homes = (home.origin(),)
            if home.scheme == "http" and home.is_default_port():
                # What was told to all the world on the way there may be told to it in private.
                self._homes += (home.origin().with_scheme("https"),)

    @property
    def host(self) -> str:
        """Whose turn it is. The ports of http and https are one host's."""
        return self.url.host_port_subcomponent or ""

    @property
    def headers(self) -> dict[str, str]:
        return {**self.conditions, **self._secrets} if self.url.origin() in self._homes else self.conditions

    @property
    def answer(self) -> Answer:
        """What is known as long as no server has had the last word."""
        return Answer(hops=self.hops, moved_to=self.moved_to)

    def leads_on(self, status: int, headers: CIMultiDictProxy[str]) -> bool:
        return status in (_FOLLOWED if self.form is None else _REPEATED) and "Location" in headers

    def follow(self, status: int, location: str, answer: Answer) -> FetchFailed | None:
        if len(self.hops) == MOST_REDIRECTS:
            return failed(Trouble.REDIRECT, f"more than {MOST_REDIRECTS} redirects", answer)
        try:
            url = web_address(self.url.join(URL(location.strip())))
            url = url if url.raw_user is None else url.with_user(None)
        except ValueError:
            return failed(Trouble.REDIRECT, f"redirected to what is no web address ({location[:200]})", answer)
        if url == self.url or any(hop.url == str(url) for hop in self.hops):
            return failed(Trouble.REDIRECT, f"redirected in a circle, by way of {url}", answer)
        self.hops += (Hop(status, str(url)),)
        # Whoever sits on an open line could otherwise strip a feed of its encryption for good.
        self._settled |= status not in _PERMANENT or (self.url.scheme, url.scheme) == ("https", "http")
        if not self._settled:
            self.moved_to = str(url)
        self.url = url
        return None
