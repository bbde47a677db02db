"""Texts to the bytes of a mail, whose headers are exactly those intended."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import sha256

from monitor.core.text import header_safe

SUBJECT_LIMIT = 150
# Of a long thread its first mail and the last ones: readers' programs need no more to keep it together.
_LAST_REFERENCES = 10
# Stock policies turn a long URL in these into an encoded word, which no mail program understands.
_MACHINE_HEADERS = frozenset({"list-unsubscribe", "list-id", "message-id", "in-reply-to", "auto-submitted"})


class _MailPolicy(EmailPolicy):
    def fold(self, name: str, value: str) -> str:
        if name.lower() == "references":
            # A line may hold 998 characters; between two ids it may be broken.
            return f"{name}: {value.replace(' ', f'{self.linesep} ')}{self.linesep}"
        if name.lower() in _MACHINE_HEADERS:
            return f"{name}: {value}{self.linesep}"
        if name.lower() == "subject":
            # The stock folding may leave the first line empty, which readers show as a leading blank.
            folded = value if value.isascii() else Header(value, "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {folded}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


_POLICY = _MailPolicy(linesep=SMTP.linesep, cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes with a mail, for what has no room in it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it becomes bytes. `in_reply_to` is the first mail of its thread, `references` are the
    ones that this reader got of it, in their order."""

    subject: str
    text: str
    html: str
    list_name: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachment: Attachment | None = None


def message_id(key: str, owed_at: datetime, sender: str) -> str:
    """The same for the same debt, always: receivers may fold a repeat.

    The moment is part of it, because a fresh database counts its keys from one again.
    """
    digest = sha256(f"{key} {owed_at.isoformat()}".encode()).hexdigest()[:26]
    return f"<{key.partition(':')[0]}.{digest}@{sender.rpartition('@')[2]}>"


def compose(letter: Letter, *, key: str, sender: str, recipient: str, contact: str, owed_at: datetime) -> bytes:
    """The bytes of the mail; the same for the same arguments."""
    mail = EmailMessage(policy=_POLICY)
    domain = sender.rpartition("@")[2]
    mail["Date"] = format_datetime(owed_at)
    mail["From"] = Address("feed-monitor", addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    if contact:
        mail["Reply-To"] = Address(addr_spec=contact)
    mail["Subject"] = header_safe(letter.subject, SUBJECT_LIMIT)
    mail["Message-ID"] = message_id(key, owed_at, sender)
    if letter.in_reply_to:
        mail["In-Reply-To"] = letter.in_reply_to
        mail["References"] = " ".join(_thread(letter))
    mail["List-Id"] = f"<{letter.list_name}.{domain}>"
    if contact:
        mail["List-Unsubscribe"] = f"<mailto:{contact}?subject=unsubscribe>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply, DR, RN, NRN"
    intended = [*mail.keys(), "MIME-Version", "Content-Type"]
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(_boundary(key))
    if letter.attachment:
        mail.add_attachment(letter.attachment.text, filename=letter.attachment.name, cte="quoted-printable")
        mail.set_boundary(_boundary(f"{key} with {letter.attachment.name}"))
    content = mail.as_bytes(policy=_POLICY)
    if sorted(message_from_bytes(content).keys()) != sorted(intended):
        raise ValueError(f"the mail {key} has other headers than intended")
    return content


def _thread(letter: Letter) -> tuple[str, ...]:
    first, *later = dict.fromkeys((letter.in_reply_to, *letter.references))
    return (first, *later[-_LAST_REFERENCES:])


def _boundary(of: str) -> str:
    return f"=_{sha256(of.encode()).hexdigest()[:32]}"
