"""A config file with its line numbers, and what is wrong with it in sentences."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError


class Source:
    """A TOML file: its table, and at which line a key stands."""

    def __init__(self, file: Path, problems: list[str]) -> None:
        self.file = file
        self.table: dict[str, Any] = {}
        self._lines: list[str] = []
        try:
            text = file.read_text(encoding="utf-8")
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
        begin, found = 0, None
        keys = [part for part in path if isinstance(part, str)]
        counts = {path[i]: part for i, part in enumerate(path[1:]) if isinstance(part, int)}
        for depth, key in enumerate(keys):
            dotted = r"\s*\.\s*".join(_quotable(part) for part in keys[: depth + 1])
            header = re.compile(rf"\s*\[+\s*{dotted}\s*\]+")
            assignment = re.compile(rf"\s*(?:[\w.\"-]+\.)?{_quotable(key)}\s*[=.]")
            skip = int(counts.get(key, 0))
            for number in range(begin, len(self._lines)):
                line = self._lines[number]
                if (
                    found is not None
                    and depth
                    and line.lstrip().startswith("[")
                    and number > begin
                    and not header.match(line)
                ):
                    break
                if header.match(line) or (skip == 0 and assignment.match(line)):
                    if skip:
                        skip -= 1
                        continue
                    begin, found = number, number + 1
                    break
        return found

    def text_line(self, *path: str | int) -> int:
        """The line at which the text of a key begins: behind an opening triple quote, the next one."""
        line = self.line(*path) or 1
        opens = self._lines and self._lines[line - 1].rstrip().endswith(("'''", '"""'))
        return line + 1 if opens else line

    def explain(self, error: ValidationError, model: type[BaseModel], *prefix: str | int) -> Iterator[str]:
        for problem in error.errors(include_url=False):
            location = tuple(part for part in problem["loc"] if isinstance(part, str | int))
            key = ".".join(str(part) for part in (*prefix, *location) if isinstance(part, str))
            variable = "FEED_MONITOR_" + "__".join(str(part).upper() for part in location)
            from_environment = not prefix and variable in os.environ
            place = f"environment: {variable}" if from_environment else f"{self.place(*prefix, *location)}: {key}"
            yield f"{place}: {_sentence(problem, model, location)}"


def _quotable(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"


def _sentence(problem: Mapping[str, Any], model: type[BaseModel], location: tuple[str | int, ...]) -> str:
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        close = get_close_matches(str(location[-1]), known, 1, 0.5)
        return f'unknown key; did you mean "{close[0]}"?' if close else f"unknown key; known are {', '.join(known)}"
    if problem["type"] == "missing":
        return "is missing; write it"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:] if message[:2].istitle() else message


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    for part in location:
        inner = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
