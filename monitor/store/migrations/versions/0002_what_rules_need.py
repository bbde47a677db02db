"""Tags of feeds that rules may name, notes of matches on counts and raises, and the rules that passed their tests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("feeds") as feeds:
        feeds.add_column(sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("matches") as matches:
        matches.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "vettings",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("vetted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_vettings")),
    )
