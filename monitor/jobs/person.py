"""A subscriber as seen from outside: by whoever holds a ticket, and as everything that is kept."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

from sqlmodel import Session, col, select

from monitor.core.joining import Choices, Standing
from monitor.core.marks import Marks
from monitor.core.tickets import Leaving
from monitor.models import (
    AccountMail,
    Alert,
    Bounce,
    Briefing,
    Delivery,
    Edition,
    Record,
    Silence,
    Subscriber,
    SubscriberState,
)
from monitor.store import records, suppressions
from monitor.store.subscribers import Days, Hours
from monitor.words import EVERY_TOPIC


@dataclass(frozen=True, slots=True)
class Person:
    """A subscriber as a ticket's reader may see one.

    `standing` is the ticket's; while it is EXPIRED, `address` and `moving_to` are empty. `leaving`: what a LEAVE ticket
    leaves; `moving_to`: the new address in an ADDRESS ticket. `every_rule`: one of the operator's people who hear of
    rules without a topic, too, as long as they choose every topic.
    """

    id: int
    address: str
    state: SubscriberState
    choices: Choices
    every_rule: bool
    quiet: Hours
    critical_passes: bool
    away: Days
    created_at: datetime
    confirmed_at: datetime | None
    paused_until: datetime | None
    serial: int
    standing: Standing = Standing.OPEN
    leaving: Leaving | None = None
    moving_to: str = ""

    @property
    def masked(self) -> str:
        """The address for pages that whoever a mail was forwarded to may open."""
        local, at, domain = self.address.rpartition("@")
        return f"{local[:1]}…{at}{domain}" if at else ""

    @property
    def language(self) -> str:
        return self.choices.language

    @property
    def zone(self) -> str:
        return self.choices.zone

    @property
    def still(self) -> tuple[Leaving, ...]:
        """What is subscribed to: briefings, alerts."""
        if self.state is SubscriberState.LEFT:
            return ()
        return still_subscribed(self.choices)


def still_subscribed(choices: Choices | Subscriber) -> tuple[Leaving, ...]:
    briefings = (Leaving.BRIEFINGS,) if choices.briefing else ()
    return (*briefings, Leaving.ALERTS) if choices.alert_from is not None else briefings


def choices_of(person: Subscriber) -> Choices:
    return Choices(
        zone=person.zone,
        language=person.language,
        briefing=person.briefing,
        briefing_at=person.briefing_at,
        topics=(EVERY_TOPIC,) if person.topics is None else tuple(person.topics),
        alert_from=person.alert_from,
    )


def choose(person: Subscriber, choices: Choices) -> None:
    person.zone, person.language = choices.zone, choices.language
    person.briefing, person.briefing_at = choices.briefing, choices.briefing_at
    person.alert_from = choices.alert_from
    # Whoever hears every rule does so until topics are chosen.
    if person.topics is not None or EVERY_TOPIC not in choices.topics:
        person.topics = list(choices.topics)


def hours_of(person: Subscriber) -> Hours:
    if person.quiet_from is None or person.quiet_until is None:
        return (None, None)
    return person.quiet_from, person.quiet_until


def days_of(person: Subscriber) -> Days:
    if person.away_from is None or person.away_until is None:
        return (None, None)
    return person.away_from, person.away_until


def person_of(
    row: Subscriber, standing: Standing = Standing.OPEN, leaving: Leaving | None = None, moving_to: str = ""
) -> Person:
    shown = standing is not Standing.EXPIRED
    return Person(
        id=row.id,
        address=row.address if shown else "",
        state=row.state,
        choices=choices_of(row),
        every_rule=row.topics is None,
        quiet=hours_of(row),
        critical_passes=row.critical_passes,
        away=days_of(row),
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        paused_until=row.paused_until,
        serial=row.serial,
        standing=standing,
        leaving=leaving,
        moving_to=moving_to if shown else "",
    )


def kept_of(session: Session, person: Subscriber, marks: Marks) -> dict[str, Any]:
    """Everything that is kept about somebody, ready for JSON. Of mails what they were, not what they said."""
    of_person = session.exec(select(Record.wording).where(Record.subscriber_id == person.id, Record.wording != ""))
    return {
        "subscriber": _row(person),
        "never_written_to": suppressions.reason(session, marks.of(person.address)) or None,
        "records": _rows(session, Record, Record.subscriber_id == person.id),
        "agreed_to": records.wordings(session, set(of_person)),
        "mails": _mails(session, person),
        "returned": _rows(session, Bounce, Bounce.subscriber_id == person.id),
        "silences": _rows(
            session, Silence, (col(Silence.subscriber_id) == person.id) | (col(Silence.author) == person.address)
        ),
        "acknowledged": [
            {"alert": alert.id, "at": _said(alert.acknowledged_at)}
            for alert in session.exec(select(Alert).where(Alert.acknowledged_by == person.address))
        ],
    }


def _rows(session: Session, model: Any, which: Any) -> list[dict[str, Any]]:
    return [_row(row) for row in session.exec(select(model).where(which).order_by(col(model.id)))]


def _row(row: Any) -> dict[str, Any]:
    hidden = {"id", "subscriber_id", "delivery_id", "serial"}
    return {name: _said(getattr(row, name)) for name in type(row).model_fields if name not in hidden}


def _said(value: Any) -> Any:
    """A value as JSON has it; an enum is its word already."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _mails(session: Session, person: Subscriber) -> list[dict[str, Any]]:
    wanted = (
        select(Delivery, AccountMail.kind, Edition.subject)
        .outerjoin(AccountMail, col(AccountMail.id) == Delivery.account_mail_id)
        .outerjoin(Briefing, col(Briefing.id) == Delivery.briefing_id)
        .outerjoin(Edition, col(Edition.id) == Briefing.edition_id)
        .where(Delivery.subscriber_id == person.id)
    )
    return [
        {
            "kind": str(kind or delivery.kind),
            "to": delivery.recipient,
            "owed_at": _said(delivery.owed_at),
            "settled_at": _said(delivery.settled_at),
            "status": delivery.status.value,
            "subject": _subject(delivery) or subject or "",
            "answer": delivery.reply,
        }
        for delivery, kind, subject in session.exec(wanted.order_by(col(Delivery.id)))
    ]


def _subject(delivery: Delivery) -> str:
    if delivery.message is None:
        return ""
    return str(message_from_bytes(delivery.message, policy=policy.default)["subject"] or "")
