"""Who is taken off the list for mails that came back, and who is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.bouncing import Failure, Fate, Results, Span, Storm, fate, fate_of_probe, paused, storm
from monitor.words import Verdict

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DEAD, DISABLED, SOFT, OURS, UNKNOWN = (
    Verdict.DEAD,
    Verdict.DISABLED,
    Verdict.SOFT,
    Verdict.OURS,
    Verdict.UNKNOWN,
)
CALM = Results(dead=0, taken=0, ours=0, ours_domains=0, ours_anywhere=0, taken_anywhere=0)


def failed(verdict: Verdict, *days: float) -> list[Failure]:
    return [Failure(at, at, verdict) for day in days if (at := MONDAY + day * DAY)]


def test_an_address_without_anybody_is_given_up_at_once() -> None:
    assert fate(failed(DEAD, 0), []) is Fate.DEAD


def test_a_closed_mailbox_is_given_up_on_the_second_day() -> None:
    assert fate(failed(DISABLED, 0, 0.1, 0.2), []) is Fate.STAYS
    assert fate(failed(DISABLED, 0, 1), []) is Fate.DEAD


def test_a_closed_mailbox_that_was_open_in_between_begins_anew() -> None:
    assert fate(failed(DISABLED, 0, 2), [MONDAY + DAY]) is Fate.STAYS


@pytest.mark.parametrize("verdict", [SOFT, UNKNOWN])
def test_three_days_without_a_mail_getting_through_hold_a_reader(verdict: Verdict) -> None:
    assert fate(failed(verdict, 0, 1), []) is Fate.STAYS
    assert fate(failed(verdict, 0, 1, 2), []) is Fate.HELD


def test_many_mails_of_one_day_count_as_one_day() -> None:
    assert fate(failed(SOFT, 0, 0.1, 0.2, 0.3, 0.4, 1, 1.1), []) is Fate.STAYS


def test_days_of_all_kinds_add_up() -> None:
    assert fate([*failed(DISABLED, 0), *failed(SOFT, 1), *failed(UNKNOWN, 2)], []) is Fate.HELD


def test_a_mail_that_got_through_in_between_wipes_out_what_was_before() -> None:
    assert fate(failed(SOFT, 0, 1, 2), [MONDAY + 1.5 * DAY]) is Fate.STAYS
    assert fate(failed(SOFT, 0, 1, 2, 3, 4), [MONDAY + 1.5 * DAY]) is Fate.HELD


def test_days_more_than_two_weeks_ago_do_not_count() -> None:
    assert fate(failed(SOFT, 0, 1, 14.5), []) is Fate.STAYS
    assert fate(failed(SOFT, 1, 2, 14.5), []) is Fate.HELD


def test_a_mail_that_left_later_and_may_come_back_yet_is_no_mail_that_got_through() -> None:
    """What servers try for five days comes back in a row, days behind those that are on their way still."""
    back = [Failure(MONDAY + (day + 5) * DAY, MONDAY + day * DAY, SOFT) for day in range(3)]
    on_their_way = [MONDAY + day * DAY for day in (3, 4, 5, 6, 7)]
    assert fate(back, on_their_way) is Fate.HELD
    assert fate(back, [*on_their_way, MONDAY + 1.5 * DAY]) is Fate.STAYS


def test_what_is_our_own_fault_never_counts() -> None:
    assert fate(failed(OURS, 0, 1, 2, 3, 4), []) is Fate.STAYS
    assert fate([*failed(OURS, 0, 1, 2), *failed(SOFT, 3)], []) is Fate.STAYS
    assert fate([*failed(SOFT, 0, 1, 2), *failed(OURS, 3)], []) is Fate.STAYS


def test_who_marks_our_mail_as_spam_leaves() -> None:
    assert fate(failed(Verdict.COMPLAINT, 0), []) is Fate.LEAVES


@pytest.mark.parametrize(
    ("verdict", "returned", "said"),
    [
        (DEAD, False, Fate.DEAD),
        (DISABLED, False, Fate.DEAD),
        (UNKNOWN, True, Fate.DEAD),
        (SOFT, True, Fate.DEAD),
        (SOFT, False, Fate.STAYS),
        (OURS, True, Fate.STAYS),
        (Verdict.COMPLAINT, True, Fate.LEAVES),
    ],
)
def test_a_probe_that_comes_back_ends_it(verdict: Verdict, returned: bool, said: Fate) -> None:
    assert fate_of_probe(verdict, returned=returned) is said


@pytest.mark.parametrize(
    ("dead", "taken", "stormy"), [(5, 0, True), (5, 19, True), (5, 20, False), (4, 0, False), (50, 200, False)]
)
def test_five_dead_addresses_and_a_fifth_of_the_mail_are_a_storm(dead: int, taken: int, stormy: bool) -> None:
    found = storm(DEAD, "5.1.1", replace(CALM, dead=dead, taken=taken), of_sender=False)
    assert found == ((Storm.DEAD, False) if stormy else None)


def test_closed_mailboxes_make_a_storm_and_full_ones_do_not() -> None:
    many = replace(CALM, dead=9)
    assert storm(DISABLED, "5.2.1", many, of_sender=False) == (Storm.DEAD, False)
    assert storm(SOFT, "5.2.2", many, of_sender=False) is None
    assert storm(UNKNOWN, "", many, of_sender=False) is None


def test_a_domain_that_blames_us_three_times_is_left_alone() -> None:
    assert storm(OURS, "5.7.1", replace(CALM, ours=2, ours_domains=1, ours_anywhere=2), of_sender=False) is None
    blamed = replace(CALM, ours=3, ours_domains=1, ours_anywhere=3)
    assert storm(OURS, "5.7.1", blamed, of_sender=False) == (Storm.OURS, False)


def test_three_domains_that_blame_us_pause_all_mail() -> None:
    blamed = replace(CALM, ours=1, ours_domains=3, ours_anywhere=3)
    assert storm(OURS, "5.7.1", blamed, of_sender=False) == (Storm.OURS, True)


def test_three_readers_who_make_up_refusals_do_not_pause_the_mail_of_everybody() -> None:
    made_up = replace(CALM, ours=1, ours_domains=3, ours_anywhere=3, taken_anywhere=100)
    assert storm(OURS, "5.7.1", made_up, of_sender=False) is None


def test_a_refusal_of_our_sender_pauses_all_mail_unless_one_mail_was_too_large() -> None:
    assert storm(OURS, "5.1.8", CALM, of_sender=True) == (Storm.SENDER, True)
    assert storm(OURS, "5.3.4", CALM, of_sender=True) is None


def test_the_operator_hears_once_of_a_pause_and_once_a_day_while_it_goes_on() -> None:
    first, told = paused(None, MONDAY)
    assert (first, told) == (Span(MONDAY, MONDAY + HOUR), True)
    again, told = paused(first, MONDAY + 61 * MINUTE)
    assert (again, told) == (Span(MONDAY, MONDAY + 121 * MINUTE), False)
    late = replace(again, until=MONDAY + 23.5 * HOUR)
    assert paused(late, MONDAY + DAY) == (Span(MONDAY + DAY, MONDAY + 25 * HOUR), True)
    assert paused(again, MONDAY + 12 * HOUR) == (Span(MONDAY + 12 * HOUR, MONDAY + 13 * HOUR), True)


def test_a_pause_in_force_is_made_neither_longer_nor_shorter() -> None:
    for hours in (1, 5, 30):
        known = Span(MONDAY, MONDAY + hours * HOUR)
        assert paused(known, known.until - MINUTE) == (known, False)
