"""Text with the words marked that made a rule fire, and how it is cut to what a reader has room for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.core.values import Evidence

HEADLINE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `marked` where it made a rule fire."""

    text: str
    marked: bool


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


def excerpt(pieces: Sequence[Piece], limit: int = HEADLINE_LIMIT) -> tuple[Piece, ...]:
    """At most some `limit` characters, around the first marked words, cut between words where it can be."""
    text = "".join(piece.text for piece in pieces)
    if len(text) <= limit:
        return tuple(pieces)
    at, first = 0, (0, 0)
    for piece in pieces:
        if piece.marked:
            first = (at, at + len(piece.text))
            break
        at += len(piece.text)
    begin = 0 if first[1] <= limit * 2 // 3 else _word_behind(text, max(first[0] - limit // 3, 0), first[0])
    end = min(begin + limit, len(text))
    if end < len(text):
        space = text.rfind(" ", max(begin + limit // 2, min(first[1], end)), end)
        end = space if space >= 0 else end
    return (
        *([Piece("…", False)] if begin else []),
        *_between(pieces, begin, end),
        *([Piece("…", False)] if end < len(text) else []),
    )


def _word_behind(text: str, start: int, stop: int) -> int:
    space = text.find(" ", start, stop)
    return space + 1 if space >= 0 else start


def _between(pieces: Sequence[Piece], begin: int, end: int) -> Iterable[Piece]:
    at = 0
    for piece in pieces:
        kept = piece.text[max(begin - at, 0) : max(end - at, 0)]
        if kept:
            yield Piece(kept, piece.marked)
        at += len(piece.text)
