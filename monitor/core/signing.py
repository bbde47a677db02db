"""What a mail as it arrived tells of its signature (DKIM), and of the way to leave by one click."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.delegation import Answer, Finding, Grade, aligned, tags
from monitor.core.mime import Part
from monitor.core.tickets import Purpose

_ALWAYS = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
_LEAVING = ("List-Unsubscribe", "List-Unsubscribe-Post")
# What opendkim signs by itself leaves out half of these.
SIGN_HEADERS = (
    "SignHeaders From,To,Subject,Date,Message-ID,Reply-To,In-Reply-To,References,MIME-Version,Content-Type,"
    "List-Id,List-Unsubscribe,List-Unsubscribe-Post"
)
_CURE = f'with opendkim write into opendkim.conf "{SIGN_HEADERS}"; with rspamd add the names to sign_headers'
ONE_CLICK = "List-Unsubscribe=One-Click"
_LEAST_BITS, _GOOD_BITS = 1024, 2048
_LINK = re.compile(r"<([^<>]*)>")
_DOMAIN = re.compile(r"@([A-Za-z0-9.-]+)\s*>?\s*$")
_SEQUENCE, _BITS, _INTEGER = 0x30, 0x03, 0x02


@dataclass(frozen=True, slots=True)
class Signature:
    domain: str
    selector: str
    algorithm: str
    signed: frozenset[str]
    partial: bool

    @property
    def key_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


def sender_domain(mail: Part) -> str:
    """Of its From; "" if that cannot be read."""
    found = _DOMAIN.search(mail.get("from"))
    return found[1].lower() if found else ""


def signatures(mail: Part) -> list[Signature]:
    found = [tags(each) for each in mail.all("dkim-signature")]
    return [
        Signature(
            domain=each["d"].lower(),
            selector=each["s"].lower(),
            algorithm=each.get("a", "").lower(),
            signed=frozenset(name.strip().lower() for name in each.get("h", "").split(":")),
            partial="l" in each,
        )
        for each in found
        if each.get("d") and each.get("s")
    ]


def best_signature(mail: Part, *, strict: bool = False) -> Signature | None:
    """The one that speaks for From, and of several the one that covers most."""
    domain = sender_domain(mail)
    ours = [each for each in signatures(mail) if aligned(each.domain, domain, strict=strict)]
    return max(ours, key=lambda each: len(each.signed), default=None)


def signature(mail: Part, *, strict: bool = False) -> Finding:
    about, domain, found = "DKIM", sender_domain(mail), signatures(mail)
    if not domain:
        return Finding(Grade.BAD, about, "the mail has no From that can be read", "give the whole mail, as a file")
    if not found:
        cure = "let your mail server sign with opendkim or rspamd; this program leaves that to it"
        return Finding(Grade.BAD, about, "the mail is not signed", cure)
    ours = best_signature(mail, strict=strict)
    if ours is None:
        others = ", ".join(dict.fromkeys(each.domain for each in found))
        said = f"signed by {others}, which does not speak for From at {domain}"
        return Finding(Grade.BAD, about, said, f"sign with d={domain}")
    return _judged(mail, ours)


def _judged(mail: Part, ours: Signature) -> Finding:
    about = f"DKIM of {ours.domain}"
    if ours.partial:
        return Finding(Grade.BAD, about, "only the first part of the body is signed (l=)", "remove BodyLengths")
    if ours.algorithm not in ("rsa-sha256", "ed25519-sha256"):
        return Finding(Grade.BAD, about, f"{ours.algorithm or 'no algorithm'} counts no more", "sign with rsa-sha256")
    has = {name for name, _ in mail.headers}
    bare = [name for name in (*_ALWAYS, *_LEAVING) if name.lower() in has and name.lower() not in ours.signed]
    if bare:
        return Finding(Grade.BAD, about, f"the signature does not cover {', '.join(bare)}", _CURE)
    if not {name.lower() for name in _LEAVING} <= has | ours.signed:
        said = "it covers what is there, but this mail has no List-Unsubscribe"
        return Finding(Grade.NOTE, about, said, "give a briefing or an alert as it arrived")
    return Finding(Grade.GOOD, about, "the signature covers every header that it must")


def key(found: Signature, answer: Answer) -> Finding:
    """`answer` are the TXT records at the signature's `key_name`."""
    about = f"DKIM key {found.key_name}"
    if answer.trouble:
        return Finding(Grade.SKIP, about, answer.trouble)
    records = [tags(each) for each in answer.values]
    keys = [each for each in records if "p" in each]
    if not keys:
        return Finding(Grade.BAD, about, "there is no key", "publish the TXT record that your signer's key came with")
    if len(keys) > 1:
        return Finding(Grade.BAD, about, "there are several keys, and receivers may take any", "leave the one in use")
    record = keys[0]
    if not record["p"]:
        return Finding(Grade.BAD, about, "the key was revoked (p= is empty)", "sign with a key that is published")
    if "sha256" not in record.get("h", "sha256"):
        return Finding(Grade.BAD, about, f"it allows {record['h']} only", "remove h= from the record")
    return _strength(about, record)


def _strength(about: str, record: dict[str, str]) -> Finding:
    try:
        raw = b64decode("".join(record["p"].split()), validate=True)
        bits = 0 if record.get("k", "rsa").lower() == "ed25519" else rsa_bits(raw)
    except (Base64Error, ValueError):
        cure = "publish it again: a text over 255 characters goes in pieces, without a space lost or added"
        return Finding(Grade.BAD, about, "the key cannot be read", cure)
    if not bits:
        return Finding(Grade.NOTE, about, "Ed25519, which many receivers cannot verify yet", "sign with RSA as well")
    if bits < _LEAST_BITS:
        return Finding(Grade.BAD, about, f"RSA with {bits} bits counts no more", f"make a key of {_GOOD_BITS} bits")
    if "y" in record.get("t", "").split(":"):
        return Finding(
            Grade.NOTE, about, "it says that you are only testing (t=y)", "remove t=y when mail arrives well"
        )
    if bits < _GOOD_BITS:
        return Finding(Grade.NOTE, about, f"RSA with {bits} bits", f"make the next key one of {_GOOD_BITS} bits")
    return Finding(Grade.GOOD, about, f"RSA with {bits} bits")


def rsa_bits(der: bytes) -> int:
    """How long the modulus of a public key is. Raises ValueError."""
    inner = list(_der(_only(der, _SEQUENCE)))
    if inner and inner[0][0] == _SEQUENCE:  # which algorithm, and then the key in a string of bits
        wrapped = next((value for tag, value in inner if tag == _BITS), b"")
        inner = list(_der(_only(wrapped[1:], _SEQUENCE)))
    if not inner or inner[0][0] != _INTEGER:
        raise ValueError("no RSA key")
    return int.from_bytes(inner[0][1], "big").bit_length()


def _only(der: bytes, wanted: int) -> bytes:
    for tag, value in _der(der):
        if tag == wanted:
            return value
    raise ValueError("not what was expected")


def _der(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(raw):
        tag, length, at = raw[at], raw[at + 1], at + 2
        if length & 0x80:
            more = length & 0x7F
            length, at = int.from_bytes(raw[at : at + more], "big"), at + more
        if at + length > len(raw):
            raise ValueError("cut off")
        yield tag, raw[at : at + length]
        at += length


def unsubscribe(mail: Part, base: str) -> Finding:
    """Whether the link to leave by came through unharmed. `base` is where its pages are."""
    about = "List-Unsubscribe"
    if not mail.get("list-unsubscribe"):
        said = "this mail has none"
        return Finding(Grade.NOTE, about, said, "give a briefing or an alert as it arrived; links need `public_url`")
    harm, cure = _harm(mail, base)
    if harm:
        return Finding(Grade.BAD, about, harm, cure)
    return Finding(Grade.GOOD, about, "came through unharmed, with its one-click line")


def _harm(mail: Part, base: str) -> tuple[str, str]:
    """What is wrong with it, and the cure."""
    values, post, link = mail.all("list-unsubscribe"), mail.get("list-unsubscribe-post"), link_to_leave(mail)
    anew = "see which server or filter on the way writes headers anew"
    if len(values) > 1:
        return "it is there twice", "let your mail server or list add none of its own"
    if "=?" in values[0]:
        return "it was turned into an encoded word, which no mail program reads", anew
    if not link:
        return "no web address in angle brackets stands in it", anew
    if re.search(r"\s", link) or not link.startswith(f"{base}/{Purpose.LEAVE}/" if base else "https://"):
        cure = "see which server, filter or link tracker on the way changes it"
        return f"the address in it is not one of {base or 'ours'}", cure
    if post != ONE_CLICK:
        said = f"List-Unsubscribe-Post {'was changed' if post else 'is missing'}"
        return said, f'it must say "{ONE_CLICK}"; see who on the way removes it'
    return "", ""


def link_to_leave(mail: Part) -> str:
    """The web address in it; "" if there is none."""
    links = (found[1].strip() for found in _LINK.finditer(mail.get("list-unsubscribe")))
    return next((each for each in links if each.startswith(("https://", "http://"))), "")


def receiver(mail: Part) -> Finding:
    """What the server that took the mail in found."""
    about, value = "receiver's verdict", mail.get("authentication-results")
    found = dict(re.findall(r"(?:^|;)\s*(spf|dkim|dmarc)\s*=\s*([a-z]+)", value.lower()))
    if not found:
        return Finding(Grade.NOTE, about, "the server that took it in wrote none into it (Authentication-Results)")
    said = ", ".join(f"{name}={found[name]}" for name in ("spf", "dkim", "dmarc") if name in found)
    wrong = [name for name in ("dkim", "spf", "dmarc") if found.get(name, "pass") != "pass"]
    if not wrong:
        return Finding(Grade.GOOD, about, said)
    dkim = "the key that is published is not the one that signs, or something on the way changes the mail"
    spf = "let the SPF record name the server that hands the mail over"
    cures = {"dkim": dkim, "spf": spf, "dmarc": "SPF or DKIM must pass with the domain of From"}
    return Finding(Grade.BAD, about, said, cures[wrong[0]])
