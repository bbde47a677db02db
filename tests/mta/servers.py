"""Postfix, Dovecot behind it and opendkim in front, of a test's own, in a folder that goes away with them.

What the machine has configured for itself stays as it is, and nothing needs systemd; but only root may start them.
"""

import imaplib
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import cast

from monitor.core.signing import SIGN_HEADERS

# Mail to the first is kept by Dovecot, to the second thrown away behind the queue, to the third handed on to a server
# that wants none of it. What comes back is for the fourth.
INBOX, SINK, ELSEWHERE, BOUNCES = (
    "inbox.example.org",
    "sink.example.org",
    "elsewhere.example.org",
    "bounce.example.org",
)
PASSWORD = "sesame"
# Mails that this one wants back are refused for their sender, whomever they are for.
REFUSED_SENDER = f"refused@{BOUNCES}"
_POSTFIX, _DOVECOT, _OPENDKIM = "/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/sbin/opendkim"
_PATIENCE = 10.0  # seconds
_PACKAGES = {
    _POSTFIX: "postfix",
    _DOVECOT: "dovecot-core",
    "/usr/lib/dovecot/imap": "dovecot-imapd",
    "/usr/lib/dovecot/lmtp": "dovecot-lmtpd",
    _OPENDKIM: "opendkim",
    "/usr/sbin/opendkim-genkey": "opendkim-tools",
}

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/own
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtputf8_enable = yes
recipient_delimiter = +
alias_maps =
alias_database =
local_recipient_maps =
notify_classes =
relay_domains = {sink}, {elsewhere}
virtual_mailbox_domains = {inbox}, {bounces}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ {{{sink}=discard:}}, {{{elsewhere}=smtp:[127.0.0.1]:{neighbour}}} }}
smtpd_sender_restrictions = check_sender_access inline:{{ {{{refused}=553 5.1.8 We take nothing of yours}} }}
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{doorman}, permit_mynetworks, reject
smtpd_data_restrictions = check_policy_service inet:127.0.0.1:{doorman}
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
"""

_MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{signed_by_default} inet n - n - - smtpd
  -o smtpd_milters=inet:127.0.0.1:{dkim_by_default}
127.0.0.1:{signed_in_full} inet n - n - - smtpd
  -o smtpd_milters=inet:127.0.0.1:{dkim_in_full}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
flush unix n - n 1000? 0 flush
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_DOVECOT_CONF = """\
base_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
auth_username_format = %Ln
mail_location = maildir:~/Maildir
mailbox_idle_check_interval = 1 secs
recipient_delimiter = +
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/people/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""

_OPENDKIM_CONF = """\
Mode s
Domain {domain}
Selector watch
KeyFile {folder}/watch.private
Socket inet:{port}@127.0.0.1
PidFile {folder}/dkim-{port}.pid
Canonicalization relaxed/relaxed
Background yes
InternalHosts 127.0.0.1
RequireSafeKeys no
"""


def missing(*needed: str) -> str:
    """What keeps the servers from being started, in one line; "" if nothing does."""
    wanted = {path: name for path, name in _PACKAGES.items() if not needed or name in needed}
    lacking = [name for path, name in wanted.items() if not Path(path).exists()]
    if lacking:
        return f"install {' '.join(lacking)} to see mail through real servers"
    return "" if os.geteuid() == 0 else "be root to start real mail servers"


@dataclass
class Doorman:
    """Says at RCPT or DATA what a test wants Postfix to say. `at_rcpt` and `at_data`: by recipient, one answer a mail;
    the last one stays."""

    at_rcpt: dict[str, list[str]] = field(default_factory=dict)
    at_data: dict[str, list[str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, state: str, recipient: str) -> str:
        self.asked.append((state, recipient))
        answers = (self.at_rcpt if state == "RCPT" else self.at_data).get(recipient, [])
        return (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else "DUNNO"


class _DoormanLine(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        said: dict[str, str] = {}
        for line in self.rfile:
            name, _, value = line.decode().rstrip("\n").partition("=")
            if name:
                said[name] = value
                continue
            doorman = cast("_Listening", self.server).behind
            assert isinstance(doorman, Doorman)
            self.wfile.write(f"action={doorman.answer(said['protocol_state'], said['recipient'])}\n\n".encode())
            said.clear()


class _NeighbourLine(socketserver.StreamRequestHandler):
    """A server that knows nobody."""

    def handle(self) -> None:
        self.wfile.write(b"220 elsewhere.example.org ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            said = b"550 5.1.1 Nobody of that name lives here" if verb == b"RCPT" else b"250 ok"
            self.wfile.write(said + b"\r\n")
            if verb == b"QUIT":
                return


class _Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, line: type[socketserver.StreamRequestHandler], behind: object = None) -> None:
        super().__init__(("127.0.0.1", 0), line)
        self.behind = behind

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def _listening(line: type[socketserver.StreamRequestHandler], behind: object = None) -> Iterator[int]:
    with _Listening(line, behind) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server.port
        finally:
            server.shutdown()


@dataclass(frozen=True)
class MailServer:
    """`smtp` takes mail from this machine; what comes by `signed_by_default` and `signed_in_full` is signed."""

    folder: Path
    doorman: Doorman
    smtp: int
    imap: int
    signed_by_default: int
    signed_in_full: int

    def postfix(self, verb: str) -> None:
        _run(_POSTFIX, "-c", str(self.folder / "postfix"), verb)

    def maildir(self, user: str) -> Path:
        return self.folder / "people" / user / "Maildir"

    def letters(self, user: str, number: int) -> list[bytes]:
        """All mails of this user, as they lie there, once there are so many; waits for them."""
        line = imaplib.IMAP4("127.0.0.1", self.imap, timeout=_PATIENCE)
        there = 0
        try:
            line.login(user, PASSWORD)
            there = int(line.select()[1][0] or 0)
            while there < number:
                there = _more(line)
            found = [line.fetch(str(each + 1), "(BODY.PEEK[])")[1][0] for each in range(there)]
        except TimeoutError:
            line.shutdown()
            raise TimeoutError(f"{there} of {number} mails lie in the mailbox of {user}") from None
        line.logout()
        return [each[1] for each in found if isinstance(each, tuple)]


def _more(line: imaplib.IMAP4) -> int:
    """How many there are after something has happened (RFC 2177)."""
    line.send(b"wait IDLE\r\n")
    there = 0
    while not there:
        said = line.readline().split()
        if said[2:3] == [b"EXISTS"]:
            there = int(said[1])
    line.send(b"DONE\r\n")
    while not line.readline().startswith(b"wait "):
        pass
    return there


@contextmanager
def mail_server(*, inboxes: bool = True, dkim_domain: str = "") -> Iterator[MailServer]:
    """Running until the end of the block, or of this program, however it ends. Without `inboxes` there is no Dovecot;
    with a `dkim_domain` what comes by the two other ports is signed for it: as Debian's opendkim does it by itself, and
    as we advise."""
    with ExitStack() as stack:
        # Others than root must get in.
        folder = Path(tempfile.mkdtemp(prefix="feed-monitor-mta-"))
        folder.chmod(0o755)
        doorman = Doorman()
        doorman_port = stack.enter_context(_listening(_DoormanLine, doorman))
        neighbour = stack.enter_context(_listening(_NeighbourLine))
        smtp, imap, lmtp, plain, full, plain_dkim, full_dkim = _free_ports(7)
        stack.enter_context(_ending(folder))
        _prepare_postfix(
            folder,
            smtp=smtp,
            lmtp=lmtp,
            doorman=doorman_port,
            neighbour=neighbour,
            signed_by_default=plain,
            signed_in_full=full,
            dkim_by_default=plain_dkim,
            dkim_in_full=full_dkim,
        )
        if inboxes:
            _start_dovecot(folder, imap, lmtp)
        if dkim_domain:
            _run("/usr/sbin/opendkim-genkey", "-D", str(folder), "-d", dkim_domain, "-s", "watch")
            _start_opendkim(folder, plain_dkim, dkim_domain)
            _start_opendkim(folder, full_dkim, dkim_domain, f"{SIGN_HEADERS}\n")
        server = MailServer(folder, doorman, smtp, imap, plain, full)
        server.postfix("start")
        yield server


@contextmanager
def _ending(folder: Path) -> Iterator[None]:
    """Whatever was started in the folder ends, and the folder with it, when we are done, or dead."""
    last_will = f"""
        read -r done
        {_POSTFIX} -c {folder}/postfix stop
        test -f {folder}/dovecot.conf && doveadm -c {folder}/dovecot.conf stop
        for pid in {folder}/dkim-*.pid; do test -f "$pid" && kill "$(cat "$pid")"; done
        rm -rf {folder}
    """
    quiet = subprocess.DEVNULL
    executor = subprocess.Popen(
        ["/bin/sh", "-c", last_will], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield
    finally:
        executor.communicate(timeout=_PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


def _prepare_postfix(folder: Path, **ports: int) -> None:
    config = folder / "postfix"
    for name in ("queue", "own", "postfix"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "own", "postfix")
    names = {"folder": folder, "inbox": INBOX, "sink": SINK, "elsewhere": ELSEWHERE, "bounces": BOUNCES}
    (config / "main.cf").write_text(_MAIN.format(**names, **ports, refused=REFUSED_SENDER))
    (config / "master.cf").write_text(_MASTER.format(**ports))
    # Which files there are, and with which rights, is the package's knowledge.
    shutil.copy("/etc/postfix/postfix-files", config)
    (config / "dynamicmaps.cf").touch()


def _start_dovecot(folder: Path, imap: int, lmtp: int) -> None:
    people = folder / "people"
    people.mkdir(mode=0o755)
    shutil.chown(people, "nobody", "nogroup")
    config = folder / "dovecot.conf"
    config.write_text(_DOVECOT_CONF.format(folder=folder, imap=imap, lmtp=lmtp, password=PASSWORD))
    _run(_DOVECOT, "-c", str(config))


def _start_opendkim(folder: Path, port: int, domain: str, more: str = "") -> None:
    config = folder / f"dkim-{port}.conf"
    config.write_text(_OPENDKIM_CONF.format(folder=folder, port=port, domain=domain) + more)
    _run(_OPENDKIM, "-x", str(config))


def _run(*command: str) -> None:
    # What stays running must not hold a pipe of ours open, or we would wait for it for ever.
    with tempfile.TemporaryFile() as said:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, timeout=_PATIENCE
        )
        if ran.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed: {said.read().decode(errors='replace')}")


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [each.getsockname()[1] for each in found]
