"""An operator's database is brought to this version's schema, and can be asked whether it is."""

from monitor.store import schema
from monitor.store.db import Database


def test_an_operator_with_an_empty_database_gets_exactly_the_tables_the_program_knows(blank_url: str) -> None:
    db = Database(blank_url)
    try:
        assert not schema.is_current(db)
        assert schema.differences(db) != []
        schema.upgrade(db)
        assert schema.differences(db) == []
        assert schema.is_current(db)
    finally:
        db.close()


def test_an_operator_who_upgrades_twice_loses_nothing(db: Database) -> None:
    schema.upgrade(db)
    assert schema.differences(db) == []
    assert schema.is_current(db)
