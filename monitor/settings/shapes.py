"""The settings and their defaults, as the three config files state them."""

from collections.abc import Callable
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from monitor.settings.channels import Channel, ChannelSecrets
from monitor.settings.fields import (
    Address,
    DatabaseUrl,
    FeedUrl,
    Headers,
    Language,
    Listen,
    Proxy,
    PublicUrl,
    Span,
    TimeOfDay,
    WayOut,
    Zone,
    address,
)
from monitor.settings.people import Bounces, Networks, Subscribe
from monitor.settings.publishers import Publishers, shipped_publishers
from monitor.settings.rules import RuleBook, RuleSettings
from monitor.settings.strict import Strict
from monitor.words import Severity


class Poll(Strict):
    """`every` is the mean pause and so the budget; the pause of one feed moves between `fastest` and `slowest` with
    its rhythm. `budget` is in requests a day, for all feeds together; 0: as many as `every` makes."""

    every: Span = Field(default=timedelta(minutes=15), ge=timedelta(seconds=1), le=timedelta(days=7))
    adaptive: bool = True
    fastest: Span = Field(default=timedelta(minutes=3), ge=timedelta(seconds=1), le=timedelta(days=1))
    slowest: Span = Field(default=timedelta(hours=1), ge=timedelta(seconds=1), le=timedelta(days=7))
    budget: int = Field(default=0, ge=0)
    timeout: Span = Field(default=timedelta(seconds=30), ge=timedelta(milliseconds=100), le=timedelta(minutes=5))
    connections: int = Field(default=32, ge=1, le=256)
    host_pause: Span = Field(default=timedelta(seconds=1), ge=timedelta(), le=timedelta(minutes=1))
    largest: int = Field(default=8_000_000, ge=10_000, le=100_000_000)
    proxy: Proxy = ""
    tell_after: int = Field(default=5, ge=1, le=1000)
    websub: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fastest > self.slowest:
            raise ValueError("`fastest` is longer than `slowest`; exchange them")
        return self


class Web(Strict):
    """`public_url` is where the world reaches `listen`; without it nothing listens. `alone`: the pages are served by a
    program of their own. Only `proxies` are believed when they say whom they speak for, and who an operator is."""

    listen: Listen = "127.0.0.1:8080"
    public_url: PublicUrl = ""
    alone: bool = False
    proxies: Networks = (ip_network("127.0.0.0/8"), ip_network("::1"))
    archive: bool = False
    operator_token_file: Path | None = None
    operator_header: str = ""
    operators: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        if bool(self.operator_header) != bool(self.operators):
            missing = "operators" if self.operator_header else "operator_header"
            raise ValueError(f"`operator_header` and `operators` belong together; write `{missing}` too")
        return self


class Alerts(Strict):
    """Within `burst_span` one listener is told `burst_in_all` alerts one by one, and `burst` of one rule or feed."""

    least: Severity = Severity.MEDIUM
    max_age: Span = timedelta(hours=24)
    group_wait: Span = Field(default=timedelta(minutes=5), ge=timedelta(), le=timedelta(days=1))
    burst: int = Field(default=2, ge=1, le=1000)
    burst_in_all: int = Field(default=6, ge=1, le=1000)
    burst_span: Span = Field(default=timedelta(minutes=10), ge=timedelta(seconds=1), le=timedelta(days=1))


class Briefing(Strict):
    at: TimeOfDay = time(7)
    zone: Zone = "UTC"
    language: Language = "en"


class Mail(Strict):
    """`starttls` unset means: yes, except to a server on this machine. `account_sender`, of mails about being a
    subscriber, is `sender` if empty; `bounces` is where what cannot be delivered comes back to, with a token behind a
    "+". `domain_minute` is the most mails a minute to one domain; 0: no limit."""

    out: WayOut = "maildir:mail"
    sender: Address = "feed-monitor@localhost"
    account_sender: Annotated[str, AfterValidator(lambda value: address(value) if value else value)] = ""
    bounces: Annotated[str, AfterValidator(lambda value: address(value) if value else value)] = ""
    imprint: str = ""
    connections: int = Field(default=8, ge=1, le=32)
    connection_mails: int = Field(default=50, ge=1, le=10_000)
    domain_minute: int = Field(default=0, ge=0, le=1_000_000)
    starttls: bool | None = None
    username: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    timeout: Span = Field(default=timedelta(seconds=60), ge=timedelta(milliseconds=100), le=timedelta(minutes=15))
    fallback: str = ""
    fallback_after: Span = Field(default=timedelta(minutes=5), ge=timedelta(seconds=1), le=timedelta(days=1))


class Log(Strict):
    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class FeedSettings(Strict):
    """Who stands behind it is looked up among the `Publishers` that are given as context, else among the shipped."""

    url: FeedUrl
    name: str = ""
    publisher: str = ""
    family: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    every: Span | None = Field(default=None, ge=timedelta(seconds=1), le=timedelta(days=7))
    allow_private: bool = False
    proxy: Proxy = ""
    headers: Headers = Field(default_factory=dict)
    headers_file: Path | None = None
    username: str = ""
    password_file: Path | None = None

    @model_validator(mode="after")
    def _named(self, given: ValidationInfo) -> Self:
        known = given.context if isinstance(given.context, Publishers) else shipped_publishers()
        name = self.name or (urlsplit(self.url).hostname or "").removeprefix("www.")
        publisher, family = known.standing(self.url, name, self.publisher, self.family)
        tags = (*self.tags, "official") if known.official(self.url) and "official" not in self.tags else self.tags
        return self.model_copy(update={"name": name, "publisher": publisher, "family": family, "tags": tags})

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()


def _one_line(limit: int) -> Callable[[str], str]:
    def checked(value: str) -> str:
        if not value.isprintable() or len(value.encode()) > limit:
            raise ValueError(
                f"write one line of at most {limit} bytes: {limit} letters, or half as many that are not ASCII"
            )
        return value

    return checked


class Settings(BaseSettings):
    """Everything an operator chose; `name` and `about` say to people what this is.

    `folder` is where monitor.toml lies; relative paths start there.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="FEED_MONITOR_", env_nested_delimiter="__", env_ignore_empty=True
    )

    # As much as one encoded word of a mail's head holds.
    name: Annotated[str, AfterValidator(_one_line(45))] = "feed-monitor"
    about: Annotated[str, AfterValidator(_one_line(600))] = ""
    contact: Annotated[str, AfterValidator(lambda value: address(value) if value else value)] = ""
    state: Path | None = None
    database: DatabaseUrl | None = None
    feeds_file: Path = Path("feeds.toml")
    rules_file: Path = Path("rules.toml")
    rules_folder: Path = Path("rules.d")
    templates: Path | None = None
    poll: Poll = Poll()
    alerts: Alerts = Alerts()
    briefing: Briefing = Briefing()
    mail: Mail = Mail()
    log: Log = Log()
    web: Web = Web()
    subscribe: Subscribe = Subscribe()
    bounces: Bounces = Bounces()
    channels: dict[str, Channel] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings


class Config(Strict):
    """The files together, every path absolute. `headers` are secret, by the URL of the feed that wants them."""

    file: Path
    settings: Settings
    state: Path
    database: str
    templates: Path | None
    feeds: tuple[FeedSettings, ...]
    headers: dict[str, tuple[tuple[str, str], ...]] = Field(repr=False)
    publishers: Publishers = Field(repr=False)
    book: RuleBook
    password: SecretStr | None
    operator_token: SecretStr | None = None
    bounces_password: SecretStr | None = None
    channel_secrets: dict[str, ChannelSecrets] = Field(default_factory=dict, repr=False)

    @property
    def rules(self) -> tuple[RuleSettings, ...]:
        return self.book.rules

    @property
    def sources(self) -> frozenset[str]:
        """What rules and silences may call a source, as they compare it."""
        named = (name for feed in self.feeds for name in (feed.name, feed.publisher, *feed.tags))
        return frozenset(map(str.casefold, named))

    @property
    def mail_out(self) -> str:
        out = self.settings.mail.out
        return f"maildir:{self.state / out.removeprefix('maildir:')}" if out.startswith("maildir:") else out
