"""What `doctor` sees of names and of a mail as it arrived."""

import asyncio
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from monitor.app import open_database
from monitor.app.channels import tickets_of
from monitor.app.ports import Ports
from monitor.core import delegation, signing
from monitor.core.delegation import Answer, Dmarc, Finding, Grade
from monitor.core.mime import LARGEST, Part, parse
from monitor.core.tickets import Purpose
from monitor.net.names import Names
from monitor.settings import Config

_UNASKED = "DNS was not asked"
# A record that includes more, one after the other, has more lookups than are allowed.
_DEEPEST = delegation.MOST_LOOKUPS + 2


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def senders(config: Config) -> list[str]:
    """The domains that stand in From."""
    mail = config.settings.mail
    return list(dict.fromkeys(map(domain_of, filter(None, (mail.sender, mail.account_sender)))))


def envelope(config: Config) -> str:
    """The domain where what cannot be delivered comes back."""
    mail = config.settings.mail
    return domain_of(mail.bounces or mail.sender)


async def of_domains(config: Config, names: Names | None) -> list[Finding]:
    """SPF and DMARC; `names` None: DNS is not asked."""
    if names is None:
        return [Finding(Grade.SKIP, "SPF and DMARC", _UNASKED)]
    found: list[Finding] = []
    for domain in dict.fromkeys((envelope(config), *senders(config))):
        if "." not in domain:
            found.append(Finding(Grade.SKIP, f"SPF of {domain}", "the domain is known to this machine only"))
        else:
            found.append(await _spf(domain, names))
    for domain in senders(config):
        if "." in domain:
            policy = await dmarc_of(domain, names)
            found += [policy.finding, delegation.alignment(domain, envelope(config), policy)]
    return found


async def _spf(domain: str, names: Names) -> Finding:
    known: dict[str, Answer] = {}
    for _ in range(_DEEPEST):
        wanted = delegation.spf_unknown(domain, known)
        if not wanted:
            break
        known |= await _texts(wanted, names)
    return delegation.spf(domain, known)


async def dmarc_of(domain: str, names: Names) -> Dmarc:
    return delegation.dmarc(domain, await _texts(delegation.dmarc_places(domain), names))


async def _texts(wanted: Iterable[str], names: Names) -> dict[str, Answer]:
    asked = list(wanted)
    return dict(zip(asked, await asyncio.gather(*map(names.texts, asked)), strict=True))


async def of_address(config: Config, names: Names | None, address: str) -> list[Finding]:
    """What the address is called that mail leaves from: the one named, else the mail server's if that is public."""
    about = "PTR"
    if names is None:
        return [Finding(Grade.SKIP, about, _UNASKED)]
    found = [address] if address else await _public_addresses(config, names)
    if not found:
        cure = "name it by --address, if your own mail server hands mail to others"
        return [Finding(Grade.SKIP, about, "the address that mail leaves from is not known", cure)]
    return [await _ptr(each, names) for each in found]


async def _public_addresses(config: Config, names: Names) -> list[str]:
    host = urlsplit(config.mail_out).hostname or ""
    if config.mail_out.startswith("maildir:") or not host:
        return []
    try:
        candidates: tuple[str, ...] = (str(ip_address(host)),)
    except ValueError:
        candidates = (await names.addresses(host)).values if "." in host else ()
    return [each for each in candidates if ip_address(each).is_global]


async def _ptr(address: str, names: Names) -> Finding:
    called = await names.pointers(address)
    back = {name: await names.addresses(name) for name in called.values[:5]}
    return delegation.ptr(address, Answer(called.values[:5], called.trouble), back)


async def of_mail(config: Config, names: Names | None, file: Path) -> list[Finding]:
    """What a mail as it arrived tells."""
    try:
        raw = await asyncio.to_thread(_read, file)
    except OSError as error:
        return [Finding(Grade.BAD, f"mail {file}", f"cannot be read ({error.strerror})", "name a mail saved as a file")]
    mail = parse(raw)
    if not mail.get("from") and not mail.get("subject"):
        cure = "save the whole mail with its headers: “show original” or “save as” in most mail programs"
        return [Finding(Grade.BAD, f"mail {file}", "this is no mail", cure)]
    domain = signing.sender_domain(mail)
    policy = await dmarc_of(domain, names) if names is not None and "." in domain else None
    strict = policy is not None and policy.strict_dkim
    found = [signing.receiver(mail), signing.signature(mail, strict=strict)]
    if domain and domain not in senders(config):
        said = f"it comes from {domain}, and our mail from {', '.join(senders(config))}"
        found.insert(0, Finding(Grade.NOTE, "From", said, "give one that this installation has sent"))
    best = signing.best_signature(mail, strict=strict)
    if best is not None:
        unasked = Finding(Grade.SKIP, f"DKIM key {best.key_name}", _UNASKED)
        found.append(unasked if names is None else signing.key(best, await names.texts(best.key_name)))
    return [*found, await _unsubscribe(config, mail)]


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(LARGEST)
    with file.open("rb") as opened:
        return opened.read(LARGEST)


async def _unsubscribe(config: Config, mail: Part) -> Finding:
    found = signing.unsubscribe(mail, config.settings.web.public_url)
    if found.grade is not Grade.GOOD or not config.settings.web.public_url:
        return found
    db = open_database(config.database)
    try:
        tickets = await tickets_of(config, db, Ports())
    finally:
        db.close()
    ticket = signing.link_to_leave(mail).rpartition("/")[2]
    if tickets.read(Purpose.LEAVE, ticket) is None:
        said = "the ticket in it is none of this installation's: it was changed on its way, or its key was forgotten"
        return Finding(Grade.BAD, found.about, said, "see which server, filter or link tracker on the way changes it")
    return found
