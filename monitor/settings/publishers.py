"""publishers.toml: who stands behind the host of a feed, who owns whom, and how agencies are credited."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationError

from monitor.settings.files import Source
from monitor.settings.strict import Strict

FILE_NAME: Final = "publishers.toml"
_HOST = re.compile(r"[^\W_]([\w-]*\w)?(\.[^\W_]([\w-]*\w)?)+")


def _name(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty; write a name or remove it")
    return value.strip()


def _mark(value: str) -> str:
    if not re.search(r"\w", value):
        raise ValueError(f'"{value}" has no letter; write how the agency signs, like "EP" or "(EP)"')
    return value.strip()


def _host(value: str) -> str:
    host = value.lower().removeprefix("www.")
    if not _HOST.fullmatch(host):
        raise ValueError(f'"{value}" is no host; write it like "news.example.org", without https:// and path')
    return host


Name = Annotated[str, AfterValidator(_name)]
Mark = Annotated[str, AfterValidator(_mark)]
Host = Annotated[str, AfterValidator(_host)]


class PublisherSettings(Strict):
    name: Name
    hosts: tuple[Host, ...] = ()
    family: Name | None = None
    official: bool | None = None


class AgencySettings(Strict):
    name: Name
    marks: tuple[Mark, ...]
    family: Name | None = None


class AggregatorSettings(Strict):
    hosts: tuple[Host, ...]


@dataclass(frozen=True, slots=True)
class AgencyNamed:
    """An agency, with its family."""

    name: str
    marks: tuple[str, ...]
    family: str


@dataclass(frozen=True)
class Publishers:
    """Who is known. A host of `hosts` that belongs to nobody is an aggregator's; `families` are by the folded name,
    `officials` are the folded names of those who speak for themselves."""

    hosts: Mapping[str, str | None] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    agencies: tuple[AgencyNamed, ...] = ()
    officials: frozenset[str] = frozenset()

    def of(self, host_or_url: str) -> tuple[str, str] | None:
        """The publisher and its family, by the longest listed end of the host."""
        name = self._name(host_or_url)
        return (name, self.families.get(name.casefold(), name)) if name else None

    def official(self, url: str) -> bool:
        """Whether it is of a publisher that speaks for itself: a government, an army, a regulator."""
        name = self._name(url)
        return name is not None and name.casefold() in self.officials

    def standing(self, url: str, name: str, publisher: str = "", family: str = "") -> tuple[str, str]:
        """Publisher and family of a feed by what its table says: its address, its name, and perhaps more."""
        known = self.of(url)
        publisher = publisher or (known[0] if known else name)
        return publisher, family or self.families.get(publisher.casefold()) or (known[1] if known else publisher)

    def _name(self, host_or_url: str) -> str | None:
        host = urlsplit(host_or_url if "://" in host_or_url else f"//{host_or_url}").hostname or ""
        while host and host not in self.hosts:
            host = host.partition(".")[2]
        return self.hosts[host] if host else None


class _Tables:
    """What one file says; of two files the later wins."""

    def __init__(self) -> None:
        self.hosts: dict[str, str | None] = {}
        self.publishers: dict[str, PublisherSettings] = {}
        self.agencies: dict[str, AgencySettings] = {}

    def under(self, own: "_Tables") -> Publishers:
        families: dict[str, str] = {}
        officials: dict[str, bool] = {}
        for key, said in (*self.publishers.items(), *own.publishers.items()):
            families[key] = said.family or families.get(key, said.name)
            if said.official is not None:
                officials[key] = said.official
        taken = {mark for agency in own.agencies.values() for mark in agency.marks}
        agencies = {
            key: AgencyNamed(
                each.name,
                tuple(mark for mark in each.marks if key in own.agencies or mark not in taken),
                each.family or families.get(key, each.name),
            )
            for key, each in {**self.agencies, **own.agencies}.items()
        }
        speaking = frozenset(key for key, is_official in officials.items() if is_official)
        return Publishers({**self.hosts, **own.hosts}, families, tuple(agencies.values()), speaking)


def read_publishers(own: Path, problems: list[str]) -> Publishers:
    """The shipped table, and over it the user's own if there is one."""
    shipped, wrong = _shipped()
    problems.extend(wrong)
    return shipped.under(_read(Source(own, problems), problems) if own.exists() else _Tables())


@cache
def shipped_publishers() -> Publishers:
    return _shipped()[0].under(_Tables())


@cache
def _shipped() -> tuple[_Tables, tuple[str, ...]]:
    package = Path(str(files("monitor")))
    packed = package / "_shipped" / "config" / FILE_NAME
    problems: list[str] = []
    source = Source(packed if packed.is_file() else package.parent / "config" / FILE_NAME, problems)
    return _read(source, problems), tuple(problems)


def _read(source: Source, problems: list[str]) -> _Tables:
    tables, once = _Tables(), _Once(source, problems)
    for number, publisher in _each(source, "publisher", PublisherSettings, problems):
        once.say("publisher", publisher.name, "publisher", number, "name")
        tables.publishers[publisher.name.casefold()] = publisher
        for host in publisher.hosts:
            once.say("host", host, "publisher", number, "hosts")
            tables.hosts[host] = publisher.name
    for number, aggregator in _each(source, "aggregator", AggregatorSettings, problems):
        for host in aggregator.hosts:
            once.say("host", host, "aggregator", number, "hosts")
            tables.hosts[host] = None
    for number, agency in _each(source, "agency", AgencySettings, problems):
        once.say("agency", agency.name, "agency", number, "name")
        tables.agencies[agency.name.casefold()] = agency
        for mark in agency.marks:
            once.say("mark", mark, "agency", number, "marks")
    problems.extend(
        f'{source.place(key)}: unknown key "{key}"; tables begin with [[publisher]], [[aggregator]] or [[agency]]'
        for key in source.table
    )
    return tables


class _Once:
    """Whether something stands in a file already."""

    def __init__(self, source: Source, problems: list[str]) -> None:
        self._source, self._problems = source, problems
        self._places: dict[tuple[str, str], tuple[str, int, str]] = {}

    def say(self, what: str, value: str, *place: *tuple[str, int, str]) -> None:
        # Lines are looked for when something is wrong alone: it takes longer than reading the file.
        key = what, value if what == "mark" else value.casefold()
        if key in self._places:
            where, line = self._source.place(*place), self._source.line(*self._places[key])
            cure = "put both into one table" if place[2] == "name" else "remove one of the two"
            self._problems.append(f'{where}: the {what} "{value}" stands at line {line} already; {cure}')
        self._places.setdefault(key, place)


Table = TypeVar("Table", bound=Strict)


def _each(source: Source, key: str, model: type[Table], problems: list[str]) -> Iterator[tuple[int, Table]]:
    tables: Any = source.table.pop(key, [])
    if not isinstance(tables, list):
        problems.append(f"{source.place(key)}: {key} is no list of tables; begin each with [[{key}]]")
        return
    for number, table in enumerate(tables):
        try:
            yield number, model.model_validate(table)
        except ValidationError as error:
            problems.extend(source.explain(error, model, key, number))
