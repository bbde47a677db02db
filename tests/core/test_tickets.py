"""A link in a mail opens one thing to one person, and nobody makes one up."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.tickets import Leaving, Purpose, Tickets, follow_addresses

OURS = Tickets("https://watch.test", ("a secret of ours",))
numbers = st.lists(st.integers(0, 2**63 - 1), max_size=3)
purposes = st.sampled_from(Purpose)


@given(purposes, numbers)
def test_a_ticket_is_read_as_it_was_written(purpose: Purpose, said: list[int]) -> None:
    assert OURS.read(purpose, OURS.of(purpose, *said)) == tuple(said)


@given(purposes, purposes, numbers)
def test_a_ticket_for_one_purpose_is_none_for_another(one: Purpose, other: Purpose, said: list[int]) -> None:
    assert (OURS.read(other, OURS.of(one, *said)) is None) == (one is not other)


@given(purposes, numbers, st.data())
def test_whoever_changes_a_letter_of_it_has_none(purpose: Purpose, said: list[int], data: st.DataObject) -> None:
    ticket = OURS.of(purpose, *said)
    # Of the last letter not every bit counts.
    at = data.draw(st.integers(0, len(ticket) - 2))
    letter = data.draw(st.characters().filter(lambda each: each != ticket[at]))
    assert OURS.read(purpose, ticket[:at] + letter + ticket[at + 1 :]) is None


@given(purposes, st.text())
def test_what_anybody_types_is_no_ticket(purpose: Purpose, said: str) -> None:
    assert OURS.read(purpose, said) is None


@given(purposes, numbers)
def test_tickets_of_another_installation_are_worth_nothing_here(purpose: Purpose, said: list[int]) -> None:
    assert OURS.read(purpose, Tickets("https://watch.test", ("another",)).of(purpose, *said)) is None


@given(purposes, numbers)
def test_without_a_secret_no_ticket_is_taken(purpose: Purpose, said: list[int]) -> None:
    nobodys = Tickets()
    assert nobodys.read(purpose, nobodys.of(purpose, *said)) is None
    assert nobodys.link(purpose, *said) == ""


def test_programs_are_told_where_to_follow_as_long_as_there_are_pages() -> None:
    ticket = OURS.of(Purpose.FOLLOW)
    assert follow_addresses(OURS) == {
        "atom": f"https://watch.test/follow/{ticket}/alerts.atom",
        "json": f"https://watch.test/follow/{ticket}/alerts.json",
        "cap": f"https://watch.test/follow/{ticket}/alerts/NUMBER.cap",
    }
    assert follow_addresses(Tickets()) == {}


def test_a_secret_is_not_printed_with_the_rest() -> None:
    assert "a secret of ours" not in repr(OURS)


@given(purposes, st.lists(st.integers(0, 2**40) | st.text(max_size=80), max_size=4))
def test_what_is_no_number_is_read_as_it_was_written_too(purpose: Purpose, said: list[int | str]) -> None:
    assert OURS.read_all(purpose, OURS.of(purpose, *said)) == tuple(said)
    assert (OURS.read(purpose, OURS.of(purpose, *said)) is None) == any(isinstance(each, str) for each in said)


def test_a_link_to_leave_by_is_short_enough_for_servers_that_break_long_lines() -> None:
    link = OURS.link(Purpose.LEAVE, 99_999, 1_795_000_000, Leaving.BRIEFINGS)
    assert len(link) < 76


def test_a_new_key_signs_and_the_old_ones_are_still_believed_until_they_are_forgotten() -> None:
    old, both, new = (Tickets("https://watch.test", keys) for keys in (("old",), ("old", "new"), ("new",)))
    mailed = old.of(Purpose.LEAVE, 1, 2)
    assert both.read(Purpose.LEAVE, mailed) == (1, 2)
    assert new.read(Purpose.LEAVE, mailed) is None
    assert new.read(Purpose.LEAVE, both.of(Purpose.LEAVE, 1, 2)) == (1, 2)
