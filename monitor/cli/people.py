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
@click.option("--alerts/--no-alerts", default=None, help="Alerts or none (default: alerts).")
@click.option("--briefing/--no-briefing", default=None, help="A daily briefing or none (default: briefing).")
@command
async def add(
    address: str,
    at: str | None,
    zone: str | None,
    alerts_from: str | None,
    alerts: bool | None,
    briefing: bool | None,
) -> None:
    """Add ADDRESS as confirmed: you vouch that this person wants the mail.

    For someone who gets mail already it changes what is named, and nothing else.
    """
    config = read_config()
    their_address = address_or_fail(address)
    try:
        briefing_at = time_of_day(at) if at else None
        their_zone = known_zone(zone) if zone else None
    except ValueError as error:
        fail(str(error), code=2)
    db = open_database(config.database)
    try:
        known = await db.read(store.by_address, their_address)
        old = known if known is not None and known.state == SubscriberState.CONFIRMED else None
        least = Severity(alerts_from) if alerts_from else (old and old.alert_from) or config.settings.alerts.least
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
        )
    finally:
        db.close()
    told = f"alerts from {person.alert_from} on" if person.alert_from else "no alerts"
    morning = f"a briefing at {person.briefing_at:%H:%M} {person.zone}" if person.briefing else "no briefing"
    click.echo(f"{person.address}: {told}, {morning}")


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
