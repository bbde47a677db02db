"""The config files, checked once; what is wrong is said with file, line, key and cure.

Order: environment (`FEED_MONITOR_MAIL__OUT=...`) over files over defaults. Passwords come from the environment,
from `$CREDENTIALS_DIRECTORY` or from a file that the config names, never from the config itself.
"""

import os
from pathlib import Path

from platformdirs import user_config_path, user_state_path
from pydantic import ValidationError

from monitor.settings.channels import ChannelSecrets, check_channels, places_in
from monitor.settings.feeds import read_feeds
from monitor.settings.files import Source
from monitor.settings.publishers import FILE_NAME as PUBLISHERS
from monitor.settings.publishers import read_publishers
from monitor.settings.rules import RuleBook, RuleSettings, read_rule_files, with_routes_checked
from monitor.settings.secret import channel_secrets_of, password_of, secret_named, token_of
from monitor.settings.shapes import Config, Settings
from monitor.settings.strict import Strict

__all__ = [
    "Config",
    "RuleBook",
    "RuleSettings",
    "Settings",
    "SettingsError",
    "database_of",
    "find",
    "load",
    "read_rule_files",
]
FILE_NAME = "monitor.toml"
_SYSTEM_CONFIG, _SYSTEM_STATE = Path("/etc/feed-monitor"), Path("/var/lib/feed-monitor")


class SettingsError(Exception):
    """Every problem of the config, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def find(named: str | None) -> Path:
    """The monitor.toml to read: `--config`, $FEED_MONITOR_CONFIG, XDG, /etc. Raises SettingsError."""
    chosen = named or os.environ.get("FEED_MONITOR_CONFIG")
    if chosen:
        path = Path(chosen)
        path = path / FILE_NAME if path.is_dir() else path
        if not _is_readable(path):
            raise SettingsError([f"{path}: there is no such file; `feed-monitor init {path.parent}` writes one"])
        return path.absolute()
    places = (user_config_path("feed-monitor") / FILE_NAME, _SYSTEM_CONFIG / FILE_NAME)
    for path in places:
        if _is_readable(path):
            return path
    looked = " and ".join(str(path) for path in places)
    raise SettingsError([f"no config found in {looked}; `feed-monitor init` writes one, `--config FILE` names one"])


def _is_readable(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        raise SettingsError([f"{path}: cannot be read (Permission denied); run this as the service's user"]) from None


def load(file: Path) -> Config:
    """Read and check monitor.toml, the feeds and the rules. Raises SettingsError with every problem found.

    What is wrong with a rule stands in the `book` of the config: the other rules are good.
    """
    folder = file.parent
    problems: list[str] = []
    settings = _settings(file, problems)
    # Of channels that could not be read the names are not known: no route is wrong for naming one of them.
    channels_known = not problems
    publishers = read_publishers(folder / PUBLISHERS, problems)
    feeds, headers = read_feeds(folder / settings.feeds_file, problems, publishers)
    password = password_of(folder, settings.mail, problems)
    operator_token = token_of(folder, settings.web.operator_token_file, problems)
    bounces_password = secret_named(folder, settings.bounces.password_file, "bounces.password_file", problems)
    channels = _channels(file, settings, problems)
    if settings.templates and not (folder / settings.templates).is_dir():
        problems.append(
            f"{file}: templates: there is no folder {folder / settings.templates}; make it or remove the key"
        )
    book = read_rule_files(*_rule_places(folder, settings))
    if channels_known:
        book = with_routes_checked(book, settings.channels)
    if problems:
        raise SettingsError([*problems, *book.problems])
    state = _state(folder, settings)
    return Config(
        file=file,
        settings=settings,
        state=state,
        database=_database(folder, state, settings),
        templates=folder / settings.templates if settings.templates else None,
        feeds=feeds,
        headers=headers,
        publishers=publishers,
        book=book,
        password=password,
        operator_token=operator_token,
        bounces_password=bounces_password,
        channel_secrets=channels,
    )


def _channels(file: Path, settings: Settings, problems: list[str]) -> dict[str, ChannelSecrets]:
    place = places_in(Source(file, []))
    check_channels(settings.channels, place, problems)
    fallback = settings.mail.fallback
    if fallback and fallback not in settings.channels:
        known = ", ".join(sorted(settings.channels)) or "none yet"
        problems.append(f'{file}: mail.fallback: there is no channel "{fallback}"; name one of [channels] ({known})')
    fallbacks = {fallback, *(channel.fallback for channel in settings.channels.values())}
    problems.extend(
        f'{place(name, "format")}: a fall-back may have to tell several alerts at once, which CAP cannot; use "json"'
        for name, channel in settings.channels.items()
        if name in fallbacks and channel.format == "cap"
    )
    return channel_secrets_of(file.parent, settings.channels, place, problems)


def _rule_places(folder: Path, settings: Settings) -> list[Path]:
    more = folder / settings.rules_folder
    return [folder / settings.rules_file, *([more] if more.is_dir() else [])]


def database_of(file: Path) -> str:
    """The database, whatever is wrong with feeds and rules. Raises SettingsError when monitor.toml itself is wrong."""
    problems: list[str] = []
    settings = _settings(file, problems)
    if problems:
        raise SettingsError(problems)
    return _database(file.parent, _state(file.parent, settings), settings)


def _database(folder: Path, state: Path, settings: Settings) -> str:
    if settings.database is None:
        return f"sqlite:///{state / 'feed-monitor.db'}"
    path = settings.database.removeprefix("sqlite:///")
    return settings.database if path == settings.database else f"sqlite:///{folder / path}"


def _state(folder: Path, settings: Settings) -> Path:
    given = os.environ.get("STATE_DIRECTORY")
    if settings.state:
        return folder / settings.state
    if given:
        return Path(given)
    # The config of the system's service: its commands must find its database without being told.
    return _SYSTEM_STATE if folder == _SYSTEM_CONFIG else user_state_path("feed-monitor")


def _settings(file: Path, problems: list[str]) -> Settings:
    source = Source(file, problems)
    unknown = [name for name in os.environ if name.startswith("FEED_MONITOR_") and not _is_setting(name)]
    problems.extend(f"environment: {name} is no setting; unset it or correct its name" for name in unknown)
    if "password" in source.table.get("mail", {}):
        problems.append(
            f"{source.place('mail', 'password')}: a password does not belong here; name a `password_file` instead"
        )
        del source.table["mail"]["password"]
    try:
        return Settings(**source.table)
    except ValidationError as error:
        problems.extend(source.explain(error, Settings))
        return Settings.model_construct()


def _is_setting(name: str) -> bool:
    if name in ("FEED_MONITOR_CONFIG", "FEED_MONITOR_CI"):
        return True
    section, _, key = name.removeprefix("FEED_MONITOR_").lower().partition("__")
    known = Settings.model_fields.get(section)
    if known is None or not key:
        return known is not None
    return isinstance(known.default, Strict) and key in type(known.default).model_fields
