"""`subscribers`."""

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, fail, read_config
from monitor.cli.routes import routes_of
from monitor.cli.work import address_or_fail
from monitor.core.timing import next_slot
from monitor.models import Subscriber, SubscriberState
from monitor.settings.fields import quiet_hours, time_of_day
from monitor.settings.fields import zone as known_zone
from monitor.store import subscribers as store
from monitor.store.subscribers import NEVER, Days, Hours
from monitor.words import Severity


@click.group()
def subscribers() -> None:
    """Add, list and remove the people who get mail."""


@subscribers.command()
@click.argument("address", metavar="ADDRESS")
@click.option("--at", "at", metavar="HH:MM", help="When their briefing comes, in their zone (default: config).")
@click.option("--zone", metavar="ZONE", help="Their time zone, like Europe/Warsaw (default: config).")
@click.option(
    "--alerts-from",
    type=click.Choice([each.value for each in Severity], case_sensitive=False),
    help="Least severity that alerts them (default: high).",
)
@click.option("--alerts/--no-alerts", default=None, help="Alerts or none (default: alerts).")
@click.option("--briefing/--no-briefing", default=None, help="A daily briefing or none (default: briefing).")
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
    alerts_from: str | None,
    alerts: bool | None,
    briefing: bool | None,
    quiet: str | None,
    no_quiet: bool,
    critical_passes: bool | None,
    away: str | None,
    no_away: bool,
) -> None:
    """Add ADDRESS as confirmed: you vouch that this person wants the mail.

    For someone who gets mail already it changes what is named, and nothing else.
    """
    config = read_config()
    their_address = address_or_fail(address)
    try:
        briefing_at = time_of_day(at) if at else None
        their_zone = known_zone(zone) if zone else None
        hours = _hours(quiet, no_quiet)
        days = _days(away, no_away)
    except ValueError as error:
        fail(str(error), code=2)
    db = open_database(config.database)
    try:
        known = await db.read(store.by_address, their_address)
        old = known if known is not None and known.state == SubscriberState.CONFIRMED else None
        usual = _usual(config.settings.alerts.least)
        least = Severity(alerts_from) if alerts_from else (old and old.alert_from) or usual
        alerted = alerts if alerts is not None else bool(alerts_from) or old is None or old.alert_from is not None
        person = await db.write(
            store.add,
            their_address,
            zone=their_zone or (old.zone if old else config.settings.briefing.zone),
            briefing=briefing if briefing is not None else old is None or old.briefing,
            briefing_at=briefing_at or (old.briefing_at if old else config.settings.briefing.at),
            alert_from=least if alerted else None,
            now=utc_now(),
            consent="added by the operator",
            # Who comes back after having left begins anew.
            quiet=hours or (None if old else NEVER),
            critical_passes=critical_passes if critical_passes is not None or old else True,
            away=days or (None if old else NEVER),
        )
    finally:
        db.close()
    told = f"alerts from {person.alert_from} on" if person.alert_from else "no alerts"
    morning = f"a briefing at {person.briefing_at:%H:%M} {person.zone}" if person.briefing else "no briefing"
    click.echo(f"{person.address}: {', '.join([told, morning, *_rest(person)])}")


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
    first, _, last = away.partition("..")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(f'"{away}" are no days; write the first and the last, like "2026-08-01..2026-08-14"') from None
    if days[1] < days[0]:
        raise ValueError(f'"{away}" ends before it begins; exchange the two days')
    if days[1] < utc_now().date() - timedelta(days=1):
        raise ValueError(f'"{away}" is over; write days to come')
    return days


def _rest(person: Subscriber) -> list[str]:
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


def _usual(least: Severity) -> Severity:
    """What alerts whoever does not say: what goes at once, not all that may alert."""
    return max(Severity.HIGH, least, key=lambda each: each.rank)


@subscribers.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@command
async def list_(as_json: bool) -> None:
    """Everyone, with what they get and when the next briefing comes."""
    db = open_database(read_config().database)
    try:
        people = await db.read(store.everyone)
    finally:
        db.close()
    now = utc_now()
    for person in people:
        slot: datetime | None = None
        if person.state == SubscriberState.CONFIRMED and person.briefing:
            slot = next_slot(now, person.zone, person.briefing_at).at
        if as_json:
            click.echo(
                json.dumps(
                    {
                        "address": person.address,
                        "state": person.state,
                        "alerts_from": person.alert_from,
                        "briefing": person.briefing,
                        "briefing_at": person.briefing_at.isoformat("minutes"),
                        "zone": person.zone,
                        "next_briefing": slot and slot.isoformat(),
                        "quiet_from": person.quiet_from and person.quiet_from.isoformat("minutes"),
                        "quiet_until": person.quiet_until and person.quiet_until.isoformat("minutes"),
                        "critical_passes": person.critical_passes,
                        "away_from": person.away_from and person.away_from.isoformat(),
                        "away_until": person.away_until and person.away_until.isoformat(),
                    }
                )
            )
            continue
        comes = (
            f"briefing {slot.astimezone(ZoneInfo(person.zone)):%d %b %H:%M} {person.zone}" if slot else "no briefing"
        )
        rest = "".join(f"  {said}" for said in _rest(person))
        click.echo(f"{person.address}  {person.state}  alerts {person.alert_from or 'none'}  {comes}{rest}")
    if not people and not as_json:
        click.echo("nobody yet; `feed-monitor subscribers add ADDRESS`")


@subscribers.command()
@click.argument("address", metavar="ADDRESS")
@command
async def remove(address: str) -> None:
    """Nothing more goes to ADDRESS, not even mail that is already owed."""
    config, theirs = read_config(), address_or_fail(address)
    db = open_database(config.database)
    try:
        left = await db.write(store.remove, theirs, utc_now())
    finally:
        db.close()
    routes = routes_of(config.book, theirs)
    still = f"{theirs} still stands in {', '.join(routes)}, where nobody is told in their place" if routes else ""
    if not left:
        sentences = f"{address} is no subscriber; `feed-monitor subscribers list` shows who is", still
        fail(*filter(None, sentences))
    click.echo(f"{address} gets no more mail")
    if still:
        click.echo(still)
