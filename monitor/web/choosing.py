"""What people write into the forms about being a subscriber: read once, and shown again as it was if it is amiss."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from email_validator import EmailNotValidError, validate_email

from monitor.core.joining import Choices
from monitor.jobs.reception import Person
from monitor.store.subscribers import NEVER, Days, Hours
from monitor.web.answers import Said
from monitor.words import EVERY_TOPIC, LANGUAGES, Severity

# Which topics: every one, also those to come, or those that are ticked.
ALL, SOME = "all", "some"
MOST_FIELDS = 300
_LONGEST = 320
_LONGEST_PAUSE = timedelta(days=366)
_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


class Mistake(StrEnum):
    """What is amiss with a field."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    NOTHING = "nothing"
    HALF = "half"
    ORDER = "order"
    PAST = "past"
    FAR = "far"
    SAME = "same"


# By the field that is to be put right.
Mistakes = dict[str, Mistake]


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from; the weightiest severity first."""

    topics: tuple[str, ...]
    severities: tuple[Severity, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it stands on its page."""

    address: str = ""
    briefing: bool = True
    at: str = ""
    zone: str = "UTC"
    which: str = ALL
    topics: tuple[str, ...] = ()
    alerts: str = ""
    language: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    critical_passes: bool = True
    away_from: str = ""
    away_until: str = ""
    mistakes: Mistakes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rest:
    """When a person is left alone."""

    quiet: Hours = NEVER
    critical_passes: bool = True
    away: Days = NEVER


def offer_of(topics: Iterable[str], least: Severity, person: Person | None = None) -> Offer:
    """What a person has chosen stays in the offer while it is theirs."""
    choices = person.choices if person is not None else Choices(topics=())
    known = dict.fromkeys((*topics, *(each for each in choices.topics if each != EVERY_TOPIC)))
    kept = (each for each in Severity if each.rank >= least.rank or each == choices.alert_from)
    return Offer(tuple(known), tuple(sorted(kept, key=lambda each: -each.rank)))


def typed(said: Said) -> Filled:
    def text(name: str) -> str:
        return said.get(name, "")[:_LONGEST].strip()

    return Filled(
        address=text("address"),
        briefing=text("briefing") == "yes",
        at=text("at"),
        zone=text("zone"),
        which=text("which"),
        topics=tuple(said.getlist("topic")),
        alerts=text("alerts"),
        language=text("language"),
        quiet_from=text("quiet_from"),
        quiet_until=text("quiet_until"),
        critical_passes=text("critical_passes") == "yes",
        away_from=text("away_from"),
        away_until=text("away_until"),
    )


def filled_of(person: Person) -> Filled:
    chosen = person.choices
    every = EVERY_TOPIC in chosen.topics
    quiet_from, quiet_until = person.quiet
    away_from, away_until = person.away
    return Filled(
        briefing=chosen.briefing,
        at=chosen.briefing_at.isoformat("minutes"),
        zone=chosen.zone,
        which=ALL if every else SOME,
        topics=tuple(each for each in chosen.topics if each != EVERY_TOPIC),
        alerts=chosen.alert_from.value if chosen.alert_from else "",
        language=chosen.language,
        quiet_from=quiet_from.isoformat("minutes") if quiet_from else "",
        quiet_until=quiet_until.isoformat("minutes") if quiet_until else "",
        critical_passes=person.critical_passes,
        away_from=away_from.isoformat() if away_from else "",
        away_until=away_until.isoformat() if away_until else "",
    )


def choices_of(filled: Filled, offer: Offer, mistakes: Mistakes) -> Choices:
    """What is amiss is written into `mistakes`."""
    at = _time(filled.at)
    if at is None and filled.briefing:
        mistakes["at"] = Mistake.UNREADABLE if filled.at else Mistake.MISSING
    if filled.zone not in _known_zones():
        mistakes["zone"] = Mistake.UNREADABLE
    alerts = next((each for each in offer.severities if each == filled.alerts), None)
    if filled.alerts and alerts is None:
        mistakes["alerts"] = Mistake.UNREADABLE
    if filled.language not in LANGUAGES:
        mistakes["language"] = Mistake.UNREADABLE
    topics = tuple(each for each in offer.topics if each in filled.topics)
    if filled.which == ALL or not offer.topics:
        topics = (EVERY_TOPIC,)
    elif not topics:
        mistakes["topics"] = Mistake.NOTHING
    return Choices(filled.zone, filled.language, filled.briefing, at or time(7), topics, alerts)


def rest_of(filled: Filled, mistakes: Mistakes) -> Rest:
    hours = _time(filled.quiet_from), _time(filled.quiet_until)
    days = _day(filled.away_from), _day(filled.away_until)
    quiet: Hours = (hours[0], hours[1]) if hours[0] is not None and hours[1] is not None else NEVER
    away: Days = (days[0], days[1]) if days[0] is not None and days[1] is not None else NEVER
    if quiet == NEVER and (filled.quiet_from or filled.quiet_until):
        mistakes["quiet"] = Mistake.HALF
    elif quiet != NEVER and quiet[0] == quiet[1]:
        mistakes["quiet"] = Mistake.SAME
    if away == NEVER and (filled.away_from or filled.away_until):
        mistakes["away"] = Mistake.HALF
    elif away[0] is not None and away[0] > away[1]:
        mistakes["away"] = Mistake.ORDER
    return Rest(quiet, filled.critical_passes, away)


def address_of(said: str) -> str | None:
    """In the one spelling that is compared; None: nothing that a stranger's mail may be sent to."""
    try:
        checked = validate_email(said.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    if len(checked.local_part) > 64:
        return None
    return f"{checked.local_part}@{checked.ascii_domain}".lower()


def pause_of(said: str, zone: str, now: datetime) -> datetime | Mistake | None:
    """When a pause ends: as that day begins, or None, never by itself."""
    if not said.strip():
        return None
    day = _day(said.strip())
    if day is None:
        return Mistake.UNREADABLE
    tz = ZoneInfo(zone)
    today = now.astimezone(tz).date()
    if day <= today:
        return Mistake.PAST
    return Mistake.FAR if day - today > _LONGEST_PAUSE else datetime.combine(day, time(), tz).astimezone(UTC)


@cache
def zones() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The zones by region, each with what people read."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for region in _REGIONS:
        names = (each for each in available_timezones() if each.startswith(f"{region}/"))
        found[region] = tuple(sorted(((name, _read(name)) for name in names), key=lambda each: each[1]))
    return found


def _read(zone: str) -> str:
    """The place first, by which it is looked for."""
    return ", ".join(reversed(zone.partition("/")[2].replace("_", " ").split("/")))


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}


def _time(said: str) -> time | None:
    try:
        return time.fromisoformat(said).replace(second=0, microsecond=0, tzinfo=None) if ":" in said else None
    except ValueError:
        return None


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
