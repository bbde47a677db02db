"""How late news is noticed: our rhythm beside a fixed interval and a rule of thumb, at equal requests a day.

    python -m tests.bench.rhythm TRACES... [--since DATE] [--every 5 15 60] [--lag SECONDS] [--control] [--plot SVG]

TRACES are tables, perhaps gzipped: a line has a feed's URL, a tab and the time (UTC) of one of its entries. A feed is
asked from its first entry to its last; in a pause of more than a week whoever collected the trace was away, and nobody
is asked. The rhythm starts from nothing and knows what its own polls have brought; its first days are counted too.
The other two get as many requests in all as the rhythm made. The rule of thumb is Miniflux's entry frequency: a week
divided by the entries of the last week, counted from their mean distance, times a factor that makes the requests equal.

--lag: entries appear up to so much later than they are dated. --control: once more with every week's hours in an order
of their own, so that there is no rhythm by day and week. In the table "later" is the share of feeds whose news comes
later than at the fixed interval, "worst" the mean delay of the worst feed, "pause" the longest between two requests.
"""

import argparse
import gzip
import random
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import fmean

from monitor.core.rhythm import Pace, Rhythm, learned, next_poll_at, price
from tests.bench.rhythm_plot import Budget, Day, plot

_HOUR, _DAY, _WEEK = 3_600.0, 86_400.0, 604_800.0
_AWAY = _WEEK
_FASTEST, _SLOWEST = timedelta(seconds=30), timedelta(hours=12)
_AGREED_EVERY = 6 * _HOUR
_SEED = 20261124

Trace = list[float]


@dataclass
class Feed:
    """A trace as a feed shows it: entries `dated` so, and seen by whoever asks after they `appear`."""

    dated: Trace
    appear: Trace
    stretches: list[tuple[float, float]]
    rhythm: Rhythm = field(default_factory=Rhythm)
    shown: int = 0
    asked_at: float = 0.0
    next_at: float = 0.0
    delays: list[float] = field(default_factory=list)
    visits: "array[float]" = field(default_factory=lambda: array("d"))

    def awake(self, begins: float, ends: float) -> bool:
        return any(first < ends and begins < last for first, last in self.stretches)

    def asked_for(self) -> float:
        return sum(last - first for first, last in self.stretches)

    def visit(self, at: float) -> list[float]:
        """The dates of what is new."""
        last = bisect_right(self.appear, at, self.shown)
        new = self.dated[self.shown : last]
        self.delays += (at - each for each in new)
        self.shown = last
        self.visits.append(at)
        return new


# When to ask a feed next, after it was asked at a time and brought entries of these dates.
Ask = Callable[[Feed, float, list[float]], float]


def read_traces(files: Sequence[Path], since: float) -> list[Trace]:
    traces: dict[str, Trace] = defaultdict(list)
    for file in files:
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for line in text.decode().splitlines():
            name, said = line.split("\t")[:2]
            if said[:1].isdigit():
                traces[name].append(datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp())
    later = (sorted(each for each in traces[name] if each >= since) for name in sorted(traces))
    return [trace for trace in later if trace]


def feeds_of(traces: Sequence[Trace], lag: float) -> list[Feed]:
    rng = random.Random(_SEED)
    feeds = []
    for trace in traces:
        pairs = sorted((moment + rng.random() * lag, moment) for moment in trace)
        appear = [at for at, _ in pairs]
        breaks = [at for at, (one, two) in enumerate(pairwise(appear), 1) if two - one > _AWAY]
        bounds = pairwise([0, *breaks, len(appear)])
        stretches = [(appear[first] - rng.random() * _HOUR, appear[last - 1] + 1) for first, last in bounds]
        feeds.append(Feed([dated for _, dated in pairs], appear, stretches))
    return feeds


def shuffled(trace: Trace, rng: random.Random) -> Trace:
    """The same entries, at the same minutes of other hours of their week."""
    orders: dict[float, list[int]] = {}
    moved = []
    for moment in trace:
        week, rest = divmod(moment, _WEEK)
        order = orders.setdefault(week, rng.sample(range(168), 168))
        moved.append(week * _WEEK + order[int(rest // _HOUR)] * _HOUR + rest % _HOUR)
    return sorted(moved)


def run(feeds: Sequence[Feed], ask: Ask, agree: Callable[[Sequence[Feed], float], None]) -> Sequence[Feed]:
    """Ask all feeds from the first entry to the last; `agree` is called every few hours with those that are awake."""
    begins = min(feed.stretches[0][0] for feed in feeds)
    ends = max(feed.stretches[-1][1] for feed in feeds)
    while begins < ends:
        until = begins + _AGREED_EVERY
        agree(awake := [feed for feed in feeds if feed.awake(begins, until)], begins)
        for feed in awake:
            for first, last in feed.stretches:
                if begins <= first < until:
                    feed.next_at = first
                there = bisect_right(feed.appear, last)
                while first < until and feed.next_at < until and feed.shown < there:
                    feed.next_at = ask(feed, feed.next_at, feed.visit(feed.next_at))
        begins = until
    return feeds


def by_rhythm(feeds: Sequence[Feed], every: timedelta) -> Sequence[Feed]:
    pace = Pace(every, _FASTEST, _SLOWEST)
    now_price = [0.0]

    def agree(awake: Sequence[Feed], at: float) -> None:
        budget = len(awake) * (timedelta(days=1) / every)
        now_price[0] = price([(feed.rhythm, 1.0) for feed in awake], pace, budget, _moment(at))

    def ask(feed: Feed, at: float, new: list[float]) -> float:
        now = _moment(at)
        if new or not feed.rhythm.began:
            since = _moment(feed.asked_at) if feed.asked_at else None
            feed.rhythm = learned(feed.rhythm, [_moment(each) for each in new], since, now)
        feed.asked_at = at
        return next_poll_at(feed.rhythm, 1.0, now, pace, now_price[0]).timestamp()

    return run(feeds, ask, agree)


def by_interval(feeds: Sequence[Feed], interval: float) -> Sequence[Feed]:
    return run(feeds, lambda _, at, __: at + interval, lambda _, __: None)


def by_frequency(feeds: Sequence[Feed], factor: float) -> Sequence[Feed]:
    def ask(feed: Feed, at: float, _: list[float]) -> float:
        first = bisect_left(feed.dated, at - _WEEK, 0, feed.shown)
        number = feed.shown - first
        interval = _SLOWEST.total_seconds()
        if number > 1 and (distance := (feed.dated[feed.shown - 1] - feed.dated[first]) / (number - 1)) > 0:
            interval = _WEEK / (ceil(_WEEK / distance) * factor)
        return at + min(max(interval, _FASTEST.total_seconds()), _SLOWEST.total_seconds())

    return run(feeds, ask, lambda _, __: None)


def requests(feeds: Sequence[Feed]) -> int:
    return sum(len(feed.visits) for feed in feeds)


def interval_of(feeds: Sequence[Feed]) -> float:
    return sum(feed.asked_for() for feed in feeds) / requests(feeds)


def same_requests(make: Callable[[], Sequence[Feed]], wanted: int) -> Sequence[Feed]:
    """The rule of thumb with the factor at which it makes as many requests as we did."""
    factor = 1.0
    for _ in range(5):
        feeds = by_frequency(make(), factor)
        if abs(requests(feeds) / wanted - 1) < 0.005:
            break
        factor *= (wanted / requests(feeds)) ** 1.3
    return feeds


def report(name: str, feeds: Sequence[Feed], fixed: Sequence[Feed]) -> float:
    """Prints a line of the table; the mean delay in minutes."""
    delays = sorted(delay for feed in feeds for delay in feed.delays)
    mean = fmean(delays) / 60
    means = [(fmean(feed.delays), fmean(other.delays)) for feed, other in zip(feeds, fixed, strict=True)]
    usual = fmean(delay for feed in fixed for delay in feed.delays) / 60
    later = sum(own > others for own, others in means) / len(means)
    pause = max(two - one for feed in feeds for one, two in pairwise(feed.visits) if two - one < _AWAY)
    late = delays[int(len(delays) * 0.95)] / 60
    print(  # noqa: T201
        f"{name:22} {interval_of(feeds) / 60:8.2f} {mean:8.2f} {mean / usual:7.1%} {late:8.1f}"
        f" {max(own for own, _ in means) / 60:8.1f} {later:7.0%} {pause / 3600:8.1f}",
        flush=True,
    )
    return mean


def days_of(feeds: Sequence[Feed], every: timedelta) -> None:
    """Prints how the requests of the days lay to the budget."""
    asked: Counter[float] = Counter(at // _DAY for feed in feeds for at in feed.visits)
    budget: dict[float, float] = defaultdict(float)
    for feed in feeds:
        for first, last in feed.stretches:
            for day in range(int(first // _DAY), int(last // _DAY) + 1):
                budget[day] += (min(last, (day + 1) * _DAY) - max(first, day * _DAY)) / every.total_seconds()
    shares = sorted(asked[day] / budget[day] for day in budget if budget[day] > 10 * _DAY / every.total_seconds())
    low, middle, high = (shares[int(len(shares) * part)] for part in (0.05, 0.5, 0.95))
    print(f"{'':22} requests of a day / budget: {low:.1%} {middle:.1%} {high:.1%} (5, 50, 95 of 100 days)")  # noqa: T201


def day_of(feeds: Sequence[Feed]) -> Day:
    """The feed whose news keeps to the fewest hours, among those with twenty entries a day."""
    weeks = 4
    lively = [feed for feed in feeds if sum(_by_hour(feed.appear, weeks)) >= 20]
    feed = max(lively or feeds, key=lambda feed: max(_by_hour(feed.appear, weeks)) / sum(_by_hour(feed.appear, weeks)))
    return Day(_by_hour(feed.appear, weeks), _by_hour(feed.visits, weeks))


def _by_hour(moments: Sequence[float], weeks: int) -> list[float]:
    """A day's mean over the last weeks."""
    counts = Counter(int(each // _HOUR) % 24 for each in moments if each > moments[-1] - weeks * _WEEK)
    return [counts[hour] / (7 * weeks) for hour in range(24)]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("traces", nargs="+", type=Path)
    options.add_argument("--since", type=datetime.fromisoformat, default=datetime(1970, 1, 2))  # noqa: DTZ001
    options.add_argument("--every", nargs="+", type=float, default=[5, 15, 60])
    options.add_argument("--lag", type=float, default=0.0)
    options.add_argument("--control", action="store_true")
    options.add_argument("--plot", type=Path)
    chosen = options.parse_args()
    traces = read_traces(chosen.traces, chosen.since.replace(tzinfo=UTC).timestamp())
    print(f"{len(traces)} feeds, {sum(map(len, traces))} entries; minutes")  # noqa: T201
    print("                       interval    mean   fixed      p95    worst   later  pause h")  # noqa: T201
    budgets = []
    for minutes in chosen.every:
        every = timedelta(minutes=minutes)
        ours = by_rhythm(feeds_of(traces, chosen.lag), every)
        fixed = by_interval(feeds_of(traces, chosen.lag), interval_of(ours))
        thumb = same_requests(lambda: feeds_of(traces, chosen.lag), requests(ours))
        rows = (("fixed interval", fixed), ("entry frequency", thumb), ("rhythm", ours))
        budgets.append(Budget(minutes, *(report(name, feeds, fixed) for name, feeds in rows)))
        days_of(ours, every)
        if chosen.control:
            rng = random.Random(_SEED)
            control = [shuffled(trace, rng) for trace in traces]
            aimless = by_rhythm(feeds_of(control, chosen.lag), every)
            report("rhythm, shuffled", aimless, by_interval(feeds_of(control, chosen.lag), interval_of(aimless)))
    if chosen.plot:
        chosen.plot.write_text(plot(budgets, day_of(ours)))


if __name__ == "__main__":
    main()
