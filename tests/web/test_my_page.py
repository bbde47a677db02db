"""A person at the page that a fresh link opens: what they change, and what nobody else can."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlmodel import select

from monitor.core.tickets import Purpose
from monitor.models import Subscriber
from tests.conftest import WIRE
from tests.fakes import text_of
from tests.web.desk import ANNA, DUTY, HOME, READING, Desk

# As Anna's page stands when she opens it, sent back unchanged.
_AS_IT_WAS = {
    "act": "save",
    "briefing": "yes",
    "at": "07:00",
    "zone": "Europe/Warsaw",
    "which": "all",
    "alerts": "high",
    "language": "en",
    "critical_passes": "yes",
}


async def anna(hall: Desk) -> Subscriber:
    return await hall.world.app.db.read(
        lambda session: session.exec(select(Subscriber).where(Subscriber.id == 2)).one()
    )


async def mine(hall: Desk, span: timedelta = timedelta(hours=1)) -> str:
    serial = (await anna(hall)).serial
    return hall.world.app.tickets.link(Purpose.FRESH, 2, serial, int((hall.world.clock.at + span).timestamp()))


def choices(person: Subscriber) -> dict[str, Any]:
    return {name: value for name, value in person.model_dump().items() if name not in ("serial", "consent")}


async def test_the_page_shows_every_choice_as_it_stands(hall: Desk) -> None:
    page = await hall.asks(await mine(hall))
    assert "anna@example.org · subscribed · confirmed on Monday, 2 March 2026" in page.said
    for shown in (
        'name="briefing" value="yes" checked',
        'name="at" type="time" value="07:00"',
        '<option value="Europe/Warsaw" selected>Warsaw</option>',
        'value="all" checked',
        'value="high" checked',
        'name="critical_passes" value="yes" checked',
    ):
        assert shown in page.text
    # One of the operator's people hears more than is public.
    assert "Everything, also what is not public" in page.said


async def test_a_page_that_is_saved_as_it_was_changes_no_choice(hall: Desk) -> None:
    before = choices(await anna(hall))
    page = await hall.presses(await mine(hall), **_AS_IT_WAS)
    assert "■ Saved" in page.said
    assert choices(await anna(hall)) == before


async def test_what_is_saved_is_what_was_chosen(hall: Desk) -> None:
    page = await hall.presses(
        await mine(hall),
        **(_AS_IT_WAS | {"at": "05:15", "zone": "America/Argentina/Buenos_Aires", "which": "some"}),
        topic="Airspace",
        quiet_from="22:00",
        quiet_until="06:30",
        away_from="2026-03-10",
        away_until="2026-03-12",
    )
    assert (page.status, "■ Saved" in page.said) == (200, True)
    person = await anna(hall)
    assert (person.briefing_at, person.zone, person.topics) == (
        time(5, 15),
        "America/Argentina/Buenos_Aires",
        ["Airspace"],
    )
    assert (person.quiet_from, person.quiet_until, person.critical_passes) == (time(22), time(6, 30), True)
    assert (person.away_from, person.away_until) == (date(2026, 3, 10), date(2026, 3, 12))
    assert '<option value="America/Argentina/Buenos_Aires" selected>Buenos Aires, Argentina</option>' in page.text
    assert 'value="2026-03-10"' in page.text


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"quiet_from": "22:00"}, "Write both times of the quiet hours"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "Quiet hours cannot end when they begin"),
        ({"quiet_from": "soon", "quiet_until": "22:00"}, "Write both times of the quiet hours"),
        ({"away_from": "2026-03-10"}, "Write both days"),
        ({"away_from": "2026-03-10", "away_until": "2026-03-09"}, "The last day away is before the first"),
        ({"act": "pause", "until": "2026-03-02"}, "Choose a day after today"),
        ({"act": "pause", "until": "2036-03-02"}, "Choose a day within a year"),
        ({"act": "pause", "until": "tomorrow"}, "Write the day like 2030-01-31"),
        ({"act": "move", "new_address": "anna"}, "This is no mail address"),
        ({"act": "move", "new_address": ""}, "Write the new mail address"),
        ({"act": "move", "new_address": "Anna@Example.org"}, "This is your address already"),
    ],
)
async def test_a_fault_is_named_beside_its_field_and_nothing_is_changed(
    hall: Desk, said: dict[str, str], fault: str
) -> None:
    before = await hall.rows()
    page = await hall.presses(await mine(hall), **(_AS_IT_WAS | {"at": "05:15"} | said))
    assert (page.status, page.said.count(fault)) == (422, 2)
    assert "act" in said or 'value="05:15"' in page.text
    (field,) = re.findall(r'<li><a href="#([^"]+)">', page.text)
    assert f'id="{field}-fault"' in page.text
    assert await hall.rows() == before


async def test_who_pauses_gets_nothing_until_that_day_and_who_goes_on_gets_mail_again(hall: Desk) -> None:
    page = await hall.presses(await mine(hall), act="pause", until="2026-03-09")
    assert "■ Paused until Monday, 9 March 2026" in page.said
    assert "Go on now" in page.said
    person = await anna(hall)
    assert (person.state, person.paused_until) == ("paused", datetime(2026, 3, 8, 23, tzinfo=UTC))
    hall.world.web.publish(WIRE, "Airspace incursion over the salt marshes, ministry says")
    await hall.world.later()
    assert hall.news(ANNA) == []

    assert "■ The pause is over" in (await hall.presses(await mine(hall), act="resume")).said
    hall.world.web.publish(WIRE, "Envoys fear a pre-emptive strike at the lighthouse")
    await hall.world.later()
    assert len(hall.news(ANNA)) == 1
    assert "■ Paused until you go on" in (await hall.presses(await mine(hall), act="pause", until="")).said


async def test_who_moves_is_asked_at_the_new_address_and_reads_the_same_whoever_has_it(hall: Desk) -> None:
    link = await mine(hall)
    said = [(await hall.presses(link, act="move", new_address=each)).said for each in ("anna@example.net", DUTY)]
    assert "■ Look into the new mailbox If anna@example.net can get mail from us" in said[0]
    assert said[1] == said[0].replace("anna@example.net", DUTY)
    await hall.world.turn()
    page = await hall.presses(hall.link("anna@example.net", "address"))
    assert "Everything goes to anna@example.net from now on" in page.said
    old = await hall.presses(link, act="leave")
    assert (old.status, "This link came too late" in old.said) == (410, True)
    assert (await anna(hall)).address == "anna@example.net"


async def test_who_takes_a_copy_gets_a_file_with_all_that_is_kept(hall: Desk) -> None:
    answer = await hall.presses(await mine(hall), act="copy")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="feed-monitor-2026-03-02.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert ANNA in json.dumps(json.loads(answer.text))


@pytest.mark.parametrize("leaving", [{"act": "leave"}, {"briefing": "", "alerts": ""}])
async def test_who_leaves_here_or_chooses_nothing_has_left_and_may_still_take_the_data_along(
    hall: Desk, leaving: dict[str, str]
) -> None:
    page = await hall.presses(await mine(hall), **(_AS_IT_WAS | leaving))
    assert "○ You have left anna@example.org gets nothing any more" in page.said
    assert "<form" not in page.text
    assert (await anna(hall)).state == "left"
    await hall.presses("/link", address=ANNA)
    await hall.world.turn()
    link = hall.link(ANNA, "me")
    page = await hall.asks(link)
    assert "anna@example.org · left" in page.said
    assert re.findall(r'name="act" value="([^"]+)"', page.text) == ["copy", "erase"]
    assert (await hall.presses(link, act="copy")).headers["Content-Type"] == "application/json"
    after = choices(await anna(hall))
    assert "○ You have left" in (await hall.presses(link, **_AS_IT_WAS)).said
    assert choices(await anna(hall)) == after


async def test_who_is_to_be_erased_is_asked_once_more_and_then_nothing_is_left(hall: Desk) -> None:
    link = await mine(hall)
    before = await hall.rows()
    page = await hall.presses(link, act="erase")
    assert "Everything that is kept about anna@example.org is deleted" in page.said
    unsure = await hall.presses(link, act="erase now")
    assert (unsure.status, "Tick that you are sure." in unsure.said) == (422, True)
    assert await hall.rows() == before
    done = await hall.presses(link, act="erase now", sure="yes")
    assert "○ You are erased" in done.said
    assert ANNA not in str(await hall.rows())
    gone = await hall.presses(link, act="copy")
    assert (gone.status, "This link does not work" in gone.said) == (404, True)


async def test_a_link_that_is_an_hour_old_or_revoked_shows_and_changes_nothing(hall: Desk) -> None:
    link = await mine(hall)
    stamp = await hall.reads(link)
    hall.world.clock.pass_time(timedelta(hours=1))
    before = await hall.rows()
    for page in (await hall.asks(link), await hall.asks(link, "POST", data={"act": "leave"} | stamp)):
        assert (page.status, "This link came too late" in page.said) == (410, True)
        for secret in (ANNA, "Warsaw", "<form"):
            assert secret not in page.text
    fresh = await mine(hall)
    await hall.world.app.reception.operator.revoke_links(ANNA)
    assert (await hall.asks(fresh)).status == 410
    assert (await anna(hall)).state == "confirmed"
    assert before["deliveries"] == (await hall.rows())["deliveries"]


async def test_a_page_that_was_never_looked_at_keeps_what_was_typed_and_changes_nothing(hall: Desk) -> None:
    link = await mine(hall)
    stamp = await hall.reads(link)
    before = await hall.rows()
    hall.world.clock.pass_time(-READING)
    for forged in (stamp, {}, {"shown": "x"}):
        page = await hall.asks(link, "POST", data=_AS_IT_WAS | {"at": "05:15"} | forged)
        assert (page.status, "Press the button once more" in page.said) == (409, True)
        assert 'value="05:15"' in page.text
    assert await hall.rows() == before


async def test_an_act_that_there_is_not_changes_nothing(hall: Desk) -> None:
    before = await hall.rows()
    page = await hall.presses(await mine(hall), act="promote")
    assert (page.status, "Nothing was changed" in page.said) == (400, True)
    assert await hall.rows() == before


async def test_what_is_typed_into_the_page_is_text_and_nothing_else(hall: Desk) -> None:
    evil = '"><script>x()</script>'
    link = await mine(hall)
    for act in ("save", "pause", "move"):
        fields = dict.fromkeys((*_AS_IT_WAS, "until", "new_address", "quiet_from", "away_from", "topic"), evil)
        page = await hall.presses(link, **(fields | {"act": act, "which": "some"}))
        assert (page.status, "<script" in page.text) == (422, False)
        assert "&lt;script&gt;x" in page.text


async def test_the_page_speaks_the_persons_language_unless_another_is_asked_for(hall: Desk) -> None:
    link = await mine(hall)
    await hall.presses(link, **(_AS_IT_WAS | {"language": "uk"}))
    assert '<html lang="uk"' in (await hall.asks(link, headers={"Accept-Language": "de"})).text
    assert '<html lang="es"' in (await hall.asks(f"{link}?lang=es")).text


async def test_the_link_in_the_mail_opens_the_page_and_no_ordinary_mail_carries_such_a_link(hall: Desk) -> None:
    hall.world.web.publish(WIRE, "Airspace incursion over the salt marshes, ministry says")
    await hall.world.later()
    await hall.world.later(timedelta(hours=18))
    assert len(hall.world.post.mails(ANNA)) >= 2
    assert all(f"{HOME}/me/" not in text_of(mail) for mail in hall.world.post.mails(ANNA))
    await hall.presses(hall.link(ANNA, "preferences"))
    await hall.world.turn()
    assert "anna@example.org · subscribed" in (await hall.asks(hall.link(ANNA, "me"))).said
