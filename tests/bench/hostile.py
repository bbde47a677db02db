"""The real service among hostile servers and good ones: `python -m tests.bench.hostile [--seconds N]`.

Prints what became of each attack, how punctually the good feeds were read meanwhile, and what memory and CPU it took.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.attacks import conversations, documents
from tests.bench.peers.cost import Memory, cpu_so_far
from tests.net.loopback import Answer, Publisher, answer, listening

_COPIES, _GOOD, _EVERY = 2, 20, 5
_MB = 1_000_000


@dataclass
class Good(Publisher):
    """A feed with a new item each time it is asked."""

    asked_at: list[float] = field(default_factory=list)

    async def write(self, writer: asyncio.StreamWriter) -> None:
        self.asked_at.append(time.monotonic())
        number = len(self.asked_at)
        item = f"<item><title>Ferry strike {number}</title><guid>{self.at}/{number}</guid></item>"
        writer.write(answer(body=f"<rss version='2.0'><channel><title>x</title>{item}</channel></rss>".encode()))

    def longest_gap(self) -> float:
        return max((later - sooner for sooner, later in zip(self.asked_at, self.asked_at[1:], strict=False)), default=0)


def configure(folder: Path, feeds: dict[str, str]) -> None:
    poll = f'every = "{_EVERY}s"\nadaptive = false\ntimeout = "10s"\nhost_pause = "0s"\nfastest = "1s"\n'
    (folder / "monitor.toml").write_text(f'state = "state"\n[poll]\n{poll}')
    rows = (f'[[feed]]\nurl = "{url}"\nname = "{name}"\nallow_private = true\n' for name, url in feeds.items())
    (folder / "feeds.toml").write_text("".join(rows))
    (folder / "rules.toml").write_text('[rules.strike]\nmatch = "strike"\n')


async def serve(life: AsyncExitStack) -> tuple[dict[str, str], list[Good]]:
    """Every server has an address of its own, so that none waits for another's turn."""
    attacks: dict[str, Answer] = {**documents(), **conversations()}
    feeds: dict[str, str] = {}
    good: list[Good] = []
    for number, (name, said) in enumerate(attacks.items()):
        for copy in range(_COPIES):
            server = Publisher({"/": said}, at=f"127.8.{copy}.{number + 1}")
            server.port = await life.enter_async_context(listening(server.talk, at=server.at))
            feeds[f"{name} ({copy + 1})"] = server.url("/")
    for number in range(_GOOD):
        herald = Good({}, at=f"127.9.0.{number + 1}")
        herald.answers["/"] = herald.write
        herald.port = await life.enter_async_context(listening(herald.talk, at=herald.at))
        feeds[f"good {number + 1}"] = herald.url("/")
        good.append(herald)
    return feeds, good


async def main(seconds: int) -> None:
    async with AsyncExitStack() as life:
        folder = Path(life.enter_context(tempfile.TemporaryDirectory()))
        feeds, good = await serve(life)
        configure(folder, feeds)
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", "--config", str(folder), "run", stderr=(folder / "log").open("wb")
        )
        memory = Memory(service.pid)
        life.enter_context(memory.watched())
        try:
            await asyncio.sleep(seconds)
            cpu = cpu_so_far(service.pid)
        finally:
            service.terminate()
            await service.wait()
        report(folder, good, memory, cpu, seconds)


def report(folder: Path, good: list[Good], memory: Memory, cpu: float, seconds: int) -> None:
    with closing(sqlite3.connect(next((folder / "state").glob("*.db")))) as db:
        rows = db.execute("SELECT name, polls, trouble_kind, trouble FROM feeds ORDER BY id").fetchall()
        entries = db.execute("SELECT count(*) FROM entries").fetchone()[0]
    for name, polls, kind, trouble in rows:
        if not name.startswith("good"):
            say(f"{name:34} {polls:3}  {kind or 'read'}: {trouble}")
    gaps = sorted(each.longest_gap() for each in good)
    reads = [len(each.asked_at) for each in good]
    say(f"\n{len(good)} good feeds, each due every {_EVERY} s: read {min(reads)} to {max(reads)} times in {seconds} s")
    say(f"longest pause of a good feed: median {gaps[len(gaps) // 2]:.1f} s, worst {gaps[-1]:.1f} s")
    say(f"peak memory of all processes: {memory.pss / _MB:.0f} MB PSS, {memory.rss / _MB:.0f} MB RSS")
    say(f"CPU: {cpu:.1f} s, load of the machine {os.getloadavg()[0]:.1f}; {entries} entries kept")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60)
    asyncio.run(main(arguments.parse_args().seconds))
