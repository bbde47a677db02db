"""The languages of mails and pages: what a catalogue says, and how dates, times and spans of time are written."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.messages import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.units import format_unit

from monitor.core.timing import age

ENGLISH = "en"
# Where a templates folder keeps its catalogues.
CATALOGUES = "locale"

# Parts of a strftime form that have an order or an ending of their own in each language. Months are written out:
# the short ones are cut from another case than the one that stands behind a number.
_DATES = {
    "%A, %-d %B %Y": "full",
    "%-d %B %Y": "yMMMMd",
    "%-d %b %Y": "yMMMMd",
    "%-d %B": "MMMMd",
    "%-d %b": "MMMMd",
}
_NAMES = {"%A": "EEEE", "%a": "EEE", "%B": "LLLL", "%b": "LLL"}
_PARTS = re.compile(f"({'|'.join(map(re.escape, (*_DATES, *_NAMES)))})")
_Unit = Literal["second", "minute", "hour", "day"]
_UNITS: dict[str, tuple[_Unit, int]] = {
    "s": ("second", 1),
    "min": ("minute", 60),
    "h": ("hour", 3_600),
    "d": ("day", 86_400),
}
_BLANK = re.compile(r"%\(\w+\)s|%%")
# Not every font and terminal has the narrow one.
_SPACES = str.maketrans("\u202f", "\u00a0")


def catalogue(language: str, folders: Sequence[Path]) -> NullTranslations:
    """What the catalogues of these folders say; the earlier ones win. What none of them says stays English."""
    said = NullTranslations()
    for folder in reversed(folders):
        file = folder / CATALOGUES / f"{language}.po"
        if file.is_file():
            found = _read(file, language)
            found.add_fallback(said)
            said = found
    return said


def _read(file: Path, language: str) -> NullTranslations:
    with file.open("rb") as opened:
        read = read_po(opened, locale=language, abort_invalid=True)
    for message in list(read):
        # What is not translated yet would hide the translation of another folder.
        if message.id and not fits(message):
            read.delete(message.id, message.context)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)


def fits(message: Message) -> bool:
    """Whether the text is translated and asks for nothing that the text in English is not given: such a translation
    would break the mail."""
    english = (message.id,) if isinstance(message.id, str) else message.id
    forms = (message.string,) if isinstance(message.string, str) else (message.string or ())
    # English leaves the number out where it is one; the same form speaks of 21 elsewhere.
    given = {blank for text in english for blank in _BLANK.findall(text)}
    return bool(forms) and all(
        form and set(_BLANK.findall(form)) <= given and "%" not in _BLANK.sub("", form) for form in forms
    )


def direction(language: str) -> str:
    """ "ltr" or "rtl"."""
    return Locale.parse(language).text_direction


def written(moment: date, form: str, language: str = ENGLISH) -> str:
    """`form` is one of strftime's. Other languages than English put a date into their own order."""
    if language == ENGLISH:
        return moment.strftime(form)
    parts = (
        _of_a_date(moment, part, language) if at % 2 else moment.strftime(part)
        for at, part in enumerate(_PARTS.split(form))
    )
    return "".join(parts).translate(_SPACES)


def _of_a_date(moment: date, part: str, language: str) -> str:
    if part in _NAMES:
        return format_date(moment, _NAMES[part], locale=language)
    if _DATES[part] == "full":
        return format_date(moment, "full", locale=language)
    # The skeletons speak of days alone, but are written from moments.
    return format_skeleton(_DATES[part], datetime(moment.year, moment.month, moment.day), locale=language)  # noqa: DTZ001


def span(then: datetime, now: datetime, language: str = ENGLISH) -> str:
    """How long it is from one to the other: "3 h"."""
    said = age(now, then)
    if language == ENGLISH:
        return said
    number, unit = said.split()
    return format_unit(int(number), _UNITS[unit][0], "short", locale=language).translate(_SPACES)


def ago(then: datetime, now: datetime, language: str = ENGLISH) -> str:
    """ "3 h ago"."""
    said = age(now, then)
    if language == ENGLISH:
        return f"{said} ago"
    number, short = said.split()
    unit, seconds = _UNITS[short]
    # Nothing ago would be told as lying ahead.
    back = -timedelta(seconds=max(int(number) * seconds, 1))
    never = float("inf")  # the unit is chosen already
    return format_timedelta(
        back, granularity=unit, threshold=never, add_direction=True, format="short", locale=language
    ).translate(_SPACES)
