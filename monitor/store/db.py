"""One function, one transaction, off the event loop."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import Session

P = ParamSpec("P")
T = TypeVar("T")
# Called with a name before and after every commit; a crash test dies in it.
Witness = Callable[[str], None]

# Names of advisory locks on PostgreSQL; any fixed numbers that nobody else uses.
_RUN_LOCK = 7_310_701
_TRIAGE_LOCK = 7_310_702
# PostgreSQL undoes one of two changes that wait for each other, or cannot be put in an order.
_IN_THE_WAY, _TIMES = ("40P01", "40001"), 3


class DatabaseInUseError(Exception):
    """Another instance works on this database."""


class Database:
    """SQLite (WAL, synchronous=FULL, BEGIN IMMEDIATE for writers) or PostgreSQL behind one pair of verbs."""

    def __init__(self, url: str, witness: Witness = lambda point: None) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._witness = witness
        self._engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        # SQLite has one writer at a time anyway; queueing here is fairer than its busy handler.
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else 4, "write")
        self._readers = ThreadPoolExecutor(4, "read")
        self._run_lock: Any = None

    @property
    def engine(self) -> Engine:
        return self._engine

    async def read(self, question: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer a question; whatever it changes is rolled back."""
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, lambda: self.read_now(question, *args, **kwargs)
        )

    async def write(self, change: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a change: all of it is committed when this returns, none of it when it raises."""
        return await asyncio.get_running_loop().run_in_executor(
            self._writers, lambda: self.write_now(change, *args, **kwargs)
        )

    def read_now(self, question: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with Session(self._engine, expire_on_commit=False) as session:
            return question(session, *args, **kwargs)

    def write_now(self, change: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Made anew from the start where another's change got into its way."""
        for _time in range(_TIMES - 1):
            try:
                return self._write_once(change, *args, **kwargs)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                    raise
        return self._write_once(change, *args, **kwargs)

    def _write_once(self, change: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        name = getattr(change, "__name__", "change")
        writing = self._engine.execution_options(writing=True)
        with Session(writing, expire_on_commit=False) as session, session.begin():
            result = change(session, *args, **kwargs)
            session.flush()
            self._witness(f"before commit of {name}")
        self._witness(f"after commit of {name}")
        return result

    async def checkpoint(self) -> None:
        """What was overwritten or deleted is in no file any more. On PostgreSQL that is up to its vacuum."""
        if self.is_sqlite:
            await asyncio.get_running_loop().run_in_executor(self._writers, self._checkpoint)

    def _checkpoint(self) -> None:
        # Outside of any transaction: inside one it is refused.
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()

    def take_run_lock(self) -> None:
        """Become the one instance that works on this database until `close` or death. Raises DatabaseInUseError."""
        if self.is_sqlite:
            handle = Path(f"{self.url.database}.lock").open("a+")  # noqa: SIM115  (held until close)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                pid = handle.read().strip()
                handle.close()
                raise DatabaseInUseError(f"process {pid or 'unknown'} already works on {self.url.database}") from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            self._run_lock = handle
            return
        connection = self._engine.connect()
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:name)"), {"name": _RUN_LOCK}):
            connection.close()
            raise DatabaseInUseError(f"another instance already works on database {self.url.database}")
        connection.commit()
        self._run_lock = connection

    def is_running(self) -> bool:
        """Whether some instance, this one included, holds the run lock."""
        try:
            self.take_run_lock()
        except DatabaseInUseError:
            return True
        self.release_run_lock()
        return False

    def holds_run_lock(self) -> bool:
        """A file's lock stays; the server's goes with the connection."""
        if self.is_sqlite:
            return True
        try:
            self._run_lock.execute(text("SELECT 1"))
            self._run_lock.commit()
        except SQLAlchemyError:
            return False
        return True

    def release_run_lock(self) -> None:
        lock, self._run_lock = self._run_lock, None
        if lock is None:
            return
        if not self.is_sqlite:
            # The server notices a closed line only after a while; told to unlock, it has done so when it answers.
            with suppress(SQLAlchemyError):
                lock.execute(text("SELECT pg_advisory_unlock(:name)"), {"name": _RUN_LOCK})
            # Closing a pooled connection would keep its session, and so a lock that is left, alive.
            lock.invalidate()
        lock.close()

    def close(self) -> None:
        self._writers.shutdown()
        self._readers.shutdown()
        self.release_run_lock()
        self._engine.dispose()


def single_triage(session: Session) -> None:
    """Until commit no other worker triages, briefs or numbers arrivals. BEGIN IMMEDIATE already is that on SQLite."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _TRIAGE_LOCK})


def _sqlite(url: str) -> Engine:
    # Parameters are addresses and texts of people; errors go to the log.
    path = make_url(url).database or ""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # pysqlite's own BEGIN is deferred and comes too late; ours is sent by `begin` below.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows ASCII only, and Cyrillic titles have capitals too.
        connection.create_function("lower", 1, lambda text: text and text.lower(), deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: str) -> Engine:
    # Without these a cut line hangs a query for half a minute and more.
    options = {
        "connect_timeout": 10,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }
    return create_engine(url, pool_pre_ping=True, connect_args=options, hide_parameters=True)
