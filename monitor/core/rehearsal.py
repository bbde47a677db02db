"""What rules would have done with entries that came: matches by day, alerts and stories, and what changes with them."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from monitor.core.rules import Count, CountBy, Rule, RuleSet
from monitor.core.values import Headline, RuleMatch
from monitor.words import Severity

NEWEST = 10


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it came; `at` is when it was news: its arrival, or for a back catalogue its publication. `voice` is
    whose text it is, which counts where a rule counts publishers.

    `news` is False for what the live program leaves to the briefing: a back catalogue, and what slid in late.
    """

    entry_id: int
    story_id: int
    publisher: str
    voice: str
    at: datetime
    link: str
    headline: Headline
    news: bool = True


class Verdict(StrEnum):
    SILENT = "silent"
    FIRES = "fires"
    HELD = "held"
    DROPPED = "dropped"


@dataclass(slots=True)
class Rehearsed:
    """One rule's record. `told` are the entries that alert: the first of a story, again when its severity is raised,
    once a span for a rule that counts; none below the line."""

    days: Counter[date] = field(default_factory=Counter)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    stories: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    newest: list[tuple[Stored, RuleMatch]] = field(default_factory=list)
    newest_held: list[tuple[Stored, RuleMatch]] = field(default_factory=list)
    _severities: dict[int, Severity] = field(default_factory=dict)
    _counted: deque[tuple[datetime, object]] = field(default_factory=deque)
    _told_at: datetime | None = None

    @property
    def alerts(self) -> int:
        return len(self.told)

    def take(self, rule: Rule, stored: Stored, match: RuleMatch, least: Severity, publishers: int) -> None:
        """`publishers`: how many tell the story within the span of the rule's `raise`."""
        verdict = verdict_of(match)
        self.verdicts[verdict] += 1
        if verdict == Verdict.HELD:
            _keep_newest(self.newest_held, stored, match)
        if verdict != Verdict.FIRES:
            return
        self.days[stored.at.date()] += 1
        _keep_newest(self.newest, stored, match)
        self.stories.add(stored.story_id)
        severity = match.severity
        if rule.raises is not None and publishers >= rule.raises.publishers:
            severity = max(severity, rule.raises.to, key=lambda each: each.rank)
        if stored.news and severity.rank >= least.rank and self._alerts(rule, stored, severity):
            self.told.add(stored.entry_id)

    def _alerts(self, rule: Rule, stored: Stored, severity: Severity) -> bool:
        if rule.count is not None and not self._reached(rule.count, stored):
            return False
        before = self._severities.get(stored.story_id)
        if before is not None and before.rank >= severity.rank:
            return False
        self._severities[stored.story_id] = severity
        self._told_at = stored.at
        return True

    def _reached(self, count: Count, stored: Stored) -> bool:
        by = {
            CountBy.PUBLISHER: stored.voice,
            CountBy.STORY: stored.story_id,
            CountBy.ENTRY: stored.entry_id,
        }[count.by]
        self._counted.append((stored.at, by))
        while stored.at - self._counted[0][0] > count.within:
            self._counted.popleft()
        told = self._told_at is not None and stored.at - self._told_at <= count.within
        return not told and len({each for _, each in self._counted}) >= count.at_least


def _keep_newest(kept: list[tuple[Stored, RuleMatch]], stored: Stored, match: RuleMatch) -> None:
    """Feeds list the newest first, so that arrival is no order of news. The newest stands last."""
    kept.append((stored, match))
    kept.sort(key=lambda pair: pair[0].at)
    del kept[:-NEWEST]


def verdict_of(match: RuleMatch | None) -> Verdict:
    if match is None:
        return Verdict.SILENT
    if match.dropped:
        return Verdict.DROPPED
    return Verdict.HELD if match.held else Verdict.FIRES


def rehearse(rules: RuleSet, entries: Iterable[Stored], least: Severity) -> dict[str, Rehearsed]:
    """By rule; a rule that spoke of nothing has an empty record. Entries come in order of arrival."""
    records = {rule.name: Rehearsed() for rule in rules.rules}
    voices: dict[int, dict[str, datetime]] = defaultdict(dict)
    for stored in entries:
        voices[stored.story_id][stored.voice] = stored.at
        for match in rules.match(stored.headline):
            rule = rules.by_name[match.rule]
            since = stored.at - rule.raises.within if rule.raises else stored.at
            publishers = sum(1 for at in voices[stored.story_id].values() if at >= since)
            records[match.rule].take(rule, stored, match, least, publishers)
    return records


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that another rule set treats otherwise."""

    stored: Stored
    rule: str
    before: Verdict
    after: Verdict
    match: RuleMatch


def changes(old: RuleSet, new: RuleSet, entries: Iterable[Stored]) -> Iterator[Change]:
    for stored in entries:
        before = {match.rule: match for match in old.match(stored.headline)}
        after = {match.rule: match for match in new.match(stored.headline)}
        for rule in before | after:
            verdicts = verdict_of(before.get(rule)), verdict_of(after.get(rule))
            if verdicts[0] != verdicts[1]:
                yield Change(stored, rule, *verdicts, after.get(rule) or before[rule])


def per_day(records: Iterable[Rehearsed]) -> dict[date, int]:
    days: dict[date, int] = defaultdict(int)
    for record in records:
        for day, count in record.days.items():
            days[day] += count
    return dict(days)
