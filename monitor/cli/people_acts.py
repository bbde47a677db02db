"""What the operator does about people who are there: `pause`, `resume`, `remove`, `erase`, `approve`, `decline`,
`block`, `unblock` and `invite`."""

import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

import click

from monitor.app import open_database, utc_now
from monitor.app.channels import join_policy_of, marks_of, tickets_of
from monitor.app.ports import Ports
from monitor.cli.frame import command, counted, fail, program_name, read_config
from monitor.cli.routes import routes_of
from monitor.cli.work import address_or_fail
from monitor.core.joining import Outcome
from monitor.jobs.reception import Operator
from monitor.settings import Config
from monitor.store import subscribers

_ADDRESS = click.argument("address", metavar="ADDRESS")
_ADDRESSES = click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
_LONGEST = timedelta(days=3_660)


@asynccontextmanager
async def acting(config: Config) -> AsyncIterator[Operator]:
    db = open_database(config.database)
    try:
        ports = Ports()
        tickets, marks = await tickets_of(config, db, ports), await marks_of(db, ports)
        yield Operator(db, tickets, marks, join_policy_of(config), ports.now, ports.mail_owed)
    finally:
        db.close()


def fail_unknown(address: str, *more: str) -> NoReturn:
    fail(f"{address} is no subscriber; `{program_name()} subscribers list` shows who is", *filter(None, more))


def sure(question: str, *, yes: bool) -> None:
    """End here unless the operator means it."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{question} Nobody is there to answer: say --yes", code=2)
    if not click.confirm(question, err=True):
        fail("nothing was changed")


def day_or_fail(option: str, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        fail(f'{option}: "{said}" is no day; write it like "2026-08-14"', code=2)


@click.command()
@_ADDRESS
@click.option("--until", metavar="DAY", help="Mail comes again from this day on (default: when they are resumed).")
@command
async def pause(address: str, until: str | None) -> None:
    """Nothing goes to ADDRESS for a while; what is owed already goes nowhere, and is not caught up."""
    config, theirs = read_config(), address_or_fail(address)
    async with acting(config) as operator:
        person = await operator.db.read(subscribers.by_address, theirs)
        if person is None:
            fail_unknown(theirs)
        ends = _beginning_of("--until", until, person.zone) if until else None
        outcome = await operator.pause(theirs, ends)
    if outcome is not Outcome.DONE:
        fail(f"{theirs} gets no mail that could be paused: {person.state}")
    resume_it = f"`{program_name()} subscribers resume {theirs}`"
    click.echo(f"{theirs} gets no mail until {f'{until} ({person.zone})' if until else resume_it}")
    _echo_all(still_in_routes(config, theirs))


def _beginning_of(option: str, said: str, zone: str) -> datetime:
    begins = datetime.combine(day_or_fail(option, said), time(), ZoneInfo(zone))
    now = utc_now()
    if begins <= now:
        fail(f"{option}: {said} has begun already in {zone}; name a day to come", code=2)
    if begins > now + _LONGEST:
        fail(f"{option}: {said} is more than ten years off; leave it out for a pause without an end", code=2)
    return begins.astimezone(now.tzinfo)


@click.command()
@_ADDRESS
@command
async def resume(address: str) -> None:
    """End the pause of ADDRESS."""
    theirs = address_or_fail(address)
    async with acting(read_config()) as operator:
        outcome = await operator.resume(theirs)
    if outcome is Outcome.UNKNOWN:
        fail_unknown(theirs)
    if outcome is Outcome.ALREADY:
        fail(f"{theirs} is not paused; `{program_name()} subscribers show {theirs}` says how things are")
    click.echo(f"{theirs} gets mail again, from what happens now on")


@click.command()
@_ADDRESS
@command
async def remove(address: str) -> None:
    """Nothing more goes to ADDRESS, not even mail that is already owed. What is known of them stays, for the record."""
    config, theirs = read_config(), address_or_fail(address)
    async with acting(config) as operator:
        outcome = await operator.remove(theirs)
    still = still_in_routes(config, theirs)
    if outcome is not Outcome.LEFT:
        fail_unknown(theirs, *still)
    click.echo(f"{theirs} gets no more mail")
    _echo_all(still)


@click.command()
@_ADDRESS
@click.option("--yes", is_flag=True, help="Do not ask first.")
@command
async def erase(address: str, yes: bool) -> None:
    """Forget ADDRESS: who it was, what they chose, when they agreed, which mails they got. It cannot be undone.

    If they asked never to be written to, or you blocked them, that stays, as a mark from which nobody can tell the
    address.
    """
    config, theirs = read_config(), address_or_fail(address)
    async with acting(config) as operator:
        if await operator.db.read(subscribers.by_address, theirs) is None:
            fail_unknown(theirs)
        sure(f"Erase {theirs}? Nothing brings it back.", yes=yes)
        outcome = await operator.erase(theirs)
        blocked = await operator.why_blocked(theirs)
    if outcome is not Outcome.DONE:
        fail_unknown(theirs)
    click.echo(f"{theirs} is erased; backups that you made before have them still")
    if blocked:
        click.echo(f"What stays is a mark that they are never written to ({blocked}); it does not tell the address.")
    _echo_all(still_in_routes(config, theirs))


@click.command()
@_ADDRESSES
@command
async def approve(addresses: tuple[str, ...]) -> None:
    """Let those in who have confirmed their ADDRESS and wait for you; each gets a mail that says so."""
    theirs, waiting = [address_or_fail(each) for each in addresses], []
    async with acting(read_config()) as operator:
        for address in theirs:
            outcome = await operator.approve(address)
            already = f"{address} is subscribed already"
            said = {Outcome.CONFIRMED: f"{address} gets mail from now on", Outcome.ALREADY: already}.get(outcome)
            click.echo(said) if said else waiting.append(address)
    _end_if(waiting)


@click.command()
@_ADDRESSES
@command
async def decline(addresses: tuple[str, ...]) -> None:
    """Turn those down who wait for you at ADDRESS. They are not told."""
    theirs, waiting = [address_or_fail(each) for each in addresses], []
    async with acting(read_config()) as operator:
        for address in theirs:
            if await operator.decline(address) is Outcome.LEFT:
                click.echo(f"{address} is turned down, and was not told")
            else:
                waiting.append(address)
    _end_if(waiting)


def _end_if(unknown: list[str]) -> None:
    if unknown:
        cure = f"`{program_name()} subscribers list --state applied` shows who does"
        fail(*(f"nobody waits for you at {address}; {cure}" for address in unknown))


@click.command()
@_ADDRESS
@command
async def block(address: str) -> None:
    """Never write to ADDRESS again, whoever fills in a form or imports a list. A subscriber is removed by it."""
    config, theirs = read_config(), address_or_fail(address)
    async with acting(config) as operator:
        outcome = await operator.block(theirs)
        why = await operator.why_blocked(theirs)
    fresh = outcome is Outcome.DONE
    click.echo(f"{theirs} is never written to again" if fresh else f"{theirs} was blocked already: {why}")
    _echo_all(still_in_routes(config, theirs))


@click.command()
@_ADDRESS
@command
async def unblock(address: str) -> None:
    """ADDRESS may be written to again. Whoever left stays so until they join or are added."""
    theirs = address_or_fail(address)
    async with acting(read_config()) as operator:
        outcome = await operator.unblock(theirs)
    if outcome is Outcome.UNKNOWN:
        fail(f"{theirs} is not blocked")
    click.echo(f"{theirs} may be written to again; `{program_name()} subscribers add {theirs}` subscribes them")


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How long the link works.")
@command
async def invite(days: int) -> None:
    """Print a link by which people may join where only the invited may. Whoever has it can pass it on."""
    config = read_config()
    who, until = config.settings.subscribe.who, utc_now() + timedelta(days=days)
    if who == "nobody":
        fail(f'nobody may join by the pages: write `who = "invited"` into [subscribe] of {config.file}')
    async with acting(config) as operator:
        link = operator.invite(until)
    if not link:
        fail(f"there are no pages to join by: set `public_url` of [web] in {config.file}")
    click.echo(link)
    said = "" if who == "invited" else '; `who` of [subscribe] is "everybody", so that nobody needs it'
    click.echo(f"It works for {counted(days, 'day')}, until {until:%d %b %Y %H:%M} UTC{said}.", err=True)


def still_in_routes(config: Config, address: str) -> list[str]:
    """In which routes an address stands to which nothing goes."""
    routes = routes_of(config.book, address)
    return [f"{address} still stands in {', '.join(routes)}, where nobody is told in their place"] if routes else []


def _echo_all(sentences: Iterable[str]) -> None:
    for each in sentences:
        click.echo(each)
