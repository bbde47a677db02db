"""Send what is owed by other ways than mail, each at its own pace."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.jobs.deliver import Deliver


@dataclass(frozen=True)
class Channels:
    """A `Deliver` for each channel; a slow one keeps none of the others waiting."""

    ways: Sequence[Deliver]

    async def run(self, *, at_once: bool = False) -> int:
        """How many messages were taken."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(way.run(at_once=at_once)) for way in self.ways]
        return sum(task.result() for task in tasks)
