"""Whose turn it is at each host: one visitor at a time, with a pause between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Hosts:
    """Remembers a host only while somebody is there or it has not rested yet: a hostile feed can name any number."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._rested_at: dict[str, float] = {}  # in the order of the times, the pause being the same for all

    @property
    def remembered(self) -> int:
        return len(self._rested_at.keys() | self._locks.keys())

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        clock = asyncio.get_running_loop().time
        async with self._locks.setdefault(host, asyncio.Lock()):
            if (pause := self._rested_at.get(host, 0.0) - clock()) > 0:
                await asyncio.sleep(pause)
            try:
                yield
            finally:
                self._forget_the_rested(clock())
                self._rested_at.pop(host, None)
                if self._pause:
                    self._rested_at[host] = clock() + self._pause

    def _forget_the_rested(self, now: float) -> None:
        while self._rested_at and self._rested_at[oldest := next(iter(self._rested_at))] <= now:
            del self._rested_at[oldest]
