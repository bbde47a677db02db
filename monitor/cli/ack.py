"""`ack`: take an alert, so that nobody is asked any further."""

import getpass

import click
from sqlmodel import Session

from monitor.app import open_app, take_over, utc_now
from monitor.app.rules import rules_of
from monitor.cli.alerts import unknown
from monitor.cli.frame import command, fail, read_config
from monitor.cli.hearing import clock, heard_lines
from monitor.cli.latency import NUMBER
from monitor.cli.work import send_owed
from monitor.core.text import legible
from monitor.store import ledger
from monitor.store.ledger import Heard


@click.command()
@click.argument("number", type=NUMBER)
@click.option("--by", default="", metavar="NAME", help="Who takes it; your user name if not given.")
@command
async def ack(number: int, by: str) -> None:
    """Acknowledge the alert NUMBER: it is escalated no further, and everyone who heard of it is told who took it.

    From then on it is quiet until its story grows. `alerts list --open` shows what nobody has taken.
    """
    config = read_config()
    name = legible(by) or getpass.getuser()
    async with open_app(config, rules=rules_of(config.book)[0]) as app:
        taken = await app.acknowledge.take(number, name)
        if taken is None:
            fail(unknown(number))
        if taken.already:
            click.echo(f"{number}: {taken.by} was faster, {clock(taken.at)}: {taken.title}")
            return
        click.echo(f"{number}: acknowledged by {taken.by}: {taken.title}")
        told = await app.db.read(_told_last, number)
        if now := [each.name for each in told if each.deliveries]:
            click.echo(f"told of it: {', '.join(now)}")
        for each in told:
            if not each.deliveries:
                for line in heard_lines(each):
                    click.echo(line)
        if not told:
            click.echo("nobody else is told: nobody has heard of it")
        elif app.db.is_running():
            click.echo("the running service delivers it")
        else:
            await take_over(app, utc_now())
            click.echo(await send_owed(app))


def _told_last(session: Session, number: int) -> tuple[Heard, ...]:
    """Who hears the telling that it was taken."""
    return ledger.told(session, number)[-1].heard
