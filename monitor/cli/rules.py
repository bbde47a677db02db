"""`rules`: check, test and match; see `rehearse` for what they would have done."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from monitor.app.rules import rules_of, tests_of
from monitor.cli.frame import command, config_file, counted, fail, readable_rules
from monitor.cli.rehearse import backtest, diff, on_stored
from monitor.cli.routes import idle, place_of
from monitor.cli.verdicts import as_json, console, echo_json, failing, print_verdict
from monitor.core.rules import RuleSet, lint
from monitor.core.values import Headline
from monitor.resources import shipped
from monitor.settings import Config, RuleBook, SettingsError, load, read_rule_files

RulesFile = click.Path(path_type=Path)


@click.group()
def rules() -> None:
    """Try the rules: on words, on your own tests, on what is stored."""


rules.add_command(backtest)
rules.add_command(diff)


@rules.command()
@click.argument("file", required=False, type=RulesFile)
@command
async def check(file: Path | None) -> None:
    """Read the rules of the config (or of FILE, or of a folder), run their tests, and say what looks wrong.

    Ends with 1 if a rule cannot be read or fails a test of its own; warnings alone end with 0.
    """
    config, book = _config_and_book(file)
    rule_set, problems = rules_of(book)
    problems += failing(book, rule_set)
    for problem in problems:
        click.echo(f"BAD   {problem}")
    warnings = [sentence for _, sentence in warnings_of(book, rule_set, config)]
    if config is not None:
        warnings += idle(book, config.settings.alerts.least)
        warnings += await on_stored(config, book, rule_set)
    for warning in warnings:
        click.echo(f"warn  {warning}")
    tests = sum(1 for settings in book.rules for _ in tests_of(settings))
    good = "ok  " if not problems else "BAD "
    found = f"{counted(len(problems), 'problem')}, {counted(len(warnings), 'warning')}"
    click.echo(f"{good}  {counted(len(rule_set.rules), 'rule')}, {counted(tests, 'test')}: {found}")
    sys.exit(1 if problems else 0)


def _config_and_book(file: Path | None) -> tuple[Config | None, RuleBook]:
    if file is not None:
        return None, read_rule_files(file)
    named = click.get_current_context().obj["config"] or os.environ.get("FEED_MONITOR_CONFIG")
    try:
        found = config_file()
    except SettingsError:
        if named:
            raise
        click.echo("feed-monitor: no config found; these are the shipped rules", err=True)
        return None, read_rule_files(shipped("config") / "rules.toml")
    config = load(found)
    return config, config.book


def warnings_of(book: RuleBook, rule_set: RuleSet, config: Config | None) -> Iterator[tuple[str, str]]:
    """Rules that look wrong: their names, and a sentence that says how."""
    by_name = {settings.name: settings for settings in book.rules}
    sources = None
    if config is not None:
        sources = config.sources
    for remark in lint(rule_set.rules, sources):
        settings = by_name[remark.rule]
        place = f"{settings.file}:{settings.lines[remark.key] + remark.line - 1}"
        yield remark.rule, f"{place}: rule {remark.rule}: {remark.text}"
    least = config.settings.alerts.least if config else None
    for settings in book.rules:
        name, place = settings.name, place_of(settings)
        if settings.count and least and settings.severity.rank < least.rank:
            below = f"{settings.severity} is below `least` of [alerts], {least}"
            yield name, f"{place}: counts, and never alerts: {below}"
        for line in settings.loose:
            cure = f"""for the phrase write '"{line}"', for loose words a ''' block"""
            yield name, f'{place}: "{line}": its quotes are those of TOML, so it means loose words; {cure}'
        if not any(tests_of(settings)):
            yield name, f"{place} has no tests; nothing shows that it fires"


@rules.command()
@click.argument("text")
@click.option("--rule", "name", metavar="NAME", help="Only this rule.")
@click.option("--rules", "file", type=RulesFile, metavar="FILE", help="The rules of this file instead of the config's.")
@click.option("--lang", default="", metavar="CODE", help="The language of TEXT; told from it if not given.")
@click.option("--json", "to_json", is_flag=True, help="One JSON object.")
@command
async def test(text: str, name: str | None, file: Path | None, lang: str, to_json: bool) -> None:
    """What the rules make of TEXT, read as a title: what fires, with the words marked, and what nearly did."""
    rule_set = readable_rules(_config_and_book(file)[1])
    if name is not None:
        if name not in rule_set.by_name:
            fail(f"there is no rule {name}; known are {', '.join(rule_set.by_name) or 'none'}")
        rule_set = RuleSet([rule_set.by_name[name]])
    headline = Headline(text, language=lang)
    if to_json:
        echo_json({"matches": [as_json(match) for match in rule_set.match(headline) if not match.dropped]})
        return
    out = console()
    out.print(Text(f"read as {rule_set.language(headline).vocabulary.language}", "dim"))
    print_verdict(out, rule_set, headline)


@rules.command()
@click.option("--rules", "file", type=RulesFile, metavar="FILE", help="The rules of this file instead of the config's.")
@click.option("--json", "_to_json", is_flag=True, hidden=True)  # every answer is JSON
@command
async def match(file: Path | None, _to_json: bool) -> None:
    """Read entries from stdin, a JSON object a line, and write what the rules make of each, a line each.

    An entry has id, title and summary, and if you like content, lang, source, tags and url.
    """
    rule_set = readable_rules(_config_and_book(file)[1])
    bad = 0
    for number, line in enumerate(_lines(sys.stdin), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            headline = _headline(entry)
        except (ValueError, TypeError) as error:
            bad += 1
            why = f" ({error})" if isinstance(error, TypeError) else ""
            click.echo(f"feed-monitor: stdin:{number}: no entry{why}; write one JSON object a line", err=True)
            continue
        matches = [as_json(each) for each in rule_set.match(headline) if not each.dropped]
        sys.stdout.write(json.dumps({"id": entry.get("id"), "matches": matches}, ensure_ascii=False) + "\n")
    for (rule, pattern), times in rule_set.gave_up.items():
        click.echo(f"feed-monitor: rule {rule}: {pattern} took too long {times} times and was given up", err=True)
    sys.exit(1 if bad else 0)


def _lines(stream: TextIO) -> Iterator[str]:
    """The lines that hold something; progress to a terminal that waits for them."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from stream
        return
    columns = SpinnerColumn(), TextColumn("{task.completed} entries")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for line in stream:
            progress.advance(task)
            yield line


def _headline(entry: Any) -> Headline:
    if not isinstance(entry, dict):
        raise TypeError("it is no JSON object")
    if not {"title", "summary", "content"} & entry.keys():
        raise TypeError("it has no title, summary or content")
    texts = {key: entry.get(key) or "" for key in ("title", "summary", "content", "lang", "source", "url", "author")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"{key} is no text")
    tags = entry.get("tags") or ()
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise TypeError("tags is no list of texts")
    return Headline(
        texts["title"],
        texts["summary"],
        texts["content"],
        texts["lang"],
        texts["author"],
        texts["url"],
        tuple(tags),
        frozenset([texts["source"].casefold()] if texts["source"] else []),
    )
