"""People who join, choose and leave by themselves, at browsers that run scripts and at those that do not."""

import json
from datetime import time, timedelta

from sqlmodel import select

from monitor.models import Subscriber
from tests.browser.visitor import Visitor
from tests.conftest import WIRE
from tests.web.desk import ANNA, Desk
from tests.web.mailbag import ELENA, MARSHES, fresh, person


async def test_somebody_joins_by_the_form_and_gets_what_was_chosen(anybody: Visitor) -> None:
    desk, page = anybody.desk, anybody.page
    script = await page.evaluate("1") if await _runs_scripts(anybody) else 0
    await anybody.opens("/")
    await anybody.follows("Subscribe")
    zone = anybody.field("Time zone")
    assert await zone.input_value() == ("America/Bogota" if script else "UTC")
    assert await page.get_by_text("This is the time zone of your browser.").is_visible() is bool(script)
    await zone.select_option("Europe/Warsaw")
    await anybody.field("Your mail address").fill(ELENA)
    await anybody.field("At").fill("06:45")
    await page.get_by_label("Only what is ticked here:").check()
    await page.get_by_label("Airspace").check()
    await page.get_by_label("High and above").check()
    await anybody.field("Language of the mails").select_option("pl")
    await anybody.presses("Subscribe")
    await anybody.sees("Look into your mailbox")
    await desk.world.turn()

    await anybody.opens(f"{desk.link(ELENA, 'confirm')}?lang=en")
    await anybody.sees("Briefing", "every morning at 06:45 (Europe/Warsaw)", "Airspace")
    await anybody.presses("Yes, mail me this")
    await anybody.sees("You are subscribed", "The first briefing: Tuesday, 3 March 2026, 06:45")
    desk.world.web.publish(WIRE, MARSHES)
    await desk.world.later()
    desk.world.clock.at = desk.world.clock.at.replace(day=3, hour=5, minute=50)
    await desk.world.turn()
    assert len(desk.news(ELENA)) == 4  # to confirm, the welcome, the alert, and the briefing at a quarter to seven


async def _runs_scripts(visitor: Visitor) -> bool:
    await visitor.opens("/subscribe")
    return await visitor.page.locator("#guessed").is_visible()


async def test_somebody_has_the_link_mailed_and_chooses_anew(anybody: Visitor) -> None:
    desk, page = anybody.desk, anybody.page
    await anybody.opens("/link")
    await anybody.field("Your mail address").fill(ANNA)
    await anybody.presses("Mail me my link")
    await anybody.sees("a mail with a fresh link is on its way")
    await desk.world.turn()
    await anybody.opens(desk.link(ANNA, "me"))
    await anybody.sees("anna@example.org · subscribed")
    await anybody.field("At").fill("05:15")
    await anybody.field("Time zone").select_option("Asia/Tokyo")
    await page.get_by_label("Only what is ticked here:").check()
    await page.get_by_label("Strikes <& ultimatums>").check()
    await page.get_by_label("Critical alone").check()
    await anybody.field("First day").fill("2026-03-10")
    await anybody.field("Last day").fill("2026-03-12")
    await anybody.field("Language of the mails").select_option("uk")
    await anybody.presses("Save")
    anna = await person(desk, ANNA)
    assert (anna.briefing_at, anna.zone, anna.language) == (time(5, 15), "Asia/Tokyo", "uk")
    assert (anna.topics, anna.alert_from) == (["Strikes <& ultimatums>"], "critical")
    assert str(anna.away_until) == "2026-03-12"

    await anybody.opens(f"{desk.link(ANNA, 'me')}?lang=en")
    await anybody.field("Mail nothing until this day").fill("2026-03-09")
    await anybody.presses("Pause")
    await anybody.sees("Paused until Monday, 9 March 2026")
    assert (await person(desk, ANNA)).state == "paused"
    await anybody.presses("Go on now")
    await anybody.sees("The pause is over")
    assert (await person(desk, ANNA)).state == "confirmed"


async def test_somebody_moves_to_a_new_address_by_the_mail_that_comes_there(anybody: Visitor) -> None:
    desk = anybody.desk
    await anybody.opens(await fresh(desk, ANNA))
    await anybody.field("The new mail address").fill("anna@example.net")
    await anybody.presses("Change the address")
    await anybody.sees("If anna@example.net can get mail from us", f"until then everything goes to {ANNA}")
    await desk.world.turn()
    assert (await person(desk, ANNA)).state == "confirmed"
    await anybody.opens(desk.link("anna@example.net", "address"))
    await anybody.presses("Yes, this is my address")
    await anybody.sees("Everything goes to anna@example.net from now on")
    assert (await person(desk, "anna@example.net")).state == "confirmed"
    await desk.world.turn()
    assert any("go to another address now" in subject for subject in desk.news(ANNA))


async def briefed(desk: Desk) -> None:
    desk.world.web.publish(WIRE, MARSHES)
    await desk.world.later()
    await desk.world.later(timedelta(hours=19))


async def test_somebody_leaves_by_the_link_in_a_briefing_and_the_rest_by_one_click(anybody: Visitor) -> None:
    desk = anybody.desk
    await briefed(desk)
    briefing = desk.world.post.mails(ANNA)[-1]
    one_click = str(briefing["List-Unsubscribe"]).partition(">")[0].lstrip("<")
    await anybody.opens(desk.link(ANNA, "u"))
    await anybody.sees("a…@example.org gets no briefings any more when you press the button")
    await anybody.presses("Leave the briefing")
    await anybody.sees("You have left", "What still comes", "the alerts")
    anna = await person(desk, ANNA)
    assert (anna.state, anna.briefing, anna.alert_from) == ("confirmed", False, "high")
    await anybody.presses("Leave this as well")
    await anybody.sees("a…@example.org gets nothing any more")
    assert (await person(desk, ANNA)).state == "left"
    answer = await desk.asks(one_click, "POST", data={"List-Unsubscribe": "One-Click"}, allow_redirects=False)
    assert answer.status == 200
    before = len(desk.world.post.mails(ANNA))
    await desk.world.later(timedelta(days=1))
    assert len(desk.world.post.mails(ANNA)) == before


async def test_somebody_leaves_by_the_button_of_the_mail_program_and_the_page_says_so(anybody: Visitor) -> None:
    desk = anybody.desk
    await briefed(desk)
    one_click = str(desk.world.post.mails(ANNA)[-1]["List-Unsubscribe"]).partition(">")[0].lstrip("<")
    await desk.asks(one_click, "POST", data=b"List-Unsubscribe=One-Click", allow_redirects=False)
    await anybody.opens(one_click)
    await anybody.sees("You have left", "a…@example.org gets no briefings any more")


async def test_somebody_takes_a_copy_of_all_that_is_kept_and_is_erased(anybody: Visitor) -> None:
    desk, page = anybody.desk, anybody.page
    await anybody.opens(await fresh(desk, ANNA))
    desk.world.clock.pass_time(timedelta(seconds=2))
    async with page.expect_download() as coming:
        await page.get_by_role("button", name="Take a copy").click()
    copy = await (await coming.value).path()
    assert ANNA in json.dumps(json.loads(copy.read_text()))
    await anybody.presses("Erase me …")
    await anybody.sees(f"Everything that is kept about {ANNA} is deleted")
    await page.get_by_role("checkbox").check()
    await anybody.presses("Erase me now")
    await anybody.sees("You are erased")
    assert ANNA not in str(await desk.rows())
    people = await desk.world.app.db.read(lambda session: [row.state for row in session.exec(select(Subscriber))])
    assert people == ["confirmed", "erased"]
