"""Topics: what rules are called in public, who chose which, and what of a briefing that leaves."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.core.briefing import BriefedRule, BriefedStory, HeldBack
from monitor.core.rules import Rule
from monitor.words import EVERY_TOPIC


def concerns(topics: Collection[str] | None, topic: str) -> bool:
    """Whether whoever chose these topics hears of a rule with this one. None: of every rule, whatever its topic."""
    return topics is None or (topic != "" and (EVERY_TOPIC in topics or topic in topics))


def public_topics(rules: Iterable[Rule]) -> list[str]:
    """What a subscriber may choose from, in the order of the rules."""
    return list(dict.fromkeys(rule.topic for rule in rules if rule.topic))


@dataclass(frozen=True)
class Eyes:
    """How whoever chose `topics` sees what rules found: by the topics alone. `by_rule` are the topics of the rules."""

    topics: frozenset[str] | None
    by_rule: Mapping[str, str]

    def stories(self, stories: Iterable[BriefedStory]) -> list[BriefedStory]:
        """A story that no rule of theirs speaks of is one of the others to them."""
        return [replace(story, rules=tuple(self._rules(story.rules))) for story in stories]

    def held_back(self, reports: Iterable[HeldBack]) -> list[HeldBack]:
        seen = ((report, tuple(dict.fromkeys(map(self._seen, report.rules)))) for report in reports)
        return [replace(report, rules=kept) for report, rules in seen if (kept := tuple(filter(None, rules)))]

    def dropped(self, dropped: Mapping[str, int]) -> dict[str, int]:
        counted: Counter[str] = Counter()
        for rule, number in dropped.items():
            if name := self._seen(rule):
                counted[name] += number
        return dict(counted)

    def _rules(self, rules: Iterable[BriefedRule]) -> list[BriefedRule]:
        found: dict[str, BriefedRule] = {}
        for rule in rules:
            name = self._seen(rule.name)
            if name and (name not in found or rule.severity.rank > found[name].severity.rank):
                found[name] = replace(rule, name=name)
        return list(found.values())

    def _seen(self, rule: str) -> str:
        topic = self.by_rule.get(rule, "")
        if self.topics is None:
            return rule
        return topic if concerns(self.topics, topic) else ""
