"""What an author is warned of before a rule stays silent for a year or says everything twice."""

import pytest

from monitor.core.rules import Rule, lint
from monitor.words import Severity
from tests.core.watching import rule

_FEEDS = frozenset({"wire", "sport"})


def _told(*rules: Rule, feeds: frozenset[str] | None = None) -> list[str]:
    return [f"{each.rule}/{each.key}/{each.line}: {each.text}" for each in lint(rules, feeds)]


@pytest.mark.parametrize(
    ("watch", "told"),
    [
        (rule("junta", "coup -coup"), "match/2: coup -coup: can never match: a word must be there and be absent"),
        (
            rule("a coup -(film | coup)"),
            "match/1: a coup -(film | coup): can never match: a word must be there and be absent",
        ),
        (
            rule("es: coup", languages=frozenset({"en", "de"})),
            "match/1: es: coup: can never match: it is for es, the rule for de, en",
        ),
        (
            rule("coup", unless="film\nes: plan", languages=frozenset({"en"})),
            "unless/2: es: plan: can never match: it is for es, the rule for en",
        ),
        (
            rule("coup", every="es: plan", languages=frozenset({"en"})),
            "all/1: es: plan: can never match: it is for es, the rule for en",
        ),
        (rule("coup", alert_to=()), "match/1: alerts nobody: alert.to is empty"),
        (
            rule("coup", only=frozenset({"x"}), never=frozenset({"x", "y"})),
            "match/1: can never match: its sources are all in `not`",
        ),
        (rule("junta", "coup plot", unless="film\ncoup"), "unless/2: coup: every match of coup plot is held back"),
        (rule("coup plot", drop="plots"), "drop/1: plots: every match of coup plot is dropped"),
        (rule("(a b | c)", unless="(c | b)"), "unless/1: (c | b): every match of (a b | c) is held back"),
        (rule("coup", "junta", "coups"), "match/3: coups: repeats line 1: coup"),
        (rule("a b", "b a"), "match/2: b a: repeats line 1: a b"),
        (rule("/x/", "/x/"), "match/2: /x/: repeats line 1: /x/"),
        (rule("a b", "b"), "match/1: a b: is hidden by line 2: b"),
        (rule("a b ~8", "a b"), "match/2: a b: is hidden by line 1: a b ~8"),
        (rule("a b ~any", "a b ~p"), "match/2: a b ~p: is hidden by line 1: a b ~any"),
        (rule("(a | b) c", "a c"), "match/2: a c: is hidden by line 1: (a | b) c"),
        (rule('"no fly zone"', '"fly zone"'), 'match/1: "no fly zone": is hidden by line 2: "fly zone"'),
        (rule("coup", "title: coup"), "match/2: title: coup: is hidden by line 1: coup"),
        (rule("coup", "es: coup"), "match/2: es: coup: is hidden by line 1: coup"),
        (rule("coup -film", "coup"), "match/1: coup -film: is hidden by line 2: coup"),
        (rule("pre-emptive", "preemptive"), "match/2: preemptive: is hidden by line 1: pre-emptive"),
    ],
)
def test_a_suspicious_line_is_told_with_its_place(watch: Rule, told: str) -> None:
    assert _told(watch) == [f"watch/{told}"]


@pytest.mark.parametrize(
    "watch",
    [
        rule("(coup | junta) -coup"),
        rule("(missile launch | rocket) -rocket"),
        rule("coup -film", "film -coup"),
        rule("es: coup"),
        rule("es: coup", languages=frozenset({"es", "en"})),
        rule("coup", unless="coup plot"),
        rule("coup", unless="es: coup"),
        rule("coup", unless="title: coup"),
        rule("tag: coup", unless="coup"),
        rule("a (b | c d)", unless="b"),
        rule("a b", "b c"),
        rule("a b ~0", unless="a b c"),
        rule("coup", "tag: coup"),
        rule("/coup/", "tag: /coup/"),
        rule("=IRIS", "=Iris"),
        rule("=US", "us"),
        rule("organise", "stem:organise"),
        rule("title: coup", "url: coup"),
        rule("es: coup", "fr: coup"),
        rule('"a b"', '"b a"'),
        rule("a b ~2", "a c ~8"),
    ],
    ids=lambda watch: " ; ".join(pattern.text for pattern in (*watch.match, *watch.unless)),
)
def test_lines_that_may_both_speak_are_left_in_peace(watch: Rule) -> None:
    assert _told(watch) == []


def test_a_line_that_is_wider_than_another_is_not_called_its_repeat() -> None:
    assert _told(rule("a b", "a (b | c d)")) == ["watch/match/1: a b: is hidden by line 2: a (b | c d)"]


@pytest.mark.parametrize(
    ("only", "never", "told"),
    [
        ("wire", "sport", []),
        ("", "", []),
        ("wire wrie", "", ['sources: no feed has the name, publisher or tag "wrie"']),
        ("", "sprot", ['sources: no feed has the name, publisher or tag "sprot"']),
        (
            "wrie",
            "",
            [
                'sources: no feed has the name, publisher or tag "wrie"',
                "can never match: no feed is among its sources",
            ],
        ),
    ],
)
def test_a_source_that_no_feed_has_is_told_when_the_feeds_are_known(only: str, never: str, told: list[str]) -> None:
    watch = rule("coup", only=frozenset(only.split()), never=frozenset(never.split()))
    assert _told(watch, feeds=_FEEDS) == [f"watch/match/1: {each}" for each in told]
    assert _told(watch) == []


def test_a_rule_that_says_what_another_says_is_told() -> None:
    wide, twin, narrow = (rule(line, name=line[-4:]) for line in ("coup", "the coup", "coup plot"))
    assert _told(wide, narrow) == ["plot/match/1: coup plot: is hidden by rule coup, line 1: coup"]
    assert _told(narrow, wide) == ["plot/match/1: coup plot: is hidden by rule coup, line 1: coup"]
    assert _told(rule("coups", name="first"), wide) == ["coup/match/1: coup: repeats rule first, line 1: coups"]
    assert _told(twin, rule("junta", name="junta")) == []


@pytest.mark.parametrize(
    "wide",
    [
        rule("coup", severity=Severity.LOW),
        rule("coup", every="army"),
        rule("coup", unless="film"),
        rule("coup", drop="film"),
        rule("coup", only=frozenset({"wire"})),
        rule("coup", never=frozenset({"wire"})),
        rule("coup", languages=frozenset({"en"})),
        rule("coup", alert_to=("duty@example.org",)),
        rule("title: coup"),
        rule("en: coup"),
    ],
    ids=["severity", "all", "unless", "drop", "only", "not", "lang", "alert", "field", "language"],
)
def test_a_rule_that_tells_less_or_to_others_hides_no_rule(wide: Rule) -> None:
    assert _told(wide, rule("coup plot", name="narrow")) == []
