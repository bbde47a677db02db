"""Rules and headlines for the tests of the matcher."""

from monitor.core.rules import Rule, RuleSet, read_patterns
from monitor.core.values import Evidence, Headline
from monitor.words import Severity


def rule(*patterns: str, name: str = "watch", unless: str = "") -> Rule:
    return Rule(name, Severity.HIGH, read_patterns("\n".join(patterns)), read_patterns(unless))


def evidence(pattern: str, title: str, language: str = "en") -> tuple[Evidence, ...]:
    """Where a rule of this one pattern fires in the title; () where it does not."""
    matches = RuleSet([rule(pattern)]).match(Headline(title, language=language))
    return matches[0].evidence if matches else ()
