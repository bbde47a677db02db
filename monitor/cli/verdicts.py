"""How the verdict of the rules on some words is shown."""

import json
from dataclasses import replace
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from rich.text import Text

from monitor.app.rules import failing_tests, tests_of
from monitor.core.rehearsal import Verdict, verdict_of
from monitor.core.rules import RuleSet, near_misses
from monitor.core.text import shortened
from monitor.core.values import Evidence, Headline, RuleMatch
from monitor.render.views import marked
from monitor.settings import RuleBook

_SAID = {Verdict.FIRES: "fires", Verdict.HELD: "would be held back", Verdict.DROPPED: "would be dropped"}
LONGEST_PATTERN = 100
LONGEST_HEADLINE = 200
_MOST_MISSES = 8
# Half of the words of some pattern stand in every other headline.
_FEW_MISSES = 3


def failing(book: RuleBook, rules: RuleSet) -> list[str]:
    """`failing_tests`, with progress on a terminal: the first words of a language load its dictionary."""
    total = sum(1 for settings in book.rules for _ in tests_of(settings))
    out = Console(stderr=True)
    columns = "trying the rules", BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task("", total=total)
        return list(failing_tests(book, rules, lambda: progress.advance(task)))


def console() -> Console:
    # A pipe has no width: what is searched for must stand in one line.
    return Console(highlight=False, soft_wrap=True)


def print_verdict(out: Console, rules: RuleSet, headline: Headline) -> None:
    """What fires, with the words marked, and what was missing where it nearly did."""
    matches = rules.match(headline)
    for match in matches:
        out.print(Text(f"  {match.rule} ({match.severity}) {_SAID[verdict_of(match)]}"))
        print_marked(out, headline, match)
        for key, against in (("unless", match.held_by), ("drop", match.dropped_by)):
            if against:
                said = ", ".join(f'{key} {pattern}: "{words}"' for pattern, words in _quoted(against))
                out.print(Text(f"    {said}"))
    misses = near_misses(rules, headline)
    closer = [miss for miss in misses if not miss.lacks_words]
    for miss in closer[:_MOST_MISSES] or misses[:_FEW_MISSES]:
        out.print(Text(f"  {miss.rule} stays silent: {shortened(miss.pattern, LONGEST_PATTERN)}: {miss.reason}"))
    if not matches:
        out.print("  no rule fires")


def print_marked(out: Console, headline: Headline, match: RuleMatch) -> None:
    """The lines in which the words of the match stand, in brackets and bold."""
    for field, text in headline.fields():
        evidence = [each for each in (*match.evidence, *match.held_by, *match.dropped_by) if each.field == field]
        if not evidence:
            continue
        line = Text("    " if field == "title" else f"    {field}: ")
        begin = text.rfind("\n", 0, evidence[0].start) + 1
        stop = text.find("\n", max(each.end for each in evidence))
        stop = stop if stop >= 0 else len(text)
        inside = [replace(each, start=each.start - begin, end=each.end - begin) for each in evidence]
        for piece in marked(text[begin:stop], [each for each in inside if each.start >= 0]):
            line.append(f"[{piece.text}]" if piece.marked else piece.text, "bold" if piece.marked else "")
        out.print(line)


def _quoted(evidence: tuple[Evidence, ...]) -> list[tuple[str, str]]:
    words: dict[str, list[str]] = {}
    for each in evidence:
        words.setdefault(each.pattern, []).append(each.text)
    return [(pattern, " … ".join(dict.fromkeys(found))) for pattern, found in words.items()]


def as_json(match: RuleMatch) -> dict[str, Any]:
    return {
        "rule": match.rule,
        "severity": match.severity.value,
        "held": match.held,
        "evidence": [_span(each) for each in match.evidence],
        **({"held_by": [_span(each) for each in match.held_by]} if match.held else {}),
    }


def _span(each: Evidence) -> dict[str, Any]:
    return {
        "field": each.field, "start": each.start, "end": each.end, "text": each.text, "pattern": each.pattern,
    }  # fmt: skip


def echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
