"""What DNS says of a domain's mail: who may send it (SPF), what others shall do with forged mail (DMARC), and what an
address is called (PTR); each as a finding with its cure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network

MOST_LOOKUPS = 10  # RFC 7208 4.6.4
_ASKING = {"include", "a", "mx", "ptr", "exists"}
_TERM = re.compile(r"([+?~-]?)([A-Za-z0-9]+)(?::([^\s/]*))?((?:/\d+){0,2})")
_NETWORK = re.compile(r"([+?~-]?)(ip4|ip6):(\S+)", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][\w.-]*)=(\S*)")
# Below these, domains of a country belong to different people. There are many more; these are where mail comes from.
_SHARED = {"ac", "co", "com", "edu", "gob", "gouv", "gov", "govt", "gv", "mil", "ne", "net", "nom", "or", "org"}


class Grade(StrEnum):
    GOOD = "GOOD"
    BAD = "BAD"
    NOTE = "NOTE"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is what was looked at, `said` how it is, and `cure` what to do, "" where nothing is to be done."""

    grade: Grade
    about: str
    said: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS says. With a `trouble` nobody answered, and nothing is known."""

    values: tuple[str, ...] = ()
    trouble: str = ""


Answers = Mapping[str, Answer]


def organisational(domain: str) -> str:
    """The domain that its owner registered, as far as that can be told without a list of all registries."""
    labels = domain.lower().rstrip(".").split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3:] if shared else labels[-2:])


def aligned(domain: str, other: str, *, strict: bool = False) -> bool:
    """Whether DMARC takes both for one sender's."""
    if strict:
        return domain.lower() == other.lower()
    return organisational(domain) == organisational(other)


@dataclass
class _Walk:
    """Through a domain's SPF record and those that it includes."""

    known: Answers
    lookups: int = 0
    unknown: list[str] = field(default_factory=list)
    problem: str = ""
    trouble: str = ""

    def visit(self, domain: str, above: tuple[str, ...] = ()) -> str:
        """How it ends: "-all", "~all" ..., or "" without an end."""
        record = self._record(domain, above)
        if record is None:
            return ""
        end = redirect = ""
        for term in record.split()[1:]:
            if self.problem or self.lookups > MOST_LOOKUPS:
                break
            if modifier := _MODIFIER.fullmatch(term):
                redirect = modifier[2].lower() if modifier[1].lower() == "redirect" else redirect
                continue
            name, qualifier, target = self._mechanism(term, domain)
            if name == "all":
                end = f"{qualifier or '+'}all"
                break
            if name == "include":
                self._follow(target, (*above, domain))
        if end or not redirect:
            return end
        self.lookups += 1
        return self._follow(redirect, (*above, domain))

    def _record(self, domain: str, above: tuple[str, ...]) -> str | None:
        answer = self.known.get(domain)
        if answer is None:
            self.unknown.append(domain)
            return None
        if answer.trouble:
            self.trouble = f"{domain}: {answer.trouble}"
            return None
        records = spf_records(answer.values)
        if len(records) == 1:
            return records[0]
        has = "several SPF records" if records else "no SPF record"
        there = "there are" if records else "there is"
        self.problem = f"it leads to {domain}, which has {has}" if above else f"{there} {has}"
        return None

    def _mechanism(self, term: str, domain: str) -> tuple[str, str, str]:
        network, found = _NETWORK.fullmatch(term), _TERM.fullmatch(term)
        if network is not None:
            try:
                ip_network(network[3], strict=False)
            except ValueError:
                self.problem = f'"{term}" in the record of {domain} is no network'
            return network[2].lower(), network[1], ""
        name = found[2].lower() if found else ""
        if found is None or name not in {*_ASKING, "all"}:
            self.problem = f'"{term}" in the record of {domain} is no mechanism of SPF'
            return "", "", ""
        self.lookups += name in _ASKING
        return name, found[1], (found[3] or "").lower()

    def _follow(self, target: str, above: tuple[str, ...]) -> str:
        if target in above:
            self.problem = f"it leads back to {target} without an end"
        elif not target:
            self.problem = "an include or redirect in it names no domain"
        elif "%" not in target and self.lookups <= MOST_LOOKUPS:  # a macro depends on each mail
            return self.visit(target.rstrip("."), above)
        return ""


def spf_records(texts: tuple[str, ...]) -> list[str]:
    return [each for each in texts if each.lower() == "v=spf1" or each.lower().startswith("v=spf1 ")]


def spf_unknown(domain: str, known: Answers) -> list[str]:
    """Whose TXT records must be known, too, before `spf` can judge."""
    walk = _Walk(known)
    walk.visit(domain)
    return [] if walk.problem else list(dict.fromkeys(walk.unknown))


def spf(domain: str, known: Answers) -> Finding:
    """`known` are the TXT records of the domain and of all that it includes."""
    about, walk = f"SPF of {domain}", _Walk(known)
    end = walk.visit(domain)
    if walk.problem:
        return Finding(Grade.BAD, about, walk.problem, _spf_cure(walk.problem, domain))
    if walk.lookups > MOST_LOOKUPS:
        cure = "name networks by ip4 and ip6 in place of some include, a and mx"
        return Finding(Grade.BAD, about, f"more than {MOST_LOOKUPS} lookups, so receivers do not count it", cure)
    if walk.trouble or walk.unknown:
        return Finding(Grade.SKIP, about, walk.trouble or "not all of it was asked for")
    if end in ("~all", "-all"):
        return Finding(Grade.GOOD, about, f"one record, {walk.lookups} of {MOST_LOOKUPS} lookups, ends in {end}")
    said = f"it ends in {end}" if end else "it has no end"
    everybody = "lets everybody send" if end == "+all" else "says nothing of who may not send"
    return Finding(Grade.BAD, about, f"{said}, which {everybody}", 'let it end in "~all" or "-all"')


def _spf_cure(problem: str, domain: str) -> str:
    if problem == "there is no SPF record":
        return f'publish one TXT record at {domain} that names the servers which send for it, like "v=spf1 mx ~all"'
    if problem.startswith("there are several"):
        return "put them together in one: with two, receivers count none"
    return "mend the record: with such a mistake receivers count none of it"


@dataclass(frozen=True, slots=True)
class Dmarc:
    """`strict_spf`: the envelope's sender must have the very domain of From; `strict_dkim`: the signature."""

    finding: Finding
    strict_spf: bool = False
    strict_dkim: bool = False


def dmarc_places(domain: str) -> tuple[str, ...]:
    """Where its record may be, the nearest first."""
    return tuple(dict.fromkeys((f"_dmarc.{domain}", f"_dmarc.{organisational(domain)}")))


def dmarc(domain: str, known: Answers) -> Dmarc:
    """`known` are the TXT records of its places."""
    about = f"DMARC of {domain}"
    for place in dmarc_places(domain):
        answer = known.get(place, Answer(trouble="it was not asked for"))
        if answer.trouble:
            return Dmarc(Finding(Grade.SKIP, about, f"{place}: {answer.trouble}"))
        records = [each for each in answer.values if each.replace(" ", "").lower().startswith("v=dmarc1")]
        if len(records) > 1:
            said = f"{len(records)} records at {place}, of which receivers count none"
            return Dmarc(Finding(Grade.BAD, about, said, "leave one of them"))
        if records:
            return _judged(about, place, tags(records[0]), inherited=place != f"_dmarc.{domain}")
    cure = f'publish a TXT record at _dmarc.{domain}, like "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"'
    return Dmarc(Finding(Grade.BAD, about, "there is no record; big providers refuse bulk mail without one", cure))


def _judged(about: str, place: str, said: Mapping[str, str], *, inherited: bool) -> Dmarc:
    policy = (said.get("sp", "") if inherited else "") or said.get("p", "")
    strict = said.get("aspf", "").lower() == "s", said.get("adkim", "").lower() == "s"
    if policy.lower() not in ("none", "quarantine", "reject"):
        cure = "write p=none, p=quarantine or p=reject behind v=DMARC1"
        return Dmarc(Finding(Grade.BAD, about, f"the record at {place} has no policy that is known", cure), *strict)
    if "mailto:" not in said.get("rua", "").lower():
        told = f"p={policy.lower()} at {place}, without rua: nobody is told who sends in your name"
        return Dmarc(Finding(Grade.NOTE, about, told, "add rua=mailto:ADDRESS for daily reports"), *strict)
    return Dmarc(Finding(Grade.GOOD, about, f"p={policy.lower()} at {place}, reports are asked for"), *strict)


def alignment(sender: str, envelope: str, policy: Dmarc) -> Finding:
    """Whether SPF can speak for From: of the domain of the sender and that of the envelope, where mail comes back."""
    about = f"envelope of {envelope}"
    if aligned(sender, envelope, strict=policy.strict_spf):
        return Finding(Grade.GOOD, about, f"counts as {sender}'s own, so SPF can speak for From")
    if aligned(sender, envelope):
        said, cure = f"DMARC of {sender} is strict (aspf=s), so SPF cannot speak for From", "write aspf=r"
    else:
        said = f"{envelope} is another organisation's domain than {sender}, so SPF cannot speak for From"
        cure = "let `bounces` of [mail] be at a domain below the sender's"
    return Finding(Grade.BAD, about, said, cure)


def ptr(address: str, names: Answer, back: Answers) -> Finding:
    """`names` are what the address is called, `back` are the addresses of each of these."""
    about = f"PTR of {address}"
    if names.trouble:
        return Finding(Grade.SKIP, about, names.trouble)
    if not names.values:
        said = "the address has no name, and big providers refuse mail from such"
        return Finding(
            Grade.BAD, about, said, "ask whoever gave you the address to set its PTR to your mail server's name"
        )
    wanted = ip_address(address)
    for name in names.values:
        if any(wanted == each for each in _addresses(back.get(name, Answer()))):
            return Finding(Grade.GOOD, about, f"{name}, which leads back to it")
    if all(back.get(name, Answer()).trouble for name in names.values):
        return Finding(Grade.SKIP, about, f"{names.values[0]}: {back[names.values[0]].trouble}")
    kind = "A" if wanted.version == 4 else "AAAA"
    cure = f"give {names.values[0]} the {kind} record {address}, or have the PTR name a host that has it"
    return Finding(Grade.BAD, about, f"{names.values[0]}, which does not lead back to it", cure)


def _addresses(answer: Answer) -> Iterator[object]:
    for each in answer.values:
        try:
            yield ip_address(each)
        except ValueError:
            continue


def tags(record: str) -> dict[str, str]:
    """The "name=value;" of a DMARC or DKIM record; of two of one name the first counts."""
    found: dict[str, str] = {}
    for each in record.split(";"):
        name, equals, value = each.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found
