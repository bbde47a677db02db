"""Who is named in the rules' routes, and what of it has no effect."""

from collections.abc import Collection, Iterator

from monitor.cli.frame import program_name
from monitor.settings import Config, RuleBook
from monitor.words import Severity


def sources_of(config: Config) -> frozenset[str]:
    """What rules and silences may call a source, as they compare it."""
    named = (name for feed in config.feeds for name in (feed.name, feed.publisher, *feed.tags))
    return frozenset(map(str.casefold, named))


def unheard(book: RuleBook, people: Collection[str]) -> Iterator[str]:
    """A sentence for each address in a route or a group that is no confirmed subscriber of these."""
    named = [(f"{group.file}:{group.line}: group {group.name}", group.members) for group in book.groups]
    for rule in book.rules:
        place = f"{rule.file}:{rule.lines['match']}: rule {rule.name}"
        named.append((f"{place}: alert.to", rule.alert.to or ()))
        named += [(f"{place}: alert.then", step) for step in rule.alert.then]
    for place, names in named:
        for name in names:
            if "@" in name and name not in people:
                yield f"{place}: {name} gets nothing until `{program_name()} subscribers add {name}`"


def never_quiet(book: RuleBook) -> Iterator[str]:
    """A sentence for each rule whose quiet hours its alerts pass."""
    for rule in book.rules:
        if rule.alert.quiet_hours is None:
            continue
        place = f"{rule.file}:{rule.lines['match']}: rule {rule.name}"
        passes = "critical alerts pass quiet_hours, but for subscribers with --no-critical-passes"
        if rule.severity is Severity.CRITICAL:
            yield f"{place} is critical: {passes}"
        elif rule.raises is not None and rule.raises.to is Severity.CRITICAL:
            yield f"{place} may be raised to critical: {passes}"
