"""`subscribers list` and `show`, and how a person is told of in all commands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.cells import cell_len, set_cell_size
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.app.channels import marks_of
from monitor.app.ports import Ports
from monitor.cli.frame import command, fail, program_name, read_config
from monitor.cli.health import bold, iso
from monitor.cli.latency import within
from monitor.cli.routes import routes_of
from monitor.cli.verdicts import echo_json
from monitor.cli.work import address_or_fail
from monitor.core.timing import next_slot
from monitor.core.topics import concerns
from monitor.models import Subscriber, SubscriberState
from monitor.settings import Config
from monitor.store import history, suppressions
from monitor.store import subscribers as store
from monitor.store.history import Reached
from monitor.words import EVERY_TOPIC, LANGUAGES

_HEADS = ("address", "state", "alerts", "briefing", "zone", "topics", "last mail", "bounces", "left in peace")
_WIDEST = 40
# Of a number in the database.
_LARGEST_NUMBER = 2**31 - 1
# Whom nobody writes to by themselves any more.
_SHOWN_STATES = [each.value for each in SubscriberState if each is not SubscriberState.ERASED]


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody, and how mail reaches them."""

    person: Subscriber
    reached: Reached


@click.command(name="list")
@click.option("--state", type=click.Choice(_SHOWN_STATES), help="Only people in this state.")
@click.option("--topic", metavar="NAME", help="Only people who hear of rules with this topic.")
@click.option("--since", metavar="SPAN", help="Only people who came within this span, like 24h or 30d.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(state: str | None, topic: str | None, since: str | None, as_json: bool) -> None:
    """Everyone, with what they get, when a mail for them was last taken and how many came back."""
    config, now = read_config(), utc_now()
    earliest = now - within(since) if since else None
    if topic is not None and topic not in (known := {rule.topic for rule in config.rules if rule.topic}):
        fail(f'"{topic}" is no topic of a rule; known are {", ".join(sorted(known)) or "none"}', code=2)
    db = open_database(config.database)
    try:
        everybody = await db.read(everyone)
    finally:
        db.close()
    found = [
        each
        for each in everybody
        if (state is None or each.person.state == state)
        and (topic is None or concerns(each.person.topics, topic))
        and (earliest is None or each.person.created_at >= earliest)
    ]
    if as_json:
        for each in found:
            echo_json(as_record(each, now))
    elif found:
        for line in _table([_HEADS, *(_row(each) for each in found)]):
            click.echo(line)
    else:
        click.echo("nobody is like that" if everybody else f"nobody yet; `{program_name()} subscribers add ADDRESS`")


def everyone(session: Session) -> list[Seen]:
    reached = history.reached(session)
    return [Seen(person, reached.get(person.id, Reached())) for person in store.everyone(session)]


def _row(seen: Seen) -> tuple[str, ...]:
    person = seen.person
    last = seen.reached.last_sent_at
    return (
        person.address,
        state_of(person),
        alerts_in_words(person),
        f"{person.briefing_at:%H:%M}" if person.briefing else "none",
        person.zone,
        topics_in_words(person),
        f"{last.astimezone(ZoneInfo(person.zone)):%d %b %H:%M}" if last else "never",
        str(seen.reached.bounces or ""),
        "  ".join(in_peace(person)),
    )


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """The last column is as wide as it likes. Addresses are never cut: whoever reads them wants to use them."""
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(_HEADS) - 1)]
    widths[1:] = [min(width, _WIDEST) for width in widths[1:]]
    for number, row in enumerate(rows):
        cells = [_cell(text, width) for text, width in zip(row, widths, strict=False)]
        line = "  ".join([*cells, row[-1]]).rstrip()
        yield bold(line) if not number else line


def _cell(text: str, width: int) -> str:
    return set_cell_size(text, width) if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def state_of(person: Subscriber) -> str:
    if person.state is SubscriberState.PAUSED and person.paused_until:
        return f"paused until {person.paused_until.astimezone(ZoneInfo(person.zone)):%d %b %Y}"
    return person.state.value


def alerts_in_words(person: Subscriber) -> str:
    """Whoever refuses them hears none of a rule that names them, either."""
    if person.alert_from:
        return f"from {person.alert_from}"
    return "refused" if person.refuses_alerts else "none"


def topics_in_words(person: Subscriber) -> str:
    if person.topics is None:
        return "every rule"
    return "every topic" if EVERY_TOPIC in person.topics else ", ".join(person.topics) or "none"


def told(person: Subscriber) -> Iterator[str]:
    """What somebody gets; of topics and language only what is not everybody's."""
    refused = "no alerts, not even of rules that name them, by their own wish"
    yield (
        f"alerts from {person.alert_from} on"
        if person.alert_from
        else refused
        if person.refuses_alerts
        else "no alerts"
    )
    yield f"a briefing at {person.briefing_at:%H:%M} {person.zone}" if person.briefing else "no briefing"
    if person.topics is not None:
        yield f"of {topics_in_words(person)}"
    if person.language:
        yield f"mails in {LANGUAGES.get(person.language, person.language)}"


def in_peace(person: Subscriber) -> list[str]:
    """When this person is left in peace."""
    said = []
    if person.quiet_from is not None and person.quiet_until is not None:
        passes = "critical passes" if person.critical_passes else "for critical, too"
        said.append(f"quiet {person.quiet_from:%H:%M}-{person.quiet_until:%H:%M} ({passes})")
    elif not person.critical_passes:
        said.append("critical waits for the end of a rule's quiet hours, too")
    if person.away_from is not None and person.away_until is not None:
        said.append(f"away {person.away_from} to {person.away_until}")
    return said


def as_record(seen: Seen, now: datetime) -> dict[str, Any]:
    person, slot = seen.person, next_briefing(seen.person, now)
    return {
        "address": person.address,
        "state": person.state,
        "alerts_from": person.alert_from,
        "refuses_alerts": person.refuses_alerts,
        "briefing": person.briefing,
        "briefing_at": person.briefing_at.isoformat("minutes"),
        "zone": person.zone,
        "language": person.language or None,
        "topics": person.topics,
        "next_briefing": slot and slot.isoformat(),
        "quiet_from": person.quiet_from and person.quiet_from.isoformat("minutes"),
        "quiet_until": person.quiet_until and person.quiet_until.isoformat("minutes"),
        "critical_passes": person.critical_passes,
        "away_from": person.away_from and person.away_from.isoformat(),
        "away_until": person.away_until and person.away_until.isoformat(),
        "consent": person.consent,
        "created_at": iso(person.created_at),
        "confirmed_at": iso(person.confirmed_at),
        "left_at": iso(person.left_at),
        "paused_until": iso(person.paused_until),
        "bounced_at": iso(person.bounced_at),
        "tried_again_at": iso(person.probe_at),
        "last_mail_at": iso(seen.reached.last_sent_at),
        "bounces": seen.reached.bounces,
    }


def next_briefing(person: Subscriber, now: datetime) -> datetime | None:
    if person.state is not SubscriberState.CONFIRMED or not person.briefing:
        return None
    return next_slot(now, person.zone, person.briefing_at).at


@click.command()
@click.argument("address", metavar="ADDRESS")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@command
async def show(address: str, as_json: bool) -> None:
    """All that is known of ADDRESS: what this person chose and agreed to, and whether mail arrives.

    Instead of the address, the number by which a mail to you names a subscriber will do.
    `subscribers history` has what happened, one after the other.
    """
    config, now = read_config(), utc_now()
    db = open_database(config.database)
    try:
        theirs = await db.read(_address_of, int(address)) if address.isdecimal() else address_or_fail(address)
        mark = (await marks_of(db, Ports())).of(theirs)
        seen, blocked = await db.read(_find, theirs, mark)
    finally:
        db.close()
    if seen is None:
        why = f"it is never written to: {blocked}" if blocked else f"`{program_name()} subscribers list` shows who is"
        fail(f"{theirs} is no subscriber; {why}")
    routes = routes_of(config.book, theirs)
    if as_json:
        echo_json(as_record(seen, now) | {"blocked": blocked or None, "routes": routes})
        return
    for name, said in _lines(seen, blocked, routes, config, now):
        if said:
            click.echo(f"{name:<12}{said}")


def _address_of(session: Session, number: int) -> str:
    person = session.get(Subscriber, number) if number <= _LARGEST_NUMBER else None
    if person is None or person.state is SubscriberState.ERASED:
        fail(f"subscriber {number} {'was erased' if person else 'is nobody'}")
    return person.address


def _find(session: Session, address: str, mark: str) -> tuple[Seen | None, str]:
    blocked = suppressions.reason(session, mark)
    person = store.by_address(session, address)
    if person is None:
        return None, blocked
    return Seen(person, history.reached(session, person.id).get(person.id, Reached())), blocked


def _lines(seen: Seen, blocked: str, routes: list[str], config: Config, now: datetime) -> Iterator[tuple[str, str]]:
    person, zone = seen.person, ZoneInfo(seen.person.zone)

    def at(moment: datetime | None) -> str:
        return f"{moment.astimezone(zone):%d %b %Y %H:%M} {person.zone}" if moment else ""

    slot, language = next_briefing(person, now), person.language or config.settings.briefing.language
    yield "address", person.address
    yield "state", state_of(person)
    yield "blocked", blocked
    refused = ", not even of rules that name them: they left alerts; `subscribers add --alerts` brings them back"
    alerts = f"from {person.alert_from} on" if person.alert_from else f"none{refused if person.refuses_alerts else ''}"
    yield "alerts", alerts
    yield "briefing", f"at {person.briefing_at:%H:%M} {person.zone}" if person.briefing else "none"
    yield "next", at(slot)
    yield "topics", topics_in_words(person)
    yield "language", f"{LANGUAGES[language]}{'' if person.language else ', as the config has it'}"
    yield "peace", ", ".join(in_peace(person)) or "no quiet hours, not away"
    yield "routes", ", ".join(routes)
    yield "came", at(person.created_at)
    yield "consent", f"{person.consent}, {at(person.confirmed_at)}" if person.confirmed_at else person.consent
    yield "left", at(person.left_at)
    yield "bounced", at(person.bounced_at)
    yield "tried again", at(person.probe_at)
    yield "last mail", f"taken {at(seen.reached.last_sent_at)}" if seen.reached.last_sent_at else "none was taken yet"
    yield "bounces", str(seen.reached.bounces or "none")
