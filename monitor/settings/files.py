"""A config file with its line numbers, and what is wrong with it in sentences."""

import os
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_HEADER = re.compile(r"\s*\[+\s*([^\[\]=]+?)\s*\]+\s*(?:#.*)?$")


class Source:
    """A TOML file: its table, and at which line a key stands."""

    def __init__(self, file: Path, problems: list[str]) -> None:
        self.file = file
        self.table: dict[str, Any] = {}
        self._lines: list[str] = []
        try:
            text = file.read_text(encoding="utf-8-sig")
            self._lines = text.splitlines()
            self.table = tomllib.loads(text)
        except FileNotFoundError:
            problems.append(f"{file}: there is no such file; `feed-monitor init` writes one")
        except OSError as error:
            problems.append(f"{file}: cannot be read ({error.strerror}); check its owner and rights")
        except UnicodeDecodeError as error:
            problems.append(f"{file}: is not UTF-8 text (byte {error.start}); save it as UTF-8")
        except tomllib.TOMLDecodeError as error:
            problems.append(f"{file}: not valid TOML: {error}")

    def place(self, *path: str | int) -> str:
        line = self.line(*path)
        return f"{self.file}:{line}" if line else str(self.file)

    def line(self, *path: str | int) -> int | None:
        """The line of the deepest part of `path` that can be found; from 1."""
        keys = [part for part in path if isinstance(part, str)]
        counts = {path[at - 1]: part for at, part in enumerate(path) if isinstance(part, int)}
        for depth in range(len(keys), -1, -1):
            headers = self._headers.get(tuple(keys[:depth]), [])
            which = int(counts.get(keys[depth - 1], 0)) if depth else 0
            if which >= len(headers):
                continue
            begin = headers[which]
            for upto in range(len(keys), depth, -1):
                if (found := self._assignment(keys[depth:upto], begin)) is not None:
                    return found + 1
            if depth:
                return begin + 1
        return None

    @cached_property
    def _headers(self) -> dict[tuple[str, ...], list[int]]:
        """The lines of each table's headers, from 0; the top of the file is the header of the nameless one."""
        headers: dict[tuple[str, ...], list[int]] = {(): [-1]}
        for number, line in enumerate(self._lines):
            if found := _HEADER.match(line):
                path = tuple(part.strip(" \"'") for part in found[1].split("."))
                headers.setdefault(path, []).append(number)
        return headers

    @cached_property
    def _section_ends(self) -> list[int]:
        return [*sorted(line for lines in self._headers.values() for line in lines), len(self._lines)]

    def _assignment(self, keys: list[str], header: int) -> int | None:
        dotted = r"\s*\.\s*".join(_quotable(key) for key in keys)
        assignment = re.compile(rf"\s*{dotted}\s*[=.]")
        end = self._section_ends[bisect_right(self._section_ends, header)]
        return next((at for at in range(header + 1, end) if assignment.match(self._lines[at])), None)

    def text_line(self, *path: str | int) -> int:
        """The line at which the text of a key begins: behind an opening triple quote, the next one."""
        line = self.line(*path) or 1
        opens = self._lines and self._lines[line - 1].rstrip().endswith(("'''", '"""'))
        return line + 1 if opens else line

    def text_of(self, *path: str | int) -> str:
        """A key with what it is set to, as the file spells it; up to the next key at the begin of a line."""
        line = self.line(*path)
        if not line:
            return ""
        following = (
            at for at in range(line, len(self._lines)) if re.match(r"\s*(?:[\w\"'.-]+\s*=|\[)", self._lines[at])
        )
        return "\n".join(self._lines[line - 1 : next(following, len(self._lines))])

    def explain(self, error: ValidationError, model: type[BaseModel], *prefix: str | int) -> Iterator[str]:
        for problem in error.errors(include_url=False):
            location = tuple(part for part in problem["loc"] if isinstance(part, str | int))
            key = ".".join(str(part) for part in (*prefix, *location) if isinstance(part, str))
            variable = "FEED_MONITOR_" + "__".join(str(part).upper() for part in location)
            from_environment = not prefix and variable in os.environ
            place = f"environment: {variable}" if from_environment else f"{self.place(*prefix, *location)}: {key}"
            yield f"{place}: {_sentence(problem, model, location)}"


# Keys that a file does not write: they say where in it something stands.
_OURS = ("name", "file", "lines", "loose")


_KINDS = {
    "string_type": "is no text; write it in quotes",
    "bool_type": "is neither yes nor no; write true or false",
    "bool_parsing": "is neither yes nor no; write true or false",
    "int_type": "is no whole number; write one without quotes",
    "int_parsing": "is no whole number; write one without quotes",
    "dict_type": 'is no table; write { NAME = "text" }',
    "tuple_type": 'is no list; write it in brackets, like ["one", "two"]',
    "path_type": "is no path; write it in quotes",
}


# Which bound is passed, what a span is then and what a number, and what to write.
_BOUNDS = {
    "greater_than_equal": ("ge", "too short", "too small", "at least"),
    "less_than_equal": ("le", "too long", "too large", "at most"),
}
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))


def _beyond(problem: Mapping[str, Any], model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    key, span, number, write = _BOUNDS[problem["type"]]
    inner = _model_at(model, location[:-1])
    field = _field(inner, location[-1]) if inner else None
    # The error has the bound of a span in words of its own, which no file may hold.
    bounds = (getattr(each, key, None) for each in (field.metadata if field else ()))
    bound = next((each for each in bounds if each is not None), problem["ctx"][key])
    if isinstance(bound, timedelta):
        return f"is {span}; write {write} {_written(bound)}"
    return f"is {number}; write {write} {bound}"


def _written(span: timedelta) -> str:
    """As a file spells it, in the largest unit that says it exactly."""
    for letter, unit in _UNITS:
        if span and not span % unit:
            return f"{span // unit}{letter}"
    return f"{span // timedelta(milliseconds=1)}ms" if span else "0s"


def _quotable(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"


def _sentence(problem: Mapping[str, Any], model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        close = get_close_matches(str(location[-1]), known, 1, 0.5)
        return f'unknown key; did you mean "{close[0]}"?' if close else f"unknown key; known are {', '.join(known)}"
    if problem["type"] == "missing":
        return "is missing; write it"
    if problem["type"] in _KINDS:
        return _KINDS[problem["type"]]
    if problem["type"] in _BOUNDS:
        return _beyond(problem, model, location)
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:] if message[:2].istitle() else message


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    inner = _model_at(model, location)
    return [field.alias or name for name, field in inner.model_fields.items() if name not in _OURS] if inner else []


def _model_at(model: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the table at that place; None where a table has none."""
    named = False
    for part in location:
        if named:  # by the operator, as channels are
            named = False
            continue
        field = _field(model, part)
        choices = get_args(field.annotation) or (field.annotation,) if field else ()
        named = field is not None and get_origin(field.annotation) is dict
        inner = [each for each in choices if isinstance(each, type) and issubclass(each, BaseModel)]
        if not inner:
            return None
        model = inner[0]
    return model


def _field(model: type[BaseModel], key: str | int) -> FieldInfo | None:
    return next((each for name, each in model.model_fields.items() if key in (name, each.alias)), None)
