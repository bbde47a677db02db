"""What a story is called and what is said of it: a headline and a sentence of one of its entries, word by word."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.rules.words import sentences
from monitor.core.stories.kinds import Kind

_SHORTEST, _LONGEST = 40, 320
# The event is told in the beginning; what follows is about it.
_LEAD = 3
_READ = 3_000
_FARTHER, _UNENDED, _LEANING = 0.85, 0.85, 0.7
# So many characters are free: of two that tell the same the shorter wins, but not by all means.
_FREE, _FREE_IN_TITLE = 150, 60
_TERSE, _WORDY = 25, 110
# A headline stays unless another is clearly better.
_STAYS = 1.25

_QUOTES = "\"“”„«»'‘’‹›"
_OPENING = _QUOTES + "¿¡("
_ENDED = re.compile(r"[.!。！۔।][\"”’'»)\]]*$")
_ABBREVIATED = re.compile(r"\b[^\W\d_]{1,4}\.$")
_CUT = re.compile(r"(?:\.\.\.|…|\[…\]|[,;:–—-])[\"”’'»)\]]*$")
_ASKED = re.compile(r"[?？؟;][\"”’'»)\]]*$")
# Said to the reader of a site, or of a picture.
_ASIDE = re.compile(
    r"https?:|\bwww\.|click here|\bsign(?:ing)? up\b|\bsubscri(?:be|ption|bers)\b|\bread (?:more|the full|also)\b"
    r"|continue reading|\bfollow (?:us|our|the latest|along|live)\b|newsletter|\bpodcast\b|\bour app\b|download the"
    r"|watch (?:the video|live|more|below)|\blisten to\b|editor['’]s note|first appeared on|originally published"
    r"|this (?:article|story|post|page|video) (?:was|is|has|will|contains)|all rights reserved|\bcookies?\b|advertis"
    r"|get in touch|\bjoin us\b|scroll down|live (?:blog|updates|coverage)|\bphoto(?:graph)?s?(?: by|:| credit)"
    r"|\bfile (?:photo|image|picture)\b|image (?:credit|source)|\bpictured\b|getty images"
    r"|^(?:photo|file|image|video|foto)\b|\bfot\.|\((?:[^()]*/[^()]*|(?:ap|reuters|afp|epa|pap|dpa)(?: photo)?)\)\W*$"
    r"|czytaj (?:więcej|też|także|dalej)|zobacz (?:też|także|więcej)|zapisz się|lesen sie|mehr dazu|weiterlesen"
    r"|abonnieren|lire (?:aussi|la suite)|abonnez-vous|inscrivez-vous|leer más|sigue leyendo|suscríb|leggi anche"
    r"|continua a leggere|iscriviti|читать (?:далее|также|полностью)|читайте (?:также|далее|також)|читати далі"
    r"|подпис(?:ывайтесь|аться)|підпи(?:суйтес|шіться)|фото:",
    re.IGNORECASE,
)
# Who or what is meant stands in the sentence before. Left out are words that mean nothing of the kind elsewhere ("on").
_LEANS = re.compile(
    r"(?:he|she|it|they|his|her|its|their|this|that|these|those|but|and|also|however|meanwhile|earlier|later|instead|such"
    r"|sie|es|ihr|dies\w*|doch|aber|elle|ils|cette?|ces|mais|él|ella|ellos|est[aeo]s?|pero|lui|lei|quest[aoei]"
    r"|ona|oni|jego|jej|ale|jednak|он|она|они|это|его|но|однако|він|вона|вони|це|його|але)\b",
    re.IGNORECASE,
)
_SHOUT = re.compile(
    r"\W*(?:breaking(?: news)?|urgent|just in|watch(?: live)?|video|updated?|exclusive|revealed|pictured|live|photos"
    r"|pilne|wideo|eilmeldung|alerte(?: info)?|urgente|última hora|срочно|видео|терміново|відео)\s?[:|\]!–-]",
    re.IGNORECASE,
)
_SITE = re.compile(r"\s[|–—-]\s((?:(?!\s[|–—-]\s).){3,40})$")
_ADDRESS = re.compile(r"[\w-]+\.[a-z]{2,6}", re.IGNORECASE)
_QUOTED = re.compile(r"(?<!\w)[\"“„«‘'‹][^\"“”„«»]*?[\"“”»’'›](?!\w)")
_BESIDE = re.compile(r"[\[(][^\])]{2,30}[\])]\s*$")


@dataclass(frozen=True, slots=True)
class Telling:
    """An entry as it tells a story; `text` is what follows the title, without markup, a line per paragraph."""

    id: int
    title: str
    text: str
    publisher: str
    at: datetime
    kind: Kind


@dataclass(frozen=True, slots=True)
class Extract:
    sentence: str
    entry: int


TermsOf = Callable[[str], frozenset[str]]


def extract(tellings: Sequence[Telling], weights: Mapping[str, float], terms_of: TermsOf) -> Extract | None:
    """The sentence that tells most of the story; `weights` is how much each term tells of it."""
    titles = tuple(letters for telling in tellings if len(letters := _letters(telling.title)) >= _TERSE)
    best: Extract | None = None
    highest: tuple[bool, float] = (False, 0.0)
    for telling in _in_order(tellings):
        for place, (sentence, ended) in enumerate(_leading(telling.text)):
            if not _serves(sentence) or _letters(sentence).startswith(titles):
                continue
            told = _told(sentence, weights, terms_of) / (_FREE + len(sentence)) * _FARTHER**place
            told *= (1.0 if ended else _UNENDED) * (_LEANING if _LEANS.match(sentence) else 1.0)
            reached = (telling.kind is Kind.REPORT, told)
            if told and reached > highest:
                best, highest = Extract(sentence, telling.id), reached
    return best


def best_headline(
    tellings: Sequence[Telling], weights: Mapping[str, float], terms_of: TermsOf, current: int | None = None
) -> int:
    """The entry whose title says best what happened; `current` is the one whose title stands now."""

    def merit(telling: Telling) -> tuple[bool, float]:
        told = _told(telling.title, weights, terms_of) * _style(telling.title, telling.publisher)
        return telling.kind is Kind.REPORT, told * _STAYS if telling.id == current else told

    return max(_in_order(tellings), key=merit).id


def _in_order(tellings: Sequence[Telling]) -> list[Telling]:
    """Of equals the first found wins, so the earlier come first."""
    return sorted(tellings, key=lambda telling: (telling.at, telling.id))


def _leading(text: str) -> Iterator[tuple[str, bool]]:
    """The first sentences, and whether they end as sentences do. A line without a full stop may be one all the same."""
    count = 0
    for line in _lines(text):
        for sentence in line:
            ended = _ENDED.search(sentence) is not None
            if (ended or _ASKED.search(sentence) or len(line) == 1) and not _CUT.search(sentence):
                yield sentence, ended
                count += 1
                if count == _LEAD:
                    return


def _lines(text: str) -> Iterator[list[str]]:
    """The sentences of each line."""
    text = text[:_READ]
    line: list[str] = []
    began = paragraph = 0
    for begin, end, number in sentences(text):
        if number != paragraph:
            yield line
            line, paragraph = [], number
        piece = " ".join(text[begin:end].split())
        if line and _goes_on(line[-1], piece):
            line[-1] = " ".join(text[began:end].split())
        elif piece:
            line.append(piece)
            began = begin
    yield line


def _goes_on(sentence: str, piece: str) -> bool:
    """Behind a semicolon, behind an abbreviation, and with the name of a photographer in brackets."""
    return (
        sentence.endswith((";", "؛"))
        or piece[:1].islower()
        or (piece.startswith("(") and piece.endswith(")"))
        or (piece[:1].isdigit() and _ABBREVIATED.search(sentence) is not None)
    )


def _serves(sentence: str) -> bool:
    first = sentence.lstrip(_OPENING)[:1]
    return (
        _SHORTEST <= len(sentence) <= _LONGEST
        and first.isalnum()
        and not first.islower()
        and not sentence.isupper()
        and not _ASKED.search(sentence)
        and _balanced(sentence)
        and not _ASIDE.search(sentence)
    )


def _balanced(text: str) -> bool:
    """A quotation that begins in the sentence before is none that can be quoted."""
    if "„" in text:
        # What closes it in German opens a quotation in English.
        return text.count("„") == text.count("“") + text.count("”")
    return sum(map(text.count, "([“«")) == sum(map(text.count, ")]”»")) and text.count('"') % 2 == 0


def _told(text: str, weights: Mapping[str, float], terms_of: TermsOf) -> float:
    # In order, because the sum of floats depends on it.
    return sum(weights[term] for term in sorted(terms_of(text)) if term in weights)


def _style(title: str, publisher: str) -> float:
    """How a title is written, 1 being plain; what tells nothing counts against it as much as leaving something out."""
    words = title.split()
    shouted = sum(word.isupper() and len(word) > 3 for word in words)
    quoted = sum(map(len, _QUOTED.findall(title)))
    rules = (
        (_ASKED.search(title) is not None, 0.6),
        (shouted * 3 > len(words), 0.6),
        (_SHOUT.match(title) is not None, 0.7),
        (_BESIDE.search(title) is not None, 0.8),
        (_names_site(title, publisher), 0.8),
        (_CUT.search(title) is not None, 0.5),
        (not _balanced(title), 0.7),
        (title[:1] in _QUOTES, 0.75),
        (quoted * 2 > len(title), 0.6),
        (not _TERSE <= len(title) <= _WORDY, 0.7),
    )
    style = 1 / (_FREE_IN_TITLE + len(title))
    for holds, cost in rules:
        style *= cost if holds else 1.0
    return style


def _names_site(title: str, publisher: str) -> bool:
    found = _SITE.search(title)
    if found is None:
        return False
    name = _letters(found[1])
    return (len(name) > 2 and name in _letters(publisher)) or _ADDRESS.fullmatch(found[1]) is not None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
