"""How long news takes from a publisher to a reader, and which feed is first to tell it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from monitor.core.alerts.decide import AlertPolicy, Arrival, is_news


@dataclass(frozen=True, slots=True)
class Spread:
    """`n` spans: half of them took no longer than `p50`, 95 of a hundred no longer than `p95`."""

    n: int
    p50: timedelta
    p95: timedelta


@dataclass(frozen=True, slots=True)
class Sighting:
    """A feed showed a report of a story; `voice` is whose text it is."""

    story: int
    feed: str
    voice: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Lead:
    """The stories that a feed was first to tell. `alone` of them nobody else has told; of the others `ahead` is the
    median of how much later the second voice came, None where there are none."""

    stories: int
    alone: int
    ahead: timedelta | None


def spread_of(spans: Iterable[timedelta]) -> Spread | None:
    ranked = sorted(spans)
    return Spread(len(ranked), percentile(ranked, 50), percentile(ranked, 95)) if ranked else None


def percentile(ranked: Sequence[timedelta], share: int) -> timedelta:
    """The least of the spans, which are in order, that so many of a hundred do not exceed: one that was measured."""
    return ranked[max(0, ceil(len(ranked) * share / 100) - 1)]


def lag_of(arrival: Arrival, policy: AlertPolicy) -> timedelta | None:
    """From publication until we saw it; None where that says nothing of the feed: no date or one in the future, what
    a feed's first poll found, old items that slid in."""
    published = arrival.published_at
    if published is None or published > arrival.arrived_at or arrival.previous_poll_at is None:
        return None
    return arrival.arrived_at - published if is_news(arrival, policy) else None


def leads(sightings: Iterable[Sighting]) -> dict[str, Lead]:
    """By feed; the sightings stand in the order in which they came."""
    stories: dict[int, tuple[Sighting, Sighting | None]] = {}
    for seen in sightings:
        first, second = stories.setdefault(seen.story, (seen, None))
        if second is None and seen.voice != first.voice:
            stories[seen.story] = first, seen
    led: dict[str, list[timedelta | None]] = {}
    for first, second in stories.values():
        led.setdefault(first.feed, []).append(second.seen_at - first.seen_at if second else None)
    return {feed: _lead(ahead) for feed, ahead in led.items()}


def _lead(ahead: Sequence[timedelta | None]) -> Lead:
    spans = sorted(span for span in ahead if span is not None)
    return Lead(len(ahead), len(ahead) - len(spans), percentile(spans, 50) if spans else None)
