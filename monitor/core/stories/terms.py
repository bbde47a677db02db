"""What grouping reads in a report: its terms, the places it speaks of, and what other languages would have in common
with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.rules.languages import spoken as language_of
from monitor.core.rules.stems import keys
from monitor.core.rules.words import fold, plain, word_pattern
from monitor.core.stories.lexicon import is_listed, spoken

# More of a text speaks of what led to the event, and of others.
LEAD = 60
_MOST_REMEMBERED = 200_000
_OPENING = 5
_SHORTEST_NAME = 4

_CYRILLIC = str.maketrans(
    {
        **dict(zip("абвгґдеёєзиіїйклмнопрстуфхьъыэ", "abvggdeeeziiiiklmnoprstufh\0\0ie", strict=True)),
        "ж": "z",
        "ц": "c",
        "ч": "c",
        "ш": "s",
        "щ": "s",
        "ю": "iu",
        "я": "ia",
        "ў": "u",
    }
)
_SOUNDS = (("sch", "s"), ("sh", "s"), ("sz", "s"), ("ch", "c"), ("cz", "c"), ("tch", "c"), ("zh", "z"), ("rz", "z"))
_LETTERS = str.maketrans("wjyk", "viic")


@dataclass(frozen=True, slots=True)
class Terms:
    """`title` and `lead` are the stems of one language; `title` is part of `lead`. `shared_title` and `shared_lead` are
    what other languages have too: places, happenings, numbers and the beginnings of names."""

    language: str
    title: frozenset[str]
    lead: frozenset[str]
    places: frozenset[str]
    title_places: frozenset[str]
    happenings: frozenset[str]
    shared_title: frozenset[str]
    shared_lead: frozenset[str]


class _Stems(dict[str, str]):
    """By a word as it is written: its stem in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __missing__(self, written: str) -> str:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        word = written if written.isalnum() else plain(written)
        stem = self[written] = keys(word, self.language)[0]
        return stem


class _Names(dict[str, str]):
    """By a word as it is written: how its name would begin in any language; empty if it is none."""

    def __missing__(self, written: str) -> str:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        name = self[written] = _name(written)
        return name


_stems: dict[str, _Stems] = {}
_names = _Names()


def terms_of(title: str, text: str, language: str = "") -> Terms:
    """`language` is what the feed says it is; `text` is what follows the title, without markup."""
    code = language_of(language, f"{title}\n{text[:400]}" if text else title)
    if (stems := _stems.get(code)) is None:
        stems = _stems[code] = _Stems(code)
    titled = word_pattern(title).findall(title)
    # A word is seldom longer than this on average, and nobody needs the rest of a long article cut into words.
    text = text[: LEAD * 12]
    told = word_pattern(text).findall(text)[:LEAD] if text else []
    title_stems = frozenset(map(stems.__getitem__, titled))
    in_title, in_text = spoken(titled, code), spoken(told, code)
    shared_title = _names_in(titled, code) | in_title.places | in_title.happenings
    return Terms(
        code,
        title_stems,
        title_stems.union(map(stems.__getitem__, told)),
        in_title.places | in_text.places,
        in_title.places,
        in_title.happenings | in_text.happenings,
        shared_title,
        shared_title | _names_in(told, code) | in_text.places | in_text.happenings,
    )


def _names_in(words: Sequence[str], language: str) -> frozenset[str]:
    """The names and numbers among the words, without those that the lexicon knows by what they mean."""
    return frozenset(name for word in words if (name := _names[word]) and not is_listed(word, language))


def _name(written: str) -> str:
    if written.isdigit():
        return written if len(written) > 1 else ""
    if not written[0].isupper():
        return ""
    name = fold(plain(written)).translate(_CYRILLIC).replace("\0", "")
    if len(name) < _SHORTEST_NAME:
        return ""
    for sound, letter in _SOUNDS:
        name = name.replace(sound, letter)
    return f"~{name.translate(_LETTERS)[:_OPENING]}"
