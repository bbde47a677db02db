"""Who says in a sentence that the story is so, or is not."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from monitor.core.stance.lexicon import Tongue
from monitor.words import Stance

_SIGN = re.compile(r"[,:;!\"“”„«»()\[\]|–—]| - ")
_ASIDE = re.compile(r",[^,:;]{1,80},|\([^()]{1,60}\)")
# An elided article is a word of its own: "l'armée", "dell'esercito".
_WORD = re.compile(r"(?<!\w)(?:[A-Za-z]|[Qq]u|[A-Za-z]{1,2}ll)'|\S+")
_TAIL = 60
_CLAUSE_END = re.compile(r"(?:^|[,:;!.?\"“”„«»()\[\]|–—]| -)\s*$")
_SPOKEN_SIGN = re.compile(r"(?:[:(|–—]| -)\s*$")
_AND = re.compile(r"(?<!\w)(?:and|but|i|a|ale|und|aber|et|mais|y|pero|e|ma|и|а|но|і|й|та|але)(?!\w)", re.IGNORECASE)
# Behind it begins what somebody else says or does, but for the comma before "that".
_ANOTHER = re.compile(r",(?! (?:że|iż|dass|что|що) )|[–—]| - ")
_SUBORDINATE = re.compile(r"^,? ?(?:that|dass|que|qu'|che|że|iż|что|що)?(?!\w)[^,:;–—]*$", re.IGNORECASE)
_NOT_NAMED = re.compile(r"\b(?:being|having|that|was|were)\b", re.IGNORECASE)
_ACTIVE = frozenset(["denies", "confirms", "denied", "confirmed"])
_PASSIVE = frozenset(["denied", "confirmed", "untrue"])
_REPORTED = frozenset(["untrue", "known", "confirmed"])
_DENIALS = frozenset(["denies", "denied", "untrue"])
_VOID = "voids"
# What makes nothing of a stance, near behind it: to confirm that somebody denied, to deny that one denied.
_OF_DENIAL = {Stance.DENIES: {"denies", "denied"}, Stance.CONFIRMS: {"denies", "denied", _VOID}}
_LONGEST_GAP = 9
_LONGEST_OPENING = 5
_CONTRADICTION = 7
_MOST_NAMES = 4


class Stated(NamedTuple):
    """What a report does to its story. `who` is the official body as the text names it; empty if the feed is one."""

    stance: Stance
    who: str
    words: str


class _Body(NamedTuple):
    start: int
    end: int
    is_person: bool
    is_place: bool


class Heard(NamedTuple):
    """`silent`: no word of the lexicon stands in the sentence, not even one that means nothing."""

    stated: Stated | None
    silent: bool


def hear(sentence: str, tongue: Tongue, official: bool) -> Heard:
    marks = list(tongue.statement.finditer(sentence))
    if not marks:
        return Heard(None, True)
    reading = _Reading(sentence, tongue)
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        kind = mark.lastgroup or _VOID
        if kind == _VOID:
            continue
        who = reading.speaker(mark, kind)
        if who is None and official and not reading.is_of_accused(mark, kind):
            who = ""
        if who is None:
            continue
        stance = _weighed(sentence, mark, after, kind)
        return Heard(Stated(stance, who, mark[0]) if stance else None, False)
    return Heard(None, False)


def _weighed(sentence: str, mark: re.Match[str], after: re.Match[str] | None, kind: str) -> Stance | None:
    """The stance in view of the next words: who confirms that it is false denies; who denies a denial says nothing."""
    stance = Stance.DENIES if kind in _DENIALS else Stance.CONFIRMS
    if after is None or kind == "untrue":
        return stance
    between = sentence[mark.end() : after.start()]
    if after.lastgroup == "untrue" and stance is Stance.CONFIRMS:
        return Stance.DENIES if _SUBORDINATE.match(between) and not _AND.search(between) else stance
    is_near = len(between.split()) <= _CONTRADICTION and not _SIGN.search(between) and not _AND.search(between)
    is_of_denial = after.lastgroup in _OF_DENIAL[stance]
    return None if is_near and is_of_denial else stance


class _Reading:
    """One sentence, with all in it that may speak for officials."""

    def __init__(self, sentence: str, tongue: Tongue) -> None:
        self._said, self._tongue = sentence, tongue
        self._bodies = list(self._found())
        long = [word for word in sentence.split() if len(word) > 3 and word[0].isalpha()]
        self._is_titled = len(long) > 3 and sum(word[0].isupper() for word in long) > 0.7 * len(long)

    def _found(self) -> Iterator[_Body]:
        taken: set[int] = set()
        for found in self._tongue.body.finditer(self._said):
            taken.update(range(found.start(), found.end()))
            yield _Body(found.start(), found.end(), found["person"] is not None, False)
        for found in self._tongue.place.finditer(self._said):
            if found["state"] and taken.isdisjoint(range(found.start(), found.end())):
                yield _Body(found.start(), found.end(), False, True)

    def speaker(self, mark: re.Match[str], kind: str) -> str | None:
        nearest = sorted(self._bodies, key=lambda body: min(abs(body.end - mark.start()), abs(mark.end() - body.start)))
        for body in nearest:
            if (
                (kind in _ACTIVE and (self._is_subject(body, mark) or self._follows(body, mark)))
                or (kind in _PASSIVE and self._is_agent(body, mark))
                or (kind in _REPORTED and (self._tells_before(body, mark) or self._tells_after(body, mark)))
            ):
                return self._name(body, mark)
        return None

    def is_of_accused(self, mark: re.Match[str], kind: str) -> bool:
        return kind in ("denies", "denied") and bool(self._tongue.accused.search(self._said, 0, mark.start()))

    def _is_subject(self, body: _Body, mark: re.Match[str]) -> bool:
        if body.end > mark.start() or not self._passes(self._said[body.end : mark.start()], body):
            return False
        return self._opens(self._said[: body.start])

    def _follows(self, body: _Body, mark: re.Match[str]) -> bool:
        """ "So confirms the ministry"."""
        if body.start < mark.end():
            return False
        tongue, between = self._tongue, self._said[mark.end() : body.start]
        if not tongue.inverted:
            between = self._bare(between, names=not self._is_titled)
        words = self._words(between)
        if len(words) > _MOST_NAMES or _SIGN.search(between):
            return False
        if words and not self._joins(words, body):
            return False
        if tongue.inverted:
            return True
        clause = self._clause(mark.start())
        led = all(word in tongue.heads for word in self._words(clause))
        return led and (len(clause) < mark.start() or tongue.verb_first)

    def _joins(self, words: list[str], body: _Body) -> bool:
        tongue = self._tongue
        if words[-1] in tongue.oblique and not body.is_person:
            return False
        allowed = tongue.articles | tongue.within | tongue.between
        return all(word in allowed or tongue.nation.fullmatch(word) for word in words)

    def _is_agent(self, body: _Body, mark: re.Match[str]) -> bool:
        """ "Denied by the army"."""
        if body.end <= mark.start():
            led = self._tongue.inverted and self._passes(self._said[body.end : mark.start()], body)
            return led and self._is_led(self._said[: body.start])
        between = self._said[mark.end() : body.start]
        if len(between.split()) > _LONGEST_GAP or _NOT_NAMED.search(between) or ":" in between:
            return False
        return self._is_led(between)

    def _is_led(self, before: str) -> bool:
        return self._tongue.by_before is not None and self._tongue.by_before.search(self._bare(before)) is not None

    def _tells_before(self, body: _Body, mark: re.Match[str]) -> bool:
        """ "Army says reports are false", "Army: reports are false"."""
        if body.end > mark.start() or not self._opens(self._said[: body.start]):
            return False
        gap = self._said[body.end : mark.start()]
        for said in self._tongue.says.finditer(gap):
            if self._passes(gap[: said.start()], body) and not _ANOTHER.search(gap, said.end()):
                return True
        sign = _SIGN.search(gap)
        if sign is None or sign[0] not in (":", " - ", "–", "—") or body.is_place:
            return False
        return self._passes(gap[: sign.start()].rstrip(), body)

    def _tells_after(self, body: _Body, mark: re.Match[str]) -> bool:
        """ "Reports are false, says army", "Reports are false - army"."""
        if body.start < mark.end():
            return False
        bare = self._bare(self._said[mark.end() : body.start], names=True)
        if self._tongue.says_before.search(bare):
            return True
        rest = self._said[body.end :].lstrip()
        said = self._tongue.says.search(rest)
        if said and self._passes(rest[: said.start()].rstrip(), body) and _CLAUSE_END.search(bare):
            return True
        return not body.is_place and _SPOKEN_SIGN.search(bare) is not None and self._passes(rest.strip(' .)"”»'), body)

    def _passes(self, gap: str, body: _Body) -> bool:
        """Whether body and verb may belong together although this stands between them."""
        tongue = self._tongue
        gap = _ASIDE.sub("", gap, count=1)
        if _SIGN.search(gap):
            return False
        words = _WORD.findall(gap)
        if len(words) > _LONGEST_GAP or any(tongue.strangers.fullmatch(word) for word in words):
            return False
        names = 0 if not (body.is_person or tongue.bent) else 2 if self._is_titled else _MOST_NAMES
        after_preposition = False
        for number, word in enumerate(words):
            low = word.lower().strip(".")
            listed = low in tongue.between or low in tongue.articles or (low.endswith("ly") and len(low) > 4)
            if not listed and not after_preposition and not (number == 0 and tongue.nation.fullmatch(word)):
                names -= 1
                if names < 0 or not word[0].isupper():
                    return False
            beside = low in tongue.articles or tongue.nation.fullmatch(word) is not None
            after_preposition = low in tongue.prepositions or (after_preposition and beside)
        return True

    def _opens(self, before: str) -> bool:
        """Whether a subject may begin where this ends."""
        tongue = self._tongue
        for _ in range(_LONGEST_OPENING):
            before = before.rstrip()
            if _CLAUSE_END.search(before):
                return True
            written = _last(before)
            word = written.lower()
            if word in tongue.prepositions:
                return False
            if word in tongue.leads or word in tongue.within:
                return True
            if not (written[0].isupper() or word in tongue.articles or tongue.nation.fullmatch(written)):
                return tongue.bent
            before = before[: len(before) - len(written)]
        return False

    def _bare(self, before: str, names: bool = False) -> str:
        """What stands before the articles and adjectives of the one who speaks, and perhaps names of places."""
        tongue = self._tongue
        while True:
            before = before.rstrip()
            word = _last(before)
            beside = word.lower() in tongue.articles | tongue.within or tongue.nation.fullmatch(word)
            named = names and word[:1].isupper() and not _CLAUSE_END.search(before) and not tongue.says.fullmatch(word)
            if not word or not (beside or named):
                return before
            before = before[: len(before) - len(word)]

    def _clause(self, end: int) -> str:
        """What of its clause stands before this."""
        signs = list(_SIGN.finditer(self._said, 0, end))
        return self._said[signs[-1].end() if signs else 0 : end]

    def _words(self, text: str) -> list[str]:
        return _WORD.findall(text.lower())

    def _is_office(self, other: _Body, body: _Body) -> bool:
        """ "President" of "President Jan Falk", where the name is known as well."""
        between = self._said[other.end : body.start].split()
        return other.is_person and other.end < body.start and len(between) < 3 and all(map(str.istitle, between))

    def _name(self, body: _Body, mark: re.Match[str]) -> str:
        """The body with its article and adjectives, and with where it belongs: "the spokesman for the army"."""
        office = next((other for other in self._bodies if self._is_office(other, body)), body)
        bare = self._bare(self._said[: office.start])
        beside = _WORD.finditer(self._said, len(bare), office.start)
        start = next((word.start() for word in beside if word[0].lower() not in self._tongue.within), office.start)
        rest = self._said[body.end : mark.start() if mark.start() > body.end else len(self._said)]
        end, after_preposition = body.end, False
        for found in islice(_WORD.finditer(rest), _MOST_NAMES):
            word = found[0].rstrip(".,")
            name = word[:1].isupper() and (body.is_person or self._tongue.bent or after_preposition)
            inner = after_preposition and any(found.start() + body.end == other.start for other in self._bodies)
            if (name and not self._is_titled) or inner or self._tongue.nation.fullmatch(word):
                end, after_preposition = body.end + found.start() + len(word), False
            elif word and (after_preposition and word.lower() in self._tongue.articles):
                continue
            elif self._tongue.belonging.fullmatch(word):
                after_preposition = True
            else:
                break
            if word != found[0]:
                break
        return self._said[start:end]


def _last(text: str) -> str:
    words = _WORD.findall(text[-_TAIL:])
    return words[-1] if words else ""
