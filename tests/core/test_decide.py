from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.alerts import AlertPolicy, Arrival, decide
from monitor.core.values import Evidence, RuleMatch
from monitor.words import Disposition, Severity

_NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
_WORDS = (Evidence("title", 0, 4, "coup", "coup"),)
_MATCH = RuleMatch("coup", Severity.HIGH, _WORDS)
_HELD = replace(_MATCH, held_by=_WORDS)
_LOW = replace(_MATCH, severity=Severity.MEDIUM)
_POLICY = AlertPolicy()


def _ago(hours: float) -> datetime:
    return _NOW - timedelta(hours=hours)


_NEWS = Arrival(_NOW, _ago(0.2), _ago(0.1))
_SLID_IN = Arrival(_NOW, _ago(50), _ago(0.1))
_STALE_FIRST_POLL = Arrival(_NOW, _ago(1.1), None)


@pytest.mark.parametrize(
    ("match", "arrival", "told", "wanted", "fate"),
    [
        pytest.param(_MATCH, _NEWS, (), True, Disposition.ALERTED, id="news is told"),
        pytest.param(_HELD, _NEWS, (), True, Disposition.HELD, id="held back by its own unless"),
        pytest.param(_LOW, _NEWS, (), True, Disposition.LEFT, id="below the alert line"),
        pytest.param(_MATCH, _STALE_FIRST_POLL, (), True, Disposition.BASELINE, id="stood there already"),
        pytest.param(_MATCH, _SLID_IN, (), True, Disposition.OLD, id="an old item slid in"),
        pytest.param(_MATCH, _NEWS, ("coup",), True, Disposition.TOLD, id="told once already"),
        pytest.param(_MATCH, _NEWS, (), False, Disposition.NOBODY, id="nobody listens"),
        pytest.param(_MATCH, _NEWS, ("strike",), True, Disposition.ALERTED, id="told under another rule only"),
        pytest.param(_MATCH, Arrival(_NOW, _ago(1), None), (), True, Disposition.ALERTED, id="fresh on the first poll"),
        pytest.param(_MATCH, Arrival(_NOW, None, None), (), True, Disposition.BASELINE, id="first poll without date"),
        pytest.param(_MATCH, Arrival(_NOW, None, _ago(1)), (), True, Disposition.ALERTED, id="later without date"),
        pytest.param(_MATCH, Arrival(_NOW, _ago(40), _ago(60)), (), True, Disposition.ALERTED, id="after an outage"),
        pytest.param(
            _MATCH, Arrival(_NOW, _ago(25), _ago(1)), (), True, Disposition.ALERTED, id="a day late, not more"
        ),
        pytest.param(_MATCH, Arrival(_NOW, _ago(25.1), _ago(1)), (), True, Disposition.OLD, id="more than a day late"),
        pytest.param(_MATCH, Arrival(_NOW, _ago(-5), _ago(1)), (), True, Disposition.ALERTED, id="dated in the future"),
        pytest.param(replace(_HELD, severity=Severity.LOW), _NEWS, (), True, Disposition.HELD, id="held before low"),
        pytest.param(_LOW, _STALE_FIRST_POLL, (), True, Disposition.LEFT, id="low before baseline"),
        pytest.param(_MATCH, _STALE_FIRST_POLL, ("coup",), True, Disposition.BASELINE, id="baseline before told"),
        pytest.param(_MATCH, _SLID_IN, ("coup",), True, Disposition.OLD, id="old before told"),
        pytest.param(_MATCH, _NEWS, ("coup",), False, Disposition.TOLD, id="told before nobody"),
    ],
)
def test_who_hears_at_once(
    match: RuleMatch, arrival: Arrival, told: tuple[str, ...], wanted: bool, fate: Disposition
) -> None:
    assert decide(match, arrival, told, wanted, _POLICY) == fate


def test_a_lower_alert_line_lets_lesser_rules_speak() -> None:
    assert decide(_LOW, _NEWS, (), True, AlertPolicy(Severity.MEDIUM)) == Disposition.ALERTED


def test_a_longer_memory_makes_older_items_news() -> None:
    policy = AlertPolicy(max_age=timedelta(hours=50))
    assert decide(_MATCH, _SLID_IN, (), True, policy) == Disposition.ALERTED


def test_severities_rank_from_info_to_critical() -> None:
    assert [each.value for each in sorted(Severity, key=lambda each: each.rank)] == [
        "info",
        "low",
        "medium",
        "high",
        "critical",
    ]
