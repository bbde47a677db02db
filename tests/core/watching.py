"""Rules and headlines for the tests of the matcher."""

from collections.abc import Mapping
from typing import Any

from monitor.core.rules import Pattern, Rule, RuleSet, read_lists, read_patterns
from monitor.core.values import Evidence, Headline, RuleMatch
from monitor.words import Severity


def patterns(block: str, lists: Mapping[str, str] | None = None) -> tuple[Pattern, ...]:
    """The patterns of a block that is all right."""
    terms, bad_lists = read_lists(lists or {})
    assert {name: str(problem) for name, problem in bad_lists.items()} == {}
    found, problems = read_patterns(block, terms)
    assert [str(problem) for problem in problems] == []
    return found


def rule(
    *lines: str,
    name: str = "watch",
    unless: str = "",
    drop: str = "",
    every: str = "",
    lists: Mapping[str, str] | None = None,
    **others: Any,
) -> Rule:
    """`every` are the lines of `all`."""
    return Rule(
        name,
        others.pop("severity", Severity.HIGH),
        match=patterns("\n".join(lines), lists),
        all=patterns(every, lists),
        unless=patterns(unless, lists),
        drop=patterns(drop, lists),
        **others,
    )


def match(watch: Rule, entry: Headline) -> RuleMatch | None:
    found = RuleSet([watch]).match(entry)
    return found[0] if found else None


def evidence(pattern: str, title: str, language: str = "en") -> tuple[Evidence, ...]:
    """Where a rule of this one pattern fires in the title; () where it does not."""
    found = match(rule(pattern), Headline(title, language=language))
    return found.evidence if found else ()


def words(pattern: str, title: str, language: str = "en") -> list[str]:
    """The words of the title that make a rule of this one pattern fire, in the order they stand in."""
    return [each.text for each in evidence(pattern, title, language)]
