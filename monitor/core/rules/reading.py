"""An entry read word by word, and where in it the words of a pattern stand together."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, islice, pairwise

import regex

from monitor.core.rules.patterns import Pattern, Scope
from monitor.core.rules.vocabulary import Places, Vocabulary
from monitor.core.rules.words import Sentence, Word, halves, sentences, words_of
from monitor.core.values import Evidence, Headline

# An expression that takes longer over one text is given up, and said to have been.
PATIENCE = 0.1
_MOST_FOUND = 2_000
# Steps in choosing words for the terms in one sentence; a text that needs more is made to.
_MOST_STEPS = 100_000

# A term by the numbers of its atoms: any of these rows.
TermRows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class CompiledWay:
    """A way of a pattern in one language. `must` are atoms without which it cannot hold."""

    terms: tuple[TermRows, ...]
    must: frozenset[int]
    options: tuple[tuple[frozenset[int], tuple[frozenset[int], ...]], ...]

    def possible(self, bag: set[int]) -> bool:
        if not self.must <= bag:
            return False
        for singles, rows in self.options:
            if singles.isdisjoint(bag) and not any(row <= bag for row in rows):
                return False
        return True


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    pattern: Pattern
    ways: tuple[CompiledWay, ...]
    absent: tuple[TermRows, ...]

    def possible(self, bag: set[int]) -> bool:
        return self.pattern.expression is not None or any(way.possible(bag) for way in self.ways)


@dataclass(frozen=True, slots=True)
class Finding:
    """One time that a pattern held: the words, and the (field, sentence) each stands in."""

    pattern: Pattern
    evidence: tuple[Evidence, ...]
    spots: frozenset[tuple[str, int]]


class Located:
    """One sentence of a field, taken apart when it may hold what is looked for."""

    def __init__(self, field: str, number: int, sentence: Sentence, text: str, vocabulary: Vocabulary) -> None:
        self.field, self.number, self.paragraph = field, number, sentence.paragraph
        self._sentence, self._text, self._vocabulary = sentence, text, vocabulary

    @cached_property
    def bag(self) -> set[int]:
        return self._vocabulary.bag(self._text[self._sentence.begin : self._sentence.end])

    @cached_property
    def words(self) -> list[Word]:
        return words_of(self._text, self._sentence.begin, self._sentence.end)

    @cached_property
    def _at(self) -> dict[int, Places]:
        return self._vocabulary.occurrences(self.words)

    @cached_property
    def before(self) -> list[int]:
        """How many half words come before each word."""
        return list(accumulate((halves(word.written) for word in self.words), initial=0))

    def places(self, term: TermRows) -> Places:
        """Where a term stands; the words of a row must follow one another."""
        found: set[tuple[int, int]] = set()
        for row in term:
            runs = self._at.get(row[0], [])
            for number in row[1:]:
                starts = dict(self._at.get(number, ()))
                runs = [(first, starts[after]) for first, after in runs if after in starts]
            found.update(runs)
        return sorted(found)

    def text(self, place: tuple[int, int]) -> str:
        return self._text[self.words[place[0]].start : self.words[place[1] - 1].end]

    def halves_between(self, left: tuple[int, int], right: tuple[int, int]) -> int:
        return self.before[right[0]] - self.before[left[1]] if right[0] >= left[1] else -1

    def overlaps(self, start: int, end: int) -> bool:
        return self._sentence.begin < end and start < self._sentence.end


class Reading:
    """The fields of one entry. `sift`: look closely only at sentences that hold all words of a pattern."""

    def __init__(self, entry: Headline, vocabulary: Vocabulary, *, sift: bool = True) -> None:
        self._texts = dict(entry.fields())
        self._vocabulary = vocabulary
        self._sift = sift
        self.source = entry.source
        self._located: dict[str, list[Located]] = {}
        self.gave_up: list[Pattern] = []

    def sentences(self, field: str) -> list[Located]:
        if field not in self._located:
            text = self._texts.get(field, "")
            self._located[field] = [
                Located(field, number, sentence, text, self._vocabulary)
                for number, sentence in enumerate(sentences(text))
            ]
        return self._located[field]

    def find(self, compiled: CompiledPattern) -> list[Finding]:
        """Every time the pattern holds, up to a number that nobody reads beyond."""
        if compiled.pattern.expression is not None:
            return list(islice(self._expression(compiled.pattern, compiled.pattern.expression), _MOST_FOUND))
        found = (
            finding
            for scope in self._scopes(compiled.pattern)
            for way in self._possible(compiled, scope)
            if (finding := self._together(compiled.pattern, way, scope)) is not None
            and not any(located.places(term) for located in scope for term in compiled.absent)
        )
        return list(islice(found, _MOST_FOUND))

    def _possible(self, compiled: CompiledPattern, scope: list[Located]) -> Sequence[CompiledWay]:
        if not self._sift:
            return compiled.ways
        bag = scope[0].bag if len(scope) == 1 else set().union(*(located.bag for located in scope))
        return [way for way in compiled.ways if way.possible(bag)]

    def _scopes(self, pattern: Pattern) -> Iterator[list[Located]]:
        """The runs of sentences within which all terms of the pattern must stand."""
        if pattern.reach.scope == Scope.ITEM:
            yield [located for field in pattern.fields for located in self.sentences(field)]
            return
        for field in pattern.fields:
            located = self.sentences(field)
            if pattern.reach.scope == Scope.SENTENCE:
                yield from ([each] for each in located)
            else:
                yield from (list(group) for _, group in groupby(located, lambda each: each.paragraph))

    def _together(self, pattern: Pattern, way: CompiledWay, scope: list[Located]) -> Finding | None:
        if pattern.reach.between is not None:
            (located,) = scope
            places = [located.places(term) for term in way.terms]
            chosen = closest(places, located, pattern.reach.between) if all(places) else None
            return None if chosen is None else self._finding(pattern, [(located, place) for place in chosen])
        spread = [
            next(((located, place) for located in scope for place in located.places(term)), None) for term in way.terms
        ]
        found = [spot for spot in spread if spot is not None]
        return self._finding(pattern, found) if len(found) == len(spread) else None

    def _finding(self, pattern: Pattern, chosen: Sequence[tuple[Located, tuple[int, int]]]) -> Finding:
        evidence = []
        for located, (first, after) in chosen:
            start, end = located.words[first].start, located.words[after - 1].end
            text = self._texts[located.field][start:end]
            evidence.append(Evidence(located.field, start, end, text, pattern.text))
        return Finding(pattern, tuple(evidence), frozenset((located.field, located.number) for located, _ in chosen))

    def _expression(self, pattern: Pattern, expression: "regex.Pattern[str]") -> Iterator[Finding]:
        for field in pattern.fields:
            text = self._texts.get(field, "")
            try:
                for found in expression.finditer(text, timeout=PATIENCE):
                    if found[0]:
                        evidence = Evidence(field, found.start(), found.end(), found[0], pattern.text)
                        yield Finding(pattern, (evidence,), self._spots(field, found.start(), found.end()))
            except TimeoutError:
                self.gave_up.append(pattern)

    def _spots(self, field: str, start: int, end: int) -> frozenset[tuple[str, int]]:
        return frozenset((field, located.number) for located in self.sentences(field) if located.overlaps(start, end))

    def everywhere(self, finding: Finding) -> bool:
        """Whether an `unless` speaks of every match: it stands in the title, or says where it may stand."""
        pattern = finding.pattern
        in_title = any(field == "title" for field, _ in finding.spots)
        return pattern.reach.scope == Scope.ITEM or bool(pattern.field) or in_title

    def around(self, finding: Finding, pattern: Pattern) -> set[tuple[str, int, bool]]:
        """The sentences in which a finding stands; for a `pattern` of paragraphs, those."""
        if pattern.reach.scope != Scope.PARAGRAPH:
            return {(field, number, False) for field, number in finding.spots}
        return {(field, self.sentences(field)[number].paragraph, True) for field, number in finding.spots}


def closest(places: list[Places], located: Located, between: int) -> list[tuple[int, int]] | None:
    """One place per term, near enough to each other and each word used once; None if there is no such choice."""
    if len(places) == 1:
        return places[0][:1]
    most = 2 * between
    longest = sum(max(located.before[after] - located.before[first] for first, after in term) for term in places)
    steps = iter(range(_MOST_STEPS))
    for begin in sorted({first for term in places for first, _ in term}):
        # Places come in the order of the text; a sentence may hold thousands.
        end = bisect_left(located.before, located.before[begin] + most + longest)
        near = [term[bisect_left(term, (begin, 0)) : bisect_left(term, (end, 0))] for term in places]
        for choice in _apart(sorted(near, key=len), (), steps) if all(near) else ():
            chosen = sorted(choice)
            if sum(located.halves_between(left, right) for left, right in pairwise(chosen)) <= most:
                return chosen
    return None


def _apart(near: list[Places], chosen: tuple[tuple[int, int], ...], steps: Iterator[int]) -> Iterator[Places]:
    """The ways to choose one place per term so that none overlap, as long as there are steps left."""
    if not near:
        yield list(chosen)
        return
    for place, _ in zip(near[0], steps, strict=False):
        if all(place[1] <= other[0] or other[1] <= place[0] for other in chosen):
            yield from _apart(near[1:], (*chosen, place), steps)
