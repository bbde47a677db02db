"""Links that let their reader do one thing, and that nobody can make up."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from itsdangerous import BadData, URLSafeSerializer

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
    _signers: dict[Purpose, URLSafeSerializer] = field(default_factory=dict, repr=False, compare=False)

    def link(self, purpose: Purpose, *said: int | str) -> str:
        """Empty where there are no pages."""
        return f"{self.base}/{purpose}/{self.of(purpose, *said)}" if self.base else ""

    def of(self, purpose: Purpose, *said: int | str) -> str:
        ticket: str | bytes = self._signer(purpose).dumps(list(said))
        return ticket if isinstance(ticket, str) else ticket.decode()

    def read(self, purpose: Purpose, ticket: str) -> tuple[int, ...] | None:
        """The numbers in a ticket of ours for this purpose; None for any other."""
        said = self.read_all(purpose, ticket)
        return None if said is None or not all(isinstance(each, int) for each in said) else tuple(map(int, said))

    def read_all(self, purpose: Purpose, ticket: str) -> tuple[int | str, ...] | None:
        """The same, with what is written in it beside numbers."""
        if not self.keys:
            return None
        try:
            said = self._signer(purpose).loads(ticket)
        except BadData:
            return None
        return tuple(said) if all(isinstance(each, int | str) for each in said) else None

    def _signer(self, purpose: Purpose) -> URLSafeSerializer:
        # To make one takes longer than to sign.
        if purpose not in self._signers:
            self._signers[purpose] = URLSafeSerializer(list(self.keys) or "", salt=f"feed-monitor {purpose}")
        return self._signers[purpose]


def follow_addresses(tickets: Tickets) -> dict[str, str]:
    """Where other programs follow the alerts, by form; nowhere while there are no pages. In that of CAP the alert's
    number takes the place of NUMBER."""
    link = tickets.link(Purpose.FOLLOW)
    forms = {"atom": ATOM, "json": JSON_FEED, "cap": CAP.format(number="NUMBER")}
    return {form: f"{link}/{path}" for form, path in forms.items()} if link else {}
