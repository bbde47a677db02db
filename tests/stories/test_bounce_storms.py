"""So many refusals that the fault is not the readers', and who hears of it; duty officers, too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.jobs.bounces import Effect
from monitor.models import SubscriberState
from monitor.words import Severity
from tests.conftest import WIRE
from tests.stories.coming_back import (
    ADA,
    BEN,
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
