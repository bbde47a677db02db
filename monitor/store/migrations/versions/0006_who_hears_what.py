"""What was told of a story and who heard it; acknowledging, escalating, silences that match more, quiet hours."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_MOMENT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _MOMENT, nullable=nullable)


def upgrade() -> None:
    op.add_column("alerts", sa.Column("voices", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("alerts", sa.Column("stance", sa.Text(), nullable=True))
    op.add_column("alerts", _moment("acknowledged_at", nullable=True))
    op.add_column("alerts", _text("acknowledged_by"))
    op.add_column("silences", _text("source"))
    op.add_column("silences", sa.Column("story_id", sa.Integer(), nullable=True))
    op.add_column("silences", sa.Column("subscriber_id", sa.Integer(), nullable=True))
    for name in ("quiet_from", "quiet_until"):
        op.add_column("subscribers", sa.Column(name, sa.Time(), nullable=True))
    op.add_column("subscribers", sa.Column("critical_passes", sa.Boolean(), nullable=False, server_default=sa.true()))
    for name in ("away_from", "away_until"):
        op.add_column("subscribers", sa.Column(name, sa.Date(), nullable=True))
    op.add_column("deliveries", _text("channel"))
    op.add_column("deliveries", sa.Column("instead_of", sa.Integer(), nullable=True))
    op.drop_index("ix_deliveries_due", "deliveries")
    op.create_index("ix_deliveries_due", "deliveries", ["channel", "status", "next_try_at", "lane", "id"])
    _new_tables()
    _tell_what_was_told()


def _new_tables() -> None:
    op.create_table(
        "tellings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _moment("told_at"),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("also", sa.JSON(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("voices", sa.Integer(), nullable=False),
        _text("note"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_tellings_alert_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_tellings_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tellings")),
        sa.UniqueConstraint("alert_id", "revision", name=op.f("uq_tellings_alert_id_revision")),
    )
    op.create_index(op.f("ix_tellings_told_at"), "tellings", ["told_at"])
    op.create_table(
        "hearings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("telling_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        _text("listener"),
        _moment("at"),
        _moment("due_at", nullable=True),
        sa.Column("wait", sa.Text(), nullable=True),
        _text("note"),
        sa.Column("causes", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("rules", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("severity", sa.Text(), nullable=False, server_default="high"),
        _text("rule"),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["telling_id"], ["tellings.id"], name=op.f("fk_hearings_telling_id")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_hearings_alert_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_hearings_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearings")),
        sa.UniqueConstraint("telling_id", "listener", name=op.f("uq_hearings_telling_id_listener")),
    )
    op.create_index(op.f("ix_hearings_alert_id"), "hearings", ["alert_id"])
    op.create_index("ix_hearings_delivery_id_due_at", "hearings", ["delivery_id", "due_at"])
    op.create_index("ix_hearings_at", "hearings", ["at"])
    op.create_table(
        "escalations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        _text("rule"),
        sa.Column("step", sa.Integer(), nullable=False),
        _moment("due_at"),
        _moment("ended_at", nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_escalations_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
        sa.UniqueConstraint("alert_id", "rule", name=op.f("uq_escalations_alert_id_rule")),
    )
    op.create_index(op.f("ix_escalations_due_at"), "escalations", ["due_at"])
    op.create_table(
        "keys",
        sa.Column("name", sa.Text(), nullable=False),
        _text("secret"),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_keys")),
    )


def _tell_what_was_told() -> None:
    """The mails that were owed so far become tellings that were heard, for theirs is the thread that goes on."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT m.alert_id, m.alert_revision, m.decided_at, m.rule, m.entry_id, a.severity FROM matches m "
            "JOIN alerts a ON a.id = m.alert_id ORDER BY m.alert_id, m.alert_revision, m.id"
        )
    ).all()
    told: dict[tuple[int, int], dict[str, object]] = {}
    for alert, number, at, rule, entry, severity in found:
        row = told.setdefault(
            (alert, number),
            {"alert": alert, "number": number, "at": at, "cause": "first" if number == 1 else "rule",
             "severity": severity, "entry": entry, "rules": {}},
        )  # fmt: skip
        row["rules"][rule] = severity  # type: ignore[index]
    owed = connection.execute(
        sa.text(
            "SELECT d.alert_id, d.alert_revision, min(d.owed_at), a.severity FROM deliveries d "
            "JOIN alerts a ON a.id = d.alert_id GROUP BY d.alert_id, d.alert_revision, a.severity"
        )
    ).all()
    for alert, number, at, severity in owed:
        # Words that were gone and are back moved their match to a later telling; the mail of the earlier one stays.
        told.setdefault(
            (alert, number),
            {"alert": alert, "number": number, "at": at, "cause": "first" if number == 1 else "rule",
             "severity": severity, "entry": None, "rules": {}},
        )  # fmt: skip
    for row in told.values():
        connection.execute(
            sa.text(
                "INSERT INTO tellings (alert_id, revision, told_at, cause, also, severity, rules, entry_id, voices) "
                "VALUES (:alert, :number, :at, :cause, '[]', :severity, :rules, :entry, 1)"
            ),
            {**row, "rules": json.dumps(row["rules"])},
        )
    connection.execute(
        sa.text(
            "INSERT INTO hearings (telling_id, alert_id, listener, at, due_at, severity, delivery_id) "
            "SELECT t.id, t.alert_id, 'person:' || d.subscriber_id, d.owed_at, d.owed_at, t.severity, d.id "
            "FROM deliveries d JOIN tellings t ON t.alert_id = d.alert_id AND t.revision = d.alert_revision"
        )
    )
    connection.execute(
        sa.text(
            "UPDATE alerts SET voices = (SELECT count(DISTINCT e.voice) FROM entries e "
            "WHERE e.story_id = alerts.story_id) "
            "WHERE EXISTS (SELECT 1 FROM entries e WHERE e.story_id = alerts.story_id)"
        )
    )
