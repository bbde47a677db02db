"""The mailbox that mails come back to: a Maildir, and a folder on a real IMAP server."""

import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from grp import getgrgid
from pathlib import Path

import pytest

from monitor.net.mailbox import LARGEST, ImapBox, Letter, MaildirBox, Unopened

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DOVECOT = shutil.which("dovecot")
CONF = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = nobody
default_login_user = nobody
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:~/Maildir
passdb {{
  driver = static
  args = password=secrét
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


def put(folder: Path, name: str, text: str = "Subject: x\n\n", *, part: str = "new") -> Path:
    for each in ("tmp", "new", "cur"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    path = folder / part / name
    path.write_text(text)
    return path


def names(found: list[Letter] | Unopened) -> list[str]:
    assert isinstance(found, list)
    return [letter.name for letter in found]


async def test_mails_of_a_maildir_are_read_in_order_whether_or_not_somebody_has_seen_them(tmp_path: Path) -> None:
    put(tmp_path, "1002.a.host", "two")
    put(tmp_path, "1001.b.host:2,S", "one", part="cur")
    put(tmp_path, ".hidden")
    (tmp_path / "new" / "folder").mkdir()
    box = MaildirBox(tmp_path)
    found = await box.waiting(10)
    assert found == [Letter("cur/1001.b.host:2,S", b"one"), Letter("new/1002.a.host", b"two")]
    assert names(await box.waiting(1)) == ["cur/1001.b.host:2,S"]


async def test_what_was_read_is_put_where_a_mail_program_shows_it_and_is_not_read_again(tmp_path: Path) -> None:
    put(tmp_path, "1.a", "one")
    put(tmp_path, "2.b:2,F", "two", part="cur")
    box = MaildirBox(tmp_path)
    read = names(await box.waiting(10))
    assert await box.done(read) is None
    assert await box.waiting(10) == []
    away = tmp_path / ".Processed"
    assert {path.name: path.read_text() for path in (away / "cur").iterdir()} == {"1.a:2,S": "one", "2.b:2,S": "two"}
    assert (away / "maildirfolder").exists()
    assert await box.done(read) is None  # as after a crash


async def test_what_was_not_put_away_for_a_crash_is_read_once_more(tmp_path: Path) -> None:
    put(tmp_path, "1.a")
    assert await MaildirBox(tmp_path).waiting(10) == await MaildirBox(tmp_path).waiting(10) != []


async def test_what_was_put_away_long_ago_is_let_go_of(tmp_path: Path) -> None:
    for name, age in (("1.old", 40), ("2.young", 20)):
        path = put(tmp_path, name)
        at = (NOW - timedelta(days=age)).timestamp()
        os.utime(path, (at, at))
    box = MaildirBox(tmp_path)
    await box.done(names(await box.waiting(10)))
    put(tmp_path, "3.unread")
    os.utime(tmp_path / "new/3.unread", (0, 0))
    await box.purge(NOW - timedelta(days=30))
    assert [path.name for path in (tmp_path / ".Processed/cur").iterdir()] == ["2.young:2,S"]
    assert names(await box.waiting(10)) == ["new/3.unread"]


async def test_of_a_huge_mail_only_the_beginning_is_read(tmp_path: Path) -> None:
    put(tmp_path, "1.a", "x" * (LARGEST + 1))
    found = await MaildirBox(tmp_path).waiting(10)
    assert isinstance(found, list)
    assert len(found[0].raw) == LARGEST


async def test_a_maildir_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    found = await MaildirBox(tmp_path / "none").waiting(10)
    assert isinstance(found, Unopened)
    assert "none" in found.reason


@dataclass
class Imap:
    port: int
    folder: Path

    def box(self, folder: str = "", password: str = "secrét") -> ImapBox:
        return ImapBox(f"imap://bounces%40watch.example@127.0.0.1:{self.port}/{folder}", password)

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        client.authenticate("PLAIN", lambda _: "\0bounces@watch.example\0secrét".encode())
        return client

    def append(self, text: str, folder: str = "INBOX", at: datetime | None = None) -> None:
        client = self.client()
        if folder != "INBOX":
            client.create(f'"{folder}"')
        when = imaplib.Time2Internaldate(at) if at else ""
        assert client.append(f'"{folder}"', "", when, text.encode())[0] == "OK"
        client.logout()

    def subjects(self, folder: str) -> list[str]:
        client = self.client()
        client.select(folder, readonly=True)
        _, [found] = client.search(None, "ALL")
        rows = [client.fetch(number, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0] for number in found.split()]
        client.logout()
        return [row[1].decode().strip().removeprefix("Subject: ") for row in rows if isinstance(row, tuple)]


Start = Callable[..., Imap]


@pytest.fixture
def imap() -> Iterator[Start]:
    """A small Dovecot of our own, started with the settings that are given."""
    if DOVECOT is None or os.getuid() != 0:
        pytest.skip("install dovecot-imapd, and be root, to see a mailbox on a real server")
    running: list[Path] = []

    def start(*settings: str, tls: bool = False) -> Imap:
        folder = Path(tempfile.mkdtemp(prefix="imap"))
        folder.chmod(0o755)
        (folder / "home").mkdir()
        nobody = pwd.getpwnam("nobody")
        os.chown(folder / "home", nobody.pw_uid, nobody.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = CONF.format(
            folder=folder, uid=nobody.pw_uid, gid=nobody.pw_gid, group=getgrgid(nobody.pw_gid).gr_name,
            port=0 if tls else port, tls_port=port if tls else 0,
        )  # fmt: skip
        (folder / "dovecot.conf").write_text("\n".join([config, *(each.format(folder=folder) for each in settings)]))
        if tls:
            make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert"
            named = "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
            subprocess.run(f"{make} {named}".split(), cwd=folder, check=True, capture_output=True)
        # It goes to the background when it listens.
        nothing = subprocess.DEVNULL
        command = [DOVECOT or "", "-c", str(folder / "dovecot.conf")]
        subprocess.run(command, check=True, stdin=nothing, stdout=nothing, stderr=nothing)
        running.append(folder)
        return Imap(port, folder)

    yield start
    for folder in running:
        # Asked politely it takes three seconds to end.
        os.killpg(int((folder / "run/master.pid").read_text()), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


async def test_new_mails_of_a_folder_are_read_and_put_away(imap: Start) -> None:
    server = imap()
    server.append("Subject: one\r\n\r\nfirst\r\n")
    server.append("Subject: two\r\n\r\nsecond\r\n")
    box = server.box()
    found = await box.waiting(10)
    assert isinstance(found, list)
    assert [letter.raw for letter in found] == [
        b"Subject: one\r\n\r\nfirst\r\n",
        b"Subject: two\r\n\r\nsecond\r\n",
    ]
    assert len(names(await box.waiting(1))) == 1
    assert names(await box.waiting(10)) == [letter.name for letter in found]  # as after a crash

    assert await box.done([found[0].name]) is None
    assert server.subjects("INBOX") == ["two"]
    assert server.subjects("Processed") == ["one"]
    assert names(await box.waiting(10)) == [found[1].name]


@pytest.mark.parametrize("able", ["IMAP4rev1 UIDPLUS", "IMAP4rev1"])
async def test_a_server_that_cannot_move_copies(imap: Start, able: str) -> None:
    server = imap(f"imap_capability = {able}")
    for subject in ("one", "two"):
        server.append(f"Subject: {subject}\r\n\r\n")
    box = server.box()
    assert await box.done(names(await box.waiting(1))) is None
    assert server.subjects("INBOX") == ["two"]
    assert server.subjects("Processed") == ["one"]


async def test_where_nothing_can_be_moved_a_mail_stays_and_is_not_read_again(imap: Start) -> None:
    server = imap()
    server.append("Subject: one\r\n\r\n")
    (server.folder / "home/Maildir/.Processed").mkdir(mode=0)
    box = server.box()
    assert await box.done(names(await box.waiting(10))) is None
    assert await box.waiting(10) == []
    assert server.subjects("INBOX") == ["one"]


async def test_numbers_of_a_folder_that_was_made_anew_name_nothing(imap: Start) -> None:
    server = imap()
    server.append("Subject: one\r\n\r\n")
    assert await server.box().done(["7.1"]) is None
    assert len(names(await server.box().waiting(10))) == 1


async def test_another_folder_may_be_named(imap: Start) -> None:
    server = imap()
    server.append("Subject: one\r\n\r\n", "Come back")
    box = server.box("Come%20back")
    assert len(names(await box.waiting(10))) == 1
    found = await server.box("None").waiting(10)
    assert isinstance(found, Unopened)
    assert "there is no folder None" in found.reason


async def test_mails_put_away_long_ago_are_let_go_of_by_the_server(imap: Start) -> None:
    server = imap()
    assert await server.box().purge(NOW) is None  # nothing was ever put away
    for subject, age in (("old", 40), ("young", 20)):
        server.append(f"Subject: {subject}\r\n\r\n", "Processed", NOW - timedelta(days=age))
    server.append("Subject: unread\r\n\r\n", "INBOX", NOW - timedelta(days=99))
    assert await server.box().purge(NOW - timedelta(days=30)) is None
    assert server.subjects("Processed") == ["young"]
    assert server.subjects("INBOX") == ["unread"]


async def test_a_wrong_password_or_a_dead_server_is_told_of_without_the_password(imap: Start) -> None:
    server = imap()
    refused = await server.box(password="guess").waiting(10)
    assert isinstance(refused, Unopened)
    assert "guess" not in refused.reason
    assert "guess" not in repr(server.box(password="guess"))
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        gone = await ImapBox(f"imap://x@127.0.0.1:{shut.getsockname()[1]}", "y").done(["1.1"])
        assert isinstance(gone, Unopened)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="install openssl to see a mailbox behind TLS")
async def test_a_server_is_only_told_the_password_when_its_certificate_is_trusted(imap: Start) -> None:
    server = imap("ssl = yes", "ssl_cert = <{folder}/cert", "ssl_key = <{folder}/key", tls=True)
    url = f"imaps://bounces%40watch.example@localhost:{server.port}"
    doubted = await ImapBox(url, "secrét").waiting(10)
    assert isinstance(doubted, Unopened)
    assert "certificate" in doubted.reason
    trusted = ssl.create_default_context(cafile=server.folder / "cert")
    assert await ImapBox(url, "secrét", trusted=trusted).waiting(10) == []
