from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.timing import Slot, latest_slot, next_slot

# Zones with every kind of change: by half an hour, at midnight, south, none, and far east and west.
_ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Cairo",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Kathmandu",
]
_MORNINGS = [time(0), time(1, 30), time(2, 30), time(7), time(23, 55)]
_CHANGES = [date(2026, 3, 1), date(2026, 4, 1), date(2026, 10, 1), date(2026, 10, 20)]


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at", "now", "day", "begins"),
    [
        pytest.param("Europe/Berlin", time(7), "2026-05-04T05:00", 4, "2026-05-04T05:00", id="on the minute"),
        pytest.param("Europe/Berlin", time(7), "2026-05-04T04:59:59", 3, "2026-05-03T05:00", id="a second early"),
        pytest.param("Europe/Berlin", time(0), "2026-05-03T22:00", 4, "2026-05-03T22:00", id="at midnight"),
        pytest.param(
            "Europe/Berlin", time(23, 55), "2026-05-03T22:10", 3, "2026-05-03T21:55", id="seen after midnight"
        ),
        pytest.param("Pacific/Auckland", time(7), "2026-05-03T19:00", 4, "2026-05-03T19:00", id="east of UTC"),
        pytest.param("Pacific/Kiritimati", time(7), "2026-05-03T17:00", 4, "2026-05-03T17:00", id="farthest east"),
        pytest.param("Pacific/Pago_Pago", time(7), "2026-05-04T18:00", 4, "2026-05-04T18:00", id="far west"),
        pytest.param("America/New_York", time(7), "2026-05-04T10:00", 3, "2026-05-03T11:00", id="west, before dawn"),
    ],
)
def test_the_newest_morning_is_the_subscribers_own(zone: str, at: time, now: str, day: int, begins: str) -> None:
    assert latest_slot(_utc(now), zone, at) == Slot(date(2026, 5, day), _utc(begins))


@pytest.mark.parametrize(
    ("zone", "at", "day", "begins"),
    [
        pytest.param("Europe/Berlin", time(2, 30), date(2026, 3, 29), "2026-03-29T01:30", id="skipped in Berlin"),
        pytest.param("America/New_York", time(2, 30), date(2026, 3, 8), "2026-03-08T07:30", id="skipped in New York"),
        pytest.param("Europe/Berlin", time(2, 30), date(2026, 10, 25), "2026-10-25T00:30", id="twice in Berlin"),
        pytest.param("America/New_York", time(1, 30), date(2026, 11, 1), "2026-11-01T05:30", id="twice in New York"),
        pytest.param("Africa/Cairo", time(0), date(2026, 4, 24), "2026-04-23T22:00", id="a midnight skipped in Cairo"),
    ],
)
def test_a_morning_that_is_skipped_or_comes_twice_comes_once(zone: str, at: time, day: date, begins: str) -> None:
    slot = Slot(day, _utc(begins))
    just_before, an_hour_later = slot.at - timedelta(seconds=1), slot.at + timedelta(hours=1)
    assert next_slot(just_before, zone, at) == slot
    assert latest_slot(slot.at, zone, at) == latest_slot(an_hour_later, zone, at) == slot


def test_after_a_day_and_two_hours_away_only_the_newest_morning_is_due() -> None:
    before, after = _utc("2026-05-04T04:00"), _utc("2026-05-05T06:00")
    assert latest_slot(before, "Europe/Berlin", time(7)).local_date == date(2026, 5, 3)
    assert latest_slot(after, "Europe/Berlin", time(7)).local_date == date(2026, 5, 5)


@given(
    st.integers(0, 20 * 365 * 86_400).map(lambda seconds: _utc("2015-01-01T00:00") + timedelta(seconds=seconds)),
    st.sampled_from(_ZONES),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
@settings(max_examples=200, deadline=None)
def test_now_lies_between_this_morning_and_the_next(now: datetime, zone: str, at: time) -> None:
    this, following = latest_slot(now, zone, at), next_slot(now, zone, at)
    assert this.at <= now < following.at
    assert following.local_date - this.local_date == timedelta(days=1)
    assert following.at - this.at <= timedelta(hours=25)
    assert latest_slot(following.at, zone, at) == following
    # Only a time that clocks skip is shown as another, later one.
    shown = this.at.astimezone(ZoneInfo(zone))
    assert shown.date() == this.local_date
    assert shown.time() >= at


@pytest.mark.parametrize("zone", _ZONES)
@pytest.mark.parametrize("at", _MORNINGS)
def test_every_date_has_exactly_one_morning_however_clocks_are_moved(zone: str, at: time) -> None:
    for month in _CHANGES:
        begin = datetime.combine(month, time(), UTC)
        seen = [latest_slot(begin + timedelta(minutes=15 * step), zone, at) for step in range(16 * 96)]
        slots = list(dict.fromkeys(seen))
        assert seen == sorted(seen, key=lambda slot: slot.at)
        assert [slot.local_date - slots[0].local_date for slot in slots] == [
            timedelta(days=number) for number in range(len(slots))
        ]
