"""Topics: what rules are called in public, who chose which, and what that leaves of briefings and alerts."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from monitor.core.briefing import BriefedRule, BriefedStory, HeldBack
from monitor.core.rules import Rule
from monitor.words import EVERY_TOPIC, Disposition, Severity

# As a silence gives itself for a reason, with its author.
_SILENCE = re.compile(r"silence(?: \d+ of|d by) (?P<author>.+?) until ")


def concerns(topics: Collection[str] | None, topic: str) -> bool:
    """Whether whoever chose these topics hears of a rule with this one. None: of every rule, whatever its topic."""
    return topics is None or (topic != "" and (EVERY_TOPIC in topics or topic in topics))


def public_topics(rules: Iterable[Rule]) -> list[str]:
    """What a subscriber may choose from, in the order of the rules."""
    return list(dict.fromkeys(rule.topic for rule in rules if rule.topic))


@dataclass(frozen=True, slots=True)
class Powers:
    """What somebody may do and see of alerts. `takes`: acknowledge them, and see who did and who is next; `every_rule`:
    also of rules without a topic."""

    takes: bool = True
    every_rule: bool = True


def powers_of(topics: Collection[str] | None, name: str, named: Collection[str]) -> Powers:
    """Whoever joined by a page ends nobody's escalation, unless the operator's routes name them."""
    return Powers(topics is None or name in named, topics is None)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A rule spoke of a report; `fate` is why there was an alert or none."""

    rule: str
    severity: Severity
    fate: str
    alerted: bool


@dataclass(frozen=True, slots=True)
class FoundReport:
    """`back_catalogue`: it stood in its feed when that was asked first, and is told only where a rule speaks of it."""

    title: str
    link: str
    summary: str
    language: str
    publisher: str
    published_at: datetime | None
    old: bool
    back_catalogue: bool
    spoken: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundStory(BriefedStory):
    """As whoever hears every rule sees it; with its `reports`, if rules spoke of them, for everybody else."""

    first_seen_at: datetime | None = None
    reports: tuple[FoundReport, ...] = ()


def found_story(number: int, first_seen_at: datetime, reports: Sequence[FoundReport]) -> FoundStory:
    """It is shown by the first report that a rule speaks of, else by its first."""
    chosen = next((report for report in reports if report.spoken), reports[0])
    spoken = [each for report in reports for each in report.spoken]
    rules: dict[str, BriefedRule] = {}
    for each in spoken:
        rules.setdefault(each.rule, BriefedRule(each.rule, each.severity, each.fate))
    return FoundStory(
        title=chosen.title,
        link=chosen.link,
        summary=chosen.summary,
        language=chosen.language,
        publishers=tuple(dict.fromkeys(report.publisher for report in reports)),
        happened_at=min(at for at in (chosen.published_at, first_seen_at) if at),
        rules=tuple(rules.values()),
        alerted=any(each.alerted for each in spoken),
        old=all(report.old for report in reports),
        number=number,
        first_seen_at=first_seen_at,
        # They are many, and of a story without rules all see the same.
        reports=tuple(reports) if spoken else (),
    )


@dataclass(frozen=True)
class Eyes:
    """How whoever chose `topics` sees what rules found: by the topics alone, as if there were no other rules. `by_rule`
    are the topics of the rules."""

    topics: frozenset[str] | None
    by_rule: Mapping[str, str]

    def stories(self, stories: Iterable[FoundStory]) -> list[BriefedStory]:
        """A story that no rule of theirs speaks of is one of the others to them."""
        found = (self._story(story) for story in stories)
        return [_briefed(story, tuple(self._rules(story.rules))) for story in found if story is not None]

    def held_back(self, reports: Iterable[HeldBack], reader: str = "") -> list[HeldBack]:
        """`reader` is the address of whoever has these eyes, if that is one alone."""
        seen = ((report, tuple(dict.fromkeys(map(self._seen, report.rules)))) for report in reports)
        return [
            replace(report, rules=kept, reason=self._reason(report.reason, reader))
            for report, rules in seen
            if (kept := tuple(filter(None, rules)))
        ]

    def dropped(self, dropped: Mapping[str, int]) -> dict[str, int]:
        counted: Counter[str] = Counter()
        for rule, number in dropped.items():
            if name := self._seen(rule):
                counted[name] += number
        return dict(counted)

    def _story(self, story: FoundStory) -> FoundStory | None:
        """Without what only rules of others found; None: nothing is left."""
        if story.first_seen_at is None or all(self._seen(rule.name) for rule in story.rules):
            return story
        reports = [
            replace(report, spoken=tuple(each for each in report.spoken if self._seen(each.rule)))
            for report in story.reports
        ]
        kept = [report for report in reports if report.spoken or not report.back_catalogue]
        return found_story(story.number, story.first_seen_at, kept) if kept else None

    def _reason(self, reason: str, reader: str) -> str:
        """What others say when they mute something is not for everybody."""
        silence = _SILENCE.search(reason)
        if self.topics is None or silence is None or silence["author"] == reader:
            return reason
        return Disposition.SILENCED.value

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


def _briefed(story: FoundStory, rules: tuple[BriefedRule, ...]) -> BriefedStory:
    """As an edition keeps it."""
    return BriefedStory(**{each.name: getattr(story, each.name) for each in fields(BriefedStory)} | {"rules": rules})
