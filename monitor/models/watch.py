"""Feeds and what they said."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from monitor.models.columns import Word, moment, moment_or_none, text
from monitor.words import Condition, Placing


class PushState(StrEnum):
    """What a hub has said to our wish to be told."""

    ASKED = "asked"
    KEPT = "kept"
    REFUSED = "refused"
    LEAVING = "leaving"


class Feed(SQLModel, table=True):
    """A URL we poll, and how polling it goes. A feed no longer configured keeps its row, retired.

    `address` is where it is asked: the configured `url` until a permanent redirect (`moved_to`, since `moved_since`)
    has held long enough. `turns_at` is the host that answered last, where many feeds may lead. `own_pace`: the
    operator chose `every` for this feed. `gone_at`: its server said 410. `known_items` holds the digests of the items
    shown lately, 8 bytes each; `wishes` is a `core.values.Wishes`, `rhythm` a `core.rhythm.Rhythm`. `lead` counts the
    stories it was first to tell, halved every two weeks before `led_at`. `deaths` counts the children that reading it
    killed running, `killer` is the digest of the document that did.
    """

    __tablename__ = "feeds"

    id: int = Field(default=None, primary_key=True)
    url: str = text(unique=True)
    name: str = text()
    publisher: str = text()
    family: str = text()
    language: str = text()
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    host: str = text()
    turns_at: str = text()
    address: str = text()
    every_seconds: int
    own_pace: bool = False
    retired_at: datetime | None = moment_or_none()
    gone_at: datetime | None = moment_or_none()
    moved_to: str = text()
    moved_since: datetime | None = moment_or_none()

    next_poll_at: datetime = moment(index=True)
    claim: str = text()
    claimed_until: datetime | None = moment_or_none()

    etag: str = text()
    last_modified: str = text()
    body_hash: str = text()
    known_items: bytes = b""
    wishes: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    rhythm: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    lead: float = 0.0
    led_at: datetime | None = moment_or_none()
    hub: str = text()
    topic: str = text()
    killer: str = text()
    deaths: int = 0
    polls: int = 0
    last_polled_at: datetime | None = moment_or_none()
    last_good_at: datetime | None = moment_or_none()
    last_new_at: datetime | None = moment_or_none()
    failures: int = 0
    failing_since: datetime | None = moment_or_none()
    trouble_kind: str = text()
    trouble: str = text()


class FeedDay(SQLModel, table=True):
    """How a feed fared on one day (UTC): how often it was asked and failed, how many entries were new."""

    __tablename__ = "feed_days"

    feed_id: int = Field(foreign_key="feeds.id", primary_key=True)
    day: date = Field(primary_key=True)
    polls: int = 0
    failures: int = 0
    new: int = 0


class FeedCase(SQLModel, table=True):
    """What the operator has heard of a feed's trouble: a `core.telling.Case`."""

    __tablename__ = "feed_cases"

    feed_id: int = Field(foreign_key="feeds.id", primary_key=True)
    condition: Condition = Field(sa_type=Word(Condition))
    since: datetime = moment()
    seen_at: datetime = moment()
    told: Condition | None = Field(default=None, sa_type=Word(Condition), nullable=True)
    told_at: datetime | None = moment_or_none()
    told_times: int = 0
    well_since: datetime | None = moment_or_none()
    address: str = text()


class Entry(SQLModel, table=True):
    """What we keep of one item of a feed.

    `arrival` numbers the entries in the order of triage, and is null until then; an entry that gains a match by an
    edit is numbered anew. `waiting`: triage has not seen it as it is now. `previous_poll_at` is the last good poll
    of the feed before this entry came, null for the feed's first poll. `wording` is the digest of its texts. `voice` is
    whose text it is: the agency's that is credited, else the family's of its publisher. `joined_for` says why it is in
    its story, `joined_by` is the entry that it was found by.
    """

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("feed_id", "key"), Index("ix_entries_feed_id_twin", "feed_id", "twin"))

    id: int = Field(default=None, primary_key=True)
    feed_id: int = Field(foreign_key="feeds.id")
    key: str = text()
    twin: str = text()
    guid: str = text()
    link: str = text()
    canonical_link: str = text(index=True)
    title: str = text()
    summary: str = text()
    content: str = text()
    author: str = text()
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    language: str = text()
    published_at: datetime | None = moment_or_none()
    published_said: str = text()
    updated_at: datetime | None = moment_or_none()
    arrived_at: datetime = moment(index=True)
    previous_poll_at: datetime | None = moment_or_none()
    arrival: int | None = Field(default=None, unique=True)
    waiting: bool = Field(default=True, index=True)
    wording: str = text()
    revision: int = 0
    revised_at: datetime | None = moment_or_none()
    place: list[float] | None = Field(default=None, sa_type=JSON)
    cap: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    story_id: int | None = Field(default=None, foreign_key="stories.id", index=True)
    voice: str = text()
    joined_for: Placing | None = Field(default=None, sa_type=Word(Placing), nullable=True)
    joined_by: int | None = None


class Revision(SQLModel, table=True):
    """What an entry said until it was edited."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("entry_id", "number"),)

    id: int = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entries.id")
    number: int
    until: datetime = moment()
    title: str = text()
    summary: str = text()


class Push(SQLModel, table=True):
    """A hub's promise to tell us of a feed's news (WebSub).

    `token` ends the path of the callback, which lies under the public address `base`. `failures` counts our wishes
    without an effect, running. `missed_at`: when a poll last found what the hub had not told; `forged` counts
    deliveries that were not signed with our secret.
    """

    __tablename__ = "pushes"

    id: int = Field(default=None, primary_key=True)
    feed_id: int = Field(foreign_key="feeds.id", unique=True)
    hub: str = text()
    topic: str = text()
    base: str = text()
    token: str = text(unique=True)
    secret: str = text()
    state: PushState = Field(default=PushState.ASKED, sa_type=Word(PushState))
    ask_again_at: datetime = moment(index=True)
    kept_until: datetime | None = moment_or_none()
    heard_at: datetime | None = moment_or_none()
    missed_at: datetime | None = moment_or_none()
    forged: int = 0
    failures: int = 0
    trouble: str = text()
