"""How `status` tells of people who are not simply subscribed, and of mail that waits for a pause to end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from monitor.cli.frame import counted
from monitor.core.timing import age
from monitor.models import Pause, SubscriberState
from monitor.store import outbox, overview

_SAID = {
    SubscriberState.APPLIED: "to be approved",
    SubscriberState.PENDING: "yet to confirm",
    SubscriberState.PAUSED: "paused",
    SubscriberState.BOUNCED: "out of reach",
}


@dataclass(frozen=True, slots=True)
class Membership:
    states: Mapping[SubscriberState, int]
    pauses: Sequence[Pause]

    def others(self) -> str:
        """Behind how many get mail: who does not, and why."""
        said = [f"{self.states[state]} {words}" for state, words in _SAID.items() if self.states.get(state)]
        return f" ({', '.join(said)})" if said else ""

    def lines(self, now: datetime) -> Iterator[str]:
        for pause in self.pauses:
            where = "mail" if pause.domain == "*" else f"mail to {pause.domain}"
            since = age(now, pause.since)
            yield f"TROUBLE   {where} waits until {pause.until:%H:%M} UTC, for {since} so far: {pause.reason}"
        waiting = self.states.get(SubscriberState.APPLIED, 0)
        if waiting:
            who = counted(waiting, "person waits", "people wait")
            yield f"approve   {who} for your yes: `feed-monitor subscribers list --state applied`"

    def as_json(self) -> dict[str, Any]:
        return {
            "people": {state.value: number for state, number in self.states.items()},
            "pauses": [
                {"domain": each.domain, "until": each.until.isoformat(), "reason": each.reason} for each in self.pauses
            ],
        }


def membership(session: Session, now: datetime) -> Membership:
    return Membership(overview.people_by_state(session), outbox.pauses(session, now))
