"""A mail server that keeps to a script, and one that keeps to the standard."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from monitor.net.post import Message, Witness
from monitor.net.smtp import SmtpDoor, SmtpServer
from tests.net.loopback import listening

# In place of a reply: say nothing any more, or close the line.
SILENCE, HANG_UP = "(silence)", "(hang up)"


@dataclass
class Visit:
    """One connection: the commands heard, and the mails as they came over the wire."""

    heard: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class PostOffice:
    """`script` gives the replies to a verb ("." is the end of a mail) one after the other, then all is "250 ok"."""

    script: dict[str, list[str]] = field(default_factory=dict)
    banner: str = "220 post.test ESMTP"
    port: int = 0
    visits: list[Visit] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def mails(self) -> list[bytes]:
        return [mail for visit in self.visits for mail in visit.mails]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = Visit()
        self.visits.append(visit)
        self.came.set()
        try:
            if await self._says(self.banner, visit, reader, writer):
                await self._serve(visit, reader, writer)
        finally:
            visit.left.set()

    async def _serve(self, visit: Visit, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode().strip():
            visit.heard.append(line)
            verb = line.split()[0].upper()
            reply = self._reply(verb)
            if not await self._says(reply, visit, reader, writer) or verb == "QUIT":
                return
            if verb == "DATA" and reply.startswith("354"):
                visit.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                if not await self._says(self._reply("."), visit, reader, writer):
                    return

    def _reply(self, verb: str) -> str:
        usual = {"DATA": "354 go ahead", "QUIT": "221 bye", "EHLO": "250 post.test"}.get(verb, "250 ok")
        return self.script[verb].pop(0) if self.script.get(verb) else usual

    async def _says(self, reply: str, visit: Visit, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if reply == SILENCE:
            visit.silent.set()
            await reader.read()
        if reply in (SILENCE, HANG_UP):
            return False
        writer.write(f"{reply}\r\n".encode("utf-8", "surrogateescape"))
        await writer.drain()
        return True


@asynccontextmanager
async def post_office(banner: str = "220 post.test ESMTP", **script: str | list[str]) -> AsyncIterator[PostOffice]:
    """`end` in the script is the reply to a mail's last dot."""
    replies = {
        "." if verb == "end" else verb.upper(): [said] if isinstance(said, str) else said
        for verb, said in script.items()
    }
    office = PostOffice(replies, banner)
    async with listening(office.talk) as office.port:
        yield office


def door(
    port: int,
    *,
    tls: bool = False,
    starttls: bool = False,
    username: str = "",
    password: str = "",
    timeout: timedelta = timedelta(seconds=10),
    witness: Witness = lambda step: None,
) -> SmtpDoor:
    server = SmtpServer(
        "127.0.0.1", port, tls, starttls, username, password, our_name="monitor.example.org", timeout=timeout
    )
    return SmtpDoor(server, witness)


def letter(content: bytes = b"Subject: news\r\n\r\nHello.\r\n", recipient: str = "reader@example.org") -> Message:
    return Message("monitor@example.org", recipient, "<1@example.org>", content)


@dataclass
class Mailbox:
    """What a server that keeps to the standard takes in."""

    letters: list[tuple[str | None, list[str], bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, content))
        self.encrypted.append(session.ssl is not None)
        return "250 2.0.0 kept as letter 1"


def knows(username: str, password: str) -> Callable[..., AuthResult]:
    def check(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            username.encode(),
            password.encode(),
        )
        return AuthResult(success=right, handled=False)

    return check


@asynccontextmanager
async def standard_server(
    mailbox: Mailbox, *, login: tuple[str, str] | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    protocols: list[SMTP] = []

    def connected() -> SMTP:
        protocol = SMTP(
            mailbox,
            hostname="post.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=knows(*login) if login else None,
            auth_required=False,
            auth_require_tls=False,
        )
        protocols.append(protocol)
        return protocol

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for protocol in protocols:
            if protocol.transport is not None:
                protocol.transport.close()
