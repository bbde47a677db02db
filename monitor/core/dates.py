"""The dates of feeds, in every dialect in which they are written."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from itertools import zip_longest

from monitor.core.identity import usable_time
from monitor.core.months import MONTHS

_LONGEST = 100
_CLOCK = re.compile(
    r"(?P<before>上午|下午|오전|오후|\b[ap]m\b)?\s*"
    r"(?<![\d.])(?P<hour>\d{1,2})\s?[:h时時시]\s?(?P<minute>\d{1,2})\s?(?:[:分분]\s?(?P<second>\d{1,2})?(?:[.,]\d+)?)?(?!\d)"
    r"\s*(?P<after>a\.?\s?m\b\.?|p\.?\s?m\b\.?|[πμ]\.?\s?μ\b\.?|[صم]\b)?"
)
_COMPACT_CLOCK = re.compile(r"(?<=\d)t(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?!\d)")
# Danes, Finns and Indonesians write 15.42, which between dots would be a part of a date.
_DOTTED_CLOCK = re.compile(r"(?<![\d.])(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?P<second>)(?![\d.])")
_AFTERNOON = ("下午", "오후", "p", "μ", "م")
_OFFSET = re.compile(
    r"\s*(?:utc|gmt|ut|z)?\s*\(?(?P<sign>[+\u2212-])\s?(?P<hours>0\d|1[0-4]|\d):?(?P<minutes>[0-5]\d)?"
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_SHORT_YEAR_FIRST = re.compile(r"\d\d-\d\d-\d\dt\d")
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2})\s(?:tháng|thg)\s(\d{1,2}),?\s(?:năm\s)?(\d{4})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([0-3]\d\d)(?!\d)")
_SINCE_1970 = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")
# By hours east of Greenwich; of several places that share a name the one with the most feeds.
# fmt: off
_ZONES = {
    name: float(hours)
    for hours, names in (
        (-10, "hst"), (-9, "akst"), (-8, "pst akdt pt"), (-7, "mst pdt mt"), (-6, "cst mdt ct"), (-5, "est cdt et"),
        (-4, "edt ast clt"), (-3.5, "nst"), (-3, "adt brt art"), (-2.5, "ndt"), (0, "z ut utc gmt wet"),
        (1, "cet met mez bst west wat"), (2, "cest mest mesz eet sast cat"), (3, "eest msk trt eat"), (4, "msd gst"),
        (5, "pkt"), (5.5, "ist"), (5.75, "npt"), (6, "bdt"), (7, "ict wib"), (8, "hkt sgt pht awst wita"),
        (9, "jst kst"), (9.5, "acst"), (10, "aest"), (10.5, "acdt"), (11, "aedt"), (12, "nzst"), (13, "nzdt"),
    )
    for name in names.split()
}
# fmt: on


def read_date(said: str) -> datetime | None:
    """The moment, in UTC, that a feed's date means; None for one that names no day or cannot be the date of news.

    Without a zone it is taken as UTC, without a time as midnight. A month or a year alone is no date: taken as its
    first day it would make today's news look old.
    """
    text = _bare(said[:_LONGEST])
    try:
        if since := _SINCE_1970.fullmatch(text):
            return usable_time(datetime.fromtimestamp(int(since[1]), UTC))
        moment = _moment(text)
        return usable_time(moment.astimezone(UTC)) if moment else None
    except (ValueError, OverflowError):
        return None


def _bare(said: str) -> str:
    """Full-width digits and marks of direction are written by machines, not meant by people."""
    text = unicodedata.normalize("NFKC", said).casefold()
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()


def _moment(text: str) -> datetime | None:
    if _SHORT_YEAR_FIRST.match(text):
        text = f"20{text}"
    clock = _COMPACT_CLOCK.search(text) or _CLOCK.search(text) or _DOTTED_CLOCK.search(text)
    if not clock:
        day = _day(text, american=False)
        return day.replace(tzinfo=UTC) if day else None
    half = clock.groupdict().get("before") or clock.groupdict().get("after") or ""
    rest = text[clock.end() :]
    offset = _OFFSET.match(rest)
    after = rest[offset.end() :] if offset else rest
    day = _day(f"{text[: clock.start()]} {after}", american=half[:1] in ("a", "p"))
    if day is None:
        return None
    hour = int(clock["hour"])
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    # 24:00 is said of a day's end, 23:59:60 of a leap second.
    passed = timedelta(hours=hour, minutes=int(clock["minute"]), seconds=min(59, int(clock["second"] or 0)))
    if passed > timedelta(days=1) or int(clock["minute"]) > 59:
        return None
    return (day + passed).replace(tzinfo=_offset(offset) if offset else _zone(rest))


def _offset(found: re.Match[str]) -> timezone:
    span = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return timezone(span if found["sign"] == "+" else -span)


def _zone(text: str) -> timezone:
    names = (word for word in _WORD.findall(text) if word in _ZONES)
    return timezone(timedelta(hours=_ZONES[next(names, "utc")]))


def _day(text: str, american: bool) -> datetime | None:
    """`american`: of 4/5/2026 the first number is the month. Elsewhere, and with a clock of 24 hours, it is the day."""
    if found := _YEAR_FIRST.search(text) or _COMPACT.search(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _VIETNAMESE.search(text):
        return _date(int(found[3]), int(found[2]), int(found[1]))
    if found := _YEAR_LAST.search(text):
        first, second, year = int(found[1]), int(found[3]), _year(found[4])
        month_first = second > 12 or (first <= 12 and american and found[2] == "/")
        return _date(year, first, second) if month_first else _date(year, second, first)
    # Of "mar. 5 mai" the first word is a Tuesday.
    months = [MONTHS[name] for name in _names(text) if name in MONTHS]
    if not months:
        found = _DAY_OF_YEAR.search(text)
        return _date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1) if found else None
    numbers = _NUMBER.findall(text)
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if not years:
        years, days = days[1:], days[:1]
    return _date(_year(years[0]), months[-1], int(days[0])) if years and days else None


def _names(text: str) -> list[str]:
    """The words as `core.months` writes them, each also joined to the next: some months have two."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    # Vowels of Thai or Hindi are marks, which are part of a word as well.
    spaced = "".join(letter if unicodedata.category(letter)[0] in "LM" else " " for letter in letters)
    # In Hebrew "in" is part of the word.
    words = [word.removeprefix("ב") for word in spaced.split()]
    return [
        name for word, following in zip_longest(words, words[1:], fillvalue="") for name in (word, word + following)
    ]


def _year(said: str) -> int:
    year = int(said)
    if len(said) <= 2:
        return year + (1900 if year >= 90 else 2000)
    # Thailand counts from the Buddha.
    return year - 543 if 2400 < year < 2700 else year


def _date(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 - the zone comes with the clock
