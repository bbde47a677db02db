"""`init` and `check`."""

import sys
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from pathlib import Path

import click
from jinja2 import TemplateError
from platformdirs import user_config_path

from monitor.app import App, Ports, open_app, utc_now
from monitor.app.channels import channel_door
from monitor.app.rules import rules_of, tests_of
from monitor.cli import samples
from monitor.cli.frame import command, counted, fail, program_name, read_config
from monitor.cli.openness import openness
from monitor.cli.routes import absent, idle, never_quiet, unheard
from monitor.cli.rules import warnings_of
from monitor.cli.verdicts import failing
from monitor.core.alerts import is_away
from monitor.core.tickets import Leaving
from monitor.jobs.listeners import listener_of
from monitor.models import Subscriber, SubscriberState
from monitor.render.mail import Envelope, Letter, compose
from monitor.resources import shipped
from monitor.settings import Config
from monitor.store import subscribers
from monitor.words import Severity


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path | None) -> None:
    """Write monitor.toml, feeds.toml and rules.toml to DIR, by default where feed-monitor looks for them.

    A file that is there already is left as it is.
    """
    target = folder or user_config_path("feed-monitor")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in ("monitor.toml", "feeds.toml", "rules.toml"):
            if (target / name).exists():
                click.echo(f"kept     {target / name}")
                continue
            text = (shipped("config") / name).read_text("utf-8")
            # A folder of one's own holds a watch of its own, with its own people and history.
            (target / name).write_text(
                text.replace('# state = "state"', 'state = "state"') if folder else text, "utf-8"
            )
            click.echo(f"written  {target / name}")
    except OSError as error:
        fail(f"cannot write to {target} ({error.strerror}); name another folder")
    program = f"{program_name()} --config {target}" if folder else program_name()
    click.echo("\nNext: read the three files, then")
    for words in ("check", "subscribers add you@example.org", "run"):
        click.echo(f"  {program} {words}")


@click.command()
@click.option(
    "--offline", is_flag=True, help="Leave the network alone: neither the mail server nor channels are greeted."
)
@command
async def check(offline: bool) -> None:
    """Read every file, render every template, test every rule, open the database, greet the mail server and channels.

    Sends nothing and asks no feed; a database or Maildir that is not there yet is made.
    """
    config = read_config()
    _good(f"config: {config.file}")
    _good(f"feeds: {len(config.feeds)}")
    rules, problems = rules_of(config.book)
    problems += failing(config.book, rules)
    _say(f"rules: {len(config.rules)} read, their tests", problems)
    async with open_app(config, rules=rules) as app:
        _good(f"database: {app.db.url.render_as_string(hide_password=True)}")
        broken = list(_broken_templates(app, config))
        _say("templates: rendered with sample data", broken)
        problems += broken
        if not offline or config.mail_out.startswith("maildir:"):
            async with app.open_door() as door:
                refused = await door.greet()
            _say(f"mail: {config.mail_out}", [f"mail: {refused}; check [mail] in {config.file}"] if refused else [])
            problems += [refused] if refused else []
        else:
            click.echo(f"skip  mail: {config.mail_out} was not greeted")
        problems += await _greet_channels(config, offline=offline)
        contact = config.settings.contact
        reader = await app.db.read(subscribers.by_address, contact) if contact else None
        people = [each for each in await app.db.read(subscribers.confirmed) if not each.refuses_alerts]
    for warning in (*_warnings(config), *_about_routes(config, people)):
        click.echo(f"note  {warning}")
    if doubtful := len({name for name, _ in warnings_of(config.book, rules, config)}):
        click.echo(f"note  {counted(doubtful, 'rule looks', 'rules look')} wrong; `feed-monitor rules check` says how")
    if contact and reader is None:
        click.echo(f"note  {contact} is no subscriber; refused rules are told in the log and in `status` only")
    sys.exit(1 if problems else 0)


def _about_routes(config: Config, people: list[Subscriber]) -> Iterator[str]:
    book, now = config.book, utc_now()
    known = {person.address for person in people}
    yield from unheard(book, known)
    yield from absent(book, known, {person.address for person in people if is_away(listener_of(person), now)})
    yield from idle(book, config.settings.alerts.least)
    yield from never_quiet(book)


async def _greet_channels(config: Config, *, offline: bool) -> list[str]:
    """What is wrong with the channels; a chat's address is looked at, for to reach it would mean to send."""
    problems = []
    for name, channel in config.settings.channels.items():
        if offline and channel.apprise_file is None:
            click.echo(f"skip  channel {name} was not greeted")
            continue
        async with channel_door(config, name, Ports())() as door:
            refused = await door.greet()
        cure = f"channel {name}: {refused}; check [channels.{name}] in {config.file}"
        _say(f"channel {name}", [cure] if refused else [])
        problems += [refused] if refused else []
    return problems


def _good(what: str) -> None:
    click.echo(f"ok    {what}")


def _say(what: str, problems: list[str]) -> None:
    if not problems:
        _good(what)
    for problem in problems:
        click.echo(f"BAD   {problem}")


def _broken_templates(app: App, config: Config) -> Iterator[str]:
    now = utc_now()
    person = Subscriber(
        id=1, address="reader@example.org", state=SubscriberState.CONFIRMED, zone=config.settings.briefing.zone,
        briefing_at=time(7), alert_from=Severity.HIGH, created_at=now, consent="sample",
    )  # fmt: skip
    view, contents = samples.alert(now), samples.contents(now)
    reader = app.compose.reader(person, Leaving.BRIEFINGS)
    today, zone = now.date(), person.zone
    letters: dict[str, Callable[[], Letter]] = {
        "alert": lambda: app.compose.alert(view, "A sample alert", person),
        "briefing": lambda: app.compose.briefing(contents, reader, today, "A sample briefing", zone),
        "alert that grew": lambda: app.compose.alert(
            samples.grown(now), "Re: A sample alert", person, ("<first@here>",)
        ),
        "many alerts in one": lambda: app.compose.rollup(samples.rollup(now), person),
        "briefing of a quiet day": lambda: app.compose.briefing(samples.quiet(now), reader, today, "Quiet", zone),
        "notice": lambda: app.compose.notice(samples.notice(now), "A sample notice", person.address),
        "notice of an outage": lambda: app.compose.notice(samples.outage(now), "All out of reach", person.address),
    }
    for name, letter in letters.items():
        try:
            compose(letter(), Envelope(f"{name}:sample", config.settings.mail.sender, person.address, now))
        except (TemplateError, ValueError, TypeError) as error:
            place = f"{getattr(error, 'filename', None) or 'templates/email'}:{getattr(error, 'lineno', '?')}"
            yield f"{place}: {type(error).__name__}: {error}; mend or remove your own template of the {name}"


def _warnings(config: Config) -> Iterator[str]:
    yield from openness(config)
    if not config.settings.contact:
        yield f"{config.file}: contact is empty; publishers and subscribers cannot reach you"
        yield "nobody is told of feeds in trouble: that mail goes to `contact`"
    if not config.feeds:
        yield f"{config.file.parent / config.settings.feeds_file}: no feed is watched"
    for rule in config.rules:
        if not any(tests_of(rule)):
            yield f"rule {rule.name} has no tests; nothing shows that it fires"
    if not config.rules:
        yield f"{config.file.parent / config.settings.rules_file}: there is no rule, so there will be no alert"
    for feed in config.feeds:
        if (feed.every or config.settings.poll.every) < timedelta(minutes=1):
            yield f"feed {feed.name} is asked more than once a minute; many publishers block that"
