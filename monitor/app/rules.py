"""Rules of the config to a RuleSet, and whether they do what their own tests say."""

from collections.abc import Iterator

from monitor.core.rules import PatternError, Rule, RuleSet, read_patterns
from monitor.core.values import Headline
from monitor.settings import Config, RuleSettings, SettingsError


def compile_rules(config: Config) -> RuleSet:
    """Raises SettingsError with every pattern that cannot be read."""
    problems: list[str] = []
    rules = [_rule(settings, problems) for settings in config.rules]
    if problems:
        raise SettingsError(problems)
    return RuleSet(rules)


def _rule(settings: RuleSettings, problems: list[str]) -> Rule:
    patterns = {}
    for key in ("match", "unless"):
        try:
            patterns[key] = read_patterns(getattr(settings, key))
        except PatternError as error:
            line = settings.lines[key] + error.line - 1
            problems.append(f"{settings.file}:{line}: rule {settings.name}, {key}, column {error.column}: {error}")
    if patterns.get("match") == ():
        problems.append(
            f"{settings.file}:{settings.lines['match']}: rule {settings.name} has no pattern; write one a line"
        )
    return Rule(settings.name, settings.severity, patterns.get("match", ()), patterns.get("unless", ()))


_SHOULD = {"fires": "fire", "silent": "stay silent", "held": "be held back"}
_IS = {"fires": "fires", "silent": "stays silent", "held": "is held back"}


def failing_tests(config: Config, rules: RuleSet) -> Iterator[str]:
    """A line for every test of a rule whose outcome is another than the one it states."""
    for settings in config.rules:
        for wanted in ("fires", "silent", "held"):
            for text in filter(None, map(str.strip, getattr(settings.tests, wanted).splitlines())):
                found = _outcome(rules, settings.name, text)
                if found != wanted:
                    place = f"{settings.file}:{settings.lines['tests']}"
                    yield f'{place}: rule {settings.name}: "{text}" should {_SHOULD[wanted]}, but {_IS[found]}'


def _outcome(rules: RuleSet, name: str, text: str) -> str:
    for match in rules.match(Headline(text)):
        if match.rule == name:
            return "held" if match.held else "fires"
    return "silent"
