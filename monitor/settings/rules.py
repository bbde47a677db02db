"""The rule files: what their keys may hold. What their patterns say is read by `core.rules`."""

import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from monitor.settings.fields import QuietHours, Span, address
from monitor.settings.files import Source
from monitor.settings.strict import Strict
from monitor.words import EVERY_TOPIC, Severity

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
BLOCKS = ("match", "all", "unless", "drop")
TESTS = ("fires", "silent", "held")
_TOPIC_LIMIT = 60


def _block(value: object) -> object:
    """A list of lines is a text block, too."""
    if isinstance(value, list) and all(isinstance(line, str) and "\n" not in line for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise ValueError("write text, a pattern a line, or a list of texts")  # noqa: TRY004  (pydantic wants it)
    return value


def _topic(value: str) -> str:
    if value and (not value.isprintable() or len(value) > _TOPIC_LIMIT or value == EVERY_TOPIC):
        raise ValueError(f'"{value}" is no topic; write one line of at most {_TOPIC_LIMIT} letters, like "Airspace"')
    return value


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _table(example: str) -> BeforeValidator:
    def checked(value: object) -> object:
        if not isinstance(value, dict | Strict | None):
            raise ValueError(f"write a table like {example}")  # noqa: TRY004  (pydantic wants it)
        return value

    return BeforeValidator(checked)


Block = Annotated[str, BeforeValidator(_block)]
Several = Annotated[tuple[str, ...], BeforeValidator(_several)]


class RuleTests(Strict):
    fires: Block = ""
    silent: Block = ""
    held: Block = ""


class RuleSources(Strict):
    """Names of feeds, of publishers, or tags of feeds."""

    tags: Several = ()
    never: Several = Field(default=(), alias="not")


class RuleCount(Strict):
    at_least: int = Field(ge=2, le=1000)
    within: Span
    by: Literal["publisher", "story", "entry"] = "publisher"


class RaiseWhen(Strict):
    publishers: int = Field(ge=2, le=1000)
    within: Span


class RuleRaise(Strict):
    to: Severity
    when: RaiseWhen


def _name(value: str) -> str:
    """An address, or the name of a group or a channel."""
    if "@" in value:
        return address(value)
    if not NAME.fullmatch(value):
        raise ValueError(f'"{value}" is neither an address nor the name of a group or a channel')
    return value


Name = Annotated[str, AfterValidator(_name)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_several)]


class RuleAlert(Strict):
    """Who is told, and who next if nobody acknowledges. Each step of `then` is a name or several."""

    to: Names | None = None
    ack_within: Span | None = Field(default=None, ge=timedelta(seconds=1), le=timedelta(days=7))
    then: tuple[Names, ...] = ()
    quiet_hours: QuietHours | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.ack_within is None) != (not self.then):
            missing = "then" if self.ack_within else "ack_within"
            raise ValueError(f"`ack_within` and `then` belong together; write `{missing}` too")
        return self


class RuleSettings(Strict):
    """`topic` is what the rule is called in public, where people choose what they hear of; several may share one, and
    a rule without one is nobody's business but the operator's. `lines` tells where in `file` the text of each key
    begins, for whoever finds its patterns wrong; `loose` are the lines that hold several words and no quotes but those
    of TOML."""

    name: str
    severity: Severity = Severity.HIGH
    topic: Annotated[str, AfterValidator(_topic)] = ""
    match: Block
    all: Block = ""
    unless: Block = ""
    drop: Block = ""
    sources: Annotated[RuleSources, _table('{ tags = ["wire"], not = ["sport"] }')] = RuleSources()
    lang: Several = ()
    count: Annotated[RuleCount | None, _table('{ at_least = 3, within = "1h" }')] = None
    raises: Annotated[RuleRaise | None, _table('{ to = "critical", when = { publishers = 2, within = "30m" } }')] = (
        Field(default=None, alias="raise")
    )
    alert: Annotated[RuleAlert, _table('{ to = ["duty@example.org"], ack_within = "10m", then = ["desk"] }')] = (
        RuleAlert()
    )
    tests: Annotated[RuleTests, _table("[rules.NAME.tests] with fires, silent and held")] = RuleTests()
    file: Path
    lines: dict[str, int]
    loose: tuple[str, ...] = ()


class TermSettings(Strict):
    name: str
    text: Block
    file: Path
    line: int


class GroupSettings(Strict):
    """People and channels that routes call by one name."""

    name: str
    members: Names
    file: Path
    line: int


class RuleBook(Strict):
    """All rule files together. `problems` are the rules that are none, a line each; the others stand."""

    rules: tuple[RuleSettings, ...] = ()
    terms: tuple[TermSettings, ...] = ()
    groups: tuple[GroupSettings, ...] = ()
    problems: tuple[str, ...] = ()


def read_rule_files(*places: Path) -> RuleBook:
    """Files, and folders of `*.toml` in the order of their names."""
    problems: list[str] = []
    rules: dict[str, RuleSettings] = {}
    terms: dict[str, TermSettings] = {}
    groups: dict[str, GroupSettings] = {}
    for place in places:
        files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
        for file in files:
            source = Source(file, problems)
            for term in _terms(source, problems):
                _keep(terms, term.name, term, f"{file}:{term.line}: the list ${term.name}", problems)
            for group in _groups(source, problems):
                _keep(groups, group.name, group, f"{file}:{group.line}: the group {group.name}", problems)
            for rule in _rules(source, problems):
                where = source.place("rules", rule.name)
                _keep(rules, rule.name, rule, f"{where}: the rule {rule.name}", problems)
            problems.extend(
                f'{source.place(key)}: unknown key "{key}"; rules begin with [rules.NAME], lists with [terms], people'
                " with [groups]"
                for key in source.table
            )
    return RuleBook(
        rules=tuple(rules.values()),
        terms=tuple(terms.values()),
        groups=tuple(groups.values()),
        problems=tuple(problems),
    )


def with_routes_checked(book: RuleBook, channels: Collection[str]) -> RuleBook:
    """The book, with the names of routes that are neither a group nor a channel among its problems."""
    known = {group.name for group in book.groups}
    problems = [
        f"{group.file}:{group.line}: the group {group.name} has the name of a channel; rename one of the two"
        for group in book.groups
        if group.name in channels
    ]
    routes = [(f"{group.file}:{group.line}: group {group.name}", group.members, channels) for group in book.groups]
    for rule in book.rules:
        names = [*(rule.alert.to or ()), *(name for step in rule.alert.then for name in step)]
        place = f"{rule.file}:{rule.lines['match']}: rule {rule.name}, alert"
        routes.append((place, tuple(names), {*known, *channels}))
    problems += [
        f'{place}: "{name}" is no address{_nor(choice)}; write one, or add it under [groups] or [channels]'
        for place, names, choice in routes
        for name in names
        if "@" not in name and name not in choice
    ]
    return book.model_copy(update={"problems": (*book.problems, *problems)})


def _nor(choice: Collection[str]) -> str:
    return f" and none of {', '.join(sorted(choice))}" if choice else ", and there are no groups and no channels"


def _keep(known: dict[str, Any], name: str, new: object, what: str, problems: list[str]) -> None:
    if name in known:
        problems.append(f"{what} stands in {known[name].file} already; give one of the two another name")
    known.setdefault(name, new)


def _tables(source: Source, key: str, header: str, problems: list[str]) -> dict[str, Any]:
    tables = source.table.pop(key, {})
    if isinstance(tables, dict):
        return tables
    problems.append(f"{source.place(key)}: {key} is no table; write {header}, in single brackets")
    return {}


def _terms(source: Source, problems: list[str]) -> list[TermSettings]:
    tables = _tables(source, "terms", "[terms]", problems)
    terms: list[TermSettings] = []
    for name, text in tables.items():
        line = source.text_line("terms", name)
        try:
            terms.append(TermSettings(name=name, text=text, file=source.file, line=line))
        except ValidationError:
            problems.append(f'{source.place("terms", name)}: terms.{name}: write text like "(one | of | these)"')
    return terms


def _groups(source: Source, problems: list[str]) -> list[GroupSettings]:
    groups: list[GroupSettings] = []
    for name, members in _tables(source, "groups", "[groups]", problems).items():
        place = source.place("groups", name)
        if not NAME.fullmatch(name):
            problems.append(f'{place}: "{name}" is no name of a group; use lower-case letters, digits and hyphens')
            continue
        try:
            line = source.line("groups", name) or 0
            groups.append(GroupSettings(name=name, members=members, file=source.file, line=line))
        except ValidationError as error:
            said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            problems.append(f'{place}: group {name}: {said}; write a list like ["duty@example.org", "desk-chat"]')
    return groups


def _rules(source: Source, problems: list[str]) -> list[RuleSettings]:
    tables = _tables(source, "rules", "[rules.NAME]", problems)
    rules: list[RuleSettings] = []
    for name, table in tables.items():
        lines = {key: source.text_line("rules", name, key) for key in BLOCKS}
        lines |= {key: source.text_line("rules", name, "tests", key) for key in TESTS}
        if not isinstance(table, dict):
            problems.append(f'{source.place("rules", name)}: "{name}" is no rule; a rule begins with [rules.NAME]')
            continue
        own = {"name": name, "file": source.file, "lines": lines, "loose": _loose(source, name, table)}
        if taken := [key for key in table if key in own]:
            problems.append(f'{source.place("rules", name, taken[0])}: rules.{name}: unknown key "{taken[0]}"')
            continue
        try:
            rules.append(RuleSettings.model_validate({**table, **own}))
        except ValidationError as error:
            problems.extend(source.explain(error, RuleSettings, "rules", name))
    return rules


def _loose(source: Source, name: str, table: dict[str, Any]) -> tuple[str, ...]:
    found = []
    for key in BLOCKS:
        value = table.get(key, "")
        for line in value if isinstance(value, list) else [value]:
            quoted = f'"{line}"' in source.text_of("rules", name, key)
            if quoted and isinstance(line, str) and len(line.split()) > 1 and line.replace(" ", "").isalnum():
                found.append(line)
    return tuple(found)
