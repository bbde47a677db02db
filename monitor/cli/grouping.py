"""`stories group`: put reports from outside into stories, as the monitor would."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NoReturn

import click
from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.cli.frame import fail
from monitor.cli.verdicts import echo_json
from monitor.core.stories import Newcomer, OpenStories, kind_of, terms_of
from monitor.core.text import legible

_SHOWN_EVERY = 500


class _Line(BaseModel):
    """A report as it stands on a line; what else stands there is for others to read."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str
    title: str
    time: str | None = None
    source: str | None = None
    lang: str | None = None
    text: str | None = None
    link: str | None = None


@click.command()
@click.option("--json", "to_json", is_flag=True, help='One JSON object a line: {"id", "story"}.')
def group(to_json: bool) -> None:
    """Read reports on stdin and say which tell the same event.

    A line is a JSON object with `id` and `title`, and if known `time` (ISO 8601), `source`, `lang`, `text` and `link`.
    The lines are read in order, as entries arrive; the story of a report is the `id` of the first that told it. Two
    lines of one source with one link are one entry that was edited. No database is touched.
    """
    stories, names = OpenStories(), list[str]()
    pages, placed, seen = dict[tuple[str, str], int](), dict[int, int](), None
    for number, line in enumerate(_lines()):
        names.append(line.id)
        page = (line.source or "", line.link or "")
        first = pages.setdefault(page, number) if line.link else number
        at = _moment(line.time or "")
        seen = at or seen
        said = terms_of(line.title, line.text or "", line.lang or "")
        kind = kind_of(line.title, line.link or "", (), said.language)
        told = Newcomer(first, at, seen, line.source or "", line.link or "", kind, said)
        if first != number:
            stories.revise(told)
        else:
            found = stories.find(told)
            for other in found.merged:
                stories.merge(found.story or 0, other)
            placed[number] = number if found.story is None else found.story
            stories.add(told, placed[number])
        story = placed[first]
        if to_json:
            echo_json({"id": line.id, "story": names[story]})
        else:
            click.echo(f"{names[story]}\t{line.id}\t{legible(line.title)}")
        if sys.stderr.isatty() and number % _SHOWN_EVERY == _SHOWN_EVERY - 1:
            click.echo(f"\r{number + 1} reports", nl=False, err=True)
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


def _lines() -> Iterator[_Line]:
    for number, text in enumerate(sys.stdin.buffer, 1):
        if not text.strip():
            continue
        try:
            said: Any = json.loads(text)
            yield _Line.model_validate(said)
        except (ValueError, RecursionError) as error:
            _refuse(number, error)


def _refuse(number: int, error: Exception) -> NoReturn:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        fail(f'stdin:{number}: {key or "the line"}: {first["msg"]}; a line is like {{"id": "1", "title": "..."}}')
    fail(f'stdin:{number}: this is no JSON object: {error}; a line is like {{"id": "1", "title": "..."}}')


def _moment(said: str) -> datetime | None:
    """None where no time can be read: then nothing is said by it."""
    try:
        at = datetime.fromisoformat(said)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
