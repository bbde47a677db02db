"""Settings to the ways out by mail: what mails say of this installation, over which connections they go."""

import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from monitor.app.channels import forms_of, ways_of
from monitor.app.ports import Ports
from monitor.core.marks import Marks
from monitor.core.rules import RuleSet
from monitor.core.tickets import Tickets
from monitor.jobs.brief import Desk
from monitor.jobs.channels import Channels
from monitor.jobs.compose import Compose
from monitor.jobs.deliver import Deliver, Rule
from monitor.jobs.house import House
from monitor.jobs.messaging import Messages
from monitor.jobs.packing import Packing
from monitor.net.mailbox import ImapBox, Mailbox, MaildirBox
from monitor.net.maildir import Maildir
from monitor.net.post import OpenDoor
from monitor.net.smtp import SmtpDoor, SmtpServer
from monitor.render.templates import Templates
from monitor.settings import Config
from monitor.store.db import Database
from monitor.store.owing import BRIEFINGS, FORMS, UPDATES, URGENT

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Mailing:
    """`urgent` and `forms` have a connection each, so that they never wait behind what `deliver` sends."""

    compose: Compose
    open_door: OpenDoor
    urgent: Deliver
    forms: Deliver
    deliver: Deliver
    channels: Channels


def mailing(
    config: Config,
    db: Database,
    templates: Templates,
    tickets: Tickets,
    marks: Marks,
    rule: Rule,
    ports: Ports,
    named: frozenset[str],
) -> Mailing:
    """`named` are all whom a rule names."""
    settings = config.settings
    compose = Compose(templates, house_of(config), tickets, named)
    answers = settings.contact or settings.mail.sender
    packing = Packing(db, compose, Messages(compose.name, answers, forms_of(config)), token, ports.now)
    open_door = door_of(config, ports)
    way = Deliver(
        db=db,
        packing=packing,
        open_door=open_door,
        sender=_envelope_sender(config),
        marks=marks,
        now=ports.now,
        crashed=ports.crashed,
        stopping=ports.stopping,
        progressed=ports.progressed,
        domain_minute=settings.mail.domain_minute,
    )
    connections = settings.mail.connections
    return Mailing(
        compose,
        open_door,
        # One after the other, so that an alert never waits behind what was looked up before it.
        replace(way, rule=rule, name="urgent", lanes=(URGENT,), batch=1),
        replace(way, rule=rule, name="forms", lanes=(FORMS,)),
        replace(way, rule=rule, lanes=(UPDATES, BRIEFINGS), connections=max(connections - 2, 1)),
        Channels([replace(way, name="channels", **each) for each in ways_of(config, ports)]),
    )


def mailbox_of(config: Config) -> Mailbox | None:
    """Where mails that come back are found, if that is anywhere."""
    settings = config.settings.bounces
    if settings.imap and config.bounces_password is not None:
        return ImapBox(settings.imap, config.bounces_password.get_secret_value())
    return MaildirBox(config.file.parent / settings.maildir) if settings.maildir is not None else None


def house_of(config: Config) -> House:
    mail, settings = config.settings.mail, config.settings
    return House(
        sender=mail.sender,
        name=settings.name,
        account_sender=mail.account_sender,
        contact=settings.contact,
        imprint=mail.imprint,
        bounces=mail.bounces,
        zone=settings.briefing.zone,
        language=settings.briefing.language,
        archive=settings.web.archive,
    )


def token() -> str:
    """128 bits in letters that survive whatever servers do to what stands before the @."""
    return b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def _envelope_sender(config: Config) -> Callable[[str], str]:
    mail = config.settings.mail
    local, _, domain = mail.bounces.rpartition("@")
    return lambda token: f"{local}+{token}@{domain}" if mail.bounces and token else mail.sender


def door_of(config: Config, ports: Ports) -> OpenDoor:
    out = config.mail_out
    if out.startswith("maildir:"):
        maildir = Maildir(Path(out.removeprefix("maildir:")), ports.witness)
        return lambda: maildir
    parts = urlsplit(out)
    mail = config.settings.mail
    host, tls = parts.hostname or "", parts.scheme == "smtps"
    server = SmtpServer(
        host=host,
        our_name=mail.sender.rpartition("@")[2],
        port=parts.port or (465 if tls else 25),
        tls=tls,
        starttls=not tls and (mail.starttls if mail.starttls is not None else host not in _LOOPBACK),
        username=mail.username,
        password=config.password.get_secret_value() if config.password else "",
        timeout=mail.timeout,
        most=mail.connection_mails,
    )
    return lambda: SmtpDoor(server, ports.witness)


def desk_of(config: Config, rules: RuleSet) -> Desk:
    briefing = config.settings.briefing
    topics = {rule.name: rule.topic for rule in rules.rules if rule.topic}
    return Desk(briefing.at, briefing.zone, briefing.language, config.settings.web.archive, topics)
