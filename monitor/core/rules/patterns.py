"""What a pattern is: the words it looks for, how near they must stand, and where."""

from dataclasses import dataclass
from enum import StrEnum

import regex

MOST_BETWEEN = 4
# "pre emptive" may be written as one word, and so may "surface to air".
MOST_JOINED = 3
TEXTS = ("title", "summary", "content")


class Kind(StrEnum):
    """`WHOLE` is several words of a pattern written as one; it is inflected, and never parted again."""

    INFLECTED = "inflected"
    WHOLE = "whole"
    EXACT = "exact"
    PREFIX = "prefix"
    STEM = "stem"


class Scope(StrEnum):
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Atom:
    """One word to look for, as written; a prefix is folded."""

    kind: Kind
    text: str


Row = tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """What may stand in one place of a pattern: any of `rows`, each of words next to each other."""

    text: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far apart the terms may stand: `between` other words in one sentence, or anywhere in the scope if None."""

    scope: Scope = Scope.SENTENCE
    between: int | None = MOST_BETWEEN

    def __str__(self) -> str:
        return f"~{self.between if self.between is not None else self.scope[0] if self.scope != Scope.ITEM else 'any'}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: any of `ways`, which is all of their terms within reach and none of `absent` in the same scope.

    `field` is "" for title, summary and content; `language` is "" for every language. A pattern with an
    `expression` has no ways.
    """

    text: str
    line: int
    ways: tuple[tuple[Term, ...], ...] = ()
    absent: tuple[Term, ...] = ()
    reach: Reach = Reach()
    field: str = ""
    language: str = ""
    expression: "regex.Pattern[str] | None" = None

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,) if self.field else TEXTS
