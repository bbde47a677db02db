"""The mailbox that mails come back to: a Maildir, or a folder on an IMAP server."""

import asyncio
import imaplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

# Of one mail; the report stands in front of what comes back with it.
LARGEST = 512_000
_PROCESSED = "Processed"
# Months as IMAP writes them, whatever the machine's language.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was found; `name` is what it is called there."""

    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Unopened:
    """Why the mailbox could not be looked into."""

    reason: str


class Mailbox(Protocol):
    @property
    def source(self) -> str:
        """What it is called in records."""
        ...

    async def waiting(self, limit: int) -> list[Letter] | Unopened:
        """Mails that were not read yet, the oldest first."""
        ...

    async def done(self, names: Sequence[str]) -> Unopened | None:
        """These were read; put them away."""
        ...

    async def purge(self, before: datetime) -> Unopened | None:
        """Let go of what was put away before then."""
        ...


@dataclass(frozen=True)
class MaildirBox:
    """What is put away goes to its folder ".Processed", where any mail program shows it."""

    folder: Path
    source: str = "maildir"

    async def waiting(self, limit: int) -> list[Letter] | Unopened:
        return await self._in_thread(lambda: self._waiting(limit))

    async def done(self, names: Sequence[str]) -> Unopened | None:
        return await self._in_thread(lambda: self._put_away(names))

    async def purge(self, before: datetime) -> Unopened | None:
        return await self._in_thread(lambda: self._purge(before))

    async def _in_thread(self, work: Callable[[], T]) -> T | Unopened:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            return Unopened(f"cannot use {error.filename or self.folder} ({error.strerror})")

    def _waiting(self, limit: int) -> list[Letter]:
        self.folder.stat()
        found = [path for part in ("new", "cur") for path in _mails(self.folder / part)]
        letters = []
        # Names begin with the second of arrival.
        for path in sorted(found, key=lambda path: path.name)[:limit]:
            with suppress(FileNotFoundError), path.open("rb") as file:
                letters.append(Letter(f"{path.parent.name}/{path.name}", file.read(LARGEST)))
        return letters

    def _put_away(self, names: Sequence[str]) -> None:
        away = self.folder / f".{_PROCESSED}"
        for part in ("tmp", "new", "cur"):
            (away / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        (away / "maildirfolder").touch()
        for name in names:
            with suppress(FileNotFoundError):
                (self.folder / name).rename(away / "cur" / f"{Path(name).name.partition(':')[0]}:2,S")

    def _purge(self, before: datetime) -> None:
        for path in _mails(self.folder / f".{_PROCESSED}" / "cur"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)


def _mails(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


@dataclass(frozen=True)
class ImapBox:
    """`url` as imaps://USER@HOST/FOLDER. By imap:// the line is encrypted, too, but to a server on this machine.

    What was read is moved to the folder "Processed", or marked as seen where that cannot be done.
    """

    url: str
    password: str = field(repr=False)
    timeout: timedelta = timedelta(seconds=30)
    trusted: ssl.SSLContext | None = None
    source: str = "imap"

    async def waiting(self, limit: int) -> list[Letter] | Unopened:
        return await self._in_thread(lambda: self._waiting(limit))

    async def done(self, names: Sequence[str]) -> Unopened | None:
        return await self._in_thread(lambda: self._put_away(names))

    async def purge(self, before: datetime) -> Unopened | None:
        return await self._in_thread(lambda: self._purge(before))

    async def _in_thread(self, work: Callable[[], T]) -> T | Unopened:
        try:
            return await asyncio.to_thread(work)
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            host = urlsplit(self.url).hostname
            return Unopened(f"{host}: {error}"[:300] if str(error) else f"{host}: {type(error).__name__}")

    def _waiting(self, limit: int) -> list[Letter]:
        letters = []
        with self._opened(self._folder) as folder:
            for number in _found(folder.client, "UNSEEN")[:limit]:
                _, parts = folder.client.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST}>)")
                # None: somebody took it away meanwhile.
                raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
                if raw is not None:
                    letters.append(Letter(f"{folder.validity}.{number}", raw))
        return letters

    def _put_away(self, names: Sequence[str]) -> None:
        with self._opened(self._folder) as folder:
            # Numbers of another validity name other mails.
            known = [each.partition(".")[2] for each in names if each.partition(".")[0] == folder.validity]
            if known:
                _put_away(folder, ",".join(known))

    def _purge(self, before: datetime) -> None:
        day = f"{before.day}-{_MONTHS[before.month - 1]}-{before.year}"
        try:
            with self._opened(_PROCESSED) as folder:
                if old := _found(folder.client, "BEFORE", day):
                    _checked(folder.client.uid("STORE", ",".join(old), "+FLAGS.SILENT", r"(\Deleted)"))
                    _checked(folder.client.expunge())
        except _NoFolderError:
            return

    @property
    def _folder(self) -> str:
        return unquote(urlsplit(self.url).path.strip("/")) or "INBOX"

    @contextmanager
    def _opened(self, folder: str) -> Iterator["_Folder"]:
        client = self._connected()
        try:
            parts = urlsplit(self.url)
            user = unquote(parts.username or "")
            if "AUTH=PLAIN" in client.capabilities:  # the way that takes letters beyond ASCII
                client.authenticate("PLAIN", lambda _: f"\0{user}\0{self.password}".encode())
            else:
                client.login(user, self.password)
            if client.select(_quoted(folder))[0] != "OK":
                raise _NoFolderError(f"there is no folder {folder}")
            _, validity = client.response("UIDVALIDITY")
            # What a server can do it says in full only now.
            _, able = client.capability()
            yield _Folder(client, _word(validity), _word(able).upper().split())
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def _connected(self) -> imaplib.IMAP4:
        parts, seconds = urlsplit(self.url), self.timeout.total_seconds()
        host = parts.hostname or ""
        trusted = self.trusted or ssl.create_default_context()
        if parts.scheme == "imaps":
            return imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=trusted, timeout=seconds)
        client = imaplib.IMAP4(host, parts.port or 143, timeout=seconds)
        if not _is_here(host):
            try:
                client.starttls(trusted)
            except BaseException:
                client.shutdown()
                raise
        return client


@dataclass(frozen=True, slots=True)
class _Folder:
    """One that is open: numbers are good while `validity` is the same; `able` is what the server can do."""

    client: imaplib.IMAP4
    validity: str
    able: list[str]


class _NoFolderError(imaplib.IMAP4.error):
    pass


def _found(client: imaplib.IMAP4, *criteria: str) -> list[str]:
    _, found = client.uid("SEARCH", *criteria)
    return found[0].decode().split() if found and found[0] else []


def _put_away(folder: _Folder, numbers: str) -> None:
    """Seen in any case, so that they are not read again; moved where the server lets us."""
    client = folder.client
    _checked(client.uid("STORE", numbers, "+FLAGS.SILENT", r"(\Seen)"))
    client.create(_PROCESSED)  # says no where it is there already
    if "MOVE" in folder.able:
        client.uid("MOVE", numbers, _PROCESSED)
    elif client.uid("COPY", numbers, _PROCESSED)[0] == "OK":
        client.uid("STORE", numbers, "+FLAGS.SILENT", r"(\Deleted)")
        # This takes with it what others marked, who wanted it gone.
        client.expunge()


def _word(answer: list[bytes | None]) -> str:
    return (answer[-1] or b"").decode() if answer else ""


def _checked(answer: tuple[str, object]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"the server refused: {answer[1]}")


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
