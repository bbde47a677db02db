"""Spellings and detours by which a feed could have us ask machines that are not on the public internet."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from monitor.net.addresses import SystemNames, is_public
from monitor.net.fetch import FeedRequest, Fetched, Fetcher, FetchFailed
from tests.net.loopback import Heard, Publisher, answer, listening
from tests.net.visiting import fetcher

# The one address of this machine that plays a public server in these tests.
PUBLIC = "127.0.0.77"
# Every host is asked for by itself and by a redirect from a public server.
HOSTS = (
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0x7f000001",
    "0x7f.0.0.1", "0x7f.1", "017700000001", "0177.0.0.1", "0177.1", "0", "0.0.0.0", "00000127.0.0.1", "4294967295",
    "127。0。0。1", "127．0．0．1", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "%31%32%37.0.0.1",
    "localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::7f00:1]", "[2001::7f00:1]", "[2001:0:808:808:0:0:80ff:fffe]", "[::1%25lo]", "[fe80::1%25lo]",
    "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]", "[5f00::1]", "[3fff::1]",
    "[2001:db8::1]", "[2001:10::1]",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "192.0.0.192",
    "168.63.129.16", "192.88.99.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255",
    "inner.test", "mixed.test", "mixed6.test", "mapped.test", "nat64.test", "sixtofour.test", "scoped.test",
    "herald.test@127.0.0.1", "herald.test:80@127.0.0.1", "127.0.0.1\t",
)  # fmt: skip
# Where a public server may send us besides; {port} is the inner server's.
DETOURS = (
    "//127.0.0.1:{port}/feed", "//localhost:{port}/feed", "http://127.0.0.1:{port}#@herald.test/",
    "http://127.0.0.1:{port}\\@herald.test/", "http:\\\\127.0.0.1:{port}\\feed", "\\\\127.0.0.1:{port}/feed",
    "///127.0.0.1:{port}/feed", "http:///127.0.0.1:{port}/feed", "https://127.0.0.1:{port}/feed",
    "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "ftp://127.0.0.1:{port}/feed",
    "gopher://127.0.0.1:{port}/_GET%20/feed", "unix:///run/docker.sock", "http+unix://%2Frun%2Fdocker.sock/info",
    "tcp://127.0.0.1:{port}/feed", "ws://127.0.0.1:{port}/feed", "dict://127.0.0.1:{port}/info",
    "jar:http://127.0.0.1:{port}/feed!/", "javascript:fetch('http://127.0.0.1')", "data:text/xml,<rss/>",
)  # fmt: skip
_NAMES = {
    "herald.test": [PUBLIC],
    "inner.test": ["127.0.0.1"],
    "mixed.test": [PUBLIC, "127.0.0.1"],
    "mixed6.test": [PUBLIC, "::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "sixtofour.test": ["2002:7f00:1::"],
    "scoped.test": ["fe80::1%lo"],
}


@dataclass
class Names:
    """The system's resolver, but for a few names that are made up. `rebinding.test` changes with every look-up."""

    system: SystemNames
    asked: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked[host] += 1
        if host == "rebinding.test":
            return [PUBLIC if self.asked[host] % 2 else "127.0.0.1"]
        return _NAMES.get(host) or await self.system(host, port)


@dataclass
class Trap:
    """A public server that redirects, with an inner one behind it that nobody may reach."""

    web: Fetcher
    public: Publisher
    names: Names
    visits_inside: list[Heard]

    async def verdict(self, url: str) -> str:
        """What became of a feed at this address."""
        match await self.web.fetch(FeedRequest(url)):
            case FetchFailed(trouble, reason):
                return f"{trouble}: {reason}"
            case Fetched():
                return "FETCHED"
            case _:
                return "UNCHANGED"

    def inner(self, host: str) -> str:
        return f"http://{host}:{self.public.port}/feed"

    async def by_redirect(self, place: str) -> str:
        """What became of a public feed that redirects there."""
        self.public.answers["/feed"] = answer("302 Found", location=place.format(port=self.public.port))
        return await self.verdict(self.inner("herald.test"))


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    async with AsyncExitStack() as life:
        inside = Publisher(defaultdict(lambda: answer(body=b"secret")))
        inside.port = await life.enter_async_context(listening(inside.talk))
        with suppress(OSError):
            await life.enter_async_context(listening(inside.talk, at="::1", port=inside.port))
        public = Publisher(defaultdict(lambda: answer("404 Not Found")), at=PUBLIC)
        public.port = await life.enter_async_context(listening(public.talk, at=PUBLIC, port=inside.port))
        system = SystemNames()
        life.callback(system.close)
        names = Names(system)
        web = fetcher(resolve=names, judge=lambda address: address == PUBLIC or is_public(address))
        yield Trap(await life.enter_async_context(web), public, names, inside.heard)
