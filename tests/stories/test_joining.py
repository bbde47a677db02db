"""People join by themselves: they ask, find a mail, and say yes."""

from dataclasses import replace
from datetime import time

import pytest
from sqlmodel import Session, select

from monitor.core.joining import Admission, Outcome, Standing
from monitor.core.tickets import Leaving, Purpose
from monitor.jobs.membership import Membership
from monitor.jobs.sweep import Sweep
from monitor.models import AccountKind, DeliveryStatus, Record, Subscriber, SubscriberState
from monitor.store import subscribers
from monitor.store.db import Database
from monitor.words import Deed, Severity
from tests.stories.front_desk import ADA, BEN, CAFE, CHOICES, DAY, HOME, HOUR, MINUTE, FrontDesk


async def test_someone_who_asks_and_says_yes_is_a_subscriber_with_what_they_chose(desk: FrontDesk) -> None:
    ticket = await desk.ask(ADA, HOME)
    assert (await desk.state(), await desk.mails()) == (SubscriberState.PENDING, [AccountKind.CONFIRM])
    outcome, person = await desk.reception.confirm(ticket, CAFE)
    assert outcome is Outcome.CONFIRMED
    assert person is not None
    assert person.choices == CHOICES
    row = await desk.row()
    assert (row.state, row.confirmed_at, row.topics) == (SubscriberState.CONFIRMED, desk.clock.at, ["sanctions"])
    assert await desk.mails(ADA) == [AccountKind.CONFIRM, AccountKind.WELCOME]
    asked, said_yes = await desk.deeds()
    assert asked == (Deed.ASKED, "subscriber", HOME)
    assert said_yes == (Deed.CONFIRMED, "subscriber", CAFE)
    assert row.consent == "confirmed by mail; wording join-1"


async def test_nothing_is_done_while_the_form_is_sent(desk: FrontDesk) -> None:
    assert await desk.submit() is Admission.TAKEN
    assert (await desk.state(), await desk.mails(), desk.woken) == (None, [], 1)


async def test_someone_who_presses_twice_is_told_the_same_and_welcomed_once(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    await desk.reception.confirm(ticket, HOME)
    outcome, person = await desk.reception.confirm(ticket, HOME)
    assert outcome is Outcome.ALREADY
    assert person is not None
    assert person.address == ADA
    assert (await desk.mails()).count(AccountKind.WELCOME) == 1


async def test_to_look_at_a_link_changes_nothing(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    seen = [await desk.reception.who(Purpose.CONFIRM, ticket) for _ in range(3)]
    assert [person and person.standing for person in seen] == [Standing.OPEN] * 3
    assert (await desk.state(), len(await desk.deeds())) == (SubscriberState.PENDING, 1)
    await desk.reception.confirm(ticket, HOME)
    used = await desk.reception.who(Purpose.CONFIRM, ticket)
    assert used is not None
    assert used.standing is Standing.USED


async def test_three_days_later_a_link_confirms_nothing_and_tells_no_address(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    desk.clock.pass_time(72 * HOUR - MINUTE)
    seen = await desk.reception.who(Purpose.CONFIRM, ticket)
    assert seen is not None
    assert (seen.standing, seen.address) == (Standing.OPEN, ADA)
    desk.clock.pass_time(MINUTE)
    outcome, person = await desk.reception.confirm(ticket, HOME)
    assert person is not None
    assert (outcome, person.standing, person.address) == (Outcome.EXPIRED, Standing.EXPIRED, "")
    assert await desk.state() is SubscriberState.PENDING


async def test_who_never_says_yes_is_let_go_of_a_week_after_the_link_ran_out(desk: FrontDesk) -> None:
    await desk.ask()
    desk.clock.pass_time(72 * HOUR)
    await desk.sweep()
    await desk.sweep()
    assert [deed for deed, _, _ in await desk.deeds()] == [Deed.ASKED, Deed.EXPIRED]
    desk.clock.pass_time(7 * DAY - MINUTE)
    assert await desk.sweep() == 0
    desk.clock.pass_time(MINUTE)
    assert await desk.sweep() == 1
    assert (await desk.state(), await desk.mails()) == (None, [])


async def test_many_who_never_say_yes_go_in_turns_and_nobody_who_asked_again(desk: FrontDesk) -> None:
    desk.db.write_now(_never_confirm, desk, 230)
    desk.clock.pass_time(8 * DAY)
    ticket = await desk.ask("late@reader.test")
    desk.clock.pass_time(3 * DAY - MINUTE)
    assert await desk.sweep() == 230
    assert [each.address for each in await desk.db.read(subscribers.everyone)] == ["late@reader.test"]
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.CONFIRMED


async def test_the_sweep_writes_down_of_everybody_once_that_their_time_is_over(desk: FrontDesk) -> None:
    desk.db.write_now(_never_confirm, desk, 230)
    desk.clock.pass_time(3 * DAY)
    for _ in range(3):
        assert await desk.sweep() == 0
    deeds = await desk.db.read(lambda session: list(session.exec(select(Record.deed))))
    assert (deeds.count(Deed.ASKED), deeds.count(Deed.EXPIRED)) == (230, 230)


async def test_others_write_between_the_turns_of_the_sweep_and_whoever_says_yes_then_stays(desk: FrontDesk) -> None:
    desk.db.write_now(_never_confirm, desk, 230)
    commits: list[str] = []

    def meanwhile(point: str) -> None:
        commits.append(point)
        if commits == ["before commit of _let_go", "after commit of _let_go"]:
            desk.db.write_now(_confirm, "reader-229@reader.test", desk)

    db = Database(desk.db.url.render_as_string(), meanwhile)
    for span, gone in ((2 * DAY, 0), (9 * DAY, 229)):
        desk.clock.pass_time(span)
        assert await Sweep(db, desk.marks, desk.clock.now).run() == gone
        commits = [point for point in commits if "_let_go" in point or "_expire" in point]
        assert len(commits) == (6 if gone else 0)
    db.close()
    assert await desk.state("reader-229@reader.test") is SubscriberState.CONFIRMED


async def test_an_old_link_of_someone_let_go_of_is_no_link_to_whoever_has_their_number(desk: FrontDesk) -> None:
    ticket = await desk.ask(ADA)
    number = (await desk.row(ADA)).id
    desk.clock.pass_time(11 * DAY)
    await desk.sweep()
    await desk.ask(BEN, CAFE)
    assert (await desk.row(BEN)).id == number
    assert await desk.reception.who(Purpose.CONFIRM, ticket) is None
    assert await desk.reception.refuse(ticket, HOME) is Outcome.UNKNOWN
    assert (await desk.state(BEN), await desk.reception.operator.why_blocked(BEN)) == (SubscriberState.PENDING, "")


async def test_who_asks_again_has_another_three_days_and_the_newer_choices(desk: FrontDesk) -> None:
    first = await desk.ask()
    desk.clock.pass_time(70 * HOUR)
    second = await desk.ask(choices=replace(CHOICES, briefing_at=time(9)))
    desk.clock.pass_time(HOUR * 3)
    await desk.sweep()
    assert (await desk.reception.confirm(first, HOME))[0] is Outcome.EXPIRED
    assert (await desk.reception.confirm(second, HOME))[0] is Outcome.CONFIRMED
    assert (await desk.row()).briefing_at == time(9)


async def test_a_subscriber_who_joins_again_is_mailed_a_link_and_keeps_their_choices(desk: FrontDesk) -> None:
    await desk.join()
    desk.clock.pass_time(HOUR)
    ticket = await desk.ask(choices=replace(CHOICES, alert_from=None))
    assert (await desk.mails(ADA))[-1] is AccountKind.LINK
    assert (await desk.row()).alert_from is Severity.HIGH
    assert await desk.reception.who(Purpose.FRESH, ticket) is not None


async def test_someone_who_had_left_joins_again_by_saying_yes_again(desk: FrontDesk) -> None:
    before = await desk.join()
    await desk.reception.leave(desk.leave_ticket(before), HOME)
    desk.clock.pass_time(DAY)
    ticket = await desk.ask(choices=replace(CHOICES, topics=("*",)))
    assert await desk.state() is SubscriberState.PENDING
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.CONFIRMED
    again = await desk.row()
    assert (again.id, again.topics, again.left_at) == (before.id, ["*"], None)


async def test_someone_who_left_alerts_and_then_everything_hears_them_again_when_joining_for_them(
    desk: FrontDesk,
) -> None:
    ada = await desk.join()
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    await desk.reception.leave(desk.leave_ticket(ada), HOME)
    desk.clock.pass_time(DAY)
    await desk.join()
    assert [each.address for each in await desk.db.read(subscribers.alerted, [])] == [ADA]


async def test_someone_who_left_alerts_and_joins_again_without_them_hears_none(desk: FrontDesk) -> None:
    ada = await desk.join()
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    await desk.reception.leave(desk.leave_ticket(ada), HOME)
    desk.clock.pass_time(DAY)
    await desk.join(choices=replace(CHOICES, alert_from=None))
    assert await desk.db.read(subscribers.alerted, [ADA]) == []


@pytest.mark.parametrize("leaving", list(Leaving))
async def test_an_old_link_to_leave_ends_joining_again_and_blocks_nobody(desk: FrontDesk, leaving: Leaving) -> None:
    ada = await desk.join()
    await desk.reception.leave(desk.leave_ticket(ada), HOME)
    desk.clock.pass_time(DAY)
    ticket = await desk.ask()
    assert await desk.reception.leave(desk.leave_ticket(ada, leaving), HOME) == (Outcome.LEFT, ())
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.EXPIRED
    assert (await desk.state(), await desk.reception.operator.why_blocked(ADA)) == (SubscriberState.LEFT, "")
    assert (await desk.deeds())[-1] == (Deed.LEFT, "subscriber", HOME)


async def test_someone_turned_down_who_asks_again_is_not_blocked_by_an_old_link_to_leave(desk: FrontDesk) -> None:
    desk.allow(approve=True)
    ada = await desk.join()
    await desk.reception.operator.decline(ADA)
    desk.clock.pass_time(DAY)
    await desk.ask()
    assert await desk.reception.leave(desk.leave_ticket(ada), HOME) == (Outcome.LEFT, ())
    assert (await desk.state(), await desk.reception.operator.why_blocked(ADA)) == (SubscriberState.LEFT, "")


async def test_each_link_confirms_what_its_own_mail_lists(desk: FrontDesk) -> None:
    first = await desk.ask()
    desk.clock.pass_time(11 * MINUTE)
    second = await desk.ask(network=CAFE, choices=replace(CHOICES, zone="Asia/Tokyo", alert_from=None))
    assert (await desk.reception.confirm(first, HOME))[0] is Outcome.EXPIRED
    assert await desk.state() is SubscriberState.PENDING
    outcome, person = await desk.reception.confirm(second, HOME)
    assert outcome is Outcome.CONFIRMED
    assert person is not None
    assert (person.zone, person.choices.alert_from) == ("Asia/Tokyo", None)


async def test_of_two_mails_that_wait_to_leave_only_the_one_whose_link_works_does(desk: FrontDesk) -> None:
    await desk.ask()
    desk.clock.pass_time(11 * MINUTE)
    await desk.ask(network=CAFE)
    statuses = [each.status for each in await desk.deliveries(ADA)]
    assert statuses == [DeliveryStatus.CANCELLED, DeliveryStatus.QUEUED]


async def test_a_form_for_which_no_mail_may_go_changes_nobodys_choices(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    assert await desk.ask(network=CAFE, choices=replace(CHOICES, zone="Asia/Tokyo")) == ""
    outcome, person = await desk.reception.confirm(ticket, HOME)
    assert outcome is Outcome.CONFIRMED
    assert person is not None
    assert person.choices == CHOICES


async def test_someone_who_had_left_and_does_not_say_yes_again_has_left(desk: FrontDesk) -> None:
    person = await desk.join()
    await desk.reception.leave(desk.leave_ticket(person), HOME)
    desk.clock.pass_time(DAY)
    ticket = await desk.ask()
    desk.clock.pass_time(72 * HOUR)
    await desk.sweep()
    assert await desk.state() is SubscriberState.LEFT
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.EXPIRED


async def test_someone_out_of_reach_who_asks_again_is_reached_by_saying_yes(desk: FrontDesk) -> None:
    await desk.join()
    await desk.put(SubscriberState.BOUNCED)
    desk.clock.pass_time(DAY)
    ticket = await desk.ask(choices=replace(CHOICES, alert_from=None))
    assert (await desk.state(), (await desk.mails(ADA))[-1]) == (SubscriberState.BOUNCED, AccountKind.CONFIRM)
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.CONFIRMED
    row = await desk.row()
    assert (row.state, row.alert_from) == (SubscriberState.CONFIRMED, Severity.HIGH)


async def test_who_says_i_never_asked_is_never_written_to_and_known_by_a_mark_alone(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    assert await desk.reception.refuse(ticket, HOME) is Outcome.REFUSED
    assert await desk.state() is None
    assert await desk.reception.operator.why_blocked(ADA) == "never asked for it"
    desk.clock.pass_time(DAY)
    assert await desk.ask() == ""
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.UNKNOWN
    assert await desk.reception.refuse(ticket, HOME) is Outcome.UNKNOWN


async def test_it_is_never_too_late_to_say_i_never_asked(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    desk.clock.pass_time(5 * DAY)
    assert await desk.reception.refuse(ticket, HOME) is Outcome.REFUSED


async def test_someone_who_was_a_subscriber_once_and_refuses_has_left_and_is_not_written_to(desk: FrontDesk) -> None:
    person = await desk.join()
    await desk.reception.leave(desk.leave_ticket(person), HOME)
    desk.clock.pass_time(DAY)
    assert await desk.reception.refuse(await desk.ask(), HOME) is Outcome.REFUSED
    assert await desk.state() is SubscriberState.LEFT
    assert await desk.reception.operator.why_blocked(ADA) != ""


async def test_who_has_the_mail_sent_again_agrees_to_the_same_wording(desk: FrontDesk) -> None:
    await desk.ask()
    await desk.reception.confirm(await desk.fresh(), HOME)
    assert (await desk.row()).consent == "confirmed by mail; wording join-1"


async def test_a_forwarded_confirmation_takes_nobody_off_who_has_said_yes(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    await desk.reception.confirm(ticket, HOME)
    assert await desk.reception.refuse(ticket, CAFE) is Outcome.ALREADY
    assert await desk.state() is SubscriberState.CONFIRMED


async def test_the_number_of_someone_who_refused_is_never_another_persons(desk: FrontDesk) -> None:
    ticket = await desk.ask(ADA)
    await desk.reception.refuse(ticket, HOME)
    await desk.ask(BEN, CAFE)
    assert await desk.reception.who(Purpose.CONFIRM, ticket) is None
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.UNKNOWN
    assert await desk.state(BEN) is SubscriberState.PENDING


async def test_where_the_operator_approves_nobody_gets_mail_before(desk: FrontDesk) -> None:
    desk.allow(approve=True)
    await desk.join()
    assert await desk.state() is SubscriberState.APPLIED
    assert await desk.mails(ADA) == [AccountKind.CONFIRM, AccountKind.APPLIED]
    assert await desk.db.read(subscribers.alerted, [ADA]) == []
    assert await desk.reception.operator.approve(ADA) is Outcome.CONFIRMED
    assert (await desk.state(), (await desk.mails(ADA))[-1]) == (SubscriberState.CONFIRMED, AccountKind.WELCOME)
    assert await desk.reception.operator.approve(ADA) is Outcome.ALREADY
    assert await desk.reception.operator.approve(BEN) is Outcome.UNKNOWN


async def test_the_operator_hears_once_an_hour_of_those_who_wait(desk: FrontDesk) -> None:
    desk.allow(approve=True)
    await desk.join(ADA)
    await desk.join(BEN, CAFE)
    await desk.take_forms()
    one = ("waiting", "Somebody waits for your yes")
    assert await desk.alarms() == [one]
    desk.clock.pass_time(HOUR)
    await desk.take_forms()
    await desk.take_forms()
    assert await desk.alarms() == [one, ("waiting", "2 people wait for your yes")]
    desk.clock.pass_time(DAY)
    await desk.take_forms()
    assert len(await desk.alarms()) == 2


async def test_whom_the_operator_declines_has_left_and_may_ask_again(desk: FrontDesk) -> None:
    desk.allow(approve=True)
    ticket = await desk.ask()
    await desk.reception.confirm(ticket, HOME)
    assert await desk.reception.operator.decline(ADA) is Outcome.LEFT
    assert await desk.reception.operator.decline(ADA) is Outcome.UNKNOWN
    assert (await desk.reception.confirm(ticket, HOME))[0] is Outcome.EXPIRED
    desk.clock.pass_time(DAY)
    assert await desk.ask() != ""


async def test_where_nobody_may_join_the_form_is_closed_even_to_the_invited(desk: FrontDesk) -> None:
    desk.allow(who="nobody")
    for invited in (False, True):
        assert await desk.reception.ask_to_join(ADA, CHOICES, HOME, "join-1", invited) is Admission.CLOSED
    desk.allow(who="invited")
    assert await desk.submit() is Admission.CLOSED
    assert await desk.reception.ask_to_join(ADA, CHOICES, HOME, "join-1", invited=True) is Admission.TAKEN


async def test_an_invitation_is_good_until_its_end(desk: FrontDesk) -> None:
    link = desk.reception.operator.invite(desk.clock.at + DAY)
    ticket = link.removeprefix("https://watch.test/invited/")
    assert desk.reception.is_invited(ticket)
    assert not desk.reception.is_invited(desk.tickets.of(Purpose.FOLLOW))
    desk.clock.pass_time(DAY)
    assert not desk.reception.is_invited(ticket)


async def test_an_address_of_a_denied_domain_is_answered_alike_and_never_written_to(desk: FrontDesk) -> None:
    desk.allow(deny_domains=("reader.test",))
    assert await desk.ask() == ""
    assert await desk.state() is None


async def test_whom_the_operator_added_and_blocked_is_not_added_again(desk: FrontDesk) -> None:
    await desk.reception.operator.block(ADA)
    with pytest.raises(subscribers.BlockedError, match="blocked by the operator"):
        await desk.db.write(_add, desk)
    assert await desk.reception.operator.unblock(ADA) is Outcome.DONE
    assert await desk.reception.operator.unblock(ADA) is Outcome.UNKNOWN
    await desk.db.write(_add, desk)
    assert await desk.state() is SubscriberState.CONFIRMED


def _never_confirm(session: Session, desk: FrontDesk, many: int) -> None:
    acts = Membership(session, desk.marks, desk.policy, desk.clock.at, "subscriber")
    for number in range(many):
        person = Subscriber(
            address=f"reader-{number}@reader.test", state=SubscriberState.PENDING, zone="UTC", briefing_at=time(7),
            created_at=desk.clock.at, topics=[],
        )  # fmt: skip
        session.add(person)
        session.flush()
        acts.ask_to_confirm(person, "join-1")


def _confirm(session: Session, address: str, desk: FrontDesk) -> None:
    person = subscribers.by_address(session, address)
    assert person is not None
    Membership(session, desk.marks, desk.policy, desk.clock.at, "subscriber").confirm(person)


def _add(session: Session, desk: FrontDesk) -> None:
    subscribers.add(
        session,
        ADA,
        zone="UTC",
        briefing=True,
        briefing_at=time(7),
        alert_from=Severity.HIGH,
        now=desk.clock.at,
        consent="added by the operator",
        mark=desk.marks.of(ADA),
    )
