"""Which places and happenings a text names, in terms that all languages share."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import NamedTuple

from monitor.core.rules.languages import language_code
from monitor.core.rules.stems import keys
from monitor.core.rules.words import fold, plain, word_pattern

PLACES, HAPPENINGS = "places.tsv", "happenings.tsv"

_COMMENT = "#"
# The line of the phrases that hold a form and do not mean it.
_NONE = "-"
_NEAR = "near"
# Before a form that is found as it is written, without its inflections.
_EXACT = "="
_MOST_REMEMBERED = 200_000
# Where all is written in capitals, "US" and "WHO" may be the pronouns; "NATO" and "IAEA" are what they are.
_SHORTEST_CLEAR = 4
_SHORTEST_SHOUT = 3
# A form and its keys begin alike. Another beginning is a mistake of the dictionary: a form is in its base form already.
_OPENING = 2
# Words that share a shorter stem alone are mostly two words.
_SHORTEST_STEM = 5


class Spoken(NamedTuple):
    """The ids of the tables' lines that a text speaks of."""

    places: frozenset[str]
    happenings: frozenset[str]


_NOTHING = Spoken(frozenset(), frozenset())


class Line(NamedTuple):
    """`forms` by language; `near` are the ids that a place reaches into or touches."""

    id: str
    forms: Mapping[str, tuple[str, ...]]
    near: tuple[str, ...]


def spoken(words: Sequence[str], language: str) -> Spoken:
    """`words` are the words of a text, in order and as they are written."""
    lexicon = _lexicon(language_code(language))
    return _NOTHING if lexicon is None else lexicon.spoken(words)


def is_listed(word: str, language: str) -> bool:
    """Whether the word, as it is written, is one of the forms of a place or a happening."""
    lexicon = _lexicon(language)
    return lexicon is not None and bool(lexicon[word])


def apart(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Both name places, and no place of the one is, lies in, lies around or reaches into a place of the other."""
    if not ours or not theirs or not ours.isdisjoint(theirs):
        return False
    return not any(_touch(one, other) for one, other in product(ours, theirs))


@lru_cache(maxsize=2)
def lines(table: str) -> tuple[Line, ...]:
    text = files(__package__).joinpath(table).read_text("utf-8")
    header, *rows = (row.split("\t") for row in text.splitlines() if row and not row.startswith(_COMMENT))
    return tuple(_line(dict(zip(header, row, strict=True))) for row in rows)


def words_of_form(form: str) -> list[str]:
    mark = _EXACT if form.startswith(_EXACT) else ""
    return [mark + plain(word) for word in word_pattern(form).findall(form)]


def _line(cells: dict[str, str]) -> Line:
    place = cells.pop("id")
    near = _listed(cells.pop(_NEAR, ""))
    return Line(place, {language: _listed(cell) for language, cell in cells.items()}, near)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, cell.split(","))))


class _Node(dict[int, "_Node"]):
    """What has been read of a form; by the number of the word that may come next, what is read then."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = False
        self.places: set[str] = set()
        self.happenings: set[str] = set()


class _Lexicon(dict[str, tuple[int, ...]]):
    """By a word as it is written: the numbers of the words of forms that it stands for."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language
        self._numbers: dict[str, int] = {}
        self._by_key: dict[str, list[str]] = {}
        self._unclear: set[int] = set()
        self._whole: set[int] = set()
        self._start = _Node()
        for line in lines(PLACES):
            for node in self._learn(line):
                node.places.add(line.id)
        for line in lines(HAPPENINGS):
            for node in self._learn(line):
                node.happenings.add(line.id)

    def _learn(self, line: Line) -> Iterator[_Node]:
        for form in line.forms.get(self._language, ()):
            node = self._start
            numbers = list(map(self._number, words_of_form(form)))
            for number in numbers:
                node = node.setdefault(number, _Node())
            if len(numbers) == 1:
                self._whole.update(numbers)
            node.ends = True
            if line.id != _NONE:
                yield node

    def _number(self, word: str) -> int:
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self._numbers)
            for key in self._keys(word):
                self._by_key.setdefault(key, []).append(word)
            if word.isupper() and len(word) < _SHORTEST_CLEAR:
                self._unclear.add(number)
        return number

    def _keys(self, form: str) -> tuple[str, ...]:
        if form.startswith(_EXACT):
            return (fold(form),)
        opening = fold(form)[:_OPENING]
        found = keys(form, self._language)
        return tuple(key for key in found if key.startswith(opening)) or found

    def __missing__(self, written: str) -> tuple[int, ...]:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        word = written if written.isalnum() else plain(written)
        likely: list[int] = []
        possible: list[int] = []
        for form, key in self._akin(word):
            if _is_written(word, form):
                same = keys(word, self._language)[0] == self._keys(form)[0] or fold(form) == fold(word)
                if same or key.startswith(_EXACT):
                    likely.append(self._numbers[form])
                elif len(key) >= _SHORTEST_STEM:
                    possible.append(self._numbers[form])
        # "Niger" is no "Nigeria", but half of another form says nothing of what the word is on its own.
        found = self[written] = tuple(likely if self._whole.intersection(likely) else likely + possible)
        return found

    def _akin(self, word: str) -> list[tuple[str, str]]:
        """The forms that share a key with the word, each with the first that it shares."""
        shared: dict[str, str] = {}
        for key in (_EXACT + fold(word), *keys(word, self._language)):
            for form in self._by_key.get(key, ()):
                shared.setdefault(form, key)
        return list(shared.items())

    def spoken(self, words: Sequence[str]) -> Spoken:
        numbers = list(map(self.__getitem__, words))
        if len(words) >= _SHORTEST_SHOUT and "".join(words).isupper():
            numbers = [tuple(number for number in each if number not in self._unclear) for each in numbers]
        places: set[str] = set()
        happenings: set[str] = set()
        at = 0
        for begin, each in enumerate(numbers):
            if begin < at or not each:
                continue
            nodes = [self._start[number] for number in each if number in self._start]
            # A node without any after it is false.
            if any(nodes):
                nodes, at = self._longest(numbers, begin)
            for node in nodes:
                places |= node.places
                happenings |= node.happenings
        return Spoken(frozenset(places), frozenset(happenings)) if places or happenings else _NOTHING

    def _longest(self, numbers: Sequence[tuple[int, ...]], at: int) -> tuple[list[_Node], int]:
        """The forms that end with the longest one to begin here, and where the next may begin."""
        found: list[_Node] = []
        after = at + 1
        nodes = [self._start]
        for end in range(at, len(numbers)):
            nodes = [node[number] for node in nodes for number in numbers[end] if number in node]
            if not nodes:
                break
            if any(node.ends for node in nodes):
                found, after = nodes, end + 1
        return found, after


def _is_written(word: str, form: str) -> bool:
    """A form in capitals stands as it is; a name begins with a capital; all else may begin with one."""
    form = form.removeprefix(_EXACT)
    if len(form) > 1 and form.isupper():
        return word == form
    return word[0].isupper() or not form[0].isupper()


@lru_cache(maxsize=1_000)
def _lexicon(code: str) -> _Lexicon | None:
    return _Lexicon(code) if code in lines(PLACES)[0].forms else None


@lru_cache(maxsize=100_000)
def _touch(one: str, other: str) -> bool:
    return any(_nested(ours, theirs) for ours, theirs in product(_reach(one), _reach(other)))


def _nested(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


@lru_cache(maxsize=2_000)
def _reach(place: str) -> tuple[str, ...]:
    """The place, and what is near it or near what it lies in."""
    inner = place
    while inner:
        if near := _near().get(inner):
            return (place, *near)
        inner = inner.rpartition("/")[0]
    return (place,)


@lru_cache(maxsize=1)
def _near() -> dict[str, tuple[str, ...]]:
    return {line.id: line.near for line in lines(PLACES)}
