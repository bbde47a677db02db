"""What templates are given: values made for them. Their names are an interface users build on."""

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
    severity: Severity
    rules: tuple[str, ...]
    title: tuple[Piece, ...]
    headline: str
    link: str
    language: str
    quotes: tuple[Quote, ...]
    voices: tuple[Voice, ...]
    revision: int
    told_at: datetime


_AROUND = 220


def marked(text: str, evidence: Iterable[Evidence]) -> tuple[Piece, ...]:
    """The text cut at the evidence. Overlapping spans are marked once."""
    pieces: list[Piece] = []
    done = 0
    for start, end in sorted({(each.start, each.end) for each in evidence}):
        if start < done:
            continue
        pieces += [Piece(text[done:start], False), Piece(text[start:end], True)]
        done = end
    pieces.append(Piece(text[done:], False))
    return tuple(piece for piece in pieces if piece.text)


def passage(text: str, evidence: tuple[Evidence, ...]) -> tuple[Piece, ...]:
    """The evidence with up to 220 characters of its line before and behind it."""
    first, last = min(each.start for each in evidence), max(each.end for each in evidence)
    begin = max(text.rfind("\n", 0, first) + 1, first - _AROUND)
    stop = text.find("\n", last)
    end = min(len(text) if stop < 0 else stop, last + _AROUND)
    if begin > 0 and text[begin - 1] not in "\n ":
        begin = text.find(" ", begin, first) + 1 or begin
    if end < len(text) and text[end] not in "\n ":
        end = max(text.rfind(" ", last, end), last)
    before = "…" if begin > 0 and text[begin - 1] != "\n" else ""
    behind = "…" if end < len(text) and text[end] != "\n" else ""
    inside = marked(text[:end], evidence)
    cut: list[Piece] = []
    position = 0
    for piece in inside:
        kept = piece.text[max(0, begin - position) :]
        position += len(piece.text)
        if kept:
            cut.append(Piece(kept, piece.marked))
    return tuple(piece for piece in (Piece(before, False), *cut, Piece(behind, False)) if piece.text)
