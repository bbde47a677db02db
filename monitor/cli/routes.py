"""Who is named in the rules' routes, and what of it has no effect."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from monitor.cli.frame import program_name
from monitor.settings import RuleBook, RuleSettings
from monitor.words import Severity


@dataclass(frozen=True, slots=True)
class Named:
    """Names in a route or a group; `critical` are the rules of this severity that use them."""

    place: str
    what: str
    names: tuple[str, ...]
    critical: tuple[str, ...]

    @property
    def grave(self) -> str:
        return f"; the rule {self.critical[0]} is critical" if self.critical else ""


def place_of(rule: RuleSettings) -> str:
    return f"{rule.file}:{rule.lines['match']}: rule {rule.name}"


def named_in(book: RuleBook) -> Iterator[Named]:
    """Every list of names in the routes and groups."""
    critical = {rule.name for rule in book.rules if rule.severity is Severity.CRITICAL}
    for group in book.groups:
        users = [rule.name for rule in book.rules if rule.name in critical and group.name in _names(rule)]
        yield Named(f"{group.file}:{group.line}:", f"group {group.name}", group.members, tuple(users))
    for rule in book.rules:
        place = f"{rule.file}:{rule.lines['match']}:"
        users = [rule.name] if rule.name in critical else []
        steps = [("to", rule.alert.to)] if rule.alert.to is not None else []
        for key, names in (*steps, *(("then", step) for step in rule.alert.then)):
            yield Named(place, f"rule {rule.name}: alert.{key}", names, tuple(users))


def _names(rule: RuleSettings) -> set[str]:
    return {*(rule.alert.to or ()), *(name for step in rule.alert.then for name in step)}


def unheard(book: RuleBook, people: Collection[str]) -> Iterator[str]:
    """A sentence for each address in a route or a group that is no confirmed subscriber of these."""
    for each in named_in(book):
        for name in each.names:
            if "@" in name and name not in people:
                cure = f"`{program_name()} subscribers add {name}`"
                yield f"{each.place} {each.what}: {name} gets nothing until {cure}{each.grave}"


def routes_of(book: RuleBook, address: str) -> list[str]:
    """In which routes and groups an address stands."""
    return list(dict.fromkeys(each.what for each in named_in(book) if address in each.names))


def absent(book: RuleBook, people: Collection[str], away: Collection[str]) -> Iterator[str]:
    """A sentence for each `to` or `then` whose people, as far as they are subscribers, are all away."""
    groups = {group.name: group.members for group in book.groups}
    routes: dict[tuple[str, str], set[str]] = {}
    grave: dict[str, str] = {}
    for each in named_in(book):
        if not each.what.startswith("group "):
            members = (member for name in each.names for member in groups.get(name, (name,)))
            told = {member for member in members if "@" not in member or member in people}
            routes.setdefault((each.place, each.what), set()).update(told)
            grave[each.what] = each.grave
    for (place, what), told in routes.items():
        if told and told <= set(away):
            yield f"{place} {what}: all of them are away now: {', '.join(sorted(told))}{grave[what]}"


def idle(book: RuleBook, least: Severity) -> Iterator[str]:
    """A sentence for each route by which nobody will ever be told."""
    for rule in book.rules:
        highest = max(rule.severity, rule.raises.to if rule.raises else rule.severity, key=lambda each: each.rank)
        if (rule.alert.to or rule.alert.then) and highest.rank < least.rank:
            key = "to" if rule.alert.to else "then"
            below = f"{highest} is below `least` of [alerts], {least}"
            yield f"{place_of(rule)} has `{key}`, and never alerts: {below}"
        if rule.alert.to == ():
            nobody = "nobody is told before its `then`" if rule.alert.then else "nobody is told"
            yield f"{place_of(rule)}: alert.to is empty, so {nobody}; name somebody, or remove `to` for everybody"


def never_quiet(book: RuleBook) -> Iterator[str]:
    """A sentence for each rule whose quiet hours its alerts pass."""
    for rule in book.rules:
        if rule.alert.quiet_hours is None:
            continue
        place = place_of(rule)
        passes = "critical alerts pass quiet_hours, but for subscribers with --no-critical-passes"
        if rule.severity is Severity.CRITICAL:
            yield f"{place} is critical: {passes}"
        elif rule.raises is not None and rule.raises.to is Severity.CRITICAL:
            yield f"{place} may be raised to critical: {passes}"
