"""Whoever wants to join, those who must not be told who has, and programs that fill in whatever they find."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from monitor.app import App
from monitor.core.tickets import Purpose
from monitor.models import Application, Subscriber
from tests.web.desk import ANNA, DUTY, JOINING, OPEN, READING, TOPICS, Desk, Seen, open_desk

ELENA = "elena@example.org"
_INVITED = '[subscribe]\nwho = "invited"\ndeny_domains = ["denied.example.org"]\n'


async def forms(app: App) -> list[Application]:
    return await app.db.read(lambda session: list(session.exec(select(Application))))


async def person(app: App, address: str) -> Subscriber:
    return await app.db.read(
        lambda session: session.exec(select(Subscriber).where(Subscriber.address == address)).one()
    )


def without_date(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in headers.items() if name.lower() != "date")


async def test_who_joins_confirms_by_the_mail_and_gets_what_was_chosen(hall: Desk) -> None:
    page = await hall.joins(ELENA, at="06:45", which="some", topic="Airspace", alerts="high", language="pl")
    assert (page.status, "Look into your mailbox" in page.said) == (200, True)
    await hall.world.turn()
    link = hall.link(ELENA, "confirm")
    assert (await person(hall.world.app, ELENA)).state == "pending"
    shown = await hall.asks(f"{link}?lang=en")
    assert "This is what elena@example.org will get: Briefing every morning at 06:45 (Europe/Warsaw)" in shown.said
    assert "Alerts ◆ high and above Topics Airspace" in shown.said

    done = await hall.presses(f"{link}?lang=en", act="confirm")
    assert "■ You are subscribed elena@example.org is confirmed" in done.said
    assert "The first briefing: Tuesday, 3 March 2026, 06:45 (Europe/Warsaw)" in done.said
    joined = await person(hall.world.app, ELENA)
    assert (joined.state, joined.zone, joined.language) == ("confirmed", "Europe/Warsaw", "pl")
    assert (joined.briefing, joined.topics, joined.alert_from) == (True, ["Airspace"], "high")
    wording = re.search(r"known as (en-[0-9a-f]{12})\.", (await hall.asks("/subscribe")).said)
    assert wording is not None
    assert wording[1] in joined.consent
    hall.world.clock.pass_time(timedelta(days=40))
    await hall.world.app.sweep.run()
    copy = await hall.world.app.reception.operator.export(ELENA)
    assert copy is not None
    assert "By pressing the button you ask us to mail you what you chose above" in copy["agreed_to"][wording[1]]


async def test_nobody_learns_from_the_answer_whether_an_address_is_known(tmp_path: Path, blank_state: Path) -> None:
    more = OPEN + 'deny_domains = ["denied.example.org"]\n'
    async with open_desk(tmp_path, blank_state, TOPICS, more) as hall:
        pending, left, barred = "pending@example.org", "left@example.org", "barred@example.org"
        for address in (pending, left, barred):
            await hall.joins(address)
        await hall.world.turn()
        await hall.presses(hall.link(left, "confirm"), act="confirm")
        await hall.world.later()
        await hall.asks(hall.link(left, "u"), "POST")
        await hall.presses(hall.link(barred, "confirm"), act="refuse")
        seen: list[tuple[int, str, list[tuple[str, str]]]] = []
        for path in ("/subscribe", "/link"):
            seen.clear()
            for address in ("new@example.org", pending, DUTY, barred, left, "x@denied.example.org"):
                page = await hall.presses(path, **(JOINING | {"address": address}))
                seen.append((page.status, page.text, without_date(page.headers)))
            assert seen[0][0] == 200
            assert seen.count(seen[0]) == 6


async def test_a_form_that_is_amiss_comes_back_as_it_was_with_what_is_to_be_put_right(hall: Desk) -> None:
    page = await hall.joins(
        "elena@example", at="6 o'clock", zone="Europe/Atlantis", which="some", alerts="sudden", language="tlh"
    )
    assert page.status == 422
    assert '<div class="faults" role="alert"' in page.text
    assert "6 things are amiss" in page.said
    for field in ("address", "at", "zone", "topics", "alerts", "language"):
        assert f'<a href="#{field}">' in page.text
        assert f'id="{field}"' in page.text
        assert f'id="{field}-fault"' in page.text
        assert f'aria-describedby="{field}-fault"' in page.text
    assert 'value="elena@example"' in page.text
    assert 'value="6 o&#39;clock"' in page.text
    assert '<option value="Europe/Atlantis" selected>' in page.text
    assert 'value="some" checked' in page.text
    assert await forms(hall.world.app) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"address": ""}, "Write your mail address."),
        ({"address": "a@b.example.org\r\nBcc: c@example.org"}, "This is no mail address"),
        ({"address": "a@example.org, b@example.org"}, "This is no mail address"),
        ({"address": f"{'a' * 65}@example.org"}, "This is no mail address"),
        ({"address": "a@localhost"}, "This is no mail address"),
        ({"address": "a@[192.0.2.1]"}, "This is no mail address"),
        ({"briefing": ""}, "Choose the briefing, or alerts, or both"),
        ({"at": ""}, "Write the time of the briefing"),
        ({"at": "25:00"}, "Write the time of the briefing"),
        ({"zone": "../../etc/passwd"}, "Choose your time zone"),
        ({"which": "some", "topic": "our-own"}, "Tick at least one topic"),
        ({"which": ""}, "Tick at least one topic"),
    ],
)
async def test_each_fault_is_named_and_nothing_is_kept(hall: Desk, said: dict[str, str], fault: str) -> None:
    page = await hall.joins(**({"address": ELENA} | said))
    assert (page.status, "One thing is amiss" in page.said, page.said.count(fault)) == (422, True, 2)
    assert await forms(hall.world.app) == []


async def test_who_wants_alerts_alone_need_not_say_when_the_briefing_comes(hall: Desk) -> None:
    page = await hall.joins(ELENA, briefing="", at="", alerts="critical")
    assert page.status == 200
    (form,) = await forms(hall.world.app)
    assert (form.choices["briefing"], form.choices["alert_from"]) == (False, "critical")


async def test_what_is_written_into_a_form_is_text_and_nothing_else_on_the_page(hall: Desk) -> None:
    evil = '"><script>x()</script>'
    page = await hall.presses(f"/subscribe?lang={evil}", **dict.fromkeys((*JOINING, "address", "topic"), evil))
    assert (page.status, evil in page.text, "<script>" in page.text) == (422, False, False)
    assert "&#34;&gt;&lt;script&gt;x()" in page.text
    assert "Strikes &lt;&amp; ultimatums&gt;" in page.text
    assert "ultimatums>" not in page.text


async def test_a_program_that_fills_in_the_field_that_nobody_sees_is_answered_and_forgotten(hall: Desk) -> None:
    honest = await hall.joins(ELENA)
    kept = await forms(hall.world.app)
    for path in ("/subscribe", "/link"):
        page = await hall.presses(path, **(JOINING | {"address": "spam@example.org", "website": "https://x.test"}))
        assert page.status == 200
        assert path == "/link" or page.text == honest.text
    assert await forms(hall.world.app) == kept


@pytest.mark.parametrize("path", ["/subscribe", "/link"])
async def test_a_form_that_comes_too_soon_too_late_or_from_no_page_of_ours_is_shown_once_more(
    hall: Desk, path: str
) -> None:
    async def sent(stamp: dict[str, str]) -> Seen:
        return await hall.asks(path, "POST", data=JOINING | {"address": ELENA} | stamp)

    stamp = await hall.reads(path)
    elsewhere = await hall.reads("/link" if path == "/subscribe" else "/subscribe")
    hall.world.clock.pass_time(-READING - timedelta(milliseconds=1))
    bad = [await sent(stamp)]
    hall.world.clock.pass_time(READING)
    forged: list[dict[str, str]] = [{}, {"shown": ""}, {"shown": stamp["shown"][:-1]}, {"shown": "☂"}, elsewhere]
    bad += [await sent(each) for each in forged]
    hall.world.clock.pass_time(timedelta(hours=25))
    bad.append(await sent(stamp))
    for page in bad:
        assert (page.status, "Press the button once more" in page.said) == (409, True)
        assert f'value="{ELENA}"' in page.text
    assert await forms(hall.world.app) == []
    assert (await hall.presses(path, **(JOINING | {"address": ELENA}))).status == 200
    assert len(await forms(hall.world.app)) == 1


async def test_a_network_that_sends_too_many_forms_reads_so_and_is_told_when_to_come_back(
    tmp_path: Path, blank_state: Path
) -> None:
    async with open_desk(tmp_path, blank_state, more='[subscribe]\nwho = "everybody"\nnetwork_hour = 2\n') as hall:
        for number in range(2):
            assert (await hall.joins(f"someone{number}@example.org")).status == 200
        page = await hall.joins(ELENA)
        assert (page.status, page.headers["Retry-After"]) == (429, "3600")
        assert "Too many forms for now" in page.said
        other = {"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}
        stamp = await hall.reads("/subscribe")
        assert (await hall.asks("/subscribe", "POST", other, data=JOINING | {"address": ELENA} | stamp)).status == 200
        assert [form.network for form in await forms(hall.world.app)] == [
            "127.0.0.0/24",
            "127.0.0.0/24",
            "203.0.113.0/24",
        ]


async def test_where_nobody_may_join_the_page_says_so_and_whom_to_ask(desk: Desk) -> None:
    for page in (await desk.asks("/subscribe"), await desk.asks("/subscribe", "POST", data=JOINING)):
        assert "Not open to new subscribers" in page.said
        assert 'href="mailto:ops@example.org"' in page.text
        assert "<form" not in page.text
    assert page.status == 403
    assert "Subscribe</a>" not in (await desk.asks("/")).text
    assert await forms(desk.world.app) == []


async def test_who_was_invited_joins_by_the_invitation_until_it_is_over(tmp_path: Path, blank_state: Path) -> None:
    async with open_desk(tmp_path, blank_state, more=_INVITED) as hall:
        until = hall.world.clock.at + timedelta(days=7)
        link = hall.world.app.tickets.link(Purpose.INVITE, int(until.timestamp()))
        assert "Only people with an invitation" in (await hall.asks("/subscribe")).said
        assert (await hall.joins(ELENA)).status == 403
        page = await hall.presses(link, **(JOINING | {"address": ELENA}))
        assert (page.status, "Look into your mailbox" in page.said) == (200, True)
        hall.world.clock.pass_time(timedelta(days=7))
        for old in (link, "/invited/none"):
            page = await hall.asks(old)
            assert (page.status, "This invitation is over" in page.said) == (403, True)
        assert len(await forms(hall.world.app)) == 1


async def test_who_asks_for_the_link_gets_it_at_the_address_that_is_subscribed(hall: Desk) -> None:
    page = await hall.presses("/link", address=ANNA.upper())
    assert (page.status, "a mail with a fresh link is on its way" in page.said) == (200, True)
    await hall.world.turn()
    assert "Your choices" in (await hall.asks(hall.link(ANNA, "me"))).said


async def test_the_form_speaks_the_language_that_was_asked_for_and_links_to_the_others(hall: Desk) -> None:
    page = await hall.asks("/subscribe", headers={"Accept-Language": "uk,en;q=0.5"})
    assert '<html lang="uk" dir="ltr">' in page.text
    assert '<option value="uk" lang="uk" selected>' in page.text
    page = await hall.asks("/subscribe?lang=fr", headers={"Accept-Language": "uk"})
    assert '<html lang="fr" dir="ltr">' in page.text
    assert '<a href="?lang=fr" lang="fr" hreflang="fr" aria-current="true">Français</a>' in page.text
    assert '<a href="?lang=pl" lang="pl" hreflang="pl">Polski</a>' in page.text


async def test_the_form_alone_runs_a_script_and_only_ours(hall: Desk) -> None:
    page = await hall.asks("/subscribe")
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="guess.js" defer>']
    assert "script-src 'self'" in page.headers.getall("Content-Security-Policy")[-1]
    script = await hall.asks("/guess.js")
    assert (script.status, script.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    for path in ("/", "/link"):
        page = await hall.asks(path)
        assert "<script" not in page.text
        assert "script-src" not in str(page.headers.getall("Content-Security-Policy"))


async def test_pages_for_everybody_set_no_cookie_are_kept_by_nobody_and_framed_by_nobody(hall: Desk) -> None:
    paths = ("/subscribe", "/link", "/confirm/x", "/u/x", "/u/x/everything", "/preferences/x", "/me/x", "/address/x")
    for path in paths:
        for how in ("GET", "POST"):
            page = await hall.asks(path, how, data=JOINING if how == "POST" else None)
            assert "Set-Cookie" not in page.headers
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert page.headers["X-Robots-Tag"].startswith("noindex")
            for policy in page.headers.getall("Content-Security-Policy"):
                assert policy.startswith("default-src 'none'")
                assert "frame-ancestors 'none'" in policy
            assert page.text.count("<h1") == 1
            assert page.text.count("<main") == 1
