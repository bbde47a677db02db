"""Settings to who listens and by which ways: channels, fall-backs, the limits of alerts, the key of our links."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from monitor import __version__
from monitor.app.ports import Ports
from monitor.core.alerts import AlertPolicy, Listener, Quiet
from monitor.core.tickets import Tickets
from monitor.jobs.compose import Form
from monitor.jobs.tell import Fallback
from monitor.net.chat import Chat, ChatDoor
from monitor.net.hooks import Hook, HookDoor
from monitor.net.maildir import Maildir
from monitor.net.post import OpenDoor
from monitor.net.smtp import SmtpDoor, SmtpServer
from monitor.settings import Config
from monitor.store import keys
from monitor.store.db import Database

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Way(TypedDict):
    channel: str
    open_door: OpenDoor


def policy_of(config: Config) -> AlertPolicy:
    alerts = config.settings.alerts
    return AlertPolicy(
        alerts.least, alerts.max_age, alerts.group_wait, alerts.burst, alerts.burst_in_all, alerts.burst_span
    )


def channel_listeners(config: Config) -> tuple[Listener, ...]:
    return tuple(
        Listener(
            key=f"channel:{name}",
            name=name,
            alert_from=channel.least,
            zone=channel.zone,
            quiet=Quiet(*channel.quiet_hours) if channel.quiet_hours else None,
            machine=channel.apprise_file is None,
        )
        for name, channel in config.settings.channels.items()
    )


def forms_of(config: Config) -> dict[str, Form]:
    channels = config.settings.channels
    return {name: Form.CHAT if each.apprise_file else Form(each.format) for name, each in channels.items()}


def fallbacks_of(config: Config) -> dict[str, Fallback]:
    """By a channel, or "" for mail."""
    mail, channels = config.settings.mail, config.settings.channels
    found = {name: Fallback(each.fallback, each.fallback_after) for name, each in channels.items() if each.fallback}
    return found | ({"": Fallback(mail.fallback, mail.fallback_after)} if mail.fallback else {})


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
    )
    return lambda: SmtpDoor(server, ports.witness)


def ways_of(config: Config, ports: Ports) -> Iterator[Way]:
    for name in config.settings.channels:
        yield Way(channel=name, open_door=channel_door(config, name, ports))


def channel_door(config: Config, name: str, ports: Ports) -> OpenDoor:
    channel, secret = config.settings.channels[name], config.channel_secrets[name]
    url = secret.url.get_secret_value()
    if channel.apprise_file is not None:
        return lambda: ChatDoor(Chat(url), ports.witness)
    hook = Hook(
        url,
        secret.secret.get_secret_value() if secret.secret else "",
        "application/cap+xml" if channel.format == "cap" else "application/json",
        f"feed-monitor/{__version__}",
    )
    return lambda: HookDoor(hook, ports.witness)


async def tickets_of(config: Config, db: Database, ports: Ports) -> Tickets:
    base = config.settings.web.public_url
    if not base:
        return Tickets()
    return Tickets(base, await db.write(keys.own, "links", secrets.token_urlsafe(32), ports.now()))
