"""People, what they are owed, and how the work goes."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.models.columns import Word, moment, moment_or_none, text
from monitor.words import Severity


class SubscriberState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    BOUNCED = "bounced"
    LEFT = "left"


class DeliveryKind(StrEnum):
    ALERT = "alert"
    ROLLUP = "rollup"
    BRIEFING = "briefing"
    NOTICE = "notice"


class DeliveryStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Subscriber(SQLModel, table=True):
    """`alert_from` is the least severity that alerts this person; null: no alerts. Times of day and days are in `zone`.

    Between `quiet_from` and `quiet_until` alerts are held, but critical ones if `critical_passes`; from `away_from` to
    `away_until`, both included, there are none.
    """

    __tablename__ = "subscribers"

    id: int = Field(default=None, primary_key=True)
    address: str = text(unique=True)
    state: SubscriberState = Field(sa_type=Word(SubscriberState))
    zone: str = text()
    briefing: bool = True
    briefing_at: time
    alert_from: Severity | None = Field(default=None, sa_type=Word(Severity), nullable=True)
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = True
    away_from: date | None = None
    away_until: date | None = None
    created_at: datetime = moment()
    confirmed_at: datetime | None = moment_or_none()
    left_at: datetime | None = moment_or_none()
    consent: str = text()


class Briefing(SQLModel, table=True):
    """One issue for one subscriber: the entries with `after_arrival` < arrival <= `upto_arrival`."""

    __tablename__ = "briefings"
    __table_args__ = (UniqueConstraint("subscriber_id", "local_date"),)

    id: int = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id")
    local_date: date
    after_arrival: int
    upto_arrival: int
    written_at: datetime = moment()
    subject: str = text()
    contents: dict[str, Any] = Field(sa_type=JSON)


class Notice(SQLModel, table=True):
    """What the operator is told of feeds in trouble, and of their recovery."""

    __tablename__ = "notices"

    id: int = Field(default=None, primary_key=True)
    written_at: datetime = moment()
    subject: str = text()
    contents: dict[str, Any] = Field(sa_type=JSON)


class Delivery(SQLModel, table=True):
    """One message owed to one subscriber or `channel`, or a notice to the operator; `key` makes owing it twice
    impossible. `instead_of` is the delivery that failed for so long that a fall-back channel is told.

    `message` holds the very bytes of the mail from the first attempt on, so that a repeat is the same mail.
    `doubtful`: the program died, or the line broke, when the server may already have taken it.
    """

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "channel", "status", "next_try_at", "lane", "id"),)

    id: int = Field(default=None, primary_key=True)
    key: str = text(unique=True)
    kind: DeliveryKind = Field(sa_type=Word(DeliveryKind))
    lane: int
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    recipient: str = text()
    channel: str = text()
    instead_of: int | None = None
    alert_id: int | None = Field(default=None, foreign_key="alerts.id")
    alert_revision: int | None = None
    briefing_id: int | None = Field(default=None, foreign_key="briefings.id")
    notice_id: int | None = Field(default=None, foreign_key="notices.id")
    owed_at: datetime = moment()
    status: DeliveryStatus = Field(default=DeliveryStatus.QUEUED, sa_type=Word(DeliveryStatus))
    next_try_at: datetime = moment()
    attempts: int = 0
    doubtful: bool = False
    message_id: str = text()
    message: bytes | None = None
    reply: str = text()
    settled_at: datetime | None = moment_or_none()


class JobRun(SQLModel, table=True):
    """How a job of the service went last; `trouble` is empty when it went well."""

    __tablename__ = "job_runs"

    job: str = Field(primary_key=True, sa_type=Text)
    ran_at: datetime = moment()
    failures: int = 0
    trouble: str = text()
