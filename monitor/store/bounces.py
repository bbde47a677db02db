"""What came back, how sending went lately, and what waits because of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, func, select, update

from monitor.core.bouncing import EVERY_DOMAIN, STORM_SPAN, Failure, Fate, Results, Span
from monitor.models import (
    AccountKind,
    AccountMail,
    Bounce,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Pause,
    Subscriber,
    SubscriberState,
    Suppression,
)
from monitor.store.owing import FORMS, URGENT
from monitor.words import Verdict

SMTP = "smtp"
_OF_ADDRESS = (Verdict.DEAD, Verdict.DISABLED)
_DAY = timedelta(days=1)
_REMEMBERED = timedelta(days=90)
# What was refused in a storm is news for so long.
_NEWS = _DAY
# Behind those that only waited: a few dead addresses must not hold up the mail of the others for ever.
BEHIND = timedelta(minutes=1)
# Went out because somebody has filled in a form.
_OF_FORM = (col(Delivery.lane) == FORMS) | (
    (col(Delivery.kind) == DeliveryKind.ACCOUNT)
    & select(Subscriber.id)
    .where(Subscriber.id == Delivery.subscriber_id, col(Subscriber.confirmed_at).is_(None))
    .correlate(Delivery)
    .exists()
)


def by_token(session: Session, token: str) -> Delivery | None:
    """The mail that left with this token, which nobody else changes until commit."""
    if not token:
        return None
    return session.exec(select(Delivery).where(Delivery.token == token).limit(1).with_for_update()).first()


def by_number(session: Session, number: int) -> Delivery | None:
    return session.get(Delivery, number, with_for_update=True)


def keep(
    session: Session, delivery: Delivery, verdict: Verdict, code: str, reason: str, source: str, now: datetime
) -> bool:
    """One for each code of a delivery. False: it was known, and what came back is read twice. A server may refuse
    again, and what was sent again may come back again."""
    known = session.exec(select(Bounce).where(Bounce.delivery_id == delivery.id, Bounce.code == code)).first()
    if known is not None:
        resent = delivery.settled_at is not None and known.at < delivery.settled_at
        if source != SMTP and not resent:
            return False
        # What is tried again and again counts from when that began. A dead address is tried again after a storm alone.
        if verdict in _OF_ADDRESS or resent:
            known.at = now
        known.verdict, known.reason, known.source = verdict, reason, source
        session.add(known)
        return True
    session.add(
        Bounce(
            delivery_id=delivery.id,
            subscriber_id=delivery.subscriber_id,
            domain=delivery.domain,
            at=now,
            verdict=verdict,
            code=code,
            reason=reason,
            source=source,
        )
    )
    session.flush()
    return True


def came_back(session: Session, delivery: Delivery, reason: str) -> None:
    """It was taken, and has not arrived after all."""
    if delivery.status == DeliveryStatus.SENT:
        delivery.status, delivery.reply = DeliveryStatus.FAILED, f"came back: {reason}"
        session.add(delivery)


def failures_of(session: Session, person: Subscriber, now: datetime) -> list[Failure]:
    """What came back from their address, in order; what is refused for days on end, once a day."""
    rows = session.exec(
        select(Bounce, Delivery)
        .join(Delivery, col(Delivery.id) == Bounce.delivery_id)
        .where(Bounce.subscriber_id == person.id, col(Bounce.at) > now - _REMEMBERED)
        .where(Delivery.recipient == person.address)
        .order_by(col(Bounce.at), col(Bounce.id))
    )
    found = [each for bounce, delivery in rows for each in _failures(bounce, delivery, now)]
    return sorted(found, key=lambda each: each.at)


def _failures(bounce: Bounce, delivery: Delivery, now: datetime) -> list[Failure]:
    if bounce.source != SMTP:
        return [Failure(bounce.at, delivery.settled_at or bounce.at, bounce.verdict)]
    # While it is tried nothing newer is sent that could be refused.
    days = ((delivery.settled_at or now) - bounce.at) // _DAY if bounce.verdict is Verdict.SOFT else 0
    return [Failure(at, at, bounce.verdict) for day in range(days + 1) if (at := bounce.at + day * _DAY)]


def reached(session: Session, person: Subscriber, since: datetime) -> list[datetime]:
    """When mails left for them that have not come back."""
    wanted = select(Delivery.settled_at).where(
        Delivery.subscriber_id == person.id,
        Delivery.recipient == person.address,
        Delivery.status == DeliveryStatus.SENT,
        col(Delivery.settled_at) >= since,
    )
    return [at for at in session.exec(wanted) if at is not None]


def bounced_since(session: Session, person_id: int, since: datetime) -> int:
    """How many mails to them came back."""
    wanted = select(func.count(func.distinct(Bounce.delivery_id))).where(
        Bounce.subscriber_id == person_id, col(Bounce.at) > since
    )
    return session.exec(wanted).one()


def is_of_form(session: Session, delivery: Delivery) -> bool:
    """Whether anybody could have made us send it."""
    return session.exec(select(Delivery.id).where(Delivery.id == delivery.id, _OF_FORM)).first() is not None


def results(session: Session, domain: str, now: datetime) -> Results:
    """Of the last minutes; what was taken is counted from when the first of the mails left that came back now. Each
    mail that is refused for a reason of ours counts once, however often it is tried again."""
    since = now - STORM_SPAN
    returned = (
        select(Bounce.delivery_id, Bounce.domain, Bounce.source, Delivery.settled_at)
        .join(Delivery, col(Delivery.id) == Bounce.delivery_id)
        .where(col(Bounce.at) > since, ~_OF_FORM)
    )
    dead = session.exec(returned.where(Bounce.domain == domain, col(Bounce.verdict).in_(_OF_ADDRESS))).all()
    before = aliased(Bounce)
    of_same = (before.delivery_id == Bounce.delivery_id, before.verdict == Verdict.OURS)
    earlier = select(before.id).where(*of_same, col(before.at) <= since).exists()
    ours = session.exec(returned.where(Bounce.verdict == Verdict.OURS, ~earlier)).all()
    taken = select(func.count()).select_from(Delivery).where(Delivery.status == DeliveryStatus.SENT, ~_OF_FORM)
    return Results(
        dead=len({number for number, *_ in dead}),
        taken=session.exec(
            taken.where(Delivery.domain == domain, col(Delivery.settled_at) >= _since(dead, since))
        ).one(),
        ours=len({number for number, where, *_ in ours if where == domain}),
        ours_domains=len({where for _, where, *_ in ours}),
        ours_anywhere=len({number for number, *_ in ours}),
        taken_anywhere=session.exec(
            taken.where(Delivery.channel == "", col(Delivery.settled_at) >= _since(ours, since))
        ).one(),
    )


def _since(returned: Iterable[tuple[int | None, str, str, datetime | None]], since: datetime) -> datetime:
    return min([since, *(at for _, _, source, at in returned if at is not None and source != SMTP)])


def _of_domain(domain: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Bounce.domain) == domain, col(Bounce.at) > since


def pause_of(session: Session, domain: str) -> Span | None:
    found = session.get(Pause, domain)
    return Span(found.since, found.until) if found else None


def pause(session: Session, domain: str, span: Span, reason: str) -> None:
    session.merge(Pause(domain=domain, since=span.since, until=span.until, reason=reason))
    session.flush()


def paused_until(session: Session, domain: str, now: datetime) -> datetime | None:
    """When mail to this domain may leave again; None: now."""
    wanted = select(func.max(Pause.until)).where(col(Pause.domain).in_([domain, EVERY_DOMAIN]), col(Pause.until) > now)
    return session.exec(wanted).one()


def struck(session: Session, domain: str, now: datetime) -> list[Subscriber]:
    """Who was taken for dead in the minutes of a storm that shows only now."""
    wanted = select(Subscriber).where(
        Subscriber.state == SubscriberState.BOUNCED,
        col(Subscriber.bounced_at) > now - STORM_SPAN,
        col(Subscriber.probe_at).is_(None),
        col(Subscriber.id).in_(
            select(Bounce.subscriber_id).where(
                *_of_domain(domain, now - STORM_SPAN), col(Bounce.verdict).in_(_OF_ADDRESS)
            )
        ),
    )
    return list(session.exec(wanted.order_by(col(Subscriber.id)).with_for_update()))


def revive(session: Session, person: Subscriber, mark: str, now: datetime) -> None:
    """They are subscribed as they were. Not lifted: a suppression that was there before."""
    person.state, person.bounced_at = SubscriberState.CONFIRMED, None
    session.add(person)
    lately = now - STORM_SPAN
    session.exec(
        delete(Suppression).where(
            col(Suppression.mark) == mark, col(Suppression.at) > lately, col(Suppression.reason) == Fate.DEAD.value
        )
    )
    session.exec(
        update(Delivery)
        .where(
            col(Delivery.subscriber_id) == person.id,
            col(Delivery.status) == DeliveryStatus.CANCELLED,
            col(Delivery.reply) == Fate.DEAD.value,
            col(Delivery.settled_at) > lately,
        )
        .values(status=DeliveryStatus.QUEUED, settled_at=None, reply="")
    )


def owe_again(session: Session, domain: str, until: datetime, now: datetime) -> int:
    """What was refused in a storm is owed once more. What is urgent does not wait for the end of the pause."""
    wanted = select(Bounce.delivery_id).where(
        *_of_domain(domain, now - STORM_SPAN), col(Bounce.verdict).in_(_OF_ADDRESS)
    )
    lost = update(Delivery).where(
        col(Delivery.id).in_(wanted),
        col(Delivery.status) == DeliveryStatus.FAILED,
        col(Delivery.owed_at) > now - _NEWS,
    )
    again = {"status": DeliveryStatus.QUEUED, "settled_at": None}
    urgent = session.exec(lost.where(col(Delivery.lane) == URGENT).values(**again, next_try_at=now + STORM_SPAN))
    others = session.exec(lost.where(col(Delivery.lane) != URGENT).values(**again, next_try_at=until + BEHIND))
    return urgent.rowcount + others.rowcount


def hold(session: Session, person: Subscriber, now: datetime, probe_at: datetime | None) -> None:
    """Nothing is sent to them any more, or, with `probe_at`, until a probe has told more."""
    person.state, person.bounced_at, person.probe_at = SubscriberState.BOUNCED, now, probe_at
    session.add(person)


def probes_due(session: Session, now: datetime) -> list[Subscriber]:
    """Whose probe is to be sent, or is over."""
    wanted = select(Subscriber).where(Subscriber.state == SubscriberState.BOUNCED, col(Subscriber.probe_at) <= now)
    return list(session.exec(wanted.order_by(col(Subscriber.id)).limit(100).with_for_update()))


def probe_of(session: Session, person: Subscriber) -> Delivery | None:
    """The probe that was owed to them since they are held."""
    since = person.bounced_at or person.created_at
    wanted = (
        select(Delivery)
        .join(AccountMail, col(AccountMail.id) == Delivery.account_mail_id)
        .where(
            AccountMail.subscriber_id == person.id,
            AccountMail.kind == AccountKind.PROBE,
            col(AccountMail.written_at) >= since,
        )
        .order_by(col(Delivery.id).desc())
        .limit(1)
    )
    return session.exec(wanted).first()


def is_probe(session: Session, delivery: Delivery) -> bool:
    mail = session.get(AccountMail, delivery.account_mail_id) if delivery.account_mail_id is not None else None
    return mail is not None and mail.kind is AccountKind.PROBE


def verdicts_of(session: Session, delivery: Delivery) -> set[Verdict]:
    return {each.verdict for each in session.exec(select(Bounce).where(Bounce.delivery_id == delivery.id))}
