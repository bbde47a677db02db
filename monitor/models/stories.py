"""What was made of the entries: stories, matches, alerts, and what mutes them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.models.columns import Word, moment, moment_or_none, text
from monitor.words import Cause, Disposition, Severity, Stance, Wait


class Story(SQLModel, table=True):
    """The entries that tell one event. `title` is that of the first.

    `merged_into`: it turned out to be a part of that story, which has its entries now.
    """

    __tablename__ = "stories"

    id: int = Field(default=None, primary_key=True)
    title: str = text()
    first_seen_at: datetime = moment()
    last_seen_at: datetime = moment(index=True)
    merged_into: int | None = Field(default=None, index=True)


class RepairKind(StrEnum):
    MERGED = "merged"
    SPLIT = "split"


class Repair(SQLModel, table=True):
    """Two stories that turned out to be one, or one that was two: entries went from `other_id` to `story_id`.

    `by` is the operator, or empty where the program was certain itself. `told` is what people had been told of the
    story that was split: (rule, severity, entry).
    """

    __tablename__ = "repairs"

    id: int = Field(default=None, primary_key=True)
    at: datetime = moment()
    kind: RepairKind = Field(sa_type=Word(RepairKind))
    story_id: int = Field(foreign_key="stories.id", index=True)
    other_id: int = Field(foreign_key="stories.id", index=True)
    entry_ids: list[int] = Field(default_factory=list, sa_type=JSON)
    told: list[tuple[str, str, int]] = Field(default_factory=list, sa_type=JSON)
    by: str = text()
    note: str = text()


class Alert(SQLModel, table=True):
    """What was told of one story; each further telling is a new revision.

    `voices` is how many independent ones had reported it when that was told last, `stance` what an official source was
    last told to say of it. It counts as acknowledged until its severity rises.
    """

    __tablename__ = "alerts"

    id: int = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="stories.id", unique=True)
    severity: Severity = Field(sa_type=Word(Severity))
    revision: int
    first_told_at: datetime = moment()
    last_told_at: datetime = moment()
    voices: int = 1
    stance: Stance | None = Field(default=None, sa_type=Word(Stance), nullable=True)
    acknowledged_at: datetime | None = moment_or_none()
    acknowledged_by: str = text()


class Telling(SQLModel, table=True):
    """One revision of an alert: what was told of its story at one time, and why.

    `also` holds the further causes, by name. `rules` are those that spoke of it then, weightiest first, each with its
    severity; `entry_id` is the report that gave cause; `note` says what is new, as far as the rows do not.
    """

    __tablename__ = "tellings"
    __table_args__ = (UniqueConstraint("alert_id", "revision"),)

    id: int = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alerts.id")
    revision: int
    told_at: datetime = moment(index=True)
    cause: Cause = Field(sa_type=Word(Cause))
    also: list[str] = Field(default_factory=list, sa_type=JSON)
    severity: Severity = Field(sa_type=Word(Severity))
    rules: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    entry_id: int | None = Field(default=None, foreign_key="entries.id")
    voices: int = 1
    note: str = text()

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (self.cause, *(Cause[name.upper()] for name in self.also))


class Hearing(SQLModel, table=True):
    """That a listener is to hear a telling, once: `listener` is the key of a `core.alerts.Listener`.

    `causes` (by name), `rules` and `severity` are as far as the telling concerns this listener. `wait` says why not at
    once, or, with `due_at` null, why never. `delivery_id` is the message that tells it; `rule` and `feed_id` are what
    it counts for when too much comes at once.
    """

    __tablename__ = "hearings"
    __table_args__ = (
        UniqueConstraint("telling_id", "listener"),
        Index("ix_hearings_delivery_id_due_at", "delivery_id", "due_at"),
        Index("ix_hearings_at", "at"),
    )

    id: int = Field(default=None, primary_key=True)
    telling_id: int = Field(foreign_key="tellings.id")
    alert_id: int = Field(foreign_key="alerts.id", index=True)
    listener: str = text()
    at: datetime = moment()
    due_at: datetime | None = moment_or_none()
    wait: Wait | None = Field(default=None, sa_type=Word(Wait), nullable=True)
    note: str = text()
    causes: list[str] = Field(default_factory=list, sa_type=JSON)
    rules: list[str] = Field(default_factory=list, sa_type=JSON)
    severity: Severity = Field(default=Severity.HIGH, sa_type=Word(Severity))
    rule: str = text()
    feed_id: int | None = None
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")


class Escalation(SQLModel, table=True):
    """The next people are told of an alert at `due_at`, unless it is acknowledged before. `step` of the rule's `then`
    comes next; `ended_at`: acknowledged, or nobody is left."""

    __tablename__ = "escalations"
    __table_args__ = (UniqueConstraint("alert_id", "rule"),)

    id: int = Field(default=None, primary_key=True)
    alert_id: int = Field(foreign_key="alerts.id")
    rule: str = text()
    step: int = 0
    due_at: datetime = moment(index=True)
    ended_at: datetime | None = moment_or_none()


class Match(SQLModel, table=True):
    """A rule spoke of an entry, and what became of it. `alert_revision` is the telling it is part of.

    `held_by` is the evidence that held or dropped it; `note` says how a count or a raise came about. `over_at`: an
    edit took the words away.
    """

    __tablename__ = "matches"
    __table_args__ = (UniqueConstraint("entry_id", "rule"),)

    id: int = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entries.id")
    story_id: int = Field(foreign_key="stories.id", index=True)
    rule: str = text()
    severity: Severity = Field(sa_type=Word(Severity))
    disposition: Disposition = Field(sa_type=Word(Disposition))
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    held_by: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    note: str = text()
    decided_at: datetime = moment()
    over_at: datetime | None = moment_or_none()
    alert_id: int | None = Field(default=None, foreign_key="alerts.id", index=True)
    alert_revision: int | None = None


class Silence(SQLModel, table=True):
    """A mute with an end, an author and a comment. What is muted fulfils all that is given: the rule, the pattern in
    `words`, the feed, publisher or tag in `source`, the story. `subscriber_id`: for this person alone."""

    __tablename__ = "silences"

    id: int = Field(default=None, primary_key=True)
    rule: str = text()
    words: str = text()
    source: str = text()
    story_id: int | None = None
    subscriber_id: int | None = None
    starts_at: datetime = moment()
    ends_at: datetime = moment(index=True)
    author: str = text()
    comment: str = text()


class Key(SQLModel, table=True):
    """A secret of this installation's own, made when it is first needed."""

    __tablename__ = "keys"

    name: str = Field(primary_key=True, sa_type=Text)
    secret: str = text()
    made_at: datetime = moment()


class Vetting(SQLModel, table=True):
    """A rule that passed its own tests, by the digest of all that bears on them."""

    __tablename__ = "vettings"

    digest: str = Field(primary_key=True, sa_type=Text)
    vetted_at: datetime = moment()
