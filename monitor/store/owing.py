"""Owing: whoever decides that someone hears something writes a delivery in the same transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import insert
from sqlmodel import Session, col, select, update

from monitor.core.bouncing import Fate
from monitor.models import (
    AccountKind,
    AccountMail,
    Briefing,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Notice,
    Subscriber,
    SubscriberState,
)

# What is urgent, what goes on, what may take its time: each lane passes those behind it. Whoever has filled in a form
# waits as well, but strangers must not hold up alerts, however slowly their servers answer: they have a line apart.
URGENT, UPDATES, BRIEFINGS, FORMS = 0, 1, 2, 3
ALERTS = (DeliveryKind.ALERT, DeliveryKind.ROLLUP)
_LANES = {
    AccountKind.ALARM: URGENT,
    AccountKind.TEST: URGENT,
    AccountKind.CONFIRM: FORMS,
    AccountKind.LINK: FORMS,
    AccountKind.ADDRESS: FORMS,
}
SUPPRESSED = "this address is never written to"
# Why mail was cancelled that its reader had not declined.
_LOST = (Fate.HELD.value, Fate.DEAD.value, SUPPRESSED)
# A fall-back for what is older would wake people for what the briefing has told.
_STILL_NEWS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Address:
    """Where what a listener hears goes: a person's mail, or a channel."""

    subscriber_id: int | None
    recipient: str
    channel: str = ""

    @property
    def mark(self) -> str:
        return f"channel/{self.channel}" if self.channel else str(self.subscriber_id)


def owe_alert(
    session: Session, alert_id: int, revision: int, to: Address, now: datetime, *, update: bool = False
) -> Delivery:
    """`update`: it tells no more than that a known story goes on."""
    lane = UPDATES if update else URGENT
    debt = Delivery(kind=DeliveryKind.ALERT, lane=lane, alert_id=alert_id, alert_revision=revision)
    return _owe(session, debt, f"alert:{alert_id}:{revision}:{to.mark}", to, now)


def owe_rollup(session: Session, first_hearing: int, to: Address, now: datetime) -> Delivery:
    """Several alerts in one message, named after the first of what it tells."""
    debt = Delivery(kind=DeliveryKind.ROLLUP, lane=URGENT)
    return _owe(session, debt, f"rollup:{first_hearing}:{to.mark}", to, now)


def owe_instead(session: Session, failing: Delivery, channel: str, key: str, now: datetime) -> Delivery:
    """The same alert by a fall-back channel."""
    debt = Delivery(
        kind=failing.kind,
        lane=URGENT,
        alert_id=failing.alert_id,
        alert_revision=failing.alert_revision,
        instead_of=failing.instead_of or failing.id,
    )
    return _owe(session, debt, key, Address(None, channel, channel), now)


def owe_briefings(
    session: Session, issues: Sequence[Briefing], people: Mapping[int, Subscriber], now: datetime
) -> None:
    """To all their readers, in one statement."""
    debts = [_of_briefing(issue, people[issue.subscriber_id], now) for issue in issues]
    if debts:
        session.connection().execute(insert(Delivery), [debt.model_dump(exclude={"id"}) for debt in debts])


def _of_briefing(issue: Briefing, person: Subscriber, now: datetime) -> Delivery:
    debt = Delivery(kind=DeliveryKind.BRIEFING, lane=BRIEFINGS, briefing_id=issue.id)
    key = f"briefing:{issue.local_date.isoformat()}:{person.id}"
    return _addressed(debt, key, Address(person.id, person.address), now)


def owe_notice(session: Session, notice: Notice, contact: str, now: datetime) -> Delivery:
    debt = Delivery(kind=DeliveryKind.NOTICE, lane=UPDATES, notice_id=notice.id)
    return _owe(session, debt, f"notice:{notice.id}", Address(None, contact), now)


def owe_account(
    session: Session, mail: AccountMail, person: Subscriber | None, recipient: str, now: datetime
) -> Delivery:
    """A mail about being a subscriber, or one to the operator or anybody else if `person` is None."""
    lane = _LANES.get(mail.kind, UPDATES)
    debt = Delivery(kind=DeliveryKind.ACCOUNT, lane=lane, account_mail_id=mail.id)
    return _owe(session, debt, f"account:{mail.id}", Address(person.id if person else None, recipient), now)


def _owe(session: Session, debt: Delivery, key: str, to: Address, now: datetime) -> Delivery:
    """A second debt with the same key is a mistake of ours, and the unique key makes it an error."""
    session.add(_addressed(debt, key, to, now))
    session.flush()
    return debt


def _addressed(debt: Delivery, key: str, to: Address, now: datetime) -> Delivery:
    debt.key, debt.owed_at, debt.next_try_at = key, now, now
    debt.subscriber_id, debt.recipient, debt.channel = to.subscriber_id, to.recipient, to.channel
    debt.domain = "" if to.channel else to.recipient.rpartition("@")[2]
    return debt


def is_owed(session: Session, key: str) -> bool:
    return session.exec(select(Delivery.id).where(Delivery.key == key)).first() is not None


def fallback_key(way: str, channel: str, telling_ids: Iterable[int]) -> str:
    """Names what a fall-back tells once, however many people wait for it by the way that fails."""
    told = ",".join(map(str, sorted(telling_ids)))
    return f"fallback:{channel}:{way or 'mail'}:{sha256(told.encode()).hexdigest()[:24]}"


def failing_since(session: Session, way: str, before: datetime) -> list[Delivery]:
    """Alerts owed by this way before then that have not left yet, those that were refused for good, and those whose
    reader was found to be out of reach before they could leave: one of all that tell the same."""
    ours = (Delivery.channel == way, col(Delivery.kind).in_(ALERTS))
    news = col(Delivery.owed_at) > before - _STILL_NEWS
    late = select(Delivery).where(
        *ours, Delivery.status == DeliveryStatus.QUEUED, news, col(Delivery.owed_at) <= before
    )
    refused = select(Delivery).where(*ours, Delivery.status == DeliveryStatus.FAILED, news)
    # Who has left by themselves waits for nothing.
    by_themselves = (SubscriberState.LEFT, SubscriberState.ERASED)
    fell = (col(Subscriber.state) == SubscriberState.BOUNCED) & (col(Delivery.settled_at) >= col(Subscriber.bounced_at))
    lost = (
        select(Delivery)
        .join(Subscriber, col(Subscriber.id) == Delivery.subscriber_id)
        .where(*ours, Delivery.status == DeliveryStatus.CANCELLED, news, col(Delivery.reply).in_(_LOST) | fell)
        .where(col(Subscriber.state).not_in(by_themselves), col(Subscriber.refuses_alerts).is_(False))
    )
    found: dict[tuple[int | None, int | None, int], Delivery] = {}
    for wanted in (late, refused, lost):
        for each in session.exec(wanted.order_by(col(Delivery.id))):
            same = each.id if each.kind is DeliveryKind.ROLLUP else 0
            found.setdefault((each.alert_id, each.alert_revision, same), each)
    return list(found.values())


def cancel_unknown(session: Session, channels: Collection[str], now: datetime) -> int:
    """What is still owed to channels that the config does not know any more."""
    owed = update(Delivery).where(
        col(Delivery.channel).not_in(["", *channels]), col(Delivery.status) == DeliveryStatus.QUEUED
    )
    why = "the channel is no longer in the config"
    return session.exec(owed.values(status=DeliveryStatus.CANCELLED, settled_at=now, reply=why)).rowcount
