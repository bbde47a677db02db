"""Whoever mutes from a mail: what it does for them, and what it does not do to others."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from monitor.models import Silence
from monitor.store import silences, stories
from monitor.words import Severity
from tests.conftest import HERALD, OBSERVER, WIRE
from tests.fakes import text_of
from tests.web.desk import ANNA, DUTY, OPERATOR, Desk

_EIGHT_HOURS = timedelta(hours=8)


async def alarm(desk: Desk, title: str, url: str = WIRE) -> None:
    desk.world.web.publish(url, title)
    await desk.world.later()


async def incursion(desk: Desk) -> None:
    await alarm(desk, "Airspace incursion over the salt marshes, ministry says")


async def test_who_mutes_a_rule_is_not_told_of_it_while_the_other_is_and_reads_of_it_in_the_briefing(
    desk: Desk,
) -> None:
    await incursion(desk)
    page = await desk.presses(desk.link(DUTY, "mute"), what="rule:airspace-incursion", span="7d", comment="on leave")
    assert (page.status, "■ Muted for you until 9 Mar 13:40" in page.said) == (200, True)
    assert "Muted is the rule airspace-incursion. Others are told as before." in page.said
    assert f"the rule airspace-incursion for you, until 9 Mar 13:40 · {DUTY}: on leave" in page.said
    desk.news(DUTY), desk.news(ANNA)
    await alarm(desk, "Airspace incursion by a balloon near the glass factory")
    assert desk.news(DUTY) == []
    assert desk.news(ANNA) == ["[airspace-incursion] Airspace incursion by a balloon near the glass factory"]

    await desk.world.later(timedelta(hours=18))
    briefing = desk.world.post.mails(DUTY)[-1]
    assert "balloon near the glass factory" in text_of(briefing)


async def test_who_mutes_a_story_hears_no_more_of_it_but_of_others_under_its_rule(desk: Desk) -> None:
    await incursion(desk)
    page = await desk.presses(desk.link(DUTY, "mute"), what="story", span="8h")
    assert "Muted is the story “Airspace incursion over the salt marshes, ministry says”." in page.said
    assert "muted from a mail" in page.said
    desk.news(DUTY), desk.news(ANNA)
    await alarm(desk, "Ministry says airspace incursion took place over the salt marshes", HERALD)
    await desk.world.later()
    assert (desk.news(DUTY), len(desk.news(ANNA))) == ([], 1)
    await alarm(desk, "Airspace incursion by a balloon near the glass factory")
    assert (len(desk.news(DUTY)), len(desk.news(ANNA))) == (1, 1)


async def test_who_mutes_a_feed_hears_nothing_that_comes_from_it_but_what_others_tell(desk: Desk) -> None:
    await incursion(desk)
    link = desk.link(DUTY, "mute")
    assert "Everything that comes from wire.test" in (await desk.asks(link)).said
    page = await desk.presses(link, what="source", span="8h")
    assert "Muted is what comes from wire.test." in page.said
    desk.news(DUTY)
    await alarm(desk, "Airspace incursion by a balloon near the glass factory", WIRE)
    assert desk.news(DUTY) == []
    await alarm(desk, "Mayor of Celle speaks of airspace incursion after leaflets fell on the brickworks", HERALD)
    await desk.world.later()
    assert len(desk.news(DUTY)) == 1


async def test_whoever_is_passed_the_operators_mail_can_mute_for_the_operator_alone(desk: Desk) -> None:
    await desk.world.subscribe(OPERATOR)
    await incursion(desk)
    link = desk.link(OPERATOR, "mute")
    assert "Everybody" not in (await desk.asks(link)).said
    page = await desk.presses(link, what="rule:airspace-incursion", span="1d", whom="everybody")
    assert "■ Muted for you until 3 Mar 12:40" in page.said
    assert [each.subscriber_id for each in await desk.silences()] == [3]
    for address in (DUTY, OPERATOR):
        desk.news(address)
    await alarm(desk, "Airspace incursion by a balloon near the glass factory")
    assert (len(desk.news(DUTY)), desk.news(OPERATOR)) == (1, [])


async def test_what_is_ended_is_told_again_and_nobody_ends_what_is_not_theirs(desk: Desk) -> None:
    await desk.world.subscribe(OPERATOR)
    await incursion(desk)
    duty, anna, operator = (desk.link(address, "mute") for address in (DUTY, ANNA, OPERATOR))
    await desk.presses(duty, what="rule:airspace-incursion", span="1d")
    begins = desk.world.clock.at
    common = Silence(
        rule="airspace-incursion", starts_at=begins, ends_at=begins + _EIGHT_HOURS, author=OPERATOR, comment="drill"
    )
    await desk.world.app.db.write(silences.add, common)
    own, common = await desk.silences()
    before = await desk.rows()
    for link, number, status in (
        (anna, own.id, 200),
        (operator, own.id, 200),
        (anna, common.id, 403),
        (operator, common.id, 403),
        (duty, 99, 200),
    ):
        page = await desk.presses(link, end=str(number))
        assert (page.status, "Nothing was changed" in page.said) == (status, True)
    assert await desk.rows() == before
    # What is not for you is not shown to you, and what is for everybody has no button.
    for link in (anna, operator):
        seen = await desk.asks(link)
        assert seen.text.count("for everybody, until") == 1
        assert "for you, until" not in seen.said
        assert "End it now" not in seen.said
    assert "for everybody, until 21:40 · ops@example.org: drill" in (await desk.asks(anna)).said

    page = await desk.presses(duty, end=str(own.id))
    assert (page.status, "+ No longer muted" in page.said) == (200, True)
    assert "That had ended already" in (await desk.presses(duty, end=str(own.id))).said
    await desk.world.app.db.write(silences.expire, common.id, desk.world.clock.at)
    assert "Nothing is muted for you." in (await desk.asks(duty)).said
    desk.news(DUTY)
    await alarm(desk, "Airspace incursion by a balloon near the glass factory")
    assert len(desk.news(DUTY)) == 1


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"what": "story"},
        {"span": "8h"},
        {"what": "story", "span": "10y"},
        {"what": "rule:border-closure", "span": "8h"},
        {"what": "rule:", "span": "8h"},
        {"what": "everything", "span": "8h"},
        {"what": "story", "span": "8h", "comment": "x" * 20_000},
    ],
)
async def test_a_form_that_is_none_of_ours_mutes_nothing(desk: Desk, said: dict[str, str]) -> None:
    await incursion(desk)
    page = await desk.presses(desk.link(DUTY, "mute"), **said)
    assert (page.status, "Choose what to mute and for how long" in page.said) == (400, True)
    assert await desk.silences() == []


async def test_a_form_in_another_dress_is_not_read(desk: Desk) -> None:
    await incursion(desk)
    link, good = desk.link(DUTY, "mute"), b"what=story&span=8h"
    for kind, body in (
        ("text/plain", good),
        ("multipart/form-data; boundary=x", good),
        ("application/x-www-form-urlencoded", "what=story&span=8h&comment=\u2602".encode()),
        ("application/x-www-form-urlencoded", good + b"&a=b" * 40),
    ):
        page = await desk.asks(link, "POST", {"Content-Type": kind}, data=body)
        assert page.status == 400
    assert await desk.silences() == []
    good += f"&{urlencode(await desk.reads(link))}".encode()
    page = await desk.asks(link, "POST", {"Content-Type": "application/x-www-form-urlencoded"}, data=good)
    assert page.status == 200


async def test_muting_the_same_once_more_lets_the_later_word_hold(desk: Desk) -> None:
    await incursion(desk)
    link = desk.link(DUTY, "mute")
    await desk.presses(link, what="story", span="7d", comment="known")
    await desk.presses(link, what="story", span="8h")
    await desk.presses(desk.link(ANNA, "mute"), what="story", span="8h")
    await desk.presses(link, what="rule:airspace-incursion", span="1d")
    now, hour = desk.world.clock.at, timedelta(hours=1)
    known = await desk.silences()
    assert [(each.subscriber_id, each.rule, round((each.ends_at - now) / hour), each.comment) for each in known] == [
        (1, "", 8, "muted from a mail"),
        (2, "", 8, "muted from a mail"),
        (1, "airspace-incursion", 24, "muted from a mail"),
    ]


async def test_who_is_about_to_mute_critical_alerts_is_warned_before_and_after(desk: Desk) -> None:
    await incursion(desk)
    link = desk.link(DUTY, "mute")
    assert "critical" not in (await desk.asks(link)).said
    assert "Critical" not in (await desk.presses(link, what="story", span="8h")).said

    await alarm(desk, "Envoys fear a pre-emptive strike at the lighthouse")
    link = desk.link(DUTY, "mute")
    page = await desk.asks(link)
    assert "This story ▲ critical" in page.said
    assert "The rule pre-emptive-strike, in every story ▲ critical" in page.said
    assert "▲ This is about critical alerts." in page.said
    for what in ("rule:pre-emptive-strike", "story"):
        page = await desk.presses(link, what=what, span="8h")
        assert "▲ Critical alerts are muted. Until then you do not hear of them at once." in page.said


async def test_the_page_says_that_the_briefing_keeps_what_is_muted_and_who_gets_none_is_told(desk: Desk) -> None:
    await desk.world.subscribe("brief@example.org", alert_from=Severity.HIGH, briefing=False)
    await incursion(desk)
    assert "It is never left out of the briefing." in (await desk.asks(desk.link(DUTY, "mute"))).said
    page = await desk.asks(desk.link("brief@example.org", "mute"))
    assert "but brief@example.org gets no briefing: you would not hear of it at all." in page.said


async def test_silences_of_the_command_line_are_told_with_all_that_they_ask_for(desk: Desk) -> None:
    await incursion(desk)
    begins = desk.world.clock.at
    ends = begins + _EIGHT_HOURS
    for muted in (
        Silence(rule="border-closure", words="bridge", source="herald", starts_at=begins, ends_at=ends, author="ops"),
        Silence(words="balloon", starts_at=begins, ends_at=ends, author="ops"),
        Silence(source="gazette", starts_at=begins, ends_at=ends, author="ops"),
        Silence(rule="airspace-incursion", subscriber_id=2, starts_at=begins, ends_at=ends, author="ops"),
    ):
        muted.comment = "drill"
        await desk.world.app.db.write(silences.add, muted)
    page = await desk.asks(desk.link(DUTY, "mute"))
    end = "for everybody, until 21:40 · ops: drill"
    assert f"the rule border-closure, as far as it comes from herald, where it says bridge {end}" in page.said
    assert f"what says balloon {end}" in page.said
    assert f"what comes from gazette {end}" in page.said
    assert "airspace-incursion for" not in page.said


async def test_a_story_that_was_merged_is_muted_under_the_number_it_has_now(desk: Desk) -> None:
    await incursion(desk)
    await alarm(desk, "Airspace incursion by a balloon near the glass factory", OBSERVER)
    old = desk.links(DUTY)[1]
    await desk.world.app.db.write(stories.merge, 6, 5, desk.world.clock.at)
    await desk.presses(old, what="story", span="8h")
    assert [each.story_id for each in await desk.silences()] == [6]
