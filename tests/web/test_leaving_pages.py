"""Whoever confirms, refuses, moves or leaves; scanners that open every link; clients that post whatever they like."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
from sqlmodel import select

from monitor.core.tickets import Leaving, Purpose, Tickets
from monitor.models import Subscriber
from tests.conftest import WIRE
from tests.web.desk import ANNA, DUTY, HOME, OPEN, READING, TOPICS, Desk, open_desk

ELENA = "elena@example.org"
_WEEK = timedelta(days=7)
_LINK = re.compile(r'(?:href|action)="([^"#]+)"')


async def person(hall: Desk, address: str) -> Subscriber:
    return await hall.world.app.db.read(
        lambda session: session.exec(select(Subscriber).where(Subscriber.address == address)).one()
    )


async def ticket(hall: Desk, purpose: Purpose, address: str, *more: int | str) -> str:
    someone = await person(hall, address)
    made = int(someone.created_at.timestamp())
    said = (made, *more) if purpose in (Purpose.LEAVE, Purpose.PREFERENCES) else (someone.serial, *more)
    return hall.world.app.tickets.link(purpose, someone.id, *said)


async def until(hall: Desk, span: timedelta = _WEEK) -> int:
    return int((hall.world.clock.at + span).timestamp())


async def asked_to_confirm(hall: Desk) -> str:
    await hall.joins(ELENA, alerts="high")
    await hall.world.turn()
    return hall.link(ELENA, "confirm")


async def every_page(hall: Desk) -> list[str]:
    """One of each kind of link that a mail may carry, and the forms that need none."""
    soon = await until(hall)
    return [
        await asked_to_confirm(hall),
        await ticket(hall, Purpose.LEAVE, ANNA, Leaving.EVERYTHING),
        await ticket(hall, Purpose.LEAVE, ANNA, Leaving.ALERTS),
        await ticket(hall, Purpose.PREFERENCES, ANNA),
        await ticket(hall, Purpose.FRESH, ANNA, soon),
        await ticket(hall, Purpose.ADDRESS, ANNA, soon, "anna@example.net"),
        hall.world.app.tickets.link(Purpose.INVITE, soon),
        f"{HOME}/subscribe",
        f"{HOME}/link",
    ]


async def test_a_scanner_that_opens_everything_three_times_with_any_question_changes_nothing(hall: Desk) -> None:
    links = set(await every_page(hall))
    before = await hall.rows()
    for link in list(links):
        page = (await hall.asks(link)).text
        links |= {to for each in _LINK.findall(page) if (to := urljoin(link, each)).startswith(HOME)}
    assert len(links) > 60
    for _ in range(3):
        for link in sorted(links):
            for asked in (link, f"{link.partition('?')[0]}?act=erase+now&sure=yes&act=leave&confirm=yes"):
                for how in ("HEAD", "GET"):
                    assert (await hall.asks(asked, how)).status == 200, asked
    assert await hall.rows() == before


async def test_a_scanner_that_presses_every_button_at_once_confirms_and_changes_nothing_but_leaving(
    hall: Desk,
) -> None:
    pages = [each for each in await every_page(hall) if "/u/" not in each]
    before = await hall.rows()
    for link in pages:
        shown = re.search(r'name="shown" value="([^"]+)"', (await hall.asks(link)).text)
        assert shown is not None
        for act in ("confirm", "refuse", "save", "pause", "resume", "move", "leave", "copy", "erase", "erase now"):
            fields = {"act": act, "sure": "yes", "address": "x@example.org", "alerts": "high", "at": "07:00"}
            fields |= {"zone": "UTC", "language": "en", "which": "all", "shown": shown[1]}
            page = await hall.asks(link, "POST", data=fields)
            assert (page.status, "Press the button once more" in page.said) == (409, True), (link, act)
    assert await hall.rows() == before


async def test_whoever_never_asked_is_not_written_to_again_however_late_it_is_said(hall: Desk) -> None:
    link = await asked_to_confirm(hall)
    hall.world.clock.pass_time(timedelta(hours=73))
    late = await hall.asks(link)
    assert (late.status, "This link came too late" in late.said) == (200, True)
    assert ELENA not in late.text
    said = await hall.presses(link, act="refuse")
    assert "You will hear nothing more from us" in said.said
    hall.news(ELENA)
    await hall.joins(ELENA)
    await hall.world.later(timedelta(hours=1))
    assert hall.news(ELENA) == []


async def test_who_confirms_too_late_reads_so_and_finds_the_form(hall: Desk) -> None:
    link = await asked_to_confirm(hall)
    hall.world.clock.pass_time(timedelta(hours=73))
    page = await hall.presses(link, act="confirm")
    assert (page.status, "This link came too late" in page.said) == (410, True)
    assert 'href="../subscribe"' in page.text
    assert (await person(hall, ELENA)).state == "pending"


async def test_who_confirms_twice_reads_that_it_was_so_already(hall: Desk) -> None:
    link = await asked_to_confirm(hall)
    await hall.presses(link, act="confirm")
    after = await hall.rows()
    for page in (await hall.asks(link), await hall.presses(link, act="confirm")):
        assert "Confirmed already elena@example.org is subscribed" in page.said
        assert "<form" not in page.text
    assert await hall.rows() == after


async def test_who_must_be_approved_reads_that_it_is_looked_at(tmp_path: Path, blank_state: Path) -> None:
    async with open_desk(tmp_path, blank_state, TOPICS, OPEN + "approve = true\n") as hall:
        assert "looks at every new subscription" in (await hall.asks("/subscribe")).said
        page = await hall.presses(await asked_to_confirm(hall), act="confirm")
        assert "■ Confirmed; now it is looked at" in page.said


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ""),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"\x00\xff{]&&==%%", "application/json"),
        (b"a" * 4096, "text/plain"),
        (b"a=b&" * 5000, "application/x-www-form-urlencoded"),
    ],
)
async def test_one_click_from_any_client_with_any_body_is_enough_to_leave(hall: Desk, body: bytes, kind: str) -> None:
    link = await ticket(hall, Purpose.LEAVE, ANNA, Leaving.EVERYTHING)
    headers = {"Content-Type": kind, "Origin": "https://elsewhere.test", "Cookie": "a=b"}
    first = await hall.asks(link, "POST", headers, data=body, allow_redirects=False)
    assert (first.status, "○ You have left" in first.said) == (200, True)
    assert (await person(hall, ANNA)).state == "left"
    after = await hall.rows()
    hall.world.clock.pass_time(timedelta(days=400))
    again = await hall.asks(link, "POST", headers, data=body, allow_redirects=False)
    assert (again.status, again.said) == (200, first.said)
    assert await hall.rows() == after


async def test_one_network_may_press_as_often_as_it_has_people(tmp_path: Path, blank_state: Path) -> None:
    async with open_desk(tmp_path, blank_state, more='[subscribe]\nwho = "everybody"\nnetwork_hour = 1\n') as hall:
        for number in range(30):
            await hall.world.subscribe(f"person{number}@example.org")
        for number in range(30):
            address = f"person{number}@example.org"
            link = await ticket(hall, Purpose.LEAVE, address, Leaving.EVERYTHING)
            assert (await hall.asks(link, "POST")).status == 200
            assert (await person(hall, address)).state == "left"


async def test_tickets_that_are_forged_foreign_or_for_something_else_get_the_same_calm_answer(hall: Desk) -> None:
    soon = await until(hall)
    true = (await ticket(hall, Purpose.LEAVE, ANNA, Leaving.EVERYTHING)).rpartition("/")[2]
    anna = await person(hall, ANNA)
    made, ours = int(anna.created_at.timestamp()), hall.world.app.tickets
    bad = ["x", "%00", "A" * 4000, true[:-1], f"{true}."]
    bad += [
        Tickets(HOME, ("a guess",)).of(Purpose.LEAVE, anna.id, made, 0),
        ours.of(Purpose.LEAVE, anna.id, made + 1, 0),
    ]
    bad += [ours.of(Purpose.LEAVE, 99, made, 0), ours.of(Purpose.PREFERENCES, anna.id, made)]
    bad += [ours.of(Purpose.FRESH, anna.id, anna.serial, soon)]
    before = await hall.rows()
    answers = [await hall.asks(f"/u/{each}", "POST") for each in bad]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert "Nothing comes by this link any more" in answers[0].said
    leave = ours.of(Purpose.LEAVE, anna.id, made, 0)
    for path in (f"/me/{leave}", f"/confirm/{leave}", f"/address/{leave}", f"/preferences/{leave}", f"/me/{bad[8]}"):
        assert (await hall.asks(path)).status == 404
        assert (await hall.presses(path, act="leave")).status == 404
    assert await hall.rows() == before


async def test_who_leaves_the_alerts_is_told_what_still_comes_and_may_leave_that_as_well(hall: Desk) -> None:
    link = await ticket(hall, Purpose.LEAVE, DUTY, Leaving.ALERTS)
    hall.world.web.publish(WIRE, "Airspace incursion over the salt marshes, ministry says")
    await hall.world.app.poll.everything_due()
    await hall.world.app.triage.run()
    await hall.world.app.tell.run()
    page = await hall.asks(link)
    assert "d…@example.org gets no alerts any more when you press the button" in page.said
    page = await hall.asks(link, "POST")
    assert "○ You have left d…@example.org gets no alerts any more" in page.said
    assert "What still comes the briefing Leave this as well" in page.said
    await hall.world.turn()
    assert hall.news(DUTY) == []
    (more,) = re.findall(r'<form method="post" action="([^"]+)"', page.text)
    done = await hall.asks(urljoin(link, more), "POST")
    assert "d…@example.org gets nothing any more" in done.said
    assert "<form" not in done.text
    assert (await person(hall, DUTY)).state == "left"
    for path in (link, urljoin(link, more)):
        assert "○ You have left d…@example.org gets nothing any more" in (await hall.asks(path)).said


async def test_a_mail_that_was_passed_on_shows_its_reader_neither_address_nor_choices(hall: Desk) -> None:
    for link in (
        await ticket(hall, Purpose.LEAVE, ANNA, Leaving.ALERTS),
        await ticket(hall, Purpose.PREFERENCES, ANNA),
    ):
        page = await hall.asks(link)
        assert "a…@example.org" in page.said
        for secret in (ANNA, "Warsaw", "07:00"):
            assert secret not in page.text


async def test_preferences_have_a_fresh_link_mailed_to_the_subscriber_alone(hall: Desk) -> None:
    page = await hall.presses(await ticket(hall, Purpose.PREFERENCES, ANNA))
    assert "a mail with a fresh link is on its way" in page.said
    await hall.world.turn()
    assert (await hall.asks(hall.link(ANNA, "me"))).status == 200
    leave = urljoin(f"{HOME}/preferences/x", re.findall(r'href="(\.\./u/[^"]+)"', await preferences(hall))[0])
    assert (await hall.asks(leave, "POST")).status == 200
    assert (await person(hall, ANNA)).state == "left"


async def preferences(hall: Desk) -> str:
    return (await hall.asks(await ticket(hall, Purpose.PREFERENCES, ANNA))).text


async def test_a_new_address_counts_from_when_its_reader_says_yes(hall: Desk) -> None:
    link = await ticket(hall, Purpose.ADDRESS, ANNA, await until(hall), "anna@example.net")
    page = await hall.asks(link)
    assert f"What went to {ANNA} will go to anna@example.net." in page.said
    done = await hall.presses(link)
    assert "■ Your address is changed Everything goes to anna@example.net from now on" in done.said
    assert (await person(hall, "anna@example.net")).state == "confirmed"
    after = await hall.rows()
    assert "Your address is changed" in (await hall.presses(link)).said
    assert await hall.rows() == after


async def test_an_address_that_is_somebody_elses_or_too_late_changes_nothing(hall: Desk) -> None:
    taken = await ticket(hall, Purpose.ADDRESS, ANNA, await until(hall), DUTY)
    late = await ticket(hall, Purpose.ADDRESS, ANNA, await until(hall, -READING), "anna@example.net")
    before = await hall.rows()
    assert "This address is subscribed already" in (await hall.presses(taken)).said
    page = await hall.presses(late)
    assert (page.status, "This link came too late" in page.said) == (410, True)
    assert "anna@" not in page.text
    assert await hall.rows() == before


@pytest.mark.parametrize("purpose", ["ack", "mute"])
async def test_nobody_takes_or_mutes_an_alert_without_having_looked_at_its_page(desk: Desk, purpose: str) -> None:
    desk.world.web.publish(WIRE, "Airspace incursion over the salt marshes, ministry says")
    await desk.world.later()
    link = desk.link(DUTY, purpose)
    said = {"what": "story", "span": "8h"}
    stamp, other = await desk.reads(link), await desk.reads(desk.link(ANNA, purpose))
    before = await desk.rows()
    desk.world.clock.pass_time(-2 * READING)
    bad = [await desk.asks(link, "POST", data=said | stamp)]
    desk.world.clock.pass_time(2 * READING)
    bad += [await desk.asks(link, "POST", data=said | each) for each in ({}, {"shown": "x"}, other)]
    desk.world.clock.pass_time(timedelta(hours=25))
    bad.append(await desk.asks(link, "POST", data=said | stamp))
    for page in bad:
        assert (page.status, "Press the button once more" in page.said) == (409, True)
        assert "<form" in page.text
    assert await desk.rows() == before
    assert (await desk.presses(link, **said)).status == 200
    assert await desk.rows() != before
