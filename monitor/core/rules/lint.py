"""What is suspicious about rules that can be read: they never fire, repeat another, or stand in its shadow."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from monitor.core.rules.patterns import Kind, Pattern, Row, Scope, Term
from monitor.core.rules.rule import Rule
from monitor.core.rules.stems import keys

_WIDTH = {Scope.SENTENCE: 1_000, Scope.PARAGRAPH: 2_000, Scope.ITEM: 3_000}


@dataclass(frozen=True, slots=True)
class Remark:
    """`key` is the block of the rule, `line` the line in it, from 1."""

    rule: str
    key: str
    line: int
    text: str


def lint(rules: Iterable[Rule], known_sources: frozenset[str] | None = None) -> list[Remark]:
    """`known_sources` are the names and tags of feeds, in lower case, if there is a config to know them."""
    rules = tuple(rules)
    found = [remark for rule in rules for remark in _of_rule(rule, known_sources)]
    return found + list(_repeats(rules))


def _of_rule(rule: Rule, known_sources: frozenset[str] | None) -> Iterator[Remark]:
    first = rule.match[0].line
    for text in _of_sources(rule, known_sources):
        yield Remark(rule.name, "match", first, text)
    if rule.raises is not None and rule.raises.to.rank <= rule.severity.rank:
        yield Remark(rule.name, "match", first, f"can never be raised: it is {rule.severity} already")
    if rule.alert_to == ():
        yield Remark(rule.name, "match", first, "alerts nobody: alert.to is empty")
    for key, patterns in (("match", rule.match), ("all", rule.all), ("unless", rule.unless), ("drop", rule.drop)):
        for pattern in patterns:
            for text in _of_pattern(pattern, rule):
                yield Remark(rule.name, key, pattern.line, f"{pattern.text}: {text}")
    for key, done, patterns in (("unless", "held back", rule.unless), ("drop", "dropped", rule.drop)):
        for other, pattern in product(patterns, rule.match):
            if not pattern.expression and not other.expression and _covers(other, pattern):
                yield Remark(rule.name, key, other.line, f"{other.text}: every match of {pattern.text} is {done}")


def _of_pattern(pattern: Pattern, rule: Rule) -> Iterator[str]:
    if word := _operator(pattern):
        yield f'"{word}" is a word to look for like any other; lines mean or, words mean and'
    if reason := _never(pattern, rule):
        yield f"can never match: {reason}"


def _operator(pattern: Pattern) -> str:
    """An "and", "or" or "not" between bare words, where somebody may have meant more than the word."""
    bare = [term.rows[0][0].text for term in (pattern.ways[0] if pattern.ways else ()) if len(term.rows) == 1]
    return next((word for word in bare if word in ("and", "or", "not") and len(bare) > 1), "")


def _of_sources(rule: Rule, known: frozenset[str] | None) -> Iterator[str]:
    if known is not None:
        for name in sorted((rule.only | rule.never) - known):
            yield f'sources: no feed has the name, publisher or tag "{name}"'
        if rule.only and not rule.only & known:
            yield "can never match: no feed is among its sources"
    if rule.only and rule.only <= rule.never:
        yield "can never match: its sources are all in `not`"


def _never(pattern: Pattern, rule: Rule) -> str:
    if pattern.language and rule.languages and pattern.language not in rule.languages:
        return f"it is for {pattern.language}, the rule for {', '.join(sorted(rule.languages))}"
    unwanted = {row for term in pattern.absent for row in term.rows}
    if pattern.ways and all(any(set(term.rows) <= unwanted for term in way) for way in _as_written(pattern)):
        return "a word must be there and be absent"
    return ""


def _repeats(rules: tuple[Rule, ...]) -> Iterator[Remark]:
    """Patterns that another pattern covers: what they find, it finds."""
    patterns = [(rule, pattern) for rule in rules for pattern in rule.match]
    common = Counter(key for _, pattern in patterns for key in _keys(pattern))
    under: dict[str, list[int]] = defaultdict(list)
    for number, (_, pattern) in enumerate(patterns):
        for key in _needed(pattern, common):
            under[key].append(number)
    for number, (rule, pattern) in enumerate(patterns):
        nearby = sorted({other for key in _keys(pattern) for other in under.get(key, ())} - {number})
        for other in nearby:
            by_rule, by = patterns[other]
            if by_rule is not rule and not _shadows(by_rule, rule):
                continue
            if not _covers(by, pattern) or (_covers(pattern, by) and number < other):
                continue
            whose = "line" if by_rule is rule else f"rule {by_rule.name}, line"
            how = "repeats" if _covers(pattern, by) else "is hidden by"
            yield Remark(rule.name, "match", pattern.line, f"{pattern.text}: {how} {whose} {by.line}: {by.text}")
            break


def _needed(pattern: Pattern, common: Counter[str]) -> set[str]:
    """Keys of which whatever the pattern covers has one: those of its rarest term."""
    if pattern.expression is not None:
        return _keys(pattern)
    terms = [{_row_keys(row)[0] for row in term.rows if not _is_whole(row)} for way in pattern.ways[:1] for term in way]
    return min((keys for keys in terms if keys), key=lambda keys: sum(common[key] for key in keys), default=set())


def _shadows(wider: Rule, rule: Rule) -> bool:
    """Whether what one rule finds is news under it wherever it is under the other."""
    return (
        wider.severity.rank >= rule.severity.rank
        and not (wider.all or wider.unless or wider.drop or wider.count or wider.never)
        and (not wider.only or wider.only == rule.only)
        and (not wider.languages or (bool(rule.languages) and rule.languages <= wider.languages))
        and wider.alert_to == rule.alert_to
        and (rule.raises is None or wider.severity.rank >= rule.raises.to.rank)
    )


def _keys(pattern: Pattern) -> set[str]:
    if pattern.expression is not None:
        return {pattern.expression.pattern}
    return {key for way in _as_written(pattern) for term in way for row in term.rows for key in _row_keys(row)}


@lru_cache(maxsize=200_000)
def _row_keys(row: Row) -> tuple[str, ...]:
    return tuple(f"{atom.kind}:{atom.text if atom.kind == Kind.EXACT else keys(atom.text, 'en')[0]}" for atom in row)


def _as_written(pattern: Pattern) -> list[tuple[Term, ...]]:
    """The ways of a pattern without those that write several of its words as one."""
    return [way for way in pattern.ways if not any(_is_whole(term.rows[0]) for term in way)]


def _is_whole(row: Row) -> bool:
    return any(atom.kind == Kind.WHOLE for atom in row)


def _covers(wider: Pattern, pattern: Pattern) -> bool:
    """Whether every text in which `pattern` holds is one in which `wider` does, as far as can be told."""
    if wider.expression is not None or pattern.expression is not None:
        return wider.expression == pattern.expression and wider.field == pattern.field
    if not set(pattern.fields) <= set(wider.fields) or wider.language not in ("", pattern.language):
        return False
    if wider.absent and not set(wider.absent) <= set(pattern.absent):
        return False
    if len(wider.ways[0]) > 1 and _width(wider) < _width(pattern):
        return False
    return all(any(_way_covers(each, way) for each in _as_written(wider)) for way in _as_written(pattern))


def _way_covers(wider: tuple[Term, ...], way: tuple[Term, ...]) -> bool:
    return all(any(_term_covers(each, term) for term in way) for each in wider)


def _term_covers(wider: Term, term: Term) -> bool:
    rows = {_row_keys(row) for row in wider.rows}
    return all(any(_inside(each, _row_keys(row)) for each in rows) for row in term.rows if not _is_whole(row))


def _inside(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _width(pattern: Pattern) -> int:
    between = pattern.reach.between
    return between if between is not None else _WIDTH[pattern.reach.scope]
