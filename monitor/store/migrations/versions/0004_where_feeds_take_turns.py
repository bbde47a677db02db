"""Feeds take turns at the host they lead to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("feeds") as feeds:
        feeds.add_column(sa.Column("turns_at", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE feeds SET turns_at = host")
