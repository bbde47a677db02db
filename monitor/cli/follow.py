"""`alerts follow` and `alerts export`: alerts for other programs."""

import click
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.app.channels import tickets_of
from monitor.app.ports import Ports
from monitor.cli.frame import command, fail, program_name, read_config
from monitor.cli.latency import NUMBER
from monitor.core.alerts.facts import AlertFacts
from monitor.core.formats.cap import cap
from monitor.core.formats.syndication import Follow, atom, json_feed
from monitor.core.tickets import follow_addresses
from monitor.jobs.following import alert_facts, latest_facts, told_before
from monitor.settings import Config

_LATEST = 100


@click.command()
@command
async def follow() -> None:
    """The addresses at which other programs follow the alerts. Whoever has one can read them all."""
    config = read_config()
    if not config.settings.web.public_url:
        fail(f"nobody can follow: set `public_url` of [web] in {config.file} to where the world reaches this service")
    db = open_database(config.database)
    try:
        tickets = await tickets_of(config, db, Ports())
    finally:
        db.close()
    for form, address in follow_addresses(tickets).items():
        click.echo(f"{form:<6}{address}")


@click.command()
@click.argument("number", type=NUMBER, required=False)
@click.option(
    "--as",
    "form",
    type=click.Choice(["atom", "json", "cap"]),
    help="Atom, JSON Feed, or the Common Alerting Protocol, which tells one alert.  [default: atom; cap for a NUMBER]",
)
@command
async def export(number: int | None, form: str | None) -> None:
    """Write the latest alerts as a feed, or the alert NUMBER alone, to stdout."""
    form = form or ("atom" if number is None else "cap")
    if form == "cap" and number is None:
        fail(f"CAP tells one alert; name its number, which `{program_name()} alerts list` shows", code=2)
    config = read_config()
    db, now = open_database(config.database), utc_now()
    try:
        facts = await db.read(_facts, number, _name(config))
        earlier = await db.read(told_before, number) if number is not None else []
        tickets = await tickets_of(config, db, Ports())
    finally:
        db.close()
    if number is not None and not facts:
        fail(f"there is no alert {number}; `{program_name()} alerts list` shows those of late")
    if form == "cap":
        document = cap(facts[0], config.settings.contact or config.settings.mail.sender, earlier=earlier)
    else:
        updated = max((each.told_at for each in facts), default=now)
        # What nobody can reach has a name all the same, by which programs know it again.
        address = follow_addresses(tickets).get(form) or f"tag:{_domain(config)},2026:feed-monitor:alerts"
        feed = Follow(f"Alerts of {_name(config)}", address, config.settings.web.public_url, updated)
        document = atom(feed, facts) if form == "atom" else json_feed(feed, facts)
    click.echo(document)


def _facts(session: Session, number: int | None, name: str) -> list[AlertFacts]:
    if number is None:
        return latest_facts(session, _LATEST, name)
    found = alert_facts(session, number, name)
    return [found] if found is not None else []


def _name(config: Config) -> str:
    """What this installation is called in what programs read."""
    return f"feed-monitor@{_domain(config)}"


def _domain(config: Config) -> str:
    return config.settings.mail.sender.rpartition("@")[2]
