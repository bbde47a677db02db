"""Bring a database to this version's schema, or say how far it is from it."""

from importlib.resources import files

from sqlalchemy import inspect, text
from sqlmodel import SQLModel

import monitor.models  # noqa: F401  (fills SQLModel.metadata)
from monitor.store.db import Database


def upgrade(db: Database) -> None:
    """Run every migration that has not run yet, in one transaction."""
    # Alembic takes as long to import as a short command takes to run, and is wanted once a release.
    from alembic import command
    from alembic.config import Config

    with db.engine.execution_options(writing=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", "monitor.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(db: Database) -> bool:
    return _reached(db) == _known()[-1]


def is_newer(db: Database) -> bool:
    """Whether a later version of this program made the database."""
    return _reached(db) not in ("", *_known())


def _known() -> list[str]:
    """The revisions of this version in their order: files of migrations begin with their numbers."""
    names = (file.name for file in files("monitor.store.migrations.versions").iterdir())
    return sorted(name[:4] for name in names if name[:4].isdigit())


def _reached(db: Database) -> str:
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def differences(db: Database) -> list[object]:
    """What the models say and the migrated database does not; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))
