"""Feeds that move, keep a rhythm, are told of and push; entries that are edited; notices to the operator."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _json(name: str, empty: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default=empty)


def upgrade() -> None:
    with op.batch_alter_table("feeds") as feeds:
        for name in ("address", "moved_to", "hub", "topic", "killer"):
            feeds.add_column(_text(name))
        for name in ("gone_at", "moved_since", "led_at"):
            feeds.add_column(_moment(name))
        feeds.add_column(_number("deaths"))
        feeds.add_column(sa.Column("own_pace", sa.Boolean(), nullable=False, server_default=sa.false()))
        feeds.add_column(sa.Column("known_items", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
        for name, empty in (("wishes", "{}"), ("rhythm", "{}")):
            feeds.add_column(_json(name, empty))
        feeds.add_column(sa.Column("lead", sa.Float(), nullable=False, server_default="0"))
    op.execute("UPDATE feeds SET address = url")
    with op.batch_alter_table("entries") as entries:
        entries.add_column(sa.Column("waiting", sa.Boolean(), nullable=False, server_default=sa.false()))
        entries.add_column(_text("wording"))
        entries.add_column(_number("revision"))
        entries.add_column(_moment("revised_at"))
        entries.add_column(sa.Column("place", sa.JSON(), nullable=True))
        entries.add_column(_json("cap", "{}"))
        entries.create_index(op.f("ix_entries_waiting"), ["waiting"])
    op.execute("UPDATE entries SET waiting = (arrival IS NULL)")
    with op.batch_alter_table("matches") as matches:
        matches.add_column(_moment("over_at"))
    op.create_table(
        "feed_days",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_days_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", "day", name=op.f("pk_feed_days")),
    )
    op.create_table(
        "feed_cases",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.Text(), nullable=True),
        _moment("told_at"),
        sa.Column("told_times", sa.Integer(), nullable=False),
        _moment("well_since"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_cases_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_feed_cases")),
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_revisions_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_revisions_entry_id_number")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_table(
        "pushes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ask_again_at", sa.DateTime(timezone=True), nullable=False),
        _moment("kept_until"),
        _moment("heard_at"),
        _moment("missed_at"),
        sa.Column("forged", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_pushes_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
        sa.UniqueConstraint("feed_id", name=op.f("uq_pushes_feed_id")),
        sa.UniqueConstraint("token", name=op.f("uq_pushes_token")),
    )
    op.create_index(op.f("ix_pushes_ask_again_at"), "pushes", ["ask_again_at"])
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.alter_column("subscriber_id", existing_type=sa.Integer(), nullable=True)
        deliveries.add_column(sa.Column("notice_id", sa.Integer(), nullable=True))
        deliveries.create_foreign_key(op.f("fk_deliveries_notice_id"), "notices", ["notice_id"], ["id"])
