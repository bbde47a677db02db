"""One pass over an entry against an index from stems to patterns.

Live triage, rule tests and `why` all ask this one matcher, so they cannot disagree.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from monitor.core.rules.patterns import MOST_BETWEEN, Pattern, Rule, Term
from monitor.core.rules.words import Word, known_language, sentences, stem
from monitor.core.values import Evidence, Headline, RuleMatch

# "pre emptive" and "no fly zone" may be written as one word: so many written words may make one.
_MOST_JOINED = 3


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Why a pattern did not fire although some of it stands in the text."""

    rule: str
    pattern: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Stemmed:
    """A pattern in one language. `place` is (rule number, is it an `unless`)."""

    place: tuple[int, bool]
    pattern: Pattern
    terms: tuple[tuple[str, ...], ...]


# Places of one term in a sentence: (first word, word after the last).
_Places = list[tuple[int, int]]


class RuleSet:
    """Compiled rules. A language's index is built when its first entry comes."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_language: dict[str, tuple[frozenset[str], dict[str, list[_Stemmed]]]] = {}

    def match(self, entry: Headline) -> list[RuleMatch]:
        """Every rule that speaks of the entry, in the order of the rule file.

        An `unless` holds a match back from the title or from the sentence of the match: "exercise restraint" at
        the end of a report is no exercise.
        """
        language = known_language(entry.language)
        fired: dict[int, list[Evidence]] = defaultdict(list)
        held: dict[int, list[Evidence]] = defaultdict(list)
        for name, text in entry.fields():
            for words in sentences(text, language):
                here = self._fired(name, text, words, language)
                for (number, is_unless), evidence in here.items():
                    if not is_unless:
                        fired[number].extend(evidence)
                    elif name == "title" or (number, False) in here:
                        held[number].extend(evidence)
        return [
            RuleMatch(rule.name, rule.severity, tuple(fired[number]), tuple(held.get(number, ())))
            for number, rule in enumerate(self.rules)
            if number in fired
        ]

    def _fired(self, name: str, text: str, words: list[Word], language: str) -> dict[tuple[int, bool], list[Evidence]]:
        """The evidence of one sentence, by rule and by whether it is that of an `unless`."""
        found: dict[tuple[int, bool], list[Evidence]] = defaultdict(list)
        for stemmed, places in self._candidates(words, language):
            span = _closest(places)
            if span is not None:
                found[stemmed.place].extend(_evidence(name, text, words, span, stemmed.pattern.text))
        return found

    def near_misses(self, entry: Headline) -> list[NearMiss]:
        """For rules that stayed silent: patterns of which at least half of the words were there."""
        fired = {match.rule for match in self.match(entry)}
        language = known_language(entry.language)
        vocabulary, index = self._index(language)
        patterns = {id(stemmed): stemmed for group in index.values() for stemmed in group}
        misses: dict[str, NearMiss] = {}
        for _, text in entry.fields():
            for words in sentences(text, language):
                at = _occurrences(words, vocabulary, language)
                for stemmed in patterns.values():
                    number, is_unless = stemmed.place
                    rule = self.rules[number]
                    reason = "" if is_unless or rule.name in fired else _missing(stemmed, at)
                    if reason:
                        misses.setdefault(
                            stemmed.pattern.text + rule.name, NearMiss(rule.name, stemmed.pattern.text, reason)
                        )
        return list(misses.values())

    def _candidates(self, words: list[Word], language: str) -> Iterator[tuple[_Stemmed, list[_Places]]]:
        vocabulary, index = self._index(language)
        at = _occurrences(words, vocabulary, language)
        for key in at:
            for stemmed in index.get(key, ()):
                places = [_places(term, at) for term in stemmed.terms]
                if all(places):
                    yield stemmed, places

    def _index(self, language: str) -> tuple[frozenset[str], dict[str, list[_Stemmed]]]:
        if language not in self._by_language:
            index: dict[str, list[_Stemmed]] = defaultdict(list)
            vocabulary: set[str] = set()
            for number, rule in enumerate(self.rules):
                for is_unless, patterns in ((False, rule.match), (True, rule.unless)):
                    for pattern in patterns:
                        terms = tuple(_stemmed(term, language) for term in pattern.terms)
                        stems = [word for term in terms for word in term]
                        vocabulary.update(stems)
                        # The longest word is a fair guess at the rarest.
                        index[max(stems, key=len)].append(_Stemmed((number, is_unless), pattern, terms))
            self._by_language[language] = frozenset(vocabulary), dict(index)
        return self._by_language[language]


def _stemmed(term: Term, language: str) -> tuple[str, ...]:
    return tuple(stem(word, language) for word in term.words)


def _occurrences(words: Sequence[Word], vocabulary: frozenset[str], language: str) -> dict[str, _Places]:
    """Where the stems that rules ask for stand, whether written as one word or as several."""
    at: dict[str, _Places] = defaultdict(list)
    for first, word in enumerate(words):
        if word.stem in vocabulary:
            at[word.stem].append((first, first + 1))
        joined = word.folded
        for after in range(first + 1, min(first + _MOST_JOINED, len(words))):
            if not words[after].glued:
                break
            joined += words[after].folded
            whole = stem(joined, language)
            if whole in vocabulary:
                at[whole].append((first, after + 1))
    return at


def _places(term: tuple[str, ...], at: dict[str, _Places]) -> _Places:
    """Where a term stands; the words of a phrase must follow one another."""
    runs = at.get(term[0], [])
    for word in term[1:]:
        starts = dict(at.get(word, ()))
        runs = [(first, starts[after]) for first, after in runs if after in starts]
    return runs


def _closest(places: list[_Places]) -> list[tuple[int, int]] | None:
    """One place per term, near enough to each other and each word used once; None if there is no such choice."""
    reach = MOST_BETWEEN + sum(max(after - first for first, after in term) for term in places)
    for begin in sorted({first for term in places for first, _ in term}):
        # Places come in the order of the text; a sentence may hold thousands.
        near = [term[bisect_left(term, (begin, 0)) : bisect_left(term, (begin + reach, 0))] for term in places]
        for choice in product(*near):
            chosen = sorted(choice)
            between = [right[0] - left[1] for left, right in pairwise(chosen)]
            if min(between, default=0) >= 0 and sum(between) <= MOST_BETWEEN:
                return chosen
    return None


def _choices(places: list[_Places]) -> Iterator[list[tuple[int, int]]]:
    """For each place of the first term, every other term's place nearest to it."""
    for anchor in places[0]:
        yield sorted([anchor, *(min(others, key=lambda place: abs(place[0] - anchor[0])) for others in places[1:])])


def _missing(stemmed: _Stemmed, at: dict[str, _Places]) -> str:
    places = [_places(term, at) for term in stemmed.terms]
    texts = [term.text for term in stemmed.pattern.terms]
    absent = [text for text, found in zip(texts, places, strict=True) if not found]
    if absent:
        return f"no {' and no '.join(absent)} beside it" if len(absent) * 2 <= len(texts) and len(texts) > 1 else ""
    between = min(
        (sum(max(0, right[0] - left[1]) for left, right in pairwise(chosen)) for chosen in _choices(places)), default=0
    )
    return f"{' and '.join(texts)} are {between} words apart, {MOST_BETWEEN} allowed" if between > MOST_BETWEEN else ""


def _evidence(
    field: str, text: str, words: list[Word], span: list[tuple[int, int]], pattern: str
) -> Iterator[Evidence]:
    for first, after in span:
        start, end = words[first].start, words[after - 1].end
        yield Evidence(field, start, end, text[start:end], pattern)
