"""Mails about being a subscriber."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from monitor.models import AccountKind, AccountMail, Subscriber
from monitor.store import owing


def write(
    session: Session,
    kind: AccountKind,
    person: Subscriber | None,
    contents: Mapping[str, Any],
    recipient: str,
    now: datetime,
) -> AccountMail:
    """Write it and owe it."""
    mail = AccountMail(
        kind=kind, subscriber_id=person.id if person else None, written_at=now, contents=dict(contents)
    )  # fmt: skip
    session.add(mail)
    session.flush()
    owing.owe_account(session, mail, person, recipient, now)
    return mail


def last_alarm(session: Session, about: str) -> datetime | None:
    """When the operator was told of this last."""
    wanted = select(AccountMail).where(AccountMail.kind == AccountKind.ALARM).order_by(col(AccountMail.id).desc())
    # There are few, and what a JSON column says is asked for in a way that differs between databases.
    return next((mail.written_at for mail in session.exec(wanted) if mail.contents.get("about") == about), None)
