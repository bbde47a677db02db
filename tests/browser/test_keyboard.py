"""People without a mouse, with large letters, on narrow screens, and in the dark."""

from typing import Any

import pytest

from tests.browser.visitor import PHONE, SCHEMES, Visitor
from tests.web.desk import ANNA, READING
from tests.web.mailbag import ELENA, fresh

_FOCUSED = """
() => {
  const node = document.activeElement;
  const box = node.getBoundingClientRect();
  const look = getComputedStyle(node);
  const name = node.id || node.name || node.className || node.textContent.trim();
  const ring = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
  const shown = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0;
  return {name, value: node.value ?? "", seen: ring && shown};
}
"""


async def tabs(visitor: Visitor, until: str, most: int = 60) -> list[dict[str, Any]]:
    """From one thing to the next, as long as each is seen to have the focus."""
    passed: list[dict[str, Any]] = []
    while not passed or passed[-1]["name"] != until:
        await visitor.page.keyboard.press("Tab")
        passed.append(await visitor.page.evaluate(_FOCUSED))
        assert passed[-1]["seen"], passed[-1]
        assert len(passed) < most, passed
    return passed


async def test_the_form_is_filled_in_and_sent_by_the_keyboard_alone(guest: Visitor) -> None:
    page, keys = guest.page, guest.page.keyboard
    await guest.opens("/subscribe")
    passed = await tabs(guest, "address")
    assert [each["name"] for each in passed] == ["skip", "address"]
    await keys.type(ELENA)
    rest = list(dict.fromkeys(each["name"] for each in await tabs(guest, "act first")))
    assert rest == ["briefing", "at", "zone", "which", "topic", "alerts", "language", "act first"]
    guest.desk.world.clock.pass_time(READING)
    async with page.expect_event("load"):
        await keys.press("Enter")
    await guest.sees("Look into your mailbox")
    await guest.desk.world.turn()
    await guest.opens(guest.desk.link(ELENA, "confirm"))
    guest.desk.world.clock.pass_time(READING)
    await tabs(guest, "act")
    async with page.expect_event("load"):
        await keys.press("Space")
    await guest.sees("You are subscribed")


async def test_enter_in_the_address_sends_the_form_and_the_faults_lead_to_their_fields(guest: Visitor) -> None:
    page, keys = guest.page, guest.page.keyboard
    await guest.opens("/subscribe")
    await tabs(guest, "address")
    await keys.type("elena@example")
    guest.desk.world.clock.pass_time(READING)
    async with page.expect_event("load"):
        await keys.press("Enter")
    await guest.sees("One thing is amiss")
    focused = await page.evaluate(_FOCUSED)
    assert (focused["name"], focused["seen"]) == ("faults", True)
    await keys.press("Tab")
    await keys.press("Enter")
    assert (await page.evaluate(_FOCUSED))["name"] == "address"
    described = await guest.field("Your mail address").get_attribute("aria-describedby")
    assert "This is no mail address" in await page.locator(f"#{described}").inner_text()
    await keys.press("Control+a")
    await keys.type(ELENA)
    guest.desk.world.clock.pass_time(READING)
    async with page.expect_event("load"):
        await keys.press("Enter")
    await guest.sees("Look into your mailbox")


async def test_everything_on_my_page_is_reached_and_seen_to_be(stranger: Visitor) -> None:
    await stranger.page.set_viewport_size({"width": PHONE, "height": 640})
    await stranger.opens(await fresh(stranger.desk, ANNA))
    passed = await tabs(stranger, "Українська", most=90)
    buttons = [each["value"] for each in passed if each["name"] == "act"]
    assert buttons == ["save", "pause", "move", "copy", "leave", "erase"]


async def test_who_skips_to_the_content_is_there(stranger: Visitor) -> None:
    await stranger.opens("/")
    await stranger.page.keyboard.press("Tab")
    assert (await stranger.page.evaluate(_FOCUSED))["name"] == "skip"
    await stranger.page.keyboard.press("Enter")
    assert stranger.page.url.endswith("#main")
    await stranger.page.keyboard.press("Tab")
    assert await stranger.page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/", "/subscribe", "/archive/1", "/story/5", "/status"])
async def test_letters_twice_as_large_need_no_scrolling_to_the_side(stranger: Visitor, path: str) -> None:
    for width in (1280 // 2, 1280 // 4):
        await stranger.page.set_viewport_size({"width": width, "height": 512})
        await stranger.opens(path)
        assert await stranger.page.evaluate("document.documentElement.scrollWidth") == width


async def test_who_reads_in_the_dark_is_not_dazzled(stranger: Visitor) -> None:
    await stranger.opens("/subscribe")
    seen: list[int] = []
    for scheme in SCHEMES:
        await stranger.page.emulate_media(color_scheme=scheme)
        shades = await stranger.page.evaluate(
            """() => ["body", "main", "#address", "#zone"].map((each) => {
              const said = getComputedStyle(document.querySelector(each)).backgroundColor.match(/[0-9]+/g);
              return Math.max(...said.slice(0, 3).map(Number));
            })"""
        )
        seen += [min(shades), max(shades)]
    assert seen[0] > 230
    assert seen[3] < 40
