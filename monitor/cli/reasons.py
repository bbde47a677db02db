"""`why`: what became of an entry, and what the rules say of words."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, fail, read_config, readable_rules
from monitor.cli.hearing import clock, heard_lines
from monitor.cli.verdicts import LONGEST_HEADLINE, LONGEST_PATTERN, console, print_verdict
from monitor.core.rules import RuleSet
from monitor.core.text import shortened
from monitor.core.timing import age
from monitor.core.values import Headline
from monitor.jobs.triage import headline
from monitor.models import Entry, Feed, Match, Revision
from monitor.store import alerts, entries, feeds, ledger, revisions, tellings
from monitor.store.db import Database
from monitor.store.ledger import Heard
from monitor.words import Cause


@click.command()
@click.argument("words", metavar="TEXT|URL")
@click.option("--lang", default="", metavar="CODE", help="The language of TEXT; told from it if not given.")
@command
async def why(words: str, lang: str) -> None:
    """What became of a stored entry (by link or words of its title), and what the rules say of TEXT."""
    config = read_config()
    rules = readable_rules(config.book)
    out = console()
    is_link = words.startswith(("http://", "https://"))
    db = open_database(config.database)
    try:
        found = await db.read(entries.find, words)
        for entry, feed in found:
            await _print_fate(out, db, rules, entry, feed)
        if is_link and not found:
            near = await db.read(feeds.of_site, urlsplit(words).hostname or "")
            fail(f"{words}: no feed has shown this link", *(_watch(feed, utc_now()) for feed in near), *_advice(near))
    finally:
        db.close()
    if not found:
        out.print("no stored entry has these words in its title; the rules on them:")
        print_verdict(out, rules, Headline(words, language=lang))


def _watch(feed: Feed, now: datetime) -> str:
    """How the feed of a site fares that has not shown what is looked for."""
    if feed.last_good_at is None:
        seen = f"could not be read yet ({feed.trouble_kind}: {feed.trouble})" if feed.trouble else "was not asked yet"
    else:
        seen = f"was last read {age(now, feed.last_good_at)} ago"
        seen += f"; since then {feed.trouble_kind}: {feed.trouble}" if feed.trouble else ""
    return f"{feed.name} watches this site and {seen}"


def _advice(near: list[Feed]) -> list[str]:
    return [] if near else ["no feed of this site is watched; `feed-monitor status` lists the feeds"]


async def _print_fate(out: Console, db: Database, rules: RuleSet, entry: Entry, feed: Feed) -> None:
    matches: list[Match] = await db.read(alerts.of_entries, [entry.id])
    heard = await db.read(_heard, matches)
    out.print(Text(shortened(entry.title, LONGEST_HEADLINE) or entry.link, "bold"))
    out.print(Text(f"  {entry.link}"))
    said = (
        f", published {entry.published_at:%d %b %H:%M}" if entry.published_at else ", without a date that can be read"
    )
    out.print(Text(f"  seen {entry.arrived_at:%d %b %H:%M:%S} UTC in {feed.name}{said}"))
    _print_warning(out, entry)
    _print_edits(out, entry, await db.read(revisions.of_entry, entry.id))
    first, other = (await db.read(entries.of_story, entry.story_id) if entry.story_id else [(entry, feed)])[0]
    if first.id != entry.id:
        seen = f"{other.name}, seen {first.arrived_at:%d %b %H:%M:%S} UTC"
        why_so = f": {entry.joined_for.value}" if entry.joined_for else ""
        out.print(
            Text(
                f"  tells the same story as “{shortened(first.title, LONGEST_HEADLINE) or first.link}” ({seen}){why_so}"
            )
        )
    if entry.arrival is None:
        out.print("  not triaged yet")
        return
    for match in matches:
        out.print(Text(f"  {match.rule} ({match.severity}): {match.disposition.value}"))
        if match.note:
            out.print(Text(f"    {match.note}"))
        for spoke, evidence in (("for", match.evidence), ("against it, by", match.held_by)):
            for each in alerts.evidence_of(evidence):
                out.print(Text(f"    {each.field}: “{each.text}” {spoke} {shortened(each.pattern, LONGEST_PATTERN)}"))
        for asked_at, listeners in heard.get(match.id, ()):
            _print_heard(out, asked_at, listeners)
    if not matches:
        read_as = rules.language(headline(entry, feed)).vocabulary.language
        out.print(f"  no rule spoke of it when it came; it is read as {read_as}")
        print_verdict(out, rules, headline(entry, feed))
    out.print()


def _heard(session: Session, matches: Sequence[Match]) -> dict[int, list[tuple[datetime | None, list[Heard]]]]:
    """By a match, who heard the telling that it is part of, then with its time each telling that asked the next."""
    found: dict[int, list[tuple[datetime | None, list[Heard]]]] = {}
    heard = ledger.heard_of(session, {match.alert_id for match in matches if match.alert_id is not None})
    for match in matches:
        if match.alert_id is None or match.alert_revision is None:
            continue
        told = tellings.of_alert(session, match.alert_id)
        own = [each for each in told if each.revision == match.alert_revision]
        found[match.id] = [(None, heard.get(each.id, [])) for each in own]
        found[match.id] += [
            (each.told_at, heard[each.id])
            for each in told
            if Cause.ESCALATED in each.causes and match.rule in each.rules and each.id in heard
        ]
    return found


def _print_heard(out: Console, asked_at: datetime | None, listeners: Sequence[Heard]) -> None:
    if asked_at is not None:
        out.print(Text(f"    {Cause.ESCALATED.value}, {clock(asked_at)}:"))
    for line in (line for each in listeners for line in heard_lines(each)):
        out.print(Text(f"{'    ' if asked_at is None else '      '}{line}"))


def _print_warning(out: Console, entry: Entry) -> None:
    """What an entry that is an official warning says beside its words."""
    said = [f"{name}: {value}" for name, value in entry.cap.items()]
    said += [f"at {entry.place[0]:.4f}, {entry.place[1]:.4f}"] if entry.place else []
    if said:
        out.print(Text(f"  {'; '.join(said)}"))


def _print_edits(out: Console, entry: Entry, before: Sequence[Revision]) -> None:
    titles = [*(each.title for each in before), entry.title]
    for said, then in zip(before, titles[1:], strict=True):
        what = f"headline was “{shortened(said.title, LONGEST_HEADLINE)}”" if said.title != then else "text was another"
        out.print(Text(f"  until {said.until:%d %b %H:%M:%S} UTC its {what}"))
    if before and entry.waiting:
        out.print("  not triaged again since")
