"""A piece of the service's work, and when it hangs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from monitor.jobs.boundary import guarded


@dataclass
class Job:
    """A job that never overlaps itself: woken while it runs, it runs once more. Longer than `bound` without
    progress is a hang."""

    name: str
    run: Callable[[], Awaitable[object]]
    every: timedelta
    bound: timedelta
    crashed: Callable[[str, Exception], Awaitable[None]]
    well: Callable[[str], Awaitable[None]]
    _task: asyncio.Task[None] | None = None
    _again: bool = False
    _since: float = 0.0

    def wake(self) -> None:
        if self._task is not None and not self._task.done():
            self._again = True
            return
        self._since = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._until_quiet(), name=self.name)

    async def _until_quiet(self) -> None:
        again = True
        while again:
            self._again = False
            self._since = asyncio.get_running_loop().time()
            if await guarded(self.name, self.run(), self.crashed):
                await self.well(self.name)
            again = self._again

    def progressed(self) -> None:
        self._since = asyncio.get_running_loop().time()

    def hangs(self, at: float) -> bool:
        running = self._task is not None and not self._task.done()
        return running and at - self._since > self.bound.total_seconds()

    async def finish(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task])

    async def give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await self.finish()
