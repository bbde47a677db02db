"""The record of what was done about each subscriber."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from monitor.models import Body, Record
from monitor.words import Deed

SUBSCRIBER, OPERATOR, PROGRAM = "subscriber", "operator", "program"
# Before the name of a text that people agreed to, among the bodies.
WORDING = "wording:"


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


def keep_wording(session: Session, name: str, words: str, now: datetime) -> None:
    """What the texts said that people agreed to, each kept once."""
    if session.exec(select(Body.id).where(Body.mark == f"{WORDING}{name}")).first() is None:
        session.add(Body(mark=f"{WORDING}{name}", content=words.encode(), made_at=now))


def wordings(session: Session, names: Collection[str]) -> dict[str, str]:
    """The texts of these names."""
    marks = [f"{WORDING}{name}" for name in names]
    found = session.exec(select(Body.mark, Body.content).where(col(Body.mark).in_(marks)))
    return {mark.removeprefix(WORDING): content.decode() for mark, content in found}
