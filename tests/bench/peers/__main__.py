"""Feed monitors side by side, in one run on one machine.

    python -m tests.bench.peers [--feeds 200 --feeds 2000] [--only NAME]... [--rounds 3] [--budget SECONDS] [--short]

Four passes over the same feeds on loopback: cold (nothing is known), 304 (the server honours conditions), same (it
ignores them and sends the same bytes), news (one new item in each). Between the first two all ask once more, which
does not count: newsboat does not keep the validators of a first answer. `reader` and `rss2email` come from PyPI into
virtual environments in --venvs, `newsboat` and `sfeed` from the distribution; who is not there is left out.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from platformdirs import user_cache_path

from tests.bench.peers.contestants import Contestant, others
from tests.bench.peers.cost import Cost, FailedError, TooLongError
from tests.bench.peers.ours import OURS
from tests.bench.peers.publisher import Publisher, publishing

_UNCOUNTED = "again"
_MANNERS = {"cold": "hears old", _UNCOUNTED: "hears old", "304": "hears old", "same": "deaf old", "news": "hears new"}
PASSES = [each for each in _MANNERS if each != _UNCOUNTED]
_VENVS = user_cache_path("feed-monitor") / "bench"
_MB = 1_000_000
Costs = Mapping[str, Mapping[str, Sequence[Cost]]]


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def one_round(contestant: Contestant, publisher: Publisher, budget: float) -> dict[str, Cost]:
    """What each pass cost, as far as it came; whatever is not as it should be is said."""
    costs: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contestant.started(folder, publisher.urls) as poll:
            for each, manner in _MANNERS.items():
                publisher.says(manner)
                try:
                    costs[each] = poll(budget)
                except TooLongError:
                    say(f"  {contestant.name}, {each}: stopped after {budget:g} s")
                    break
                except FailedError as error:
                    say(f"  {contestant.name}, {each}: {error}")
                    break
                asked, spared = publisher.says()
                stored = contestant.stored(folder)
                cost = costs[each]
                say(f"  {contestant.name:14} {each:5} {cost.cpu:8.2f} s CPU {cost.wall:8.2f} s wall, 304: {spared}")
                expected = publisher.items + (each == "news") * len(publisher.urls)
                if (asked, stored) != (len(publisher.urls), expected):
                    say(f"    asked {asked} times, holds {stored} items and not {expected}: that does not count")
                    del costs[each]
    return costs


def measured(contestants: Sequence[Contestant], feeds: int, rounds: int, budget: float) -> Costs:
    costs: dict[str, dict[str, list[Cost]]] = {each.name: defaultdict(list) for each in contestants}
    with publishing(feeds) as publisher:
        for _round in range(rounds):
            for contestant in contestants:
                for each, cost in one_round(contestant, publisher, budget).items():
                    costs[contestant.name][each].append(cost)
    return costs


def table(costs: Costs, feeds: int) -> None:
    """A line for each program and pass; then, of each pass, how many times ours the others cost."""
    say(f"{'':14} {'pass':5} {'CPU s':>8} {'wall s':>8} {'ms/feed':>8} {'PSS MB':>7} {'RSS MB':>7}")
    cpu: dict[tuple[str, str], float] = {}
    for name, passes in costs.items():
        for each, some in passes.items():
            if each == _UNCOUNTED:
                continue
            cpu[name, each] = median(cost.cpu for cost in some)
            say(
                f"{name:14} {each:5} {cpu[name, each]:8.2f} {median(cost.wall for cost in some):8.2f}"
                f" {cpu[name, each] / feeds * 1000:8.2f} {max(cost.pss for cost in some) / _MB:7.0f}"
                f" {max(cost.rss for cost in some) / _MB:7.0f}"
            )
    for own in (each.name for each in OURS if each.name in costs):
        say(f"CPU, times {own:14} {''.join(f'{each:>8}' for each in PASSES)}")
        for name in costs:
            ratios = (
                f"{cpu[name, each] / cpu[own, each]:8.1f}" if {(name, each), (own, each)} <= cpu.keys() else f"{'-':>8}"
                for each in PASSES
            )
            say(f"  {name:23} {''.join(ratios)}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--feeds", type=int, action="append")
    options.add_argument("--only", action="append")
    options.add_argument("--rounds", type=int, help="default: 3 up to 200 feeds, 1 beyond")
    options.add_argument("--budget", type=float, default=1200, help="seconds that one pass may take")
    options.add_argument("--short", action="store_true", help="20 feeds; ours, and reader where it is installed")
    options.add_argument("--venvs", type=Path, default=_VENVS)
    chosen = options.parse_args()
    only = chosen.only or (["ours", "ours, serving", "reader"] if chosen.short else None)
    known = [*OURS, *others(chosen.venvs, install=not chosen.short)]
    if unknown := set(only or ()) - {each.name for each in known}:
        options.error(f"nobody here is called {min(unknown)}; there are: {', '.join(each.name for each in known)}")
    contestants = []
    for each in known:
        if only is None or each.name in only:
            if missing := each.missing():
                say(f"  left out: {missing}")
            else:
                contestants.append(each)
    for feeds in chosen.feeds or ([20] if chosen.short else [200, 2000]):
        rounds = chosen.rounds or (1 if chosen.short or feeds > 200 else 3)
        say(f"{feeds} feeds, rounds: {rounds}; load before: {os.getloadavg()[0]:.1f}")
        table(measured(contestants, feeds, rounds, chosen.budget), feeds)


if __name__ == "__main__":
    main()
