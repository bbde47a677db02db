"""Whoever joined by a page: hears of their topics as if there were no other rules, and ends nobody's escalation."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlmodel import Session, col, select, update

from monitor.core.tickets import Purpose
from monitor.core.topics import Powers
from monitor.jobs.viewing import alert_view, rollup_view
from monitor.models import Alert, Edition, Escalation, Match, Silence, Subscriber, SubscriberState
from monitor.render.views import AlertView, Links, RollupView
from monitor.store import silences, tellings
from tests.conftest import HERALD, OBSERVER, WIRE
from tests.fakes import html_of, text_of
from tests.web.desk import ANNA, DUTY, HOME, OPEN, OPERATOR, Desk, open_desk

JOE = "joe@example.org"
RULES = f"""
[rules.airspace-incursion]
severity = "high"
topic = "Airspace"
match = "airspace incursion"
alert = {{ ack_within = "30m", then = ["{ANNA}"] }}

[rules.our-informant]
severity = "critical"
match = "quarry shut"
"""
BOTH = "Airspace incursion above the beet fields, quarry shut, farmers say"
# As names of towns, so that each report is a story of its own.
TOWNS = ("Bedorik", "Calumnez", "Fovigast", "Hugemopt", "Jaristole", "Kuvendish")
_ARCHIVE = "archive = true\n"


@pytest.fixture
async def desk(tmp_path: Path, blank_state: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, blank_state, RULES, _ARCHIVE + OPEN) as desk:
        await desk.joins(JOE, alerts="high")
        await desk.world.app.subscribe.run()
        await desk.world.app.send_mail()
        await desk.presses(desk.link(JOE, "confirm"))
        await desk.world.turn()
        desk.world.clock.pass_time(timedelta(minutes=20))
        desk.news(JOE)
        yield desk


async def reported(desk: Desk, title: str = BOTH, url: str = WIRE, times: int = 1) -> None:
    desk.world.web.publish(url, title)
    for _ in range(times):
        await desk.world.later()


async def edited(desk: Desk, title: str) -> None:
    """The newest item of the wire gets another headline."""
    items = desk.world.web.feeds[WIRE]
    items[0] = replace(items[0], title=title)
    for _ in range(3):
        await desk.world.later()


def mails(desk: Desk, address: str = JOE) -> list[EmailMessage]:
    """Alerts alone."""
    return [mail for mail in desk.world.post.mails(address) if "]" in mail["Subject"]]


def said(mail: EmailMessage) -> str:
    return text_of(mail) + html_of(mail)


async def person(desk: Desk, address: str) -> int:
    def ask(session: Session) -> int:
        return session.exec(select(Subscriber.id).where(Subscriber.address == address)).one()

    return await desk.world.app.db.read(ask)


async def escalating(desk: Desk) -> bool:
    def ask(session: Session) -> bool:
        return session.exec(select(Escalation).where(col(Escalation.ended_at).is_(None))).first() is not None

    return await desk.world.app.db.read(ask)


async def test_a_stranger_ends_no_escalation_by_a_mail_nor_by_a_ticket_from_another_time(desk: Desk) -> None:
    await reported(desk)
    (mail,) = mails(desk)
    assert f"{HOME}/ack/" not in said(mail)
    assert f"{HOME}/mute/" in said(mail)
    for words in ("To acknowledge", "nobody acknowledges", "number of this alert"):
        assert words not in said(mail)
        assert words in said(mails(desk, DUTY)[0]) or words == "To acknowledge"
    ticket = desk.world.app.tickets.link(Purpose.ACKNOWLEDGE, 1, await person(desk, JOE))
    for how in ("GET", "POST"):
        page = await desk.asks(ticket, how, data={} if how == "POST" else None)
        assert (page.status, "This link does not work" in page.said) == (404, True)
    assert (await desk.presses(ticket)).status == 404
    assert await escalating(desk)


async def test_whoever_a_rule_names_may_take_it_though_they_joined_by_a_page(desk: Desk) -> None:
    desk.world.configure(RULES.replace(ANNA, JOE), '[web]\npublic_url = "https://watch.test"\nlisten = "127.0.0.1:0"\n')
    await desk.world.stop()
    await desk.world.start()
    await desk.door.follow(desk.world.app)
    await reported(desk)
    page = await desk.presses(desk.link(JOE, "ack"))
    assert "You took it at" in page.said
    assert "our-informant" not in page.text
    assert not await escalating(desk)


async def test_a_stranger_learns_that_it_was_acknowledged_and_by_nobodys_address(desk: Desk) -> None:
    await reported(desk)
    await desk.presses(desk.link(DUTY, "ack"))
    await desk.world.turn()
    assert f"{DUTY} acknowledged it" in said(mails(desk, ANNA)[-1])
    assert len(mails(desk)) == 1
    await reported(desk, "Airspace incursion above the beet fields, farmers say again", HERALD, times=2)
    last = mails(desk)[-1]
    assert last["In-Reply-To"]
    assert "It was acknowledged." in text_of(last)
    assert "It was acknowledged." in html_of(last)
    assert f"{DUTY} acknowledged it" in said(mails(desk, ANNA)[-1])
    assert DUTY not in said(last) + (await desk.asks(desk.link(JOE, "mute"))).text


async def test_the_mute_page_names_and_marks_what_its_reader_heard_of_alone(desk: Desk) -> None:
    await desk.world.subscribe(OPERATOR)
    await reported(desk)
    now = desk.world.clock.at
    common = Silence(
        rule="our-informant", words="karst", starts_at=now, ends_at=now + timedelta(days=1), author=OPERATOR,
        comment="he asked for it",
    )  # fmt: skip
    await desk.world.app.db.write(silences.add, common)
    link = desk.link(JOE, "mute")
    page = await desk.asks(link)
    assert "◆ High · airspace-incursion" in page.said
    assert "<mark>Airspace</mark>" in page.text
    for words in ("our-informant", "<mark>quarry", "karst", OPERATOR, "he asked", "Critical", "number of this alert"):
        assert words not in page.text.split("Questions go")[0]
    operators = await desk.asks(desk.link(OPERATOR, "mute"))
    for words in ("our-informant", "<mark>quarry", "karst", "he asked", "Critical", "number of this alert"):
        assert words in operators.text
    assert (await desk.presses(link, what="rule:our-informant", span="1d")).status == 400
    assert (await desk.presses(link, end="1")).status == 200
    assert (await desk.silences())[0].ends_at == common.ends_at
    assert "Muted for you" in (await desk.presses(link, what="rule:airspace-incursion", span="1d")).said
    assert "for you, until" in (await desk.asks(link)).said


async def test_what_others_were_told_first_is_a_first_alert_to_a_stranger(desk: Desk) -> None:
    await reported(desk, "Quarry shut near the beet fields of Lomnice, farmers say on Sunday")
    assert mails(desk) == []
    await reported(
        desk, "Quarry shut near the beet fields of Lomnice after airspace incursion, farmers say on Sunday", HERALD
    )
    (mail,) = mails(desk)
    text = text_of(mail)
    assert mail["Subject"].startswith("[airspace-incursion] Quarry shut")
    assert "◆ HIGH: airspace-incursion" in text
    assert "it is the first alert of this story" in text
    assert "Another rule" not in said(mail)
    assert "Quarry*" not in text
    assert len([each for each in desk.world.post.mails(ANNA) if "Lomnice" in each["Subject"]]) == 2


async def test_a_severity_that_rises_for_a_rule_of_the_operator_rises_for_the_operators_people_alone(
    desk: Desk,
) -> None:
    await reported(desk, "Airspace incursion above the beet fields of Lomnice, farmers say on Sunday")
    await reported(
        desk, "Quarry shut: airspace incursion above the beet fields of Lomnice, farmers say on Sunday", HERALD, times=2
    )
    for mail in mails(desk):
        assert "our-informant" not in said(mail)
        assert "critical" not in text_of(mail).lower()
    assert "more independent publisher" in text_of(mails(desk)[-1])
    assert any("Severity rose to critical" in text_of(mail) for mail in mails(desk, ANNA))


async def test_a_stranger_hears_which_words_of_theirs_are_gone_and_nothing_of_words_that_are_not_theirs(
    desk: Desk,
) -> None:
    await reported(desk)
    await edited(desk, "Airspace incursion above the beet fields, farmers say")
    assert len(mails(desk)) == 1
    await edited(desk, "Farmers say something about the beet fields")
    gone = mails(desk)[-1]
    assert "no longer says what fires airspace-incursion" in text_of(gone)
    assert "our-informant" not in said(gone)


async def test_both_rules_that_lose_their_words_at_once_are_named_to_whom_they_belong(desk: Desk) -> None:
    await reported(desk)
    await edited(desk, "Farmers say something about the beet fields")
    gone, (duty, *_) = mails(desk)[-1], mails(desk, DUTY)[::-1]
    assert "no longer says what fires airspace-incursion" in text_of(gone)
    assert "our-informant" not in said(gone)
    assert "our-informant" in said(duty)


async def test_a_flood_names_to_a_stranger_nothing_but_their_own(desk: Desk) -> None:
    for town in TOWNS:
        title = f"Airspace incursion over {town} reported"
        desk.world.web.publish(OBSERVER, f"{title}, quarry shut" if town == TOWNS[-1] else title)
    for _ in range(3):
        await desk.world.later()
    (rolled,) = [mail for mail in desk.world.post.mails(JOE) if "alerts: " in mail["Subject"]]
    assert "airspace-incursion" in said(rolled)
    assert f"{HOME}/mute/" in said(rolled)
    for words in ("our-informant", "CRITICAL", f"{HOME}/ack/", "To acknowledge", "*quarry*", "alert 3"):
        assert words not in said(rolled)


async def test_a_stranger_whose_own_match_was_taken_back_is_shown_none_of_the_operators_in_its_place(
    desk: Desk,
) -> None:
    await reported(desk)
    stranger = Powers(takes=False, every_rule=False)

    def views(session: Session) -> tuple[AlertView, RollupView]:
        session.execute(update(Match).where(col(Match.rule) == "airspace-incursion").values(alert_id=None))
        heard = [each for each, _ in tellings.hearings_of(session, [1]) if each.listener.endswith(":3")]
        covered = tellings.told_by(session, heard[0].delivery_id or 0)
        view = alert_view(session, session.get_one(Alert, 1), covered, Links(), stranger)
        return view, rollup_view(session, covered, desk.world.clock.at, lambda purpose, number: HOME, stranger)

    view, rolled = await desk.world.app.db.write(views)
    assert (view.rules, view.severity, view.quotes) == (("airspace-incursion",), "high", ())
    assert not any(piece.marked for piece in view.title)
    (line,) = rolled.alerts
    assert (line.rules, line.severity, line.acknowledge) == (("airspace-incursion",), "high", "")
    assert not any(piece.marked for piece in line.title)


async def test_the_briefing_of_a_stranger_and_the_archive_are_as_if_there_were_no_other_rules(desk: Desk) -> None:
    world = desk.world
    new = "https://old-hand.test/feed"
    world.urls = (*world.urls, new)
    for title in ("Quarry shut in the Jizera hills after a slide", "A choir sings in Opava"):
        world.web.publish(new, title, age=timedelta(hours=2))
    world.configure(
        RULES, '[poll]\nadaptive = false\n[web]\nlisten = "127.0.0.1:0"\npublic_url = "https://watch.test"\n'
        + _ARCHIVE + OPEN
    )  # fmt: skip
    await world.stop()
    await world.start()
    await desk.door.follow(world.app)
    await world.later()
    world.web.publish(HERALD, "Quarry shut near Trutnov, no drinking water from the wells")
    await world.later()
    await world.later(timedelta(hours=20))

    def written(session: Session) -> list[Edition]:
        return list(session.exec(select(Edition)))

    editions = await world.app.db.read(written)
    seen = {each.id: [*each.contents["matched"], *each.contents["others"]] for each in editions}
    told = {number: {story["title"] for story in some} for number, some in seen.items()}
    own = [each for each in editions if "our-informant" not in str(each.contents) and seen[each.id]]
    assert any(each.public for each in own)
    assert any("Jizera" in title for titles in told.values() for title in titles)
    for each in own:
        assert told[each.id] == {"Quarry shut near Trutnov, no drinking water from the wells"}
        assert not seen[each.id][0]["alerted"]
    mail = world.post.mails(JOE)[-1]
    assert "Trutnov" in text_of(mail)
    assert "Jizera" not in said(mail)


async def test_what_the_operator_mutes_stands_in_a_strangers_briefing_without_the_operators_words(desk: Desk) -> None:
    now = desk.world.clock.at
    common = Silence(
        rule="airspace-incursion", starts_at=now, ends_at=now + timedelta(days=2), author=OPERATOR, comment="he asked"
    )
    await desk.world.app.db.write(silences.add, common)
    await reported(desk, "Airspace incursion above the hop gardens of Saaz")
    await desk.world.later(timedelta(hours=20))
    assert mails(desk) == []
    briefing = desk.world.post.mails(JOE)[-1]
    assert "silenced: it is muted for a while" in text_of(briefing)
    assert "he asked" not in said(briefing)
    assert "he asked" in said(desk.world.post.mails(DUTY)[-1])


async def test_the_links_of_an_erased_person_open_nothing(desk: Desk) -> None:
    await reported(desk)
    mute = desk.link(JOE, "mute")
    shown = await desk.reads(mute)
    await desk.world.app.reception.operator.erase(JOE)
    for how, form in (("GET", None), ("POST", shown | {"what": "story", "span": "7d"})):
        page = await desk.asks(mute, how, data=form)
        assert (page.status, "This link does not work" in page.said) == (404, True)
    assert await desk.silences() == []


async def test_the_links_of_an_officer_who_was_erased_take_nothing(desk: Desk) -> None:
    await reported(desk)
    link = desk.link(DUTY, "ack")
    shown = await desk.reads(link)
    await desk.world.app.reception.operator.erase(DUTY)
    assert (await desk.asks(link, "POST", data=shown)).status == 404
    assert await escalating(desk)


async def test_an_officer_whose_mail_comes_back_may_look_and_neither_take_nor_mute(desk: Desk) -> None:
    await reported(desk)
    links = desk.link(DUTY, "ack"), desk.link(DUTY, "mute")
    forms = [await desk.reads(link) for link in links]

    def bounce(session: Session) -> None:
        held = update(Subscriber).where(col(Subscriber.address) == DUTY)
        session.execute(held.values(state=SubscriberState.BOUNCED))

    await desk.world.app.db.write(bounce)
    for link, form in zip(links, forms, strict=True):
        assert (await desk.asks(link)).status == 200
        page = await desk.asks(link, "POST", data=form | {"what": "story", "span": "7d"})
        assert (page.status, f"{DUTY} is told nothing any more" in page.said) == (403, True)
        assert "<button" not in page.text
    assert await escalating(desk)
    assert await desk.silences() == []


async def test_an_officer_who_pauses_can_still_take_what_they_heard_of(desk: Desk) -> None:
    await reported(desk)

    def pause(session: Session) -> None:
        paused = update(Subscriber).where(col(Subscriber.address) == DUTY)
        session.execute(paused.values(state=SubscriberState.PAUSED))

    link = desk.link(DUTY, "ack")
    await desk.world.app.db.write(pause)
    assert "You took it at" in (await desk.presses(link)).said
    assert not await escalating(desk)
