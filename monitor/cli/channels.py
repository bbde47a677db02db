"""`channels`: the ways of alerts other than mail."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from monitor.app import Ports, open_database, utc_now
from monitor.app.channels import channel_door, forms_of
from monitor.app.rules import rules_of
from monitor.cli.frame import command, fail, read_config
from monitor.cli.health import iso
from monitor.cli.verdicts import console, echo_json
from monitor.core.alerts.facts import AlertFacts
from monitor.core.formats.cap import cap
from monitor.core.formats.chat import message_of
from monitor.core.formats.hook import rollup_body
from monitor.core.rules import RuleSet
from monitor.core.timing import age
from monitor.jobs.messaging import Form
from monitor.net.post import Message, SendFailed, Sent, Unreachable
from monitor.settings import Config
from monitor.store import ledger
from monitor.store.ledger import WayOut
from monitor.words import Cause, Severity

_KINDS = {Form.CHAT: "chat or push", Form.JSON: "webhook, JSON", Form.CAP: "webhook, CAP"}
_SAYS = "a test by the operator: nothing has happened"


@click.group()
def channels() -> None:
    """The chats, pushes and webhooks that alerts go to beside mail."""


@channels.command(name="list")
@click.option("--json", "to_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(to_json: bool) -> None:
    """Every channel: its kind, what it hears, and what waits for it. Where it leads to is a secret and not shown."""
    config, now, out = read_config(), utc_now(), console()
    rules = rules_of(config.book)[0]
    db = open_database(config.database)
    try:
        ways = await db.read(ledger.ways_out)
    finally:
        db.close()
    for name in config.settings.channels:
        way = ways.get(name, WayOut())
        if to_json:
            echo_json(_as_json(config, rules, name, way))
            continue
        out.print(Text(f"{name}  {_KINDS[forms_of(config)[name]]}", "bold"))
        for line in _about(config, rules, name, way, now):
            out.print(Text(f"    {line}"))
    if not config.settings.channels and not to_json:
        click.echo(f"there is no channel; [channels.NAME] in {config.file} makes one")


def _about(config: Config, rules: RuleSet, name: str, way: WayOut, now: datetime) -> Iterator[str]:
    channel = config.settings.channels[name]
    named, next_in = _routes(rules, name)
    yield f"hears alerts from {channel.least} on" + (f", and those of {', '.join(named)}" if named else "")
    if next_in:
        yield f"next in turn for {', '.join(next_in)}"
    if channel.quiet_hours and channel.apprise_file is not None:
        begins, ends = channel.quiet_hours
        yield f"quiet {begins:%H:%M}-{ends:%H:%M} {channel.zone} (critical passes)"
    if channel.fallback:
        yield f"{channel.fallback} is told instead when it has failed for {age(now, now - channel.fallback_after)}"
    yield in_short(way, now)


def _routes(rules: RuleSet, name: str) -> tuple[list[str], list[str]]:
    """The rules whose route begins with the channel, and those in which it comes next."""
    named = [rule.name for rule in rules.rules if name in (rule.alert_to or ())]
    return named, [rule.name for rule in rules.rules if any(name in step for step in rule.then)]


def in_short(way: WayOut, now: datetime) -> str:
    """How it stands with what leaves this way."""
    since = f", the oldest for {age(now, way.oldest_owed_at)}" if way.oldest_owed_at else ""
    why = f": {way.trouble or way.refused}" if way.trouble or way.refused else ""
    return f"{way.sent} sent, {way.failed} refused for good, {way.waiting} waiting{since}{why}"


def _as_json(config: Config, rules: RuleSet, name: str, way: WayOut) -> dict[str, Any]:
    channel = config.settings.channels[name]
    named, next_in = _routes(rules, name)
    return {
        "channel": name,
        "form": forms_of(config)[name].value,
        "from": channel.least.value,
        "rules": named,
        "next_for": next_in,
        "fallback": channel.fallback or None,
        **way_as_json(way),
    }


def way_as_json(way: WayOut) -> dict[str, Any]:
    return {
        "sent": way.sent,
        "failed": way.failed,
        "waiting": way.waiting,
        "oldest_owed_at": iso(way.oldest_owed_at),
        "trouble": way.trouble or None,
        "refused": way.refused or None,
    }


@channels.command()
@click.argument("name")
@command
async def test(name: str) -> None:
    """Send one message to the channel NAME that says it is a test, and print what the other side answers.

    It is not stored, not repeated, and goes out whatever quiet hours and silences say.
    """
    config = read_config()
    if name not in config.settings.channels:
        fail(f"there is no channel {name}; known are {', '.join(config.settings.channels) or 'none'}")
    now = utc_now()
    message = Message(config.settings.mail.sender, name, f"test:{name}:{now:%Y%m%d%H%M%S}", _message(config, name, now))
    async with channel_door(config, name, Ports())() as door:
        result = await door.send(message)
    match result:
        case Sent(reply):
            click.echo(f"{name}: accepted: {reply}")
        case SendFailed(reason, permanent):
            fail(f"{name}: {'refused for good' if permanent else 'not taken'}: {reason}")
        case Unreachable(reason):
            fail(f"{name}: out of reach: {reason}")


def _message(config: Config, name: str, now: datetime) -> bytes:
    form = forms_of(config)[name]
    if form is Form.CHAT:
        return message_of("TEST of feed-monitor", f"{name}: {_SAYS}.")
    facts = AlertFacts(
        key="test", number=0, revision=0, causes=(Cause.FIRST,), news="", severity=Severity.INFO,
        headline=f"TEST of {name}: {_SAYS}", link="", summary="", language="en", firings=(), reports=(),
        first_told_at=now, told_at=now,
    )  # fmt: skip
    if form is Form.JSON:
        return rollup_body([facts], [_SAYS])
    # Whoever receives it must not act on it; the protocol has a word for that.
    return cap(facts, config.settings.contact or config.settings.mail.sender).replace(
        b"<status>Actual</status>", b"<status>Test</status>"
    )
