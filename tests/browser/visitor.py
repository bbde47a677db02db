"""Somebody at a browser, and what there is to complain of in the page before them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.web.desk import HOME, READING, Desk

PHONE, DESKTOP = 320, 1280
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# What the page was answered with is no trouble of the page.
_STATUS = "Failed to load resource: the server responded with a status of "
_FAULTS = """
async (phone) => {
  const found = [];
  const named = (node) => node.outerHTML.slice(0, 100).replace(/\\s+/g, " ");
  for (const each of document.querySelectorAll("details")) each.open = true;
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const nodes = [...document.body.querySelectorAll("*")];
    const wide = nodes.filter((each) => each.getBoundingClientRect().right > root.clientWidth);
    found.push(`${root.scrollWidth} px wide: ${wide.slice(0, 3).map(named).join(" | ")}`);
  }
  for (const node of phone ? document.querySelectorAll("button, input, select, textarea, summary, a") : []) {
    const area = ["radio", "checkbox"].includes(node.type) ? node.closest("label") ?? node : node;
    const box = area.getBoundingClientRect();
    const seen = node.checkVisibility() && box.right > 0;
    const inline = node.matches("a") && getComputedStyle(node).display === "inline";
    if (seen && !inline && box.height < 44) found.push(`${box.height} px high: ${named(node)}`);
  }
  const rules = {"color-contrast-enhanced": {enabled: true}};
  for (const each of (await axe.run({resultTypes: ["violations"], rules})).violations) {
    if (!["serious", "critical"].includes(each.impact)) continue;
    found.push(`${each.id}: ${each.nodes.map((node) => node.html.slice(0, 100)).join(" | ")}`);
  }
  return found;
}
"""


@dataclass
class Visitor:
    """`troubles`: what the browser complained of, and whom else it asked."""

    desk: Desk
    page: Page
    troubles: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.desk.door.port}"

    async def opens(self, link: str) -> int:
        """A link of a mail, or a path; the status it is answered with."""
        answer = await self.page.goto(self.base + link.removeprefix(HOME))
        assert answer is not None
        return answer.status

    async def presses(self, name: str, *, hurried: bool = False) -> None:
        """A button, after the page was read."""
        if not hurried:
            self.desk.world.clock.pass_time(READING)
        async with self.page.expect_event("load"):
            await self.page.get_by_role("button", name=name, exact=True).click()

    async def follows(self, name: str) -> None:
        async with self.page.expect_event("load"):
            await self.page.get_by_role("link", name=name).first.click()

    async def sees(self, *said: str) -> None:
        for each in said:
            await expect(self.page.locator("main")).to_contain_text(each)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    async def complaints(self, *, cookies: bool = False) -> list[str]:
        """About the page as it stands, light and dark, on a phone and on a desk."""
        found: list[str] = []
        for width in (PHONE, DESKTOP):
            await self.page.set_viewport_size({"width": width, "height": 800})
            for scheme in SCHEMES:
                await self.page.emulate_media(color_scheme=scheme)
                faults: list[str] = await self.page.evaluate(_FAULTS, width == PHONE)
                found += [f"{scheme}, {width} px: {each}" for each in faults]
        if await self.page.context.cookies():
            found.append("a cookie was set")
        found += self.troubles
        self.troubles.clear()
        return found

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_STATUS):
            self.troubles.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).scheme != "data" and not request.url.startswith(f"{self.base}/"):
            self.troubles.append(f"asked: {request.url}")


@asynccontextmanager
async def visiting(
    chromium: Browser, desk: Desk, *, script: bool = True, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Visitor]:
    context = await chromium.new_context(
        java_script_enabled=script,
        timezone_id="America/Bogota",
        locale="en-GB",
        extra_http_headers=dict(headers or {}),
        viewport={"width": DESKTOP, "height": 800},
    )
    context.set_default_timeout(10_000)
    await context.add_init_script(_AXE)
    visitor = Visitor(desk, await context.new_page())
    visitor.page.on("console", visitor._heard)
    visitor.page.on("pageerror", lambda error: visitor.troubles.append(f"script: {error}"))
    visitor.page.on("request", visitor._asked)
    yield visitor
    await context.close()
    assert visitor.troubles == []
