"""A zygote: it imports the program once, then forks a victim for every line on stdin and says how it died.

A victim takes over the database, does everything that is due once, and kills itself at its n-th witnessed step.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from monitor.app import Ports, open_app, take_over
from monitor.core.parse import parse
from monitor.core.values import NotAFeed, ParsedFeed
from monitor.settings import load
from monitor.store import feeds


async def in_process(document: bytes, url: str, content_type: str, known: bytes) -> ParsedFeed | NotAFeed:
    return parse(document, url, content_type, known)


async def one_turn(folder: Path, now: datetime, die_at: int) -> None:
    steps: list[str] = []

    def witness(step: str) -> None:
        steps.append(step)
        if len(steps) == die_at:
            (folder / "died-at").write_text(step)
            os.kill(os.getpid(), signal.SIGKILL)

    config = load(folder / "monitor.toml")
    async with open_app(config, Ports(now=lambda: now, luck=lambda: 0.0, witness=witness)) as app:
        await take_over(app, now)
        await app.db.write(feeds.make_due, (), now)
        await replace(app.poll, parse=in_process).everything_due()
        await app.triage.run()
        await app.tell.run()
        await app.brief.run()
        await app.send_mail()
    (folder / "steps").write_text("\n".join(steps))


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            asyncio.run(one_turn(Path(job["folder"]), datetime.fromisoformat(job["now"]), job["die_at"]))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
