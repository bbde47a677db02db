"""Programs that follow the alerts: an Atom and a JSON feed, and each alert in CAP."""

import json
from datetime import datetime
from xml.etree import ElementTree

import feedparser
import pytest

from monitor.core.tickets import follow_addresses
from monitor.jobs.following import alert_facts, latest_facts
from tests.conftest import HERALD, WIRE
from tests.web.desk import DUTY, Desk

_CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_HOSTILE = 'Airspace incursion "><script>x()</script> ]]> \u202egnp.exe &amp; quiet'


async def alarm(desk: Desk, title: str, url: str = WIRE) -> None:
    desk.world.web.publish(url, title)
    await desk.world.later()


def addresses(desk: Desk, number: str = "1") -> dict[str, str]:
    found = follow_addresses(desk.world.app.tickets)
    return found | {"cap": found["cap"].replace("NUMBER", number)}


async def test_a_reader_follows_the_alerts_newest_first(desk: Desk) -> None:
    await alarm(desk, "Airspace incursion over the salt marshes, ministry says")
    await alarm(desk, "Envoys fear a pre-emptive strike at the lighthouse")
    seen = await desk.asks(addresses(desk)["atom"])
    assert (seen.status, seen.headers["Content-Type"]) == (200, "application/atom+xml")
    feed = feedparser.parse(seen.text.encode())
    assert not feed.bozo
    assert feed.feed.title == "Alerts of feed-monitor@localhost"
    assert [entry.title for entry in feed.entries] == [
        "▲ CRITICAL Envoys fear a pre-emptive strike at the lighthouse",
        "◆ HIGH Airspace incursion over the salt marshes, ministry says",
    ]
    assert feed.entries[0].link == f"{WIRE}/2"
    assert next(link.href for link in feed.feed.links if link.rel == "self") == addresses(desk)["atom"]


async def test_a_program_follows_the_alerts_as_a_json_feed(desk: Desk) -> None:
    await alarm(desk, "Envoys fear a pre-emptive strike at the lighthouse")
    seen = await desk.asks(addresses(desk)["json"])
    assert (seen.status, seen.headers["Content-Type"]) == (200, "application/feed+json")
    feed = json.loads(seen.text)
    assert (feed["version"], feed["feed_url"]) == ("https://jsonfeed.org/version/1.1", addresses(desk)["json"])
    (item,) = feed["items"]
    assert item["url"] == f"{WIRE}/1"
    assert item["tags"] == ["critical", "pre-emptive-strike"]
    assert datetime.fromisoformat(item["date_published"]) == desk.world.clock.at


@pytest.mark.parametrize("form", ["atom", "json", "cap"])
async def test_who_asks_again_is_told_that_nothing_changed_until_something_does(desk: Desk, form: str) -> None:
    await alarm(desk, "Envoys fear a pre-emptive strike at the lighthouse")
    link = addresses(desk)[form]
    first = await desk.asks(link)
    mark = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    await desk.world.later()
    for known in (mark, f"W/{mark}", f'"other", {mark}'):
        again = await desk.asks(link, headers={"If-None-Match": known})
        assert (again.status, again.text, again.headers["ETag"]) == (304, "", mark)
    assert (await desk.asks(link, headers={"If-None-Match": '"other"'})).status == 200

    await desk.presses(desk.link(DUTY, "ack"))
    changed = await desk.asks(link, headers={"If-None-Match": mark})
    assert changed.status == 200
    assert DUTY in changed.text
    assert changed.headers["ETag"] != mark


async def test_a_feed_of_no_alerts_is_one_too_and_stays_the_same(desk: Desk) -> None:
    seen = await desk.asks(addresses(desk)["atom"])
    assert not feedparser.parse(seen.text.encode()).bozo
    await desk.world.later()
    again = await desk.asks(addresses(desk)["atom"], headers={"If-None-Match": seen.headers["ETag"]})
    assert again.status == 304


async def test_a_warning_system_reads_the_last_telling_of_an_alert_and_what_it_takes_the_place_of(desk: Desk) -> None:
    await alarm(desk, "Airspace incursion over the salt marshes, ministry says")
    link = addresses(desk)["cap"]
    seen = await desk.asks(link)
    assert (seen.status, seen.headers["Content-Type"]) == (200, "application/cap+xml")
    first = ElementTree.fromstring(seen.text)
    assert first.findtext(f"{_CAP}msgType") == "Alert"
    assert first.findtext(f"{_CAP}sender") == "ops@example.org"
    assert first.findtext(f"{_CAP}info/{_CAP}severity") == "Severe"

    await alarm(desk, "Ministry says airspace incursion took place over the salt marshes", HERALD)
    second = ElementTree.fromstring((await desk.asks(link)).text)
    identifier, sent = first.findtext(f"{_CAP}identifier"), first.findtext(f"{_CAP}sent")
    assert second.findtext(f"{_CAP}msgType") == "Update"
    assert second.findtext(f"{_CAP}references") == f"ops@example.org,{identifier},{sent}"


@pytest.mark.parametrize("number", ["2", "0", "9" * 9, "9" * 30, "9" * 5000, "-1", "1.5", "x", "%00", "١"])
async def test_an_alert_that_is_not_there_is_not_found(desk: Desk, number: str) -> None:
    await alarm(desk, "Airspace incursion over the salt marshes, ministry says")
    assert (await desk.asks(addresses(desk, number)["cap"])).status == 404


@pytest.mark.parametrize("form", ["atom", "json", "cap"])
async def test_without_a_ticket_there_is_nothing_to_follow(desk: Desk, form: str) -> None:
    await alarm(desk, "Airspace incursion over the salt marshes, ministry says")
    link = addresses(desk)[form]
    ticket = link.split("/")[4]
    for bad in ("none", ticket[:-2], ticket.swapcase()):
        seen = await desk.asks(link.replace(ticket, bad))
        assert (seen.status, "salt marshes" in seen.text) == (404, False)
        assert "`feed-monitor alerts follow`" in seen.text


@pytest.mark.parametrize("form", ["atom", "json", "cap"])
async def test_a_hostile_headline_breaks_no_format(desk: Desk, form: str) -> None:
    await alarm(desk, _HOSTILE)
    text = (await desk.asks(addresses(desk)[form])).text
    if form == "json":
        said = json.loads(text)["items"][0]["content_html"]
    elif form == "cap":
        ElementTree.fromstring(text)
        said = text
    else:
        said = feedparser.parse(text.encode()).entries[0].content[0].value
    assert "<script" not in said
    assert "gnp.exe" in said
    assert "\u202e" not in said


async def test_the_command_line_reads_the_same_facts(desk: Desk) -> None:
    for title in ("over the salt marshes", "by a balloon at the glass factory", "denied by nobody in Port Verity"):
        await alarm(desk, f"Airspace incursion {title}")
    read = desk.world.app.db.read
    latest = await read(latest_facts, 2, "here")
    assert [facts.number for facts in latest] == [3, 2]
    assert await read(alert_facts, 3, "here") == latest[0]
    assert await read(alert_facts, 4, "here") is None
