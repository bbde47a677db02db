"""Whose text an entry is and why it is in its story; stories that turned out to be one, or two."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def upgrade() -> None:
    with op.batch_alter_table("feeds") as feeds:
        feeds.add_column(_text("family"))
    op.execute("UPDATE feeds SET family = publisher")
    with op.batch_alter_table("entries") as entries:
        entries.add_column(_text("voice"))
        entries.add_column(sa.Column("joined_for", sa.Text(), nullable=True))
        entries.add_column(sa.Column("joined_by", sa.Integer(), nullable=True))
    op.execute("UPDATE entries SET joined_for = 'event' WHERE story_id IS NOT NULL")
    op.execute(
        "UPDATE entries SET joined_for = 'first' WHERE id IN "
        "(SELECT min(id) FROM entries WHERE story_id IS NOT NULL GROUP BY story_id)"
    )
    op.execute("UPDATE entries SET voice = (SELECT publisher FROM feeds WHERE feeds.id = entries.feed_id)")
    # Without a foreign key: for one SQLite would make the table anew, which others point at.
    op.add_column("stories", sa.Column("merged_into", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_stories_merged_into"), "stories", ["merged_into"])
    op.create_table(
        "repairs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("entry_ids", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        _text("by"),
        _text("note"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_repairs_story_id")),
        sa.ForeignKeyConstraint(["other_id"], ["stories.id"], name=op.f("fk_repairs_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repairs")),
    )
    op.create_index(op.f("ix_repairs_story_id"), "repairs", ["story_id"])
    op.create_index(op.f("ix_repairs_other_id"), "repairs", ["other_id"])
