"""A hub (WebSub) with its publisher on loopback, and the way to a monitor that it knows by its public name."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web

PUBLIC = "http://watch.test"


@dataclass(frozen=True)
class Reply:
    status: int
    text: str


@dataclass
class Hub:
    """`answer` is its status to a wish, `wishes` are those it heard. `door` is the monitor's port, where a proxy would
    lead who asks for PUBLIC."""

    client: aiohttp.ClientSession
    answer: int = 202
    items: str = ""
    named: str = "/hub"
    port: int = 0
    door: int = 0
    asked: int = 0
    wishes: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/feed") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def document(self, items: str) -> bytes:
        links = f'<link rel="hub" href="{self.url(self.named)}"/>' if self.named else ""
        links += f'<link rel="self" href="{self.url()}"/>'
        head = f"<id>urn:wire</id><title>Wire</title><updated>2026-03-02T12:00:00Z</updated>{links}"
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{items}</feed>'.encode()

    async def publish(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(body=self.document(self.items), content_type="application/atom+xml")

    async def hear(self, request: web.Request) -> web.Response:
        self.wishes.append(dict(parse_qsl((await request.read()).decode())))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.heard.set()
        return web.Response(status=self.answer)

    async def verifies(self, wish: dict[str, str], **instead: str) -> Reply:
        """Ask the monitor whether it meant this wish."""
        said = {"hub.mode": wish["hub.mode"], "hub.topic": wish["hub.topic"], "hub.challenge": "is-it-you"}
        said |= {"hub.lease_seconds": wish.get("hub.lease_seconds", "")}
        said |= {f"hub.{name}": value for name, value in instead.items()}
        async with self.client.get(self._way(wish), params=said, headers=_host(wish)) as response:
            return Reply(response.status, await response.text())

    async def delivers(self, wish: dict[str, str], body: bytes, secret: str = "", method: str = "sha256") -> Reply:
        secret = secret or wish["hub.secret"]
        headers = {
            **_host(wish),
            "Content-Type": "application/atom+xml",
            "Link": f'<{self.url()}>; rel="self", <{self.url("/hub")}>; rel="hub"',
            "X-Hub-Signature": f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}",
        }
        async with self.client.post(self._way(wish), data=body, headers=headers) as response:
            return Reply(response.status, await response.text())

    def _way(self, wish: dict[str, str]) -> str:
        return wish["hub.callback"].replace(PUBLIC, f"http://127.0.0.1:{self.door}")


def _host(wish: dict[str, str]) -> dict[str, str]:
    return {"Host": urlsplit(wish["hub.callback"]).netloc}


def item(title: str, number: int = 0, at: str = "2026-03-02T12:00:00Z") -> str:
    link = f'<link href="https://wire.test/{number}"/>'
    return f"<entry><id>urn:wire:{number}</id><title>{title}</title><updated>{at}</updated>{link}</entry>"


@asynccontextmanager
async def open_hub() -> AsyncIterator[Hub]:
    async with aiohttp.ClientSession() as client:
        hub = Hub(client)
        served = web.Application()
        served.router.add_get("/feed", hub.publish)
        served.router.add_post("/{hub:(hub|other)}", hub.hear)
        runner = web.AppRunner(served)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hub.port = runner.addresses[0][1]
        try:
            yield hub
        finally:
            await runner.cleanup()
