"""Mails that come back to us: what each says of the mail that we sent, and of which one."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from enum import StrEnum

from flufl.bounce import all_failures

from monitor.core import refusals
from monitor.core.mime import Part, parse
from monitor.core.text import legible, shortened
from monitor.words import Verdict

# In which somebody's server writes down whom a mail was for; the first that names one of our tokens counts.
_ADDRESSEES = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_TOKEN = r"([a-z2-7]{26})"  # noqa: S105  (the form of one)
_AT_DATA = re.compile(
    r"end of data|\bDATA command|after (?:pipelined )?(?:sending )?data\b|message content", re.IGNORECASE
)
_MACHINES = re.compile(r"mail(?:er)?[-_. ]?daemon|postmaster|mail[ -]delivery|delivery[ -]subsystem", re.IGNORECASE)
# Behind such a line stands the returned mail in bounces that are plain text.
_RETURNED = re.compile(
    r"^[^\w\n]{0,20}(?:below|copy|here is|this is a copy|returned|the header of|text of)\b.{0,40}\b(?:original|returned"
    r"|undeliver\w*|unsent|your)\b.{0,30}(?:message|mail|text|header)s?\b.*$"
    r"|^[^\w\n]{0,20}-{3}.{0,20}(?:original|returned|unsent|undelivered) (?:message|mail).*$"
    r"|^.{0,40}\bcopy of (?:the|your) (?:\w+ )?(?:message|mail)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
_OF_OURS = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
# By which many servers are known.
_TELLING = ("from", "subject", "x-failed-recipients", "x-mailer", "message-id", "received")
_REPORT_TYPE = re.compile(r"report-type\s*=\s*\"?([a-z-]{1,40})", re.IGNORECASE)
_GUESSED = 32_000
_BLANKS = re.compile(r"\n{3,}")
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_MILDEST = (Verdict.OURS, Verdict.SOFT, Verdict.UNKNOWN, Verdict.DISABLED, Verdict.DEAD)
_REASON = 300
# Of a row, in every database.
_HIGHEST = 2**31 - 1


class Kind(StrEnum):
    """What a mail that came to the address for bounces is; the value is what the log says."""

    BOUNCE = "a mail came back"
    DELAYED = "a mail is on its way still"
    DELIVERED = "a mail arrived"
    AUTO_REPLY = "an automatic answer"
    COMPLAINT = "a complaint"
    LEAVE = "somebody leaves"
    UNKNOWN = "not told what it is"


@dataclass(frozen=True, slots=True)
class Returned:
    """`token` is that of the delivery it speaks of; `number`, which can be guessed, what the envelope of one carried,
    and believed only together with `recipients`. Who leaves by mail names the delivery that they leave by."""

    kind: Kind
    token: str = ""
    number: int | None = None
    recipients: tuple[str, ...] = ()
    verdict: Verdict | None = None
    code: str = ""
    reason: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class _Report:
    """What a delivery status says of one recipient."""

    action: str
    verdict: Verdict
    code: str
    reason: str
    recipients: tuple[str, ...]


def read(raw: bytes, bounces_address: str, to: Sequence[str] = ()) -> Returned:
    """`to`: whom the mail was for, where the server has told us beside it. The mail of ours that comes back with it is
    never looked into: its words are not the server's."""
    mail = parse(raw)
    addressees = (*to, *(value for name in _ADDRESSEES for value in mail.all(name)))
    token = _token(addressees, bounces_address)
    status = next(_parts(mail, "message/delivery-status", "message/global-delivery-status"), None)
    if status is None:
        return _without_status(mail, token, addressees, bounces_address)
    envelope = status.blocks[0].get("original-envelope-id", "") if status.blocks else ""
    token = token or _found(re.compile(_TOKEN), envelope.strip().lower())
    number = int(envelope) if envelope.isascii() and envelope.isdecimal() and len(envelope) < 18 else 0
    reports = [_report(block, _prose(mail)) for block in status.blocks if "final-recipient" in block]
    told = _of_reports(reports, token, number if 0 < number <= _HIGHEST else None)
    # Some say nothing in a form that can be read, or leave out who and what.
    return told if told.kind is not Kind.UNKNOWN or not token else _guessed(mail, token)


def _of_reports(reports: Sequence[_Report], token: str, number: int | None) -> Returned:
    """A mail that reached one of those it was passed on to did arrive; the mildest refusal counts."""
    recipients = tuple(dict.fromkeys(each for report in reports for each in report.recipients))
    actions = {each.action for each in reports}
    kind, told = Kind.UNKNOWN, None
    if actions & {"delivered", "relayed"}:
        kind = Kind.DELIVERED
    elif "failed" in actions:
        kind = Kind.BOUNCE
        told = min((each for each in reports if each.action == "failed"), key=lambda each: _MILDEST.index(each.verdict))
    elif "delayed" in actions:
        kind = Kind.DELAYED
    elif "expanded" in actions:
        kind = Kind.DELIVERED
    action = told.action if told else next(iter(sorted(actions)), "")
    if told is None:
        return Returned(kind, token, number, recipients, action=action)
    return Returned(kind, token, number, recipients, told.verdict, told.code, told.reason, action)


def _report(block: dict[str, str], prose: str) -> _Report:
    recipients = tuple(
        address
        for name in ("final-recipient", "original-recipient")
        if (address := block.get(name, "").rpartition(";")[2].strip().strip("<>").lower())
    )
    # Whoever writes a report may put anything there.
    status, diagnostic = refusals.enhanced_code(block.get("status", "").strip()), block.get("diagnostic-code", "")
    said = diagnostic.partition(";")[2].strip() or diagnostic
    told = _line_of(prose, recipients)
    step = refusals.DATA if _AT_DATA.search(f"{said} {told}") else refusals.RCPT_TO
    codes = (refusals.enhanced_code(said), refusals.enhanced_code(told), status)
    code = next((each for each in codes if each and not each.startswith("5.0.")), "")
    reply = refusals.reply_code(said) or refusals.reply_code(told)
    # A code that speaks of the recipient does so at any step: each mail of ours has one.
    verdict = refusals.of_status(code) or refusals.verdict(step, reply, code, said or told)
    action = block.get("action", "").partition("(")[0].strip().lower()
    action = action or {"5": "failed", "4": "delayed", "2": "delivered"}.get(status[:1], "")
    return _Report(action, verdict, code or (str(reply) if reply else ""), _reason(said or told or status), recipients)


def _without_status(mail: Part, token: str, addressees: Sequence[str], bounces_address: str) -> Returned:
    feedback = next(_parts(mail, "message/feedback-report"), None)
    if feedback is not None:
        said = feedback.blocks[0] if feedback.blocks else {}
        if said.get("feedback-type", "").strip().lower() not in _COMPLAINTS:
            return Returned(Kind.UNKNOWN, token)
        token = token or _token((said.get("original-mail-from", ""),), bounces_address)
        return Returned(
            Kind.COMPLAINT, token, verdict=Verdict.COMPLAINT, code="complaint", reason=said["feedback-type"]
        )
    automatic = mail.get("auto-submitted").partition(";")[0].strip().lower() not in ("", "no")
    nobody = mail.get("return-path").strip() == "<>"
    if not token:
        left = "" if automatic or nobody else _token(addressees, bounces_address, "leave-")
        return Returned(Kind.LEAVE, left) if left else Returned(Kind.UNKNOWN)
    # Some servers call their bounces replies, but no server is out of office.
    server = bool(_MACHINES.search(f"{mail.get('from')} {mail.get('return-path')}") or mail.get("x-failed-recipients"))
    if automatic and not server:
        return Returned(Kind.AUTO_REPLY, token)
    if not (nobody or server):
        return Returned(Kind.UNKNOWN, token)
    return _guessed(mail, token)


def _guessed(mail: Part, token: str) -> Returned:
    """By the habits of many servers. It may be wrong, so that it never condemns an address by itself."""
    try:
        temporary, permanent = all_failures(message_from_bytes(_alone(mail)))
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return Returned(Kind.UNKNOWN, token)
    found = tuple(sorted(each.decode("utf-8", "replace").lower() for each in permanent))
    if found:
        return Returned(Kind.BOUNCE, token, None, found, Verdict.UNKNOWN, "", _reason(mail.get("subject")), "failed")
    return Returned(Kind.DELAYED if temporary else Kind.UNKNOWN, token)


def _alone(mail: Part) -> bytes:
    """The mail without the one of ours that comes back in it."""
    heads = {name: _ascii(mail.get(name)) for name in _TELLING}
    # The detectors of flufl.bounce stumble over a mail from nobody, and over letters beyond ASCII.
    heads["from"] = heads["from"] if "@" in heads["from"] else "unknown@invalid"
    head = "".join(f"{name}: {value}\n" for name, value in heads.items() if value)
    return f"{head}MIME-Version: 1.0\n{_written(mail, 'part')}".encode("ascii", "replace")[:_GUESSED]


def _written(part: Part, boundary: str) -> str:
    """As it came, but for what comes back in it; decoded."""
    described = f"Content-Description: {_ascii(part.get('content-description'))}\n"
    if not part.parts:
        text = _BLANKS.sub("\n\n", part.text[:_GUESSED])
        returned = _RETURNED.search(text)
        text = text[: returned.start()] if returned else text
        return f"{described}Content-Type: {_ascii(part.type)}; charset=us-ascii\n\n{text}\n"
    inner = "".join(
        f"--{boundary}\n{_written(each, f'{boundary}{number}')}"
        for number, each in enumerate(part.parts)
        if each.type not in _OF_OURS
    )
    report = _REPORT_TYPE.search(part.get("content-type"))
    kind = _ascii(part.type) + (f"; report-type={report[1]}" if report else "")
    return f'{described}Content-Type: {kind}; boundary="{boundary}"\n\n{inner}--{boundary}--\n'


def _ascii(said: str) -> str:
    return legible(said)[:500].encode("ascii", "replace").decode()


def _prose(mail: Part) -> str:
    """What the server wrote for people: the text in front of the delivery status."""
    said: list[str] = []
    for each in _leaves(mail):
        if each.type != "text/plain":
            break
        said.append(each.text)
    return "\n".join(said)[:64_000]


def _line_of(prose: str, recipients: Collection[str]) -> str:
    """What stands behind a recipient's address, with the lines that go on with it."""
    lines = prose.split("\n")
    for number, line in enumerate(lines):
        address, _, rest = line.strip().partition(": ") if ": " in line else (line.strip().rstrip(":"), "", "")
        if address.strip("<>").lower() not in recipients:
            continue
        said = [rest]
        for more in lines[number + 1 : number + 20]:
            if not more[:1].isspace() or not more.strip():
                break
            said.append(more.strip())
        return " ".join(said).strip().rpartition(" said: ")[2]
    return ""


def _token(addressees: Collection[str], bounces_address: str, before: str = "") -> str:
    """The domain is not compared: servers rewrite it, and nobody guesses a token."""
    local = bounces_address.rpartition("@")[0]
    if not local:
        return ""
    named = re.compile(rf"(?:^|[\s<,=]){re.escape(local.lower())}\+{before}{_TOKEN}@")
    return _found(named, *(each.lower() for each in addressees))


def _found(pattern: re.Pattern[str], *texts: str) -> str:
    return next((match[1] for each in texts if (match := pattern.search(each))), "")


def _reason(said: str) -> str:
    return shortened(refusals.without_addresses(legible(said)), _REASON)


def _parts(mail: Part, *types: str) -> Iterator[Part]:
    return (each for each in _leaves(mail) if each.type in types)


def _leaves(mail: Part) -> Iterator[Part]:
    """In order; what is inside another message is no part of this one."""
    if not mail.parts:
        yield mail
    for each in mail.parts:
        yield from _leaves(each)
