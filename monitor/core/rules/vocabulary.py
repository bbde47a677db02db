"""Which words of a text stand for which words of the patterns, in one language.

A text is first looked at as a bag of chunks, the pieces between its spaces. What a chunk stands for is found out
once and remembered, so that an entry that speaks of nothing costs a few set operations and no more.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import compress

from monitor.core.rules.patterns import MOST_JOINED, Atom, Kind
from monitor.core.rules.stems import full_stem, keys
from monitor.core.rules.words import Glue, Word, exact, fold, is_unspaced, plain, word_pattern

# Chunks and words that are remembered; a year of news has more.
_MOST_CHUNKS = 200_000
# What a space may part: "air space", "F 16"; not "in cursion", whose first half is a word of its own in every text.
_SHORTEST_HEAD = 3
_NEVER_HALF = frozenset(["and", "are", "but", "for", "from", "had", "has", "her", "his", "its", "not", "that", "the"])
_OPENING = 4  # letters by which beginnings of words are looked up; no pattern has a shorter one

_SIGNS = {Glue.SPACE: " ", Glue.HYPHEN: "-"}

# Places of one atom or term in a sentence: (first word, word after the last).
Places = list[tuple[int, int]]


class Vocabulary:
    """The atoms of all patterns, numbered, and the words that stand for them."""

    def __init__(self, language: str, most_chunks: int = _MOST_CHUNKS) -> None:
        self.language = language
        self._most_chunks = most_chunks
        self._numbers: dict[Atom, int] = {}
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_form: dict[str, list[int]] = defaultdict(list)
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._by_opening: dict[str, list[tuple[str, int]]] = defaultdict(list)
        # "air-sp", "air sp": where a word may be parted by a hyphen or a space, and which atoms it would then be.
        self._partings: dict[str, tuple[int, ...]] = {}
        self._heads: set[str] = set()
        self._words: dict[str, tuple[int, ...]] = {}
        self._folded: dict[str, str] = {}
        self._begins: dict[str, str] = {}
        # By chunk: its atoms, and its last word if that may be half of an atom ("air ").
        self._chunks: dict[str, tuple[int, ...]] = {}
        self._halves: dict[str, str] = {}

    def number(self, atom: Atom) -> int:
        if atom not in self._numbers:
            self._numbers[atom] = len(self._numbers)
            self._learn_atom(atom, self._numbers[atom])
        return self._numbers[atom]

    def _learn_atom(self, atom: Atom, number: int) -> None:
        match atom.kind:
            case Kind.EXACT:
                self._by_form[atom.text].append(number)
            case Kind.PREFIX:
                self._by_opening[atom.text[:_OPENING]].append((atom.text, number))
                self._part(atom.text, number)
            case Kind.STEM:
                self._by_stem[full_stem(atom.text, self.language)].append(number)
            case _:
                for key in keys(atom.text, self.language):
                    self._by_key[key].append(number)
                    if atom.kind == Kind.INFLECTED and not is_unspaced(key):
                        self._part(key, number)

    def _part(self, key: str, number: int) -> None:
        for at in range(1, len(key)):
            self._may_part(key, at, "-", number)
            halves = at >= _SHORTEST_HEAD and len(key) - at >= 2 and key[:at] not in _NEVER_HALF
            if halves or key[at].isdigit():
                self._may_part(key, at, " ", number)

    def _may_part(self, key: str, at: int, sign: str, number: int) -> None:
        head = key[:at] + sign
        self._heads.add(head)
        parted = self._partings.get(head + key[at : at + 2], ())
        if number not in parted:
            self._partings[head + key[at : at + 2]] = (*parted, number)

    def bag(self, text: str) -> set[int]:
        """The atoms that may stand somewhere in the text: all that do, and few that do not."""
        chunks = text.split()
        known = self._chunks
        if len(known) >= self._most_chunks:
            known.clear()
            self._halves.clear()
        try:
            records = list(map(known.__getitem__, chunks))
        except KeyError:
            records = [known[chunk] if chunk in known else self._learn_chunk(chunk) for chunk in chunks]
        found: set[int] = set().union(*filter(None, records))
        last = len(chunks) - 1
        for at in compress(range(last), map(self._halves.__contains__, chunks)):
            if parted := self._partings.get(self._halves[chunks[at]] + self._begin(chunks[at + 1])):
                found.update(parted)
        return found

    def _begin(self, chunk: str) -> str:
        """The first two letters of a chunk, as folded."""
        if (begin := self._begins.get(chunk)) is None:
            first = word_pattern(chunk).search(chunk)
            begin = fold(plain(first[0]))[:2] if first else ""
            if len(self._begins) >= _MOST_CHUNKS:
                self._begins.clear()
            self._begins[chunk] = begin
        return begin

    def _learn_chunk(self, chunk: str) -> tuple[int, ...]:
        plain_word = chunk.isalnum() and chunk.isascii()
        words = [chunk] if plain_word else [plain(word) for word in word_pattern(chunk).findall(chunk)]
        atoms = {atom for word in words for atom in self.of_word(word)}
        folded = [fold(word) for word in words]
        for first in range(len(words) - 1):
            head, second = folded[first] + "-", folded[first + 1]
            if len(words) - first < MOST_JOINED:  # the next chunk may end what begins here: "no-fly zone"
                atoms.update(self._partings.get(head + second[:2], ()))
            for after in range(first + 2, min(first + MOST_JOINED, len(words)) + 1):
                atoms.update(self._of_joined(head, second, "".join(words[first:after])))
        self._chunks[chunk] = known = tuple(atoms)
        if folded and folded[-1] + " " in self._heads:
            self._halves[chunk] = folded[-1] + " "
        return known

    def of_word(self, written: str) -> tuple[int, ...]:
        """The atoms that a word of a text stands for."""
        if (known := self._words.get(written)) is not None:
            return known
        found = list(self._by_form.get(exact(written), ())) if self._by_form else []
        found += [number for key in keys(written, self.language) for number in self._by_key.get(key, ())]
        if self._by_opening:
            folded = fold(written)
            beginnings = self._by_opening.get(folded[:_OPENING], ())
            found += [number for beginning, number in beginnings if folded.startswith(beginning)]
        if self._by_stem:
            found += self._by_stem.get(full_stem(written, self.language), ())
        if len(self._words) >= _MOST_CHUNKS:
            self._words.clear()
        self._words[written] = known = tuple(dict.fromkeys(found))
        return known

    def _of_joined(self, head: str, second: str, written: str) -> Iterable[int]:
        """The atoms of which the text writes the parts apart: "air space" for "airspace"."""
        parted = self._partings.get(head + second[:2])
        if not parted:
            return ()
        return [number for number in self.of_word(written) if number in parted]

    def occurrences(self, words: list[Word]) -> dict[int, Places]:
        """Where in a sentence the atoms stand, whether written as one word or as several."""
        at: dict[int, Places] = defaultdict(list)
        for first, word in enumerate(words):
            for number in self._words.get(word.written) or self.of_word(word.written):
                at[number].append((first, first + 1))
            glue = words[first + 1].glue if first + 1 < len(words) else Glue.NONE
            if not glue or (head := self._fold(word.written) + _SIGNS[glue]) not in self._heads:
                continue
            second, written = fold(words[first + 1].written), word.written
            for after in range(first + 2, min(first + MOST_JOINED, len(words)) + 1):
                if not words[after - 1].glue:
                    break
                written += words[after - 1].written
                for number in self._of_joined(head, second, written):
                    at[number].append((first, after))
        return at

    def _fold(self, written: str) -> str:
        folded = self._folded.get(written)
        if folded is None:
            if len(self._folded) >= _MOST_CHUNKS:
                self._folded.clear()
            folded = self._folded[written] = fold(written)
        return folded
