"""`subscribers import` and `export`."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.app.channels import marks_of
from monitor.app.ports import Ports
from monitor.cli.frame import command, counted, fail, program_name, read_config
from monitor.cli.people_add import topics_of, usual_severity
from monitor.cli.people_csv import PeopleList, Usual, Wanted, read_people, written
from monitor.cli.people_look import as_record, everyone
from monitor.cli.verdicts import echo_json
from monitor.core.marks import Marks
from monitor.core.text import legible
from monitor.models import Subscriber, SubscriberState
from monitor.settings import Config
from monitor.store import importing
from monitor.words import EVERY_TOPIC

_LARGEST = 50_000_000
# Who has agreed already, and keeps what they chose.
_THERE = (SubscriberState.CONFIRMED, SubscriberState.PAUSED, SubscriberState.BOUNCED, SubscriberState.APPLIED)


@dataclass(slots=True)
class _Sorted:
    """The people of a list: whom to bring in, and the others with the reason."""

    new: list[Wanted] = field(default_factory=list)
    there: list[tuple[Wanted, SubscriberState]] = field(default_factory=list)
    left: list[Wanted] = field(default_factory=list)
    blocked: list[tuple[Wanted, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _How:
    again: bool
    confirm: bool
    dry_run: bool
    marks: Marks
    wording: str


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--consent", default="", metavar="TEXT", help="How these people agreed to get mail, for the record.")
@click.option("--confirm", is_flag=True, help="Mail everybody a link first; who does not follow it gets nothing more.")
@click.option("--every-topic", is_flag=True, help="Where the list names no topics: rules with a topic (default).")
@click.option("--every-rule", is_flag=True, help="Where the list names no topics: all rules, for people of your own.")
@click.option("--again", is_flag=True, help="Bring in those, too, who have left before.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@command
async def import_people(
    file: Path, consent: str, confirm: bool, every_topic: bool, every_rule: bool, again: bool, dry_run: bool
) -> None:
    """Bring in the people of a CSV FILE ("-": stdin), all of them or none.

    Its first line names the columns: address, and any of zone, briefing (yes or no), briefing_at, alerts_from (a
    severity or none), topics (with ";" between them; "*" every topic, "**" every rule), language, quiet,
    critical_passes, away and consent. An empty cell leaves it to the config.

    Who is subscribed already stays as they are. Addresses that are blocked, or stand there twice, are left out.
    """
    config = read_config()
    usual = _usual(config, legible(consent), every_topic=every_topic, every_rule=every_rule, confirm=confirm)
    if confirm and not config.settings.web.public_url:
        fail(f"nobody could confirm: set `public_url` of [web] in {config.file}, where the links lead")
    people = await asyncio.to_thread(_read, file, usual)
    if people.problems:
        fail(*people.problems, "nobody was brought in; mend the list, or remove these lines")
    db = open_database(config.database)
    try:
        marks = await marks_of(db, Ports())
        how = _How(again, confirm, dry_run, marks, usual.consent)
        with _progress("writing", len(people.people)) as bar:
            act = db.read if dry_run else db.write
            found = await act(_bring_in, people.people, how, utc_now(), bar)
    finally:
        db.close()
    _say(str(file), people, found, how)


def _usual(config: Config, consent: str, *, every_topic: bool, every_rule: bool, confirm: bool) -> Usual:
    known, briefing = tuple(topics_of(config)), config.settings.briefing
    if every_topic and every_rule:
        fail("--every-topic and --every-rule: name one of the two", code=2)
    if not known and not every_rule:
        cure = "give rules a `topic`, or say --every-rule if these are people of your own"
        fail(f"no rule has a `topic`, so these people would hear of nothing; {cure}", code=2)
    if confirm and every_rule:
        fail("--confirm is for the public, and --every-rule for people of your own; name one of the two", code=2)
    return Usual(
        zone=briefing.zone,
        briefing_at=briefing.at,
        alert_from=usual_severity(config.settings.alerts.least),
        topics=None if every_rule else (EVERY_TOPIC,),
        known=known,
        # Whoever confirms by the link has agreed by that.
        consent=consent or ("asked after an import" if confirm else ""),
    )


def _read(file: Path, usual: Usual) -> PeopleList:
    name = "stdin" if str(file) == "-" else str(file)
    try:
        raw = sys.stdin.buffer.read(_LARGEST + 1) if str(file) == "-" else _bytes(file)
    except OSError as error:
        fail(f"{name}: cannot be read ({error.strerror}); name a CSV file, or - for stdin")
    if len(raw) > _LARGEST:
        fail(f"{name}: is larger than {_LARGEST // 1_000_000} MB; split it")
    with _progress("reading", raw.count(b"\n")) as bar:
        return read_people(raw, name, usual, lambda _line: bar(1))


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_LARGEST + 1)


class _Bar:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._task = progress, progress.add_task("", total=total)

    def __call__(self, number: int) -> None:
        self._progress.advance(self._task, number)


@contextmanager
def _progress(what: str, total: int) -> Iterator[_Bar]:
    out = Console(stderr=True)
    columns = what, BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        yield _Bar(progress, total)


def _bring_in(session: Session, people: list[Wanted], how: _How, now: datetime, bar: _Bar) -> _Sorted:
    found = _sorted(session, people, how)
    if how.dry_run or not found.new:
        return found
    known = importing.known(session, [wanted.address for wanted in found.new])
    rows = [_row(known.get(wanted.address), wanted, now) for wanted in found.new]
    if how.confirm:
        importing.ask_all(session, rows, how.wording, now, bar)
    else:
        importing.add_all(session, rows, now, bar)
    return found


def _sorted(session: Session, people: list[Wanted], how: _How) -> _Sorted:
    found, states, blocked = _Sorted(), importing.standing(session), importing.blocked(session)
    for wanted in people:
        state, reason = states.get(wanted.address), blocked.get(how.marks.of(wanted.address), "")
        if reason:
            found.blocked.append((wanted, reason))
        elif state in _THERE or (state is SubscriberState.PENDING and how.confirm):
            found.there.append((wanted, states[wanted.address]))
        elif state is SubscriberState.LEFT and not how.again:
            found.left.append(wanted)
        else:
            found.new.append(wanted)
    return found


def _row(row: Subscriber | None, wanted: Wanted, now: datetime) -> Subscriber:
    if row is None:
        row = Subscriber(
            address=wanted.address, state=SubscriberState.PENDING, zone="", briefing_at=wanted.briefing_at,
            created_at=now, language="", consent="",
        )  # fmt: skip
    row.zone, row.language, row.consent = wanted.zone, wanted.language, wanted.consent
    row.briefing, row.briefing_at, row.alert_from = wanted.briefing, wanted.briefing_at, wanted.alert_from
    row.topics = None if wanted.topics is None else list(wanted.topics)
    row.quiet_from, row.quiet_until = wanted.quiet
    row.away_from, row.away_until = wanted.away
    row.critical_passes, row.refuses_alerts = wanted.critical_passes, False
    return row


def _say(name: str, people: PeopleList, found: _Sorted, how: _How) -> None:
    for line, address, first in people.repeated:
        click.echo(f"skipped  {name}:{line}: {address}: stands in line {first} already")
    for wanted, reason in found.blocked:
        cure = f"`{program_name()} subscribers unblock {wanted.address}` ends that"
        click.echo(f"skipped  {name}:{wanted.line}: {wanted.address}: is never written to ({reason}); {cure}")
    for wanted in found.left:
        said = "left before; --again brings in who has agreed anew"
        click.echo(f"skipped  {name}:{wanted.line}: {wanted.address}: {said}")
    for wanted, state in found.there:
        click.echo(f"known    {name}:{wanted.line}: {wanted.address}: is {state} and stays so")
    done = "asked to confirm" if how.confirm else "brought in"
    verb = f"would be {done}" if how.dry_run else done
    skipped = len(people.repeated) + len(found.blocked) + len(found.left)
    click.echo(
        f"{counted(len(found.new), 'person', 'people')} {verb}, {len(found.there)} there already, {skipped} skipped"
    )
    if how.confirm and found.new and not how.dry_run:
        click.echo(f"The mails are owed: a running service sends them, else `{program_name()} deliver`.")


@click.command("export")
@click.option(
    "--state",
    "states",
    type=click.Choice([each.value for each in SubscriberState if each is not SubscriberState.ERASED]),
    multiple=True,
    help="Only people in this state; may be repeated (default: confirmed).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all that is known.")
@command
async def export_people(states: tuple[str, ...], as_json: bool) -> None:
    """Write people as CSV that `subscribers import` reads. Keep it as you keep their trust: it holds addresses."""
    db, wanted = open_database(read_config().database), states or (SubscriberState.CONFIRMED.value,)
    try:
        found = [each for each in await db.read(everyone) if each.person.state in wanted]
    finally:
        db.close()
    if not as_json:
        click.echo(written(each.person for each in found), nl=False)
    now = utc_now()
    for each in found if as_json else ():
        echo_json(as_record(each, now))
