"""What people are owed, and how the work goes."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.models.columns import Word, moment, moment_or_none, text


class DeliveryKind(StrEnum):
    ALERT = "alert"
    ROLLUP = "rollup"
    BRIEFING = "briefing"
    NOTICE = "notice"
    ACCOUNT = "account"


class DeliveryStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Edition(SQLModel, table=True):
    """What stands in a briefing, shared by all whose issue says the same in the same language and zone; `mark` tells
    two apart. A `public` one stands in the archive.
    """

    __tablename__ = "editions"

    id: int = Field(default=None, primary_key=True)
    mark: str = text(unique=True)
    local_date: date
    zone: str = text()
    language: str = text()
    public: bool = Field(default=False, index=True)
    upto_arrival: int = 0
    written_at: datetime = moment()
    subject: str = text()
    contents: dict[str, Any] = Field(sa_type=JSON)


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
    edition_id: int


class Notice(SQLModel, table=True):
    """What the operator is told of feeds in trouble, and of their recovery."""

    __tablename__ = "notices"

    id: int = Field(default=None, primary_key=True)
    written_at: datetime = moment()
    subject: str = text()
    contents: dict[str, Any] = Field(sa_type=JSON)


class AccountKind(StrEnum):
    """Mails about being a subscriber, and those that want the operator."""

    CONFIRM = "confirm"
    WELCOME = "welcome"
    APPLIED = "applied"
    LINK = "link"
    ADDRESS = "address"
    MOVED = "moved"
    PROBE = "probe"
    TEST = "test"
    ALARM = "alarm"


class AccountMail(SQLModel, table=True):
    """A mail about being a subscriber; ALARM is one to the operator. `contents` is what its template needs."""

    __tablename__ = "account_mails"

    id: int = Field(default=None, primary_key=True)
    kind: AccountKind = Field(sa_type=Word(AccountKind))
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    written_at: datetime = moment()
    contents: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Body(SQLModel, table=True):
    """The part of a mail that many readers share, encoded, with gaps for what is each reader's own."""

    __tablename__ = "bodies"

    id: int = Field(default=None, primary_key=True)
    mark: str = text(unique=True)
    made_at: datetime = moment()
    content: bytes


class Pause(SQLModel, table=True):
    """Mail to this domain waits, because of a storm of refusals that is our own fault; "*": to every domain."""

    __tablename__ = "pauses"

    domain: str = Field(primary_key=True, sa_type=Text)
    since: datetime = moment()
    until: datetime = moment()
    reason: str = text()


class Delivery(SQLModel, table=True):
    """One message owed to one subscriber or `channel`, or a notice to the operator; `key` makes owing it twice
    impossible. `instead_of` is the delivery that failed for so long that a fall-back channel is told.

    `message` holds the very bytes of the mail from the first attempt on, or its head if the rest is the body with the
    `fills`: a repeat is the same mail. `token` stands in the envelope's sender, so that what comes back names it.
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
    domain: str = text()
    channel: str = text()
    instead_of: int | None = None
    alert_id: int | None = Field(default=None, foreign_key="alerts.id")
    alert_revision: int | None = None
    briefing_id: int | None = Field(default=None, foreign_key="briefings.id")
    notice_id: int | None = Field(default=None, foreign_key="notices.id")
    account_mail_id: int | None = None
    owed_at: datetime = moment()
    status: DeliveryStatus = Field(default=DeliveryStatus.QUEUED, sa_type=Word(DeliveryStatus))
    next_try_at: datetime = moment()
    attempts: int = 0
    doubtful: bool = False
    message_id: str = text()
    message: bytes | None = None
    body_id: int | None = None
    fills: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    token: str = text(index=True)
    reply: str = text()
    settled_at: datetime | None = moment_or_none()


class JobRun(SQLModel, table=True):
    """How a job of the service went last; `trouble` is empty when it went well."""

    __tablename__ = "job_runs"

    job: str = Field(primary_key=True, sa_type=Text)
    ran_at: datetime = moment()
    failures: int = 0
    trouble: str = text()
