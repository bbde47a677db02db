"""`subscribers add`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta

import click
from sqlmodel import Session

from monitor.app import open_database, utc_now
from monitor.app.channels import marks_of
from monitor.app.ports import Ports
from monitor.cli.frame import command, fail, program_name, read_config
from monitor.cli.people_look import in_peace, told
from monitor.cli.work import address_or_fail
from monitor.models import Subscriber, SubscriberState
from monitor.settings import Config
from monitor.settings.fields import quiet_hours, time_of_day
from monitor.settings.fields import zone as known_zone
from monitor.store import subscribers as store
from monitor.store.subscribers import NEVER, BlockedError, Days, Hours
from monitor.words import EVERY_TOPIC, LANGUAGES, Severity

# Whose choices stand until they are named again.
_KNOWN = (SubscriberState.CONFIRMED, SubscriberState.PAUSED, SubscriberState.BOUNCED)
_ADDED = "added by the operator"


@dataclass(frozen=True, slots=True)
class _Said:
    """What was named; None: nothing was said of it. `topics` () is every rule."""

    zone: str | None
    briefing: bool | None
    briefing_at: time | None
    alerts: bool | None
    least: Severity | None
    quiet: Hours | None
    critical_passes: bool | None
    away: Days | None
    topics: tuple[str, ...] | None
    language: str | None


@click.command()
@click.argument("address", metavar="ADDRESS")
@click.option("--at", "at", metavar="HH:MM", help="When their briefing comes, in their zone (default: config).")
@click.option("--zone", metavar="ZONE", help="Their time zone, like Europe/Warsaw (default: config).")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Of their mails and pages (default: config).")
@click.option(
    "--alerts-from",
    type=click.Choice([each.value for each in Severity], case_sensitive=False),
    help="Least severity that alerts them (default: high).",
)
@click.option("--alerts/--no-alerts", default=None, help="Alerts or none (default: alerts).")
@click.option("--briefing/--no-briefing", default=None, help="A daily briefing or none (default: briefing).")
@click.option("--topic", "topics", metavar="NAME", multiple=True, help="Only rules with this topic; may be repeated.")
@click.option("--every-topic", is_flag=True, help="Rules with a topic, those to come included.")
@click.option("--every-rule", is_flag=True, help="All rules, with a topic or without (default).")
@click.option("--quiet", metavar="HH:MM-HH:MM", help="Hours in which alerts are held until they end.")
@click.option("--no-quiet", is_flag=True, help="No quiet hours.")
@click.option(
    "--critical-passes/--no-critical-passes",
    default=None,
    help="Critical alerts pass quiet hours, or wait for their end as well (default: they pass).",
)
@click.option("--away", metavar="DAY..DAY", help="Days without alerts, both included, like 2026-08-01..2026-08-14.")
@click.option("--no-away", is_flag=True, help="No longer away.")
@command
async def add(
    address: str,
    at: str | None,
    zone: str | None,
    language: str | None,
    alerts_from: str | None,
    alerts: bool | None,
    briefing: bool | None,
    topics: tuple[str, ...],
    every_topic: bool,
    every_rule: bool,
    quiet: str | None,
    no_quiet: bool,
    critical_passes: bool | None,
    away: str | None,
    no_away: bool,
) -> None:
    """Add ADDRESS as confirmed: you vouch that this person wants the mail.

    For someone who gets mail already it changes what is named, and nothing else. Who is paused, or could not be
    reached, gets mail again.
    """
    config = read_config()
    theirs = address_or_fail(address)
    try:
        said = _Said(
            zone=known_zone(zone) if zone else None,
            briefing=briefing,
            briefing_at=time_of_day(at) if at else None,
            alerts=alerts,
            least=Severity(alerts_from) if alerts_from else None,
            quiet=_hours(quiet, no_quiet),
            critical_passes=critical_passes,
            away=_days(away, no_away),
            topics=topics_said(topics_of(config), topics, every_topic=every_topic, every_rule=every_rule),
            language=language,
        )
    except ValueError as error:
        fail(str(error), code=2)
    db = open_database(config.database)
    try:
        marks = await marks_of(db, Ports())
        known = await db.read(store.by_address, theirs)
        old = known if known is not None and known.state in _KNOWN else None
        person = await db.write(_add, config, theirs, said, old, marks.of(theirs))
    except BlockedError as error:
        fail(f"{theirs} is never written to: {error}; `{program_name()} subscribers unblock {theirs}` ends that")
    finally:
        db.close()
    click.echo(f"{person.address}: {', '.join([*told(person), *in_peace(person)])}")


def _add(session: Session, config: Config, address: str, said: _Said, old: Subscriber | None, mark: str) -> Subscriber:
    usual, settings = usual_severity(config.settings.alerts.least), config.settings.briefing
    least = said.least or (old.alert_from if old else None) or usual
    alerted = said.alerts
    if alerted is None:
        alerted = said.least is not None or old is None or old.alert_from is not None
    passes = said.critical_passes
    return store.add(
        session,
        address,
        zone=said.zone or (old.zone if old else settings.zone),
        briefing=said.briefing if said.briefing is not None else old is None or old.briefing,
        briefing_at=said.briefing_at or (old.briefing_at if old else settings.at),
        alert_from=least if alerted else None,
        now=utc_now(),
        # Whoever agreed by themselves has agreed still.
        consent=old.consent if old else _ADDED,
        # Who comes back after having left begins anew.
        quiet=said.quiet or (None if old else NEVER),
        critical_passes=passes if passes is not None or old else True,
        away=said.away or (None if old else NEVER),
        language=said.language,
        topics=said.topics,
        mark=mark,
    )


def topics_of(config: Config) -> list[str]:
    """What people may choose from."""
    return list(dict.fromkeys(rule.topic for rule in config.rules if rule.topic))


def topics_said(
    known: Iterable[str], named: tuple[str, ...], *, every_topic: bool, every_rule: bool
) -> tuple[str, ...] | None:
    """As options have it; () is every rule, None nothing said. Raises ValueError."""
    if bool(named) + every_topic + every_rule > 1:
        raise ValueError("--topic, --every-topic and --every-rule: name one of the three")
    if every_topic:
        return (EVERY_TOPIC,)
    return () if every_rule else checked_topics(known, named) or None


def checked_topics(known: Iterable[str], named: Iterable[str]) -> tuple[str, ...]:
    """These in the spelling of the rules, each once. Raises ValueError."""
    spelt, names = {each.casefold(): each for each in known}, list(named)
    for name in names:
        if name.casefold() not in spelt:
            has = f"known are {', '.join(spelt.values())}" if spelt else "no rule has a `topic` yet"
            raise ValueError(f'"{name}" is no topic of a rule; {has}')
    return tuple(dict.fromkeys(spelt[name.casefold()] for name in names))


def _hours(quiet: str | None, never: bool) -> Hours | None:
    if quiet is not None and never:
        raise ValueError("--quiet and --no-quiet: name one of the two")
    return quiet_hours(quiet) if quiet is not None else NEVER if never else None


def _days(away: str | None, never: bool) -> Days | None:
    """Raises ValueError."""
    if away is not None and never:
        raise ValueError("--away and --no-away: name one of the two")
    if away is None:
        return NEVER if never else None
    days = days_away(away)
    if days[1] < utc_now().date() - timedelta(days=1):
        raise ValueError(f'"{away}" is over; write days to come')
    return days


def days_away(away: str) -> tuple[date, date]:
    """Raises ValueError."""
    first, _, last = away.partition("..")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(f'"{away}" are no days; write the first and the last, like "2026-08-01..2026-08-14"') from None
    if days[1] < days[0]:
        raise ValueError(f'"{away}" ends before it begins; exchange the two days')
    return days


def usual_severity(least: Severity) -> Severity:
    """What alerts whoever does not say: what goes at once, not all that may alert."""
    return max(Severity.HIGH, least, key=lambda each: each.rank)
