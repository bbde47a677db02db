"""`ack`: take alerts, so that nobody is asked any further."""

import getpass
import re
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import click
from sqlmodel import Session

from monitor.app import App, open_app, take_over, utc_now
from monitor.app.rules import rules_of
from monitor.cli.alerts import unknown
from monitor.cli.frame import command, counted, fail, read_config
from monitor.cli.hearing import clock, heard_lines
from monitor.cli.latency import NUMBER
from monitor.cli.verdicts import LONGEST_HEADLINE
from monitor.cli.work import send_owed
from monitor.core.text import legible, shortened
from monitor.jobs.acknowledge import Taken
from monitor.store import ledger
from monitor.store.ledger import Heard
from monitor.words import Cause

_RANGE = re.compile(r"(\d+)-(\d+)")
_ALL_OF = timedelta(days=7)
# Who comes so close behind another could not know of it.
_CLOSE = timedelta(minutes=1)


class _Numbers(click.ParamType[range]):
    """A number, or two with a hyphen between them and all that stand between."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        if isinstance(value, range):
            return value
        found = _RANGE.fullmatch(str(value))
        begins, ends = found.groups() if found else (value, value)
        first, last = NUMBER(begins, param, ctx), NUMBER(ends, param, ctx)
        if last < first:
            self.fail(f"{value} ends before it begins; write {last}-{first}", param, ctx)
        return range(first, last + 1)


@click.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, type=_Numbers())
@click.option("--all", "everything", is_flag=True, help="All that are open and were told within the last 7 days.")
@click.option("--yes", is_flag=True, help="With --all: do not ask first.")
@click.option("--by", metavar="NAME", help="Who takes it; your user name if not given.")
@command
async def ack(numbers: tuple[range, ...], everything: bool, yes: bool, by: str | None) -> None:
    """Acknowledge alerts by their numbers, like 6 7 9-134: they are escalated no further, and everyone who heard of
    them is told who took them.

    From then on each is quiet until its story grows. `alerts list --open` shows what nobody has taken.
    """
    if by is not None and not legible(by):
        fail("--by: is empty; write the name that people know you by", code=2)
    if everything == bool(numbers):
        fail("name the alerts by their numbers, or all that are open by --all", code=2)
    config = read_config()
    name = legible(by or "") or getpass.getuser()
    async with open_app(config, rules=rules_of(config.book)[0]) as app:
        wanted = await _every_open(app, yes=yes) if everything else await _existing(app, numbers)
        taken = [each for number in wanted if (each := await app.acknowledge.take(number, name)) is not None]
        for each in taken:
            click.echo(_line(each, name, utc_now()))
        if all(each.already for each in taken):
            return
        told = await app.db.read(_told_last, [each.number for each in taken if not each.already])
        _print_told(told)
        if not told:
            click.echo("nobody else is told: nobody has heard of it")
        elif app.db.is_running():
            click.echo("the running service delivers it")
        else:
            await take_over(app, utc_now())
            click.echo(await send_owed(app))


async def _existing(app: App, numbers: Iterable[range]) -> list[int]:
    """The alerts of these numbers. In a range those that are missing are passed over, unless all are."""
    known = await app.db.read(ledger.numbers)
    found: dict[int, None] = {}
    for each in numbers:
        there = [number for number in known if number in each]
        if not there:
            fail(unknown(each[0]) if len(each) == 1 else unknown(f"of {each[0]}-{each[-1]}"))
        found.update(dict.fromkeys(there))
    return list(found)


async def _every_open(app: App, *, yes: bool) -> list[int]:
    found = await app.db.read(ledger.listed_since, utc_now() - _ALL_OF, only_open=True)
    if not found:
        click.echo("no alert of the last 7 days is open")
        sys.exit(0)
    if not yes and sys.stdin.isatty():
        click.confirm(f"acknowledge {counted(len(found), 'open alert')}?", abort=True, err=True)
    return [each.alert.id for each in reversed(found)]


def _line(taken: Taken, name: str, now: datetime) -> str:
    title = shortened(taken.title, LONGEST_HEADLINE)
    if not taken.already:
        return f"{taken.number}: acknowledged by {taken.by}: {title}"
    if taken.by != name and now - taken.at <= _CLOSE:
        return f"{taken.number}: {taken.by} was faster, {clock(taken.at)}: {title}"
    return f"{taken.number}: was already taken by {taken.by} at {clock(taken.at)}: {title}"


def _print_told(told: Iterable[Heard]) -> None:
    now: dict[str, None] = {}
    later: dict[str, Heard] = {}
    for each in told:
        if each.deliveries:
            now[each.name] = None
        else:
            later.setdefault(each.name, each)
    if now:
        click.echo(f"told of it: {', '.join(now)}")
    for each in later.values():
        for line in heard_lines(each):
            click.echo(line)


def _told_last(session: Session, numbers: Iterable[int]) -> list[Heard]:
    """Who hears the tellings that they were taken."""
    found: list[Heard] = []
    for number in numbers:
        taken = [each for each in ledger.told(session, number) if Cause.TAKEN in each.telling.causes]
        found += taken[-1].heard
    return found
