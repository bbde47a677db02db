"""What was made of the entries: stories, matches, alerts, and what mutes them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.models.columns import Word, moment, moment_or_none, text
from monitor.words import Disposition, Severity


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
    """What was told of one story; each further telling is a new revision."""

    __tablename__ = "alerts"

    id: int = Field(default=None, primary_key=True)
    story_id: int = Field(foreign_key="stories.id", unique=True)
    severity: Severity = Field(sa_type=Word(Severity))
    revision: int
    first_told_at: datetime = moment()
    last_told_at: datetime = moment()


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
    """A mute with an end, an author and a comment."""

    __tablename__ = "silences"

    id: int = Field(default=None, primary_key=True)
    rule: str = text()
    words: str = text()
    starts_at: datetime = moment()
    ends_at: datetime = moment(index=True)
    author: str = text()
    comment: str = text()


class Vetting(SQLModel, table=True):
    """A rule that passed its own tests, by the digest of all that bears on them."""

    __tablename__ = "vettings"

    digest: str = Field(primary_key=True, sa_type=Text)
    vetted_at: datetime = moment()
