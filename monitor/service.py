"""The long-running process: every job on its clock, until told to stop."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from monitor.app import (
    App,
    DatabaseInUseError,
    Ports,
    assembled,
    follow_config,
    open_database,
    take_over,
    vetted_rules,
)
from monitor.cell import Cell
from monitor.jobs.boundary import guarded
from monitor.jobs.job import Job
from monitor.net.systemd import notify, watchdog
from monitor.settings import Config, SettingsError, load
from monitor.store import job_runs

log = structlog.get_logger("service")
# Show this app's pages to the world from now on; None: nobody's any more. Raises OSError where it cannot listen.
Pages = Callable[[App | None], Awaitable[None]]
# What is under way at a stop gets this long; TimeoutStopSec of the unit is longer.
DRAIN = timedelta(seconds=80)
# The longest time limit of a fetch, and its turn at the parser.
_LONGEST_VISIT = timedelta(minutes=10)
_BEAT = timedelta(seconds=30)


@dataclass
class Service:
    """`serve` until SIGTERM or SIGINT; SIGHUP reads the config again."""

    file: Path
    pages: Pages
    ports: Ports
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _reload: asyncio.Event = field(default_factory=asyncio.Event)
    _jobs: dict[str, Job] = field(default_factory=dict)
    _last_well: dict[str, datetime] = field(default_factory=dict)
    _ticked: float = 0.0
    _retiring: set[asyncio.Task[None]] = field(default_factory=set)
    _lock_lost: bool = False

    async def serve(self) -> None:
        """Raises SettingsError or DatabaseInUseError when it cannot start."""
        config = load(self.file)
        loop = asyncio.get_running_loop()
        ports = replace(
            self.ports,
            crashed=self._crashed,
            feeds_wait=lambda: self._wake("poll"),
            entries_came=lambda: self._wake("triage"),
            forms_came=lambda: self._wake("subscribe"),
            mail_owed=self._wake_senders,
            stopping=self._stop.is_set,
            progressed=lambda job: self._jobs[job].progressed(),
        )
        async with AsyncExitStack() as stack:
            notify("STATUS=opening the database")
            self._db = open_database(config.database, ports)
            stack.callback(self._db.close)
            notify("STATUS=trying the rules")
            rules = await vetted_rules(config, self._db, ports.now)
            self._cell = await stack.enter_async_context(Cell())
            self._parts = await stack.enter_async_context(AsyncExitStack())
            self._app = await self._parts.enter_async_context(assembled(config, rules, self._db, self._cell, ports))
            await take_over(self._app, ports.now())
            stack.push_async_callback(self.pages, None)
            await self.pages(self._app)
            for job in ("reload", "rules"):
                await self._db.write(job_runs.went_well, job, ports.now())
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop.set)
            loop.add_signal_handler(signal.SIGHUP, self._reload.set)
            # A full collection would stop the loop for a tenth of a second, to look through what never goes away; and
            # a visit makes so little of what needs collecting that a twentieth of its time went into looking for it.
            gc.collect()
            gc.freeze()
            gc.set_threshold(10_000)
            scheduler = self._schedule(loop)
            stack.callback(scheduler.shutdown, wait=False)
            notify("READY=1", _watching(config))
            log.info("started", feeds=len(config.feeds), rules=len(config.rules), mail=config.mail_out)
            await self._until_stopped(ports)
            notify("STOPPING=1", "STATUS=finishing what is under way")
            scheduler.pause()
            await self._drain()
        if self._lock_lost:
            raise DatabaseInUseError("the connection that held the lock on the database broke")
        log.info("stopped")

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> AsyncIOScheduler:
        """APScheduler is the clock; what is due stands in the rows, so a late tick loses nothing."""
        for name, run, every, bound in (
            ("poll", lambda: self._app.poll.start_due(), timedelta(seconds=1), timedelta(minutes=2)),
            ("triage", lambda: self._app.triage.run(), timedelta(seconds=10), timedelta(minutes=5)),
            ("tell", lambda: self._app.tell.run(), timedelta(seconds=2), timedelta(minutes=5)),
            ("urgent", lambda: self._app.urgent.run(), timedelta(seconds=5), timedelta(minutes=20)),
            ("forms", lambda: self._app.forms.run(), timedelta(seconds=5), timedelta(minutes=20)),
            ("deliver", lambda: self._app.deliver.run(), timedelta(seconds=5), timedelta(minutes=20)),
            ("subscribe", lambda: self._app.subscribe.run(), timedelta(seconds=10), timedelta(minutes=5)),
            ("bounces", lambda: self._app.bounces.run(), self._app.config.settings.bounces.every, timedelta(minutes=5)),
            ("sweep", lambda: self._app.sweep.run(), timedelta(hours=1), timedelta(minutes=20)),
            ("channels", lambda: self._app.channels.run(), timedelta(seconds=5), timedelta(minutes=20)),
            ("brief", lambda: self._app.brief.run(), timedelta(seconds=5), timedelta(minutes=10)),
            ("push", lambda: self._app.hubs.run(), timedelta(seconds=5), timedelta(minutes=10)),
            ("report", lambda: self._app.report.run(), timedelta(seconds=30), timedelta(minutes=5)),
        ):
            self._jobs[name] = Job(name, run, every, bound, self._crashed, self._went_well)
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for job in self._jobs.values():
            scheduler.add_job(
                self._tick, "interval", args=[job], seconds=job.every.total_seconds(), next_run_time=self.ports.now()
            )
        scheduler.add_job(self._mind_the_lock, "interval", seconds=10)
        period = watchdog()
        if period is not None:
            scheduler.add_job(self._feed_watchdog, "interval", args=[loop], seconds=period.total_seconds() / 3)
        scheduler.start()
        self._ticked = loop.time()
        return scheduler

    async def _tick(self, job: Job) -> None:
        self._ticked = asyncio.get_running_loop().time()
        job.wake()

    async def _mind_the_lock(self) -> None:
        """Without the lock another instance may be at work: two would mail everything twice."""
        if not await asyncio.to_thread(self._db.holds_run_lock):
            log.error("the lock on the database is lost; stopping, so that nobody is told twice")
            self._lock_lost = True
            self._stop.set()

    async def _feed_watchdog(self, loop: asyncio.AbstractEventLoop) -> None:
        """Only progress feeds the dog: every job within its bound, and the clock ticking."""
        hanging = [job.name for job in self._jobs.values() if job.hangs(loop.time())]
        oldest = self._app.poll.oldest_visit_at()
        if oldest is not None and self.ports.now() - oldest > _LONGEST_VISIT:
            hanging.append("a visit to a feed")
        if hanging or loop.time() - self._ticked > 30:
            log.error("not feeding the watchdog", hanging=hanging)
            return
        notify("WATCHDOG=1")

    def _wake(self, name: str) -> None:
        if not self._stop.is_set() and name in self._jobs:
            self._jobs[name].wake()

    def _wake_senders(self) -> None:
        for name in ("urgent", "forms", "deliver", "channels"):
            self._wake(name)

    async def _until_stopped(self, ports: Ports) -> None:
        stopped = asyncio.create_task(self._stop.wait())
        while not self._stop.is_set():
            reloaded = asyncio.create_task(self._reload.wait())
            await asyncio.wait([stopped, reloaded], return_when=asyncio.FIRST_COMPLETED)
            reloaded.cancel()
            if self._reload.is_set() and not self._stop.is_set():
                self._reload.clear()
                await guarded("reload", self._read_config_again(ports), self._crashed)

    async def _read_config_again(self, ports: Ports) -> None:
        now = ports.now()
        problems: list[str] = []
        try:
            config = load(self.file)
            rules = await vetted_rules(config, self._db, ports.now)
        except SettingsError as error:
            problems = error.problems
        else:
            if config.database != self._app.config.database:
                problems = [f"{self.file}: a change of `database` or `state` wants a restart"]
        if problems:
            await self._refuse(problems)
            return
        parts = AsyncExitStack()
        app = await parts.enter_async_context(assembled(config, rules, self._db, self._cell, ports))
        try:
            await self.pages(app)
        except OSError as error:
            await parts.aclose()
            await self._refuse([f"{self.file}: {error}"])
            return
        # Else the old app might take a new feed, and ask it without what the new config says of it.
        self._app.poll.hold()
        try:
            await follow_config(app, now)
        except BaseException:
            self._app.poll.go_on()
            raise
        old_app, old_parts = self._app, self._parts
        self._app, self._parts = app, parts
        for job in ("reload", "rules"):
            await self._db.write(job_runs.went_well, job, now)
        notify(_watching(config))
        log.info("config read again", feeds=len(config.feeds), rules=len(config.rules))
        self._retiring.add(task := asyncio.create_task(self._retire(old_app, old_parts)))
        task.add_done_callback(self._retiring.discard)

    async def _refuse(self, problems: list[str]) -> None:
        log.error("config refused, the old one stays in force", problems=problems)
        notify(f"STATUS=config refused, the old one stays in force: {problems[0]}")
        trouble = f"config refused: {'; '.join(problems)}"
        await self._db.write(job_runs.went_wrong, "reload", trouble, self.ports.now())

    async def _retire(self, app: App, parts: AsyncExitStack) -> None:
        """The old parts go when nobody works with them any more."""
        for job in ("poll", "push"):
            await self._jobs[job].finish()
        await app.poll.finish()
        await app.pushed.finish()
        await parts.aclose()

    async def _drain(self) -> None:
        """Let what is under way finish; what takes too long is given up, and taken up at the next start."""
        try:
            async with asyncio.timeout(DRAIN.total_seconds()):
                await self.pages(None)
                await self._jobs["poll"].finish()
                await self._app.poll.finish()
                await self._app.pushed.finish()
                for job in self._jobs.values():
                    await job.finish()
                if self._retiring:
                    await asyncio.wait(self._retiring)
        except TimeoutError:
            log.warning("some work did not finish in time; it is taken up at the next start")
            await self._app.poll.give_up()
            await self._app.pushed.give_up()
            for job in self._jobs.values():
                await job.give_up()
        for task in list(self._retiring):
            task.cancel()
        await self._parts.aclose()

    async def _crashed(self, job: str, error: Exception) -> None:
        log.error("a job failed; it runs again at its next turn", job=job, exc_info=error)
        self._last_well.pop(job, None)
        if job not in self._jobs:
            return  # one feed's or one mail's trouble, which its own row tells
        trouble = f"{type(error).__name__}: {str(error)[:300]}"
        try:
            await self._db.write(job_runs.went_wrong, job, trouble, self.ports.now())
        except SQLAlchemyError as second:
            log.warning("and that could not be written down", reason=str(second)[:200])

    async def _went_well(self, job: str) -> None:
        """Written down now and then, not at every tick: each costs a sync of the disk."""
        now = self.ports.now()
        last = self._last_well.get(job)
        if last is None or now - last >= _BEAT:
            self._last_well[job] = now
            await self._db.write(job_runs.went_well, job, now)


def _watching(config: Config) -> str:
    return f"STATUS=watching {len(config.feeds)} {'feed' if len(config.feeds) == 1 else 'feeds'}"


async def serve(file: Path, pages: Pages) -> None:
    await Service(file, pages, Ports()).serve()
