"""Match, group and decide, for entries that have arrived; owe the alerts that follow."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from monitor.core.alerts import AlertPolicy, Arrival, Past, decide, hears, is_news
from monitor.core.rules import CountBy, Rule, RuleSet, read_patterns
from monitor.core.stories import OPEN_FOR, OpenStories
from monitor.core.timing import age
from monitor.core.values import Headline, RuleMatch
from monitor.jobs.boundary import Progressed
from monitor.models import Entry, Feed, Silence, Story, Subscriber
from monitor.store import alerts, entries, job_runs, outbox, silences, subscribers
from monitor.store.db import Database, single_triage
from monitor.words import Disposition, Severity

log = structlog.get_logger("triage")
_BATCH = 200
# Stories that have closed meanwhile are forgotten then.
_REBUILT_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Triage:
    """`woken` is called after alerts were owed."""

    db: Database
    rules: RuleSet
    policy: AlertPolicy
    now: Callable[[], datetime]
    woken: Callable[[], None]
    progressed: Progressed
    _memory: "_Memory" = field(default_factory=lambda: _Memory())

    async def run(self) -> int:
        """Triage everything that waits; how many entries that was."""
        total = 0
        while done := await self.db.write(self._batch):
            for line in done:
                if line.owed:
                    log.warning("alert", rule=", ".join(line.rules), title=line.title, people=line.owed)
            total += len(done)
            self.progressed("triage")
            if any(line.owed for line in done):
                self.woken()
        return total

    def _batch(self, session: Session) -> list["_Line"]:
        single_triage(session)
        waiting = entries.untriaged(session, _BATCH)
        if not waiting:
            return []
        now = self.now()
        people = subscribers.confirmed(session)
        muting = silences.active(session, now)
        arrival = entries.latest_arrival(session)
        open_stories = self._memory.of(arrival, now) or _all_open(session, now)
        lines = []
        for number, entry in enumerate(waiting, arrival + 1):
            entry.arrival = number
            _group(session, entry, open_stories, now)
            lines.append(self._decide(session, entry, people, muting, now))
        self._memory.keep(open_stories, arrival + len(waiting), now)
        for (rule, pattern), times in self.rules.gave_up.items():
            log.warning("a regular expression took too long", rule=rule, pattern=pattern, times=times)
            trouble = f"rule {rule}: {pattern} takes too long and is given up; rewrite it"
            job_runs.went_wrong(session, "rules", trouble, now)
        self.rules.gave_up.clear()
        return lines

    def _decide(
        self, session: Session, entry: Entry, people: list[Subscriber], muting: list[Silence], now: datetime
    ) -> "_Line":
        feed = session.get_one(Feed, entry.feed_id)
        matches = self.rules.match(headline(entry, feed))
        if not matches:
            return _Line(entry.title, (), 0)
        arrival = Arrival(entry.arrived_at, entry.published_at, entry.previous_poll_at)
        told = alerts.told_rules(session, entry.story_id or 0)
        fates: list[tuple[RuleMatch, Disposition, str]] = []
        for found in matches:
            rule = self.rules.by_name[found.rule]
            match, raised = _raised(session, entry, found, rule)
            counts = not match.held and not match.dropped and is_news(arrival, self.policy)
            past, counted = _past(session, entry, feed, rule, told.get(match.rule), counts=counts)
            muted = _muted(muting, match, headline(entry, feed))
            past = replace(past, silenced=bool(muted))
            fate = decide(match, arrival, past, bool(self._wanting(people, [match])), self.policy)
            fates.append((match, fate, "; ".join(filter(None, (counted, raised, muted)))))
        telling = [match for match, fate, _ in fates if fate == Disposition.ALERTED]
        alert = alerts.tell(session, entry.story_id or 0, telling, now) if telling else None
        for match, fate, note in fates:
            alerts.record(session, entry, match, fate, note, alert if match in telling else None, now)
        session.flush()
        hearing = self._wanting(people, telling)
        if alert is not None:
            for person in hearing:
                outbox.owe_alert(session, alert, person, now)
        return _Line(entry.title, tuple(match.rule for match in telling), len(hearing))

    def _wanting(self, people: list[Subscriber], matches: list[RuleMatch]) -> list[Subscriber]:
        return [person for person in people if any(self._wants(person, match) for match in matches)]

    def _wants(self, person: Subscriber, match: RuleMatch) -> bool:
        route = self.rules.by_name[match.rule].alert_to
        return hears(person.alert_from, [match.severity]) if route is None else person.address in route


@dataclass
class _Memory:
    """The open stories as the last batch left them; good only while the newest arrival is still that batch's,
    so a batch that was rolled back, or another process, makes it void."""

    _stories: OpenStories | None = None
    _upto: int = -1
    _built_at: datetime | None = None

    def of(self, arrival: int, now: datetime) -> OpenStories | None:
        old = self._built_at is None or now - self._built_at > _REBUILT_EVERY
        stories, self._stories = self._stories, None
        return None if old or arrival != self._upto else stories

    def keep(self, stories: OpenStories, upto: int, now: datetime) -> None:
        if self._built_at is None or now - self._built_at > _REBUILT_EVERY:
            self._built_at = now
        self._stories, self._upto = stories, upto


def _all_open(session: Session, now: datetime) -> OpenStories:
    stories = OpenStories()
    for grouped in entries.grouped_since(session, now - OPEN_FOR):
        stories.add(grouped.story_id, grouped.title, grouped.canonical_link, grouped.feed_id)
    return stories


@dataclass(frozen=True, slots=True)
class _Line:
    title: str
    rules: tuple[str, ...]
    owed: int


def headline(entry: Entry, feed: Feed) -> Headline:
    return Headline(
        entry.title,
        entry.summary,
        entry.content,
        entry.language,
        entry.author,
        entry.link,
        tuple(entry.tags),
        frozenset(map(str.casefold, (feed.name, feed.publisher, *feed.tags))),
    )


def _muted(muting: list[Silence], match: RuleMatch, item: Headline) -> str:
    """By whose silence the match is muted, until when and why; empty if by none."""
    for silence in muting:
        if silence.rule == match.rule and (not silence.words or _holds(silence.words, item)):
            return f"silenced by {silence.author} until {silence.ends_at:%d %b %H:%M} UTC: {silence.comment}"
    return ""


def _holds(words: str, item: Headline) -> bool:
    patterns, _ = read_patterns(words)
    return bool(RuleSet([Rule("silence", Severity.INFO, patterns)]).match(item))


def _raised(session: Session, entry: Entry, match: RuleMatch, rule: Rule) -> tuple[RuleMatch, str]:
    """The match, more severe if enough publishers tell its story, and how that came about."""
    raises = rule.raises
    if raises is None or raises.to.rank <= match.severity.rank:
        return match, ""
    publishers = alerts.publishers_since(session, entry.story_id or 0, entry.arrived_at - raises.within)
    if len(publishers) < raises.publishers:
        return match, ""
    return replace(match, severity=raises.to), f"raised from {match.severity}: {len(publishers)} publishers tell it"


def _past(
    session: Session, entry: Entry, feed: Feed, rule: Rule, told: Severity | None, *, counts: bool
) -> tuple[Past, str]:
    """What went before, and how far the rule has counted."""
    count = rule.count
    if count is None:
        return Past(told), ""
    since = entry.arrived_at - count.within
    which = {CountBy.PUBLISHER: 0, CountBy.STORY: 1, CountBy.ENTRY: 2}[count.by]
    found = {row[which] for row in alerts.counted_since(session, rule.name, since)}
    if counts:
        found.add((feed.publisher, entry.story_id or 0, entry.id)[which])
    note = f"{len(found)} {count.by.plural} within {age(entry.arrived_at, since)}, {count.at_least} wanted"
    return Past(told, len(found) >= count.at_least, alerts.told_since(session, rule.name, since)), note


def _group(session: Session, entry: Entry, open_stories: OpenStories, now: datetime) -> None:
    story_id = open_stories.find(entry.title, entry.canonical_link, entry.feed_id)
    story = session.get(Story, story_id) if story_id else None
    if story is None or story.first_seen_at < now - OPEN_FOR:
        story = alerts.start_story(session, entry.title, now)
    story.last_seen_at = now
    entry.story_id = story.id
    session.add(story)
    session.add(entry)
    open_stories.add(story.id, entry.title, entry.canonical_link, entry.feed_id)
