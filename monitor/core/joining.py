"""Who may join and with which choices, how much may be mailed to whom, and how long things stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal

from monitor.words import EVERY_TOPIC, Severity

# How long a link works that somebody asked for.
CONFIRM_SPAN = timedelta(hours=72)
FRESH_SPAN = timedelta(hours=1)
# How long things stay: who never confirmed, after that; forms; bytes of what was sent; what came back.
PENDING_KEPT = timedelta(days=7)
APPLICATIONS_KEPT = timedelta(days=30)
SENT_KEPT = timedelta(days=30)
BOUNCES_KEPT = timedelta(days=90)
# Whoever cannot be written to for their domain's sake, or everybody's, waits so long before the form is given up.
LONGEST_WAIT = timedelta(hours=6)
BREAKER_TOLD_AGAIN = timedelta(hours=6)
WAITING_TOLD_AGAIN = timedelta(hours=1)
# Mails to one address that nobody there has asked for, or not yet: so many within a span.
PACE_LIMIT = (timedelta(minutes=10), 1)
DAILY_LIMIT = (timedelta(days=1), 3)
UNCONFIRMED_LIMIT = (timedelta(days=30), 5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Admission(StrEnum):
    """What becomes of a form without a ticket. It says nothing of the address."""

    TAKEN = "taken"
    BUSY = "too many forms came from this network"
    CLOSED = "nobody may join by the pages"


class Outcome(StrEnum):
    """What became of what somebody wanted."""

    DONE = "done"
    CONFIRMED = "confirmed"
    APPLIED = "confirmed, and waits for the operator"
    REFUSED = "never written to again"
    LEFT = "left"
    MOVED = "moved"
    ALREADY = "it was so already"
    TAKEN = "the address is another subscriber's"
    BLOCKED = "the address is blocked"
    EXPIRED = "too late"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """What a ticket is still good for. EXPIRED: its time is over, or it was revoked. USED: it has done its work."""

    OPEN = "open"
    EXPIRED = "expired"
    USED = "used"


class Mailing(StrEnum):
    """Whether a mail may go to an address that somebody typed into a form."""

    GO = "go"
    NEVER = "the address has had enough"
    DOMAIN = "its domain has had enough for now"
    BREAKER = "all have had enough for now"


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody who joins chose. `topics` ("*",): every topic; `alert_from` None: no alerts."""

    zone: str = "UTC"
    language: str = ""
    briefing: bool = True
    briefing_at: time = time(7)
    topics: tuple[str, ...] = (EVERY_TOPIC,)
    alert_from: Severity | None = None

    def written(self) -> dict[str, Any]:
        return {
            "zone": self.zone,
            "language": self.language,
            "briefing": self.briefing,
            "briefing_at": self.briefing_at.isoformat("minutes"),
            "topics": list(self.topics),
            "alert_from": self.alert_from and self.alert_from.value,
        }

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Choices":
        return cls(
            zone=written["zone"],
            language=written["language"],
            briefing=written["briefing"],
            briefing_at=time.fromisoformat(written["briefing_at"]),
            topics=tuple(written["topics"]),
            alert_from=Severity(written["alert_from"]) if written["alert_from"] else None,
        )


@dataclass(frozen=True, slots=True)
class JoinPolicy:
    """Who may join by the pages. `contact` hears of the breaker and of who waits; `language` is the installation's."""

    who: Literal["nobody", "invited", "everybody"] = "nobody"
    approve: bool = False
    allow_domains: tuple[str, ...] = ()
    deny_domains: tuple[str, ...] = ()
    network_hour: int = 5
    network_day: int = 20
    domain_hour: int = 30
    all_hour: int = 200
    language: str = "en"
    contact: str = ""
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mailed:
    """When mails went because of forms: to this address in 30 days, and how many in the past hour to its domain and in
    all. `confirmed`: somebody at the address has once confirmed it."""

    to_address: tuple[datetime, ...] = ()
    to_domain: int = 0
    to_all: int = 0
    confirmed: bool = False


def admission(policy: JoinPolicy, in_hour: int, in_day: int) -> Admission:
    """Of a form from a network that has sent so many."""
    return Admission.BUSY if in_hour >= policy.network_hour or in_day >= policy.network_day else Admission.TAKEN


def may_join(policy: JoinPolicy, invited: bool) -> bool:
    return policy.who == "everybody" or (policy.who == "invited" and invited)


def may_mail(policy: JoinPolicy, mailed: Mailed, now: datetime) -> Mailing:
    # Who has just confirmed may want the link to their choices in the next minute.
    limits = (DAILY_LIMIT,) if mailed.confirmed else (PACE_LIMIT, DAILY_LIMIT, UNCONFIRMED_LIMIT)
    if any(sum(at > now - span for at in mailed.to_address) >= most for span, most in limits):
        return Mailing.NEVER
    if mailed.to_all >= policy.all_hour:
        return Mailing.BREAKER
    return Mailing.DOMAIN if mailed.to_domain >= policy.domain_hour else Mailing.GO


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def allowed_domain(address: str, policy: JoinPolicy) -> bool:
    """A domain that is named stands for those below it, too; one that is both allowed and denied is denied."""
    domain = domain_of(address)
    if _among(domain, policy.deny_domains):
        return False
    return not policy.allow_domains or _among(domain, policy.allow_domains)


def _among(domain: str, names: tuple[str, ...]) -> bool:
    return any(domain == name or domain.endswith(f".{name}") for name in names)
