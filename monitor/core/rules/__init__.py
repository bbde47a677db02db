"""Which entries a rule speaks of, and with which words."""

from monitor.core.rules.lines import PatternError, read_patterns
from monitor.core.rules.lint import Remark, lint
from monitor.core.rules.lists import read_lists
from monitor.core.rules.matcher import RuleSet
from monitor.core.rules.misses import NearMiss, near_misses
from monitor.core.rules.patterns import Pattern
from monitor.core.rules.rule import Count, CountBy, Raise, Rule

__all__ = [
    "Count",
    "CountBy",
    "NearMiss",
    "Pattern",
    "PatternError",
    "Raise",
    "Remark",
    "Rule",
    "RuleSet",
    "lint",
    "near_misses",
    "read_lists",
    "read_patterns",
]
