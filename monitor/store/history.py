"""What happened with subscribers, for whoever looks back: deeds, mails, and what came back of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from monitor.models import (
    AccountKind,
    AccountMail,
    Bounce,
    Briefing,
    Delivery,
    DeliveryStatus,
    Key,
    Record,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was owed to somebody; `account` and `day` say which one of its kind. Its bytes were not read."""

    delivery: Delivery
    account: AccountKind | None
    day: date | None


@dataclass(frozen=True, slots=True)
class History:
    """Each in the order in which it happened; the `bounces` are those that are kept still."""

    records: list[Record]
    mails: list[Mail]
    bounces: list[Bounce]


@dataclass(frozen=True, slots=True)
class Reached:
    """When a server last took a mail for somebody, and how many were refused or came back."""

    last_sent_at: datetime | None = None
    bounces: int = 0


def of(session: Session, person_id: int) -> History:
    records = select(Record).where(Record.subscriber_id == person_id).order_by(col(Record.id))
    bounces = select(Bounce).where(Bounce.subscriber_id == person_id).order_by(col(Bounce.at), col(Bounce.id))
    return History(list(session.exec(records)), _mails(session, person_id), list(session.exec(bounces)))


def _mails(session: Session, person_id: int) -> list[Mail]:
    wanted = (
        select(Delivery, AccountMail.kind, col(Briefing.local_date))
        .outerjoin(AccountMail, col(AccountMail.id) == Delivery.account_mail_id)
        .outerjoin(Briefing, col(Briefing.id) == Delivery.briefing_id)
        .where(Delivery.subscriber_id == person_id)
        .options(defer(Delivery.message))  # type: ignore[arg-type]
    )
    rows = session.exec(wanted.order_by(col(Delivery.id)))
    return [Mail(delivery, AccountKind(kind) if kind else None, day) for delivery, kind, day in rows]


def reached(session: Session, only: int | None = None) -> dict[int, Reached]:
    """Of everybody, or `only` one, by number; whoever never had a mail is not in it."""
    sent = select(Delivery.subscriber_id, func.max(Delivery.settled_at)).where(
        Delivery.status == DeliveryStatus.SENT, col(Delivery.subscriber_id).is_not(None)
    )
    back = select(Bounce.subscriber_id, func.count()).where(col(Bounce.subscriber_id).is_not(None))
    if only is not None:
        sent, back = sent.where(Delivery.subscriber_id == only), back.where(Bounce.subscriber_id == only)
    last = dict(_rows(session.exec(sent.group_by(col(Delivery.subscriber_id)))))
    counts = dict(_rows(session.exec(back.group_by(col(Bounce.subscriber_id)))))
    return {number: Reached(last.get(number), counts.get(number, 0)) for number in {*last, *counts}}


def _rows(found: Iterable[tuple[int | None, T]]) -> list[tuple[int, T]]:
    return [(number, value) for number, value in found if number is not None]


def keys_made(session: Session, name: str) -> list[datetime]:
    """When each of the secrets of this name was made that are believed, the newest last."""
    mine = (col(Key.name) == name) | col(Key.name).startswith(f"{name}:", autoescape=True)
    return list(session.exec(select(Key.made_at).where(mine).order_by(col(Key.made_at))))
