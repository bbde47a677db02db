"""The record of what was done about each subscriber."""

from datetime import datetime

from sqlmodel import Session, col, select

from monitor.models import Record
from monitor.words import Deed

SUBSCRIBER, OPERATOR, PROGRAM = "subscriber", "operator", "program"


def write(
    session: Session,
    person_id: int,
    deed: Deed,
    by: str,
    now: datetime,
    *,
    network: str = "",
    wording: str = "",
    note: str = "",
) -> Record:
    record = Record(
        subscriber_id=person_id, at=now, deed=deed, by=by, network=network, wording=wording, note=note
    )  # fmt: skip
    session.add(record)
    session.flush()
    return record


def of(session: Session, person_id: int) -> list[Record]:
    """In the order in which things were done."""
    return list(session.exec(select(Record).where(Record.subscriber_id == person_id).order_by(col(Record.id))))


def last(session: Session, person_id: int, deed: Deed) -> Record | None:
    wanted = select(Record).where(Record.subscriber_id == person_id, Record.deed == deed)
    return session.exec(wanted.order_by(col(Record.id).desc()).limit(1)).first()
