"""The demo's publishers: small web servers on loopback, whose news breaks when the demo says so."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Self

from aiohttp import web
from jinja2 import Environment

from monitor.app import utc_now
from monitor.resources import shipped


class DemoFeeds:
    """`phase` 0: an ordinary day; 1: one publisher has the news; 2: everybody has it. A port per publisher."""

    names = ("wire", "herald", "observer", "gazette", "kurier", "page", "missing", "cut", "hung")

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self.phase = 0
        self._began = utc_now()
        self._event_at = self._began
        self._files = {path.name: path.read_text("utf-8") for path in (shipped("config") / "demo" / "feeds").iterdir()}
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{name}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        for name in self.names:
            site = web.TCPSite(self._runner, "127.0.0.1", 0)
            await site.start()
            self.addresses[name] = f"http://127.0.0.1:{self._runner.addresses[-1][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def publish(self, phase: int) -> datetime:
        """The next stage of the event; when it was published."""
        self.phase = phase
        # Feeds tell whole seconds.
        self._event_at = utc_now().replace(microsecond=0)
        return self._event_at

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name == "hung.xml":
            await self._closing.wait()
        if name not in self._files:
            raise web.HTTPNotFound
        body = self._body(name)
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        kind = "application/feed+json" if Path(name).suffix == ".json" else "application/xml"
        return web.Response(body=body, content_type=kind, headers={"ETag": etag})

    def _body(self, name: str) -> bytes:
        # Not HTML: the files are XML and JSON of our own, and escape what they need to.
        template = Environment(autoescape=False).from_string(self._files[name])  # noqa: S701
        text = template.render(
            phase=self.phase,
            event_at=self._event_at,
            ago=lambda minutes: self._began - timedelta(minutes=minutes),
            rfc=format_datetime,
            iso=lambda moment: moment.astimezone(UTC).isoformat(timespec="seconds"),
        )
        return text.encode("cp1252" if name.endswith(".rdf") else "utf-8", "xmlcharrefreplace")
