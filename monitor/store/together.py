"""Changes that share a transaction with whatever else waits, so that the disk is synced once for all of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from monitor.store.db import Database

P = ParamSpec("P")
T = TypeVar("T")
_Change = Callable[[Session], Any]


@dataclass
class Together:
    db: Database
    _waiting: list[tuple[_Change, asyncio.Future[Any]]] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None

    async def write(self, change: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `Database.write`: committed when this returns, undone when it raises."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def bound(session: Session) -> T:
            return change(session, *args, **kwargs)

        # What the witness of commits hears.
        bound.__name__ = getattr(change, "__name__", "change")
        self._waiting.append((bound, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._until_none_waits(), name="shared transactions")
        return await done

    async def _until_none_waits(self) -> None:
        try:
            while self._waiting:
                shared, self._waiting = self._waiting, []
                await self._write(shared)
        finally:
            self._writing = None

    async def _write(self, shared: list[tuple[_Change, asyncio.Future[Any]]]) -> None:
        try:
            results = await self.db.write(_together([change for change, _ in shared]))
        except Exception as error:  # noqa: BLE001  (whoever waits for a change gets it)
            if len(shared) == 1:
                _end(shared[0][1], error=error)
                return
            # One's mistake must not be the others'.
            for alone in shared:
                await self._write([alone])
            return
        for (_, done), result in zip(shared, results, strict=True):
            _end(done, result)


def _together(changes: list[_Change]) -> _Change:
    def every_one(session: Session) -> list[Any]:
        return [change(session) for change in changes]

    every_one.__name__ = " and ".join(getattr(change, "__name__", "change") for change in changes)
    return every_one


def _end(done: asyncio.Future[Any], result: object = None, error: Exception | None = None) -> None:
    if done.done():
        return  # whoever waited was cancelled
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(result)
