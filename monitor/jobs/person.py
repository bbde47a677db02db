"""A subscriber as seen from outside: by whoever holds a ticket, and as everything that is kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

from sqlmodel import Session, col, select

from monitor.core.joining import Choices, Standing
from monitor.core.marks import Marks, masked
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
    rules without a topic, too, as long as they choose every topic. `named`: alerts of the rules that name them come
    whatever they chose, unless they have left alerts. `still`: what is subscribed to.
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
    named: bool = False
    still: tuple[Leaving, ...] = ()

    @property
    def masked(self) -> str:
        """The address for pages that whoever a mail was forwarded to may open."""
        return masked(self.address)

    @property
    def language(self) -> str:
        return self.choices.language

    @property
    def zone(self) -> str:
        return self.choices.zone


def still_subscribed(person: Subscriber, named: Collection[str]) -> tuple[Leaving, ...]:
    """`named` are those whom rules name: they hear alerts even if they asked for none."""
    if person.state in (SubscriberState.LEFT, SubscriberState.ERASED):
        return ()
    briefings = (Leaving.BRIEFINGS,) if person.briefing else ()
    alerted = person.alert_from is not None or person.address in named
    return (*briefings, Leaving.ALERTS) if alerted and not person.refuses_alerts else briefings


def absence(person: Subscriber, what: str, named: Collection[str]) -> dict[str, Any] | None:
    """What the operator is told of somebody on whom a rule counts; None: no rule does.

    It does not spell out the address: what the operator was mailed stays when this person asks to be erased.
    """
    if person.address not in named:
        return None
    lines = ["Rules name their address in `to` or `then`. Nobody is told in its place until you change them."]
    lines.append(f"`feed-monitor subscribers show {person.id}` has the address, unless it was erased.")
    title = f"{masked(person.address)} (subscriber {person.id}) {what}"
    return {"about": f"absent {person.id}", "title": title, "lines": lines, "command": "feed-monitor check"}


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


def drop(person: Subscriber, leaving: Leaving) -> bool:
    """Take one part off; False: it was off already."""
    if leaving is Leaving.BRIEFINGS:
        had, person.briefing = person.briefing, False
        return had
    # None of any rule that names them either, now or later.
    had, person.alert_from, person.refuses_alerts = not person.refuses_alerts, None, True
    return had


def hours_of(person: Subscriber) -> Hours:
    if person.quiet_from is None or person.quiet_until is None:
        return (None, None)
    return person.quiet_from, person.quiet_until


def days_of(person: Subscriber) -> Days:
    if person.away_from is None or person.away_until is None:
        return (None, None)
    return person.away_from, person.away_until


def person_of(
    row: Subscriber,
    named: Collection[str] = (),
    standing: Standing = Standing.OPEN,
    leaving: Leaving | None = None,
    moving_to: str = "",
) -> Person:
    """`named` are all whom rules name."""
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
        named=row.address in named and not row.refuses_alerts,
        still=still_subscribed(row, named),
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
