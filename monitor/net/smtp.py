"""Hand messages to a mail server, knowing at each moment how far it has got."""

import re
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from types import TracebackType
from typing import Self

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from monitor.core.refusals import enhanced_code, verdict
from monitor.core.text import legible
from monitor.net.post import Message, SendFailed, SendResult, Sent, Unreachable, Witness
from monitor.words import Verdict

# Exim delivers no more than ten messages of one connection at once.
_MOST_PER_EXIM_CONNECTION = 10
# Postfix answers later and later, and hangs up after twenty.
_MOST_REFUSALS = 5
# Refusals that speak of the sender, the connection or our policy, and say nothing of the mail or its recipient.
_OURS = re.compile(r"5\.(1\.[78]|3\.\d+|5\.\d+|7\.\d+)$")
_USED_UP = re.compile(r"4\.5\.3\b")
_CONNECT = 10.0
_FINAL_DOT = 600.0  # RFC 5321 4.5.3.2.6; hanging up sooner on a slow server makes doubles


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    tls: bool
    starttls: bool
    username: str
    password: str = field(repr=False)
    our_name: str = "localhost"
    timeout: timedelta = timedelta(seconds=60)
    most: int = 50  # messages of one connection; Microsoft asks for no more


class SmtpDoor:
    """One visit to the server; it connects when the first message comes and again when the line breaks."""

    def __init__(self, server: SmtpServer, witness: Witness = lambda step: None) -> None:
        self._server = server
        self._witness = witness
        self._client: SMTP | None = None
        self._handed_over = self._refusals = 0
        self._most = server.most
        self._reports = False
        self._largest = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After a cancelled or broken exchange the client is out of step with the server: never reuse it.
        if error is None:
            await self._leave()
        self._drop()

    async def greet(self) -> str:
        """Connect, encrypt and log in; "" when the server lets us in."""
        outcome = await self._connected()
        return "" if isinstance(outcome, SMTP) else outcome.reason

    async def send(self, message: Message) -> SendResult:
        client = await self._connected()
        if isinstance(client, Unreachable):
            return client
        if 0 < self._largest < len(message.content):
            reason = f"its {len(message.content)} bytes are more than the {self._largest} that the server takes"
            return SendFailed(reason, verdict=Verdict.OURS, code="5.3.4")
        step = "MAIL FROM"
        try:
            self._witness("smtp: before MAIL FROM")
            await client.mail(message.sender, options=self._of_mail(message))
            step = "RCPT TO"
            self._witness("smtp: before RCPT TO")
            await client.rcpt(message.recipient, options=self._of_recipient(message))
            step = "DATA"
            self._witness("smtp: before DATA")
            reply = await client.data(message.content, timeout=_FINAL_DOT)
        except SMTPResponseException as error:
            return await self._refused(error, step, message)
        except ValueError as error:
            # An address that cannot be put on the line is this mail's trouble; the server is well.
            self._drop()
            return SendFailed(legible(f"at {step}: {error}")[:300], permanent=step == "RCPT TO")
        except (SMTPException, OSError) as error:
            self._drop()
            reason = legible(f"{type(error).__name__} at {step}: {error}")[:300]
            return _interrupted(reason, step)
        except BaseException:
            self._drop()
            raise
        self._witness("smtp: accepted")
        self._handed_over += 1
        return Sent(legible(f"{reply.code} {reply.message}")[:300])

    def _of_mail(self, message: Message) -> list[str]:
        """Ask for a report that names the message and does not repeat it."""
        return ["RET=HDRS", f"ENVID={message.number}"] if self._reports and message.number else []

    def _of_recipient(self, message: Message) -> list[str]:
        return ["NOTIFY=FAILURE", f"ORCPT=rfc822;{_xtext(message.recipient)}"] if self._reports else []

    async def _refused(self, error: SMTPResponseException, step: str, message: Message) -> SendResult:
        reason = legible(f"{error.code} {error.message} (at {step})")[:300]
        if not 400 <= error.code < 600:
            # No refusal but an answer that makes no sense: nobody knows what became of the mail.
            self._drop()
            return _interrupted(reason, step)
        if error.code == 421 or self._client is None:
            self._drop()
            return Unreachable(reason) if step == "MAIL FROM" else SendFailed(reason)
        if _USED_UP.match(error.message) and self._handed_over:
            # The connection has carried as many as it may, and says nothing of this one.
            await self._leave()
            return await self.send(message)
        self._refusals += 1
        try:
            await self._client.rset(timeout=10)
        except (SMTPException, OSError):
            self._drop()
        enhanced = enhanced_code(error.message)
        said = verdict(step, error.code, enhanced, error.message)
        return SendFailed(
            reason,
            # What is our own fault may be mended; the mail is still owed.
            permanent=error.code >= 500 and step != "MAIL FROM" and not _OURS.match(enhanced),
            verdict=said,
            code=enhanced or str(error.code),
            of_sender=step == "MAIL FROM",
        )

    async def _connected(self) -> SMTP | Unreachable:
        used_up = self._handed_over >= self._most or self._refusals >= _MOST_REFUSALS
        if self._client is not None and (used_up or not self._client.is_connected):
            await self._leave()
        if self._client is not None:
            return self._client
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.our_name,
            timeout=server.timeout.total_seconds(),
            use_tls=server.tls,
            start_tls=server.starttls,
            tls_context=_trust(server) if server.tls or server.starttls else None,
        )
        try:
            self._witness("smtp: before connecting")
            greeting = await client.connect(timeout=min(_CONNECT, server.timeout.total_seconds()))
            await client.ehlo()
            if server.username:
                await client.login(server.username, server.password)
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            return Unreachable(legible(f"{server.host}:{server.port}: {_said(error)}")[:300])
        except BaseException:
            client.close()
            raise
        self._most = min(server.most, _MOST_PER_EXIM_CONNECTION) if "Exim" in greeting.message else server.most
        self._reports = client.supports_extension("dsn")
        size = client.esmtp_extensions.get("size", "")
        self._largest = int(size) if size.isdecimal() else 0
        self._client, self._handed_over, self._refusals = client, 0, 0
        return client

    async def _leave(self) -> None:
        try:
            if self._client is not None and self._client.is_connected:
                await self._client.quit(timeout=5)
        except (SMTPException, OSError):
            pass
        finally:
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _interrupted(reason: str, step: str) -> SendResult:
    """The exchange broke off. Before RCPT it says nothing of the message; from RCPT on it may be due to this one
    recipient, who must not hold up all others; within DATA the message may have been taken."""
    return Unreachable(reason) if step == "MAIL FROM" else SendFailed(reason, doubtful=step == "DATA")


@cache
def _trust(_server: SmtpServer) -> ssl.SSLContext:
    """Made once for a server: it reads all the certificates that this machine trusts."""
    return ssl.create_default_context()


def _xtext(address: str) -> str:
    """As RFC 3461 wants it in a parameter."""
    return "".join(each if "!" <= each <= "~" and each not in "+=" else f"+{ord(each):02X}" for each in address)


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"user name or password refused ({error.code} {error.message})"
    return f"{error}"[:200] or type(error).__name__
