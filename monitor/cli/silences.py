"""`silence`: mute what alerts for a while."""

import getpass
from datetime import timedelta

import click
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, fail, program_name, read_config, readable_rules
from monitor.cli.hearing import clock
from monitor.cli.latency import NUMBER
from monitor.cli.verdicts import console, echo_json
from monitor.cli.work import address_or_fail
from monitor.core.rules import read_patterns
from monitor.core.text import legible
from monitor.models import Silence, Subscriber, SubscriberState
from monitor.settings import Config
from monitor.settings.fields import span
from monitor.store import silences, stories, subscribers
from monitor.words import Severity

_LATELY = timedelta(days=30)
_FEW = 10


@click.group()
def silence() -> None:
    """Mute a rule, words, a source or a story for a while: what it covers is left to the briefing, with the reason."""


@silence.command()
@click.argument("rule", metavar="[RULE]", default="")
@click.option("--for", "how_long", default="2h", show_default=True, metavar="SPAN", help="Like 30m, 8h or 2d.")
@click.option("--words", default="", metavar="PATTERN", help="Only items in which this pattern holds.")
@click.option("--source", default="", metavar="NAME", help="Only items of this feed, publisher or tag.")
@click.option("--story", type=NUMBER, metavar="STORY", help="Only this story; `stories list` has the numbers.")
@click.option("--person", default="", metavar="ADDRESS", help="For this subscriber alone; the others are told.")
@click.option("--comment", required=True, help="Why; stands in the briefing beside what was muted.")
@click.option("--author", default="", help="Who; your user name if not given.")
@command
async def add(
    rule: str, how_long: str, words: str, source: str, story: int | None, person: str, comment: str, author: str
) -> None:
    """Mute from now on what fulfils all that is named: at least one of RULE, --words, --source and --story.

    Nothing is lost by it: what is muted stands in the briefing, with your comment.
    """
    config = read_config()
    if not (rule or words or source or story):
        fail("this would mute everything; name a RULE, --words, --source or --story", code=2)
    if not legible(comment):
        fail("--comment: is empty; write why, for whoever misses the alert", code=2)
    lasts = _lasting(how_long)
    rules = readable_rules(config.book).by_name
    _check_named(config, list(rules), rule, words, source)
    db, now = open_database(config.database), utc_now()
    wanted = Silence(
        rule=rule, words=words, source=source, starts_at=now, ends_at=now + lasts,
        author=legible(author) or getpass.getuser(), comment=legible(comment),
    )  # fmt: skip
    try:
        problem, number = await db.write(_add, wanted, story, address_or_fail(person) if person else "")
        people = await db.read(subscribers.everyone)
    finally:
        db.close()
    if problem:
        fail(problem)
    click.echo(f"{number}: {_what(wanted, people)} is muted until {clock(wanted.ends_at)}")
    if (not rule and not story) or (rule and rules[rule].severity is Severity.CRITICAL):
        who = f"{address_or_fail(person)} is not" if person else "nobody is"
        click.echo(f"{who} told at once of what it covers, critical or not: `silence expire {number}` ends it")


def _lasting(how_long: str) -> timedelta:
    try:
        lasts = span(how_long)
    except (ValueError, OverflowError) as error:
        fail(f"--for: {error}")
    if not lasts:
        fail("--for: must last longer than nothing; write like 30m")
    if lasts > timedelta(days=366):
        fail("--for: a silence lasts up to 366 days; it must have an end")
    return lasts


def _check_named(config: Config, rules: list[str], rule: str, words: str, source: str) -> None:
    if rule and rule not in rules:
        fail(f"there is no rule {rule}; known are {', '.join(rules) or 'none'}")
    _, wrong = read_patterns(words)
    if wrong:
        fail(f"--words: column {wrong[0].column}: {wrong[0]}")
    if source and source.casefold() not in config.sources:
        fail(f"--source: no feed, publisher or tag is called {source}; `{program_name()} feeds list` shows them")


def _add(session: Session, wanted: Silence, story: int | None, person: str) -> tuple[str, int]:
    """What is wrong, or the number of the silence."""
    if story is not None:
        found = stories.find(session, story)
        if found is None:
            return f"there is no story {story}; `{program_name()} stories list` shows those of late", 0
        wanted.story_id = found.id
    if person:
        muted = subscribers.by_address(session, person)
        if muted is None or muted.state != SubscriberState.CONFIRMED:
            known = ", ".join(each.address for each in subscribers.confirmed(session)[:_FEW]) or "nobody yet"
            return f"{person} is no confirmed subscriber; known are {known}", 0
        wanted.subscriber_id = muted.id
    return "", silences.add(session, wanted)


@silence.command(name="list")
@click.option("--ended", is_flag=True, help="Also those that ended within the last 30 days.")
@click.option("--json", "to_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(ended: bool, to_json: bool) -> None:
    """The silences in force: what each mutes, for whom, until when, by whom and why."""
    db, now = open_database(read_config().database), utc_now()
    try:
        found = await db.read(silences.active, now)
        over = await db.read(silences.ended_since, now - _LATELY, now) if ended else []
        people = await db.read(subscribers.everyone)
    finally:
        db.close()
    out = console()
    addresses = {person.id: person.address for person in people}
    for each in (*found, *over):
        if to_json:
            whole = each.model_dump(mode="json") | {"in_force": each.ends_at > now}
            echo_json(whole | {"person": addresses.get(each.subscriber_id or 0)})
            continue
        until = f"until {clock(each.ends_at)}" if each.ends_at > now else f"ended {clock(each.ends_at)}"
        out.print(Text(f"{each.id}: {_what(each, people)} {until}, {each.author}: {each.comment}"))
    if not found and not over and not to_json:
        click.echo("nothing is muted")


def _what(silence: Silence, people: list[Subscriber]) -> str:
    """What a silence mutes, and for whom."""
    parts = [silence.rule or "every rule"]
    parts += [f"where {silence.words}"] if silence.words else []
    parts += [f"from {silence.source}"] if silence.source else []
    parts += [f"in story {silence.story_id}"] if silence.story_id is not None else []
    if silence.subscriber_id is not None:
        parts.append(f"for {next((each.address for each in people if each.id == silence.subscriber_id), 'someone')}")
    return " ".join(parts)


@silence.command()
@click.argument("number", type=NUMBER)
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
