"""Texts to the bytes of a mail, whose headers are exactly those intended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.quoprimime import body_encode
from email.utils import format_datetime, quote
from hashlib import sha256
from html import escape

from monitor.core.text import header_safe

SUBJECT_LIMIT = 150
# Of a long thread its first mail and the last ones: readers' programs need no more to keep it together.
_LAST_REFERENCES = 10
# One less than a line may hold: a gap begins with the sign that its line goes on.
_LINE = 75
_LIST_NAMES = {"briefing": "Daily briefing", "alerts": "News alerts", "notices": "Notices to the operator"}
# Visible letters alone; a line that goes on begins with a blank, and is not blank.
_ONE_HEADER = re.compile(r"[A-Za-z-]+: [ -~]*\r\n(?: [ -~]*[!-~][ -~]*\r\n)*")
# What is each reader's own in a text that many share, by its name, between two characters that no text of ours has.
_GAP = re.compile("\ue000([a-z]+)\ue001")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes with a mail, for what has no room in it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it becomes bytes. `list_name` is "" for a mail that is of no list. `in_reply_to` is the
    mail before it in its thread, `references` are all that this reader got of it, in their order. `issue`
    names it in statistics of big providers, for all its readers alike."""

    subject: str
    text: str
    html: str
    list_name: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachment: Attachment | None = None
    language: str = "en"
    issue: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom one mail goes to, and what is its own. `contact` is "" where nobody answers. `leave` is the address of the
    page to leave by, `leave_by_mail` a mail address; `home` is where the pages are, `archive` that of past issues;
    `name` is what the sender is called."""

    key: str
    sender: str
    recipient: str
    owed_at: datetime
    contact: str = ""
    leave: str = ""
    leave_by_mail: str = ""
    home: str = ""
    archive: str = ""
    name: str = "feed-monitor"


def gap(name: str) -> str:
    """Stands in a letter for what `cast` fills in for each reader."""
    return f"\ue000{name}\ue001"


def message_id(key: str, owed_at: datetime, sender: str) -> str:
    """The same for the same debt, always: receivers may fold a repeat.

    The moment is part of it, because a fresh database counts its keys from one again.
    """
    digest = sha256(f"{key} {owed_at.isoformat()}".encode()).hexdigest()[:26]
    return f"<{key.partition(':')[0]}.{digest}@{sender.rpartition('@')[2]}>"


def compose(letter: Letter, envelope: Envelope) -> bytes:
    """The bytes of the mail; the same for the same arguments."""
    return head(letter, envelope) + cast(mould(letter), {})


def head(letter: Letter, envelope: Envelope) -> bytes:
    """All headers but those that speak of the body. Raises ValueError when a value would make another header."""
    lines = [f"{name}: {value}\r\n" for name, value in _headers(letter, envelope)]
    if not all(map(_ONE_HEADER.fullmatch, lines)):
        raise ValueError(f"the mail {envelope.key} has other headers than intended")
    return "".join(lines).encode("ascii")


def _headers(letter: Letter, envelope: Envelope) -> list[tuple[str, str]]:
    domain = envelope.sender.rpartition("@")[2]
    named = message_id(envelope.key, envelope.owed_at, envelope.sender)
    found = [
        ("Date", format_datetime(envelope.owed_at)),
        ("From", f"{_phrase(envelope.name)} <{envelope.sender}>"),
        ("To", envelope.recipient),
        ("Reply-To", envelope.contact),
        ("Subject", _subject(header_safe(letter.subject, SUBJECT_LIMIT))),
        ("Message-ID", named),
    ]
    if letter.in_reply_to:
        # A line may hold 998 characters; between two ids it may be broken.
        found += [("In-Reply-To", letter.in_reply_to), ("References", "\r\n ".join(_thread(letter)))]
    if letter.list_name:
        found.append(("List-Id", f'"{_LIST_NAMES[letter.list_name]}" <{letter.list_name}.{domain}>'))
    found += _ways_out(envelope)
    if letter.list_name in ("briefing", "alerts"):
        found += _of_a_list(letter, envelope)
    found += [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply, DR, RN, NRN")]
    return [(name, value) for name, value in found if value or name == "Subject"]


def _ways_out(envelope: Envelope) -> list[tuple[str, str]]:
    by_mail = f"mailto:{envelope.leave_by_mail}" if envelope.leave_by_mail else ""
    if not by_mail and envelope.contact and not envelope.leave:
        by_mail = f"mailto:{envelope.contact}?subject=unsubscribe"
    ways = [f"<{way}>" for way in (envelope.leave, by_mail) if way]
    one_click = "List-Unsubscribe=One-Click" if envelope.leave.startswith("https:") else ""
    return [("List-Unsubscribe", ",\r\n ".join(ways)), ("List-Unsubscribe-Post", one_click)]


def _of_a_list(letter: Letter, envelope: Envelope) -> list[tuple[str, str]]:
    domain = envelope.sender.rpartition("@")[2]
    return [
        ("List-Help", f"<{envelope.home}/>" if envelope.home else ""),
        ("List-Owner", f"<mailto:{envelope.contact}>" if envelope.contact else ""),
        ("List-Post", "NO"),
        ("List-Archive", f"<{envelope.archive}>" if envelope.archive else ""),
        ("Precedence", "bulk"),
        ("Feedback-ID", f"{letter.issue}:{letter.list_name}:{letter.language}:{domain}" if letter.issue else ""),
    ]


def _phrase(name: str) -> str:
    """As it stands before an address."""
    if name.isascii():
        return name if re.fullmatch(r"[A-Za-z0-9 -]+", name) else f'"{quote(name)}"'
    return Header(name, "utf-8").encode(maxlinelen=0)


def _subject(text: str) -> str:
    # The stock folding of an EmailMessage may leave the first line empty, which readers show as a leading blank.
    return text if text.isascii() else Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def mould(letter: Letter) -> bytes:
    """The headers that speak of the body, and the body: what all readers of it share, with gaps that `cast` fills."""
    mark = sha256(f"{letter.text}\0{letter.html}".encode()).hexdigest()[:32]
    parts = [_part(letter.text, "text/plain", "t"), _part(letter.html, "text/html", "h")]
    kind, content = _joined(f"=_{mark}", "multipart/alternative", parts)
    if letter.attachment:
        name = f'Content-Disposition: attachment; filename="{quote(letter.attachment.name)}"\r\n'.encode()
        inner = f"Content-Type: {kind}\r\n\r\n".encode() + content
        parts = [inner, name + _part(letter.attachment.text, "text/plain", "t")]
        kind, content = _joined(f"=_{mark[::-1]}", "multipart/mixed", parts)
    about = f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Language: {letter.language}\r\n\r\n"
    return about.encode() + content


def _joined(boundary: str, kind: str, parts: list[bytes]) -> tuple[str, bytes]:
    edge = f"--{boundary}".encode()
    content = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"
    return f'{kind};\r\n boundary="{boundary}"', content


def _part(text: str, kind: str, escaping: str) -> bytes:
    about = f'Content-Type: {kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    pieces = _GAP.split(text)
    content = b"".join(
        b"\0%s%s\0" % (escaping.encode(), piece.encode()) if at % 2 else _quoted(piece)
        for at, piece in enumerate(pieces)
    )
    return about.encode() + content


def _quoted(text: str) -> bytes:
    # As each byte stands for itself in latin-1, the letters of the encoded text are its bytes.
    return body_encode(text.encode().decode("latin-1"), _LINE, "\r\n").encode("ascii")


def cast(shared: bytes, fills: Mapping[str, str]) -> bytes:
    """What `mould` made, with its gaps filled. Raises KeyError for a gap without a fill."""
    pieces = shared.split(b"\0")
    for at in range(1, len(pieces), 2):
        fill = fills[pieces[at][1:].decode()]
        # Lines that end in "=" go on: so the fill can be encoded by itself.
        pieces[at] = b"=\r\n" + _quoted(escape(fill) if pieces[at][:1] == b"h" else fill) + b"=\r\n"
    return b"".join(pieces)


def _thread(letter: Letter) -> tuple[str, ...]:
    first, *later = letter.references or (letter.in_reply_to,)
    return (first, *later[-_LAST_REFERENCES:])
