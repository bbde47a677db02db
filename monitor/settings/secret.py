"""Secrets stand in files of their own: credentials of systemd, or files that the config names."""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import SecretStr

from monitor.settings.channels import Channel, ChannelSecrets, Place, is_web_address
from monitor.settings.fields import TOKEN
from monitor.settings.shapes import FeedSettings, Mail

Headers = tuple[tuple[str, str], ...]
_SHORTEST_TOKEN = 20


def password_of(folder: Path, mail: Mail, problems: list[str]) -> SecretStr | None:
    """The mail server's password: from the environment, the credential `smtp-password`, or `password_file`."""
    if mail.password is not None:
        return mail.password
    if credential(Path("smtp-password")) is not None or mail.password_file is not None:
        file = mail.password_file or Path("smtp-password")
        found = secret_in(credential(Path("smtp-password")) or folder / file, "mail.password_file", problems)
        return None if found is None else SecretStr(found)
    return None


def token_of(folder: Path, file: Path | None, problems: list[str]) -> SecretStr | None:
    """What opens the operator's pages."""
    key = "web.operator_token_file"
    found = secret_named(folder, file, key, problems)
    if found is not None and 0 < len(found.get_secret_value()) < _SHORTEST_TOKEN:
        problems.append(f"{key}: {file} is easily guessed; write {_SHORTEST_TOKEN} characters or more into it")
    return found


def secret_named(folder: Path, file: Path | None, key: str, problems: list[str]) -> SecretStr | None:
    """The one line of a file that the config names; None when it names none."""
    if file is None:
        return None
    return SecretStr(_line_in(folder, file, key, problems))


def headers_of(folder: Path, feed: FeedSettings, place: Callable[[str], str], problems: list[str]) -> Headers:
    """All headers that a request for this feed carries beyond those of every request; `place` says where a key is."""
    headers = list(feed.headers.items())
    if feed.headers_file is not None:
        file = credential(feed.headers_file) or folder / feed.headers_file
        for number, line in enumerate((secret_in(file, place("headers_file"), problems) or "").splitlines(), 1):
            name, colon, value = line.partition(":")
            if line.strip() and not (colon and TOKEN.fullmatch(name.strip()) and value.strip().isprintable()):
                problems.append(f'{file}:{number}: is no header; write a line like "Cookie: session=..."')
            elif line.strip():
                headers.append((name.strip(), value.strip()))
    if feed.username or feed.password_file is not None:
        if not feed.username or feed.password_file is None:
            lone = "username" if feed.username else "password_file"
            problems.append(f"{place(lone)}: `username` and `password_file` belong together; write both")
            return ()
        file = credential(feed.password_file) or folder / feed.password_file
        password = secret_in(file, place("password_file"), problems)
        headers.append(("Authorization", "Basic " + b64encode(f"{feed.username}:{password}".encode()).decode()))
    return tuple(headers)


def channel_secrets_of(
    folder: Path, channels: Mapping[str, Channel], place: Place, problems: list[str]
) -> dict[str, ChannelSecrets]:
    """Where each channel leads and what signs for it; one whose files are no good is left out and told of."""
    found: dict[str, ChannelSecrets] = {}
    for name, channel in channels.items():
        before = len(problems)
        url = channel.webhook
        for key, file in (("webhook_file", channel.webhook_file), ("apprise_file", channel.apprise_file)):
            if file is not None:
                url = _line_in(folder, file, place(name, key), problems)
        if channel.webhook_file is not None and url and not is_web_address(url):
            problems.append(
                f"{place(name, 'webhook_file')}: {channel.webhook_file} holds no web address; begin it with https:// or"
                " http:// and name a host"
            )
        if channel.apprise_file is not None and url and "://" not in url:
            problems.append(
                f"{place(name, 'apprise_file')}: {channel.apprise_file} holds no address of apprise's; write one like"
                " ntfys://HOST/TOPIC"
            )
        signing = (
            _line_in(folder, channel.secret_file, place(name, "secret_file"), problems) if channel.secret_file else ""
        )
        if len(problems) == before:
            found[name] = ChannelSecrets(SecretStr(url), SecretStr(signing) if signing else None)
    return found


def _line_in(folder: Path, file: Path, key: str, problems: list[str]) -> str:
    found = secret_in(credential(file) or folder / file, key, problems)
    if found is not None and (not found or len(found.splitlines()) > 1):
        problems.append(f"{key}: {file} must hold one line; write the secret into it and nothing else")
        return ""
    return found or ""


def credential(file: Path) -> Path | None:
    """The file of this name that systemd hands to the service, if it does."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder or file.is_absolute() or not (Path(folder) / file).is_file():
        return None
    return Path(folder) / file


def secret_in(file: Path, key: str, problems: list[str]) -> str | None:
    """What the file holds; `key` says where it is named."""
    try:
        return file.read_text("utf-8").strip()
    except UnicodeDecodeError:
        problems.append(f"{key}: {file} is not UTF-8 text; write it anew")
    except OSError as error:
        problems.append(f"{key}: cannot read {file} ({error.strerror}); check its path and owner")
    return None
