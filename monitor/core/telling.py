"""What the operator is told of feeds in trouble, and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core.health import Facts, Health, moved_for_good, verdict
from monitor.core.notice import Contents, Line, WellAgain, line
from monitor.core.timing import OUT_OF_REACH_PAUSE
from monitor.words import Condition

_TROUBLES = frozenset({Condition.SILENT, Condition.FAILING, Condition.QUARANTINED, Condition.GONE})
_FINAL = frozenset({Condition.QUARANTINED, Condition.GONE})
# From one telling of a trouble to the next; a feed that flaps is not told of sooner than one that stays down.
REPEATS = (timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=7))
# Troubles of one cause show within minutes of each other.
_WAIT = timedelta(minutes=2)
# After so long whoever was out of reach together has been asked again.
STEADY = OUT_OF_REACH_PAUSE + timedelta(minutes=10)
# What comes back after being well for so long is a trouble of its own.
_FORGIVEN = timedelta(days=3)
# Each mail of a day makes the next one wait this much longer.
_GAP = timedelta(minutes=30)
# By default five failures or an hour: one and the same patience in two measures.
_PATIENCE = timedelta(minutes=12)
_OUTAGE_SEEN_FOR = timedelta(minutes=15)
_OUTAGE_FEEDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """What the operator has heard of a feed's trouble.

    It begins when trouble is `seen_at`; `told` is the condition as the operator knows it, None: not told yet, or
    told to be well again; then `well_since` stands, and the case is kept for a while, so that a relapse is known.
    `address` is the new address that the operator has heard of.
    """

    condition: Condition
    since: datetime
    seen_at: datetime
    told: Condition | None = None
    told_at: datetime | None = None
    told_times: int = 0
    well_since: datetime | None = None
    address: str = ""

    @property
    def pending(self) -> bool:
        return self.told is None and self.well_since is None

    @property
    def open(self) -> bool:
        return self.told is not None and self.well_since is None

    @property
    def healing(self) -> bool:
        return self.told is not None and self.well_since is not None


@dataclass(frozen=True, slots=True)
class Past:
    """What else counts: the times of the last day's notices, the notices that no mail server has taken yet, how many
    feeds are watched, since when our own line seems broken, and how many entries came since each feed is well."""

    notices: Sequence[datetime] = ()
    unsent: Sequence[Contents] = ()
    watched: int = 0
    outage_since: datetime | None = None
    caught_up: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases that changed (None: forget it), and the notice that is due."""

    cases: dict[int, Case | None]
    contents: Contents | None


def outage_since(failing: Iterable[Facts], good_polls: Sequence[datetime]) -> datetime | None:
    """Since when our own line seems broken: half of the feeds or more, of several hosts, are out of reach, and since
    the first of them failed hardly any was read. `good_polls` are the last ones of all feeds watched."""
    # Feeds in our own house may be read all the while.
    spared = len(good_polls) // 10
    last_good = sorted(good_polls)[-1 - spared] if good_polls else None
    out = [
        (feed.failing_since, feed)
        for feed in failing
        if feed.out_of_reach and feed.failing_since and (last_good is None or feed.failing_since > last_good)
    ]
    if len({feed.host for _, feed in out}) < _OUTAGE_FEEDS or 2 * len(out) < len(good_polls):
        return None
    first = min(since for since, _ in out)
    seen_last = max(feed.last_polled_at or since for since, feed in out)
    return first if seen_last - first >= _OUTAGE_SEEN_FOR else None


def plan(feeds: Sequence[tuple[Facts, Case | None]], past: Past, now: datetime, tell_after: int) -> Plan:
    """`feeds` are those that may be in trouble and those that have a case."""
    looked = [(facts, verdict(facts, now), case) for facts, case in feeds]
    followed = [
        (facts, health, _followed(facts, health, case, now, counts=_counts(health, facts, past, now, tell_after)))
        for facts, health, case in looked
    ]
    contents = None
    if _is_due(followed, past, now):
        # Who fails as well would be the next mail: two failures are enough to ride along.
        followed = [
            (
                facts,
                health,
                _followed(facts, health, case, now, counts=facts.failures > 1 or bool(case and case.pending)),
            )
            for facts, health, case in followed
        ]
        contents = _contents(followed, past, now)
        followed = [(facts, health, _told(facts, case, now)) for facts, health, case in followed]
    changed = {
        facts.id: after for (facts, _, before), (_, _, after) in zip(looked, followed, strict=True) if after != before
    }
    return Plan(changed, contents)


_Followed = tuple[Facts, Health, Case | None]


def _counts(health: Health, facts: Facts, past: Past, now: datetime, tell_after: int) -> bool:
    """Whether trouble has lasted so long that the operator should know: so many failures, or fewer over a longer
    time, since feeds that are asked every hour would take all night to fail so often."""
    if health.condition != Condition.FAILING or _in_outage(facts, past):
        return True
    lasts, patience = now - (facts.failing_since or now), _PATIENCE * tell_after
    return (
        facts.failures >= tell_after
        or (facts.failures >= 3 and lasts >= patience)
        or (facts.failures >= 2 and lasts >= 2 * patience)
    )


def _in_outage(facts: Facts, past: Past) -> bool:
    since = past.outage_since
    return since is not None and facts.out_of_reach and (facts.failing_since or since) >= since


def _followed(facts: Facts, health: Health, case: Case | None, now: datetime, *, counts: bool) -> Case | None:
    """The case after a look at the feed; `counts`: trouble that the operator has not heard of is worth a case."""
    if health.condition == Condition.RETIRED:
        return None
    if health.condition in _TROUBLES and (counts or (case is not None and case.told is not None)):
        return _while_ill(health, case, now)
    return _while_well(facts, case, now) if case else None


def _while_ill(health: Health, case: Case | None, now: datetime) -> Case:
    if case is not None and (case.told is not None or case.pending):
        return replace(case, condition=health.condition, well_since=None)
    begun = Case(health.condition, health.since or now, now)
    if case is None:
        return begun
    return replace(begun, told_at=case.told_at, told_times=case.told_times, address=case.address)


def _while_well(facts: Facts, case: Case, now: datetime) -> Case | None:
    since = case.well_since or facts.last_good_at or now
    if case.told is None and (not case.told_times or now - since >= _FORGIVEN):
        known = replace(case, told_at=None, told_times=0, well_since=since)
        return known if facts.moved_to and case.address else None
    return replace(case, well_since=since)


def _is_due(followed: Sequence[_Followed], past: Past, now: datetime) -> bool:
    told_of_outage = any(_in_outage(facts, past) and case and case.open for facts, _, case in followed)
    repeats = fresh = news = False
    for facts, _, case in followed:
        if _moved(facts, case):
            news = True
        if case is None:
            continue
        if case.open and _rested(case, now):
            repeats = True
        if _is_fresh(case) and _rested(case, now) and now - case.seen_at >= _WAIT:
            # Who drops out while all do is no news.
            fresh = fresh or not (told_of_outage and _in_outage(facts, past))
        if case.healing and case.well_since and now - case.well_since >= STEADY:
            news = True
    if past.outage_since and fresh and not told_of_outage:
        return True
    rested = not past.notices or now - max(past.notices) >= _GAP * len(past.notices)
    return rested and (repeats or fresh or news)


def _is_fresh(case: Case) -> bool:
    return case.pending or (case.open and case.condition in _FINAL and case.condition != case.told)


def _rested(case: Case, now: datetime) -> bool:
    """Whether the operator may hear of it again."""
    if case.told_at is None or (case.condition in _FINAL and case.condition != case.told):
        return True
    return now - case.told_at >= REPEATS[min(case.told_times, len(REPEATS)) - 1]


def _moved(facts: Facts, case: Case | None) -> bool:
    well = not facts.failures and not facts.gone_at and not facts.retired_at
    return well and bool(facts.moved_to) and (case is None or case.address != facts.moved_to)


def _contents(followed: Sequence[_Followed], past: Past, now: datetime) -> Contents:
    """Everything that is open stands in every notice, so that the last one alone is enough to go by."""
    untaken = {each.id for unsent in past.unsent for each in (*unsent.fresh, *unsent.out)}
    fresh: list[Line] = []
    still: list[Line] = []
    out: list[Line] = []
    out_before = False
    well = {each.id: each for unsent in past.unsent for each in unsent.well}
    moved = {each.id: each for unsent in past.unsent for each in unsent.moved}
    for facts, health, case in followed:
        if _moved(facts, case):
            moved[facts.id] = line(facts, moved_for_good(facts), now)
        if case is None:
            continue
        known = case.open and facts.id not in untaken and not _is_fresh(case)
        if case.well_since is None:
            well.pop(facts.id, None)
            told = line(facts, health, case.since)
            if _in_outage(facts, past):
                out.append(told)
                out_before = out_before or known
            else:
                (still if known else fresh).append(told)
        elif case.told is not None:
            came = (past.caught_up or {}).get(facts.id, 0)
            well[facts.id] = WellAgain(facts.id, facts.name, facts.url, case.since, case.well_since, came)
    return Contents(
        fresh=tuple(fresh),
        still=tuple(still),
        well=tuple(well.values()),
        moved=tuple(moved.values()),
        watched=past.watched,
        at=now,
        out=tuple(out),
        out_before=out_before,
        outage_since=past.outage_since if out else None,
    )


def _told(facts: Facts, case: Case | None, now: datetime) -> Case | None:
    if _moved(facts, case):
        known = case or Case(Condition.MOVED, now, now, well_since=now)
        case = replace(known, address=facts.moved_to)
    if case is None:
        return None
    if case.well_since is not None:
        return replace(case, told=None)
    return replace(case, told=case.condition, told_at=now, told_times=case.told_times + 1)
