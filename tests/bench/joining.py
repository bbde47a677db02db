"""Whether the time that a form takes tells who is subscribed.

    python -m tests.bench.joining [--short]

Forms to join go to the real pages by HTTP, for six kinds of address in turn, each round in another order and from
another network; the median of each kind is told, and by how much two of them differ at most. The network on the way to
a stranger would add far more.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from random import Random
from statistics import median, quantiles

from monitor.app import open_database
from tests.web.desk import DUTY, JOINING, TOPICS, Desk, open_desk

_AIM = 0.005
# The first few forms pay for what is made once.
_FULL, _SHORT, _WARM_UP = 500, 100, 5
_PENDING, _LEFT, _BARRED = "pending@example.org", "left@example.org", "barred@example.org"
_KINDS = {
    "unknown": "new@example.org",
    "waits to confirm": _PENDING,
    "subscribed": DUTY,
    "never written to": _BARRED,
    "has left": _LEFT,
    "of a denied domain": "x@denied.example.org",
}
_SUBSCRIBE = '[subscribe]\nwho = "everybody"\ndeny_domains = ["denied.example.org"]\n'


async def _prepare(desk: Desk) -> None:
    """The people there have to be."""
    for address in (_PENDING, _LEFT, _BARRED):
        await desk.joins(address)
    await desk.world.turn()
    await desk.presses(desk.link(_LEFT, "confirm"), act="confirm")
    await desk.world.later()
    await desk.asks(desk.link(_LEFT, "u"), "POST")
    await desk.presses(desk.link(_BARRED, "confirm"), act="refuse")


async def _times(desk: Desk, rounds: int) -> Mapping[str, list[float]]:
    """In seconds, by the kind of address."""
    luck, taken = Random(7), {kind: list[float]() for kind in _KINDS}
    stamp = await desk.reads("/subscribe")
    order, networks = list(_KINDS.items()), count()
    for number in range(_WARM_UP + rounds):
        luck.shuffle(order)
        for kind, address in order:
            network = next(networks)
            sender = {"X-Forwarded-For": f"10.{network // 250}.{network % 250}.1"}
            begun = time.perf_counter()
            page = await desk.asks("/subscribe", "POST", sender, data=JOINING | stamp | {"address": address})
            spent = time.perf_counter() - begun
            assert page.status == 200, f"{kind}: {page.status}"
            if number >= _WARM_UP:
                taken[kind].append(spent)
    return taken


async def measure(rounds: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "blank"
        state.mkdir()
        open_database(f"sqlite:///{state}/feed-monitor.db").close()
        home = Path(folder) / "desk"
        home.mkdir()
        async with open_desk(home, state, TOPICS, _SUBSCRIBE) as desk:
            await _prepare(desk)
            taken = await _times(desk, rounds)
    medians = {kind: median(times) for kind, times in taken.items()}
    for kind, times in taken.items():
        low, *_, high = quantiles(times, n=10)
        print(f"{kind:20} {medians[kind] * 1000:6.2f} ms, eight in ten {low * 1000:.2f} to {high * 1000:.2f}")  # noqa: T201
    apart = max(medians.values()) - min(medians.values())
    print(f"{rounds} forms each; medians {apart * 1000:.2f} ms apart at most (aim: below {_AIM * 1000:.0f})")  # noqa: T201
    return apart < _AIM


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="A few seconds of it.")
    given = parser.parse_args()
    sys.exit(not asyncio.run(measure(_SHORT if given.short else _FULL)))


if __name__ == "__main__":
    main()
