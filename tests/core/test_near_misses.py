"""What a silent rule says it lacked."""

import pytest

from monitor.core.rules import Rule, RuleSet, near_misses
from monitor.core.values import Headline
from tests.core.watching import rule


def _reasons(entry: Headline, *rules: Rule) -> list[str]:
    return [each.reason for each in near_misses(RuleSet(rules), entry)]


@pytest.mark.parametrize(
    ("pattern", "title", "reason"),
    [
        ("airspace incursion", "Airspace is shut", "no incursion beside it"),
        ("airspace (incursion | breach)", "Airspace is shut", "no incursion or breach beside it"),
        ("(a | b) (c | d)", "d", "no a or b beside it"),
        ("a b c d", "a b c", "no d beside it"),
        ('coup "armed men"', "A coup by men", 'no "armed men" beside it'),
        ("airspace incursion ~any", "Airspace is shut", "no incursion beside it"),
        ("airspace incursion", "Airspace 1 2 3 4 5 6 7 incursion", "airspace and incursion 7 words apart, 4 allowed"),
        ("airspace incursion ~0", "Air-space an incursion", "airspace and incursion 1 word apart, 0 allowed"),
        (
            "airspace incursion",
            "Airspace 1 2 3 4 5 6 7 incursion 1 2 3 4 5 airspace",
            "airspace and incursion 5 words apart, 4 allowed",
        ),
        (
            "airspace incursion -drill",
            "Airspace 1 2 3 4 5 incursion drill",
            "airspace and incursion 5 words apart, 4 allowed",
        ),
        ("侵入 防空 ~0", "防空識別圏侵入", "侵入 and 防空 2 words apart, 0 allowed"),
        ("airspace incursion", "Airspace shut. Incursion", "airspace and incursion stand in different sentences"),
        ("airspace incursion ~p", "Airspace\nIncursion", "airspace and incursion stand in different sentences"),
        ("airspace incursion -drill", "Airspace incursion drill", "-drill stands beside it"),
        ("coup -(film | play)", "Play of the coup", "-film or play stands beside it"),
    ],
)
def test_a_silent_rule_says_what_was_missing(pattern: str, title: str, reason: str) -> None:
    entry = Headline(title, language="en")
    (miss,) = near_misses(RuleSet([rule(pattern)]), entry)
    assert (miss.rule, miss.pattern, miss.reason) == ("watch", pattern, reason)


def test_words_of_two_fields_are_a_near_miss() -> None:
    entry = Headline("Airspace is shut", "An incursion", language="en")
    assert _reasons(entry, rule("airspace incursion")) == ["airspace and incursion stand in different fields"]


@pytest.mark.parametrize(
    ("watch", "reason"),
    [
        (rule("coup", every="army"), "nothing of `all` (army) stands in the item"),
        (rule("coup", only=frozenset({"wire"})), "the rule does not listen to this source"),
        (rule("coup", never=frozenset({"sport"})), "the rule does not listen to this source"),
        (rule("coup", languages=frozenset({"fr", "es"})), "the text is read as en, the rule is for es, fr"),
    ],
    ids=["all", "only", "not", "lang"],
)
def test_a_rule_that_was_shut_out_says_by_what(watch: Rule, reason: str) -> None:
    entry = Headline("A coup", language="en", source=frozenset({"sport"}))
    assert _reasons(entry, watch) == [reason]


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("coup", "Quiet"),
        ("airspace incursion", "Quiet"),
        ("a b c", "a"),
        ("a b c d", "a b"),
        ("strike strike", "One strike"),
        ("/coup/", "A Coup"),
        ("es: coup", "A coup"),
        ("airspace incursion", "Airspace incursion"),
        ("airspace incursion", "Airspace. Airspace incursion"),
    ],
)
def test_no_near_miss_is_told_of_a_rule_that_fired_or_was_far_off(pattern: str, title: str) -> None:
    assert _reasons(Headline(title, language="en"), rule(pattern, unless="airspace")) == []


def test_the_nearest_miss_comes_first_and_each_rule_tells_its_nearest_only() -> None:
    rules = [
        rule("airspace incursion", name="a word is missing"),
        rule("airspace incursion", "airspace strike", "fleet airspace", name="too far"),
        rule("airspace -strike ~s", name="absent"),
        rule("airspace fleet", name="two sentences"),
        rule("airspace", every="army", name="all"),
        rule("airspace", name="fires"),
        rule("coup", name="far off"),
    ]
    entry = Headline("Airspace 1 2 3 4 5 strike. Navy. Fleet", language="en")
    misses = near_misses(RuleSet(rules), entry)
    assert [each.rule for each in misses] == ["all", "absent", "too far", "two sentences", "a word is missing"]
    assert misses[2].reason == "airspace and strike 5 words apart, 4 allowed"
    assert [each.distance for each in misses] == sorted(each.distance for each in misses)
