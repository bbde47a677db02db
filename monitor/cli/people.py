"""`subscribers`."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from monitor.app import open_database, utc_now
from monitor.cli.frame import command, fail, read_config
from monitor.cli.work import address_or_fail
from monitor.core.timing import next_slot
from monitor.models import SubscriberState
from monitor.settings.fields import time_of_day
from monitor.settings.fields import zone as known_zone
from monitor.store import subscribers as store
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
    help="Least severity that alerts them (default: config).",
)
@click.option("--no-alerts", is_flag=True, help="No alerts, only the briefing.")
@click.option("--no-briefing", is_flag=True, help="No briefing, only alerts.")
@command
async def add(
    address: str, at: str | None, zone: str | None, alerts_from: str | None, no_alerts: bool, no_briefing: bool
) -> None:
    """Add ADDRESS as confirmed: you vouch that this person wants the mail. Again: give them other choices."""
    config = read_config()
    settings = config.settings
    try:
        briefing_at = time_of_day(at) if at else settings.briefing.at
        their_zone = known_zone(zone) if zone else settings.briefing.zone
    except ValueError as error:
        fail(str(error), code=2)
    db = open_database(config.database)
    try:
        person = await db.write(
            store.add,
            address_or_fail(address),
            zone=their_zone,
            briefing=not no_briefing,
            briefing_at=briefing_at,
            alert_from=None if no_alerts else Severity(alerts_from or settings.alerts.least),
            now=utc_now(),
            consent="added by the operator",
        )
    finally:
        db.close()
    alerts = f"alerts from {person.alert_from} on" if person.alert_from else "no alerts"
    briefing = f"a briefing at {person.briefing_at:%H:%M} {person.zone}" if person.briefing else "no briefing"
    click.echo(f"{person.address}: {alerts}, {briefing}")


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
                    }
                )
            )
            continue
        comes = (
            f"briefing {slot.astimezone(ZoneInfo(person.zone)):%d %b %H:%M} {person.zone}" if slot else "no briefing"
        )
        click.echo(f"{person.address}  {person.state}  alerts {person.alert_from or 'none'}  {comes}")
    if not people and not as_json:
        click.echo("nobody yet; `feed-monitor subscribers add ADDRESS`")


@subscribers.command()
@click.argument("address", metavar="ADDRESS")
@command
async def remove(address: str) -> None:
    """Nothing more goes to ADDRESS, not even mail that is already owed."""
    db = open_database(read_config().database)
    try:
        left = await db.write(store.remove, address_or_fail(address), utc_now())
    finally:
        db.close()
    if not left:
        fail(f"{address} is no subscriber; `feed-monitor subscribers list` shows who is")
    click.echo(f"{address} gets no more mail")
