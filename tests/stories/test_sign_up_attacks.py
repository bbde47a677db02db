"""Whoever fills in forms in other people's names reaches them hardly ever, and learns nothing."""

from itertools import product

import pytest
from sqlmodel import Session, col, func, select

from monitor.core.joining import Admission, Choices, Outcome, Standing
from monitor.core.tickets import Leaving, Purpose
from monitor.models import AccountKind, Application, Delivery, Errand, Subscriber, SubscriberState
from monitor.words import Deed
from tests.stories.front_desk import ADA, BEN, CAFE, CHOICES, DAY, HOME, HOUR, MINUTE, FrontDesk

VICTIM = "victim@reader.test"


async def test_six_kinds_of_address_get_the_same_answer_and_leave_the_same_trace(desk: FrontDesk) -> None:
    desk.allow(deny_domains=("denied.test",), network_hour=1000, network_day=1000)
    for name in ("confirmed", "left", "bounced"):
        await desk.join(f"{name}@reader.test")
    await desk.ask("pending@reader.test")
    await desk.reception.refuse(await desk.ask("refused@reader.test"), HOME)
    left = await desk.row("left@reader.test")
    await desk.reception.leave(desk.leave_ticket(left), HOME)
    await desk.put(SubscriberState.BOUNCED, "bounced@reader.test")
    desk.clock.pass_time(DAY)
    before = await desk.db.read(_counts)
    for name in ("confirmed", "left", "bounced", "pending", "refused", "unknown"):
        assert await desk.submit(f"{name}@reader.test", CAFE) is Admission.TAKEN
        assert await desk.reception.ask_for_link(f"{name}@reader.test", CAFE) is Admission.TAKEN
    assert await desk.submit("any@denied.test", CAFE) is Admission.TAKEN
    assert await desk.db.read(_counts) == before
    forms = await desk.db.read(_forms_from, CAFE)
    assert len({(form.errand, form.at, form.taken_at, form.mailed, len(form.mark)) for form in forms}) == 2


async def test_ten_thousand_forms_for_one_victim_bring_three_mails_a_day_at_most(desk: FrontDesk) -> None:
    await desk.ask(VICTIM)
    networks = [f"10.{number // 250}.{number % 250}.0/24" for number in range(1000)]
    answers: list[Admission] = []
    for _ in range(24):
        desk.clock.pass_time(HOUR)
        answers += desk.db.write_now(_send_many, desk, networks[:10] if answers else networks, 10)
        await desk.take_forms()
    assert len(answers) > 10_000
    assert answers.count(Admission.BUSY) >= 5_000
    assert 1 < len(await desk.mails(VICTIM)) <= 3
    assert await desk.db.read(_addresses_kept) == []


async def test_spellings_of_one_mailbox_are_one_victim(desk: FrontDesk) -> None:
    spellings = ["v.ictim@gmail.com", "vi.ctim+a@gmail.com", "victim+b@googlemail.com", "victim@gmail.com"]
    for number, address in enumerate(spellings):
        await desk.submit(address, f"10.0.{number}.0/24")
    await desk.take_forms()
    assert await desk.mails() == [AccountKind.CONFIRM]


async def test_a_victim_who_never_answers_gets_five_mails_in_a_month(desk: FrontDesk) -> None:
    for _ in range(29):
        await desk.ask(VICTIM)
        await desk.sweep()
        desk.clock.pass_time(DAY)
    assert len(await desk.db.read(_mailed_to_victim, desk)) == 5


async def test_a_thousand_victims_from_one_network_are_twenty_a_day_at_most(desk: FrontDesk) -> None:
    answers: list[Admission] = []
    for number in range(1000):
        answers.append(await desk.submit(f"victim-{number}@reader.test"))
        if number % 50 == 49:
            desk.clock.pass_time(HOUR)
            await desk.take_forms()
    assert answers.count(Admission.TAKEN) == 20
    assert len(await desk.mails()) == 20
    assert await desk.submit(VICTIM, CAFE) is Admission.TAKEN


async def test_a_busy_network_is_told_so_for_known_and_unknown_addresses_alike(desk: FrontDesk) -> None:
    await desk.join(ADA, CAFE)
    for number in range(5):
        await desk.submit(f"victim-{number}@reader.test")
    assert await desk.submit(ADA) is await desk.submit(BEN) is Admission.BUSY
    assert await desk.reception.ask_for_link(ADA, HOME) is Admission.BUSY
    desk.clock.pass_time(HOUR)
    assert await desk.submit(BEN) is Admission.TAKEN


async def test_a_flood_of_sign_ups_trips_a_breaker_and_the_operator_is_told_once(desk: FrontDesk) -> None:
    desk.allow(all_hour=10, domain_hour=1000)
    for number in range(30):
        await desk.submit(f"victim-{number}@reader.test", f"10.0.{number}.0/24")
    for _ in range(3):
        await desk.take_forms()
    confirmations = (await desk.mails()).count(AccountKind.CONFIRM)
    alarm = ("breaker", "Nobody who asks to join is answered for now: too many did")
    assert (confirmations, await desk.alarms()) == (10, [alarm])
    desk.clock.pass_time(HOUR)
    await desk.take_forms()
    confirmations = (await desk.mails()).count(AccountKind.CONFIRM)
    assert (confirmations, await desk.alarms()) == (20, [alarm])


async def test_one_domain_that_is_flooded_does_not_keep_others_from_joining(desk: FrontDesk) -> None:
    desk.allow(domain_hour=3)
    for number in range(6):
        await desk.submit(f"victim-{number}@reader.test", f"10.0.{number}.0/24")
    assert await desk.ask("late@other.test", CAFE) != ""
    assert len(await desk.mails()) == 4
    desk.clock.pass_time(HOUR)
    await desk.take_forms()
    assert len(await desk.mails()) == 7


async def test_many_who_join_at_once_are_all_answered_in_one_go(desk: FrontDesk) -> None:
    desk.allow(domain_hour=1000)
    for number in range(120):
        await desk.submit(f"reader-{number}@reader.test", f"10.0.{number}.0/24")
    assert await desk.take_forms() == 120


async def test_a_form_that_waited_for_six_hours_is_given_up(desk: FrontDesk) -> None:
    desk.allow(domain_hour=1)
    await desk.submit(ADA)
    await desk.submit(VICTIM)
    await desk.take_forms()
    assert await desk.db.read(_addresses_kept) == [VICTIM]
    desk.clock.pass_time(6 * HOUR)
    await desk.take_forms()
    assert (await desk.mails(VICTIM), await desk.db.read(_addresses_kept)) == ([], [])


async def test_forms_are_forgotten_after_thirty_days(desk: FrontDesk) -> None:
    await desk.ask()
    desk.clock.pass_time(30 * DAY)
    await desk.sweep()
    assert await desk.db.read(_forms_from, HOME) == []


async def test_a_ticket_for_one_thing_does_no_other(desk: FrontDesk) -> None:
    ada = await desk.join(ADA)
    tickets = {
        Purpose.FRESH: await desk.fresh(ADA),
        Purpose.LEAVE: desk.leave_ticket(ada),
        Purpose.PREFERENCES: desk.preferences_ticket(ada),
        Purpose.CONFIRM: desk.tickets.of(Purpose.CONFIRM, ada.id, ada.serial, 2**40),
        Purpose.ADDRESS: desk.tickets.of(Purpose.ADDRESS, ada.id, ada.serial, 2**40, BEN),
    }
    for (one, ticket), other in product(tickets.items(), tickets):
        assert (await desk.reception.who(other, ticket) is None) == (one is not other)
    assert await desk.reception.erase(tickets[Purpose.PREFERENCES]) is False
    assert await desk.reception.export(tickets[Purpose.LEAVE]) is None
    assert await desk.reception.leave(tickets[Purpose.FRESH], HOME) == (Outcome.UNKNOWN, ())
    assert await desk.state(ADA) is SubscriberState.CONFIRMED


@pytest.mark.parametrize("ticket", ["", "x", "WzFd.forged", "[1,0,99999999999]", "a" * 5000])
async def test_what_anybody_makes_up_is_no_ticket(desk: FrontDesk, ticket: str) -> None:
    ada = await desk.join()
    desk_ = desk.reception
    assert await desk_.confirm(ticket, HOME) == await desk_.confirm_move(ticket) == (Outcome.UNKNOWN, None)
    assert await desk_.leave(ticket, HOME) == (Outcome.UNKNOWN, ())
    assert await desk_.refuse(ticket, HOME) is await desk_.pause(ticket, None) is Outcome.UNKNOWN
    assert await desk_.ask_for_link_of(ticket, HOME) is None
    assert await desk.row() == ada


async def test_a_leave_ticket_is_for_the_person_it_was_made_for_and_no_later_one(desk: FrontDesk) -> None:
    ada = await desk.join()
    theirs = int(ada.created_at.timestamp())
    elsewhere = desk.tickets.of(Purpose.LEAVE, ada.id, theirs + 1, Leaving.EVERYTHING)
    assert await desk.reception.leave(elsewhere, HOME) == (Outcome.UNKNOWN, ())
    nobody = desk.tickets.of(Purpose.LEAVE, ada.id + 1, theirs, Leaving.EVERYTHING)
    assert await desk.reception.leave(nobody, HOME) == (Outcome.UNKNOWN, ())


async def test_links_that_were_revoked_open_nothing_more_but_leaving_works(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = await desk.fresh()
    assert await desk.reception.operator.revoke_links(ADA) is Outcome.DONE
    person = await desk.reception.who(Purpose.FRESH, ticket)
    assert person is not None
    assert (person.standing, person.address) == (Standing.EXPIRED, "")
    assert await desk.reception.save(ticket, CHOICES, (None, None), True, (None, None)) is Outcome.EXPIRED
    assert Deed.REVOKED in [deed for deed, _, _ in await desk.deeds()]
    assert await desk.reception.leave(desk.leave_ticket(ada), HOME) == (Outcome.LEFT, ())


async def test_a_confirmation_that_is_used_again_after_leaving_brings_nobody_back(desk: FrontDesk) -> None:
    ticket = await desk.ask()
    await desk.reception.confirm(ticket, HOME)
    await desk.reception.leave(desk.leave_ticket(await desk.row()), HOME)
    assert (await desk.reception.confirm(ticket, CAFE))[0] is Outcome.EXPIRED
    assert await desk.state() is SubscriberState.LEFT


async def test_whoever_a_mail_is_forwarded_to_can_have_a_link_mailed_to_its_owner_and_no_more(desk: FrontDesk) -> None:
    ada = await desk.join()
    ticket = desk.preferences_ticket(ada)
    person = await desk.reception.who(Purpose.PREFERENCES, ticket)
    assert person is not None
    assert person.masked == "a…@reader.test"
    desk.clock.pass_time(11 * MINUTE)
    assert await desk.reception.ask_for_link_of(ticket, CAFE) is Admission.TAKEN
    await desk.take_forms()
    assert (await desk.mails(ADA))[-1] is AccountKind.LINK


async def test_nobody_is_mailed_a_link_who_never_joined(desk: FrontDesk) -> None:
    assert await desk.reception.ask_for_link(VICTIM, HOME) is Admission.TAKEN
    assert await desk.take_forms() == 0
    assert await desk.db.read(_addresses_kept) == []


async def test_choices_sent_for_someone_else_change_nothing_of_theirs(desk: FrontDesk) -> None:
    before = await desk.join()
    desk.clock.pass_time(HOUR)
    await desk.submit(ADA, CAFE, Choices())
    await desk.take_forms()
    assert await desk.row() == before


def _send_many(session: Session, desk: FrontDesk, networks: list[str], each: int) -> list[Admission]:
    """In one transaction, so that ten thousand do not sync the disk as often."""
    reception, written = desk.reception, CHOICES.written() | {"wording": "join-1"}
    return [
        reception.taken(session, Errand.JOIN, VICTIM, written, network) for network in networks for _ in range(each)
    ]


def _counts(session: Session) -> tuple[int, int]:
    return (
        session.exec(select(func.count(col(Subscriber.id)))).one(),
        session.exec(select(func.count(col(Delivery.id)))).one(),
    )


def _forms_from(session: Session, network: str) -> list[Application]:
    return list(session.exec(select(Application).where(Application.network == network)))


def _addresses_kept(session: Session) -> list[str]:
    return list(session.exec(select(Application.address).where(Application.address != "")))


def _mailed_to_victim(session: Session, desk: FrontDesk) -> list[int]:
    mark = desk.marks.for_limits(VICTIM)
    return list(session.exec(select(Application.id).where(Application.mark == mark, col(Application.mailed))))
