"""What is left of a word when its inflection is taken away: the keys by which two forms are one word."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import Stemmer
from simplemma.strategies import DefaultStrategy
from simplemma.strategies.dictionaries import StreamDictionaryFactory

from monitor.core.rules.english import english
from monitor.core.rules.languages import UNKNOWN, language_code
from monitor.core.rules.words import fold

_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french",
    "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_DICTIONARY = {"no": "nb", "sr": "hbs", "hr": "hbs", "bs": "hbs"}
# Where a stem joins what the dictionary rightly keeps apart ("armée", "arme"), it serves unknown words only.
_DICTIONARY_ALONE = frozenset(["ca", "fr", "it", "lv", "nl", "uk"])
# Where particles are written in one with the word, and where the dictionary has gaps that its rules can fill.
_DECOMPOSED = frozenset(["ar", "he", "lv"])
# No Snowball: the endings of nouns and adjectives, longest first, taken from words the dictionary does not have.
_ENDINGS = {
    "lv": ("iem", "ajā", "ām", "am", "os", "as", "es", "ēm", "is", "us", "ai", "ei", "ie", *"sšaeiuoāēīū"),
    "uk": (
        *("ими", "ого", "ому", "ами", "ями", "ові", "еві", "ою", "єю", "ею", "их", "им", "ій"),
        *("ах", "ях", "ів", "їв", "ам", "ям", "ом", "ем", "єм", *"аяуюіїоеєийь"),
    ),
}
# Of two letters that look the same and are typed for each other, one.
_LOOKALIKES = {
    "ar": str.maketrans("یکىې", "يكيي"),
    "fa": str.maketrans("يىكةۀ", "ییکهه"),
    "ur": str.maketrans("يىك", "ییک"),
}  # fmt: skip
# Dictionaries and stemmers call adverbs by their adjective: "généralement" is not "général".
_ADVERB = {"es": "mente", "fr": "ment", "it": "mente", "pt": "mente"}
_PARTICLES = {"he": "הובלמשכ"}
_ARTICLE = "ה"
# A stem that takes more than this from the dictionary's form has taken a derivation: "généralement", "organisch".
_INFLECTION = 2

_dictionaries = StreamDictionaryFactory(cache_max_size=32)
_decomposing = DefaultStrategy(dictionary_factory=_dictionaries)


@dataclass(frozen=True, slots=True)
class _Language:
    code: str
    dictionary: Mapping[str, str] | None
    snowball: Callable[[str], str] | None

    def lower(self, word: str) -> str:
        if self.code == "tr":
            word = word.replace("İ", "i").replace("I", "ı")
        return word.lower()

    def lemma(self, word: str) -> str | None:
        """What the dictionary calls the word, whichever case it stands in."""
        if self.dictionary is None:
            return None
        lower = self.lower(word)
        for written in dict.fromkeys((word, lower, lower.capitalize())):
            found = self.dictionary.get(written)
            if found is None and self.code in _DECOMPOSED:
                found = _decomposing.get_lemma(written, _DICTIONARY.get(self.code, self.code))
            if found is not None:
                return lower if self.is_adverb_of(lower, found) else self.lower(found)
        return None

    def is_adverb_of(self, lower: str, lemma: str) -> bool:
        ending = _ADVERB.get(self.code)
        # A verb has forms that end so: "affirment".
        return ending is not None and lower.endswith(ending) and not lemma.endswith((ending, "r", "re"))

    def stem(self, lower: str) -> str:
        if self.is_adverb_of(lower, ""):
            return lower
        if self.snowball is not None:
            return self.snowball(lower)
        for ending in _ENDINGS.get(self.code, ()):
            if lower.endswith(ending) and len(lower) - len(ending) >= 3:
                return lower[: -len(ending)]
        return lower

    def keys(self, word: str) -> tuple[str, ...]:
        lemma = self.lemma(word)
        folded = self.key(word)
        stem = self.stem(self.lower(word))
        if lemma is None:
            found = (stem, folded, self.bare(word, "") or self.stem(folded))
        elif self.code in _DICTIONARY_ALONE or len(lemma) - len(self.stem(lemma)) > _INFLECTION:
            found = (lemma, folded, self.bare(word, lemma))
        else:
            found = (lemma, folded, self.bare(word, lemma) or stem)
        return tuple(dict.fromkeys(self.key(each) or folded for each in found if each))

    def bare(self, word: str, lemma: str) -> str:
        """The word without the particles written in one with it, where that leaves a word of the dictionary.

        Of a word that the dictionary has, only the article is taken: "משרד" is no "שרד".
        """
        particles = _PARTICLES.get(self.code, "")
        if self.dictionary is None or not particles:
            return ""
        if word in self.dictionary:
            particles = _ARTICLE
        while word[:1] in particles and len(word) > 3:
            word = word[1:]
            if (found := self.dictionary.get(word)) is not None:
                found = self.dictionary.get(word[1:], found) if word[0] == _ARTICLE else found
                return found if found != lemma else ""
        return ""

    def key(self, word: str) -> str:
        folded = fold(word)
        letters = _LOOKALIKES.get(self.code)
        return folded.translate(letters) if letters else folded


@lru_cache(maxsize=100_000)
def keys(word: str, language: str) -> tuple[str, ...]:
    """One to three folded keys, principal first: two words that share one are the same word, inflection apart."""
    code = language_code(language) or UNKNOWN
    if code == "en" or (code == UNKNOWN and word.isascii()):
        return english(fold(word))
    return _language(code).keys(word)


@lru_cache(maxsize=10_000)
def full_stem(word: str, language: str) -> str:
    """The stem without derivation either: "organiser" and "organisation" are "organis"."""
    snowball = _language(language_code(language)).snowball
    return fold(snowball(fold(word))) if snowball else fold(word)


@lru_cache(maxsize=256)
def _language(code: str) -> _Language:
    stemmer = Stemmer.Stemmer(_SNOWBALL[code]) if code in _SNOWBALL else None
    return _Language(code, _dictionary(code), stemmer.stemWord if stemmer else None)


def _dictionary(code: str) -> Mapping[str, str] | None:
    try:
        return _dictionaries.get_dictionary(_DICTIONARY.get(code, code))
    except ValueError:
        return None
