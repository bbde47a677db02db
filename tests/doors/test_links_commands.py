"""`links`: which links still open something after the key was changed, or after those of one person were revoked."""

import asyncio
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from monitor.app import open_database, utc_now
from monitor.app.channels import tickets_of
from monitor.app.ports import Ports
from monitor.core.tickets import Purpose
from monitor.models import Key, Subscriber
from monitor.settings import load
from tests.doors.operator import Operator
from tests.doors.test_people_commands import change, configure


@pytest.fixture
def operator(tmp_path: Path, blank_state: Path) -> Operator:
    shutil.copytree(blank_state, tmp_path / "state")
    operator = Operator(tmp_path)
    configure(operator)
    operator.writes("rules.toml", "")
    operator.writes("feeds.toml", "")
    return operator


def _tickets(operator: Operator, *tickets: str) -> tuple[str, list[bool]]:
    """A fresh ticket, and which of these are believed."""

    async def read() -> tuple[str, list[bool]]:
        config = load(operator.folder / "monitor.toml")
        db = open_database(config.database)
        ring = await tickets_of(config, db, Ports())
        db.close()
        return ring.of(Purpose.LEAVE, 1, 2, 0), [ring.read(Purpose.LEAVE, each) is not None for each in tickets]

    return asyncio.run(read())


def _made(operator: Operator, *days_ago: int) -> list[datetime]:
    """The keys, from the oldest on, were made so long ago."""
    moments = [utc_now() - timedelta(days=each) for each in days_ago]

    def act(session: Session) -> None:
        keys = sorted(session.exec(select(Key).where(Key.name != "addresses")), key=lambda key: key.made_at)
        for key, at in zip(keys, moments, strict=True):
            key.made_at = at

    change(operator, act)
    return moments


def test_links_mailed_before_a_new_key_go_on_working(operator: Operator) -> None:
    before, _ = _tickets(operator)
    rotated = operator.types("links", "rotate")
    assert rotated.stdout.splitlines() == [
        "links are signed with a new key from now on",
        "1 earlier key is believed still: their links work",
        "A running service, and one that serves the pages alone, has the new key after a reload.",
    ]
    after, [believed] = _tickets(operator, before)
    assert believed
    assert after != before


def test_only_what_older_keys_signed_dies_and_the_span_is_said(operator: Operator) -> None:
    oldest, _ = _tickets(operator)
    operator.types("links", "rotate")
    newer, _ = _tickets(operator)
    first, second = _made(operator, 30, 10)
    day = (utc_now() - timedelta(days=20)).date().isoformat()

    asked = operator.types("links", "rotate", "--forget-before", day)
    assert (asked.exit_code, "say --yes" in asked.stderr) == (2, True)
    assert _tickets(operator, oldest, newer)[1] == [True, True]

    died = operator.types("links", "rotate", "--forget-before", day, "--yes").stdout
    span = f"{first:%d %b %Y %H:%M} to {second:%d %b %Y %H:%M} UTC open nothing any more: those to leave,"
    assert f"links in mails sent from {span}" in died
    assert _tickets(operator, oldest, newer)[1] == [False, True]


def test_where_no_key_is_so_old_no_link_dies_and_nobody_is_asked(operator: Operator) -> None:
    ticket, _ = _tickets(operator)
    said = operator.types("links", "rotate", "--forget-before", "2006-01-01")
    assert (said.exit_code, "no key is older than 2006-01-01, so no link has died\n" in said.stdout) == (0, True)
    assert _tickets(operator, ticket)[1] == [True]


def test_a_day_that_is_none_is_refused(operator: Operator) -> None:
    refused = operator.types("links", "rotate", "--forget-before", "yesterday")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert '--forget-before: "yesterday" is no day; write it like "2026-08-14"' in refused.stderr


def test_revoking_makes_void_what_one_person_was_mailed_and_what_only_leaves_goes_on(operator: Operator) -> None:
    for name in ("ann", "bob"):
        operator.types("subscribers", "add", f"{name}@example.org")
    before, _ = _tickets(operator)
    said = operator.types("links", "revoke", "Ann@example.org").stdout
    assert "to the preferences of ann@example.org, that were mailed before open nothing any more" in said
    serials: list[int] = []
    change(operator, lambda session: serials.extend(session.exec(select(Subscriber.serial).order_by("id"))))
    assert serials == [1, 0]
    assert _tickets(operator, before)[1] == [True]
    assert "links revoked" in operator.types("subscribers", "history", "ann@example.org").stdout
    unknown = operator.types("links", "revoke", "eva@example.org")
    assert (unknown.exit_code, "is no subscriber" in unknown.stderr) == (1, True)


def test_no_ticket_and_no_key_is_ever_printed(operator: Operator) -> None:
    operator.types("links", "rotate")
    said = operator.types("links", "rotate", "--forget-before", "2126-01-01", "--yes").output
    assert not re.search(r"[A-Za-z0-9_-]{30,}", said)
