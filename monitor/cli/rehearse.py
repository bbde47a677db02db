"""`rules backtest` and `rules diff`: what rules would have done with what is stored."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from rich.text import Text

from monitor.app import is_made, open_database, policy_of, utc_now
from monitor.cli.frame import command, config_file, counted, fail, readable_rules
from monitor.cli.routes import unheard
from monitor.cli.verdicts import console, echo_json, print_marked
from monitor.core.alerts import AlertPolicy, Arrival, is_news
from monitor.core.rehearsal import Rehearsed, Stored, Verdict, changes, per_day, rehearse
from monitor.core.rules import RuleSet
from monitor.jobs.triage import headline
from monitor.models import Entry, Feed
from monitor.settings import Config, RuleBook, load, read_rule_files
from monitor.store import entries, subscribers
from monitor.store.db import Database

_BATCH = 1_000
_BAR = 40
# A rule that speaks of more than this share of what is stored is noise; of fewer entries no share is taken.
_LOUD, _FEWEST = 0.05, 200
_LOUD_DAYS = 30


def stored_entries(
    db: Database, since: datetime, policy: AlertPolicy, progress: Progress | None = None
) -> Iterator[Stored]:
    """What is stored since then and was news since then, in order of arrival."""
    last = 0
    total = db.read_now(entries.count_since, since)
    task = progress.add_task("", total=total) if progress else None
    while batch := db.read_now(entries.stored_since, since, last, _BATCH):
        for entry, feed in batch:
            stored = _stored(entry, feed, policy)
            if stored.at >= since:
                yield stored
        last = batch[-1][0].id
        if progress and task is not None:
            progress.advance(task, len(batch))


def _stored(entry: Entry, feed: Feed, policy: AlertPolicy) -> Stored:
    came_late = entry.previous_poll_at is None and entry.published_at is not None
    at = min(entry.published_at or entry.arrived_at, entry.arrived_at) if came_late else entry.arrived_at
    news = is_news(Arrival(entry.arrived_at, entry.published_at, entry.previous_poll_at), policy)
    return Stored(
        entry.id, entry.story_id or 0, feed.publisher, entry.voice, at, entry.link, headline(entry, feed), news
    )


def _progress() -> Progress:
    out = Console(stderr=True)
    columns = "reading what is stored", BarColumn(), MofNCompleteColumn()
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


async def on_stored(config: Config, book: RuleBook, rule_set: RuleSet) -> list[str]:
    """A warning for each rule that speaks of too much of what is stored, and for each address in a route that is told
    nothing."""
    if not is_made(config.database):
        return []
    lines = {settings.name: f"{settings.file}:{settings.lines['match']}" for settings in book.rules}
    db = open_database(config.database)
    try:
        people = {each.address for each in db.read_now(subscribers.confirmed) if not each.refuses_alerts}
        unknown = list(unheard(book, people))
        since = utc_now() - timedelta(days=_LOUD_DAYS)
        total = db.read_now(entries.count_since, since)
        if total < _FEWEST:
            return unknown
        with _progress() as progress:
            records = rehearse(
                rule_set, stored_entries(db, since, policy_of(config), progress), config.settings.alerts.least
            )
    finally:
        db.close()
    return unknown + [
        f"{lines[name]}: rule {name}: matches {fired} of the {total} entries stored in {_LOUD_DAYS} days, over 5 %"
        for name, record in records.items()
        if (fired := sum(record.verdicts.values())) > _LOUD * total
    ]


@click.command()
@click.argument("rule", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="The rules of this file instead of the config's.")
@click.option("--days", default=30, type=click.IntRange(1, 3650), show_default=True, help="How far back.")
@click.option("--json", "to_json", is_flag=True, help="One JSON object.")
@command
async def backtest(rule: str | None, file: Path | None, days: int, to_json: bool) -> None:
    """What the rules, or the one RULE, would have done with the entries stored in the last days.

    A bar per day, the newest hits with the words marked, what would be held back, and a forecast.
    """
    config = load(config_file())
    rule_set = readable_rules(read_rule_files(file) if file else config.book)
    if rule is not None:
        if rule not in rule_set.by_name:
            fail(f"there is no rule {rule}; known are {', '.join(rule_set.by_name) or 'none'}")
        rule_set = RuleSet([rule_set.by_name[rule]])
    now = utc_now()
    db = open_database(config.database)
    try:
        seen = _Seen()
        with _progress() as progress:
            stored = seen.watching(stored_entries(db, now - timedelta(days=days), policy_of(config), progress))
            records = rehearse(rule_set, stored, config.settings.alerts.least)
    finally:
        db.close()
    if not seen.entries:
        fail(f"nothing is stored from the last {counted(days, 'day')}; let `feed-monitor poll` or `run` fill it first")
    if to_json:
        echo_json(_as_json(records, seen, days, now))
        return
    _print(console(), records, seen, days, now)


class _Seen:
    """How many entries went by, and since when."""

    def __init__(self) -> None:
        self.entries = 0
        self.first: datetime | None = None

    def watching(self, stored: Iterator[Stored]) -> Iterator[Stored]:
        for each in stored:
            self.entries += 1
            self.first = min(self.first or each.at, each.at)
            yield each

    def span(self, days: int, now: datetime) -> float:
        """The days there is something of, at most those asked for."""
        first = self.first or now
        return max(1.0, min(float(days), (now - first).total_seconds() / 86_400))


def _print(out: Console, records: dict[str, Rehearsed], seen: _Seen, days: int, now: datetime) -> None:
    span = seen.span(days, now)
    out.print(Text(f"{counted(seen.entries, 'entry', 'entries')} of {counted(round(span), 'day')}"))
    by_day = per_day(records.values())
    most = max(by_day.values(), default=0)
    shown = sorted(set(by_day) | _all_days(now, span))
    for day in shown[-days:]:
        count = by_day.get(day, 0)
        bar = "█" * round(count / most * _BAR) if most else ""
        out.print(Text(f"  {day:%d %b}  {bar or ('▏' if count else '')} {count}"))
    for name, record in records.items():
        if len(records) > 1 and not record.verdicts:
            continue
        fires, held = record.verdicts[Verdict.FIRES], record.verdicts[Verdict.HELD]
        dropped = record.verdicts[Verdict.DROPPED]
        out.print(Text(f"\n{name}: {fires} fire, {held} held back, {dropped} dropped", "bold"))
        for stored, match in reversed(record.newest):
            out.print(Text(f"  {stored.at:%d %b %H:%M} {stored.publisher}"))
            print_marked(out, stored.headline, match)
        if record.newest_held:
            out.print("  would be held back:")
        for stored, match in reversed(record.newest_held):
            out.print(Text(f"  {stored.at:%d %b %H:%M} {stored.publisher}"))
            print_marked(out, stored.headline, match)
    quiet = [name for name, record in records.items() if not record.verdicts]
    if quiet and len(records) > 1:
        out.print(Text(f"\nspoke of nothing: {', '.join(quiet)}"))
    out.print(Text(f"\nforecast: {_forecast(records, span)}"))


def _all_days(now: datetime, span: float) -> set[date]:
    return {(now - timedelta(days=back)).date() for back in range(int(span) + 1)}


def _forecast(records: dict[str, Rehearsed], span: float) -> str:
    matches = sum(record.verdicts[Verdict.FIRES] for record in records.values())
    stories = len(set().union(*(record.stories for record in records.values())))
    told = len(set().union(*(record.told for record in records.values())))
    return (
        f"about {_rate(matches / span)} matches a day, {_rate(stories / span)} stories a day, "
        f"{_rate(told / span)} alerts a day"
    )


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 9.5 or value == 0 else f"{value:.1f}"


def _as_json(records: dict[str, Rehearsed], seen: _Seen, days: int, now: datetime) -> dict[str, object]:
    span = seen.span(days, now)
    return {
        "entries": seen.entries,
        "days": round(span, 2),
        "rules": {
            name: {
                **{verdict.value: record.verdicts[verdict] for verdict in Verdict if verdict != Verdict.SILENT},
                "stories": len(record.stories),
                "alerts": record.alerts,
                "by_day": {day.isoformat(): count for day, count in sorted(record.days.items())},
                "newest": [
                    {"at": stored.at.isoformat(), "title": stored.headline.title, "link": stored.link}
                    for stored, _ in reversed(record.newest)
                ],
            }
            for name, record in records.items()
        },
    }


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--days", default=30, type=click.IntRange(1, 3650), show_default=True, help="How far back.")
@click.option("--json", "to_json", is_flag=True, help="A JSON object a line.")
@command
async def diff(old: Path, new: Path, days: int, to_json: bool) -> None:
    """The stored entries that the rules of NEW treat otherwise than those of OLD (files or folders)."""
    before, after = readable_rules(read_rule_files(old)), readable_rules(read_rule_files(new))
    config = load(config_file())
    out = console()
    db = open_database(config.database)
    found = 0
    since = utc_now() - timedelta(days=days)
    try:
        with _progress() as progress:
            for change in changes(before, after, stored_entries(db, since, policy_of(config), progress)):
                found += 1
                stored = change.stored
                if to_json:
                    echo_json(
                        {
                            "entry": stored.entry_id, "rule": change.rule, "title": stored.headline.title,
                            "link": stored.link, "at": stored.at.isoformat(),
                            "before": change.before, "after": change.after,
                        }
                    )  # fmt: skip
                    continue
                when = f"{stored.at:%d %b %H:%M} {stored.publisher}"
                out.print(Text(f"{change.rule}: {change.before} -> {change.after}  {when}"))
                print_marked(out, stored.headline, change.match)
    finally:
        db.close()
    if not to_json:
        for line in _other_changes(before, after):
            click.echo(line)
        click.echo(f"{counted(found, 'entry', 'entries')} of {counted(days, 'day')} treated otherwise")


def _other_changes(before: RuleSet, after: RuleSet) -> Iterator[str]:
    """What changes for people though the same entries match."""
    named = {"severity": "severity", "count": "count", "raises": "raise", "alert_to": "alert", "only": "sources"}
    for name in before.by_name.keys() & after.by_name.keys():
        for key, said in named.items():
            old, new = getattr(before.by_name[name], key), getattr(after.by_name[name], key)
            if old != new:
                yield f"{name}: {said} changed: {old} -> {new}"
