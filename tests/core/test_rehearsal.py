"""What rules would have done with entries that came, before anybody is woken by them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.core.rehearsal import NEWEST, Rehearsed, Stored, Verdict, changes, per_day, rehearse, verdict_of
from monitor.core.rules import Count, CountBy, Raise, Rule, RuleSet
from monitor.core.values import Headline
from monitor.words import Severity
from tests.core.watching import match, rule

_START = datetime(2026, 5, 4, 10, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def _came(
    entry_id: int, title: str, *, hours: float = 0, story: int | None = None, publisher: str = "wire", voice: str = ""
) -> Stored:
    at = _START + hours * _HOUR
    headline = Headline(title, language="en")
    story = entry_id if story is None else story
    return Stored(entry_id, story, publisher, voice or publisher, at, "https://x.example/", headline)


def _record(watch: Rule, *entries: Stored, least: Severity = Severity.HIGH) -> Rehearsed:
    return rehearse(RuleSet([watch]), entries, least)[watch.name]


def test_a_story_is_alerted_once_however_many_entries_tell_it() -> None:
    record = _record(rule("coup"), _came(1, "Coup", story=7), _came(2, "A coup", story=7), _came(3, "Coup", story=8))
    assert (record.alerts, record.stories, record.verdicts) == (2, {7, 8}, {Verdict.FIRES: 3})


def test_what_is_held_or_dropped_is_counted_apart_and_alerts_nobody() -> None:
    watch = rule("coup", unless="film", drop="play")
    held, dropped, fires = _came(1, "Coup film", story=7), _came(2, "Coup play film"), _came(3, "Coup", story=7)
    record = _record(watch, held, dropped, fires, _came(4, "Quiet"))
    assert record.verdicts == {Verdict.HELD: 1, Verdict.DROPPED: 1, Verdict.FIRES: 1}
    assert (record.alerts, record.stories) == (1, {7})
    assert [stored.entry_id for stored, _ in record.newest] == [3]
    assert [stored.entry_id for stored, _ in record.newest_held] == [1]
    assert record.days == {_START.date(): 1}


def test_a_rule_below_the_alert_line_alerts_nobody_and_is_counted_all_the_same() -> None:
    record = _record(rule("coup", severity=Severity.MEDIUM), _came(1, "Coup"))
    assert (record.alerts, record.verdicts) == (0, {Verdict.FIRES: 1})
    assert _record(rule("coup", severity=Severity.MEDIUM), _came(1, "Coup"), least=Severity.MEDIUM).alerts == 1


@pytest.mark.parametrize(
    ("by", "told", "alerts"),
    [
        pytest.param(CountBy.PUBLISHER, "1a0 1b1", 1, id="two publishers"),
        pytest.param(CountBy.PUBLISHER, "1a0 2a1", 0, id="one publisher twice"),
        pytest.param(CountBy.PUBLISHER, "1a0 1b2", 1, id="at the end of the span"),
        pytest.param(CountBy.PUBLISHER, "1a0 1b3", 0, id="after the span"),
        pytest.param(CountBy.PUBLISHER, "1a0 2b1 3c2 4d3", 1, id="told once in the span"),
        pytest.param(CountBy.PUBLISHER, "1a0 2b1 3c4 4d5", 2, id="told again after the span"),
        pytest.param(CountBy.STORY, "1a0 1b1", 0, id="one story"),
        pytest.param(CountBy.STORY, "1a0 2a1", 1, id="two stories"),
        pytest.param(CountBy.ENTRY, "1a0 1a1", 1, id="two entries"),
        pytest.param(CountBy.ENTRY, "1a0", 0, id="one entry"),
    ],
)
def test_a_rule_that_counts_alerts_once_a_span_when_enough_came(by: CountBy, told: str, alerts: int) -> None:
    # story, publisher, hour
    entries = [
        _came(number, "Coup", story=int(story), publisher=publisher, hours=int(hour))
        for number, (story, publisher, hour) in enumerate(map(tuple, told.split()))
    ]
    assert _record(rule("coup", count=Count(2, 2 * _HOUR, by)), *entries).alerts == alerts


def test_two_papers_that_print_one_agencys_text_count_as_the_live_program_counts_them() -> None:
    copies = [_came(number, "Coup", story=1, publisher=paper, voice="Agency") for number, paper in ((1, "a"), (2, "b"))]
    raised = Raise(Severity.CRITICAL, 2, 2 * _HOUR)
    assert _record(rule("coup", count=Count(2, 2 * _HOUR)), *copies).alerts == 0
    assert _record(rule("coup", raises=raised), *copies).alerts == 1
    own = _came(3, "Coup", story=1, publisher="c")
    assert _record(rule("coup", count=Count(2, 2 * _HOUR)), *copies, own).alerts == 1
    assert _record(rule("coup", raises=raised), *copies, own).alerts == 2


def test_what_is_held_back_does_not_count_towards_the_number() -> None:
    watch = rule("coup", unless="film", count=Count(2, 2 * _HOUR))
    assert _record(watch, _came(1, "Coup"), _came(2, "Coup film", publisher="herald")).alerts == 0


def test_a_rule_that_spoke_of_nothing_has_an_empty_record() -> None:
    rules = RuleSet([rule("coup"), rule("junta", name="other")])
    records = rehearse(rules, [_came(1, "Coup")], Severity.HIGH)
    assert list(records) == ["watch", "other"]
    assert records["other"] == Rehearsed()


def test_only_the_newest_are_shown() -> None:
    record = _record(rule("coup"), *(_came(number, "Coup") for number in range(NEWEST + 5)))
    assert [stored.entry_id for stored, _ in record.newest] == list(range(5, NEWEST + 5))
    assert record.newest[0][1].evidence[0].text == "Coup"


def test_days_of_all_rules_are_added_up() -> None:
    entries = [_came(1, "Coup junta"), _came(2, "Coup", hours=24), _came(3, "Junta film", hours=24)]
    records = rehearse(RuleSet([rule("coup"), rule("junta", name="j", unless="film")]), entries, Severity.HIGH)
    assert per_day(records.values()) == {date(2026, 5, 4): 2, date(2026, 5, 5): 1}
    assert per_day([]) == {}


@pytest.mark.parametrize(
    ("title", "verdict"),
    [
        ("Quiet", Verdict.SILENT),
        ("Coup", Verdict.FIRES),
        ("Coup film", Verdict.HELD),
        ("Coup film play", Verdict.DROPPED),
    ],
)
def test_a_match_has_one_verdict(title: str, verdict: Verdict) -> None:
    watch = rule("coup", unless="film", drop="play")
    assert verdict_of(match(watch, Headline(title, language="en"))) == verdict


def test_what_another_rule_set_treats_otherwise_is_told_and_nothing_else() -> None:
    old = RuleSet([rule("coup"), rule("army", name="gone"), rule("port", name="same")])
    new = RuleSet([rule("(coup | junta)", unless="film"), rule("port", name="same"), rule("fleet", name="added")])
    titles = ["Coup", "Coup film", "Junta", "Army", "Port", "Fleet", "Quiet"]
    entries = [_came(number, title) for number, title in enumerate(titles)]
    found = list(changes(old, new, entries))
    assert [(titles[each.stored.entry_id], each.rule, each.before, each.after) for each in found] == [
        ("Coup film", "watch", Verdict.FIRES, Verdict.HELD),
        ("Junta", "watch", Verdict.SILENT, Verdict.FIRES),
        ("Army", "gone", Verdict.FIRES, Verdict.SILENT),
        ("Fleet", "added", Verdict.SILENT, Verdict.FIRES),
    ]
    assert [each.match.evidence[0].text for each in found] == ["Coup", "Junta", "Army", "Fleet"]
    assert list(changes(old, RuleSet([replace(each) for each in old.rules]), entries)) == []
