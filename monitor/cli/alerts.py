"""`alerts`: what people were told, when, and how long it took."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.text import Text
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.app.rules import rules_of
from monitor.cli import reach
from monitor.cli.follow import export, follow
from monitor.cli.frame import command, counted, fail, program_name, read_config
from monitor.cli.health import iso
from monitor.cli.hearing import clock, heard_as_json, heard_lines
from monitor.cli.latency import NUMBER, latency, within
from monitor.cli.reach import state, unreached
from monitor.cli.verdicts import LONGEST_HEADLINE, LONGEST_PATTERN, console, echo_json
from monitor.core.formats.parts import MARKS, named
from monitor.core.rules import RuleSet
from monitor.core.text import shortened
from monitor.core.timing import age
from monitor.models import Alert, Escalation, Story
from monitor.store import alerts as store
from monitor.store import entries, ledger, subscribers
from monitor.store.alerts import ToldMatch
from monitor.store.ledger import Listed, Told
from monitor.store.reach import Reach, is_exhausted, reach_of


@click.group()
def alerts() -> None:
    """What people were told of, who heard it when, and how long it took."""


alerts.add_command(latency)
alerts.add_command(follow)
alerts.add_command(export)


@dataclass(frozen=True, slots=True)
class _Whole:
    """All that is known of one alert."""

    alert: Alert
    story: Story
    voices: int
    told: list[Told]
    matches: list[ToldMatch]
    escalations: list[Escalation]
    reach: Reach
    exhausted: bool
    strangers: dict[int, list[str]]

    @property
    def headline(self) -> str:
        return next((each.entry.title for each in self.told if each.entry and each.entry.title), self.story.title)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rule for each in self.told for rule in each.telling.rules))

    @property
    def escalates_at(self) -> datetime | None:
        return min((each.due_at for each in self.escalations if each.ended_at is None), default=None)


@alerts.command(name="list")
@click.option("--since", default="7d", show_default=True, metavar="SPAN", help="Told within it, like 90m or 3d.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nobody has acknowledged.")
@click.option("--json", "to_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(since: str, only_open: bool, to_json: bool) -> None:
    """The alerts of late, newest first: what was told, under which rules, and who has taken it."""
    span = within(since)
    db, now, out = open_database(read_config().database), utc_now(), console()
    try:
        found = await db.read(ledger.listed_since, now - span, only_open=only_open)
    finally:
        db.close()
    for each in found:
        if to_json:
            echo_json(_alert_as_json(each))
            continue
        headline = shortened(each.headline, LONGEST_HEADLINE)
        out.print(Text(f"{each.alert.id}  {named(each.alert.severity)}  {headline}", "bold"))
        for line in _about(each, now):
            out.print(Text(f"    {line}"))
    if not found and not to_json:
        click.echo(f"no {'open ' if only_open else ''}alert was told within {since}")


def _about(listed: Listed, now: datetime) -> Iterator[str]:
    alert = listed.alert
    last = f", last {clock(alert.last_told_at)}" if alert.revision > 1 else ""
    again = f" ({counted(alert.revision, 'time')})" if alert.revision > 1 else ""
    why_not = unreached(listed.reach)
    what, but = ("decided", f"; {why_not}") if why_not else ("told", "")
    yield f"{what} {clock(alert.first_told_at)}, {age(now, alert.first_told_at)} ago{last}{again}{but}"
    how = state(alert, listed.reach, listed.escalates_at, exhausted=listed.exhausted)
    yield f"{', '.join(listed.rules)}; {_voices(listed.voices)}; {how}"


def _voices(number: int) -> str:
    return counted(number, "publisher", "independent publishers")


def _alert_as_json(listed: "Listed | _Whole") -> dict[str, Any]:
    alert = listed.alert
    return {
        "alert": alert.id,
        "story": alert.story_id,
        "severity": alert.severity.value,
        "headline": listed.headline,
        "rules": list(listed.rules),
        "revision": alert.revision,
        "stance": alert.stance.value if alert.stance else None,
        "first_told_at": iso(alert.first_told_at),
        "last_told_at": iso(alert.last_told_at),
        "state": "open" if alert.acknowledged_at is None else "acknowledged",
        "acknowledged_by": alert.acknowledged_by or None,
        "acknowledged_at": iso(alert.acknowledged_at),
        "escalates_at": iso(listed.escalates_at) if alert.acknowledged_at is None else None,
        "exhausted": listed.exhausted,
        "reach": reach.as_json(listed.reach),
        "voices": listed.voices,
    }


@alerts.command()
@click.argument("number", type=NUMBER)
@click.option("--json", "to_json", is_flag=True, help="One JSON object.")
@command
async def show(number: int, to_json: bool) -> None:
    """The ledger of one alert: each telling with its cause, who heard it when or why not, and the words that did it."""
    config = read_config()
    db = open_database(config.database)
    try:
        whole = await db.read(_all_of, number, rules_of(config.book)[0])
    finally:
        db.close()
    if whole is None:
        fail(unknown(number))
    if to_json:
        echo_json(_as_json(whole))
        return
    _print(console(), whole)


def unknown(number: int | str) -> str:
    return f"there is no alert {number}; `{program_name()} alerts list` shows those of late"


def _all_of(session: Session, number: int, rules: RuleSet) -> _Whole | None:
    found = store.find(session, number)
    if found is None:
        return None
    alert, story = found
    matches = store.told_matches(session, [alert.id]).get(alert.id, [])
    voices = max(alert.voices, store.voices_of(session, story.id, entries.latest_arrival(session)))
    escalations, told = ledger.escalations_of(session, alert.id), ledger.told(session, alert.id)
    people = {each.address for each in subscribers.confirmed(session)}
    return _Whole(
        alert, story, voices, told, matches, escalations,
        reach_of(session, alert.id), is_exhausted(session, alert.id),
        reach.strangers(told, escalations, rules, people),
    )  # fmt: skip


def _print(out: Console, whole: _Whole) -> None:
    alert = whole.alert
    headline = shortened(whole.headline, LONGEST_HEADLINE)
    out.print(Text(f"{alert.id}  {named(alert.severity)}  {headline}", "bold"))
    out.print(Text(f"    {', '.join(whole.rules)}; {_voices(whole.voices)}; story {whole.story.id}"))
    out.print(Text(f"    {state(alert, whole.reach, whole.escalates_at, exhausted=whole.exhausted)}"))
    if why_not := unreached(whole.reach):
        out.print(Text(f"    {why_not}"))
    for line in _evidence(whole.matches):
        out.print(Text(f"    {line}"))
    for each in whole.told:
        out.print()
        for line in _telling(each, whole.strangers.get(each.telling.id, ())):
            out.print(Text(line))
    for escalation in whole.escalations:
        out.print()
        out.print(Text(_escalation(escalation, _heard_steps(whole, escalation))))


def _evidence(matches: list[ToldMatch]) -> Iterator[str]:
    for match, _, feed in matches:
        for each in store.evidence_of(match.evidence):
            pattern = shortened(each.pattern, LONGEST_PATTERN)
            yield f"{match.rule}, {feed.publisher}: “{each.text}” in the {each.field} for {pattern}"


def _telling(told: Told, strangers: Iterable[str]) -> Iterator[str]:
    telling, entry = told.telling, told.entry
    causes = ", ".join(cause.value for cause in telling.causes)
    yield f"{telling.revision}  {clock(telling.told_at)}  {MARKS[telling.severity]} {telling.severity}: {causes}"
    if telling.note:
        yield f"    {telling.note}"
    if entry is not None and told.feed is not None and told.seen_at is not None:
        yield f"    {told.feed.publisher}: {shortened(entry.title, LONGEST_HEADLINE) or entry.link}"
        if entry.title and entry.link:
            yield f"    {entry.link}"
        yield f"    {_times(told, told.seen_at)}"
    for heard in told.heard:
        yield from (f"    {line}" for line in heard_lines(heard))
    for stranger in strangers:
        yield f"    {stranger}: is no subscriber"
    if not told.heard:
        yield "    nobody was to hear it"


def _times(told: Told, seen_at: datetime) -> str:
    """When the report was published, seen and decided."""
    entry, decided_at = told.entry, told.telling.told_at
    published = entry.published_at if entry else None
    edited = entry is not None and seen_at > entry.arrived_at
    what = "edited" if edited else "seen"
    parts = [f"published {clock(published)}" if published else "without a date that can be read"]
    late = f", {age(seen_at, published)} later" if published and published <= seen_at and not edited else ""
    parts.append(f"{what} {clock(seen_at)}{late}")
    return f"{'; '.join(parts)}; decided {clock(decided_at)}"


def _heard_steps(whole: _Whole, escalation: Escalation) -> int:
    """How many of the steps that came had somebody to ask."""
    steps = reach.steps_told(whole.told, escalation)
    return sum(any(heard.due_at is not None for heard in each.heard) for each in steps)


def _escalation(escalation: Escalation, told: int) -> str:
    asked = f"{counted(told, 'step')} of its `then` told"
    if nobody := escalation.step - told:
        asked += f", {nobody} had nobody to ask"
    if escalation.ended_at is not None:
        return f"escalation of {escalation.rule}: ended {clock(escalation.ended_at)}, {asked}"
    return f"escalation of {escalation.rule}: next {clock(escalation.due_at)}, {asked}"


def _as_json(whole: _Whole) -> dict[str, Any]:
    return {
        **_alert_as_json(whole),
        "tellings": [
            _telling_as_json(each) | {"no_subscribers": whole.strangers.get(each.telling.id, [])} for each in whole.told
        ],
        "evidence": [
            {"rule": match.rule, "revision": match.alert_revision, "entry": entry.id, "feed": feed.name, **each}
            for match, entry, feed in whole.matches
            for each in match.evidence
        ],
        "escalations": [
            {
                "rule": each.rule,
                "step": each.step,
                "told": _heard_steps(whole, each),
                "due_at": iso(each.due_at) if each.ended_at is None else None,
                "ended_at": iso(each.ended_at),
            }
            for each in whole.escalations
        ],
    }


def _telling_as_json(told: Told) -> dict[str, Any]:
    telling, entry = told.telling, told.entry
    return {
        "revision": telling.revision,
        "causes": [cause.name.lower() for cause in telling.causes],
        "note": telling.note or None,
        "severity": telling.severity.value,
        "rules": list(telling.rules),
        "severities": telling.rules,
        "voices": telling.voices,
        "entry": entry.id if entry else None,
        "feed": told.feed.name if told.feed else None,
        "link": entry.link if entry else None,
        "published_at": iso(entry.published_at) if entry else None,
        "seen_at": iso(told.seen_at),
        "decided_at": iso(telling.told_at),
        "heard": [heard_as_json(each) for each in told.heard],
    }
