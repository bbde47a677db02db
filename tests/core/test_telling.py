"""When the operator hears of feeds in trouble, and when of their recovery."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.health import Facts
from monitor.core.notice import Contents, subject
from monitor.core.telling import STEADY, Case, Past, outage_since, plan
from monitor.words import Condition

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Desk:
    """An operator's desk: feeds fare as the tests say, and every few minutes someone looks whether a notice is due."""

    now: datetime = NOON
    tell_after: int = 5
    feeds: dict[int, Facts] = field(default_factory=dict)
    cases: dict[int, Case] = field(default_factory=dict)
    notices: list[Contents] = field(default_factory=list)
    unsent: list[Contents] = field(default_factory=list)
    mail_goes: bool = True

    def watch(self, *names: str) -> None:
        for name in names:
            number = len(self.feeds) + 1
            url = f"https://{name.lower()}.test/feed"
            self.feeds[number] = Facts(
                number, name, url, f"{name.lower()}.test", url, last_good_at=self.now, last_new_at=self.now
            )

    def fails(self, number: int, kind: str = "http", failures: int = 1) -> None:
        for _ in range(failures):
            feed = self.feeds[number]
            self.feeds[number] = replace(
                feed, failures=feed.failures + 1, failing_since=feed.failing_since or self.now,
                kind=kind, trouble="503 Service Unavailable", last_polled_at=self.now,
            )  # fmt: skip

    def well(self, number: int) -> None:
        self.feeds[number] = replace(
            self.feeds[number], failures=0, failing_since=None, kind="", trouble="", last_good_at=self.now
        )

    def pass_time(self, span: timedelta) -> list[Contents]:
        """The notices of this span."""
        before = len(self.notices)
        end = self.now + span
        step = MINUTE if span <= 3 * HOUR else 10 * MINUTE
        while self.now < end:
            self.now += step
            self.look()
        return self.notices[before:]

    def look(self) -> None:
        feeds = [(facts, self.cases.get(number)) for number, facts in self.feeds.items()]
        good_polls = [facts.last_good_at for facts in self.feeds.values() if facts.last_good_at]
        past = Past(
            notices=[each.at for each in self.notices if self.now - each.at < DAY],
            unsent=self.unsent,
            watched=len(self.feeds),
            outage_since=outage_since(self.feeds.values(), good_polls),
        )
        made = plan(feeds, past, self.now, self.tell_after)
        for number, case in made.cases.items():
            if case is None:
                del self.cases[number]
            else:
                self.cases[number] = case
        if made.contents is not None:
            self.notices.append(made.contents)
            self.unsent = [] if self.mail_goes else [made.contents]


def desk(*names: str) -> Desk:
    made = Desk()
    made.watch(*names)
    made.pass_time(5 * MINUTE)
    return made


def names(told: tuple[object, ...]) -> list[str]:
    return [each.name for each in told]  # type: ignore[attr-defined]


def test_a_feed_that_stumbles_once_or_twice_is_nobodys_news() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=2)
    assert watch.pass_time(HOUR) == []
    watch.well(1)
    assert watch.pass_time(DAY) == []


def test_five_failures_in_a_row_are_told_within_minutes() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=4)
    assert watch.pass_time(30 * MINUTE) == []
    watch.fails(1)
    (notice,) = watch.pass_time(5 * MINUTE)
    assert subject(notice) == "Herald in trouble: its server answers with an error"


def test_a_feed_asked_rarely_is_told_after_an_hour_and_not_after_five_failures() -> None:
    watch = desk("Herald")
    watch.fails(1)
    watch.pass_time(30 * MINUTE)
    watch.fails(1, failures=2)
    (notice,) = watch.pass_time(40 * MINUTE)
    assert notice.at - NOON < timedelta(minutes=75)


def test_a_feed_asked_every_hour_with_a_growing_pause_is_told_after_two_hours() -> None:
    watch = desk("Herald")
    watch.fails(1)
    assert watch.pass_time(2 * HOUR) == []
    watch.fails(1)
    assert len(watch.pass_time(5 * MINUTE)) == 1


def test_who_is_patient_is_told_later_by_count_and_by_the_clock() -> None:
    watch = desk("Herald")
    watch.tell_after = 10
    watch.fails(1, failures=9)
    assert watch.pass_time(110 * MINUTE) == []
    assert len(watch.pass_time(15 * MINUTE)) == 1


def test_feeds_that_fail_together_stand_in_one_mail() -> None:
    watch = desk("Herald", "Gazette", "Observer")
    watch.fails(1, failures=5)
    watch.pass_time(MINUTE)
    watch.fails(2, failures=5)
    watch.fails(3, failures=2)
    (notice,) = watch.pass_time(HOUR)
    assert subject(notice) == "3 feeds in trouble: Herald, Gazette and 1 more"


def test_a_trouble_is_told_again_at_growing_intervals() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=5)
    told = [notice.at for notice in watch.pass_time(timedelta(days=20))]
    gaps = [later - earlier for earlier, later in pairwise(told)]
    assert gaps == [6 * HOUR, DAY, 3 * DAY, 7 * DAY, 7 * DAY]
    assert subject(watch.notices[-1]) == "Still in trouble: Herald"


def test_a_recovery_is_told_once_when_it_has_lasted_and_says_how_long_the_trouble_was() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=5)
    watch.pass_time(3 * HOUR)
    watch.well(1)
    assert watch.pass_time(STEADY - 2 * MINUTE) == []
    (notice,) = watch.pass_time(timedelta(days=8))
    assert subject(notice) == "Herald is well again"
    assert notice.well[0].until - notice.well[0].since == 3 * HOUR
    assert watch.cases == {}


def test_a_relapse_before_the_recovery_was_told_takes_it_back() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=5)
    watch.pass_time(HOUR)
    watch.well(1)
    watch.pass_time(20 * MINUTE)
    watch.fails(1)
    assert watch.pass_time(3 * HOUR) == []


def test_a_feed_that_flaps_all_week_fills_no_mailbox() -> None:
    watch = desk("Herald")
    for _ in range(7 * 24 // 4):
        watch.fails(1, failures=5)
        watch.pass_time(2 * HOUR)
        watch.well(1)
        watch.pass_time(2 * HOUR)
    assert len(watch.notices) <= 8


def test_a_feed_that_was_well_for_days_is_told_of_at_once_when_it_fails_again() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=5)
    watch.pass_time(HOUR)
    watch.well(1)
    watch.pass_time(4 * DAY)
    watch.fails(1, failures=5)
    assert [subject(notice) for notice in watch.pass_time(5 * MINUTE)] == [
        "Herald in trouble: its server answers with an error"
    ]


def test_a_dead_line_of_our_own_is_told_once_and_called_that() -> None:
    watch = desk(*(f"Feed{number}" for number in range(1, 41)))
    for number in watch.feeds:
        watch.fails(number, "dns")
        watch.pass_time(MINUTE * (number % 3 == 0))
    assert watch.notices == []
    watch.pass_time(3 * MINUTE)
    watch.fails(1, "dns")
    (notice,) = watch.pass_time(5 * HOUR)
    assert subject(notice) == "All 40 feeds out of reach: probably our own line"
    for number in watch.feeds:
        watch.well(number)
        watch.pass_time(MINUTE * (number % 3 == 0))
    assert [subject(notice) for notice in watch.pass_time(3 * DAY)] == ["40 feeds are well again"]


def test_a_dead_line_is_told_at_once_although_the_day_had_mails_enough() -> None:
    watch = desk(*(f"Feed{number}" for number in range(1, 13)))
    for number in (10, 11, 12):
        watch.fails(number, failures=5)
        watch.pass_time(65 * MINUTE)
    before = len(watch.notices)
    for number in range(1, 10):
        watch.fails(number, "dns")
        watch.pass_time(2 * MINUTE)
    watch.pass_time(5 * MINUTE)
    (notice,) = watch.notices[before:]
    assert "feeds out of reach: probably our own line" in subject(notice)


def test_a_feed_that_drops_out_later_while_all_do_is_no_mail_of_its_own() -> None:
    watch = desk(*(f"Feed{number}" for number in range(1, 21)))
    for number in range(1, 17):
        watch.fails(number, "timeout")
        watch.pass_time(MINUTE)
    assert [subject(notice) for notice in watch.pass_time(10 * MINUTE)] == [
        "16 of 20 feeds out of reach: probably our own line"
    ]
    for number in range(17, 21):
        watch.fails(number, "timeout", failures=3)
    assert watch.pass_time(5 * HOUR) == []
    assert [subject(notice) for notice in watch.pass_time(HOUR)] == [
        "All 20 feeds still out of reach: probably our own line"
    ]


def test_when_all_feeds_fail_at_the_very_same_moment_nobody_is_told_before_they_are_asked_again() -> None:
    watch = desk("Herald", "Gazette", "Observer", "Wire")
    for number in watch.feeds:
        watch.fails(number, "connect")
    assert watch.pass_time(20 * MINUTE) == []
    watch.fails(1, "connect")
    (notice,) = watch.pass_time(5 * MINUTE)
    assert subject(notice) == "All 4 feeds out of reach: probably our own line"


def test_feeds_of_one_dead_server_are_not_blamed_on_our_line() -> None:
    watch = desk("Herald", "Gazette", "Observer", "Wire")
    for number, facts in watch.feeds.items():
        watch.feeds[number] = replace(facts, host="press.test")
    for number in watch.feeds:
        watch.fails(number, "connect")
        watch.pass_time(6 * MINUTE)
    assert watch.notices == []
    watch.fails(4, "connect", failures=4)
    for number in (1, 2, 3):
        watch.fails(number, "connect")
    (notice,) = watch.pass_time(30 * MINUTE)
    assert subject(notice) == "4 feeds in trouble: Herald, Gazette and 2 more"


def test_refusals_of_every_server_are_not_blamed_on_our_line() -> None:
    watch = desk("Herald", "Gazette", "Observer", "Wire")
    for number in watch.feeds:
        watch.fails(number, "http")
        watch.pass_time(6 * MINUTE)
    assert watch.notices == []


def test_a_few_feeds_out_of_reach_while_the_others_are_read_are_no_outage_of_ours() -> None:
    watch = desk(*(f"Feed{number}" for number in range(1, 21)))
    for number in range(1, 13):
        watch.fails(number, "timeout")
        watch.pass_time(2 * MINUTE)
        watch.well(13 + number % 8)
    assert watch.notices == []


def test_before_half_of_the_feeds_were_asked_in_vain_nobody_blames_our_line() -> None:
    watch = desk(*(f"Feed{number}" for number in range(1, 21)))
    for number in range(1, 10):
        watch.fails(number, "timeout")
        watch.pass_time(2 * MINUTE)
    watch.pass_time(5 * MINUTE)
    assert watch.notices == []
    watch.fails(10, "timeout")
    assert len(watch.pass_time(5 * MINUTE)) == 1


def test_a_feed_in_our_own_house_that_is_still_read_does_not_hide_that_the_line_is_dead() -> None:
    watch = desk(*(f"Feed{number}" for number in range(1, 21)))
    for number in range(1, 20):
        watch.fails(number, "timeout")
        watch.well(20)
        watch.pass_time(MINUTE)
    (notice,) = watch.notices
    assert subject(notice).endswith("of 20 feeds out of reach: probably our own line")


def test_a_feed_that_is_gone_is_told_although_its_failing_was_told_before() -> None:
    watch = desk("Herald", "Gazette")
    watch.fails(1, failures=5)
    watch.fails(2, failures=5)
    watch.pass_time(2 * HOUR)
    watch.feeds[1] = replace(watch.feeds[1], gone_at=watch.now)
    (notice,) = watch.pass_time(2 * HOUR)
    assert names(notice.fresh) == ["Herald"]
    assert names(notice.still) == ["Gazette"]
    assert "feeds discover https://herald.test/" in notice.fresh[0].command
    assert subject(notice) == "Herald in trouble: its server says that it is gone for good; 1 still in trouble"


def test_a_feed_in_quarantine_or_silent_is_told_without_counting_failures() -> None:
    watch = desk("Herald", "Gazette")
    watch.feeds[1] = replace(watch.feeds[1], failures=2, failing_since=watch.now, deaths=2)
    watch.feeds[2] = replace(watch.feeds[2], silent=True)
    (notice,) = watch.pass_time(HOUR)
    assert [each.condition for each in notice.fresh] == [Condition.QUARANTINED, Condition.SILENT]


def test_a_feed_that_moved_is_told_once_even_if_it_fails_in_between() -> None:
    watch = desk("Herald")
    watch.feeds[1] = replace(watch.feeds[1], address="https://herald.test/new")
    assert [subject(notice) for notice in watch.pass_time(10 * DAY)] == ["Herald has moved"]
    watch.fails(1, failures=5)
    watch.pass_time(HOUR)
    watch.well(1)
    watch.pass_time(10 * DAY)
    assert [subject(notice) for notice in watch.notices[1:]] == [
        "Herald in trouble: its server answers with an error",
        "Herald is well again",
    ]
    watch.feeds[1] = replace(watch.feeds[1], address="https://herald.test/newer")
    assert [subject(notice) for notice in watch.pass_time(10 * DAY)] == ["Herald has moved"]


def test_a_feed_taken_out_of_the_config_is_no_more_spoken_of() -> None:
    watch = desk("Herald")
    watch.fails(1, failures=5)
    watch.pass_time(HOUR)
    watch.feeds[1] = replace(watch.feeds[1], retired_at=watch.now)
    assert watch.pass_time(10 * DAY) == []
    assert watch.cases == {}


def test_while_no_mail_leaves_one_notice_gathers_what_the_others_said() -> None:
    watch = desk("Herald", "Gazette")
    watch.mail_goes = False
    watch.fails(1, failures=5)
    watch.pass_time(HOUR)
    watch.well(1)
    watch.pass_time(2 * HOUR)
    watch.fails(2, failures=5)
    watch.pass_time(3 * HOUR)
    (waiting,) = watch.unsent
    assert subject(waiting) == "Gazette in trouble: its server answers with an error; Herald is well again"


def test_a_new_trouble_that_no_mail_server_took_is_still_new_in_the_next_notice() -> None:
    watch = desk("Herald", "Gazette")
    watch.mail_goes = False
    watch.fails(1, failures=5)
    watch.pass_time(HOUR)
    watch.fails(2, failures=5)
    watch.pass_time(2 * HOUR)
    assert names(watch.unsent[0].fresh) == ["Herald", "Gazette"]


def test_a_day_on_which_a_feed_fails_every_few_minutes_brings_a_dozen_mails_and_no_more() -> None:
    watch = desk(*(f"Feed{number}" for number in range(200)))
    for number in range(1, 145):
        watch.fails(number, failures=5)
        watch.now += 10 * MINUTE
        watch.look()
    assert len(watch.notices) <= 12
    told = {each.id for notice in watch.notices for each in notice.fresh}
    assert len(told) > 100


_STEP = st.tuples(st.integers(1, 3), st.sampled_from(["well", "http", "timeout", "dns"]), st.integers(1, 200))


@given(st.lists(_STEP, max_size=40))
def test_whatever_happens_every_recovery_told_was_a_trouble_told(steps: list[tuple[int, str, int]]) -> None:
    watch = desk("Herald", "Gazette", "Observer")
    for number, event, minutes in steps:
        watch.well(number) if event == "well" else watch.fails(number, event)
        watch.now += minutes * MINUTE
        watch.look()
    open_now: set[int] = set()
    for notice in watch.notices:
        known = {each.id for each in notice.still}
        out = {each.id for each in notice.out}
        assert known <= open_now
        assert not {each.id for each in notice.fresh} & open_now
        well = {each.id for each in notice.well}
        assert well <= open_now
        open_now = (open_now | {each.id for each in notice.fresh} | out) - well
        assert open_now == known | {each.id for each in notice.fresh} | out
