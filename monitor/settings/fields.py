"""The kinds of value a setting may have; each refuses with a sentence that names the cure."""

import re
from datetime import time, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from monitor.words import LANGUAGES

_SPAN = re.compile(r"(\d+)\s*(ms|s|m|h|d)")
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
_CLOCK = r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*"
_HOURS = re.compile(f"{_CLOCK}[-–]{_CLOCK}")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def span(value: object) -> timedelta:
    """Raises ValueError."""
    if isinstance(value, str):
        found = _SPAN.fullmatch(value.strip())
        if not found:
            raise ValueError(f'"{value}" is no span of time; write a number and s, m, h or d, like "15m"')
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if isinstance(value, timedelta):
        return value
    raise ValueError('write a span of time as text, like "15m"')


def zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{value}" is no time zone; use a name like "Europe/Warsaw" or "UTC"') from None
    return value


def address(value: str) -> str:
    """A mail address in the one spelling we compare. Raises ValueError."""
    local, _, domain = value.strip().rpartition("@")
    here = domain.lower() == "localhost"  # good inside a machine, and refused by the library
    try:
        checked = validate_email(
            f"{local}@example.com" if here else value.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
            allow_smtputf8=False,  # our way out speaks plain SMTP, whose addresses are ASCII
        )
    except EmailNotValidError as error:
        raise ValueError(f'"{value}" is no mail address ({str(error).rstrip(".")})') from None
    if len(checked.local_part) > 64:
        raise ValueError(f'"{value}" is no mail address (over 64 characters before the @)')
    domain = "localhost" if here else checked.ascii_domain
    return f"{checked.local_part}@{domain}".lower()


def feed_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = (
            parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) and not re.search(r"\s", value)
        )
    except ValueError:
        good = False
    if not good:
        raise ValueError(f'"{value}" is no feed address; it must begin with http:// or https:// and name a host')
    return value


def _web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _proxy(value: str) -> str:
    if value and (not _web_address(value) or not value.startswith("http://")):
        raise ValueError(f'"{value}" is no proxy; write it like "http://proxy.example.org:3128"')
    return value


def _public_url(value: str) -> str:
    if value and not _web_address(value):
        raise ValueError(f'"{value}" is no web address; write it like "https://watch.example.org"')
    return value.rstrip("/")


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f'"{value}" is no place to listen; write HOST:PORT, like "127.0.0.1:8080"')
    return value


def _headers(value: dict[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if not TOKEN.fullmatch(name) or not text.isprintable():
            raise ValueError(f'"{name}: {text}" is no HTTP header; a name has letters, digits and hyphens')
        if name.lower() in _SECRET_HEADERS:
            raise ValueError(f'the header "{name}" holds a secret; write it into a file and name that `headers_file`')
    return value


def _way_out(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme == "maildir" and value.removeprefix("maildir:"):
        return value
    try:
        if parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0 and "@" not in parts.netloc:
            return value
    except ValueError:
        pass
    raise ValueError(
        f'"{value}" is no way out for mail; use "smtp://HOST:PORT", "smtps://HOST:PORT" or "maildir:FOLDER"'
    )


def language(value: str) -> str:
    """Raises ValueError."""
    if value not in LANGUAGES:
        raise ValueError(
            f'"{value}" is none of the languages that mails and pages speak; use one of {", ".join(LANGUAGES)}'
        )
    return value


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError('use "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/NAME"')
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def time_of_day(value: object) -> time:
    """Raises ValueError."""
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    try:
        return time.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        raise ValueError(f'"{value}" is no time of day; write it like "07:00"') from None


def quiet_hours(value: object) -> tuple[time, time]:
    """When they begin and when they end, maybe on the next day. Raises ValueError."""
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(each, time) for each in value):
        begin, end = value
    elif found := _HOURS.fullmatch(str(value)):
        begin, end = (time(int(hour), int(minute)) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    else:
        raise ValueError(f'"{value}" are no quiet hours; write when they begin and end, like "22:00-06:30"')
    if begin == end:
        raise ValueError("quiet hours that end as they begin never are; write another end, or remove the key")
    return begin, end


Span = Annotated[
    timedelta,
    BeforeValidator(span),
    PlainSerializer(lambda lasts: f"{round(lasts.total_seconds() * 1000)}ms", return_type=str, when_used="json"),
]
Zone = Annotated[str, AfterValidator(zone)]
Language = Annotated[str, AfterValidator(language)]
Address = Annotated[str, AfterValidator(address)]
FeedUrl = Annotated[str, AfterValidator(feed_url)]
Proxy = Annotated[str, AfterValidator(_proxy)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
Listen = Annotated[str, AfterValidator(_listen)]
Headers = Annotated[dict[str, str], AfterValidator(_headers)]
WayOut = Annotated[str, AfterValidator(_way_out)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
TimeOfDay = Annotated[time, BeforeValidator(time_of_day)]
QuietHours = Annotated[
    tuple[time, time],
    BeforeValidator(quiet_hours),
    PlainSerializer(lambda hours: f"{hours[0]:%H:%M}-{hours[1]:%H:%M}", return_type=str, when_used="json"),
]
