"""People who come many at a time, in one transaction."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from monitor.core.joining import CONFIRM_SPAN
from monitor.models import AccountKind, AccountMail, Record, Subscriber, SubscriberState, Suppression
from monitor.store import owing, records
from monitor.words import Deed

_CHUNK = 500
Told = Callable[[int], None]


def _nobody(_number: int) -> None:
    return


def standing(session: Session) -> dict[str, SubscriberState]:
    """Of every address there is."""
    wanted = select(Subscriber.address, Subscriber.state).where(Subscriber.state != SubscriberState.ERASED)
    return {address: SubscriberState(state) for address, state in session.exec(wanted)}


def blocked(session: Session) -> dict[str, str]:
    """The marks that are never written to, and why."""
    rows = session.exec(select(Suppression.mark, Suppression.reason))
    return {mark: reason or "blocked" for mark, reason in rows}


def known(session: Session, addresses: Sequence[str]) -> dict[str, Subscriber]:
    found: dict[str, Subscriber] = {}
    for begin in range(0, len(addresses), _CHUNK):
        wanted = select(Subscriber).where(col(Subscriber.address).in_(addresses[begin : begin + _CHUNK]))
        found |= {person.address: person for person in session.exec(wanted)}
    return found


def add_all(session: Session, people: Sequence[Subscriber], now: datetime, told: Told = _nobody) -> None:
    """As confirmed: the operator vouches for them. `told` hears how many more are written."""
    for person in people:
        person.state, person.confirmed_at, person.left_at = SubscriberState.CONFIRMED, now, None
    for some in _written(session, people):
        session.add_all(_record(person, Deed.IMPORTED, "", now) for person in some)
        session.flush()
        told(len(some))


def ask_all(session: Session, people: Sequence[Subscriber], wording: str, now: datetime, told: Told = _nobody) -> None:
    """To confirm. Their mails go when nothing else is owed: nobody waits for them, and alerts must not stand behind
    thousands."""
    until = int((now + CONFIRM_SPAN).timestamp())
    for person in people:
        person.state = SubscriberState.PENDING
    for some in _written(session, people):
        session.add_all(_record(person, Deed.ASKED, wording, now) for person in some)
        mails = [
            AccountMail(
                kind=AccountKind.CONFIRM, subscriber_id=person.id, written_at=now,
                contents={"serial": person.serial, "until": until},
            )
            for person in some
        ]  # fmt: skip
        session.add_all(mails)
        session.flush()
        for person, mail in zip(some, mails, strict=True):
            owing.owe_account(session, mail, person, person.address, now).lane = owing.BRIEFINGS
        session.flush()
        told(len(some))


def _written(session: Session, people: Sequence[Subscriber]) -> Iterator[Sequence[Subscriber]]:
    for begin in range(0, len(people), _CHUNK):
        some = people[begin : begin + _CHUNK]
        session.add_all(some)
        session.flush()
        yield some


def _record(person: Subscriber, deed: Deed, wording: str, now: datetime) -> Record:
    return Record(
        subscriber_id=person.id, at=now, deed=deed, by=records.OPERATOR, network="", wording=wording, note=""
    )  # fmt: skip
