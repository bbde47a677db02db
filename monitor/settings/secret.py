"""Secrets stand in files of their own: credentials of systemd, or files that the config names."""

import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from monitor.settings.fields import TOKEN
from monitor.settings.shapes import FeedSettings, Mail

Headers = tuple[tuple[str, str], ...]


def password_of(folder: Path, mail: Mail, problems: list[str]) -> SecretStr | None:
    """The mail server's password: from the environment, the credential `smtp-password`, or `password_file`."""
    if mail.password is not None:
        return mail.password
    if _credential(Path("smtp-password")) is not None or mail.password_file is not None:
        file = mail.password_file or Path("smtp-password")
        found = _secret(_credential(Path("smtp-password")) or folder / file, "mail.password_file", problems)
        return None if found is None else SecretStr(found)
    return None


def headers_of(folder: Path, feed: FeedSettings, place: Callable[[str], str], problems: list[str]) -> Headers:
    """All headers that a request for this feed carries beyond those of every request; `place` says where a key is."""
    headers = list(feed.headers.items())
    if feed.headers_file is not None:
        file = _credential(feed.headers_file) or folder / feed.headers_file
        for number, line in enumerate((_secret(file, place("headers_file"), problems) or "").splitlines(), 1):
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
        file = _credential(feed.password_file) or folder / feed.password_file
        password = _secret(file, place("password_file"), problems)
        headers.append(("Authorization", "Basic " + b64encode(f"{feed.username}:{password}".encode()).decode()))
    return tuple(headers)


def _credential(file: Path) -> Path | None:
    """The file of this name that systemd hands to the service, if it does."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder or file.is_absolute() or not (Path(folder) / file).is_file():
        return None
    return Path(folder) / file


def _secret(file: Path, key: str, problems: list[str]) -> str | None:
    try:
        return file.read_text("utf-8").strip()
    except UnicodeDecodeError:
        problems.append(f"{key}: {file} is not UTF-8 text; write it anew")
    except OSError as error:
        problems.append(f"{key}: cannot read {file} ({error.strerror}); check its path and owner")
    return None
