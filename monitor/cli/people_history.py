"""`subscribers history`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlmodel import Session

from monitor.app import open_database
from monitor.cli.frame import command, program_name, read_config
from monitor.cli.health import iso
from monitor.cli.people_acts import fail_unknown
from monitor.cli.testing_mail import without_token
from monitor.cli.verdicts import echo_json
from monitor.cli.work import address_or_fail
from monitor.core.text import legible
from monitor.models import Bounce, DeliveryKind, DeliveryStatus, Record, Subscriber
from monitor.store import history as store
from monitor.store import subscribers
from monitor.store.history import History, Mail

_OUTCOMES = {
    DeliveryStatus.QUEUED: "is owed",
    DeliveryStatus.SENDING: "is being sent",
    DeliveryStatus.SENT: "accepted",
    DeliveryStatus.FAILED: "refused for good",
    DeliveryStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class _Happened:
    at: datetime
    what: str
    said: str
    facts: dict[str, Any]


@click.command()
@click.argument("address", metavar="ADDRESS")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the last N.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@command
async def history(address: str, last: int | None, as_json: bool) -> None:
    """What happened with ADDRESS: what they did and agreed to, which mails they were owed and what became of them, and
    what came back. The newest stands last.

    Of an erased person nothing is left. Bounces are kept for 90 days.
    """
    theirs = address_or_fail(address)
    db = open_database(read_config().database)
    try:
        found = await db.read(_find, theirs)
    finally:
        db.close()
    if found is None:
        fail_unknown(theirs)
    person, kept = found
    happened = sorted(_all(kept), key=lambda each: each.at)
    for each in happened[-last:] if last else happened:
        if as_json:
            echo_json({"at": iso(each.at), "what": each.what, **each.facts})
        else:
            click.echo(f"{each.at.astimezone(ZoneInfo(person.zone)):%Y-%m-%d %H:%M:%S}  {each.what:<6}  {each.said}")
    if not as_json:
        click.echo(
            f"Times are {person.zone}; `{program_name()} subscribers show {theirs}` says how things are.", err=True
        )


def _find(session: Session, address: str) -> tuple[Subscriber, History] | None:
    person = subscribers.by_address(session, address)
    return None if person is None else (person, store.of(session, person.id))


def _all(kept: History) -> Iterator[_Happened]:
    yield from map(_deed, kept.records)
    yield from map(_mail, kept.mails)
    yield from map(_bounce, kept.bounces)


def _deed(record: Record) -> _Happened:
    known = {"by": record.by, "network": record.network, "wording": record.wording, "note": record.note}
    by = "" if record.by == "subscriber" else f"by the {record.by}"
    came = f"from {record.network}" if record.network else ""
    wording = f"wording {record.wording}" if record.wording else ""
    more = ", ".join(filter(None, (by, came, wording, record.note)))
    facts = {"deed": record.deed, **{name: said or None for name, said in known.items()}}
    return _Happened(record.at, "deed", f"{record.deed}{f' ({more})' if more else ''}", facts)


def _mail(mail: Mail) -> _Happened:
    """It stands where it was settled: that is when something happened to its reader."""
    delivery = mail.delivery
    name, outcome = _name(mail), _OUTCOMES[delivery.status]
    tried = f" after {delivery.attempts} attempts" if delivery.attempts > 1 else ""
    answer = legible(without_token(delivery))
    reply = f": {answer}" if answer else ""
    facts = {
        "mail": name,
        "status": delivery.status,
        "owed_at": iso(delivery.owed_at),
        "attempts": delivery.attempts,
        "answer": answer or None,
    }
    return _Happened(delivery.settled_at or delivery.owed_at, "mail", f"{name} {outcome}{tried}{reply}", facts)


def _name(mail: Mail) -> str:
    if mail.account is not None:
        return f"mail of the kind “{mail.account}”"
    if mail.delivery.kind is DeliveryKind.BRIEFING:
        return f"briefing of {mail.day}" if mail.day else "briefing"
    number = mail.delivery.alert_id
    return f"alert {number}" if number is not None else str(mail.delivery.kind)


def _bounce(bounce: Bounce) -> _Happened:
    code, reason = f" {bounce.code}" if bounce.code else "", f": {legible(bounce.reason)}" if bounce.reason else ""
    where = "refused" if bounce.source == "smtp" else f"came back by {bounce.source}"
    facts = {
        "verdict": bounce.verdict,
        "code": bounce.code or None,
        "reason": bounce.reason or None,
        "source": bounce.source,
    }
    return _Happened(bounce.at, "bounce", f"{where}{code}: {bounce.verdict}{reason}", facts)
