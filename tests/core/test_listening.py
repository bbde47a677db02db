"""When one listener hears: at once, gathered, after the quiet hours, or not at all."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts import AlertPolicy, Heard, Listener, Mute, Quiet, Turn, is_away, muting, quiet_until, turn_of
from monitor.core.values import Headline
from monitor.words import Cause, Severity, Wait

_NOW = datetime(2026, 5, 4, 1, 30, tzinfo=UTC)
_POLICY = AlertPolicy()
_ANN = Listener("person:1", "ann@example.org", Severity.HIGH)
_NIGHT = Quiet(time(22), time(6, 30))
_ASLEEP = replace(_ANN, quiet=_NIGHT)
_FIRST, _GROWN = (Cause.FIRST,), (Cause.VOICES,)
_MINUTE = timedelta(minutes=1)
_MORNING = datetime(2026, 5, 4, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("listener", "severity", "causes", "heard", "turn"),
    [
        pytest.param(_ANN, Severity.HIGH, _FIRST, Heard(), Turn(_NOW), id="high goes at once"),
        pytest.param(_ANN, Severity.CRITICAL, _FIRST, Heard(), Turn(_NOW), id="critical too"),
        pytest.param(
            _ANN, Severity.MEDIUM, _FIRST, Heard(), Turn(_NOW + 5 * _MINUTE, Wait.GATHERED), id="medium is gathered"
        ),
        pytest.param(
            _ANN,
            Severity.MEDIUM,
            _FIRST,
            Heard(leaves_at=_NOW + _MINUTE),
            Turn(_NOW + _MINUTE, Wait.GATHERED),
            id="and leaves with what waits already",
        ),
        pytest.param(
            _ANN, Severity.HIGH, _FIRST, Heard(in_all=5, of_rule=1, from_feed=1), Turn(_NOW), id="not much yet"
        ),
        pytest.param(
            _ANN,
            Severity.HIGH,
            _FIRST,
            Heard(in_all=6),
            Turn(_NOW + 5 * _MINUTE, Wait.FLOOD),
            id="a seventh alert for one person",
        ),
        pytest.param(
            _ANN, Severity.HIGH, _FIRST, Heard(of_rule=2), Turn(_NOW + 5 * _MINUTE, Wait.FLOOD), id="a third of a rule"
        ),
        pytest.param(
            _ANN,
            Severity.HIGH,
            _FIRST,
            Heard(from_feed=2),
            Turn(_NOW + 5 * _MINUTE, Wait.FLOOD),
            id="a third of a feed",
        ),
        pytest.param(_ANN, Severity.CRITICAL, _FIRST, Heard(in_all=9), Turn(_NOW), id="critical after much of others"),
        pytest.param(
            _ANN, Severity.CRITICAL, _FIRST, Heard(of_rule=2), Turn(_NOW + _MINUTE, Wait.FLOOD), id="critical: a minute"
        ),
        pytest.param(
            _ANN, Severity.HIGH, (Cause.DENIED,), Heard(of_rule=9), Turn(_NOW), id="a denial is no flood of its rule"
        ),
        pytest.param(
            _ANN, Severity.HIGH, _GROWN, Heard(), Turn(_NOW + 5 * _MINUTE, Wait.GROWING), id="more publishers can wait"
        ),
        pytest.param(
            _ANN, Severity.HIGH, (Cause.DENIED, Cause.VOICES), Heard(), Turn(_NOW), id="but not with a denial"
        ),
        pytest.param(_ASLEEP, Severity.HIGH, _FIRST, Heard(), Turn(_MORNING, Wait.QUIET), id="held until the morning"),
        pytest.param(_ASLEEP, Severity.CRITICAL, _FIRST, Heard(), Turn(_NOW), id="critical wakes"),
        pytest.param(
            replace(_ASLEEP, critical_passes=False),
            Severity.CRITICAL,
            _FIRST,
            Heard(),
            Turn(_MORNING, Wait.QUIET),
            id="unless it must not",
        ),
        pytest.param(
            replace(_ASLEEP, machine=True), Severity.MEDIUM, _GROWN, Heard(in_all=99), Turn(_NOW), id="a program"
        ),
        pytest.param(
            replace(_ANN, away=(date(2026, 5, 1), date(2026, 5, 4))),
            Severity.CRITICAL,
            _FIRST,
            Heard(),
            Turn(None, Wait.AWAY),
            id="away",
        ),
        pytest.param(_ANN, Severity.MEDIUM, (Cause.TAKEN,), Heard(in_all=9), Turn(_NOW), id="who took it"),
        pytest.param(
            _ANN,
            Severity.MEDIUM,
            (Cause.TAKEN,),
            Heard(taken=2),
            Turn(_NOW + _MINUTE, Wait.FLOOD),
            id="who took a long list",
        ),
        pytest.param(_ANN, Severity.MEDIUM, (Cause.ESCALATED,), Heard(), Turn(_NOW), id="the next in turn"),
        pytest.param(
            _ANN,
            Severity.CRITICAL,
            (Cause.ESCALATED,),
            Heard(of_rule=2),
            Turn(_NOW + _MINUTE, Wait.FLOOD),
            id="asked to take too much at once",
        ),
    ],
)
def test_when_one_listener_hears(
    listener: Listener, severity: Severity, causes: tuple[Cause, ...], heard: Heard, turn: Turn
) -> None:
    assert turn_of(listener, severity, causes, heard, None, _NOW, _POLICY) == turn


def test_of_ones_own_and_the_rules_quiet_hours_the_later_end_counts() -> None:
    rule_quiet = Quiet(time(1), time(8))
    turn = turn_of(_ASLEEP, Severity.HIGH, _FIRST, Heard(), rule_quiet, _NOW, _POLICY)
    assert turn == Turn(datetime(2026, 5, 4, 8, 0, tzinfo=UTC), Wait.QUIET)


def test_what_one_has_muted_is_never_told_even_if_it_is_critical() -> None:
    turn = turn_of(_ANN, Severity.CRITICAL, _FIRST, Heard(), None, _NOW, _POLICY, muted=True)
    assert turn == Turn(None, Wait.MUTED)


def test_a_holiday_lasts_from_its_first_day_to_its_last_in_the_zone_of_the_person() -> None:
    away = replace(_ANN, zone="Pacific/Auckland", away=(date(2026, 5, 4), date(2026, 5, 5)))
    assert not is_away(away, datetime(2026, 5, 3, 11, 59, tzinfo=UTC))
    assert is_away(away, datetime(2026, 5, 3, 12, 0, tzinfo=UTC))
    assert is_away(away, datetime(2026, 5, 5, 11, 59, tzinfo=UTC))
    assert not is_away(away, datetime(2026, 5, 5, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        # Clocks go from 02:00 to 03:00 on 29 March and from 03:00 to 02:00 on 25 October.
        ("2026-03-28T22:30+01:00", "2026-03-29T03:30+02:00"),
        ("2026-10-24T22:30+02:00", "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:15+01:00", "2026-10-25T02:30+01:00"),
        ("2026-10-25T02:45+02:00", "2026-10-25T02:30+01:00"),
        ("2026-03-29T03:30+02:00", None),
    ],
)
def test_quiet_hours_end_as_the_clock_on_the_wall_says_also_when_it_is_changed(now: str, ends: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(now), "Europe/Warsaw", Quiet(time(22), time(2, 30)))
    assert found == (datetime.fromisoformat(ends) if ends else None)


_TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0))


@given(
    now=st.integers(0, 2 * 525_600).map(lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + minutes * _MINUTE),
    zone=st.sampled_from(sorted(available_timezones())),
    begins=_TIMES,
    ends=_TIMES,
)
def test_quiet_hours_end_within_a_day_and_an_hour_and_hold_what_lies_in_them(
    now: datetime, zone: str, begins: time, ends: time
) -> None:
    if begins == ends:
        return
    until = quiet_until(now, zone, Quiet(begins, ends))
    clock = now.astimezone(ZoneInfo(zone)).time()
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if until is None:
        local = now.astimezone(ZoneInfo(zone))
        moved = local.utcoffset() != (local + timedelta(days=1)).utcoffset()
        moved = moved or local.utcoffset() != (local - timedelta(days=1)).utcoffset()
        assert not inside or moved
    else:
        assert now < until <= now + timedelta(hours=26)


def test_a_mute_covers_what_fulfils_all_that_it_names() -> None:
    mute = Mute("incursion", "Torvik", "sport", 7, "", _NOW, "eva", "exercise")
    item = Headline("Airspace incursion near Torvik", source=frozenset({"sport", "wire"}))
    assert mute.covers("incursion", item, 7)
    assert not mute.covers("strike", item, 7)
    assert not mute.covers("incursion", item, 8)
    assert not mute.covers("incursion", Headline("Airspace incursion near Lervik", source=item.source), 7)
    assert not mute.covers("incursion", Headline(item.title, source=frozenset({"wire"})), 7)
    assert muting([mute], "", "incursion", item, 7) is mute
    assert muting([mute], "person:1", "incursion", item, 7) is None
    assert muting([replace(mute, listener="person:1")], "", "incursion", item, 7) is None
