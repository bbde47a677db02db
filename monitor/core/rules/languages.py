"""In which language an entry is read: what its feed says, if the letters do not contradict it, else the detector."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from eld import LanguageDetector  # type: ignore[import-untyped]

UNKNOWN = "und"
# Of the best score, where the letters are plain.
_NEARLY = 0.85
_LATIN, _CYRILLIC, _ARABIC, _HAN, _KANA = "latin", "cyrillic", "arabic", "han", "kana"

# More of a text decides nothing, and costs.
_ENOUGH = 300
_SUBTAG = re.compile(r"[^-_\s;,]*")
_SAME = {
    "nb": "no", "nn": "no", "iw": "he", "ji": "yi", "in": "id", "mo": "ro", "sh": "sr", "fil": "tl", "cmn": "zh",
    "yue": "zh", "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "rus": "ru", "ukr": "uk",
    "pol": "pl", "ita": "it", "por": "pt", "nld": "nl", "ara": "ar", "zxx": "", "mul": "", "und": "",
}  # fmt: skip
_WRITTEN_IN = {
    code: script
    for script, codes in {
        _CYRILLIC: "ru uk be bg mk kk ky mn tg tt ba cv os",
        _ARABIC: "ar fa ur ps ckb ug sd",
        "greek": "el",
        "hebrew": "he yi",
        "armenian": "hy",
        "georgian": "ka",
        "devanagari": "hi mr ne",
        "bengali": "bn as",
        "gurmukhi": "pa",
        "gujarati": "gu",
        "tamil": "ta",
        "telugu": "te",
        "kannada": "kn",
        "malayalam": "ml",
        "sinhala": "si",
        "thai": "th",
        "lao": "lo",
        "myanmar": "my",
        "khmer": "km",
        "hangul": "ko",
        "ethiopic": "am ti",
        _HAN: "zh",
        _KANA: "ja",
    }.items()
    for code in codes.split()
}
# Written in two scripts, or in one of our list and Latin: no script contradicts them.
_EITHER = frozenset(["az", "bs", "kk", "ku", "ky", "mn", "pa", "sd", "sr", "tk", "tt", "ug", "uz"])
_LETTERS = {
    _CYRILLIC: "\u0400-\u052f", _ARABIC: "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "greek": "\u0370-\u03ff\u1f00-\u1fff", "hebrew": "\u0590-\u05ff", "armenian": "\u0530-\u058f",
    "georgian": "\u10a0-\u10ff", "devanagari": "\u0900-\u097f", "bengali": "\u0980-\u09ff",
    "gurmukhi": "\u0a00-\u0a7f", "gujarati": "\u0a80-\u0aff", "tamil": "\u0b80-\u0bff", "telugu": "\u0c00-\u0c7f",
    "kannada": "\u0c80-\u0cff", "malayalam": "\u0d00-\u0d7f", "sinhala": "\u0d80-\u0dff", "thai": "\u0e00-\u0e7f",
    "lao": "\u0e80-\u0eff", "myanmar": "\u1000-\u109f", "khmer": "\u1780-\u17ff",
    "hangul": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af", "ethiopic": "\u1200-\u137f",
    _HAN: "\u3400-\u9fff\uf900-\ufaff", _KANA: "\u3040-\u30ff\uff66-\uff9f",
}  # fmt: skip
_SCRIPTS = {script: re.compile(f"[{letters}]") for script, letters in _LETTERS.items()}
_FOREIGN = re.compile(f"[{''.join(_LETTERS.values())}]")
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# A publisher's software says "en" where nobody told it better; a name or two have such letters in English as well.
_SEVERAL = 3
_UNENGLISH = re.compile("\\w*[ßåæøÅÆØñÑ\u0100-\u024f]\\w*")
# The first that is found tells the language among those of its script.
_TELLING = {
    _CYRILLIC: {
        "be": re.compile("[Ўў]"),
        "mk": re.compile("[ЃѓЌќЅѕ]"),
        "sr": re.compile("[ЈјЉљЊњЋћЂђЏџ]"),
        "uk": re.compile("[ЇїЄєҐґ]|[Іі](?![^ЫыЭэЁёЪъ]*[ЫыЭэЁёЪъ])"),
        "ru": re.compile("[ЫыЭэЁё]"),
    },
    _ARABIC: {
        "ps": re.compile("[ټډړږښڼې]"),
        "ckb": re.compile("[ێۆڵڕ]"),
        "ur": re.compile("[ٹڈڑںےہ]"),
        "fa": re.compile("[پچژگیک](?s:(?!.*ة))"),
        "ar": re.compile("ة"),
    },
}
_CONFUSED = ({"ru", "uk", "be"}, {"ar", "fa"})
_USUAL = {_CYRILLIC: "ru", _ARABIC: "ar"}


@lru_cache(maxsize=1_000)
def language_code(said: str) -> str:
    """The first subtag in lower case, by its usual name: "EN_us" is "en", "nb" is "no"."""
    found = _SUBTAG.match(said.strip().casefold())
    code = found[0] if found else ""
    return _SAME.get(code, code)


def spoken(said: str, text: str) -> str:
    """The code of the language that `text` is read in; `said` is what the feed declares. Never empty."""
    code = language_code(said)
    if code and code not in _WRITTEN_IN and (text.isascii() or code in _EITHER or not _FOREIGN.search(text)):
        if code != "en" or text.isascii() or len(set(_UNENGLISH.findall(text))) < _SEVERAL:
            return code
        found = _detected(text[:_ENOUGH], _LATIN)
        return code if found == UNKNOWN else found
    start = text[:_ENOUGH]
    script = _script(start)
    if code and _fits(code, script):
        return _told_apart(code, script, start)
    return _from_letters(script, start) or _detected(start, script)


def _script(text: str) -> str:
    """The script of most letters; kana decides for Japanese, however many Han characters stand beside it."""
    counts = Counter({_LATIN: len(_LATIN_LETTER.findall(text))})
    if _FOREIGN.search(text):
        counts.update({script: len(letter.findall(text)) for script, letter in _SCRIPTS.items()})
    if counts[_KANA] and counts[_KANA] + counts[_HAN] >= counts[_LATIN]:
        return _KANA
    [(script, count)] = counts.most_common(1)
    return script if count else ""


def _fits(code: str, script: str) -> bool:
    if not script or code in _EITHER:
        return True
    return _WRITTEN_IN.get(code, _LATIN) == script or (code == "ja" and script == _HAN)


def _told_apart(code: str, script: str, text: str) -> str:
    """Feeds from Kyiv that say "ru" and are Ukrainian, feeds from Tehran that say "ar"."""
    told = next((other for other, letter in _TELLING.get(script, {}).items() if letter.search(text)), code)
    return told if any(code in pair and told in pair for pair in _CONFUSED) else code


def _from_letters(script: str, text: str) -> str:
    for code, letter in _TELLING.get(script, {}).items():
        if letter.search(text):
            return code
    alone = [code for code, written in _WRITTEN_IN.items() if written == script]
    return alone[0] if len(alone) == 1 else ""


def _detected(text: str, script: str) -> str:
    """English where plain letters leave doubt: most feeds are, and its inflection does other words little harm."""
    if not script:
        return UNKNOWN
    found = _detector().detect(text)
    code = language_code(found.language or "")
    if script != _LATIN:
        likely = _WRITTEN_IN.get(code) == script and (script != _CYRILLIC or found.is_reliable())
        return code if likely else _USUAL.get(script, UNKNOWN)
    plain = _ACCENTED.search(text) is None
    if not code or code in _WRITTEN_IN:
        return "en" if plain else UNKNOWN
    if plain and (not found.is_reliable() or _nearly_english(found.scores())):
        return "en"
    return code


def _nearly_english(scores: Mapping[str, float]) -> bool:
    return scores.get("en", 0.0) >= _NEARLY * max(scores.values())


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    return LanguageDetector()
