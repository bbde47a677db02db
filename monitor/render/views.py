"""What templates are given: values made for them. Their names are an interface users build on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.core.values import Evidence
from monitor.words import Severity


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `marked` where it made a rule fire."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """The sentence in which a rule's words stand."""

    rule: str
    severity: Severity
    pattern: str
    field: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """One publisher's report of a story."""

    publisher: str
    title: str
    link: str
    published_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AlertView:
    """`quotes` are the reasons, one a pattern; `passages` the sentences they stand in outside the title, once each;
    `notes` say how a rule's count was reached or its severity was raised; `publisher` stands behind `link`;
    `was` are the headlines it had before, the oldest first."""

    severity: Severity
    rules: tuple[str, ...]
    title: tuple[Piece, ...]
    headline: str
    link: str
    language: str
    quotes: tuple[Quote, ...]
    passages: tuple[tuple[Piece, ...], ...]
    voices: tuple[Voice, ...]
    revision: int
    told_at: datetime
    notes: tuple[str, ...] = ()
    publisher: str = ""
    was: tuple[str, ...] = ()


# A sentence longer than this on either side of the evidence is cut at a word.
_AROUND = 300
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s")


def marked(text: str, evidence: Iterable[Evidence]) -> tuple[Piece, ...]:
    """The text cut at the evidence. Overlapping spans are marked once."""
    pieces: list[Piece] = []
    done = 0
    for start, end in sorted({(each.start, each.end) for each in evidence}, key=lambda span: (span[0], -span[1])):
        if start < done:
            continue
        pieces += [Piece(text[done:start], False), Piece(text[start:end], True)]
        done = end
    pieces.append(Piece(text[done:], False))
    return tuple(piece for piece in pieces if piece.text)


def passage(text: str, evidence: tuple[Evidence, ...]) -> tuple[Piece, ...]:
    """The sentence, or sentences, in which the evidence stands, with the evidence marked."""
    first, last = min(each.start for each in evidence), max(each.end for each in evidence)
    begin, cut_before = _begin(text, first)
    end, cut_behind = _end(text, last)
    inside = [Evidence(each.field, each.start - begin, each.end - begin, each.text, each.pattern) for each in evidence]
    pieces = marked(text[begin:end], inside)
    ellipsis = Piece("…", False)
    return (*([ellipsis] if cut_before else []), *pieces, *([ellipsis] if cut_behind else []))


def passages(text: str, firings: Iterable[tuple[Evidence, ...]]) -> tuple[tuple[Piece, ...], ...]:
    """The `passage` of each firing in turn; firings of the same sentences share one."""
    shared: dict[tuple[int, int], list[Evidence]] = {}
    for evidence in firings:
        first, last = min(each.start for each in evidence), max(each.end for each in evidence)
        begin, end = _begin(text, first)[0], _end(text, last)[0]
        place = next(((b, e) for b, e in shared if begin < e and b < end), (begin, end))
        shared.setdefault(place, []).extend(evidence)
    return tuple(passage(text, tuple(evidence)) for evidence in shared.values())


def _begin(text: str, first: int) -> tuple[int, bool]:
    line = text.rfind("\n", 0, first) + 1
    for found in _SENTENCE_END.finditer(text, line, first):
        line = found.end()
    if first - line <= _AROUND:
        return line, False
    space = text.find(" ", first - _AROUND, first)
    return (space + 1 if space >= 0 else first), True


def _end(text: str, last: int) -> tuple[int, bool]:
    stop = text.find("\n", last)
    stop = len(text) if stop < 0 else stop
    found = _SENTENCE_END.search(text, last, stop)
    stop = found.end() - 1 if found else stop
    if stop - last <= _AROUND:
        return stop, False
    space = text.rfind(" ", last, last + _AROUND)
    return (space if space >= 0 else last), True
