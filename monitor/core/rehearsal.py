"""What rules would have done with entries that came: matches by day, alerts and stories, and what changes with them."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from monitor.core.rules import CountBy, Rule, RuleSet
from monitor.core.values import Headline, RuleMatch
from monitor.words import Severity

NEWEST = 10


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it came; `at` is when it was news: its arrival, or for a back catalogue its publication."""

    entry_id: int
    story_id: int
    publisher: str
    at: datetime
    link: str
    headline: Headline


class Verdict(StrEnum):
    SILENT = "silent"
    FIRES = "fires"
    HELD = "held"
    DROPPED = "dropped"


@dataclass(slots=True)
class Rehearsed:
    """One rule's record. `alerts` counts once a story, or once a span for a rule that counts; none below the line."""

    days: Counter[date] = field(default_factory=Counter)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    stories: set[int] = field(default_factory=set)
    alerts: int = 0
    newest: deque[tuple[Stored, RuleMatch]] = field(default_factory=lambda: deque(maxlen=NEWEST))
    newest_held: deque[tuple[Stored, RuleMatch]] = field(default_factory=lambda: deque(maxlen=NEWEST))
    _counted: deque[tuple[datetime, object]] = field(default_factory=deque)
    _told_at: datetime | None = None

    def take(self, rule: Rule, stored: Stored, match: RuleMatch, least: Severity) -> None:
        verdict = verdict_of(match)
        self.verdicts[verdict] += 1
        if verdict == Verdict.HELD:
            self.newest_held.append((stored, match))
        if verdict != Verdict.FIRES:
            return
        self.days[stored.at.date()] += 1
        self.newest.append((stored, match))
        first = stored.story_id not in self.stories
        self.stories.add(stored.story_id)
        self.alerts += match.severity.rank >= least.rank and self._alerts(rule, stored, first)

    def _alerts(self, rule: Rule, stored: Stored, first: bool) -> bool:
        if rule.count is None:
            return first
        by = {
            CountBy.PUBLISHER: stored.publisher,
            CountBy.STORY: stored.story_id,
            CountBy.ENTRY: stored.entry_id,
        }[rule.count.by]
        self._counted.append((stored.at, by))
        while stored.at - self._counted[0][0] > rule.count.within:
            self._counted.popleft()
        told = self._told_at is not None and stored.at - self._told_at <= rule.count.within
        if told or len({each for _, each in self._counted}) < rule.count.at_least:
            return False
        self._told_at = stored.at
        return True


def verdict_of(match: RuleMatch | None) -> Verdict:
    if match is None:
        return Verdict.SILENT
    if match.dropped:
        return Verdict.DROPPED
    return Verdict.HELD if match.held else Verdict.FIRES


def rehearse(rules: RuleSet, entries: Iterable[Stored], least: Severity) -> dict[str, Rehearsed]:
    """By rule; a rule that spoke of nothing has an empty record. Entries come in order of arrival."""
    records = {rule.name: Rehearsed() for rule in rules.rules}
    for stored in entries:
        for match in rules.match(stored.headline):
            records[match.rule].take(rules.by_name[match.rule], stored, match, least)
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
