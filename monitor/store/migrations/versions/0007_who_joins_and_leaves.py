"""Who joins and leaves: records, applications, what comes back, and bodies that many share."""

import sqlalchemy as sa
from alembic import op

from monitor.models.columns import UtcDateTime

revision = "0007"
down_revision = "0006"


def _text(name: str, default: str | None = "") -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def upgrade() -> None:
    for column in (
        _text("language"),
        sa.Column("topics", sa.JSON(), nullable=True),
        _moment("paused_until", nullable=True),
        _moment("bounced_at", nullable=True),
        _moment("probe_at", nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("refuses_alerts", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("subscribers", column)
    _people()
    _shared()
    for more in (
        _text("domain"),
        sa.Column("account_mail_id", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("fills", sa.JSON(), nullable=False, server_default="{}"),
        _text("token"),
    ):
        op.add_column("deliveries", more)
    op.create_index(op.f("ix_deliveries_token"), "deliveries", ["token"])
    op.execute("UPDATE deliveries SET domain = substr(recipient, instr(recipient, '@') + 1)" if _is_sqlite() else
               "UPDATE deliveries SET domain = split_part(recipient, '@', 2)")  # fmt: skip
    _give_briefings_editions()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _people() -> None:
    op.create_table(
        "records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        _moment("at"),
        sa.Column("deed", sa.Text(), nullable=False),
        *(_text(name) for name in ("by", "network", "wording", "note")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_records_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
    )
    op.create_index(op.f("ix_records_subscriber_id"), "records", ["subscriber_id"])
    op.create_table(
        "applications",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("at"),
        sa.Column("errand", sa.Text(), nullable=False),
        *(_text(name) for name in ("mark", "network", "domain", "address")),
        sa.Column("choices", sa.JSON(), nullable=False),
        _moment("taken_at", nullable=True),
        sa.Column("mailed", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
    )
    for name in ("at", "mark", "network"):
        op.create_index(op.f(f"ix_applications_{name}"), "applications", [name])
    op.create_table(
        "suppressions",
        sa.Column("mark", sa.Text(), nullable=False),
        _text("reason"),
        _moment("at"),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "bounces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        _text("domain"),
        _moment("at"),
        sa.Column("verdict", sa.Text(), nullable=False),
        *(_text(name) for name in ("code", "reason", "source")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_bounces_delivery_id")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_bounces_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("delivery_id", "code", name=op.f("uq_bounces_delivery_id_code")),
    )
    for name in ("at", "subscriber_id"):
        op.create_index(op.f(f"ix_bounces_{name}"), "bounces", [name])


def _shared() -> None:
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("mark"),
        sa.Column("local_date", sa.Date(), nullable=False),
        *(_text(name) for name in ("zone", "language")),
        sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("upto_arrival", sa.Integer(), nullable=False, server_default="0"),
        _moment("written_at"),
        _text("subject"),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("mark", name=op.f("uq_editions_mark")),
    )
    op.create_index(op.f("ix_editions_public"), "editions", ["public"])
    op.create_table(
        "account_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        _moment("written_at"),
        sa.Column("contents", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_account_mails_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_mails")),
    )
    op.create_index(op.f("ix_account_mails_subscriber_id"), "account_mails", ["subscriber_id"])
    op.create_table(
        "bodies",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("mark"),
        _moment("made_at"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bodies")),
        sa.UniqueConstraint("mark", name=op.f("uq_bodies_mark")),
    )
    op.create_table(
        "pauses",
        sa.Column("domain", sa.Text(), nullable=False),
        _moment("since"),
        _moment("until"),
        _text("reason"),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_pauses")),
    )


def _give_briefings_editions() -> None:
    """Each briefing so far is an edition of its own."""
    op.execute(
        "INSERT INTO editions (id, mark, local_date, zone, language, upto_arrival, written_at, subject, contents) "
        "SELECT b.id, 'briefing:' || b.id, b.local_date, s.zone, 'en', b.upto_arrival, b.written_at, b.subject, "
        "b.contents "
        "FROM briefings b JOIN subscribers s ON s.id = b.subscriber_id"
    )
    op.add_column("briefings", sa.Column("edition_id", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE briefings SET edition_id = id")
    op.drop_column("briefings", "subject")
    op.drop_column("briefings", "contents")
    if not _is_sqlite():
        newest = "(SELECT coalesce(max(id), 0) + 1 FROM editions)"
        op.execute(f"SELECT setval(pg_get_serial_sequence('editions', 'id'), {newest}, false)")
