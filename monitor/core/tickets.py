"""Links that let their reader do one thing, and that nobody can make up."""

from dataclasses import dataclass, field
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

# What stands behind a ticket to follow the alerts.
ATOM, JSON_FEED, CAP = "alerts.atom", "alerts.json", "alerts/{number}.cap"


class Purpose(StrEnum):
    """`ACKNOWLEDGE` and `MUTE`: (alert, subscriber). `FOLLOW`: the feeds of alerts."""

    ACKNOWLEDGE = "ack"
    MUTE = "mute"
    FOLLOW = "follow"


@dataclass(frozen=True)
class Tickets:
    """Signed with this installation's secret. `base` is where the world reaches its pages; "" where nobody does."""

    base: str = ""
    secret: str = field(default="", repr=False)

    def link(self, purpose: Purpose, *numbers: int) -> str:
        """Empty where there are no pages."""
        return f"{self.base}/{purpose}/{self.of(purpose, *numbers)}" if self.base else ""

    def of(self, purpose: Purpose, *numbers: int) -> str:
        ticket: str | bytes = self._signer(purpose).dumps(list(numbers))
        return ticket if isinstance(ticket, str) else ticket.decode()

    def read(self, purpose: Purpose, ticket: str) -> tuple[int, ...] | None:
        """The numbers in a ticket of ours for this purpose; None for any other."""
        if not self.secret:
            return None
        try:
            numbers = self._signer(purpose).loads(ticket)
        except BadData:
            return None
        return tuple(numbers) if all(isinstance(each, int) for each in numbers) else None

    def _signer(self, purpose: Purpose) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt=f"feed-monitor {purpose}")


def follow_addresses(tickets: Tickets) -> dict[str, str]:
    """Where other programs follow the alerts, by form; nowhere while there are no pages. In that of CAP the alert's
    number takes the place of NUMBER."""
    link = tickets.link(Purpose.FOLLOW)
    forms = {"atom": ATOM, "json": JSON_FEED, "cap": CAP.format(number="NUMBER")}
    return {form: f"{link}/{path}" for form, path in forms.items()} if link else {}
