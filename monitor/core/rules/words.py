"""Words of a text as rules compare them: folded, with their place in the original."""

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

# Marks, soft hyphens and zero-width characters belong to the word they stand in.
_MARKS = "".join(character for character in map(chr, range(0x10000)) if unicodedata.category(character)[0] == "M")
_INSIDE = f"{_MARKS}\u00ad\u200b-\u200d\u2060\ufeff"
# Written without spaces between words: Thai to Myanmar, Hangul (whose particles are glued on), kana and Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
# Where marks are ornaments that writers leave out: Latin, Greek, Hebrew and Arabic. In other scripts, й and ї
# and the vowels of हिन्दी among them, they make another letter.
_ORNAMENTED = re.compile("[\u0000-\u024f\u0370-\u03ff\u0590-\u06ff\u1e00-\u1fff]")
_INITIALS = r"(?<![^\W_])[^\W\d_](?:\.[^\W\d_])+(?![^\W_])\.?"
_POSSESSIVE = r"(?:['’ʼ][sS](?![^\W_]))?"
_WORD = re.compile(rf"{_INITIALS}|[^\W_](?:[^\W_]|[{_INSIDE}])*{_POSSESSIVE}")
_SPACED_LETTER = rf"(?![{_UNSPACED}])[^\W_]"
_WORD_OR_CHARACTER = re.compile(
    rf"[{_UNSPACED}](?:[{_INSIDE}])*|{_INITIALS}|{_SPACED_LETTER}(?:{_SPACED_LETTER}|[{_INSIDE}])*{_POSSESSIVE}"
)
_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_JOINT = re.compile(rf"(?<=[^\W_])[{_HYPHENS}](?=[^\W_])")
# One hyphen or one gap, among characters that nobody sees.
_GLUE = re.compile(rf"[{_INSIDE}]*(?:[{_HYPHENS}]|(?P<gap>[ \t\u00a0\u2000-\u200a\u202f\u3000]+))[{_INSIDE}]*")
# The look-behind keeps a long run of dots from being tried from each of its dots.
_BREAK = re.compile(r"(?<![.!?…؟۔।])[.!?…؟۔।]+[\"'”’»)\]]{0,8}\s+|[;\n\r\u2028\u2029。！？؛]+")
_PARAGRAPH = frozenset("\n\r\u2028\u2029")
_LAST_WORD = re.compile(r"[^\s(\"'“‘]+$")
_ONE_INITIAL = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_SHORT_FORMS = """
mr mrs ms dr prof gen col lt sgt capt adm gov sen rep pres st no nr vs jan feb mar apr jun jul aug sep sept oct nov dec
a.m p.m inc ltd co corp approx dept est ok bzw z.b ca art vgl ks tzw św ul płk mjr por np sr sra dña d.c им ген обл
"""
_ABBREVIATIONS = frozenset(_SHORT_FORMS.split())
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})


class Glue(IntEnum):
    """What parts a word from the one before it."""

    NONE = 0
    SPACE = 1
    HYPHEN = 2


class Word(NamedTuple):
    """`text[start:end]` of the original, `written` without possessive or the dots of initials."""

    written: str
    start: int
    end: int
    glue: Glue


class Sentence(NamedTuple):
    """`text[begin:end]`; `paragraph` counts the paragraphs of the text from 0."""

    begin: int
    end: int
    paragraph: int


def sentences(text: str) -> list[Sentence]:
    """A sentence ends at . ! ? ; or a line's end; a paragraph at a line's end."""
    found: list[Sentence] = []
    begin = paragraph = 0
    for mark in _BREAK.finditer(text):
        if mark[0].startswith(".") and _is_abbreviation(text, mark.start()):
            continue
        found.append(Sentence(begin, mark.end(), paragraph))
        begin = mark.end()
        paragraph += not _PARAGRAPH.isdisjoint(mark[0])
    found.append(Sentence(begin, len(text), paragraph))
    return found


def _is_abbreviation(text: str, stop: int) -> bool:
    word = _LAST_WORD.search(text, max(0, stop - 12), stop)
    return word is not None and (word[0].casefold() in _ABBREVIATIONS or _ONE_INITIAL.fullmatch(word[0]) is not None)


def word_pattern(text: str) -> re.Pattern[str]:
    """What finds the words of this text; characters of scripts without spaces are words of their own."""
    return _WORD if text.isascii() or not _IS_UNSPACED.search(text) else _WORD_OR_CHARACTER


def words_of(text: str, begin: int, end: int) -> list[Word]:
    words: list[Word] = []
    last = begin
    for found in word_pattern(text).finditer(text, begin, end):
        start, stop = found.span()
        written = found[0]
        if not written.isalnum():
            written = plain(written)
        glue = Glue.NONE
        if words:
            between = text[last:start]
            if between == " ":
                glue = Glue.SPACE
            elif (between == "-" or not between.isascii() or between.isspace()) and (joint := _GLUE.fullmatch(between)):
                glue = Glue.SPACE if joint["gap"] else Glue.HYPHEN
        words.append(Word(written, start, stop, glue))
        last = stop
    return words


def halves(written: str) -> int:
    """The length of a word when words are counted: 2, and 1 for a character of a script without spaces."""
    return 1 if is_unspaced(written) else 2


def plain(found: str) -> str:
    """A word as it was found, without its possessive and the dots between its initials."""
    if found[-2:-1] in ("'", "’", "ʼ"):
        found = found[:-2]
    return found.replace(".", "") if "." in found else found


def is_unspaced(word: str) -> bool:
    return not word.isascii() and _IS_UNSPACED.match(word) is not None


def pattern_words(text: str) -> list[str]:
    """The words of a pattern as written; a hyphen joins its two halves: "pre-emptive" is "preemptive"."""
    joined = _JOINT.sub("", text)
    return [plain(word) for word in word_pattern(joined).findall(joined)]


@lru_cache(maxsize=200_000)
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


def exact(word: str) -> str:
    """As it is written, but for characters that nobody sees."""
    if word.isascii():
        return word
    kept = (character for character in unicodedata.normalize("NFC", word) if unicodedata.category(character) != "Cf")
    return "".join(kept)
