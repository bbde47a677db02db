"""So many refusals that the fault is not the readers', and who hears of it; duty officers, too."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session

from monitor.jobs.bounces import Effect
from monitor.models import AccountKind, Subscriber, SubscriberState
from monitor.net.post import SendFailed
from monitor.store import account_mails, subscribers
from monitor.words import Severity
from tests.conftest import WIRE
from tests.stories.coming_back import (
    ADA,
    BEN,
    DAY,
    GONE,
    HOUR,
    MINUTE,
    NO_SENDER,
    SPAM,
    STRIKE,
    Desk,
    briefed,
    opened,
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path) as desk:
        yield desk


def crowd(number: int, domain: str = "quay.test") -> list[str]:
    return [f"reader{each}@{domain}" for each in range(number)]


async def test_a_storm_of_dead_addresses_takes_nobody_off_pauses_the_domain_and_tells_the_operator_once(
    desk: Desk,
) -> None:
    readers = crowd(12)
    await briefed(desk, *readers, BEN)
    for reader in readers:
        desk.post.refusals[reader] = [GONE]
    await desk.morning()
    for reader in readers:
        assert (await desk.state(reader), await desk.blocked(reader)) == (SubscriberState.CONFIRMED, False), reader
    assert list(await desk.pauses()) == ["quay.test"]
    assert len(desk.post.mails(BEN)) == 1
    await desk.later(30 * MINUTE)
    assert [mail for reader in readers for mail in desk.post.mails(reader)] == []
    desk.post.refusals.clear()
    await desk.later(40 * MINUTE)
    assert [len(desk.post.mails(reader)) for reader in readers] == [1] * 12
    assert len(desk.alarms()) == 1
    assert "quay.test" in desk.alarms()[0]


async def test_a_storm_that_comes_back_by_mail_takes_nobody_off_either_and_all_is_sent_once_more(desk: Desk) -> None:
    readers = crowd(8)
    await briefed(desk, *readers)
    await desk.morning()
    for reader in readers:
        await desk.comes_back(desk.last_to(reader), "550 5.1.1 nobody")
    assert {await desk.state(reader) for reader in readers} == {SubscriberState.CONFIRMED}
    await desk.later(61 * MINUTE)
    for reader in readers:
        first, second = desk.post.mails(reader)
        assert first.as_bytes() == second.as_bytes()
    assert len(desk.alarms()) == 1


async def test_a_few_dead_addresses_among_many_good_ones_are_taken_off(desk: Desk) -> None:
    readers = crowd(40)
    await briefed(desk, *readers)
    for reader in readers[-6:]:
        desk.post.refusals[reader] = [GONE]
    await desk.morning()
    assert [await desk.state(reader) for reader in readers[-6:]] == [SubscriberState.BOUNCED] * 6
    assert await desk.pauses() == {}


async def test_reports_that_come_late_are_weighed_against_the_mail_of_their_own_hour(desk: Desk) -> None:
    readers = crowd(30)
    await briefed(desk, *readers)
    await desk.morning()
    desk.clock.pass_time(HOUR)
    for reader in readers[-5:]:
        await desk.comes_back(desk.last_to(reader), "550 5.1.1 nobody")
    assert [await desk.state(reader) for reader in readers[-5:]] == [SubscriberState.BOUNCED] * 5
    assert await desk.pauses() == {}


async def test_an_alert_that_is_refused_while_a_storm_goes_on_takes_nobody_off(desk: Desk) -> None:
    readers = crowd(6)
    await briefed(desk, *readers)
    await desk.subscribe(ADA, briefing=False)
    for reader in readers:
        desk.post.refusals[reader] = [GONE]
    await desk.morning()
    desk.post.refusals[ADA] = [GONE, GONE]
    desk.web.publish(WIRE, STRIKE)
    await desk.later(25 * MINUTE)
    await desk.later(5 * MINUTE)
    assert await desk.state(ADA) is SubscriberState.CONFIRMED
    await desk.later(25 * MINUTE)
    assert len(desk.post.mails(ADA)) == 1


async def test_alerts_that_came_back_in_a_storm_are_sent_again_before_its_pause_ends(desk: Desk) -> None:
    readers = crowd(6)
    for reader in readers:
        await desk.subscribe(reader, briefing=False)
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    for reader in readers:
        await desk.comes_back(desk.last_to(reader), "550 5.1.1 nobody")
    await desk.later(11 * MINUTE)
    assert [len(desk.post.mails(reader)) for reader in readers] == [2] * 6
    assert list(await desk.pauses()) == ["quay.test"]


async def test_a_domain_that_blames_us_is_left_alone_for_an_hour_and_alerts_go_on(desk: Desk) -> None:
    readers = crowd(6)
    await briefed(desk, *readers)
    await desk.subscribe(ADA, briefing=False)
    for reader in readers:
        desk.post.refusals[reader] = [SPAM] * 3
    await desk.morning()
    assert list(await desk.pauses()) == ["quay.test"]
    tried = desk.post.tried
    await desk.later(20 * MINUTE)
    assert desk.post.tried - tried == 1  # the operator's alarm
    desk.web.publish(WIRE, STRIKE)
    await desk.later(20 * MINUTE)
    assert len(desk.post.mails(ADA)) == 1
    assert {await desk.state(reader) for reader in readers} == {SubscriberState.CONFIRMED}


async def test_a_refused_sender_pauses_all_mail(desk: Desk) -> None:
    readers = [*crowd(5), *crowd(5, "harbour.test")]
    await briefed(desk, *readers)
    for reader in readers:
        desk.post.refusals[reader] = [NO_SENDER]
    await desk.morning()
    assert list(await desk.pauses()) == ["*"]
    assert desk.post.mails(readers[-1]) == []
    desk.post.refusals.clear()
    await desk.later(61 * MINUTE)
    assert [len(desk.post.mails(reader)) for reader in readers] == [1] * 10
    assert len(desk.alarms()) == 1


async def asks_to_join(desk: Desk, address: str, refusal: SendFailed) -> None:
    """Somebody fills in a form for an address whose server refuses the mail, again and again."""
    desk.post.refusals[address] = [refusal] * 999

    def apply(session: Session) -> None:
        person = Subscriber(
            address=address,
            state=SubscriberState.PENDING,
            zone="UTC",
            briefing_at=time(7),
            created_at=desk.clock.at,
            topics=[],
        )
        session.add(person)
        session.flush()
        contents = {"serial": 0, "until": int((desk.clock.at + 3 * DAY).timestamp())}
        account_mails.write(session, AccountKind.CONFIRM, person, contents, address, desk.clock.at)

    await desk.app.db.write(apply)


async def nothing_waits(desk: Desk, readers: list[str]) -> None:
    """From before the briefings on for some hours."""
    desk.clock.at = (desk.clock.at + DAY).replace(hour=6, minute=50)
    for _ in range(8):
        await desk.later(20 * MINUTE)
        assert await desk.pauses() == {}
    assert [len(desk.post.mails(reader)) for reader in readers] == [1] * len(readers)
    assert desk.alarms() == []


async def test_forms_filled_in_for_domains_that_blame_us_keep_nobody_from_their_briefing(desk: Desk) -> None:
    readers = [f"reader@city{number}.test" for number in range(5)]
    await briefed(desk, *readers)
    for domain in ("dune.test", "cliff.test", "reef.test"):
        await asks_to_join(desk, f"x@{domain}", SPAM)
    desk.post.refusals[readers[0]] = [SPAM]
    await nothing_waits(desk, readers)


async def test_an_answer_to_a_form_pauses_nothing_even_if_the_sender_is_refused(desk: Desk) -> None:
    readers = crowd(3)
    await briefed(desk, *readers)
    await asks_to_join(desk, "x@dune.test", NO_SENDER)
    await nothing_waits(desk, readers)


async def test_forms_filled_in_for_nobody_keep_no_reader_of_that_domain_from_their_briefing(desk: Desk) -> None:
    readers = crowd(3)
    await briefed(desk, *readers)
    for number in range(6):
        await asks_to_join(desk, f"nobody{number}@quay.test", GONE)
    await briefed(desk, "gone@quay.test")
    desk.post.refusals["gone@quay.test"] = [GONE]
    await nothing_waits(desk, readers)
    assert await desk.state("gone@quay.test") is SubscriberState.BOUNCED


async def test_a_few_readers_whose_servers_blame_us_all_night_hold_up_nobody(desk: Desk) -> None:
    readers = [f"reader@city{number}.test" for number in range(20)]
    blaming = ["x@dune.test", "x@cliff.test", "x@reef.test"]
    await briefed(desk, *readers, *blaming)
    for address in blaming:
        desk.post.refusals[address] = [replace(SPAM, code=f"5.7.{number}") for number in range(999)]
    await nothing_waits(desk, readers)
    assert len(desk.post.refusals[blaming[0]]) < 995  # asked again and again


async def test_mails_that_come_back_to_blame_us_when_all_is_quiet_pause_nothing(desk: Desk) -> None:
    readers = [f"reader@city{number}.test" for number in range(20)]
    await briefed(desk, *readers)
    await desk.morning()
    desk.clock.pass_time(5 * HOUR)
    for reader in readers[:3]:
        await desk.comes_back(desk.last_to(reader), "550 5.7.1 spam")
    assert await desk.pauses() == {}


async def test_an_alert_that_is_refused_during_a_pause_does_not_make_it_longer(desk: Desk) -> None:
    readers = crowd(5)
    await briefed(desk, *readers)
    await desk.subscribe(ADA, briefing=False)
    desk.post.refusals = {reader: [NO_SENDER] for reader in readers}
    await desk.morning()
    assert list(await desk.pauses()) == ["*"]
    desk.clock.pass_time(40 * MINUTE)
    desk.post.refusals = {ADA: [NO_SENDER]}
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    assert desk.post.refusals == {ADA: []}
    await desk.later(21 * MINUTE)
    assert [len(desk.post.mails(reader)) for reader in readers] == [1] * 5


async def test_dead_addresses_do_not_hold_up_the_mail_of_their_neighbours_for_ever(desk: Desk) -> None:
    dead = crowd(10)
    await briefed(desk, *dead)
    await desk.subscribe("cleo@quay.test", alert_from=None, at=time(7, 30))
    desk.post.refusals = {reader: [GONE] * 99 for reader in dead}
    await desk.morning()
    await desk.later(30 * MINUTE)
    assert desk.post.mails("cleo@quay.test") == []
    desk.clock.pass_time(30 * MINUTE)
    for _ in range(5):
        await desk.later(timedelta(seconds=20))
    assert desk.post.mails("cleo@quay.test") != []


async def test_a_link_that_comes_back_while_a_domain_is_broken_costs_nobody_their_place(desk: Desk) -> None:
    readers = crowd(6)
    await briefed(desk, *readers, "cleo@quay.test")

    def ask(session: Session) -> None:
        cleo = subscribers.by_address(session, "cleo@quay.test")
        contents = {"serial": 0, "until": int((desk.clock.at + 3 * DAY).timestamp())}
        account_mails.write(session, AccountKind.LINK, cleo, contents, "cleo@quay.test", desk.clock.at)

    await desk.app.db.write(ask)
    await desk.turn()
    link = desk.last_to("cleo@quay.test")
    for reader in readers:
        desk.post.refusals[reader] = [GONE]
    await desk.morning()
    await desk.comes_back(link, "550 5.1.1 nobody")
    assert await desk.state("cleo@quay.test") is SubscriberState.CONFIRMED


async def test_whoever_a_storm_took_off_for_some_minutes_hears_what_was_told_meanwhile(desk: Desk) -> None:
    struck, *others = readers = crowd(7)
    await desk.subscribe(struck)
    for reader in others:
        await desk.subscribe(reader, briefing=False)
    desk.post.refusals = {reader: [GONE] for reader in readers}
    desk.clock.at = (desk.clock.at + DAY).replace(hour=7, minute=5)
    await desk.app.brief.run()
    await desk.app.send_mail()
    assert await desk.state(struck) is SubscriberState.BOUNCED
    desk.clock.pass_time(2 * MINUTE)
    desk.web.publish(WIRE, STRIKE)
    await desk.turn()
    assert {await desk.state(reader) for reader in readers} == {SubscriberState.CONFIRMED}
    for _ in range(4):
        await desk.later(20 * MINUTE)
    for reader in readers:
        told = [mail["Subject"] for mail in desk.post.mails(reader) if "strike" in mail["Subject"]]
        assert len(told) == 1, reader


async def test_whoever_a_storm_took_off_hears_what_was_being_gathered_for_them(desk: Desk) -> None:
    struck, *others = readers = crowd(7)
    await desk.subscribe(struck, alert_from=Severity.MEDIUM, at=time(7, 5))
    for reader in others:
        await desk.subscribe(reader, alert_from=None, at=time(7, 12))
    desk.clock.at = desk.clock.at.replace(hour=7, minute=3)
    desk.web.publish(WIRE, "Border closed at Tessel")
    await desk.app.poll.everything_due()
    await desk.app.triage.run()
    desk.post.refusals = {reader: [GONE] for reader in readers}
    desk.clock.pass_time(2 * MINUTE)
    await desk.app.brief.run()
    await desk.app.send_mail()
    assert await desk.state(struck) is SubscriberState.BOUNCED
    desk.clock.pass_time(8 * MINUTE)
    await desk.app.tell.run()
    await desk.app.brief.run()
    await desk.app.send_mail()
    assert await desk.state(struck) is SubscriberState.CONFIRMED
    for _ in range(4):
        await desk.later(20 * MINUTE)
    subjects = [mail["Subject"] for mail in desk.post.mails(struck)]
    assert subjects.count("[border-closure] Border closed at Tessel") == 1


async def test_a_duty_officer_who_cannot_be_reached_raises_an_alarm_that_names_the_rules(desk: Desk) -> None:
    await desk.subscribe(ADA, alert_from=None, briefing=False)
    desk.post.refusals[ADA] = [GONE]
    desk.web.publish(WIRE, "Ferry aground off Tessel Point")
    await desk.turn()
    await desk.turn()
    [alarm] = desk.alarms()
    assert "ferry-aground" in alarm
    assert "nobody" in alarm
    assert ADA not in alarm


async def test_a_single_lost_mail_of_a_duty_officer_raises_one_alarm_a_day(desk: Desk) -> None:
    await desk.subscribe(ADA, alert_from=Severity.HIGH)
    await desk.morning()
    await desk.comes_back(desk.last_to(ADA), "552 5.2.2 full")
    await desk.turn()
    assert len(desk.alarms()) == 1
    desk.web.publish(WIRE, STRIKE)
    await desk.later()
    assert len(desk.post.mails(ADA)) == 2
    assert await desk.comes_back(desk.last_to(ADA), "552 5.2.2 full") is Effect.KEPT
    await desk.turn()
    assert len(desk.alarms()) == 1


async def test_a_reader_whom_no_rule_names_raises_no_alarm(desk: Desk) -> None:
    await briefed(desk, "cleo@quay.test")
    desk.post.refusals["cleo@quay.test"] = [GONE]
    await desk.morning()
    await desk.turn()
    assert await desk.state("cleo@quay.test") is SubscriberState.BOUNCED
    assert desk.alarms() == []
