"""Bring a database to this version's schema, or say how far it is from it."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import monitor.models  # noqa: F401  (fills SQLModel.metadata)
from monitor.store.db import Database


def upgrade(db: Database) -> None:
    """Run every migration that has not run yet, in one transaction."""
    with db.engine.execution_options(writing=True).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(db: Database) -> bool:
    with db.engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(_config()).get_heads())


def is_newer(db: Database) -> bool:
    """Whether a later version of this program made the database."""
    with db.engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in ScriptDirectory.from_config(_config()).walk_revisions()}
    return not set(heads) <= known


def differences(db: Database) -> list[object]:
    """What the models say and the migrated database does not; empty when they agree."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "monitor.store:migrations")
    return config
