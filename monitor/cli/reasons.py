"""`why`: what became of an entry, and what the rules say of words."""

import click
from rich.console import Console
from rich.text import Text

from monitor.app import compile_rules, open_database
from monitor.cli.frame import command, fail, read_config
from monitor.core.rules import RuleSet
from monitor.core.values import Headline
from monitor.models import Delivery, Entry, Feed, Match
from monitor.render.views import marked
from monitor.store import alerts, entries, outbox
from monitor.store.db import Database


@click.command()
@click.argument("words", metavar="TEXT|URL")
@click.option("--lang", default="", metavar="CODE", help="The language of TEXT, like de; English if not given.")
@command
async def why(words: str, lang: str) -> None:
    """What became of a stored entry (by link or words of its title), and what the rules say of TEXT."""
    config = read_config()
    rules = compile_rules(config)
    console = Console(highlight=False, soft_wrap=True)
    is_link = words.startswith(("http://", "https://"))
    db = open_database(config.database)
    try:
        found = await db.read(entries.find, words)
        for entry, feed in found:
            await _print_fate(console, db, rules, entry, feed)
    finally:
        db.close()
    if is_link and not found:
        fail(f"{words}: no feed has shown this link; `feed-monitor status` shows which feeds cannot be read")
    if not is_link:
        console.print(
            Text(
                "the rules on these words:"
                if found
                else "no stored entry has these words in its title; the rules on them:"
            )
        )
        _print_verdict(console, rules, Headline(words, language=lang))


async def _print_fate(console: Console, db: Database, rules: RuleSet, entry: Entry, feed: Feed) -> None:
    matches: list[Match] = await db.read(alerts.of_entries, [entry.id])
    told: list[Delivery] = await db.read(outbox.of_alerts, [m.alert_id for m in matches if m.alert_id is not None])
    console.print(Text(entry.title or entry.link, "bold"))
    console.print(Text(f"  {entry.link}"))
    said = (
        f", published {entry.published_at:%d %b %H:%M}" if entry.published_at else ", without a date that can be read"
    )
    console.print(Text(f"  seen {entry.arrived_at:%d %b %H:%M:%S} UTC in {feed.name}{said}"))
    if entry.arrival is None:
        console.print("  not triaged yet")
        return
    for match in matches:
        console.print(Text(f"  {match.rule} ({match.severity}): {match.disposition.value}"))
        for each in alerts.evidence_of(match.evidence + match.held_by):
            console.print(Text(f"    {each.field}: “{each.text}” for {each.pattern}"))
        for delivery in told:
            if delivery.alert_id == match.alert_id and delivery.alert_revision == match.alert_revision:
                when = f" {delivery.settled_at:%d %b %H:%M:%S} UTC" if delivery.settled_at else ""
                console.print(Text(f"    to {delivery.recipient}: {delivery.status}{when} {delivery.reply}".rstrip()))
    if not matches:
        console.print("  no rule spoke of it when it came")
        _print_verdict(console, rules, Headline(entry.title, entry.summary, entry.content, entry.language))
    console.print()


def _print_verdict(console: Console, rules: RuleSet, headline: Headline) -> None:
    matches = rules.match(headline)
    for match in matches:
        console.print(Text(f"  {match.rule} ({match.severity}) {'would be held back' if match.held else 'fires'}"))
        for field, text in headline.fields():
            evidence = [each for each in (*match.evidence, *match.held_by) if each.field == field]
            if evidence:
                line = Text("    ")
                for piece in marked(text, evidence):
                    line.append(f"[{piece.text}]" if piece.marked else piece.text, "bold" if piece.marked else "")
                console.print(line)
    for miss in rules.near_misses(headline):
        console.print(Text(f"  {miss.rule} stays silent: {miss.pattern}: {miss.reason}"))
    if not matches:
        console.print("  no rule fires")
