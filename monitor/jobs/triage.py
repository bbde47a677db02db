"""Match, group and decide, for entries that have arrived; owe the alerts that follow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from monitor.core.alerts import AlertPolicy, Arrival, decide, hears
from monitor.core.rules import RuleSet
from monitor.core.stories import OPEN_FOR, OpenStories
from monitor.core.values import Headline, RuleMatch
from monitor.jobs.boundary import Progressed
from monitor.models import Entry, Story, Subscriber
from monitor.store import alerts, entries, outbox, subscribers
from monitor.store.db import Database, single_triage
from monitor.words import Disposition

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
        arrival = entries.latest_arrival(session)
        open_stories = self._memory.of(arrival, now) or _all_open(session, now)
        lines = []
        for number, entry in enumerate(waiting, arrival + 1):
            entry.arrival = number
            _group(session, entry, open_stories, now)
            lines.append(self._decide(session, entry, people, now))
        self._memory.keep(open_stories, arrival + len(waiting), now)
        return lines

    def _decide(self, session: Session, entry: Entry, people: list[Subscriber], now: datetime) -> "_Line":
        matches = self.rules.match(headline(entry))
        if not matches:
            return _Line(entry.title, (), 0)
        arrival = Arrival(entry.arrived_at, entry.published_at, entry.previous_poll_at)
        told = alerts.told_rules(session, entry.story_id or 0)
        fates = [
            (match, decide(match, arrival, told, bool(_wanting(people, [match])), self.policy)) for match in matches
        ]
        telling = [match for match, fate in fates if fate == Disposition.ALERTED]
        alert = alerts.tell(session, entry.story_id or 0, telling, now) if telling else None
        for match, fate in fates:
            alerts.record(session, entry, match, fate, alert if match in telling else None, now)
        session.flush()
        hearing = _wanting(people, telling)
        if alert is not None:
            for person in hearing:
                outbox.owe_alert(session, alert, person, now)
        return _Line(entry.title, tuple(match.rule for match in telling), len(hearing))


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


def headline(entry: Entry) -> Headline:
    return Headline(entry.title, entry.summary, entry.content, entry.language, entry.canonical_link)


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


def _wanting(people: list[Subscriber], matches: list[RuleMatch]) -> list[Subscriber]:
    return [person for person in people if hears(person.alert_from, [match.severity for match in matches])]
