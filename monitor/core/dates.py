"""The dates of feeds, in every dialect in which they are written."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from itertools import zip_longest

from monitor.core.identity import usable_time
from monitor.core.months import MONTHS

_LONGEST = 100
_CLOCK = re.compile(
    r"(?P<before>上午|下午|午前|午後|오전|오후|\b[ap]m\b)?\s*"
    r"(?<![\d.])(?P<hour>\d{1,2})\s?[:h时時시]\s?(?P<minute>\d{1,2})\s?(?:[:分분]\s?(?P<second>\d{1,2})?(?:[.,]\d+)?)?(?!\d)"
    r"\s*(?P<after>a\.?\s?m\b\.?|p\.?\s?m\b\.?|[πμ]\.?\s?μ\b\.?|صباح\w*|مساء|[صم]\b)?"
)
_COMPACT_CLOCK = re.compile(r"(?<=\d)t(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?!\d)")
# Danes, Finns and Indonesians write 15.42, which between dots would be a part of a date.
_DOTTED_CLOCK = re.compile(r"(?<![\d.])(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?P<second>)(?![\d.])")
# "15 h" and "15 Uhr", where no minutes follow.
_HOUR_ALONE = re.compile(
    r"(?<![\d.])(?P<hour>[01]?\d|2[0-3])\s?(?:h|uhr|godz|час\w*|[時时点시])(?!\w)(?P<minute>)(?P<second>)"
)
_CLOCKS = (_COMPACT_CLOCK, _CLOCK, _DOTTED_CLOCK, _HOUR_ALONE)
_AFTERNOON = ("下午", "午後", "오후", "p", "μ", "م")
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
        (-10, "hst"), (-9, "akst"), (-8, "pst akdt pt"), (-7, "mst pdt mt"), (-6, "cst mdt ct"), (-5, "est cdt et pet"),
        (-4, "edt ast clt vet bot"), (-3.5, "nst"), (-3, "adt brt art clst uyt"), (-2.5, "ndt"),
        (0, "z ut utc uct gmt wet"), (1, "cet met mez bst west wat"), (2, "cest mest mesz eet sast cat"),
        (3, "eest msk мск trt tsi tsi\u0307 eat idt"), (3.5, "irst"), (4, "msd gst azt samt"), (4.5, "irdt aft"),
        (5, "pkt uzt yekt tjt"), (5.5, "ist"), (5.75, "npt"), (6, "bdt omst kgt"), (6.5, "mmt"), (7, "ict wib krat"),
        (8, "hkt sgt myt pht awst wita irkt"), (9, "jst kst wit yakt"), (9.5, "acst"), (10, "aest vlat chst"),
        (10.5, "acdt"), (11, "aedt magt"), (12, "nzst pett"), (13, "nzdt"),
    )
    for name in names.split()
}
# fmt: on
# A capital I without its dot loses it in every language but Turkish.
_MONTHS = MONTHS | {name.replace("ı", "i"): month for name, month in MONTHS.items() if "ı" in name}
_PERSIAN_NAMES = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر ابان اذر دی بهمن اسفند"
_PERSIAN_MONTHS = {name: month for month, name in enumerate(_PERSIAN_NAMES.split(), 1)}
_PERSIAN = re.compile(rf"(?<!\d)(\d{{1,2}})\s({'|'.join(_PERSIAN_MONTHS)})\s(\d{{4}})(?!\d)")
_PERSIAN_YEARS = range(1370, 1478)


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
    clock = next((found for form in _CLOCKS if (found := form.search(text))), None)
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
    passed = timedelta(hours=hour, minutes=int(clock["minute"] or 0), seconds=min(59, int(clock["second"] or 0)))
    if passed > timedelta(days=1) or int(clock["minute"] or 0) > 59:
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
        year = int(found[1])
        date = _persian_date if year in _PERSIAN_YEARS else _date
        return date(year, int(found[2]), int(found[3]))
    if found := _VIETNAMESE.search(text):
        return _date(int(found[3]), int(found[2]), int(found[1]))
    if found := _YEAR_LAST.search(text):
        first, second, year = int(found[1]), int(found[3]), _year(found[4])
        month_first = second > 12 or (first <= 12 and american and found[2] == "/")
        return _date(year, first, second) if month_first else _date(year, second, first)
    # Of "mar. 5 mai" the first word is a Tuesday.
    months = [_MONTHS[name] for name in _names(text) if name in _MONTHS]
    if not months and (found := _PERSIAN.search(text.replace("آ", "ا"))):
        return _persian_date(int(found[3]), _PERSIAN_MONTHS[found[2]], int(found[1]))
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


def _persian_date(year: int, month: int, day: int) -> datetime:
    """Iran's year begins at the spring equinox; every fourth is a day longer, and in 33 years once only the fifth."""
    if year not in _PERSIAN_YEARS or not 1 <= month <= 12 or not 1 <= day <= 31:
        raise ValueError("no day in Iran")
    leap_years = sum((25 * each + 11) % 33 < 8 for each in range(1370, year))
    before = 31 * (month - 1) - max(0, month - 7)
    return _date(1991, 3, 21) + timedelta(days=365 * (year - 1370) + leap_years + before + day - 1)
