"""`silence`: mute a rule for a while."""

import getpass
from datetime import timedelta

import click
from rich.text import Text

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, fail, read_config, readable_rules
from monitor.cli.verdicts import console, echo_json
from monitor.core.rules import read_patterns
from monitor.core.text import legible
from monitor.models import Silence
from monitor.settings.fields import span
from monitor.store import silences


@click.group()
def silence() -> None:
    """Mute a rule for a while: its matches are left to the briefing, with the reason."""


@silence.command()
@click.argument("rule", metavar="RULE")
@click.option("--for", "how_long", default="2h", show_default=True, metavar="SPAN", help="Like 30m, 8h or 2d.")
@click.option("--words", default="", metavar="PATTERN", help="Only items in which this pattern holds.")
@click.option("--comment", required=True, help="Why; stands in the briefing beside what was muted.")
@click.option("--author", default="", help="Who; your user name if not given.")
@command
async def add(rule: str, how_long: str, words: str, comment: str, author: str) -> None:
    """Mute RULE from now on."""
    config = read_config()
    known = readable_rules(config.book).by_name
    if rule not in known:
        fail(f"there is no rule {rule}; known are {', '.join(known) or 'none'}")
    try:
        lasts = span(how_long)
    except ValueError as error:
        fail(f"--for: {error}")
    if not timedelta() < lasts <= timedelta(days=366):
        fail("--for: a silence lasts up to 366 days; it must have an end")
    _, wrong = read_patterns(words)
    if wrong:
        fail(f"--words: column {wrong[0].column}: {wrong[0]}")
    now = utc_now()
    muted = Silence(
        rule=rule, words=words, starts_at=now, ends_at=now + lasts, author=author or getpass.getuser(),
        comment=legible(comment),
    )  # fmt: skip
    db = open_database(config.database)
    try:
        number = await db.write(silences.add, muted)
    finally:
        db.close()
    click.echo(f"{number}: {rule} is muted until {now + lasts:%d %b %H:%M} UTC")


@silence.command(name="list")
@click.option("--json", "to_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(to_json: bool) -> None:
    """The silences in force."""
    db = open_database(read_config().database)
    try:
        found = await db.read(silences.active, utc_now())
    finally:
        db.close()
    out = console()
    for each in found:
        if to_json:
            echo_json(each.model_dump(mode="json"))
            continue
        words = f" where {each.words}" if each.words else ""
        out.print(
            Text(f"{each.id}: {each.rule}{words} until {each.ends_at:%d %b %H:%M} UTC, {each.author}: {each.comment}")
        )
    if not found and not to_json:
        click.echo("no rule is muted")


@silence.command()
@click.argument("number", type=int)
@command
async def expire(number: int) -> None:
    """End the silence NUMBER now."""
    db = open_database(read_config().database)
    try:
        ended = await db.write(silences.expire, number, utc_now())
    finally:
        db.close()
    if not ended:
        fail(f"no silence {number} is in force; `feed-monitor silence list` shows those that are")
    click.echo(f"{number}: ended")
