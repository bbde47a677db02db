"""The pattern language: lines of text to patterns, or the line that is wrong and why."""

import re
from dataclasses import dataclass

from monitor.core.rules.words import pattern_words
from monitor.words import Severity

_PIECE = re.compile(r'"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+)')
_UNKNOWN = re.compile(r"[()|~$/*=<>{}\[\]\\&+!?^]|^-|^\w+:")
MOST_BETWEEN = 4
_OPERATORS = {"AND", "OR", "NOT", "NEAR"}


class PatternError(Exception):
    """A line that is no pattern; `line` and `column` count from 1 within the text block."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or the words of a phrase: folded, next to each other, in this order."""

    words: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """All terms, in any order, in one sentence, at most MOST_BETWEEN other words between the outermost."""

    text: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named watch: any line of `match` fires it, any line of `unless` holds it back."""

    name: str
    severity: Severity
    match: tuple[Pattern, ...]
    unless: tuple[Pattern, ...] = ()


def read_patterns(block: str) -> tuple[Pattern, ...]:
    """One pattern a line; `#` starts a comment. Raises PatternError."""
    patterns = []
    for number, line in enumerate(block.splitlines(), 1):
        text = line.partition("#")[0].strip()
        if text:
            patterns.append(_pattern(text, number, line.index(text) + 1))
    return tuple(patterns)


def _pattern(text: str, line: int, column: int) -> Pattern:
    if text.count('"') % 2:
        raise PatternError(
            line, column + text.rindex('"'), 'this quote is never closed; write "two words" for a phrase'
        )
    terms: list[Term] = []
    for piece in _PIECE.finditer(text):
        place = column + piece.start()
        phrase = piece["phrase"]
        if phrase is None and (sign := _UNKNOWN.search(piece["word"])):
            raise PatternError(
                line,
                place + sign.start(),
                f'"{sign[0]}" means nothing here; a pattern is words and "phrases in quotes"',
            )
        if phrase is None and piece["word"] in _OPERATORS:
            cure = "write one pattern a line: any line fires the rule, all words of a line must be there"
            raise PatternError(line, place, f"{piece['word']} is no operator; {cure}")
        words = pattern_words(piece[0])
        if not words:
            raise PatternError(line, place, f"{piece[0]} holds no word to look for")
        if phrase is None:
            terms.extend(Term((word,), word) for word in words)
        else:
            terms.append(Term(tuple(words), f'"{phrase}"'))
    return Pattern(text, tuple(terms))
