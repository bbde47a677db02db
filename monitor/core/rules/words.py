"""Words of a text as rules compare them: folded, without inflection, with their place in the original."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

# Marks, soft hyphens and zero-width characters belong to the word they stand in.
_MARKS = "".join(character for character in map(chr, range(0x10000)) if unicodedata.category(character)[0] == "M")
_INSIDE = f"{_MARKS}\u00ad\u200b-\u200d\u2060\ufeff"
# Where marks are ornaments that writers leave out: Latin, Greek, Hebrew and Arabic. In other scripts, й and ї
# and the vowels of हिन्दी among them, they make another letter.
_ORNAMENTED = re.compile("[\u0000-\u024f\u0370-\u03ff\u0590-\u06ff\u1e00-\u1fff]")
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_INSIDE}])*(?:['’ʼ](?:s|S)(?![^\W_]))?")
_POSSESSIVE = re.compile(r"['’ʼ][sS]$")
_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
# The look-behind keeps a long run of dots from being tried from each of its dots.
_BREAK = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]{0,8}\s+|[;\n。！？]+|\s[—–]\s")
_LAST_WORD = re.compile(r"[^\s(\"'“‘]+$")
# "D.C.", "J.": an initial or several.
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "gen",
        "col",
        "lt",
        "sgt",
        "capt",
        "adm",
        "gov",
        "sen",
        "rep",
        "pres",
        "st",
        "no",
        "vs",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "u.s",
        "u.k",
        "u.n",
        "e.u",
        "a.m",
        "p.m",
        "inc",
        "ltd",
        "co",
        "corp",
        "approx",
        "dept",
        "est",
    ]
)
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "es": "spanish",
    "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nl": "dutch", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_IRREGULAR = {
    "struck": "strike", "shot": "shoot", "flew": "fly", "flown": "fly", "flies": "fly", "lying": "lie", "lay": "lie",
    "lain": "lie", "dying": "die", "men": "man", "women": "woman", "children": "child", "people": "person",
    "broke": "break", "broken": "break", "fought": "fight", "sent": "send", "hit": "hit", "hitting": "hit",
    "sank": "sink", "sunk": "sink", "began": "begin", "begun": "begin", "went": "go", "gone": "go", "took": "take",
    "taken": "take", "fell": "fall", "fallen": "fall", "blew": "blow", "blown": "blow", "drove": "drive",
    "driven": "drive", "crises": "crisis", "bases": "base", "wives": "wife", "lives": "life",
}  # fmt: skip
_UNINFLECTED = frozenset(
    [
        "news",
        "series",
        "species",
        "iris",
        "texas",
        "paris",
        "always",
        "gas",
        "bus",
        "us",
        "is",
        "was",
        "has",
        "this",
        "its",
        "alas",
        "kansas",
    ]
)


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` of the original; `glued` when nothing but a hyphen or a space parts it from the word before."""

    stem: str
    folded: str
    start: int
    end: int
    glued: bool


def sentences(text: str, language: str) -> Iterator[list[Word]]:
    """The words of each sentence in turn. A sentence ends at . ! ? ; a line's end or a spaced dash."""
    begin = 0
    for mark in _BREAK.finditer(text):
        if mark[0].startswith(".") and _is_abbreviation(text, mark.start()):
            continue
        yield _words(text, begin, mark.end(), language)
        begin = mark.end()
    yield _words(text, begin, len(text), language)


def _is_abbreviation(text: str, stop: int) -> bool:
    word = _LAST_WORD.search(text, max(0, stop - 12), stop)
    return word is not None and (word[0].casefold() in _ABBREVIATIONS or _INITIALS.fullmatch(word[0]) is not None)


def _words(text: str, begin: int, end: int, language: str) -> list[Word]:
    words: list[Word] = []
    last = begin
    for found in _WORD.finditer(text, begin, end):
        folded = fold(_POSSESSIVE.sub("", found[0]))
        between = text[last : found.start()]
        glued = bool(words) and (between == " " or between in _HYPHENS)
        words.append(Word(stem(folded, language), folded, found.start(), found.end(), glued))
        last = found.end()
    return words


def pattern_words(text: str) -> list[str]:
    """The words of a pattern, folded; a hyphen joins its two halves: "pre-emptive" is "preemptive"."""
    joined = re.sub(rf"(?<=\w)[{_HYPHENS}](?=\w)", "", text)
    return [fold(_POSSESSIVE.sub("", word)) for word in _WORD.findall(joined)]


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """Without case, ornamental marks, ligatures and invisible characters. Idempotent."""
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS)):
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        if category == "Mn" and _ORNAMENTED.match(base):
            continue
        base = base if category == "Mn" else character
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept).casefold().translate(_LETTERS))


def known_language(said: str) -> str:
    """The code by which stems are looked up: "en" if nothing was said, "und" for what we have no stemmer for."""
    code = said.casefold().replace("_", "-").partition("-")[0]
    if code in ("", "en"):
        return "en"
    return code if code in _STEMMERS else "und"


def stem(folded: str, language: str) -> str:
    """The word without its inflection; for a language without a stemmer, the word itself."""
    return _stemmer(language)(folded)


@lru_cache(maxsize=64)
def _stemmer(language: str) -> Callable[[str], str]:
    code = known_language(language)
    if code == "en":
        return _english
    if code == "und":
        return str
    snowball = Stemmer.Stemmer(_STEMMERS[code])

    @lru_cache(maxsize=100_000)
    def cached(word: str) -> str:
        return fold(snowball.stemWord(word))

    return cached


@lru_cache(maxsize=100_000)
def _english(word: str) -> str:
    """Inflection only: plural, -ed, -ing. "organisation" stays apart from "organic", "general" from "generally"."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or word in _UNINFLECTED or not word.isascii():
        return word
    for suffix, ending in (("ies", "y"), ("ied", "y")):
        if word.endswith(suffix) and len(word) > 4:
            return word[:-3] + ending
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return _without_e(word[:-1])
    for suffix in ("ing", "ed"):
        root = word.removesuffix(suffix)
        if root != word and len(root) > 2 and any(vowel in root for vowel in "aeiouy"):
            doubled = root[-1] == root[-2] and root[-1] not in "lsz"
            return root[:-1] if doubled else _without_e(root)
    return _without_e(word)


def _without_e(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
