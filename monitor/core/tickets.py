"""Links that let their reader do one thing, and that nobody can make up."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import sha256

from itsdangerous import BadData, Signer
from itsdangerous.signer import HMACAlgorithm

# Between what a ticket says, before what is no number, and for nothing at all.
_NEXT, _TEXT, _NOTHING = "~", "_", "-"
# What stands behind a ticket to follow the alerts.
ATOM, JSON_FEED, CAP = "alerts.atom", "alerts.json", "alerts/{number}.cap"


class Purpose(StrEnum):
    """`ACKNOWLEDGE` and `MUTE`: (alert, subscriber). `FOLLOW`: the feeds of alerts. `INVITE`: (until).

    `LEAVE` and `PREFERENCES` stand in ordinary mails and never run out: (subscriber, when the row was made in seconds
    since 1970), and for LEAVE what is left. PREFERENCES lets its reader do no more than ask for a fresh link.
    `CONFIRM` and `FRESH`: (subscriber, serial, until); `ADDRESS` carries the new address behind these.
    """

    ACKNOWLEDGE = "ack"
    MUTE = "mute"
    FOLLOW = "follow"
    INVITE = "invited"
    CONFIRM = "confirm"
    LEAVE = "u"
    PREFERENCES = "preferences"
    FRESH = "me"
    ADDRESS = "address"


class Leaving(IntEnum):
    """What somebody leaves."""

    EVERYTHING = 0
    BRIEFINGS = 1
    ALERTS = 2


@dataclass(frozen=True)
class Tickets:
    """Signed with the last of this installation's `keys`; the earlier ones are still believed. `base` is where the
    world reaches its pages; "" where nobody does."""

    base: str = ""
    keys: tuple[str, ...] = field(default=(), repr=False)
    _signers: dict[Purpose, Signer] = field(default_factory=dict, repr=False, compare=False)

    def link(self, purpose: Purpose, *said: int | str) -> str:
        """Empty where there are no pages."""
        return f"{self.base}/{purpose}/{self.of(purpose, *said)}" if self.base else ""

    def of(self, purpose: Purpose, *said: int | str) -> str:
        return self._signer(purpose).sign(_NEXT.join(map(_written, said)) or _NOTHING).decode()

    def read(self, purpose: Purpose, ticket: str) -> tuple[int, ...] | None:
        """The numbers in a ticket of ours for this purpose; None for any other."""
        said = self.read_all(purpose, ticket)
        return None if said is None or not all(isinstance(each, int) for each in said) else tuple(map(int, said))

    def read_all(self, purpose: Purpose, ticket: str) -> tuple[int | str, ...] | None:
        """The same, with what is written in it beside numbers."""
        if not self.keys:
            return None
        try:
            said = self._signer(purpose).unsign(ticket).decode()
        except (BadData, UnicodeError):
            return None
        return () if said == _NOTHING else tuple(map(_read, said.split(_NEXT)))

    def _signer(self, purpose: Purpose) -> Signer:
        # To make one takes longer than to sign.
        if purpose not in self._signers:
            self._signers[purpose] = Signer(
                list(self.keys) or "", salt=f"feed-monitor {purpose}", digest_method=sha256, algorithm=_Short(sha256)
            )
        return self._signers[purpose]


class _Short(HMACAlgorithm):
    """128 bits: links get no longer than they must."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:16]


def _written(said: int | str) -> str:
    if isinstance(said, int):
        return f"{said:x}"
    return _TEXT + urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _read(written: str) -> int | str:
    if not written.startswith(_TEXT):
        return int(written, 16)
    said = written.removeprefix(_TEXT)
    return urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode()


def follow_addresses(tickets: Tickets) -> dict[str, str]:
    """Where other programs follow the alerts, by form; nowhere while there are no pages. In that of CAP the alert's
    number takes the place of NUMBER."""
    link = tickets.link(Purpose.FOLLOW)
    forms = {"atom": ATOM, "json": JSON_FEED, "cap": CAP.format(number="NUMBER")}
    return {form: f"{link}/{path}" for form, path in forms.items()} if link else {}
