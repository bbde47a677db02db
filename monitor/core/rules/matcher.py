"""Which rules speak of an entry: one pass over its words, then a close look where all words of a pattern are there.

Live triage, rule tests, backtests and `why` all ask this one matcher, so they cannot disagree.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.core.rules.languages import UNKNOWN, spoken
from monitor.core.rules.patterns import TEXTS, Pattern, Term
from monitor.core.rules.reading import CompiledPattern, CompiledWay, Finding, Reading, TermRows
from monitor.core.rules.rule import Rule
from monitor.core.rules.vocabulary import Vocabulary
from monitor.core.values import Evidence, Headline, RuleMatch

# Nobody reads more evidence of one rule in one entry.
_MOST_EVIDENCE = 60
# An expression that took too long so often is asked no more.
_MOST_GIVEN_UP = 10
_ANY = -1


@dataclass(frozen=True, slots=True)
class CompiledRule:
    rule: Rule
    match: tuple[CompiledPattern, ...]
    all: tuple[CompiledPattern, ...]
    unless: tuple[CompiledPattern, ...]
    drop: tuple[CompiledPattern, ...]


class Language:
    """The rules as they are compared with texts of one language."""

    def __init__(self, rules: tuple[Rule, ...], code: str) -> None:
        self.vocabulary = Vocabulary(code)
        self._code = code
        self.rules = {
            number: CompiledRule(
                rule,
                self._compiled(rule.match),
                self._compiled(rule.all),
                self._compiled(rule.unless),
                self._compiled(rule.drop),
            )
            for number, rule in enumerate(rules)
            if not rule.languages or code == UNKNOWN or code in rule.languages
        }
        self.fields = frozenset(
            pattern.pattern.field for rule in self.rules.values() for pattern in rule.match if pattern.pattern.field
        )
        self._always: list[tuple[int, int, CompiledPattern]] = []
        # By a rare atom that a way needs, then by another, _ANY if it needs none.
        self._under: dict[int, dict[int, list[tuple[int, int, CompiledPattern, CompiledWay]]]] = defaultdict(dict)
        for number, compiled in self.rules.items():
            for place, pattern in enumerate(compiled.match):
                self._file(number, place, pattern)

    def _compiled(self, patterns: Iterable[Pattern]) -> tuple[CompiledPattern, ...]:
        return tuple(
            CompiledPattern(
                pattern,
                tuple(self._way(way) for way in pattern.ways),
                tuple(self._rows(term) for term in pattern.absent),
            )
            for pattern in patterns
            if self._code == UNKNOWN or pattern.language in ("", self._code)
        )

    def _way(self, terms: tuple[Term, ...]) -> CompiledWay:
        rows = tuple(self._rows(term) for term in terms)
        sets = [tuple(frozenset(row) for row in term) for term in rows]
        must = frozenset(number for term in sets if len(term) == 1 for number in term[0])
        options = tuple(
            (frozenset().union(*(row for row in term if len(row) == 1)), tuple(row for row in term if len(row) > 1))
            for term in sets
            if len(term) > 1
        )
        return CompiledWay(rows, must, options)

    def _rows(self, term: Term) -> TermRows:
        return tuple(tuple(self.vocabulary.number(atom) for atom in row) for row in term.rows)

    def _file(self, rule: int, place: int, pattern: CompiledPattern) -> None:
        """Under the atoms by which its entries are found; rare words make the fewest false starts."""
        if pattern.pattern.expression is not None:
            self._always.append((rule, place, pattern))
        for way, terms in zip(pattern.ways, pattern.pattern.ways, strict=True):
            anchors = min((_anchors(rows, term) for rows, term in zip(way.terms, terms, strict=True)), key=_commonness)
            for number in {number for number, _ in anchors}:
                other = max(way.must - {number}, default=_ANY)
                self._under[number].setdefault(other, []).append((rule, place, pattern, way))

    def candidates(self, bag: set[int]) -> dict[int, list[CompiledPattern]]:
        """The rules of which all words of some pattern are there, and those patterns."""
        found: dict[int, dict[int, CompiledPattern]] = defaultdict(dict)
        anchors = bag & self._under.keys()
        bag.add(_ANY)
        for number in anchors:
            under = self._under[number]
            if bag.isdisjoint(under):
                continue
            for other in under.keys() & bag:
                for rule, place, pattern, way in under[other]:
                    if way.possible(bag):
                        found[rule][place] = pattern
        for rule, place, pattern in self._always:
            found[rule][place] = pattern
        return {rule: [patterns[place] for place in sorted(patterns)] for rule, patterns in sorted(found.items())}


def _anchors(rows: TermRows, term: Term) -> list[tuple[int, int]]:
    """For each row of a term its longest atom, as (number, length): the longest is a fair guess at the rarest."""
    return [
        max(((number, len(atom.text)) for number, atom in zip(row, spelled, strict=True)), key=lambda pair: pair[1])
        for row, spelled in zip(rows, term.rows, strict=True)
    ]


def _commonness(anchors: list[tuple[int, int]]) -> float:
    return sum(2.0 ** -min(length, 12) for _, length in anchors)


class RuleSet:
    """Compiled rules. A language's index is built when its first entry comes."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.by_name = {rule.name: rule for rule in self.rules}
        # How often an expression was given up because it took too long: (rule, pattern).
        self.gave_up: Counter[tuple[str, str]] = Counter()
        self._slow: Counter[tuple[str, str]] = Counter()
        self._languages: dict[str, Language] = {}

    def match(self, entry: Headline) -> list[RuleMatch]:
        """Every rule that speaks of the entry, in the order of the rules; dropped ones too."""
        language = self.language(entry)
        texts = [text for field, text in entry.fields() if text and (field in TEXTS or field in language.fields)]
        candidates = language.candidates(language.vocabulary.bag("\n".join(texts)))
        return self._judged(Reading(entry, language.vocabulary), language, candidates) if candidates else []

    def try_every_rule(self, entry: Headline) -> list[RuleMatch]:
        """What `match` says, found without the index."""
        language = self.language(entry)
        reading = Reading(entry, language.vocabulary, sift=False)
        return self._judged(reading, language, {number: list(rule.match) for number, rule in language.rules.items()})

    def language(self, entry: Headline) -> Language:
        code = spoken(entry.language, f"{entry.title} {entry.summary[:300]}")
        if code not in self._languages:
            self._languages[code] = Language(self.rules, code)
        return self._languages[code]

    def _judged(
        self, reading: Reading, language: Language, candidates: dict[int, list[CompiledPattern]]
    ) -> list[RuleMatch]:
        matches = []
        for number, patterns in candidates.items():
            if not self.rules[number].hears(reading.source):
                continue
            found = [
                finding
                for pattern in patterns
                if not self._is_slow(number, pattern)
                for finding in reading.find(pattern)
            ]
            if found and (match := _verdict(language.rules[number], found, reading)) is not None:
                matches.append(match)
            gave_up = [(self.rules[number].name, pattern.text) for pattern in reading.gave_up]
            self.gave_up.update(gave_up)
            self._slow.update(gave_up)
            reading.gave_up.clear()
        return matches

    def _is_slow(self, rule: int, compiled: CompiledPattern) -> bool:
        """An expression that was given up so often would cost every entry as much."""
        slow = compiled.pattern.expression is not None and self._slow
        return bool(slow) and self._slow[self.rules[rule].name, compiled.pattern.text] >= _MOST_GIVEN_UP


def _verdict(compiled: CompiledRule, found: list[Finding], reading: Reading) -> RuleMatch | None:
    evidence = [each for finding in found for each in finding.evidence]
    for pattern in compiled.all:
        also = reading.find(pattern)
        if not also:
            return None
        evidence += also[0].evidence
    return RuleMatch(
        compiled.rule.name,
        compiled.rule.severity,
        _distinct(evidence),
        _spoken_against(compiled.unless, found, reading),
        _spoken_against(compiled.drop, found, reading),
    )


def _spoken_against(
    patterns: tuple[CompiledPattern, ...], found: list[Finding], reading: Reading
) -> tuple[Evidence, ...]:
    """The words that speak against every finding; none if one finding is free of them: it is the warning."""
    against = [finding for pattern in patterns for finding in reading.find(pattern)]
    general = [each for each in against if reading.everywhere(each)]
    there: dict[tuple[str, int, bool], Finding] = {}
    for each in against:
        for place in reading.around(each, each.pattern):
            there.setdefault(place, each)
    scopes = {each.pattern.reach.scope: each.pattern for each in against}
    used: list[Finding] = []
    for finding in found:
        speaking = [there[place] for one in scopes.values() for place in reading.around(finding, one) if place in there]
        if not speaking and not general:
            return ()
        used += speaking
    return _distinct(evidence for each in (*general, *used) for evidence in each.evidence)


def _distinct(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    def first() -> Iterator[Evidence]:
        seen = set()
        for each in evidence:
            if (place := (each.field, each.start, each.end, each.pattern)) not in seen:
                seen.add(place)
                yield each

    return tuple(each for each, _ in zip(first(), range(_MOST_EVIDENCE), strict=False))
