"""What publishers write where they take a report of their own back.

A correction alone is none: most put a name or a number right, and the event stays told.
"""

import re
from functools import cache
from typing import NamedTuple

from monitor.core.stance.lexicon import any_of

# Only the beginning and the end of a text are looked at: notes stand there.
_OPENING, _CLOSING = 600, 300
# In a title that is all capitals, only what is before a colon as near as this is surely a label.
_NEAR = 12


class _Signs(NamedTuple):
    label: re.Pattern[str]
    capital: re.Pattern[str]
    correction: re.Pattern[str]
    nothing_left: re.Pattern[str]
    phrase: re.Pattern[str]


def withdrawal(title: str, text: str) -> str:
    """The words by which a publisher withdraws the report; empty if none does."""
    signs = _signs()
    is_shouted = title.isupper() and ":" not in title[:_NEAR]
    if found := signs.label.match(title) or (None if is_shouted else signs.capital.match(title)):
        return found["first"] or found["last"]
    beginning = f"{title} | {text[:_OPENING]}"
    is_corrected = signs.correction.match(title) or signs.correction.match(text)
    if is_corrected and (words := signs.nothing_left.search(beginning)):
        return words[0]
    phrase = signs.phrase.search(beginning) or signs.phrase.search(text, max(_OPENING, len(text) - _CLOSING))
    return phrase[0] if phrase else ""


@cache
def _signs() -> _Signs:
    labels, capitals, corrections, nothing_left, phrases = map(
        any_of, ("labels", "capitals", "corrections", "nothing_left", "phrases")
    )
    return _Signs(
        re.compile(_label(labels), re.IGNORECASE),
        re.compile(_label(capitals)),
        re.compile(rf"\W{{0,3}}(?:{corrections})\b ?\W", re.IGNORECASE),
        re.compile(rf"(?<!\w)(?:{nothing_left})(?!\w)", re.IGNORECASE),
        re.compile(rf"(?<!\w)(?:{phrases})(?!\w)", re.IGNORECASE),
    )


def _label(words: str) -> str:
    """Before a sign, or alone in brackets at the end."""
    return rf"\W{{0,3}}(?P<first>{words})\W{{0,2}}(?:$|[:\])–—|-](?= |$))|.*[\[(](?P<last>{words})[\])]\W*$"
