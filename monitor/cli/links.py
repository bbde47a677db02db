"""`links`: the keys that sign what stands in mails, and the links of one person."""

import secrets
from datetime import UTC, date, datetime, time
from itertools import pairwise

import click

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, counted, program_name, read_config
from monitor.cli.people_acts import acting, day_or_fail, fail_unknown, sure
from monitor.cli.work import address_or_fail
from monitor.core.joining import Outcome
from monitor.store import history, keys

_NAME = "links"
_DIE = (
    "to leave, to the preferences, to confirm, to acknowledge and mute, invitations, and the addresses of alert feeds"
)


@click.group()
def links() -> None:
    """Change the key that signs links, or make void what one person was mailed."""


@links.command()
@click.option("--forget-before", metavar="DAY", help="Keys made before this day (UTC) are believed no more.")
@click.option("--yes", is_flag=True, help="With --forget-before: do not ask first.")
@command
async def rotate(forget_before: str | None, yes: bool) -> None:
    """Sign links with a new key from now on. Links that were mailed before go on working.

    With --forget-before, those that an older key signed die, for example because the database was stolen. People who
    were mailed them can then no longer leave by them: they must, so keep old keys unless you have to.
    """
    config, now = read_config(), utc_now()
    keep = _beginning(day_or_fail("--forget-before", forget_before), now) if forget_before else None
    db = open_database(config.database)
    try:
        made = await db.read(history.keys_made, _NAME)
        dying = [span for span in _spans(made, now) if keep is not None and span[0] < keep]
        if dying:
            sure(f"{_until(dying)} will open nothing any more: those {_DIE}. Go on?", yes=yes)
        left = await db.write(keys.rotate, _NAME, secrets.token_urlsafe(32), now, keep)
    finally:
        db.close()
    click.echo("links are signed with a new key from now on")
    if dying:
        click.echo(f"{_until(dying)} open nothing any more: those {_DIE}")
    elif keep is not None:
        click.echo(f"no key is older than {forget_before}, so no link has died")
    if left:
        click.echo(f"{counted(left, 'earlier key')} {'is' if left == 1 else 'are'} believed still: their links work")
    if not config.settings.web.public_url:
        click.echo("there are no links while `public_url` of [web] is empty")
    click.echo("A running service, and one that serves the pages alone, has the new key after a reload.")


def _beginning(day: date, now: datetime) -> datetime:
    """A day to come would forget what is made today, too: that is what it says."""
    return min(datetime.combine(day, time(), UTC), now)


def _spans(made: list[datetime], now: datetime) -> list[tuple[datetime, datetime]]:
    """From when until when each key has signed."""
    return list(pairwise([*made, now]))


def _until(dying: list[tuple[datetime, datetime]]) -> str:
    first, last = dying[0][0], dying[-1][1]
    return f"links in mails sent from {first:%d %b %Y %H:%M} to {last:%d %b %Y %H:%M} UTC"


@links.command()
@click.argument("address", metavar="ADDRESS")
@command
async def revoke(address: str) -> None:
    """Make void the links that let their reader change what ADDRESS gets, for example because a mail was forwarded.

    A fresh one can be asked for at once. Links to leave by, in briefings and alerts, go on: they can do no more.
    """
    theirs = address_or_fail(address)
    async with acting(read_config()) as operator:
        outcome = await operator.revoke_links(theirs)
    if outcome is not Outcome.DONE:
        fail_unknown(theirs)
    click.echo(f"links to confirm, and to the preferences of {theirs}, that were mailed before open nothing any more")
    click.echo(f"those to leave by go on working; `{program_name()} links rotate` changes the key of all")
