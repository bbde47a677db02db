"""[channels.NAME] of monitor.toml: where alerts go other than by mail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from monitor.settings.fields import QuietHours, Span, Zone
from monitor.settings.files import Source
from monitor.settings.rules import NAME
from monitor.settings.strict import Strict
from monitor.words import Severity

TARGETS = ("webhook", "webhook_file", "apprise_file")
# Where a channel's key stands, or with an empty key the channel: "file:line: channels.NAME.key".
Place = Callable[[str, str], str]


class Channel(Strict):
    """One of the TARGETS says where to; `from` is the least severity it hears of rules that do not name it."""

    webhook: str = ""
    webhook_file: Path | None = None
    apprise_file: Path | None = None
    secret_file: Path | None = None
    format: Literal["json", "cap"] = "json"
    least: Severity = Field(default=Severity.HIGH, alias="from")
    fallback: str = ""
    fallback_after: Span = Field(default=timedelta(minutes=5), ge=timedelta(), le=timedelta(days=1))
    quiet_hours: QuietHours | None = None
    zone: Zone = "UTC"

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        named = [key for key in TARGETS if getattr(self, key)]
        if not named:
            raise ValueError("it leads nowhere; write `webhook`, `webhook_file` or `apprise_file`")
        if len(named) > 1:
            raise ValueError(f"it has {' and '.join(f'`{key}`' for key in named)}; keep one of them")
        for key in ("secret_file", "format"):
            if self.apprise_file is not None and key in self.model_fields_set:
                raise ValueError(f"`{key}` is for webhooks alone; remove it, or use a webhook")
        if self.webhook:
            _check_address(self.webhook)
        return self


@dataclass(frozen=True, slots=True)
class ChannelSecrets:
    """`url` is where to, also where it is no secret; `secret` signs what is sent there."""

    url: SecretStr
    secret: SecretStr | None = None


def places_in(source: Source) -> Place:
    def place(name: str, key: str) -> str:
        keys = ("channels", name, key) if key else ("channels", name)
        return f"{source.place(*keys)}: {'.'.join(keys)}"

    return place


def check_channels(channels: Mapping[str, Channel], place: Place, problems: list[str]) -> None:
    """What one channel alone cannot know: its name, and where its fall-backs lead."""
    for name, channel in channels.items():
        if not NAME.fullmatch(name):
            problems.append(
                f"{place(name, '')}: a channel's name has lower-case letters, digits and hyphens; write it like"
                ' "duty-desk"'
            )
        if channel.fallback and channel.fallback not in channels:
            known = ", ".join(sorted(set(channels) - {name})) or "none yet"
            problems.append(
                f'{place(name, "fallback")}: there is no channel "{channel.fallback}"; name another (known: {known})'
            )
    for circle in _circles(channels):
        way = " to ".join([*circle, circle[0]])
        sentence = "falls back to itself" if len(circle) == 1 else f"leads in a circle, {way}"
        problems.append(f"{place(circle[0], 'fallback')}: {sentence}; name another channel, or remove it")


def _circles(channels: Mapping[str, Channel]) -> list[list[str]]:
    """Each once, from the channel in it that the file names first."""
    circles: list[list[str]] = []
    for name in channels:
        way = [name]
        while (following := channels[way[-1]].fallback) in channels and following not in way:
            way.append(following)
        if following == name and not any(name in circle for circle in circles):
            circles.append(way)
    return circles


def _check_address(address: str) -> None:
    if not is_web_address(address):
        raise ValueError(f'`webhook` "{address}" is no web address; begin it with https:// or http:// and name a host')
    if "@" in urlsplit(address).netloc:
        raise ValueError("`webhook` holds a password; write the address into a file and name that `webhook_file`")


def is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and address.isprintable()
            and " " not in address
        )
    except ValueError:
        return False
