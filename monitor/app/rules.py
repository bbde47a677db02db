"""Rules of the config to a RuleSet, and whether they do what their own tests say."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.core.rules import Count, CountBy, Pattern, PatternError, Raise, Rule, RuleSet, read_lists, read_patterns
from monitor.core.rules.languages import language_code
from monitor.core.rules.lines import LANGUAGES, Lists
from monitor.core.values import Headline
from monitor.settings import RuleBook, RuleSettings
from monitor.settings.rules import BLOCKS, TESTS

Groups = Mapping[str, tuple[str, ...]]
_SHOULD = {"fires": "fire", "silent": "stay silent", "held": "be held back"}
_IS = {"fires": "fires", "silent": "stays silent", "held": "is held back"}
_IN_LANGUAGE = re.compile(r"([a-z]{2}): *(?=\S)")


@dataclass(frozen=True)
class TestLine:
    """A sentence that a rule says something of, and where it stands."""

    __test__ = False

    place: str
    wanted: str
    headline: Headline


def rules_of(book: RuleBook) -> tuple[RuleSet, list[str]]:
    """The rules that can be read, and what is wrong with the others."""
    problems = list(book.problems)
    lists, wrong = read_lists({term.name: term.text for term in book.terms})
    problems.extend(
        _sentence(f"{term.file}:{term.line + wrong[term.name].line - 1}: terms.{term.name}", wrong[term.name])
        for term in book.terms
        if term.name in wrong
    )
    groups = {group.name: group.members for group in book.groups}
    rules = (_rule(settings, lists, groups, problems) for settings in book.rules)
    return RuleSet(rule for rule in rules if rule is not None), problems


def _rule(settings: RuleSettings, lists: Lists, groups: Groups, problems: list[str]) -> Rule | None:
    before = len(problems)
    blocks = {key: _block(settings, key, lists, problems) for key in BLOCKS}
    place = f"{settings.file}:{settings.lines['match']}: rule {settings.name}"
    if not blocks["match"] and len(problems) == before:
        problems.append(f"{place} has no pattern; write one a line")
    languages = {said: language_code(said) for said in settings.lang}
    unknown = [said for said, code in languages.items() if code not in LANGUAGES]
    problems.extend(f'{place}: lang: "{said}" is no language; write codes like "en" or "uk"' for said in unknown)
    if len(problems) > before:
        return None
    count, raises, alert = settings.count, settings.raises, settings.alert
    return Rule(
        settings.name,
        settings.severity,
        blocks["match"],
        blocks["all"],
        blocks["unless"],
        blocks["drop"],
        frozenset(map(str.casefold, settings.sources.tags)),
        frozenset(map(str.casefold, settings.sources.never)),
        frozenset(languages.values()),
        Count(count.at_least, count.within, CountBy(count.by)) if count else None,
        Raise(raises.to, raises.when.publishers, raises.when.within) if raises else None,
        _members(alert.to, groups) if alert.to is not None else None,
        alert.ack_within,
        tuple(_members(step, groups) for step in alert.then),
        alert.quiet_hours,
        settings.topic,
    )


def _members(names: Iterable[str], groups: Groups) -> tuple[str, ...]:
    """Addresses and channels; a group stands for its members."""
    return tuple(dict.fromkeys(member for name in names for member in groups.get(name, (name,))))


def _block(settings: RuleSettings, key: str, lists: Lists, problems: list[str]) -> tuple[Pattern, ...]:
    patterns, wrong = read_patterns(getattr(settings, key), lists)
    for error in wrong:
        line = settings.lines[key] + error.line - 1
        problems.append(_sentence(f"{settings.file}:{line}: rule {settings.name}, {key}", error))
    return patterns


def _sentence(place: str, error: PatternError) -> str:
    return f"{place}, column {error.column}: {error}"


def tests_of(settings: RuleSettings) -> Iterator[TestLine]:
    """The test lines of a rule; one that begins like `es:` is read in that language."""
    for wanted in TESTS:
        for line, text in enumerate(map(str.strip, getattr(settings.tests, wanted).splitlines())):
            if not text:
                continue
            said = _IN_LANGUAGE.match(text)
            language = said[1] if said and said[1] in LANGUAGES else ""
            words = text[said.end() :] if said and language else text
            place = f"{settings.file}:{settings.lines[wanted] + line}: rule {settings.name}"
            yield TestLine(place, wanted, Headline(words, language=language or "en"))


def failing_tests(book: RuleBook, rules: RuleSet, tried: Callable[[], None] = lambda: None) -> Iterator[str]:
    """A line for every test of a rule whose outcome is another than the one it states; `tried` hears of each test."""
    readable = {rule.name for rule in rules.rules}
    for settings in book.rules:
        for test in tests_of(settings) if settings.name in readable else ():
            found = _outcome(rules, settings.name, test.headline)
            tried()
            if found != test.wanted:
                yield f'{test.place}: "{test.headline.title}" should {_SHOULD[test.wanted]}, but {_IS[found]}'


def _outcome(rules: RuleSet, name: str, headline: Headline) -> str:
    for match in rules.match(headline):
        if match.rule == name and not match.dropped:
            return "held" if match.held else "fires"
    return "silent"
