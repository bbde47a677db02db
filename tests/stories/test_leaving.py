"""People leave, pause, move and are forgotten by themselves, and it holds at once."""

from dataclasses import replace
from datetime import date, time, timedelta

from sqlmodel import Session, col, select

from monitor.core.joining import Choices, Outcome, Standing
from monitor.core.tickets import Leaving, Purpose
from monitor.models import (
    AccountKind,
    Briefing,
    Delivery,
    DeliveryStatus,
    Subscriber,
    SubscriberState,
)
from monitor.store import owing, subscribers
from monitor.words import Deed, Severity
from tests.store.rows import alert_on
from tests.stories.front_desk import ADA, BEN, CAFE, CHOICES, DAY, HOME, HOUR, MINUTE, FrontDesk

NEVER = (None, None)
QUEUED, CANCELLED = DeliveryStatus.QUEUED, DeliveryStatus.CANCELLED


async def test_a_reader_who_leaves_the_briefings_still_gets_alerts(desk: FrontDesk) -> None:
    ada = await desk.join()
    alert, briefing = await desk.db.write(_owe_both, ada)
    ticket = desk.leave_ticket(ada, Leaving.BRIEFINGS)
    assert await desk.reception.leave(ticket, HOME) == (Outcome.LEFT, (Leaving.ALERTS,))
    row = await desk.row()
    assert (row.state, row.briefing, row.alert_from) == (SubscriberState.CONFIRMED, False, Severity.HIGH)
    assert await desk.db.read(_statuses, alert, briefing) == [QUEUED, CANCELLED]
    assert await desk.reception.leave(ticket, HOME) == (Outcome.ALREADY, (Leaving.ALERTS,))


async def test_a_reader_who_leaves_the_alerts_still_gets_briefings(desk: FrontDesk) -> None:
    ada = await desk.join()
    alert, briefing = await desk.db.write(_owe_both, ada)
    outcome = await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    assert outcome == (Outcome.LEFT, (Leaving.BRIEFINGS,))
    assert await desk.db.read(_statuses, alert, briefing) == [CANCELLED, QUEUED]


async def test_who_leaves_the_last_thing_has_left_and_nothing_owed_goes_out(desk: FrontDesk) -> None:
    ada = await desk.join()
    owed = await desk.db.write(_owe_both, ada)
    await desk.reception.leave(desk.leave_ticket(ada, Leaving.BRIEFINGS), HOME)
    outcome = await desk.reception.leave(desk.leave_ticket(ada, Leaving.ALERTS), HOME)
    assert outcome == (Outcome.LEFT, ())
    assert await desk.state() is SubscriberState.LEFT
    assert await desk.db.read(_statuses, *owed) == [CANCELLED, CANCELLED]
    assert await desk.db.read(subscribers.confirmed) == []
    assert await desk.reception.leave(desk.leave_ticket(ada), HOME) == (Outcome.ALREADY, ())


async def test_the_page_behind_a_briefings_link_can_leave_everything(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = desk.leave_ticket(ada, Leaving.BRIEFINGS)
    assert await desk.reception.leave(ticket, HOME, Leaving.EVERYTHING) == (Outcome.LEFT, ())
    assert (Deed.LEFT, "subscriber", HOME) in await desk.deeds()


async def test_a_mail_that_is_on_its_way_is_not_called_back(desk: FrontDesk) -> None:
    ada = await desk.join()
    owed = await desk.db.write(_owe_both, ada)
    await desk.db.write(_set, owed[0], DeliveryStatus.SENDING)
    await desk.reception.leave(desk.leave_ticket(ada), HOME)
    assert await desk.db.read(_statuses, *owed) == [DeliveryStatus.SENDING, CANCELLED]


async def test_someone_else_mailed_at_the_same_time_still_gets_theirs(desk: FrontDesk) -> None:
    ada, ben = await desk.join(ADA), await desk.join(BEN, CAFE)
    await desk.db.write(_owe_both, ada)
    theirs = await desk.db.write(_owe_both, ben)
    await desk.reception.leave(desk.leave_ticket(ada), HOME)
    assert await desk.db.read(_statuses, *theirs) == [QUEUED, QUEUED]


async def test_to_leave_from_the_confirmation_means_never_again(desk: FrontDesk) -> None:
    await desk.ask()
    ticket = desk.leave_ticket(await desk.row())
    assert await desk.reception.leave(ticket, HOME) == (Outcome.LEFT, ())
    assert await desk.state() is None
    assert await desk.reception.operator.why_blocked(ADA) == "never asked for it"
    assert await desk.reception.leave(ticket, HOME) == (Outcome.UNKNOWN, ())


async def test_someone_changes_what_they_get(desk: FrontDesk) -> None:
    await desk.join()
    ticket = await desk.fresh()
    choices = Choices("Europe/Paris", "fr", True, time(8), ("sanctions", "borders"), Severity.CRITICAL)
    quiet, away = (time(22), time(6)), (date(2026, 4, 1), date(2026, 4, 9))
    assert await desk.reception.save(ticket, choices, quiet, False, away) is Outcome.DONE
    person = await desk.reception.who(Purpose.FRESH, ticket)
    assert person is not None
    seen = (person.choices, person.quiet, person.critical_passes, person.away, person.standing)
    assert seen == (choices, quiet, False, away, Standing.OPEN)


async def test_who_chooses_no_briefing_cancels_the_one_that_is_owed(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = await desk.fresh()
    owed = await desk.db.write(_owe_both, ada)
    await desk.reception.save(ticket, replace(CHOICES, briefing=False), NEVER, True, NEVER)
    assert await desk.db.read(_statuses, *owed) == [QUEUED, CANCELLED]


async def test_who_chooses_nothing_has_left(desk: FrontDesk) -> None:
    await desk.join()
    ticket = await desk.fresh()
    nothing = replace(CHOICES, briefing=False, alert_from=None)
    assert await desk.reception.save(ticket, nothing, NEVER, True, NEVER) is Outcome.LEFT
    assert await desk.state() is SubscriberState.LEFT
    assert await desk.reception.save(ticket, CHOICES, NEVER, True, NEVER) is Outcome.EXPIRED


async def test_a_duty_officer_who_hears_every_rule_keeps_doing_so_when_saving(desk: FrontDesk) -> None:
    await desk.join(choices=CHOICES)
    await desk.db.write(_hear_every_rule)
    ticket = await desk.fresh()
    person = await desk.reception.who(Purpose.FRESH, ticket)
    assert person is not None
    assert person.every_rule
    await desk.reception.save(ticket, person.choices, NEVER, True, NEVER)
    assert (await desk.row()).topics is None
    await desk.reception.save(ticket, replace(CHOICES, topics=("borders",)), NEVER, True, NEVER)
    assert (await desk.row()).topics == ["borders"]


async def test_someone_pauses_until_a_day_and_is_back_by_themselves(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = await desk.fresh()
    owed = await desk.db.write(_owe_both, ada)
    until = desk.clock.at + DAY
    assert await desk.reception.pause(ticket, until) is Outcome.DONE
    assert (await desk.state(), await desk.db.read(subscribers.alerted, [ADA])) == (SubscriberState.PAUSED, [])
    assert await desk.db.read(_statuses, *owed) == [CANCELLED, CANCELLED]
    desk.clock.pass_time(DAY - MINUTE)
    await desk.take_forms()
    assert await desk.state() is SubscriberState.PAUSED
    desk.clock.pass_time(MINUTE)
    await desk.take_forms()
    assert await desk.state() is SubscriberState.CONFIRMED
    assert (await desk.deeds())[-1] == (Deed.RESUMED, "program", "")


async def test_a_pause_without_an_end_lasts_until_they_resume(desk: FrontDesk) -> None:
    await desk.join()
    await desk.reception.pause(await desk.fresh(), None)
    desk.clock.pass_time(300 * DAY)
    await desk.take_forms()
    assert await desk.state() is SubscriberState.PAUSED
    ticket = await desk.fresh()
    assert await desk.reception.resume(ticket) is Outcome.DONE
    assert await desk.reception.resume(ticket) is Outcome.ALREADY
    assert await desk.state() is SubscriberState.CONFIRMED


async def test_someone_moves_by_saying_yes_at_the_new_address(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = await desk.fresh()
    owed = await desk.db.write(_owe_both, ada)
    assert await desk.reception.move(ticket, "new@reader.test", HOME) is Outcome.DONE
    assert (await desk.row()).address == ADA
    yes = await desk.ticket_in_mail("new@reader.test")
    outcome, person = await desk.reception.confirm_move(yes, HOME)
    assert (outcome, person and person.address) == (Outcome.MOVED, "new@reader.test")
    assert (await desk.row("new@reader.test")).id == ada.id
    assert (await desk.mails(ADA))[-1] is AccountKind.MOVED
    recipients = [each.recipient for each in await desk.db.read(_deliveries, *owed)]
    assert recipients == ["new@reader.test", "new@reader.test"]
    assert await desk.reception.who(Purpose.FRESH, ticket) is not None
    assert await desk.reception.resume(ticket) is Outcome.EXPIRED
    assert (await desk.reception.confirm_move(yes, HOME))[0] is Outcome.ALREADY


async def test_someone_out_of_reach_is_reached_again_by_moving(desk: FrontDesk) -> None:
    await desk.join()
    await desk.reception.move(await desk.fresh(), "new@reader.test", HOME)
    await desk.put(SubscriberState.BOUNCED)
    assert (await desk.reception.confirm_move(await desk.ticket_in_mail("new@reader.test")))[0] is Outcome.MOVED
    assert await desk.state("new@reader.test") is SubscriberState.CONFIRMED


async def test_nobody_moves_to_another_subscribers_address_nor_learns_whose_it_is(desk: FrontDesk) -> None:
    await desk.join(ADA)
    await desk.join(BEN, CAFE)
    ticket = await desk.fresh(ADA)
    answers = {await desk.reception.move(ticket, address, HOME) for address in (BEN, "nobody@reader.test", ADA)}
    assert answers == {Outcome.DONE}
    outcome, _ = await desk.reception.confirm_move(await desk.ticket_in_mail(BEN), HOME)
    assert outcome is Outcome.TAKEN
    assert (await desk.row(ADA)).state is (await desk.row(BEN)).state is SubscriberState.CONFIRMED


async def test_a_form_sent_by_someone_else_does_not_keep_anyone_from_moving(desk: FrontDesk) -> None:
    ada = await desk.join(ADA)
    await desk.ask(BEN, CAFE)
    ticket = await desk.fresh(ADA)
    await desk.reception.move(ticket, BEN, HOME)
    assert (await desk.reception.confirm_move(await desk.ticket_in_mail(BEN), HOME))[0] is Outcome.MOVED
    assert (await desk.row(BEN)).id == ada.id


async def test_moving_mails_no_address_more_often_than_joining_would(desk: FrontDesk) -> None:
    await desk.join(ADA)
    ticket = await desk.fresh(ADA)
    for _ in range(5):
        await desk.reception.move(ticket, BEN, HOME)
        desk.clock.pass_time(2 * MINUTE)
    assert await desk.mails(BEN) == [AccountKind.ADDRESS]


async def test_a_fresh_link_is_good_for_an_hour(desk: FrontDesk) -> None:
    await desk.join()
    ticket = await desk.fresh()
    desk.clock.pass_time(HOUR - timedelta(seconds=1))
    assert await desk.reception.resume(ticket) is Outcome.ALREADY
    desk.clock.pass_time(timedelta(seconds=1))
    assert await desk.reception.resume(ticket) is Outcome.EXPIRED
    assert await desk.reception.export(ticket) is None
    assert not await desk.reception.erase(ticket)


async def test_the_operator_pauses_removes_and_writes_down_who_did_it(desk: FrontDesk) -> None:
    await desk.join()
    operator = desk.reception.operator
    assert await operator.pause(ADA, None) is Outcome.DONE
    assert await operator.resume(ADA) is Outcome.DONE
    assert await operator.remove(ADA) is Outcome.LEFT
    assert await operator.remove(ADA) is Outcome.ALREADY
    assert await operator.pause(ADA, None) is Outcome.LEFT
    assert await operator.remove(BEN) is await operator.erase(BEN) is Outcome.UNKNOWN
    deeds = [(deed, by) for deed, by, _ in await desk.deeds()][-3:]
    assert deeds == [(Deed.PAUSED, "operator"), (Deed.RESUMED, "operator"), (Deed.LEFT, "operator")]


def _owe_both(session: Session, person: Subscriber) -> tuple[int, int]:
    """An alert and a briefing that wait to be mailed."""
    alert = alert_on(session, "Depot fire near the harbour")
    told = owing.owe_alert(session, alert.id, 1, owing.Address(person.id, person.address), alert.first_told_at)
    issue = Briefing(
        subscriber_id=person.id,
        local_date=date(2026, 3, 2),
        after_arrival=0,
        upto_arrival=0,
        written_at=alert.first_told_at,
        edition_id=1,
    )
    session.add(issue)
    session.flush()
    owing.owe_briefings(session, [issue], {person.id: person}, alert.first_told_at)
    return told.id, session.exec(select(col(Delivery.id)).where(Delivery.briefing_id == issue.id)).one()


def _deliveries(session: Session, *numbers: int) -> list[Delivery]:
    return [session.get_one(Delivery, number) for number in numbers]


def _statuses(session: Session, *numbers: int) -> list[DeliveryStatus]:
    return [each.status for each in _deliveries(session, *numbers)]


def _set(session: Session, number: int, status: DeliveryStatus) -> None:
    session.get_one(Delivery, number).status = status


def _hear_every_rule(session: Session) -> None:
    person = subscribers.by_address(session, ADA)
    assert person is not None
    person.topics = None
    session.add(person)
