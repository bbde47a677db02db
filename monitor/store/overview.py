"""How it all stands, in counts for the operator. Days are those of UTC."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy import select as select_columns
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from monitor.models import (
    Bounce,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Feed,
    Match,
    Record,
    Subscriber,
    SubscriberState,
)
from monitor.words import Deed, Disposition, Verdict

WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
_CAME = (Deed.CONFIRMED, Deed.ADDED, Deed.IMPORTED)
_WENT = (Deed.LEFT, Deed.ERASED)
# What somebody leaves who stays: their record says so.
_PARTS = ("briefings", "alerts")
_HELD = (Disposition.HELD, Disposition.DROPPED, Disposition.SILENCED, Disposition.INHIBITED)
_LEFT = (Disposition.FEW, Disposition.LEFT, Disposition.OLD, Disposition.LATE, Disposition.BASELINE)


def days_upto(today: date, number: int) -> list[date]:
    return [today - timedelta(days=back) for back in reversed(range(number))]


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def people_by_state(session: Session) -> dict[SubscriberState, int]:
    counted = session.exec(select(Subscriber.state, func.count()).group_by(col(Subscriber.state)))
    return {SubscriberState(state): number for state, number in counted}


def mails_since(session: Session, since: datetime) -> dict[DeliveryKind, dict[DeliveryStatus, int]]:
    """Of the mails that were owed since then, how many of each kind are in which state."""
    counted = session.exec(
        select(Delivery.kind, Delivery.status, func.count())
        .where(Delivery.channel == "", col(Delivery.owed_at) >= since)
        .group_by(col(Delivery.kind), col(Delivery.status))
    )
    found: dict[DeliveryKind, dict[DeliveryStatus, int]] = defaultdict(dict)
    for kind, status, number in counted:
        found[DeliveryKind(kind)][DeliveryStatus(status)] = number
    return dict(found)


def mails_by_day(session: Session, days: Sequence[date]) -> dict[DeliveryStatus, list[int]]:
    """How many mails were sent and refused on each of these days."""
    day = _day(session, Delivery.settled_at)
    counted = session.exec(
        select(Delivery.status, day, func.count())
        .where(Delivery.channel == "", col(Delivery.settled_at) >= begin_of(days[0]))
        .where(col(Delivery.status).in_((DeliveryStatus.SENT, DeliveryStatus.FAILED)))
        .group_by(col(Delivery.status), day)
    )
    found = {(DeliveryStatus(status), _date(said)): number for status, said, number in counted}
    return {
        status: [found.get((status, day), 0) for day in days] for status in (DeliveryStatus.SENT, DeliveryStatus.FAILED)
    }


def moves_by_day(session: Session, days: Sequence[date]) -> tuple[list[int], list[int]]:
    """How many people came on each of these days, and how many went. Whoever leaves and is erased went once."""
    came, went = (
        {
            (record.subscriber_id, record.at.date())
            for record in session.exec(
                select(Record).where(col(Record.at) >= begin_of(days[0]), col(Record.deed).in_(deeds))
            )
            if record.deed is not Deed.LEFT or record.note not in _PARTS
        }
        for deeds in (_CAME, _WENT)
    )
    return _counted(came, days), _counted(went, days)


def _counted(moves: Iterable[tuple[int, date]], days: Sequence[date]) -> list[int]:
    number: dict[date, int] = defaultdict(int)
    for _, day in moves:
        number[day] += 1
    return [number[day] for day in days]


def bounces_by_verdict(session: Session, since: datetime) -> list[tuple[Verdict, int]]:
    counted = session.exec(
        select(Bounce.verdict, func.count()).where(col(Bounce.at) >= since).group_by(col(Bounce.verdict))
    )
    found = {Verdict(verdict): number for verdict, number in counted}
    return [(verdict, found.get(verdict, 0)) for verdict in Verdict]


@dataclass(frozen=True, slots=True)
class People:
    """A stretch of a list of people. `number` are all that were sought."""

    rows: list[Subscriber]
    number: int


def people(session: Session, part: str, state: SubscriberState | None, skip: int, limit: int) -> People:
    """Whose address has this part, in this state; the newest first. Nobody who was erased has an address."""
    wanted = [col(Subscriber.state) == state] if state else [col(Subscriber.state) != SubscriberState.ERASED]
    if part:
        wanted.append(func.lower(col(Subscriber.address)).contains(part.lower(), autoescape=True))
    number = session.exec(select(func.count()).select_from(Subscriber).where(*wanted)).one()
    rows = select(Subscriber).where(*wanted).order_by(col(Subscriber.id).desc()).offset(skip).limit(limit)
    return People(list(session.exec(rows)), number)


def latest_bounces(session: Session, limit: int) -> list[tuple[Bounce, str]]:
    """With the address, as far as somebody has it still; the newest first."""
    rows = session.exec(
        select(Bounce, Subscriber.address)
        .outerjoin(Subscriber, col(Subscriber.id) == Bounce.subscriber_id)
        .order_by(col(Bounce.at).desc(), col(Bounce.id).desc())
        .limit(limit)
    )
    return [(bounce, address or "") for bounce, address in rows]


def bounces_by_domain(session: Session, since: datetime, limit: int) -> list[tuple[str, dict[Verdict, int]]]:
    """Those domains that most came back from, first."""
    counted = session.exec(
        select(Bounce.domain, Bounce.verdict, func.count())
        .where(col(Bounce.at) >= since)
        .group_by(col(Bounce.domain), col(Bounce.verdict))
    )
    found: dict[str, dict[Verdict, int]] = defaultdict(dict)
    for domain, verdict, number in counted:
        found[domain][Verdict(verdict)] = number
    ranked = sorted(found.items(), key=lambda each: (-sum(each[1].values()), each[0]))
    return ranked[:limit]


@dataclass(frozen=True, slots=True)
class Owed:
    """How many messages of a lane or to a domain wait, and how many were refused lately."""

    name: str
    waiting: int
    refused: int


def owed_by(session: Session, column: Any, refused_since: datetime, limit: int) -> list[Owed]:
    """By the values of this column of deliveries, those first that most stands still for."""
    counted = session.exec(
        select(column, Delivery.status, func.count())
        .where(_stuck(refused_since))
        .group_by(column, Delivery.status)
    )  # fmt: skip
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, status, number in counted:
        found[str(name)][status == DeliveryStatus.FAILED] += number
    rows = [Owed(name, waiting, refused) for name, (waiting, refused) in found.items()]
    return sorted(rows, key=lambda each: (-each.waiting, -each.refused, each.name))[:limit]


def _stuck(refused_since: datetime) -> ColumnElement[bool]:
    refused = (col(Delivery.status) == DeliveryStatus.FAILED) & (col(Delivery.settled_at) >= refused_since)
    return col(Delivery.status).in_(WAITING) | refused


def waiting(session: Session, limit: int) -> tuple[list[Delivery], int]:
    """The oldest first, without their bytes; and how many there are."""
    wanted = col(Delivery.status).in_(WAITING)
    rows = select(Delivery).where(wanted).options(defer(Delivery.message)).order_by(col(Delivery.owed_at))  # type: ignore[arg-type]
    return list(session.exec(rows.limit(limit))), _number(session, wanted)


def refused(session: Session, since: datetime, limit: int) -> tuple[list[Delivery], int]:
    """The latest first, without their bytes; and how many there are."""
    wanted = (col(Delivery.status) == DeliveryStatus.FAILED) & (col(Delivery.settled_at) >= since)
    rows = select(Delivery).where(wanted).options(defer(Delivery.message))  # type: ignore[arg-type]
    latest = rows.order_by(col(Delivery.settled_at).desc(), col(Delivery.id).desc()).limit(limit)
    return list(session.exec(latest)), _number(session, wanted)


def _number(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(Delivery).where(wanted)).one()


def delivery(session: Session, number: int) -> Delivery | None:
    """Without its bytes."""
    wanted = select(Delivery).where(Delivery.id == number).options(defer(Delivery.message))  # type: ignore[arg-type]
    return session.exec(wanted).first()


def feeds(session: Session) -> list[Feed]:
    """Those that are watched, without the digests of what they showed."""
    wanted = select(Feed).where(col(Feed.retired_at).is_(None)).options(defer(Feed.known_items))  # type: ignore[arg-type]
    return list(session.exec(wanted.order_by(col(Feed.id))))


@dataclass
class Hits:
    """What a rule has found in these days: how much of it was told, held back, or left to the briefing."""

    by_day: list[int]
    told: int = 0
    held: int = 0
    left: int = 0
    last_at: datetime | None = None

    @property
    def all(self) -> int:
        return sum(self.by_day)


def hits(session: Session, days: Sequence[date]) -> dict[str, Hits]:
    """By rule."""
    day = _day(session, Match.decided_at)
    counted = session.execute(
        select_columns(col(Match.rule), day, col(Match.disposition), func.count(), func.max(col(Match.decided_at)))
        .where(col(Match.decided_at) >= begin_of(days[0]))
        .group_by(col(Match.rule), day, col(Match.disposition))
    )
    place = {day: at for at, day in enumerate(days)}
    found: dict[str, Hits] = defaultdict(lambda: Hits([0] * len(days)))
    for rule, said, disposition, number, last_at in counted:
        row = found[rule]
        at = place.get(_date(said))
        if at is None:
            continue
        row.by_day[at] += number
        row.last_at = max(row.last_at or last_at, last_at)
        if disposition in _HELD:
            row.held += number
        elif disposition in _LEFT:
            row.left += number
        else:
            row.told += number
    return dict(found)


def _day(session: Session, column: Any) -> Any:
    """SQLite keeps times in UTC; PostgreSQL would take the day of its own zone."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return func.date(column) if sqlite else func.date(func.timezone(literal_column("'UTC'"), column))


def _date(said: object) -> date:
    return date.fromisoformat(str(said)[:10])
