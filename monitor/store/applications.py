"""Applications: forms that somebody sent without a ticket, and how many there were."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from monitor.core.joining import HOUR, LONGEST_WAIT, UNCONFIRMED_LIMIT, Mailed
from monitor.models import Application


def add(session: Session, application: Application) -> Application:
    session.add(application)
    session.flush()
    return application


def sent_by(session: Session, network: str, since: datetime) -> int:
    """How many forms came from this network."""
    counted = select(func.count()).where(Application.network == network, col(Application.at) > since)
    return session.exec(counted).one()


def waiting(session: Session, after: int, limit: int, without: Collection[str] = ()) -> list[Application]:
    """Those not taken yet, as they came, behind the one of this number; `without` these domains."""
    wanted = select(Application).where(
        col(Application.taken_at).is_(None), col(Application.id) > after, col(Application.domain).not_in(without)
    )
    return list(session.exec(wanted.order_by(col(Application.id)).limit(limit)))


def take(session: Session, application: Application, now: datetime, *, mailed: bool) -> None:
    """It keeps no more than what limits count."""
    application.taken_at, application.mailed = now, mailed
    application.address, application.choices = "", {}
    session.add(application)
    session.flush()


def take_all_of(session: Session, address: str, now: datetime) -> None:
    """Whatever else waits for this address goes without a mail, too."""
    _empty(session, now, Application.address == address)


def give_up(session: Session, before: datetime, now: datetime) -> None:
    """Those that have waited since before then."""
    _empty(session, now, col(Application.at) <= before)


def _empty(session: Session, now: datetime, *which: object) -> None:
    wanted = update(Application).where(col(Application.taken_at).is_(None), *which)  # type: ignore[arg-type]
    session.exec(wanted.values(taken_at=now, address="", choices={}))


def mailed(session: Session, mark: str, domain: str, now: datetime, *, confirmed: bool) -> Mailed:
    """What went because of forms, as far as limits count it."""
    hour, forms = now - HOUR, now - HOUR - LONGEST_WAIT - HOUR
    return Mailed(
        to_address=mailed_to(session, mark, now - UNCONFIRMED_LIMIT[0]),
        to_domain=mailed_since(session, hour, forms, domain),
        to_all=mailed_since(session, hour, forms),
        confirmed=confirmed,
    )


def mailed_to(session: Session, mark: str, since: datetime) -> tuple[datetime, ...]:
    """When mails went to this mailbox because of forms."""
    wanted = select(Application.taken_at).where(
        Application.mark == mark, col(Application.mailed).is_(True), col(Application.taken_at) > since
    )
    return tuple(at for at in session.exec(wanted) if at is not None)


def mailed_since(session: Session, since: datetime, sent_after: datetime, domain: str = "") -> int:
    """How many mails went because of forms, to one domain or in all. `sent_after` is before any form that such a mail
    may be due to: it saves looking at the older ones."""
    of_domain = (Application.domain == domain,) if domain else ()
    recent = col(Application.at) > sent_after, col(Application.taken_at) > since
    counted = select(func.count()).where(*recent, col(Application.mailed).is_(True), *of_domain)
    return session.exec(counted).one()


def forget(session: Session, marks: Collection[str], addresses: Collection[str], now: datetime) -> None:
    """What would tell of whoever is at these addresses. That there were forms stays, for the limits' sake."""
    _empty(session, now, col(Application.address).in_(addresses))
    session.exec(update(Application).where(col(Application.mark).in_(marks)).values(network="", domain=""))


def purge(session: Session, before: datetime) -> int:
    return session.exec(delete(Application).where(col(Application.at) <= before)).rowcount
