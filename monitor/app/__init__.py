"""Where the parts meet: settings -> database, fetcher, sender, templates, jobs."""

import os
import pwd
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import make_url

from monitor.app.asking import access_of, credits_of, fetcher, plan_of
from monitor.app.channels import channel_listeners, fallbacks_of, join_policy_of, marks_of, policy_of, tickets_of
from monitor.app.mailing import desk_of, mailbox_of, mailing
from monitor.app.ports import Ports, utc_now
from monitor.app.vetting import vetted_rules
from monitor.cell import Cell
from monitor.core.rules import RuleSet
from monitor.core.tickets import Tickets
from monitor.jobs.acknowledge import Acknowledge
from monitor.jobs.bounces import Bounces
from monitor.jobs.brief import Brief
from monitor.jobs.channels import Channels
from monitor.jobs.compose import Compose
from monitor.jobs.deliver import Deliver
from monitor.jobs.listeners import Routes
from monitor.jobs.poll import Poll
from monitor.jobs.push import Hubs, Pushed
from monitor.jobs.reception import Reception
from monitor.jobs.report import Report
from monitor.jobs.subscribe import Subscribe
from monitor.jobs.sweep import Sweep
from monitor.jobs.tell import Tell
from monitor.jobs.triage import Triage
from monitor.net.post import OpenDoor
from monitor.render.templates import Templates
from monitor.settings import Config
from monitor.store import feeds, outbox, owing, pushes, schema
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
    urgent: Deliver
    forms: Deliver
    deliver: Deliver
    channels: Channels
    reception: Reception
    subscribe: Subscribe
    bounces: Bounces
    sweep: Sweep
    hubs: Hubs
    pushed: Pushed

    async def send_mail(self, *, at_once: bool = False) -> int:
        """What is owed by mail now, the urgent first; how many mails were taken."""
        return sum([await way.run(at_once=at_once) for way in (self.urgent, self.forms, self.deliver)])


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
    tickets, marks = await tickets_of(config, db, ports), await marks_of(db, ports)
    routes = Routes(rules, policy_of(config), channel_listeners(config))
    policy = join_policy_of(config, routes.named)

    def woken() -> None:
        ports.forms_came()
        ports.mail_owed()

    reception = Reception(db, tickets, marks, policy, ports.now, woken)
    bounces = Bounces(
        db=db,
        marks=marks,
        tickets=tickets,
        routes=routes,
        contact=settings.contact,
        address=settings.mail.bounces,
        mailbox=mailbox_of(config),
        keep=settings.bounces.keep,
        leave=reception.leave,
        now=ports.now,
        woken=ports.mail_owed,
        crashed=ports.crashed,
        progressed=ports.progressed,
    )
    mail = mailing(config, db, templates, tickets, marks, bounces.refused, ports, routes.named)
    access = access_of(config)
    async with fetcher(settings, ports) as fetching:
        poll = Poll(
            db=db,
            fetch=fetching.fetch,
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
            compose=mail.compose,
            open_door=mail.open_door,
            poll=poll,
            routes=routes,
            tickets=tickets,
            triage=Triage(db, routes, credits_of(config), ports.now, ports.mail_owed, ports.progressed),
            tell=Tell(db, routes, fallbacks_of(config), ports.now, ports.mail_owed, ports.progressed),
            acknowledge=Acknowledge(db, routes, ports.now, ports.mail_owed),
            brief=Brief(db, ports.now, ports.mail_owed, ports.progressed, ports.crashed, desk_of(config, rules)),
            report=Report(db, settings.contact, settings.poll.tell_after, ports.now, ports.mail_owed),
            urgent=mail.urgent,
            forms=mail.forms,
            deliver=mail.deliver,
            channels=mail.channels,
            reception=reception,
            bounces=bounces,
            sweep=Sweep(db, marks, ports.now),
            subscribe=Subscribe(db, marks, policy, ports.now, ports.mail_owed, ports.progressed),
            hubs=Hubs(
                db=db,
                post=fetching.post,
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
    await app.db.write(owing.cancel_unknown, app.config.settings.channels, now)


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
    "policy_of",
    "open_app",
    "open_database",
    "take_over",
    "utc_now",
    "vetted_rules",
]
