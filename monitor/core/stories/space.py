"""Reports by their terms, and how much two of them have in common.

A term weighs what it tells: the logarithm of how rare it is among the open reports and in its language at large. The
weights follow from what is open, so they are the same however the index came about.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from math import fsum, log
from typing import NamedTuple

# The language at large counts as so many open reports.
_AT_LARGE = 5_000
# An unknown word was in fewer reports than one.
_UNSEEN = 0.2
# A report is looked up by its rarest terms: by some of them surely, and by more while that stays cheap.
_LOOKED_UP = 12
_SURELY_LOOKED_UP = 5
_LOOKED_AT = 300
_FINELY = 1_000
_MOST_REPORTS = 200
_CANDIDATES = 12
# Not looked at closely is who has this little of what the likeliest has.
_HOPELESS = 0.3
# Words of this share of all reports find nothing.
_COMMONPLACE = 0.03
# A weight in nats: the word is in one report of fifty.
_TELLING = 4.0


class Likeness(NamedTuple):
    """What two reports have in common, weights in nats.

    `headline` is the weight of the shared terms that stand in one of the titles, `telling` the number of those that are
    not commonplace, `rarest` the weight of the three rarest of them, `beside` that of the other shared terms. `titles`
    is the share of both titles' weight that is in both, `covered` the share of one title's weight that the other report
    holds. `texts` is the share of what the shorter one says beside its title, of `told` terms, that the other says too.
    `longer` is the number of terms of the longer one.
    """

    report: int
    headline: float
    telling: int
    rarest: float
    beside: float
    titles: float
    covered: float
    texts: float
    told: int
    longer: int


class _Held(NamedTuple):
    """A report's terms by their numbers, those of the title first."""

    terms: tuple[int, ...]
    titled: int


class Space:
    """The open reports of one language. `shares`: how much of its reports hold a term, for the common ones."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = shares
        self.numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._free: list[int] = []
        self.seldom: list[float] = []
        self._expected: list[float] = []
        self._count: list[int] = []
        self._with: list[list[int]] = []
        self._held: dict[int, _Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, report: int, title: Iterable[str], lead: Iterable[str]) -> None:
        """Reports come in the order of their numbers; one that is put back may come later."""
        titled = list(map(self._number, title))
        known = set(titled)
        terms = (*titled, *(term for term in map(self._number, lead) if term not in known))
        self._held[report] = _Held(terms, len(titled))
        for term in terms:
            self._count[term] += 1
            self.seldom[term] = -log(self._count[term] + self._expected[term])
            if self._expected[term] < _COMMONPLACE * _AT_LARGE:
                reports = self._with[term]
                reports.append(report)
                if len(reports) > 1 and reports[-2] > report:
                    reports.sort()

    def drop(self, report: int) -> None:
        for term in self._held.pop(report).terms:
            self._count[term] -= 1
            self.seldom[term] = -log(self._count[term] + self._expected[term])
            if self._expected[term] < _COMMONPLACE * _AT_LARGE:
                # Mostly the oldest goes first.
                self._with[term].remove(report)
            if not self._count[term]:
                del self.numbers[self._names[term]]
                self._free.append(term)

    def alike(self, title: Collection[str], lead: Collection[str], but: Container[int] = frozenset()) -> list[Likeness]:
        """The reports that have most in common with this one, in no order, without those that are in `but`."""
        ours = _Sought(self, title, lead)
        found: dict[int, int] = {}
        get = found.get
        looked_at = 0
        rarest = sorted([(-weight, self._names[term], term) for term, weight in ours.weights.items()])
        for place, (_, _, term) in enumerate(rarest[:_LOOKED_UP]):
            reports = self._with[term][-_MOST_REPORTS:]
            looked_at += len(reports)
            if looked_at > _LOOKED_AT and place >= _SURELY_LOOKED_UP:
                break
            # Whole numbers add up to the same in whichever order.
            weight = int(_FINELY * ours.weights[term] ** 2)
            for report in reports:
                found[report] = get(report, 0) + weight
        if but:
            found = {report: weight for report, weight in found.items() if report not in but}
        if not found:
            return []
        least = _HOPELESS * max(found.values())
        # Of two that are equally alike, the earlier.
        likely = sorted([(-weight, report) for report, weight in found.items() if weight >= least])
        return [ours.likeness(report, self._held[report]) for _, report in likely[:_CANDIDATES]]

    def _number(self, term: str) -> int:
        number = self.numbers.get(term)
        if number is None:
            expected = _UNSEEN + _AT_LARGE * self._shares.get(term, 0.0)
            if self._free:
                number = self._free.pop()
                self._names[number], self._expected[number], self.seldom[number] = term, expected, -log(expected)
            else:
                number = len(self._names)
                self._names.append(term)
                self._expected.append(expected)
                self.seldom.append(-log(expected))
                self._count.append(0)
                self._with.append([])
            self.numbers[term] = number
        return number


class _Sought:
    """A report that is compared with many."""

    def __init__(self, space: Space, title: Collection[str], lead: Collection[str]) -> None:
        number = space.numbers.get
        self._at_most = log(len(space) + _AT_LARGE)
        self._seldom = space.seldom
        known = [term for term in map(number, lead) if term is not None]
        self.weights = {term: self._at_most + self._seldom[term] for term in known}
        titled = [number(each) for each in title]
        self._title = {term for term in titled if term is not None}
        unknown = (self._at_most - log(_UNSEEN)) * (len(titled) - len(self._title))
        self._of_title = unknown + fsum([self.weights[term] for term in self._title])
        self._length = len(lead)
        self._told = len(lead) - len(title)

    def likeness(self, report: int, held: _Held) -> Likeness:
        terms, titled = held
        theirs = terms[:titled]
        of_theirs = self._at_most * titled + fsum([self._seldom[term] for term in theirs])
        weights = self.weights
        shared = weights.keys() & terms
        ours_in_theirs = shared & self._title
        theirs_in_ours = shared.intersection(theirs)
        of_headline = sorted([weights[term] for term in ours_in_theirs | theirs_in_ours], reverse=True)
        in_titles = fsum([weights[term] for term in ours_in_theirs & theirs_in_ours])
        either = self._of_title + of_theirs - in_titles
        told = min(self._told, len(terms) - titled)
        headline = fsum(of_headline)
        return Likeness(
            report,
            headline,
            sum(1 for weight in of_headline if weight > _TELLING),
            fsum(of_headline[:3]),
            fsum([weights[term] for term in shared]) - headline,
            in_titles / either if either else 0.0,
            max(
                fsum([weights[term] for term in ours_in_theirs]) / self._of_title if self._of_title else 0.0,
                fsum([weights[term] for term in theirs_in_ours]) / of_theirs if of_theirs else 0.0,
            ),
            (len(shared) - len(of_headline)) / told if told else 0.0,
            told,
            max(self._length, len(terms)),
        )
