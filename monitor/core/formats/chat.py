"""What a chat or a push shows: plain text that calls nobody by name and hides no link."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date

from monitor.core.alerts.facts import AlertFacts, Report
from monitor.core.formats.parts import (
    HEADLINE_LIMIT,
    MARKS,
    counted,
    headline_of,
    matched,
    named,
    rules_of,
    web_link,
    weightiest_first,
)
from monitor.core.text import legible, shortened
from monitor.words import Cause

TEXT_LIMIT = 900
_TITLE_LIMIT = 100
_NEWS_LIMIT = 200
_WORDS_LIMIT = 60
_LINK_LIMIT = 300
_NAME_LIMIT = 40
_PUBLISHERS_AT_MOST = 4
_ROLLED_HEADLINE = 110
_PARTING = "\n\n"
# @everyone and @room call people, <!channel> and <url|words> are commands, [words](url) hides where it leads and
# ||words|| what it says.
_COMMANDS = (
    (re.compile(r"[@＠](?=\w)"), "@ "),
    (re.compile(r"<(?=\S)"), "< "),
    (re.compile(r"\](?=\()"), "] "),
    (re.compile(r"\|(?=\|)"), "| "),
)
# In a link a space would break it; these do not.
_IN_LINK = str.maketrans({"@": "%40", "<": "%3C", ">": "%3E", "|": "%7C", "[": "%5B", "]": "%5D", "`": "%60"})


def title_and_text(facts: AlertFacts) -> tuple[str, str]:
    rules = rules_of(facts)
    more = f" +{len(rules) - 1}" if len(rules) > 1 else ""
    title = f"{named(facts.severity)} {_tame(rules[0], _TITLE_LIMIT) if rules else 'alert'}{more}"
    kept: list[tuple[int, str]] = []
    for place, line in _lines(facts):
        if line and sum(len(each) + 1 for _, each in kept) + len(line) <= TEXT_LIMIT:
            kept.append((place, line))
    return title, "\n".join(line for _, line in sorted(kept))


def rollup_text(alerts: Sequence[AlertFacts], reasons: Sequence[str]) -> tuple[str, str]:
    """A title and a line for each alert that has room, weightiest first, then in the order they came."""
    ranked = sorted(alerts, key=lambda facts: -facts.severity.rank)
    title = f"{named(ranked[0].severity)} {counted(len(ranked), 'alert', 'alerts')}" if ranked else "no alerts"
    lines = [line for reason in reasons[:2] if (line := _tame(reason, _NEWS_LIMIT))]
    room = TEXT_LIMIT - len(f"\nand {len(ranked)} more")
    for at, facts in enumerate(ranked):
        line = f"{MARKS[facts.severity]} {_in_short(facts)}"
        if sum(len(each) + 1 for each in lines) + len(line) > room:
            lines.append(f"and {len(ranked) - at} more")
            break
        lines.append(line)
    return title, "\n".join(lines)


def message_of(title: str, text: str) -> bytes:
    """The two as the outbox keeps them."""
    return f"{title}{_PARTING}{text}".encode()


def parted(message: bytes) -> tuple[str, str]:
    """Title and text of `message_of`."""
    title, _, text = message.decode("utf-8", "replace").partition(_PARTING)
    return title, text


def _lines(facts: AlertFacts) -> Iterator[tuple[int, str]]:
    """The weightier first, each with its place in the order in which people read them."""
    yield 0, _tame(headline_of(facts), HEADLINE_LIMIT)
    yield 1, _tame(facts.news, _NEWS_LIMIT)
    if facts.acknowledged_by and Cause.TAKEN not in facts.causes:
        yield 2, f"taken by {_tame(facts.acknowledged_by, _NAME_LIMIT)}"
    yield 5, _link(facts.link)
    if facts.reports:
        yield 4, _publishers(facts)
    for firing in weightiest_first(facts.firings)[:1]:
        for evidence in firing.evidence[:1]:
            yield 3, _tame(matched(evidence, _WORDS_LIMIT), _NEWS_LIMIT)


def _publishers(facts: AlertFacts) -> str:
    today = facts.told_at.astimezone(UTC).date()
    said = [_report(report, today) for report in facts.reports[:_PUBLISHERS_AT_MOST]]
    if more := len(facts.reports) - len(said):
        said.append(f"{more} more")
    return f"{counted(len(facts.reports), 'publisher', 'independent publishers')} (UTC): {', '.join(said)}"


def _report(report: Report, today: date) -> str:
    at = (report.published_at or report.seen_at).astimezone(UTC)
    clock = f"{at:%H:%M}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"
    copies = f" +{counted(len(report.copies), 'copy', 'copies')}" if report.copies else ""
    return f"{_tame(report.publisher, _NAME_LIMIT)} {clock}{copies}"


def _in_short(facts: AlertFacts) -> str:
    short = _tame(headline_of(facts), _ROLLED_HEADLINE)
    if not facts.reports:
        return short
    more = f" +{len(facts.reports) - 1}" if len(facts.reports) > 1 else ""
    return f"{short} ({_tame(facts.reports[0].publisher, _NAME_LIMIT)}{more})"


def _tame(text: str, limit: int) -> str:
    # Invisible characters go first: between @ and a name they would hide it from us alone.
    text = legible(text)
    for command, harmless in _COMMANDS:
        text = command.sub(harmless, text)
    return shortened(text, limit)


def _link(link: str) -> str:
    good = web_link(link).translate(_IN_LINK)
    return good if len(good) <= _LINK_LIMIT else ""
