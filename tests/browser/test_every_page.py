"""Every page there is, light and dark, on a phone, on a desk and between: to be read and used by everybody."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

from monitor.core.tickets import Leaving, Purpose
from tests.browser.visitor import _FAULTS, Visitor, visiting
from tests.conftest import WIRE
from tests.web.desk import ANNA, DUTY, TOPICS, Desk, open_desk
from tests.web.mailbag import ELENA, LOST, STORIES, fresh, person
from tests.web.test_scanners import OPERATED, OPERATORS

# Wider phones, and windows beside others: the widths at which pages change lie between them. The colours do not change
# with the width, so once at each is enough.
_Scheme = Literal["light", "dark"]
BETWEEN: tuple[tuple[int, _Scheme], ...] = ((375, "dark"), (600, "light"), (800, "dark"))


async def faults(visitor: Visitor) -> list[str]:
    """Of the page as it stands, at every width."""
    found = await visitor.complaints()
    for width, scheme in BETWEEN:
        await visitor.page.set_viewport_size({"width": width, "height": 800})
        await visitor.page.emulate_media(color_scheme=scheme)
        between: list[str] = await visitor.page.evaluate(_FAULTS, False)
        found += [f"{scheme}, {width} px: {each}" for each in between]
    return found


async def complaints(visitor: Visitor, *links: str) -> dict[str, list[str]]:
    """By the page."""
    found: dict[str, list[str]] = {}
    for link in links:
        await visitor.opens(link)
        if complained := await faults(visitor):
            found[link] = complained
    return found


_EVERYBODYS = ("/", "/subscribe", "/subscribe?lang=uk", "/link", "/archive", "/story/5", "/status")


@pytest.mark.parametrize("link", [*_EVERYBODYS, "/confirm/none", "/u/none", "/me/none", "/ack/none"])
async def test_pages_for_everybody(stranger: Visitor, link: str) -> None:
    assert await complaints(stranger, link) == {}


async def test_briefings_in_the_archive(stranger: Visitor) -> None:
    await stranger.opens("/archive")
    links = await stranger.page.locator(".issues a").evaluate_all("all => all.map((each) => each.pathname)")
    assert len(links) > 2
    assert await complaints(stranger, *links) == {}


async def test_pages_by_the_links_in_mails(stranger: Visitor) -> None:
    desk, tickets = stranger.desk, stranger.desk.world.app.tickets
    anna, soon = await person(desk, ANNA), int((desk.world.clock.at + timedelta(hours=1)).timestamp())
    made = int(anna.created_at.timestamp())
    links = [
        desk.link(ELENA, "confirm"),
        desk.link(LOST, "confirm"),
        await fresh(desk, ANNA),
        await fresh(desk, ANNA, timedelta(0)),
        desk.link(DUTY, "ack"),
        desk.link(DUTY, "mute"),
        tickets.link(Purpose.LEAVE, anna.id, made, Leaving.ALERTS),
        tickets.link(Purpose.LEAVE, anna.id, made, Leaving.EVERYTHING),
        tickets.link(Purpose.PREFERENCES, anna.id, made),
        tickets.link(Purpose.ADDRESS, anna.id, anna.serial, soon, "anna@example.net"),
        tickets.link(Purpose.INVITE, soon),
    ]
    assert await complaints(stranger, *links) == {}


@pytest.mark.parametrize("path", OPERATORS)
async def test_pages_of_the_operator(chromium: Browser, office: Desk, path: str) -> None:
    signed = {"Authorization": OPERATED["Authorization"]}
    async with visiting(chromium, office, headers=signed) as operator:
        assert await complaints(operator, path) == {}


@pytest.mark.parametrize("who", ["nobody", "invited"])
async def test_the_page_of_a_watch_that_not_everybody_may_join(
    chromium: Browser, tmp_path: Path, blank_state: Path, who: str
) -> None:
    async with (
        open_desk(tmp_path, blank_state, TOPICS, f'[subscribe]\nwho = "{who}"\n') as desk,
        visiting(chromium, desk) as visitor,
    ):
        assert await complaints(visitor, "/", "/subscribe", "/invited/none") == {}
        await visitor.sees("This invitation is over" if who == "invited" else "Not open to new subscribers")


async def test_pages_that_answer_who_joins(guest: Visitor) -> None:
    desk = guest.desk
    await guest.opens("/subscribe")
    await guest.field("Your mail address").fill("elena@example")
    await guest.field("At").fill("")
    await guest.page.get_by_label("Only what is ticked here:").check()
    await guest.presses("Subscribe")
    await guest.sees("3 things are amiss")
    assert await faults(guest) == []
    await guest.field("Your mail address").fill(ELENA)
    await guest.field("At").fill("06:30")
    await guest.page.get_by_label("Everything, also what is added later").check()
    await guest.presses("Subscribe", hurried=True)
    await guest.sees("Press the button once more")
    assert await faults(guest) == []
    await guest.presses("Subscribe")
    await guest.sees("Look into your mailbox")
    assert await faults(guest) == []
    await desk.world.turn()
    await guest.opens(desk.link(ELENA, "confirm"))
    await guest.presses("Yes, mail me this", hurried=True)
    assert await faults(guest) == []
    await guest.presses("Yes, mail me this")
    await guest.sees("You are subscribed")
    assert await faults(guest) == []
    await guest.opens(desk.link(ELENA, "confirm"))
    assert await faults(guest) == []


async def test_pages_that_answer_who_chooses_moves_and_is_erased(guest: Visitor) -> None:
    desk = guest.desk
    mine = await fresh(desk, ANNA)
    await guest.opens(mine)
    await guest.field("From").fill("22:00")
    await guest.page.get_by_label("Only what is ticked here:").check()
    await guest.presses("Save")
    await guest.sees("2 things are amiss")
    assert await faults(guest) == []
    await guest.field("Until").fill("06:30")
    await guest.page.get_by_label("Airspace").check()
    for button, said in (
        ("Save", "Saved"),
        ("Pause", "Paused until you go on"),
        ("Go on now", "The pause is over"),
        ("Change the address", "Write the new mail address."),
    ):
        await guest.presses(button)
        await guest.sees(said)
        assert await faults(guest) == []
    await guest.field("The new mail address").fill("anna@example.net")
    await guest.presses("Change the address")
    await guest.sees("Look into the new mailbox")
    assert await faults(guest) == []
    await desk.world.turn()
    for said in ("Your address is changed", "This link came too late"):
        await guest.opens(desk.link("anna@example.net", "address"))
        if said == "Your address is changed":
            await guest.presses("Yes, this is my address")
            await guest.sees(said)
        assert await faults(guest) == []
    await guest.opens(mine)
    await guest.sees("This link came too late")
    assert await faults(guest) == []
    await guest.opens(await fresh(desk, "anna@example.net"))
    await guest.presses("Leave")
    await guest.sees("You have left")
    assert await faults(guest) == []
    await guest.opens(await fresh(desk, "anna@example.net"))
    assert await faults(guest) == []
    await guest.presses("Erase me …")
    # A browser that does not see to it itself.
    await guest.page.evaluate("document.querySelector('form').noValidate = true")
    await guest.presses("Erase me now")
    await guest.sees("Tick that you are sure.")
    assert await faults(guest) == []
    await guest.page.get_by_role("checkbox").check()
    await guest.presses("Erase me now")
    await guest.sees("You are erased")
    assert await faults(guest) == []


async def test_pages_that_answer_who_leaves_takes_an_alert_and_mutes_it(guest: Visitor) -> None:
    desk = guest.desk
    desk.world.web.publish(WIRE, STORIES[0])
    await desk.world.later()
    await guest.opens(desk.link(DUTY, "ack"))
    await guest.presses("Acknowledge")
    await guest.sees("You took it at")
    assert await faults(guest) == []
    await guest.opens(desk.link(DUTY, "mute"))
    await guest.presses("Mute")
    await guest.sees("Critical alerts are muted.")
    assert await faults(guest) == []
    await guest.presses("End it now")
    await guest.sees("No longer muted")
    assert await faults(guest) == []
    await guest.opens(desk.link(DUTY, "u"))
    await guest.presses("Leave the alerts")
    await guest.sees("You have left", "What still comes")
    assert await faults(guest) == []
    await guest.presses("Leave this as well")
    await guest.sees("gets nothing any more")
    assert await faults(guest) == []
    await guest.opens(desk.link(DUTY, "preferences"))
    await guest.presses("Mail me a fresh link")
    await guest.sees("Look into your mailbox")
    assert await faults(guest) == []
    await guest.opens(desk.link(DUTY, "ack"))
    await guest.sees("You have left")
    assert await faults(guest) == []


async def test_what_these_tests_would_complain_of(stranger: Visitor) -> None:
    await stranger.opens("/link")
    await stranger.page.evaluate(
        """() => {
          document.querySelector("button").style.cssText = "padding: 0; min-height: 0";
          document.querySelector("h1").style.cssText = "color: #949494; width: 1400px";
          document.querySelector("label").remove();
          document.body.append(Object.assign(new Image(), {src: "https://elsewhere.test/pixel.gif", alt: "one"}));
          document.cookie = "a=b";
        }"""
    )
    complained = "\n".join(await stranger.complaints())
    for said in ("px wide", "px high", "color-contrast", "label: ", "console: ", "elsewhere.test", "a cookie"):
        assert said in complained, said


async def test_what_they_would_complain_of_that_is_amiss_neither_on_a_phone_nor_on_a_desk(stranger: Visitor) -> None:
    await stranger.opens("/link")
    await stranger.page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`
            @media (width: 375px) and (prefers-color-scheme: dark) { h1 { color: #555 } }
            @media (width: 600px) { h1 { width: 700px } }
            @media (width: 800px) { h1 { width: 900px } }
          `);
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    assert await stranger.complaints() == []
    assert [each.split(":")[0] for each in await faults(stranger)] == ["dark, 375 px", "light, 600 px", "dark, 800 px"]
