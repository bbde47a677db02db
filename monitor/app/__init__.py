"""Where the parts meet: settings -> database, fetcher, sender, templates, jobs."""

import os
import pwd
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import make_url

from monitor import __version__
from monitor.app.channels import channel_listeners, door_of, fallbacks_of, forms_of, policy_of, tickets_of, ways_of
from monitor.app.ports import Ports, utc_now
from monitor.app.vetting import vetted_rules
from monitor.cell import Cell
from monitor.core.rhythm import Pace
from monitor.core.rules import RuleSet
from monitor.core.stories import Agency, Credits
from monitor.core.tickets import Tickets
from monitor.jobs.acknowledge import Acknowledge
from monitor.jobs.brief import Brief
from monitor.jobs.channels import Channels
from monitor.jobs.compose import Compose
from monitor.jobs.deliver import Deliver
from monitor.jobs.listeners import Routes
from monitor.jobs.poll import Plan, Poll
from monitor.jobs.push import Hubs, Pushed
from monitor.jobs.report import Report
from monitor.jobs.tell import Tell
from monitor.jobs.triage import Triage
from monitor.net.fetch import Fetcher
from monitor.net.post import OpenDoor
from monitor.net.trips import PLAIN, Access
from monitor.render.templates import Templates
from monitor.settings import Config, Settings
from monitor.store import feeds, outbox, pushes, schema
from monitor.store.db import Database, DatabaseInUseError

log = structlog.get_logger("app")
# Of the largest size; so much memory may hubs take.
_DELIVERIES = 4


@dataclass(frozen=True)
class App:
    config: Config
    db: Database
    rules: RuleSet
    routes: Routes
    tickets: Tickets
    templates: Templates
    compose: Compose
    open_door: OpenDoor
    poll: Poll
    triage: Triage
    tell: Tell
    acknowledge: Acknowledge
    brief: Brief
    report: Report
    deliver: Deliver
    channels: Channels
    hubs: Hubs
    pushed: Pushed


class NotOursError(Exception):
    """The state belongs to another user or another version."""


def open_database(url: str, ports: Ports | None = None) -> Database:
    """The database with this version's schema. Raises DatabaseInUseError if a service is in the way of a change."""
    _refuse_root(url)
    db = Database(url, (ports or Ports()).witness)
    try:
        _refuse_newer(db)
        if not schema.is_current(db):
            db.take_run_lock()
            schema.upgrade(db)
            db.release_run_lock()
    except BaseException:
        db.close()
        raise
    return db


def is_made(url: str) -> bool:
    """Whether there is a database to look into; opening one that is not there would make it."""
    return not url.startswith("sqlite") or Path(make_url(url).database or "").exists()


def _refuse_newer(db: Database) -> None:
    if schema.is_newer(db):
        raise NotOursError("a later version of feed-monitor made this database; install that version or a newer one")


def _refuse_root(url: str) -> None:
    """Root in the service user's folder would leave files there that the service cannot write to."""
    folder = Path(make_url(url).database or "").parent
    if url.startswith("sqlite") and os.geteuid() == 0 and folder.is_dir() and (owner := folder.stat().st_uid) != 0:
        name = next((user.pw_name for user in pwd.getpwall() if user.pw_uid == owner), f"user {owner}")
        raise NotOursError(f"{folder} belongs to {name}; run this as that user: runuser -u {name} -- feed-monitor ...")


@asynccontextmanager
async def open_app(config: Config, ports: Ports | None = None, rules: RuleSet | None = None) -> AsyncIterator[App]:
    """The program, ready to work, on the config's database. Raises SettingsError if its rules are unfit."""
    ports = ports or Ports()
    async with AsyncExitStack() as stack:
        db = open_database(config.database, ports)
        stack.callback(db.close)
        rules = rules or await vetted_rules(config, db, ports.now)
        cell = await stack.enter_async_context(Cell())
        async with assembled(config, rules, db, cell, ports) as app:
            yield app


@asynccontextmanager
async def assembled(config: Config, rules: RuleSet, db: Database, cell: Cell, ports: Ports) -> AsyncIterator[App]:
    """The parts that follow the config, around a database and a cell that outlive a change of it."""
    settings = config.settings
    templates = Templates(config.templates)
    open_door = door_of(config, ports)
    tickets = await tickets_of(config, db, ports)
    routes = Routes(rules, policy_of(config), channel_listeners(config))
    compose = Compose(
        db, templates, settings.mail.sender, settings.contact, settings.briefing.zone, tickets, forms_of(config)
    )
    deliver = Deliver(
        db=db,
        compose=compose,
        open_door=open_door,
        sender=settings.mail.sender,
        now=ports.now,
        crashed=ports.crashed,
        stopping=ports.stopping,
        progressed=ports.progressed,
    )
    access = access_of(config)
    async with _fetcher(settings, ports) as fetcher:
        poll = Poll(
            db=db,
            fetch=fetcher.fetch,
            parse=cell.parse,
            now=ports.now,
            luck=ports.luck,
            crashed=ports.crashed,
            woken=ports.entries_came,
            idle=ports.feeds_wait,
            connections=settings.poll.connections,
            claim=secrets.token_hex(8),
            plan=plan_of(settings),
            access=access,
        )
        yield App(
            config=config,
            db=db,
            rules=rules,
            templates=templates,
            compose=compose,
            open_door=open_door,
            poll=poll,
            routes=routes,
            tickets=tickets,
            triage=Triage(db, routes, credits_of(config), ports.now, ports.mail_owed, ports.progressed),
            tell=Tell(db, routes, fallbacks_of(config), ports.now, ports.mail_owed, ports.progressed),
            acknowledge=Acknowledge(db, routes, ports.now, ports.mail_owed),
            brief=Brief(db, ports.now, ports.mail_owed, ports.progressed, ports.crashed),
            report=Report(db, settings.contact, settings.poll.tell_after, ports.now, ports.mail_owed),
            deliver=deliver,
            channels=Channels([replace(deliver, **way) for way in ways_of(config, ports)]),
            hubs=Hubs(
                db=db,
                post=fetcher.post,
                access=access,
                base=settings.web.public_url,
                seek=settings.poll.websub,
                now=ports.now,
                word=secrets.token_urlsafe,
                stopping=ports.stopping,
                progressed=ports.progressed,
            ),
            pushed=Pushed(db, poll.take_pushed, ports.now, ports.crashed, _DELIVERIES * settings.poll.largest),
        )


def plan_of(settings: Settings | None) -> Plan:
    """How often feeds are asked; without a config, as the defaults have it."""
    poll = (settings or Settings()).poll
    # The bounds are the adaptive pause's; who asks for a mean beyond them wants it kept.
    pace = Pace(poll.every, min(poll.fastest, poll.every), max(poll.slowest, poll.every))
    return Plan(pace, poll.adaptive, poll.budget)


def credits_of(config: Config) -> Credits:
    return Credits(Agency(each.name, each.marks, each.family) for each in config.publishers.agencies)


def access_of(config: Config) -> dict[str, Access]:
    """How the feeds are reached that need more than their URL."""
    wanted = {
        feed.url: Access(
            feed.allow_private,
            feed.proxy or config.settings.poll.proxy,
            headers := config.headers.get(feed.url, ()),
            # Wherever a redirect has led it, its secrets are for the server that the operator named.
            home=feed.url if headers else "",
        )
        for feed in config.feeds
    }
    return {url: access for url, access in wanted.items() if access != PLAIN}


def _fetcher(settings: Settings, ports: Ports) -> Fetcher:
    return Fetcher(
        user_agent=f"feed-monitor/{__version__}" + (f" (+mailto:{settings.contact})" if settings.contact else ""),
        timeout=settings.poll.timeout,
        largest=settings.poll.largest,
        connections=settings.poll.connections,
        host_pause=settings.poll.host_pause,
        now=ports.now,
    )


def fetcher_of(settings: Settings | None = None) -> Fetcher:
    """Asks servers with the limits every feed gets; without a config, with the defaults."""
    return _fetcher(settings or Settings(), Ports())


async def follow_config(app: App, now: datetime) -> None:
    """Make the feed rows what the config says."""
    every = app.config.settings.poll.every
    wanted = [
        feeds.WantedFeed(
            feed.url,
            feed.name,
            feed.publisher,
            feed.family,
            feed.language,
            feed.tags,
            feed.host,
            feed.every or every,
            own_pace=feed.every is not None,
        )
        for feed in app.config.feeds
    ]
    await app.db.write(feeds.sync, wanted, now)
    await app.db.write(outbox.cancel_unknown, app.config.settings.channels, now)


async def take_over(app: App, now: datetime) -> None:
    """Become the one instance at work, and take up what a dead one left. Raises DatabaseInUseError."""
    app.db.take_run_lock()
    await app.db.write(feeds.release_claims)
    await app.db.write(pushes.catch_up, now)
    doubtful = await app.db.write(outbox.recover, now)
    if doubtful:
        log.warning("found mail that may have left already; it is sent again under the same Message-ID", mails=doubtful)
    await follow_config(app, now)


__all__ = [
    "App",
    "DatabaseInUseError",
    "NotOursError",
    "Ports",
    "assembled",
    "follow_config",
    "is_made",
    "access_of",
    "fetcher_of",
    "plan_of",
    "policy_of",
    "open_app",
    "open_database",
    "take_over",
    "utc_now",
    "vetted_rules",
]
