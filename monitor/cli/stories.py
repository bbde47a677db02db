"""`stories`: what is told, by whom; two that are one, one that is two."""

import getpass
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, counted, fail, program_name, read_config
from monitor.cli.grouping import group
from monitor.cli.verdicts import LONGEST_HEADLINE, console, echo_json
from monitor.core.stories import Portrait, portrait_of
from monitor.core.text import legible, shortened
from monitor.core.timing import age
from monitor.jobs.grouping import told_by
from monitor.models import Alert, Entry, Feed, Repair, RepairKind, Story
from monitor.settings.fields import span
from monitor.store import alerts, entries
from monitor.store import stories as store
from monitor.store.db import single_triage

_NUMBER = click.IntRange(1, 2**31 - 1)
_LONGEST = timedelta(days=36_500)


@click.group()
def stories() -> None:
    """The stories that are told, who tells them, and their repair."""


stories.add_command(group)


@stories.command(name="list")
@click.option("--since", default="24h", show_default=True, metavar="SPAN", help="Told of within it, like 90m or 3d.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--json", "to_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(since: str, limit: int, to_json: bool) -> None:
    """The stories of late, those with most independent publishers first."""
    try:
        within = min(span(since), _LONGEST)
    except (ValueError, OverflowError) as error:
        fail(f"--since: {error}")
    db, now, out = open_database(read_config().database), utc_now(), console()
    try:
        found = await db.read(_recent, now, now - within, limit)
    finally:
        db.close()
    for story, seen, entries_told in found:
        if to_json:
            echo_json(_as_json(story, seen, entries_told))
            continue
        out.print(Text(f"{story.id}  {shortened(seen.headline, LONGEST_HEADLINE)}", "bold"))
        out.print(Text(f"    {_about(seen, entries_told, now)}"))
    if not found and not to_json:
        click.echo(f"no story was told within {since}")


@stories.command()
@click.argument("number", type=_NUMBER, metavar="STORY")
@click.option("--json", "to_json", is_flag=True, help="One JSON object.")
@command
async def show(number: int, to_json: bool) -> None:
    """All that is known of STORY: its publishers, its entries and why each is in it, its alert and its repairs."""
    db, now = open_database(read_config().database), utc_now()
    try:
        found = await db.read(_all_of, number, now)
    finally:
        db.close()
    if found is None:
        fail(_unknown(number))
    story, seen, told, alert, repairs = found
    if to_json:
        whole = _as_json(story, seen, len(told))
        whole["entries"] = [_entry_as_json(entry, feed) for entry, feed in told]
        whole["alert"] = alert.model_dump(mode="json") if alert else None
        whole["repairs"] = [each.model_dump(mode="json") for each in repairs]
        echo_json(whole)
        return
    out = console()
    if story.id != number:
        out.print(Text(f"{number} was merged into {story.id}"))
    out.print(Text(f"{story.id}  {shortened(seen.headline, LONGEST_HEADLINE)}", "bold"))
    if seen.summary:
        by = next(feed.publisher for entry, feed in told if entry.id == seen.summary.entry)
        out.print(Text(f"    “{seen.summary.sentence}” ({by})"))
    out.print(Text(f"    {_about(seen, len(told), now)}"))
    out.print(
        Text(f"    first seen {_when(seen.first_seen_at)} in {seen.publishers[0]}, last {_when(seen.last_seen_at)}")
    )
    if alert:
        times = counted(alert.revision, "time")
        out.print(Text(f"    told {times} as {alert.severity}, last {_when(alert.last_told_at)}"))
    for each in repairs:
        out.print(Text(f"    {_repair(each, story.id)}"))
    _print_entries(out, told)


@stories.command()
@click.argument("number", type=_NUMBER, metavar="STORY")
@click.argument("others", type=_NUMBER, metavar="OTHER...", nargs=-1, required=True)
@click.option("--comment", default="", help="Why; stands in the story's history.")
@command
async def merge(number: int, others: tuple[int, ...], comment: str) -> None:
    """STORY and the OTHERS tell one event: put their entries into STORY. Nobody is told again for that."""
    db = open_database(read_config().database)
    try:
        problem, said = await db.write(_merge, number, others, legible(comment), utc_now())
    finally:
        db.close()
    if problem:
        fail(problem)
    click.echo(said)


@stories.command()
@click.argument("number", type=_NUMBER, metavar="STORY")
@click.argument("numbers", type=_NUMBER, metavar="ENTRY...", nargs=-1, required=True)
@click.option("--comment", default="", help="Why; stands in the story's history.")
@command
async def split(number: int, numbers: tuple[int, ...], comment: str) -> None:
    """Those ENTRIES of STORY tell another event: make a story of their own of them. Nobody is told again for that.

    `stories show` has the numbers of a story's entries.
    """
    db = open_database(read_config().database)
    try:
        problem, said = await db.write(_split, number, set(numbers), legible(comment), utc_now())
    finally:
        db.close()
    if problem:
        fail(problem)
    click.echo(said)


def _recent(session: Session, now: datetime, since: datetime, limit: int) -> list[tuple[Story, Portrait, int]]:
    found = []
    for each in store.told_since(session, since, limit):
        told = entries.of_story(session, each.story.id)
        found.append((each.story, portrait_of([told_by(*row) for row in told], now), each.entries))
    return found


def _all_of(
    session: Session, number: int, now: datetime
) -> tuple[Story, Portrait, list[tuple[Entry, Feed]], Alert | None, list[Repair]] | None:
    story = store.find(session, number)
    told = entries.of_story(session, story.id) if story else []
    if story is None or not told:
        return None
    seen = portrait_of([told_by(*row) for row in told], now)
    return story, seen, told, alerts.of_story(session, story.id), store.repairs_of(session, story.id)


def _merge(session: Session, number: int, others: tuple[int, ...], comment: str, now: datetime) -> tuple[str, str]:
    single_triage(session)
    into = store.find(session, number)
    if into is None:
        return _unknown(number), ""
    joining: dict[int, Story] = {}
    for each in others:
        other = store.find(session, each)
        if other is None:
            return _unknown(each), ""
        if other.id == into.id:
            return f"story {each} is story {number} already; name two that are not one", ""
        joining[other.id] = other
    repairs = [store.merge(session, into.id, each, now, getpass.getuser(), comment) for each in joining]
    return "", f"{into.id}: {_entries(sum(len(each.entry_ids) for each in repairs))} joined it"


def _split(session: Session, number: int, wanted: set[int], comment: str, now: datetime) -> tuple[str, str]:
    single_triage(session)
    story = store.find(session, number)
    if story is None:
        return _unknown(number), ""
    own = {entry.id for entry, _ in entries.of_story(session, story.id)}
    if strange := sorted(wanted - own):
        known = ", ".join(map(str, sorted(own)))
        return f"story {story.id} has no entry {', '.join(map(str, strange))}; it has {known}", ""
    if wanted == own:
        return f"story {story.id} would keep no entry; leave at least one in it", ""
    repair = store.split(session, story.id, wanted, now, getpass.getuser(), comment)
    return "", f"{repair.story_id}: a story of its own with {_entries(len(wanted))} of story {story.id}"


def _unknown(number: int) -> str:
    return f"there is no story {number}; `{program_name()} stories list` shows those of late"


def _told_by(seen: Portrait, number: int) -> str:
    named = ", ".join(seen.publishers[:3]) + (
        f" and {len(seen.publishers) - 3} more" if len(seen.publishers) > 3 else ""
    )
    independent = f" ({seen.voices} independent)" if seen.voices != len(seen.publishers) else ""
    return f"{_entries(number)} by {named}{independent}"


def _about(seen: Portrait, number: int, now: datetime) -> str:
    growth = f", {seen.growth:.1f} an hour" if number > 1 else ""
    first = age(now, seen.first_seen_at)
    return f"{_told_by(seen, number)}{growth}, first seen {first} ago, {' '.join(seen.languages)}"


def _entries(number: int) -> str:
    return counted(number, "entry", "entries")


def _when(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"


def _repair(repair: Repair, story: int) -> str:
    by = repair.by or "by itself"
    why = f": {repair.note}" if repair.note else ""
    moved = _entries(len(repair.entry_ids))
    if repair.kind == RepairKind.MERGED:
        return f"{_when(repair.at)} {by} merged story {repair.other_id} into {repair.story_id}, {moved}{why}"
    return f"{_when(repair.at)} {by} split story {repair.story_id} from {repair.other_id}, {moved}{why}"


def _print_entries(out: Console, told: list[tuple[Entry, Feed]]) -> None:
    titles = {entry.id: shortened(entry.title, LONGEST_HEADLINE) or entry.link for entry, _ in told}
    for entry, feed in told:
        out.print(Text(f"{entry.id}  {_when(entry.arrived_at)} {feed.publisher}: {titles[entry.id]}"))
        copied = f", the text of {entry.voice}" if entry.voice not in (feed.publisher, feed.family) else ""
        why = entry.joined_for.value if entry.joined_for else "not said"
        like = f" as {entry.joined_by}" if entry.joined_by in titles else ""
        out.print(Text(f"    {why}{like}{copied}"))
        out.print(Text(f"    {entry.link}"))


def _as_json(story: Story, seen: Portrait, number: int) -> dict[str, object]:
    return {
        "story": story.id,
        "headline": seen.headline,
        "summary": {"text": seen.summary.sentence, "entry": seen.summary.entry} if seen.summary else None,
        "size": number,
        "publishers": list(seen.publishers),
        "voices": seen.voices,
        "languages": list(seen.languages),
        "first_publisher": seen.publishers[0],
        "first_seen_at": seen.first_seen_at.isoformat(),
        "last_seen_at": seen.last_seen_at.isoformat(),
        "growth_per_hour": round(seen.growth, 2),
    }


def _entry_as_json(entry: Entry, feed: Feed) -> dict[str, object]:
    return {
        "entry": entry.id,
        "title": entry.title,
        "link": entry.link,
        "publisher": feed.publisher,
        "feed": feed.name,
        "voice": entry.voice,
        "arrived_at": entry.arrived_at.isoformat(),
        "joined_for": entry.joined_for.name.lower() if entry.joined_for else None,
        "joined_by": entry.joined_by,
    }
