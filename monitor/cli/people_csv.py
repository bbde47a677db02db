"""Lists of people as CSV, as spreadsheets write and read it."""

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from monitor.cli.people_add import checked_topics, days_away
from monitor.core.text import legible
from monitor.models import Subscriber
from monitor.settings.fields import address, language, quiet_hours, time_of_day, zone
from monitor.store.subscribers import NEVER, Days, Hours
from monitor.words import EVERY_TOPIC, Severity

COLUMNS = (
    "address", "zone", "briefing", "briefing_at", "alerts_from", "topics", "language", "quiet", "critical_passes",
    "away", "consent",
)  # fmt: skip
# In the column of topics.
EVERY_RULE = "**"
_NONE = "none"
_YES, _NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}
# A spreadsheet takes a cell that begins so for a formula; the apostrophe before it says that it is none.
_FORMULA = re.compile(r"'*[=+@\t-]")
_ESCAPED = re.compile(r"'+[=+@\t-]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody in a list, by the line there. `topics` None: every rule."""

    line: int
    address: str
    zone: str
    briefing: bool
    briefing_at: time
    alert_from: Severity | None
    topics: tuple[str, ...] | None
    language: str
    quiet: Hours
    critical_passes: bool
    away: Days
    consent: str


@dataclass(frozen=True, slots=True)
class Usual:
    """What holds where a line says nothing. `known` are the topics there are; `consent` "" must be said."""

    zone: str
    briefing_at: time
    alert_from: Severity | None
    topics: tuple[str, ...] | None
    known: tuple[str, ...]
    consent: str


@dataclass(slots=True)
class PeopleList:
    """`problems` are sentences with their place; `repeated` are lines whose address stood in an earlier one."""

    people: list[Wanted] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    repeated: list[tuple[int, str, int]] = field(default_factory=list)


def read_people(raw: bytes, name: str, usual: Usual, read: Callable[[int], None] = lambda line: None) -> PeopleList:
    """`name` is the file's, for what is wrong with it; `read` hears of every line."""
    found = PeopleList()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found.problems.append(f"{name}:{line}: this is no UTF-8; save the list as CSV UTF-8")
        return found
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    columns: list[str] | None = None
    seen: dict[str, int] = {}
    while True:
        number = lines.line_num + 1
        try:
            cells = [_unescaped(cell.strip()) for cell in next(lines)]
        except StopIteration:
            break
        except csv.Error as error:
            found.problems.append(f"{name}:{number}: {error}; see whether a quotation mark is missing")
            break
        if not any(cells):
            continue
        if columns is None:
            columns = [cell.lower() for cell in cells]
            found.problems += [f"{name}:{number}: {problem}" for problem in _wrong_columns(columns, usual)]
            if found.problems:
                break
            continue
        _take(found, f"{name}:{number}", number, dict(zip(columns, cells, strict=False)), usual, seen)
        if len(cells) > len(columns):
            said = f"there are {len(cells)} cells below {len(columns)} names; put what holds the delimiter in quotes"
            found.problems.append(f"{name}:{number}: {said}")
        read(number)
    if columns is None and not found.problems:
        found.problems.append(f'{name}:1: the list is empty; its first line names the columns, like "address,zone"')
    return found


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _wrong_columns(columns: list[str], usual: Usual) -> list[str]:
    known = ", ".join(COLUMNS)
    wrong = [
        f'"{name}" is no column of ours; remove or rename it; known are {known}'
        for name in columns
        if name not in COLUMNS
    ]
    wrong += [f'"{name}" is there twice; remove one' for name in COLUMNS if columns.count(name) > 1]
    if "address" not in columns:
        wrong.insert(0, "the first line must name the columns, and one of them address")
    if not usual.consent and "consent" not in columns and not wrong:
        wrong.append(
            "nothing says how these people agreed to get mail; say it of all by --consent, or in a column consent"
        )
    return wrong


def _take(found: PeopleList, place: str, line: int, cells: dict[str, str], usual: Usual, seen: dict[str, int]) -> None:
    readers = _readers(usual)
    values: dict[str, Any] = {}
    for column, (reader, otherwise) in readers.items():
        cell = cells.get(column, "")
        try:
            values[column] = reader(cell) if cell or otherwise is _MUST else otherwise
        except ValueError as error:
            found.problems.append(f"{place}: {column}: {legible(str(error))}")
    if len(values) < len(readers):
        return
    if (first := seen.setdefault(values["address"], line)) != line:
        found.repeated.append((line, values["address"], first))
        return
    found.people.append(Wanted(line, values.pop("address"), alert_from=values.pop("alerts_from"), **values))


# Stands for what a list has to say.
_MUST = object()


def _readers(usual: Usual) -> dict[str, tuple[Callable[[str], Any], Any]]:
    """How each column is read, and what holds where its cell is empty."""
    return {
        "address": (_address, _MUST),
        "zone": (zone, usual.zone),
        "briefing": (_yes, True),
        "briefing_at": (time_of_day, usual.briefing_at),
        "alerts_from": (_severity, usual.alert_from),
        "topics": (lambda cell: _topics(cell, usual.known), usual.topics),
        "language": (language, ""),
        "quiet": (quiet_hours, NEVER),
        "critical_passes": (_yes, True),
        "away": (days_away, NEVER),
        "consent": (legible, usual.consent) if usual.consent else (_consent, _MUST),
    }


def _address(cell: str) -> str:
    if not cell:
        raise ValueError("is empty; write a mail address, or remove the line")
    return address(cell)


def _consent(cell: str) -> str:
    if not legible(cell):
        raise ValueError("is empty; write how this person agreed, or say it of all by --consent")
    return legible(cell)


def _yes(cell: str) -> bool:
    if cell.lower() not in _YES | _NO:
        raise ValueError(f'"{cell}" is neither yes nor no')
    return cell.lower() in _YES


def _severity(cell: str) -> Severity | None:
    if cell.lower() == _NONE:
        return None
    try:
        return Severity(cell.lower())
    except ValueError:
        raise ValueError(f'"{cell}" is no severity; write one of {", ".join(Severity)}, or none') from None


def _topics(cell: str, known: Iterable[str]) -> tuple[str, ...] | None:
    if cell == EVERY_RULE:
        return None
    if cell.lower() == _NONE:
        return ()
    return (
        (EVERY_TOPIC,) if cell == EVERY_TOPIC else checked_topics(known, filter(None, map(str.strip, cell.split(";"))))
    )


def written(people: Iterable[Subscriber]) -> str:
    """A list that `read_people` takes back."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\n")
    sheet.writerow(COLUMNS)
    for person in people:
        sheet.writerow(_escaped(cell) for cell in _cells(person))
    return out.getvalue()


def _cells(person: Subscriber) -> tuple[str, ...]:
    quiet = ""
    if person.quiet_from is not None and person.quiet_until is not None:
        quiet = f"{person.quiet_from:%H:%M}-{person.quiet_until:%H:%M}"
    return (
        person.address,
        person.zone,
        "yes" if person.briefing else "no",
        f"{person.briefing_at:%H:%M}",
        person.alert_from or _NONE,
        EVERY_RULE if person.topics is None else ";".join(person.topics) or _NONE,
        person.language,
        quiet,
        "yes" if person.critical_passes else "no",
        f"{person.away_from}..{person.away_until}" if person.away_from and person.away_until else "",
        person.consent,
    )


def _escaped(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unescaped(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell
