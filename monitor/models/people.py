"""People: what they chose, how they came and went, and what came back from their addresses."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.models.columns import Word, moment, moment_or_none, text
from monitor.words import Deed, Severity, Verdict


class SubscriberState(StrEnum):
    """`APPLIED`: confirmed the address, and waits for the operator's yes. `ERASED`: a row without a person."""

    PENDING = "pending"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    PAUSED = "paused"
    BOUNCED = "bounced"
    LEFT = "left"
    ERASED = "erased"


class Errand(StrEnum):
    """What someone wants who fills in a form without a ticket."""

    JOIN = "join"
    LINK = "link"


class Subscriber(SQLModel, table=True):
    """`alert_from` is the least severity that alerts this person; null: no alerts. Times of day and days are in `zone`.

    Whoever `refuses_alerts` has left them, and hears none even where a rule names them. Between `quiet_from` and
    `quiet_until` alerts are held, but critical ones if `critical_passes`; from `away_from` to `away_until`, both
    included, there are none. `topics` are those of rules that they hear of; null: of every rule. `language` "" is the
    installation's. `serial` is part of the tickets that open the preferences: raising it revokes them. PAUSED lasts
    until `paused_until`, or null: until they resume. BOUNCED is asked again at `probe_at`; null: not any more.
    """

    __tablename__ = "subscribers"

    id: int = Field(default=None, primary_key=True)
    address: str = text(unique=True)
    state: SubscriberState = Field(sa_type=Word(SubscriberState))
    zone: str = text()
    language: str = text()
    briefing: bool = True
    briefing_at: time
    topics: list[str] | None = Field(default=None, sa_type=JSON, nullable=True)
    alert_from: Severity | None = Field(default=None, sa_type=Word(Severity), nullable=True)
    refuses_alerts: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_passes: bool = True
    away_from: date | None = None
    away_until: date | None = None
    created_at: datetime = moment()
    confirmed_at: datetime | None = moment_or_none()
    left_at: datetime | None = moment_or_none()
    paused_until: datetime | None = moment_or_none()
    bounced_at: datetime | None = moment_or_none()
    probe_at: datetime | None = moment_or_none()
    serial: int = 0
    consent: str = text()


class Record(SQLModel, table=True):
    """What was done about a subscriber, for the record. `by` is "subscriber", "operator" or "program"; `network` is a
    truncated address, `wording` names the text that was agreed to."""

    __tablename__ = "records"

    id: int = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: datetime = moment()
    deed: Deed = Field(sa_type=Word(Deed))
    by: str = text()
    network: str = text()
    wording: str = text()
    note: str = text()


class Application(SQLModel, table=True):
    """A form that somebody sent without a ticket; taken later, so that the answer cannot tell who is known.

    `mark` and `network` (of the sender) are what limits count; `address` and `choices` are emptied when it is taken.
    """

    __tablename__ = "applications"

    id: int = Field(default=None, primary_key=True)
    at: datetime = moment(index=True)
    errand: Errand = Field(sa_type=Word(Errand))
    mark: str = text(index=True)
    network: str = text(index=True)
    domain: str = text()
    address: str = text()
    choices: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    taken_at: datetime | None = moment_or_none()
    mailed: bool = False


class Suppression(SQLModel, table=True):
    """An address that is never written to, known by its mark alone: it outlives the subscriber."""

    __tablename__ = "suppressions"

    mark: str = Field(primary_key=True, sa_type=Text)
    reason: str = text()
    at: datetime = moment()


class Bounce(SQLModel, table=True):
    """A refusal, or a mail that came back. `source` is "smtp", or where the mail that told of it was found."""

    __tablename__ = "bounces"
    __table_args__ = (UniqueConstraint("delivery_id", "code"),)

    id: int = Field(default=None, primary_key=True)
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    domain: str = text()
    at: datetime = moment(index=True)
    verdict: Verdict = Field(sa_type=Word(Verdict))
    code: str = text()
    reason: str = text()
    source: str = text()
