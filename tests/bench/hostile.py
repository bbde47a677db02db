"""The real service among hostile servers and good ones: `python -m tests.bench.hostile [--seconds N]`.

Prints what became of each attack, how punctually the good feeds were read meanwhile, and what memory and CPU it took.
"""

import argparse
import asyncio
import os
import re
import socket
import sqlite3
import sys
import tempfile
import time
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.attacks import conversations, documents
from tests.bench.peers.cost import Memory, cpu_so_far, family
from tests.net.loopback import Answer, Publisher, answer, listening

_COPIES, _GOOD, _EVERY = 2, 20, 5
_MB = 1_000_000
_UNIT = Path(__file__).parents[2] / "systemd" / "feed-monitor.service"


@dataclass
class Shares(Memory):
    """Also who had what at the peak, and the most that the program itself and one of its children had."""

    at_peak: list[int] = field(default_factory=list)
    program: int = 0
    child: int = 0

    def _look(self) -> None:
        shares = []
        for pid in family(self.root):
            with suppress(OSError, IndexError):
                said = Path(f"/proc/{pid}/smaps_rollup").read_text()
                shares.append(int(re.findall(r"^Pss:\s+(\d+)", said, re.MULTILINE)[0]) * 1024)
        if sum(shares) > self.pss:
            self.pss, self.at_peak = sum(shares), shares
        self.program, self.child = max(self.program, *shares[:1], 0), max(self.child, *shares[1:], 0)


@dataclass
class Good(Publisher):
    """A feed with a new item each time it is asked."""

    asked_at: list[float] = field(default_factory=list)

    async def write(self, writer: asyncio.StreamWriter) -> None:
        self.asked_at.append(time.monotonic())
        number = len(self.asked_at)
        item = f"<item><title>Ferry strike {number}</title><guid>{self.at}/{number}</guid></item>"
        writer.write(answer(body=f"<rss version='2.0'><channel><title>x</title>{item}</channel></rss>".encode()))

    def gaps(self) -> list[float]:
        return [later - sooner for sooner, later in zip(self.asked_at, self.asked_at[1:], strict=False)]


def as_installed() -> dict[str, str]:
    """What the unit says of memory; nothing else of it can be had without systemd."""
    return dict(re.findall(r"^Environment=(MALLOC_\w+)=(\w+)$", _UNIT.read_text(), re.MULTILINE))


async def made(folder: Path) -> None:
    """The database: at every start but the first one it is there, and what makes it stays in memory."""
    asked = (sys.executable, "-m", "monitor", "--config", str(folder), "feeds", "list")
    await (await asyncio.create_subprocess_exec(*asked, stdout=asyncio.subprocess.DEVNULL)).wait()


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def configure(folder: Path, feeds: dict[str, str], port: int) -> None:
    poll = f'every = "{_EVERY}s"\nadaptive = false\ntimeout = "10s"\nhost_pause = "0s"\nfastest = "1s"\n'
    web = f'[web]\nlisten = "127.0.0.1:{port}"\npublic_url = "http://127.0.0.1:{port}"\n'
    (folder / "monitor.toml").write_text(f'state = "state"\n{web}[poll]\n{poll}')
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
        configure(folder, feeds, port := free_port())
        await made(folder)
        service = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "monitor", "--config", str(folder), "run"),
            stderr=(folder / "log").open("wb"),
            env=os.environ | as_installed(),
        )
        visitor = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.bench.health", str(port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        memory = Shares(service.pid)
        life.enter_context(memory.watched())
        try:
            await asyncio.sleep(seconds)
            cpu = cpu_so_far(service.pid)
            waits, _ = await visitor.communicate(b"")
        finally:
            service.terminate()
            await service.wait()
        report(folder, good, memory, cpu, seconds)
        say(waits.decode().rstrip())


def report(folder: Path, good: list[Good], memory: Shares, cpu: float, seconds: int) -> None:
    with closing(sqlite3.connect(next((folder / "state").glob("*.db")))) as db:
        rows = db.execute("SELECT name, polls, trouble_kind, trouble FROM feeds ORDER BY id").fetchall()
        entries = db.execute("SELECT count(*) FROM entries").fetchone()[0]
    for name, polls, kind, trouble in rows:
        if not name.startswith("good"):
            say(f"{name:34} {polls:3}  {kind or 'read'}: {trouble}")
    gaps = sorted(gap for each in good for gap in each.gaps())
    reads = [len(each.asked_at) for each in good]
    say(f"\n{len(good)} good feeds, each due every {_EVERY} s: read {min(reads)} to {max(reads)} times in {seconds} s")
    say(f"pauses of good feeds: median {gaps[len(gaps) // 2]:.1f} s, worst {gaps[-1]:.1f} s")
    say(f"peak memory of all processes: {memory.pss / _MB:.0f} MB PSS, of these in {len(memory.at_peak)} processes:")
    say("  " + " + ".join(f"{share / _MB:.0f}" for share in memory.at_peak))
    say(f"at their own peaks: the program {memory.program / _MB:.0f} MB, a child {memory.child / _MB:.0f} MB")
    say(f"CPU: {cpu:.1f} s, load of the machine {os.getloadavg()[0]:.1f}; {entries} entries kept")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60)
    asyncio.run(main(arguments.parse_args().seconds))
