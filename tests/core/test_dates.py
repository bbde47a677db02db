from datetime import UTC, datetime, time, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.dates import read_date
from monitor.core.months import MONTHS

_MEANT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "Tue, 24 Nov 2026 15:30:00 GMT",
        "Tue, 24 Nov 2026 10:30:00 EST",
        "Tue,24 November 26 17:30 +0200",
        "Tue, 24 Nov 2026 10:30:00 GMT-05:00",
        "Nov 24, 2026 at 10:30 a.m. ET",
        "2026-11-24T15:30:00Z",
        "2026-11-24T15:30:00.123456+00:00",
        "2026-11-24 16:30:00 +01:00",
        "20261124T153000Z",
        "26-11-24T15:30:00Z",
        "Tue Nov 24 10:30:00 EST 2026",
        "11/24/2026 3:30:00 PM",
        "24/11/2026 15:30",
        "24.11.2026 15:30",
        "Tue, 24 Nov 2026 15:30:00 Etc/GMT",
        "1795534200",
        "1795534200000",
    ],
)
def test_a_moment_is_known_however_a_program_writes_it(said: str) -> None:
    assert read_date(said) == _MEANT


@pytest.mark.parametrize(
    "said",
    [
        "mar., 24 nov. 2026 15h30",
        "Di, 24 November 2026 16:30:00 MEZ",
        "вт, 24 ноября 2026 г., 15:30",
        "вівторок, 24 листопада 2026 р. о 15:30",
        "wtorek, 24 listopada 2026 15:30",
        "Τρι, 24 Νοε 2026 17:30:00 EET",
        "24 Kasım 2026 Salı 15:30",
        "2026. november 24. 15:30",
        "2026 m. lapkričio 24 d., 15:30",
        "tirsdag den 24. november 2026 kl. 15.30",
        "tiistaina 24. marraskuuta 2026 klo 15.30",
        "24 نوفمبر 2026 3:30 م",
        "٢٤ تشرين الثاني ٢٠٢٦ ٣:٣٠ م",
        "24 בנובמבר 2026 בשעה 15:30",
        "24 नवंबर 2026 को 15:30",
        "24 พฤศจิกายน 2569 15:30",
        "15:30 Thứ Ba, 24 tháng 11, 2026",
        "2026年11月24日 下午3:30",
        "2026年11月24日 午後3時30分",
        "24-11-2026 03:30 مساءً",
        "سه‌شنبه ۳ آذر ۱۴۰۵ - ۱۵:۳۰",
        "1405/09/03 15:30",
        "24 ноября 2026, 18:30 МСК",
        "24 KASIM 2026 18:30 TSİ",
        "2026년 11월 24일 오후 3:30",
        "seg, 24 nov 2026 12:30:00 -0300",
    ],
)
def test_a_newsroom_writes_the_month_in_its_own_language(said: str) -> None:
    assert read_date(said) == _MEANT


@pytest.mark.parametrize("said", ["mardi 24 novembre 2026 à 15 h", "24. November 2026, 15 Uhr", "2026年11月24日 15時"])
def test_an_hour_alone_is_a_time_too(said: str) -> None:
    assert read_date(said) == _MEANT.replace(minute=0)


@pytest.mark.parametrize(
    ("said", "hours"),
    [("EST", -5), ("EDT", -4), ("PST", -8), ("BST", 1), ("CET", 1), ("CEST", 2), ("MSK", 3), ("IDT", 3), ("IST", 5.5)],
)
def test_the_names_of_zones_are_known(said: str, hours: float) -> None:
    assert read_date(f"Tue, 24 Nov 2026 15:30:00 {said}") == _MEANT - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1399/12/30", datetime(2021, 3, 20, tzinfo=UTC)),
        ("1400/01/01", datetime(2021, 3, 21, tzinfo=UTC)),
        ("1403/12/30", datetime(2025, 3, 20, tzinfo=UTC)),
        ("1404/07/01", datetime(2025, 9, 23, tzinfo=UTC)),
        ("1405/13/01", None),
    ],
)
def test_a_date_of_irans_calendar_is_read(said: str, meant: datetime | None) -> None:
    assert read_date(said) == meant


def test_no_abbreviated_tuesday_is_taken_for_march() -> None:
    assert read_date("mar. 5 mai 2026") == datetime(2026, 5, 5, tzinfo=UTC)


def test_a_clock_of_24_hours_puts_the_day_first_and_one_of_12_the_month() -> None:
    assert read_date("5/4/2026 15:30") == datetime(2026, 4, 5, 15, 30, tzinfo=UTC)
    assert read_date("5/4/2026 3:30 PM") == datetime(2026, 5, 4, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Thu, 31 Dec 2026 24:00:00 GMT", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("20261124", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-328", datetime(2026, 11, 24, tzinfo=UTC)),
        ("Fri, 11 Mar 2016 01:15:00 +3000", datetime(2016, 3, 10, 22, 15, tzinfo=UTC)),
    ],
)
def test_an_odd_date_still_names_its_day(said: str, meant: datetime) -> None:
    assert read_date(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "",
        "soon",
        "2026",
        "2026-11",
        "November 2026",
        "30 Feb 2026",
        "Tue, 24 Nov 2026 99:30",
        "24 Nov",
        "1 2 3",
        "0001-01-01",
    ],
)
def test_what_names_no_day_is_no_date(said: str) -> None:
    assert read_date(said) is None


def test_a_machine_that_lost_its_clock_gives_no_date() -> None:
    assert read_date("Thu, 01 Jan 1970 00:00:00 GMT") is None
    assert read_date("0") is None


def test_no_name_of_a_month_is_spelled_in_a_way_that_is_never_looked_up() -> None:
    for name, month in MONTHS.items():
        assert read_date(f"24 {name} 2026") == datetime(2026, month, 24, tzinfo=UTC), name


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_takes_the_reader_of_dates_down(said: str) -> None:
    moment = read_date(said)
    assert moment is None or moment.utcoffset() == timedelta()


@given(
    st.datetimes(datetime(1991, 1, 1), datetime(2098, 12, 31)),  # noqa: DTZ001
    st.integers(-12 * 60, 14 * 60),
)
@settings(max_examples=100, deadline=None)
def test_what_the_standards_write_is_read_to_the_second(naive: datetime, minutes: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    if moment.astimezone(UTC).time() == time.min:
        return
    assert read_date(moment.isoformat()) == moment
    assert read_date(format_datetime(moment)) == moment
