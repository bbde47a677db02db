"""Rules fit for service: all can be read, and each does what its own tests say.

The tests run in a child: their languages' dictionaries would stay in the service's memory for good. A rule that
passed once is not tried again, and the shipped rules passed when they were shipped.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import structlog

import monitor
from monitor import __version__
from monitor.app.rules import failing_tests, rules_of, tests_of
from monitor.core.rules import RuleSet
from monitor.resources import shipped
from monitor.settings import Config, RuleBook, SettingsError, read_rule_files
from monitor.store import vettings
from monitor.store.db import Database

log = structlog.get_logger("rules")
# Twenty languages load their dictionaries in a tenth of it.
_PATIENCE = timedelta(minutes=4)


async def vetted_rules(config: Config, db: Database, now: Callable[[], datetime]) -> RuleSet:
    """Raises SettingsError when a rule cannot be read or fails a test of its own."""
    rules, problems = rules_of(config.book)
    if problems:
        raise SettingsError(problems)
    if digests := await _unvetted(config.book, db):
        names = set(digests.values())
        log.info("trying the rules that are new", rules=len(names))
        fresh = config.book.model_copy(
            update={"rules": tuple(each for each in config.book.rules if each.name in names)}
        )
        if problems := await _tried(fresh):
            raise SettingsError(problems)
        await db.write(vettings.keep, digests, now())
    return rules


async def _unvetted(book: RuleBook, db: Database) -> dict[str, str]:
    """The names of rules whose tests were not run yet, by digest."""
    digests = _digests(book)
    known = await db.read(vettings.known, digests) if digests else set()
    if digests.keys() - known:
        known |= _digests(read_rule_files(shipped("config") / "rules.toml")).keys()
    return {digest: name for digest, name in digests.items() if digest not in known}


def _digests(book: RuleBook) -> dict[str, str]:
    """The name of each rule that has tests, by a digest of everything that bears on them."""
    terms = sorted((term.name, term.text) for term in book.terms)
    digests = {}
    for settings in book.rules:
        if any(tests_of(settings)):
            said = settings.model_dump_json(exclude={"file", "lines", "loose"})
            digests[sha256(json.dumps([__version__, terms, said]).encode()).hexdigest()] = settings.name
    return digests


async def _tried(book: RuleBook) -> list[str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # whatever lies in the current folder is not ours
        "-c",
        f"from {__name__} import answer; answer()",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(monitor.__file__).parent.parent)},
    )
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            told, _ = await child.communicate(book.model_dump_json(by_alias=True).encode())
    except TimeoutError:
        return [
            f"the tests of the rules took more than {_PATIENCE.total_seconds():.0f} s; make their expressions simpler"
        ]
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        return [f"the tests of the rules could not be run (their process ended with {child.returncode})"]
    problems: list[str] = json.loads(told)
    return problems


def answer() -> None:
    """The child: a rule book on stdin, what fails on stdout."""
    book = RuleBook.model_validate_json(sys.stdin.read())
    json.dump(list(failing_tests(book, rules_of(book)[0])), sys.stdout)
