"""The tables: plain records, aware UTC times only, no relationships and no queries."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Index, MetaData, Text, TypeDecorator, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.words import Disposition, Severity

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out on both databases; SQLite would drop the zone in silence."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """A StrEnum kept as its word, so that a row can be read without the program."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).name.lower()

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.kind[value.upper()]


class SubscriberState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    BOUNCED = "bounced"
    LEFT = "left"


class DeliveryKind(StrEnum):
    ALERT = "alert"
    BRIEFING = "briefing"


class DeliveryStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


def _moment(*, index: bool = False) -> Any:
    return Field(sa_type=UtcDateTime, index=index)


def _moment_or_none(*, index: bool = False) -> Any:
    return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index)


def _text(default: str = "", **options: Any) -> Any:
    return Field(default=default, sa_type=Text, **options)


class Feed(SQLModel, table=True):
    """A URL we poll, and how polling it goes. A feed no longer configured keeps its row, retired."""

    __tablename__ = "feeds"

    id: int = Field(default=None, primary_key=True)
    url: str = _text(unique=True)
    name: str = _text()
    publisher: str = _text()
    language: str = _text()
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    host: str = _text()
    every_seconds: int
    retired_at: datetime | None = _moment_or_none()

    next_poll_at: datetime = _moment(index=True)
    claim: str = _text()
    claimed_until: datetime | None = _moment_or_none()

    etag: str = _text()
    last_modified: str = _text()
    body_hash: str = _text()
    polls: int = 0
    last_polled_at: datetime | None = _moment_or_none()
    last_good_at: datetime | None = _moment_or_none()
    last_new_at: datetime | None = _moment_or_none()
    failures: int = 0
    failing_since: datetime | None = _moment_or_none()
    trouble_kind: str = _text()
    trouble: str = _text()


class Entry(SQLModel, table=True):
    """What we keep of one item of a feed.

    `arrival` numbers the entries in the order of triage, and is null until then. `previous_poll_at` is the
    last good poll of the feed before this entry came, null for the feed's first poll.
    """

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("feed_id", "key"), Index("ix_entries_feed_id_twin", "feed_id", "twin"))

    id: int = Field(default=None, primary_key=True)
    feed_id: int = Field(foreign_key="feeds.id")
    key: str = _text()
    twin: str = _text()
    guid: str = _text()
    link: str = _text()
    canonical_link: str = _text(index=True)
    title: str = _text()
    summary: str = _text()
    content: str = _text()
    author: str = _text()
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    language: str = _text()
    published_at: datetime | None = _moment_or_none()
    published_said: str = _text()
    updated_at: datetime | None = _moment_or_none()
    arrived_at: datetime = _moment(index=True)
    previous_poll_at: datetime | None = _moment_or_none()
    arrival: int | None = Field(default=None, unique=True)
    story_id: int | None = Field(default=None, foreign_key="stories.id", index=True)


class Story(SQLModel, table=True):
    __tablename__ = "stories"

    id: int = Field(default=None, primary_key=True)
    title: str = _text()
    first_seen_at: datetime = _moment()
    last_seen_at: datetime = _moment(index=True)


class Alert(SQLModel, table=True):
    """What was told of one story; each further telling is a new revision."""

    __tablename__ = "alerts"

    id: int = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="stories.id", unique=True)
    severity: Severity = Field(sa_type=Word(Severity))
    revision: int
    first_told_at: datetime = _moment()
    last_told_at: datetime = _moment()


class Match(SQLModel, table=True):
    """A rule spoke of an entry, and what became of it. `alert_revision` is the telling it is part of.

    `held_by` is the evidence that held or dropped it; `note` says how a count or a raise came about.
    """

    __tablename__ = "matches"
    __table_args__ = (UniqueConstraint("entry_id", "rule"),)

    id: int = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entries.id")
    story_id: int = Field(foreign_key="stories.id", index=True)
    rule: str = _text()
    severity: Severity = Field(sa_type=Word(Severity))
    disposition: Disposition = Field(sa_type=Word(Disposition))
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    held_by: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    note: str = _text()
    decided_at: datetime = _moment()
    alert_id: int | None = Field(default=None, foreign_key="alerts.id", index=True)
    alert_revision: int | None = None


class Subscriber(SQLModel, table=True):
    """`alert_from` is the least severity that alerts this person at once; null: no alerts."""

    __tablename__ = "subscribers"

    id: int = Field(default=None, primary_key=True)
    address: str = _text(unique=True)
    state: SubscriberState = Field(sa_type=Word(SubscriberState))
    zone: str = _text()
    briefing: bool = True
    briefing_at: time
    alert_from: Severity | None = Field(default=None, sa_type=Word(Severity), nullable=True)
    created_at: datetime = _moment()
    confirmed_at: datetime | None = _moment_or_none()
    left_at: datetime | None = _moment_or_none()
    consent: str = _text()


class Briefing(SQLModel, table=True):
    """One issue for one subscriber: the entries with `after_arrival` < arrival <= `upto_arrival`."""

    __tablename__ = "briefings"
    __table_args__ = (UniqueConstraint("subscriber_id", "local_date"),)

    id: int = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id")
    local_date: date
    after_arrival: int
    upto_arrival: int
    written_at: datetime = _moment()
    subject: str = _text()
    contents: dict[str, Any] = Field(sa_type=JSON)


class Delivery(SQLModel, table=True):
    """One message owed to one subscriber; `key` makes owing it twice impossible.

    `message` holds the very bytes of the mail from the first attempt on, so that a repeat is the same mail.
    `doubtful`: the program died, or the line broke, when the server may already have taken it.
    """

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "status", "next_try_at", "lane", "id"),)

    id: int = Field(default=None, primary_key=True)
    key: str = _text(unique=True)
    kind: DeliveryKind = Field(sa_type=Word(DeliveryKind))
    lane: int
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    recipient: str = _text()
    alert_id: int | None = Field(default=None, foreign_key="alerts.id")
    alert_revision: int | None = None
    briefing_id: int | None = Field(default=None, foreign_key="briefings.id")
    owed_at: datetime = _moment()
    status: DeliveryStatus = Field(default=DeliveryStatus.QUEUED, sa_type=Word(DeliveryStatus))
    next_try_at: datetime = _moment()
    attempts: int = 0
    doubtful: bool = False
    message_id: str = _text()
    message: bytes | None = None
    reply: str = _text()
    settled_at: datetime | None = _moment_or_none()


class Silence(SQLModel, table=True):
    """A mute with an end, an author and a comment."""

    __tablename__ = "silences"

    id: int = Field(default=None, primary_key=True)
    rule: str = _text()
    words: str = _text()
    starts_at: datetime = _moment()
    ends_at: datetime = _moment(index=True)
    author: str = _text()
    comment: str = _text()


class JobRun(SQLModel, table=True):
    """How a job of the service went last; `trouble` is empty when it went well."""

    __tablename__ = "job_runs"

    job: str = Field(primary_key=True, sa_type=Text)
    ran_at: datetime = _moment()
    failures: int = 0
    trouble: str = _text()


class Vetting(SQLModel, table=True):
    """A rule that passed its own tests, by the digest of all that bears on them."""

    __tablename__ = "vettings"

    digest: str = Field(primary_key=True, sa_type=Text)
    vetted_at: datetime = _moment()
