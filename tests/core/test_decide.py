from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.alerts import AlertPolicy, Arrival, Past, decide, hears, is_news
from monitor.core.values import Evidence, RuleMatch
from monitor.words import Disposition, Severity

_NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
_WORDS = (Evidence("title", 0, 4, "coup", "coup"),)
_MATCH = RuleMatch("coup", Severity.HIGH, _WORDS)
_HELD = replace(_MATCH, held_by=_WORDS)
_DROPPED = replace(_HELD, dropped_by=_WORDS)
_CRITICAL = replace(_MATCH, severity=Severity.CRITICAL)
_MEDIUM = replace(_MATCH, severity=Severity.MEDIUM)
_LOW = replace(_MATCH, severity=Severity.LOW)
_POLICY = AlertPolicy()
_NEW = Past()
_TOLD = Past(told=Severity.HIGH)
_FEW = Past(reached=False)
_AGAIN = Past(told_in_span=True)


def _ago(hours: float) -> datetime:
    return _NOW - timedelta(hours=hours)


_NEWS = Arrival(_NOW, _ago(0.2), _ago(0.1))
_SLID_IN = Arrival(_NOW, _ago(50), _ago(0.1))
_STALE_FIRST_POLL = Arrival(_NOW, _ago(1.1), None)


@pytest.mark.parametrize(
    ("match", "arrival", "past", "wanted", "fate"),
    [
        pytest.param(_MATCH, _NEWS, _NEW, True, Disposition.ALERTED, id="news is told"),
        pytest.param(_HELD, _NEWS, _NEW, True, Disposition.HELD, id="held back by its own unless"),
        pytest.param(_LOW, _NEWS, _NEW, True, Disposition.LEFT, id="below the alert line"),
        pytest.param(_MEDIUM, _NEWS, _NEW, True, Disposition.GATHERED, id="of medium severity"),
        pytest.param(_MATCH, _NEWS, Past(inhibited=True), True, Disposition.INHIBITED, id="known as critical"),
        pytest.param(
            _MATCH, _NEWS, Past(told=Severity.HIGH, inhibited=True), True, Disposition.TOLD, id="told before inhibited"
        ),
        pytest.param(_MEDIUM, _NEWS, Past(silenced=True), True, Disposition.SILENCED, id="silenced before gathered"),
        pytest.param(_MATCH, _STALE_FIRST_POLL, _NEW, True, Disposition.BASELINE, id="stood there already"),
        pytest.param(_MATCH, _SLID_IN, _NEW, True, Disposition.OLD, id="an old item slid in"),
        pytest.param(_MATCH, _NEWS, _TOLD, True, Disposition.TOLD, id="told once already"),
        pytest.param(_MATCH, _NEWS, _NEW, False, Disposition.NOBODY, id="nobody listens"),
        pytest.param(_CRITICAL, _NEWS, _TOLD, True, Disposition.ALERTED, id="told as less than it is now"),
        pytest.param(_MATCH, _NEWS, Past(told=Severity.CRITICAL), True, Disposition.TOLD, id="told as more"),
        pytest.param(_CRITICAL, _NEWS, Past(told=Severity.CRITICAL), True, Disposition.TOLD, id="told as that"),
        pytest.param(_DROPPED, _NEWS, _NEW, True, Disposition.DROPPED, id="dropped by its own drop"),
        pytest.param(_MATCH, _NEWS, _FEW, True, Disposition.FEW, id="too few for the count of its rule"),
        pytest.param(_MATCH, _NEWS, _AGAIN, True, Disposition.AGAIN, id="the count was told within its span"),
        pytest.param(
            replace(_MATCH, dropped_by=_WORDS), _NEWS, _NEW, True, Disposition.DROPPED, id="dropped and not held"
        ),
        pytest.param(_HELD, _STALE_FIRST_POLL, _FEW, False, Disposition.HELD, id="held before all the rest"),
        pytest.param(_MATCH, _SLID_IN, _FEW, True, Disposition.OLD, id="old before few"),
        pytest.param(
            _MATCH, _NEWS, Past(reached=False, told_in_span=True), True, Disposition.FEW, id="few before again"
        ),
        pytest.param(
            _MATCH, _NEWS, Past(Severity.HIGH, told_in_span=True), True, Disposition.AGAIN, id="again before told"
        ),
        pytest.param(
            _MATCH, Arrival(_NOW, _ago(1), None), _NEW, True, Disposition.ALERTED, id="fresh on the first poll"
        ),
        pytest.param(_MATCH, Arrival(_NOW, None, None), _NEW, True, Disposition.BASELINE, id="first poll without date"),
        pytest.param(_MATCH, Arrival(_NOW, None, _ago(1)), _NEW, True, Disposition.ALERTED, id="later without date"),
        pytest.param(_MATCH, Arrival(_NOW, _ago(40), _ago(60)), _NEW, True, Disposition.ALERTED, id="after an outage"),
        pytest.param(
            _MATCH, Arrival(_NOW, _ago(25), _ago(1)), _NEW, True, Disposition.ALERTED, id="a day late, not more"
        ),
        pytest.param(
            _MATCH, Arrival(_NOW, _ago(25.1), _ago(1)), _NEW, True, Disposition.OLD, id="more than a day late"
        ),
        pytest.param(
            _MATCH, Arrival(_NOW, _ago(-5), _ago(1)), _NEW, True, Disposition.ALERTED, id="dated in the future"
        ),
        pytest.param(replace(_HELD, severity=Severity.LOW), _NEWS, _NEW, True, Disposition.HELD, id="held before low"),
        pytest.param(_LOW, _STALE_FIRST_POLL, _NEW, True, Disposition.LEFT, id="low before baseline"),
        pytest.param(
            _MATCH,
            Arrival(_ago(23), _ago(23), _ago(24), _NOW),
            _NEW,
            True,
            Disposition.ALERTED,
            id="edited within a day",
        ),
        pytest.param(
            _MATCH,
            Arrival(_ago(25), _ago(25), _ago(26), _NOW),
            _NEW,
            True,
            Disposition.LATE,
            id="edited when a day old",
        ),
        pytest.param(
            _MATCH, Arrival(_ago(2), _ago(3), None, _NOW), _NEW, True, Disposition.ALERTED, id="a feed's first, edited"
        ),
        pytest.param(
            _MATCH, Arrival(_ago(2), _ago(30), None, _NOW), _NEW, True, Disposition.LATE, id="back catalogue, edited"
        ),
        pytest.param(
            _MATCH, Arrival(_ago(2), _ago(60), _ago(3), _NOW), _NEW, True, Disposition.OLD, id="old before late"
        ),
        pytest.param(
            _MATCH, Arrival(_ago(30), None, _ago(31), _NOW), _FEW, True, Disposition.LATE, id="late before few"
        ),
        pytest.param(_MATCH, _STALE_FIRST_POLL, _TOLD, True, Disposition.BASELINE, id="baseline before told"),
        pytest.param(_MATCH, _SLID_IN, _TOLD, True, Disposition.OLD, id="old before told"),
        pytest.param(_MATCH, _NEWS, _TOLD, False, Disposition.TOLD, id="told before nobody"),
    ],
)
def test_who_hears_at_once(match: RuleMatch, arrival: Arrival, past: Past, wanted: bool, fate: Disposition) -> None:
    assert decide(match, arrival, past, wanted, _POLICY) == fate


def test_an_old_entry_that_is_edited_does_not_count_as_news() -> None:
    assert not is_news(Arrival(_ago(30), None, _ago(31), _NOW), _POLICY)
    assert is_news(Arrival(_ago(3), None, _ago(31), _NOW), _POLICY)


def test_a_lower_alert_line_lets_lesser_rules_speak() -> None:
    assert decide(_LOW, _NEWS, _NEW, True, AlertPolicy(Severity.LOW)) == Disposition.GATHERED


def test_a_longer_memory_makes_older_items_news() -> None:
    policy = AlertPolicy(max_age=timedelta(hours=50))
    assert decide(_MATCH, _SLID_IN, _NEW, True, policy) == Disposition.ALERTED


@pytest.mark.parametrize(
    ("alert_from", "told", "heard"),
    [
        (Severity.HIGH, [Severity.HIGH], True),
        (Severity.HIGH, [Severity.LOW, Severity.CRITICAL], True),
        (Severity.HIGH, [Severity.MEDIUM], False),
        (Severity.INFO, [], False),
        (None, [Severity.CRITICAL], False),
    ],
)
def test_a_reader_hears_from_the_severity_on_that_was_asked_for(
    alert_from: Severity | None, told: list[Severity], heard: bool
) -> None:
    assert hears(alert_from, told) == heard


def test_severities_rank_from_info_to_critical() -> None:
    assert [each.value for each in sorted(Severity, key=lambda each: each.rank)] == [
        "info",
        "low",
        "medium",
        "high",
        "critical",
    ]
