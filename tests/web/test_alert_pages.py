"""Whoever opens a link of an alert mail: a scanner, the one who takes it, the one who comes second, a forger."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import urljoin

import pytest

from monitor.core.tickets import Purpose, Tickets, follow_addresses
from monitor.store import subscribers
from tests.conftest import HERALD, RULES, WIRE
from tests.fakes import text_of
from tests.web.desk import ANNA, DUTY, HOME, Desk

ADDRESS = re.compile(r'(?:href|action)="([^"#]+)"')


async def alarm(desk: Desk, title: str = "Envoys fear a pre-emptive strike at the lighthouse", url: str = WIRE) -> None:
    desk.world.web.publish(url, title)
    await desk.world.later()


async def test_a_scanner_that_opens_every_link_of_every_mail_three_times_changes_nothing(desk: Desk) -> None:
    await alarm(desk)
    await alarm(desk, "Pre-emptive strike feared by envoys at the lighthouse", HERALD)
    await alarm(desk, "Airspace incursion over the salt marshes")
    await desk.presses(desk.link(DUTY, "mute"), what="story", span="7d")
    links = {*desk.links(), *follow_addresses(desk.world.app.tickets).values()}
    links = {link.replace("NUMBER", "1") for link in links}
    assert len(links) == 2 * (2 * 2 + 2) + 3
    before = await desk.rows()
    for link in list(links):
        page = (await desk.asks(link)).text
        links |= {to for each in ADDRESS.findall(page) if (to := urljoin(link, each)).startswith(HOME)}
    for _ in range(3):
        for link in sorted(links):
            for how in ("HEAD", "GET"):
                assert (await desk.asks(link, how)).status == 200
                assert (await desk.asks(f"{link}?end=1&what=story&span=7d&confirm=yes", how)).status == 200
    assert await desk.rows() == before
    assert len(before["silences"]) == 1


async def test_the_page_tells_what_is_reported_by_whom_and_what_was_told_in_the_readers_time(desk: Desk) -> None:
    await alarm(desk)
    await alarm(desk, "Pre-emptive strike feared by envoys at the lighthouse", HERALD)
    page = await desk.asks(desk.link(DUTY, "ack"))

    assert page.status == 200
    assert "▲ Critical · pre-emptive-strike" in page.said
    assert f'<a href="{WIRE}/1">Envoys fear a <mark>pre-emptive</mark> <mark>strike</mark>' in page.text
    assert "Wire and 1 more independent publisher · first seen 13:40, 20 min ago (Europe/Warsaw)" in page.said
    assert "14:00 Herald Pre-emptive strike feared by envoys" in page.said
    assert "13:40 · First alert told to 2" in page.said
    assert "14:00 + More report it: 2 independent publishers told to 2" in page.said
    assert '<form method="post">' in page.text


async def test_who_presses_the_button_has_taken_it_and_pressing_again_changes_nothing(desk: Desk) -> None:
    await alarm(desk)
    link = desk.link(DUTY, "ack")
    took = await desk.presses(link)
    after = await desk.rows()
    desk.world.clock.pass_time(timedelta(minutes=5))
    again = await desk.presses(link)

    assert "■ You took it at 13:40" in took.said
    assert "■ You took it already, at 13:40, 5 min ago" in again.said
    assert await desk.rows() == after
    assert "■ You took it at 13:40, 5 min ago" in (await desk.asks(link)).said
    others = await desk.asks(desk.link(ANNA, "ack"))
    assert f"■ {DUTY} took it at 13:40, 5 min ago" in others.said
    assert "<form" not in others.text
    assert (after["alerts"][0].acknowledged_by, after["alerts"][0].acknowledged_at) == (
        DUTY,
        desk.world.clock.at - timedelta(minutes=5),
    )


async def test_of_two_who_take_it_at_once_one_is_told_that_the_other_was_faster_and_both_get_it_in_writing(
    desk: Desk,
) -> None:
    await alarm(desk)
    pages = await asyncio.gather(*(desk.presses(desk.link(address, "ack")) for address in (DUTY, ANNA)))
    taken = [address for address, page in zip((DUTY, ANNA), pages, strict=True) if "You took it at 13:40" in page.said]
    assert len(taken) == 1
    assert sum(f"{taken[0]} was faster It was taken at 13:40" in page.said for page in pages) == 1

    await desk.world.turn()
    for address in (DUTY, ANNA):
        first, second = desk.world.post.mails(address)
        assert second["In-Reply-To"] == first["Message-ID"]
        assert f"{taken[0]} acknowledged it" in text_of(second)


async def test_who_has_yet_to_be_asked_stands_on_the_page_until_somebody_takes_it(desk: Desk) -> None:
    route = f'alert = {{ to = ["{DUTY}"], ack_within = "15m", then = ["{ANNA}"] }}\n'
    await desk.begins_anew(RULES.replace('severity = "critical"\n', f'severity = "critical"\n{route}'))
    await alarm(desk)
    link = desk.link(DUTY, "ack")
    assert "If nobody acknowledges by 13:55, the next person is told" in (await desk.asks(link)).said
    await desk.world.later()
    assert "→ Nobody has acknowledged it told to 1" in (await desk.asks(link)).said
    await desk.presses(desk.link(ANNA, "ack"))
    page = await desk.asks(link)
    assert f"■ Acknowledged: {ANNA} told to 2" in page.said
    assert "the next person" not in page.said


async def test_altered_and_forged_tickets_open_nothing_and_do_nothing(desk: Desk) -> None:
    await alarm(desk)
    true = desk.link(DUTY, "ack").rpartition("/")[2]
    forger = Tickets(HOME, ("a guess",))
    bad = [true[:at] + ("A" if true[at] != "A" else "B") + true[at + 1 :] for at in range(len(true) - 1)]
    bad += [true[:-1], f"{true}.", true.partition(".")[0], "none", "%00", "%ff", "☂", "A" * 4000]
    bad += [forger.of(Purpose.ACKNOWLEDGE, 1, 1), desk.world.app.tickets.of(Purpose.ACKNOWLEDGE, 99, 1)]
    bad += [desk.world.app.tickets.of(Purpose.ACKNOWLEDGE, 1, 99), desk.world.app.tickets.of(Purpose.FOLLOW)]
    before = await desk.rows()
    for ticket in bad:
        for how in ("GET", "POST"):
            page = await desk.asks(f"/ack/{ticket}", how)
            assert (page.status, "This link does not work" in page.said) == (404, True), ticket
    assert await desk.rows() == before


async def test_a_ticket_for_one_thing_opens_no_other(desk: Desk) -> None:
    await alarm(desk)
    ack, mute = desk.link(DUTY, "ack"), desk.link(DUTY, "mute")
    before = await desk.rows()
    assert (await desk.asks(ack.replace("/ack/", "/mute/"))).status == 404
    assert (await desk.presses(ack.replace("/ack/", "/mute/"), what="story", span="8h")).status == 404
    assert (await desk.presses(mute.replace("/mute/", "/ack/"))).status == 404
    assert (await desk.asks(f"{ack.replace('/ack/', '/follow/')}/alerts.atom")).status == 404
    assert await desk.rows() == before


@pytest.mark.parametrize("purpose", ["ack", "mute"])
async def test_who_has_left_reads_so_and_can_do_nothing_more(desk: Desk, purpose: str) -> None:
    await alarm(desk)
    link = desk.link(DUTY, purpose)
    await desk.world.app.db.write(subscribers.remove, DUTY, desk.world.clock.at)
    before = await desk.rows()
    for page in (await desk.asks(link), await desk.presses(link, what="story", span="8h")):
        assert page.status == 403
        assert f"You have left {DUTY} is told nothing any more" in page.said
        assert "<form" not in page.text
        assert "lighthouse" not in page.text
    assert await desk.rows() == before


async def test_an_alert_of_last_month_is_shown_but_can_be_neither_taken_nor_muted(desk: Desk) -> None:
    await alarm(desk)
    ack, mute = desk.link(DUTY, "ack"), desk.link(DUTY, "mute")
    desk.world.clock.pass_time(timedelta(days=30))
    assert "<form" in (await desk.asks(ack)).text
    assert "<form" in (await desk.asks(mute)).text
    desk.world.clock.pass_time(timedelta(minutes=1))
    before = await desk.rows()
    for shown, pressed in (
        (await desk.asks(ack), await desk.presses(ack)),
        (await desk.asks(mute), await desk.presses(mute, what="story", span="8h")),
    ):
        assert (shown.status, pressed.status) == (200, 410)
        assert "told last on 2 Mar 2026, more than 30 days ago" in shown.said
        assert "<form" not in shown.text + pressed.text
    assert await desk.rows() == before


async def test_a_hostile_headline_is_harmless_and_legible_on_every_page(desk: Desk) -> None:
    hostile = 'Airspace incursion "><script>x()</script> \u202egnp.exe <b>' + "A" * 5000
    desk.world.web.publish(WIRE, hostile, link="javascript:alert(1)", summary="<img src=x onerror=y()>")
    await desk.world.later()
    await desk.presses(desk.link(DUTY, "mute"), what="story", span="8h", comment='</span><script>z()</script>"\u202e')
    for purpose in ("ack", "mute"):
        page = await desk.asks(desk.link(DUTY, purpose))
        assert page.status == 200
        assert "Airspace</mark> <mark>incursion</mark>" in page.text
        for harm in ("<script", "<img", "javascript:", "\u202e", "A" * 400):
            assert harm not in page.text
    assert "&lt;script&gt;z()&lt;/script&gt;" in page.text


async def test_pages_of_alerts_are_kept_by_nobody_set_no_cookie_and_find_their_style(desk: Desk) -> None:
    await alarm(desk)
    for link in (desk.link(DUTY, "ack"), desk.link(DUTY, "mute"), f"{HOME}/ack/none"):
        for how in ("GET", "POST"):
            page = await desk.asks(link, how)
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert "form-action 'self'" in page.headers["Content-Security-Policy"]
            assert "Set-Cookie" not in page.headers
            assert '<meta name="robots" content="noindex, nofollow">' in page.text
            (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
            assert urljoin(link, style) == f"{HOME}/style.css"


async def test_an_alert_whose_words_come_back_while_they_are_muted_still_has_its_page(desk: Desk) -> None:
    item = desk.world.web.publish(WIRE, "Envoys fear a pre-emptive strike at the lighthouse")
    await desk.world.later()
    link = desk.link(DUTY, "ack")
    item.title = "Envoys fear nothing at the lighthouse"
    await desk.world.later()
    await desk.world.later(timedelta(hours=2))
    await desk.presses(desk.link(DUTY, "mute"), what="rule:pre-emptive-strike", span="7d")
    item.title = "Envoys fear a pre-emptive strike at the lighthouse"
    await desk.world.later()

    page = await desk.asks(link)
    assert page.status == 200
    assert "Envoys fear a pre-emptive strike at the lighthouse" in page.said
    assert "<mark>" in page.text
    for address in follow_addresses(desk.world.app.tickets).values():
        seen = await desk.asks(address.replace("NUMBER", "1"))
        assert (seen.status, "lighthouse" in seen.text) == (200, True)
