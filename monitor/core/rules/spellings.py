"""Words that may be written apart or as one: "pre emptive" is "preemptive"."""

from collections.abc import Iterator

from monitor.core.rules.patterns import MOST_JOINED, Atom, Kind, Row, Term
from monitor.core.rules.words import is_unspaced


def _joins(count: int) -> Iterator[tuple[int, int]]:
    """Which of so many words in a row may be written as one: (first, after the last)."""
    for length in range(2, MOST_JOINED + 1):
        for first in range(count - length + 1):
            yield first, first + length


def _joined(row: Row) -> Atom | None:
    """The words as one, if they may be: "pre emptive" is "preemptive"."""
    if any(atom.kind != Kind.INFLECTED or is_unspaced(atom.text) for atom in row):
        return None
    kind = Kind.INFLECTED if row[-1].text.isdigit() else Kind.WHOLE  # "F 16" must find "F-16s"
    return Atom(kind, "".join(atom.text for atom in row))


def row_spellings(row: Row) -> tuple[Row, ...]:
    rows = [row]
    for first, after in _joins(len(row)):
        if (whole := _joined(row[first:after])) is not None:
            rows.append((*row[:first], whole, *row[after:]))
    return tuple(rows)


def spellings(terms: tuple[Term, ...]) -> Iterator[tuple[Term, ...]]:
    """The terms, and the same with neighbours written as one word."""
    yield terms
    for first, after in _joins(len(terms)):
        together = terms[first:after]
        if any(len(term.rows) != 1 or len(term.rows[0]) != 1 for term in together):
            continue
        if (whole := _joined(tuple(term.rows[0][0] for term in together))) is not None:
            joined = Term(" ".join(term.text for term in together), ((whole,),))
            yield (*terms[:first], joined, *terms[after:])
