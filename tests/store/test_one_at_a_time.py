"""Two who work on one database at once do not get into each other's way."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from monitor.models import Story
from monitor.store.db import Database, DatabaseInUseError, single_triage
from tests.store.rows import NOW, start_story

WORKERS = 8


def test_a_second_instance_is_refused_until_the_first_one_ends(url: str) -> None:
    first, second = Database(url), Database(url)
    try:
        assert not second.is_running()
        first.take_run_lock()
        with pytest.raises(DatabaseInUseError):
            second.take_run_lock()
        assert second.is_running()
        assert first.is_running()
        first.close()
        assert not second.is_running()
        second.take_run_lock()
    finally:
        first.close()
        second.close()


def test_an_instance_that_gives_the_lock_back_may_take_it_again(db: Database) -> None:
    for _time in range(3):
        db.take_run_lock()
        assert db.is_running()
        db.release_run_lock()
        assert not db.is_running()
    db.release_run_lock()


def test_an_instance_that_works_does_not_keep_others_from_looking(db: Database, url: str) -> None:
    db.take_run_lock()
    other = Database(url)
    try:
        other.write_now(start_story, "News", NOW)
        assert len(db.read_now(lambda session: session.exec(select(Story)).all())) == 1
    finally:
        other.close()


def test_eight_workers_who_first_look_and_then_write_write_once(db: Database) -> None:
    ready = threading.Barrier(WORKERS)

    def look_and_write(session: Session) -> bool:
        single_triage(session)
        if session.exec(select(Story).where(Story.title == "Border closed")).first() is not None:
            return False
        start_story(session, "Border closed", NOW)
        return True

    def work(_number: int) -> bool:
        ready.wait(timeout=30)
        return db.write_now(look_and_write)

    with ThreadPoolExecutor(WORKERS) as pool:
        wrote = list(pool.map(work, range(WORKERS)))
    assert sorted(wrote) == [False] * (WORKERS - 1) + [True]
    assert len(db.read_now(lambda session: session.exec(select(Story)).all())) == 1


async def test_someone_who_asks_while_another_writes_sees_what_was_before(db: Database) -> None:
    writing, looked = threading.Event(), threading.Event()

    def write(session: Session) -> None:
        start_story(session, "Border closed", NOW)
        writing.set()
        assert looked.wait(timeout=30)

    with ThreadPoolExecutor(1) as pool:
        change = pool.submit(db.write_now, write)
        assert writing.wait(timeout=30)
        assert await db.read(lambda session: session.exec(select(Story)).all()) == []
        looked.set()
        change.result(timeout=30)
    assert len(await db.read(lambda session: session.exec(select(Story)).all())) == 1


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_of_two_changes_that_wait_for_each_other_one_is_made_anew_and_none_is_lost(db: Database) -> None:
    stories = [db.write_now(start_story, title, NOW).id for title in ("Border closed", "Bridge closed")]
    both, begun = threading.Barrier(2), []

    def change(session: Session, first: int, second: int) -> None:
        begun.append(first)
        session.get_one(Story, first, with_for_update=True).title += ", again"
        if len(begun) <= 2:
            both.wait(timeout=30)
        session.get_one(Story, second, with_for_update=True).title += ", again"

    with ThreadPoolExecutor(2) as pool:
        changes = [pool.submit(lambda pair: db.write_now(change, *pair), order) for order in (stories, stories[::-1])]
        for each in changes:
            each.result(timeout=30)
    assert len(begun) == 3
    titles = db.read_now(lambda session: sorted(row.title for row in session.exec(select(Story))))
    assert titles == ["Border closed, again, again", "Bridge closed, again, again"]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_change_that_is_always_in_the_way_is_given_up_in_the_end(db: Database) -> None:
    tried = []

    def change(session: Session) -> None:
        tried.append(1)
        session.connection().execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(DBAPIError):
        db.write_now(change)
    assert len(tried) == 3


def test_a_row_that_points_nowhere_is_refused(db: Database) -> None:
    with pytest.raises(DBAPIError), db.engine.execution_options(writing=True).begin() as connection:
        connection.execute(
            text(
                "INSERT INTO alerts (story_id, severity, revision, first_told_at, last_told_at)"
                " VALUES (99, 'high', 1, '2026-03-02 12:00:00+00', '2026-03-02 12:00:00+00')"
            )
        )


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_what_was_committed_survives_a_power_cut(db: Database) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_writer_has_the_file_to_itself_from_its_first_look_on(db: Database) -> None:
    def knock(session: Session) -> None:
        assert session.exec(select(Story)).all() == []
        other = sqlite3.connect(db.url.database or "", timeout=0, isolation_level=None)
        try:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        finally:
            other.close()

    db.write_now(knock)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_operator_reads_which_process_is_in_the_way(db: Database, url: str) -> None:
    db.take_run_lock()
    second = Database(url)
    try:
        with pytest.raises(DatabaseInUseError, match=r"process \d+ already works on .*monitor\.db"):
            second.take_run_lock()
    finally:
        second.close()
