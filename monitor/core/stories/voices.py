"""Whose text a report really is: the agency's that is credited for it, however many papers print it.

A citation ("told Reuters", "according to AFP") credits nobody, nor does "with AFP" or the credit of a picture.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BEGINNING, _ENDING = 200, 160
# A dateline is over by then.
_LATEST = 110
_MOST_PLACES, _MOST_UNDATED = 16, 6
_CODE, _LAST_WORDS = 6, 80
_UNFINISHED = "..."

_WORD = re.compile(r"\w+")
_BRACKETS = re.compile(
    r"[(（]([^()（）\n]{1,70})[)）]|\[([^][\n]{1,70})\]|【([^【】\n]{1,70})】|(?<!\w)/([^/\n]{2,30})/(?!\w)"
)
_CLOSED = re.compile(r"[)）\]/】][^)）\]/】]{0,25}$")
_CUT = re.compile(r"\s*[–—|]+\s*|\s+-+\s*|-+\s+|[.,]\s+|\s*\n\s*")
_PARTS = re.compile(r"\s*[/,;|•·=+&]\s*|\s+[-–—]\s+")
# What parts a dateline without a date from the text.
_DASH = re.compile(r"\s*[-–—−―:.|]|\s*\n|\s*$")
_FIRM_DASH = re.compile(r"\s*[-–—−―|]|\s*\n|\s*$")
# "Frankfurt am Main", "Rio de Janeiro", "3 de noviembre".
_SMALL = frozenset([
    "a", "al", "am", "an", "and", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du",
    "e", "el", "en", "i", "im", "in", "la", "las", "le", "of", "w", "y",
])  # fmt: skip
_PICTURE = re.compile(
    r"photo|pictur|image|illustration|getty|shutterstock|imago|alliance|\bepa\b|archiv|\bfile\b|\bpool\b|screenshot|video"
    r"|\bfot\b|foto|bild|zdjęci|фото|\bvia\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:^|[\s(])(?:with|avec|mit|con|com|met|med|cu|inputs? from|additional reporting|material (?:from|von))\s",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:(?:by|von|par|por|de|di|da|door|av|af|autor\w*|author|agence|agencia|agência|agenzia|agencja|agentur"
    r"|nachrichtenagentur|redakcja|redacción|oprac|źródło|quelle|source|fuente|fonte|the|автор|агентство)\b[:.]?\s*)+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+")
_AND = re.compile(r"\s(?:and|und|et|y|e|i|og|och|en|ja|és|și|та|и|і|in|w)\s.*", re.DOTALL)
_BELONGS = re.compile(r".+\s(?:of|for)\s(?:the\s)?", re.IGNORECASE)
_ROLE = re.compile(r"\b(?:writers?|correspondents?|staff|reporters?|bureau|agency|desk|service|news)$", re.IGNORECASE)
# The end of a sentence, and perhaps the name of whoever wrote it.
_ENDED = re.compile(r"(?:^|[.!?…。।\"”»’)\n])\s*((?:[^\W\d_](?:\.|[\w'’-]*):?\s+){0,4})$")
_INITIALS = re.compile(r"[\s.]*(?:[^\W\d_]{2,4}/\s*){0,6}(?:[^\W\d_]{2,4})?\.?")
_OWNED = re.compile(
    r"(?:©|\(c\)|\bcopyright\b)[\s©]*(?:\(c\)\s*)?(?:(?:19|20)\d\d)?[\s,]*(?:by\s+)?(?:the\s+)?", re.IGNORECASE
)
_SOURCE = re.compile(
    r"\b(?:source|źródło|quelle|fuente|fonte|bron|källa|kilde|lähde|zdroj|forrás|izvor|sursa|kaynak|المصدر)\s?:\s*"
    r"([^\n]{2,60}?)\.?$|(?:来源|來源|出典)[:：]\s*([^\n]{2,30})$",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"(?:[.!?…。।\"”»’)]\s*[-–—~]{1,2}\s*|[.!?…।\"”»]\s+|\n\s*[-–—~]{0,2}\s*)([^\s\n–—][^\n.!?–—]{1,40})\.?$"
)
_RIGHTS = re.compile(
    r"[\s,.|]*(?:(?:19|20)\d\d)?[\s,.|–-]*(?:.{0,30}$|all rights|alle rechte|tous droits|todos|tutti i|riproduzione)",
    re.IGNORECASE,
)
# A caption tells when the picture was taken.
_TAKEN = re.compile(r"(?:19|20)\d\d\.?\s*$")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_WIRED = r"[^。，、\n]{1,25}?[电電讯訊](?![^\s（(，：:])"
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Agency:
    """`marks` are how its copy is credited. One in brackets counts in brackets alone, and one that goes on ("...") is
    how its texts end."""

    name: str
    marks: tuple[str, ...]
    family: str


class Credits:
    """Finds the agency whose copy a report is."""

    def __init__(self, agencies: Iterable[Agency]) -> None:
        self._families: dict[str, str] = {}
        # By a mark; what counts in brackets, what counts in the open, and what texts end with.
        self._bracketed: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._endings: dict[str, str] = {}
        for agency in agencies:
            self._families[agency.name] = agency.family
            for mark in agency.marks:
                self._learn(mark, agency.name)
        # The most telling word of each mark: where none is found, nothing need be looked for.
        self._words = frozenset(max(_WORD.findall(mark), key=len) for mark in self._bracketed)
        self._unspaced = tuple(filter(_HAN.fullmatch, self._bracketed))
        self._wired = re.compile(f"[（(【]?{_any_of(self._unspaced).pattern}{_WIRED}")

    def _learn(self, mark: str, agency: str) -> None:
        if mark.endswith(_UNFINISHED):
            self._endings[mark.removesuffix(_UNFINISHED).strip()] = agency
            return
        bare = mark.strip("()")
        for spelled in (bare, bare.upper()):
            self._bracketed.setdefault(spelled, agency)
            if bare == mark:
                self._open.setdefault(spelled, agency)

    def credited(self, author: str, text: str, publisher: str) -> str:
        """The name of the agency whose copy this is, or nothing. `text` is what follows the title, without markup."""
        return (
            self._agency(self._in_author(author), publisher)
            or self._agency(self._in_dateline(text[:_BEGINNING].lstrip()), publisher)
            or self._agency(self._at_end(text[-_ENDING:].rstrip()), publisher)
        )

    def family(self, agency: str) -> str:
        """Who owns an agency, or directs what it writes: one voice, however many it owns."""
        return self._families.get(agency, agency)

    def _agency(self, mark: str, publisher: str) -> str:
        agency = self._endings.get(mark) or self._bracketed.get(mark, "")
        # A paper may have the name of an agency elsewhere, and means itself.
        return agency if agency == publisher or mark.casefold() != publisher.casefold() else ""

    def _mentions(self, text: str) -> bool:
        return not self._words.isdisjoint(_WORD.findall(text)) or (not text.isascii() and bool(_HAN.search(text)))

    def _in_author(self, author: str) -> str:
        if not author or not self._mentions(author) or _PICTURE.search(author):
            return ""
        if others := _OTHERS.search(author):
            author = author[: others.start()]
        return next(filter(None, map(self._whose, _PARTS.split(_ADDRESS.sub("", author)))), "")

    def _whose(self, part: str) -> str:
        """ "By The Associated Press", "Reuters in Nairobi", "AP Sports Writer", "Jane Doe of AFP"."""
        part = part.strip(" ()[]")
        label = _LABEL.match(part)
        whole, first = _AND.sub("", part), _AND.sub("", part[label.end() :] if label else part)
        words = first.split()
        spelled = [whole, first, _BELONGS.sub("", part)]
        if _ROLE.search(first):
            spelled += [" ".join(words[:number]) for number in (3, 2, 1)]
        if len(words) > 3:
            # "Jane Doe Associated Press"; one word more may well be her name.
            spelled.append(" ".join(words[-2:]))
        return next((each for each in spelled if each in self._open), "")

    def _in_dateline(self, text: str) -> str:
        if not self._mentions(text[: _LATEST + 20]):
            return ""
        for brackets in _BRACKETS.finditer(text):
            mark = self._in_brackets(brackets[brackets.lastindex or 0])
            place = text[: brackets.start()]
            if mark and _is_dateline(place, mark):
                sure = not place.strip() or _is_dated(place)
                if sure or _DASH.match(text, brackets.end()):
                    return mark
        if wired := self._wired.match(text):
            return wired[1]
        return self._behind_place(text)

    def _behind_place(self, text: str) -> str:
        """ "Tehran, IRNA -", "Moscow. November 3. INTERFAX -", "BERLIN dpa |"."""
        begin = 0
        for cut in _CUT.finditer(text, 0, _LATEST):
            place, mark = text[:begin], text[begin : cut.start()]
            if not begin and mark not in self._open:
                place, _, mark = mark.rpartition(" ")
            if (
                mark in self._open
                and _is_dateline(place, mark)
                and (_is_dated(place) or _FIRM_DASH.match(text, cut.start()))
            ):
                return mark
            begin = cut.end()
        return ""

    def _in_brackets(self, content: str) -> str:
        """ "dpa/lby", "PAP, oprac. xy", "RND/dpa"; but a name behind a stroke is a photographer's."""
        content = content.strip(" ©")
        if content in self._bracketed:
            return content
        for mark in self._unspaced:
            if content.startswith(mark) or content.endswith(mark):
                return mark
        if not self._mentions(content) or _PICTURE.search(content):
            return ""
        label = _LABEL.match(content)
        parts = [_AND.sub("", part) for part in _PARTS.split(content[label.end() :] if label else content)]
        mark = next((part for part in parts if part in self._bracketed), "")
        others = [part for part in parts if part not in self._bracketed]
        if parts[0] == mark and ("/" not in content or all(part[:1].islower() for part in others)):
            return mark
        return mark if all(_is_code(part) for part in others) else ""

    def _at_end(self, text: str) -> str:
        if ending := next((ending for ending in self._endings if ending in text), ""):
            return ending
        if not self._mentions(text[-_LAST_WORDS:]) and "©" not in text and "opyright" not in text:
            return ""
        return self._last_brackets(text) or self._owner(text) or self._source(text) or self._signature(text)

    def _last_brackets(self, text: str) -> str:
        if not _CLOSED.search(text, max(len(text) - 30, 0)):
            return ""
        for brackets in _BRACKETS.finditer(text, max(len(text) - 110, 0)):
            if _INITIALS.fullmatch(text, brackets.end()):
                before = text[max(brackets.start() - 60, 0) : brackets.start()]
                ended = _ENDED.search(before)
                if ended and all(word[0].isupper() or word.endswith(":") for word in ended[1].split()):
                    pictured = _TAKEN.search(before) or _PICTURE.search(before[-15:])
                    return "" if pictured else self._in_brackets(brackets[brackets.lastindex or 0])
        return ""

    def _owner(self, text: str) -> str:
        for owned in _OWNED.finditer(text):
            words = text[owned.end() : owned.end() + 60].split()
            spelled = [" ".join(words[:number]).rstrip(".,;|") for number in (3, 2, 1)]
            mark = next((each for each in spelled if each in self._open), "")
            pictured = _PICTURE.search(text, max(owned.start() - 15, 0), owned.start())
            if mark and not pictured and _RIGHTS.match(text, owned.end() + len(mark)):
                return mark
        return ""

    def _source(self, text: str) -> str:
        source = _SOURCE.search(text)
        return self._in_brackets(source[source.lastindex or 0]) if source else ""

    def _signature(self, text: str) -> str:
        if not (last := _LAST.search(text)):
            return ""
        whole = last[1].strip()
        if whole in self._open:
            return whole
        # Indian agencies sign with the initials of their desk.
        mark, _, initials = whole.partition(" ")
        signs = mark in self._open and all(each.isupper() and len(each) <= _CODE for each in initials.split())
        return mark if signs else ""


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    listed = sorted(phrases, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, listed))})") if listed else _NEVER


def _is_code(part: str) -> bool:
    """ "lby", "RND", "gazette.example": whoever edited the copy."""
    return " " not in part and (len(part) <= _CODE or "." in part)


def _is_dated(place: str) -> bool:
    return any(map(str.isdigit, place))


def _is_dateline(place: str, mark: str) -> bool:
    """Whether a place and a date stand before the mark, rather than a sentence or the name that it abbreviates."""
    words = _WORD.findall(place)
    if len(words) > (_MOST_PLACES if _is_dated(place) else _MOST_UNDATED):
        return False
    for at, word in enumerate(words):
        # A month is written small in many languages, and is next to a number.
        if word[0].islower() and word not in _SMALL and not _is_dated("".join(words[max(at - 2, 0) : at + 3])):
            return False
    return len(words) < 2 or "".join(word[0] for word in words if word[0].isupper()) != mark.upper()
