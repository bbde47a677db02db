"""For rules that stayed silent: what was missing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from monitor.core.rules.matcher import CompiledRule, Language, RuleSet
from monitor.core.rules.patterns import Kind, Pattern, Scope, Term
from monitor.core.rules.reading import CompiledPattern, CompiledWay, Located, Reading, TermRows
from monitor.core.rules.rule import Rule
from monitor.core.values import Headline

# A miss for want of a word is farther than any for want of nearness.
_LACKING = 1_000


@dataclass(frozen=True, slots=True, order=True)
class NearMiss:
    """Why a rule did not fire although it nearly did; the smaller `distance`, the nearer."""

    distance: int
    rule: str
    pattern: str
    reason: str

    @property
    def lacks_words(self) -> bool:
        return self.distance >= _LACKING


def near_misses(rules: RuleSet, entry: Headline) -> list[NearMiss]:
    """The nearest miss of every silent rule that came near, the nearest first."""
    fired = {match.rule for match in rules.match(entry)}
    language = rules.language(entry)
    reading = Reading(entry, language.vocabulary)
    found = []
    for number, rule in enumerate(rules.rules):
        if rule.name in fired:
            continue
        compiled = language.rules.get(number)
        misses = list(_shut_out(compiled, entry, reading) if compiled else _foreign(rule, entry, language))
        if compiled and not misses:
            misses = list(_nearly(compiled, reading))
        if misses:
            found.append(min(misses))
    return sorted(found)


def _foreign(rule: Rule, entry: Headline, language: Language) -> Iterator[NearMiss]:
    wider = RuleSet([replace(rule, languages=frozenset())])
    if matches := wider.match(entry):
        code, known = language.vocabulary.language, ", ".join(sorted(rule.languages))
        reason = f"the text is read as {code}, the rule is for {known}"
        yield NearMiss(0, rule.name, matches[0].evidence[0].pattern, reason)


def _shut_out(compiled: CompiledRule, entry: Headline, reading: Reading) -> Iterator[NearMiss]:
    """It would fire, but does not listen here, or lacks what must stand elsewhere."""
    found = next((finding for pattern in compiled.match for finding in reading.find(pattern)), None)
    if found is None:
        return
    rule = compiled.rule
    if not rule.hears(entry.source):
        yield NearMiss(0, rule.name, found.pattern.text, "the rule does not listen to this source")
    elif missing := [pattern.pattern.text for pattern in compiled.all if not reading.find(pattern)]:
        reason = f"nothing of `all` ({'; '.join(missing)}) stands in the item"
        yield NearMiss(0, rule.name, found.pattern.text, reason)


def _nearly(compiled: CompiledRule, reading: Reading) -> Iterator[NearMiss]:
    for pattern in compiled.match:
        for way, terms in zip(pattern.ways, pattern.pattern.ways, strict=True):
            if any(atom.kind == Kind.WHOLE for term in terms for row in term.rows[:1] for atom in row):
                continue  # the same words written as one
            if (miss := _miss(pattern, way, terms, reading)) is not None:
                yield NearMiss(miss[0], compiled.rule.name, pattern.pattern.text, miss[1])


def _miss(
    compiled: CompiledPattern, way: CompiledWay, terms: tuple[Term, ...], reading: Reading
) -> tuple[int, str] | None:
    located = [each for field in compiled.pattern.fields for each in reading.sentences(field)]
    there = [[each for each in located if each.places(term)] for term in way.terms]
    missing = [term.text for term, places in zip(terms, there, strict=True) if not places]
    if missing:
        near = len(missing) == 1 and len(terms) > 1
        return (_LACKING + _LACKING // len(terms), f"no {missing[0]} beside it") if near else None
    names = " and ".join(_named(*each) for each in zip(terms, way.terms, there, strict=True))
    together = [each for each in there[0] if all(each in others for others in there[1:])]
    if not together:
        return _apart(names, there, compiled.pattern)
    apart = min(_words_between(each, way) for each in together)
    allowed = compiled.pattern.reach.between
    if allowed is not None and apart > allowed:
        return 10 + apart, f"{names} {apart} {'word' if apart == 1 else 'words'} apart, {allowed} allowed"
    for each in together:
        if standing := [term.text for term, rows in _absent(compiled) if each.places(rows)]:
            return 5, f"-{standing[0]} stands beside it"
    return None


def _named(term: Term, rows: TermRows, there: list[Located]) -> str:
    """A term as the pattern says it; of a choice, the words that were found."""
    return term.text if len(term.rows) == 1 else there[0].text(there[0].places(rows)[0])


def _absent(compiled: CompiledPattern) -> Iterator[tuple[Term, TermRows]]:
    return zip(compiled.pattern.absent, compiled.absent, strict=True)


def _apart(names: str, there: list[list[Located]], pattern: Pattern) -> tuple[int, str] | None:
    if pattern.reach.scope == Scope.ITEM:
        return None
    fields = [{each.field for each in sentences} for sentences in there]
    if not set.intersection(*fields):
        return 600, f"{names} stand in different fields"
    return 500, f"{names} stand in different sentences"


def _words_between(located: Located, way: CompiledWay) -> int:
    """How many words stand between the terms at their closest."""
    places = sorted((place, term) for term, rows in enumerate(way.terms) for place in located.places(rows))
    latest: dict[int, tuple[int, int]] = {}
    least = len(located.words) * 2
    for place, term in places:
        latest[term] = place
        if len(latest) == len(way.terms):
            together = sorted(latest.values())
            least = min(least, sum(max(0, located.halves_between(*pair)) for pair in pairwise(together)))
    return (least + 1) // 2
