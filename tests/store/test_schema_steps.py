"""An operator's database is brought to this version's schema, and can be asked whether it is."""

from datetime import UTC, datetime

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from monitor.models import Edition
from monitor.store import editions, outbox, schema, stories, tellings
from monitor.store.db import Database
from monitor.words import Cause

# What an operator of the fourth schema has: a feed whose two entries are one story that was told.
_TOLD = """
INSERT INTO feeds (id, url, name, publisher, language, tags, host, turns_at, address, every_seconds, own_pace,
    next_poll_at, claim, etag, last_modified, body_hash, known_items, wishes, rhythm, lead, hub, topic, killer, deaths,
    polls, failures, trouble_kind, trouble, moved_to)
  VALUES (1, 'https://herald.test/', 'herald', 'Herald', 'en', '[]', 'herald.test', 'herald.test',
    'https://herald.test/', 900, false, '2026-03-02 12:00:00+00', '', '', '', '', '', '{}', '{}', 0, '', '', '', 0, 0,
    0,
    '', '', '');
INSERT INTO stories (id, title, first_seen_at, last_seen_at)
  VALUES (1, 'Fire in Brackwell', '2026-03-02 12:00:00+00', '2026-03-02 12:30:00+00');
INSERT INTO entries (id, feed_id, key, twin, guid, link, canonical_link, title, summary, content, author,
    tags, language, published_said, arrived_at, arrival, waiting, wording, revision, cap, story_id)
  VALUES (1, 1, 'a', '', '', '', '', 'Fire in Brackwell', '', '', '', '[]', 'en', '', '2026-03-02 12:00:00+00', 1,
    false, '', 0, '{}', 1),
   (2, 1, 'b', '', '', '', '', 'Brackwell fire grows', '', '', '', '[]', 'en', '', '2026-03-02 12:30:00+00', 2,
    false, '', 0, '{}', 1);
INSERT INTO alerts (id, story_id, severity, revision, first_told_at, last_told_at)
  VALUES (1, 1, 'high', 1, '2026-03-02 12:00:00+00', '2026-03-02 12:00:00+00');
INSERT INTO matches (id, entry_id, story_id, rule, severity, disposition, evidence, held_by, note, decided_at, alert_id,
    alert_revision)
  VALUES (1, 1, 1, 'fire', 'high', 'alerted', '[]', '[]', '', '2026-03-02 12:00:00+00', 1, 1);
"""


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


def _bring_to(db: Database, revision: str) -> None:
    with db.engine.execution_options(writing=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", "monitor.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_an_operator_with_stories_and_alerts_keeps_them_when_stories_learn_to_be_repaired(blank_url: str) -> None:
    db = Database(blank_url)
    try:
        _bring_to(db, "0004")
        _fill(db, _TOLD)
        schema.upgrade(db)
        assert schema.differences(db) == []
        [told] = db.read_now(lambda session: stories.told_since(session, datetime(2026, 3, 1, tzinfo=UTC), 5))
        assert (told.story.title, told.entries, told.voices) == ("Fire in Brackwell", 2, 1)
        with db.engine.connect() as connection:
            rows = connection.execute(text("SELECT joined_for, voice FROM entries ORDER BY id")).all()
        assert [tuple(row) for row in rows] == [("first", "Herald"), ("event", "Herald")]
    finally:
        db.close()


# What an operator of the fifth schema has beside it: a reader who was told twice, and the second mail has yet to leave.
_MAILED = """
INSERT INTO matches (id, entry_id, story_id, rule, severity, disposition, evidence, held_by, note, decided_at, alert_id,
    alert_revision)
  VALUES (2, 2, 1, 'smoke', 'high', 'alerted', '[]', '[]', '', '2026-03-02 12:30:00+00', 1, 2);
UPDATE alerts SET revision = 2;
INSERT INTO subscribers (id, address, state, zone, briefing, briefing_at, created_at, consent)
  VALUES (1, 'ann@example.org', 'confirmed', 'UTC', true, '07:00', '2026-03-01 12:00:00+00', '');
INSERT INTO deliveries (id, key, kind, lane, subscriber_id, recipient, alert_id, alert_revision, owed_at, status,
    next_try_at, attempts, doubtful, message_id, reply)
  VALUES (1, 'alert:1:1:1', 'alert', 0, 1, 'ann@example.org', 1, 1, '2026-03-02 12:00:00+00', 'sent',
    '2026-03-02 12:00:00+00', 1, false, '', ''),
   (2, 'alert:1:2:1', 'alert', 0, 1, 'ann@example.org', 1, 2, '2026-03-02 12:30:00+00', 'queued',
    '2026-03-02 12:30:00+00', 0, false, '', '');
"""


def test_an_operator_who_upgrades_while_a_mail_waits_loses_neither_the_mail_nor_its_thread(blank_url: str) -> None:
    db = Database(blank_url)
    try:
        _bring_to(db, "0005")
        _fill(db, _since_families(_TOLD) + _MAILED)
        schema.upgrade(db)
        assert schema.differences(db) == []
        first, second = db.read_now(tellings.of_alert, 1)
        assert (first.cause, first.rules, first.entry_id) == (Cause.FIRST, {"fire": "high"}, 1)
        assert (second.cause, second.rules, second.entry_id) == (Cause.RULE, {"smoke": "high"}, 2)
        [(telling, hearing)] = db.read_now(tellings.told_by, 2)
        assert (telling.id, hearing.listener, hearing.wait) == (second.id, "person:1", None)
        assert [mail.id for mail in db.read_now(outbox.thread_of, 1, 1)] == [1, 2]
        [due] = db.read_now(outbox.next_due, "", datetime(2026, 3, 3, tzinfo=UTC), 5)
        assert (due.delivery.id, due.delivery.domain) == (2, "example.org")
    finally:
        db.close()


# What an operator of the sixth schema has beside it: a briefing that was written, and its mail that waits.
_BRIEFED = """
INSERT INTO briefings (id, subscriber_id, local_date, after_arrival, upto_arrival, written_at, subject, contents)
  VALUES (5, 1, '2026-03-02', 0, 2, '2026-03-02 07:00:00+00', 'Fire in Brackwell', '{"stories": []}');
INSERT INTO deliveries (id, key, kind, lane, subscriber_id, recipient, channel, briefing_id, owed_at, status,
    next_try_at, attempts, doubtful, message_id, reply)
  VALUES (3, 'briefing:2026-03-02:1', 'briefing', 2, 1, 'ann@example.org', '', 5, '2026-03-02 07:00:00+00', 'queued',
    '2026-03-02 07:00:00+00', 0, false, '', '');
"""


def test_an_operator_who_upgrades_keeps_people_as_they_were_and_briefings_that_wait(blank_url: str) -> None:
    db = Database(blank_url)
    try:
        _bring_to(db, "0006")
        _fill(db, _since_families(_TOLD) + _MAILED + _BRIEFED)
        schema.upgrade(db)
        assert schema.differences(db) == []
        [due] = [
            each for each in db.read_now(outbox.next_due, "", datetime(2026, 3, 3, tzinfo=UTC), 9) if each.edition_id
        ]
        assert due.person is not None
        assert (due.person.topics, due.person.language, due.person.refuses_alerts) == (None, "", False)
        edition = db.read_now(editions.by_number, [due.edition_id or 0])[5]
        assert (edition.subject, edition.zone, edition.contents) == ("Fire in Brackwell", "UTC", {"stories": []})
        # The next one gets a number of its own.
        fresh = db.write_now(lambda session: editions.keep(session, _edition()).id)
        assert fresh == 6
    finally:
        db.close()


def _edition() -> Edition:
    now = datetime(2026, 3, 3, tzinfo=UTC)
    return Edition(mark="new", local_date=now.date(), written_at=now, subject="", contents={})


def _since_families(statements: str) -> str:
    """As the fifth schema wants them."""
    named = statements.replace("INSERT INTO feeds (id,", "INSERT INTO feeds (family, id,")
    return named.replace("VALUES (1, 'https://herald.test/'", "VALUES ('Herald', 1, 'https://herald.test/'")


def _fill(db: Database, statements: str) -> None:
    with db.engine.execution_options(writing=True).begin() as connection:
        for statement in filter(str.strip, statements.split(";\n")):
            connection.execute(text(statement))
