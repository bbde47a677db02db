"""Who may join, and how often somebody who never asked may be bothered."""

import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.joining import (
    Admission,
    Choices,
    JoinPolicy,
    Mailed,
    Mailing,
    admission,
    allowed_domain,
    domain_of,
    may_join,
    may_mail,
)
from monitor.words import LANGUAGES, Severity

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERYBODY = JoinPolicy(who="everybody")

choices = st.builds(
    Choices,
    zone=st.sampled_from(sorted(available_timezones())[:50]),
    language=st.sampled_from(["", *LANGUAGES]),
    briefing=st.booleans(),
    briefing_at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    topics=st.lists(st.text(), max_size=3).map(tuple),
    alert_from=st.none() | st.sampled_from(Severity),
)


@given(choices)
def test_choices_come_out_of_a_row_as_they_went_in(chosen: Choices) -> None:
    assert Choices.read(json.loads(json.dumps(chosen.written()))) == chosen


def test_who_says_nothing_gets_a_briefing_at_seven_on_every_topic_and_no_alerts() -> None:
    assert Choices() == Choices("UTC", "", True, time(7), ("*",), None)


@pytest.mark.parametrize(
    ("who", "invited", "may"),
    [
        ("nobody", False, False),
        ("nobody", True, False),
        ("invited", False, False),
        ("invited", True, True),
        ("everybody", False, True),
    ],
)
def test_only_whom_the_operator_lets_in_may_join(who: str, invited: bool, may: bool) -> None:
    assert may_join(JoinPolicy(who=who), invited) is may  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("in_hour", "in_day", "expected"),
    [
        (0, 0, Admission.TAKEN),
        (4, 19, Admission.TAKEN),
        (5, 5, Admission.BUSY),
        (0, 20, Admission.BUSY),
    ],
)
def test_a_network_may_send_five_forms_an_hour_and_twenty_a_day(in_hour: int, in_day: int, expected: Admission) -> None:
    assert admission(EVERYBODY, in_hour, in_day) is expected


def ago(*spans: timedelta) -> Mailed:
    return Mailed(to_address=tuple(NOW - span for span in spans))


@pytest.mark.parametrize(
    ("mailed", "expected"),
    [
        (ago(), Mailing.GO),
        (ago(10 * MINUTE), Mailing.GO),
        (ago(9 * MINUTE), Mailing.NEVER),
        (ago(HOUR, 2 * HOUR), Mailing.GO),
        (ago(HOUR, 2 * HOUR, 23 * HOUR), Mailing.NEVER),
        (ago(HOUR, 2 * HOUR, 24 * HOUR), Mailing.GO),
        (ago(2 * DAY, 4 * DAY, 6 * DAY, 8 * DAY), Mailing.GO),
        (ago(2 * DAY, 4 * DAY, 6 * DAY, 8 * DAY, 29 * DAY), Mailing.NEVER),
        (ago(2 * DAY, 4 * DAY, 6 * DAY, 8 * DAY, 30 * DAY), Mailing.GO),
    ],
)
def test_an_address_is_mailed_once_in_ten_minutes_thrice_a_day_five_times_a_month(
    mailed: Mailed, expected: Mailing
) -> None:
    assert may_mail(EVERYBODY, mailed, NOW) is expected


def test_a_subscriber_may_have_a_link_mailed_more_often_in_a_month() -> None:
    often = tuple(NOW - day * DAY for day in range(1, 29))
    assert may_mail(EVERYBODY, Mailed(often, confirmed=True), NOW) is Mailing.GO
    assert may_mail(EVERYBODY, Mailed(often, confirmed=False), NOW) is Mailing.NEVER


def test_a_full_domain_and_a_full_hour_make_people_wait() -> None:
    assert may_mail(EVERYBODY, Mailed(to_domain=29, to_all=199), NOW) is Mailing.GO
    assert may_mail(EVERYBODY, Mailed(to_domain=30, to_all=199), NOW) is Mailing.DOMAIN
    assert may_mail(EVERYBODY, Mailed(to_domain=30, to_all=200), NOW) is Mailing.BREAKER


@given(st.lists(st.integers(0, 40 * 24 * 60), max_size=60))
def test_however_forms_come_nobody_gets_more_than_three_mails_in_any_day(minutes: list[int]) -> None:
    sent: list[datetime] = []
    for minute in sorted(minutes):
        at = NOW + minute * MINUTE
        if may_mail(EVERYBODY, Mailed(tuple(sent)), at) is Mailing.GO:
            sent.append(at)
    assert all(sum(at < other <= at + DAY - MINUTE for other in sent) < 3 for at in sent)
    assert all(sum(at < other <= at + 30 * DAY - MINUTE for other in sent) < 5 for at in sent)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("ada@reader.test", True),
        ("ada@Mail.Reader.test", True),
        ("ada@notreader.test", False),
        ("ada@bad.reader.test", False),
        ("ada@deep.bad.reader.test", False),
        ("ada@reader.test.other.test", False),
    ],
)
def test_a_domain_stands_for_those_below_it_and_denied_is_stronger(address: str, allowed: bool) -> None:
    policy = JoinPolicy(allow_domains=("reader.test",), deny_domains=("bad.reader.test",))
    assert allowed_domain(address, policy) is allowed


def test_without_lists_every_domain_is_welcome() -> None:
    assert allowed_domain("ada@anywhere.test", EVERYBODY)


def test_the_domain_is_what_stands_behind_the_last_at() -> None:
    assert domain_of('"a@b"@Reader.test') == "reader.test"
