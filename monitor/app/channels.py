"""Settings to who listens and by which ways: channels, fall-backs, the limits of alerts, the keys of our links."""

import secrets
from collections.abc import Iterator
from typing import TypedDict

from monitor import __version__
from monitor.app.ports import Ports
from monitor.core.alerts import AlertPolicy, Listener, Quiet
from monitor.core.joining import JoinPolicy
from monitor.core.marks import Marks
from monitor.core.tickets import Tickets
from monitor.jobs.messaging import Form
from monitor.jobs.tell import Fallback
from monitor.net.chat import Chat, ChatDoor
from monitor.net.hooks import Hook, HookDoor
from monitor.net.post import OpenDoor
from monitor.settings import Config
from monitor.store import keys
from monitor.store.db import Database


class Way(TypedDict):
    channel: str
    open_door: OpenDoor


def policy_of(config: Config) -> AlertPolicy:
    alerts = config.settings.alerts
    return AlertPolicy(
        alerts.least, alerts.max_age, alerts.group_wait, alerts.burst, alerts.burst_in_all, alerts.burst_span
    )


def join_policy_of(config: Config, named: frozenset[str] = frozenset()) -> JoinPolicy:
    settings, subscribe = config.settings, config.settings.subscribe
    return JoinPolicy(
        who=subscribe.who,
        approve=subscribe.approve,
        allow_domains=subscribe.allow_domains,
        deny_domains=subscribe.deny_domains,
        network_hour=subscribe.network_hour,
        network_day=subscribe.network_day,
        domain_hour=subscribe.domain_hour,
        all_hour=subscribe.all_hour,
        language=settings.briefing.language,
        contact=settings.contact,
        named=named,
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
    return Tickets(
        config.settings.web.public_url, await db.write(keys.ring, "links", secrets.token_urlsafe(32), ports.now())
    )


async def marks_of(db: Database, ports: Ports) -> Marks:
    return Marks(await db.write(keys.own, "addresses", secrets.token_urlsafe(32), ports.now()))
