"""Which entries a rule speaks of, and with which words."""

from monitor.core.rules.matcher import NearMiss, RuleSet
from monitor.core.rules.patterns import PatternError, Rule, Term, read_patterns

__all__ = ["NearMiss", "PatternError", "Rule", "RuleSet", "Term", "read_patterns"]
