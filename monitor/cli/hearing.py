"""Who heard of an alert and when, or why not: in the same words wherever an operator asks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from monitor.cli.frame import counted
from monitor.cli.health import iso
from monitor.models import Delivery, DeliveryStatus
from monitor.store.ledger import Heard

_OUTCOMES = {DeliveryStatus.SENT: "accepted", DeliveryStatus.FAILED: "refused for good"}


def clock(at: datetime) -> str:
    return f"{at:%d %b %H:%M:%S} UTC"


def heard_lines(heard: Heard) -> Iterator[str]:
    """What became of it for one listener, and below it what went by another way instead."""
    said = [heard.wait.value] if heard.wait else []
    said += [heard.note] if heard.note else []
    own = [each for each in heard.deliveries if each.instead_of is None]
    if own:
        said += [_delivery(each) for each in own]
    elif heard.due_at is not None:
        said.append(f"due {clock(heard.due_at)}")
    yield f"{heard.name}: {'; '.join(said)}"
    for each in heard.deliveries:
        if each.instead_of is not None:
            yield f"  instead by {each.channel}: {_delivery(each)}"


def _delivery(delivery: Delivery) -> str:
    owed = f"owed {clock(delivery.owed_at)}"
    reply = f": {delivery.reply}" if delivery.reply else ""
    tried = f" after {counted(delivery.attempts, 'attempt')}" if delivery.attempts > 1 else ""
    if delivery.status in _OUTCOMES and delivery.settled_at is not None:
        return f"{owed}, {_OUTCOMES[delivery.status]} {clock(delivery.settled_at)}{tried}{reply}"
    if delivery.status == DeliveryStatus.CANCELLED:
        return f"{owed}, not sent{reply}"
    if delivery.status == DeliveryStatus.SENDING:
        return f"{owed}, being sent"
    again = f", next try {clock(delivery.next_try_at)}" if delivery.attempts else ""
    tried = f" after {counted(delivery.attempts, 'attempt')}" if delivery.attempts else ""
    return f"{owed}, not accepted yet{tried}{again}{reply}"


def heard_as_json(heard: Heard) -> dict[str, Any]:
    return {
        "listener": heard.name,
        "kind": heard.listener.partition(":")[0],
        "rule": heard.rule or None,
        "decided_at": iso(heard.at),
        "due_at": iso(heard.due_at),
        "wait": heard.wait.name.lower() if heard.wait else None,
        "why": "; ".join(filter(None, (heard.wait.value if heard.wait else "", heard.note))) or None,
        "deliveries": [_delivery_as_json(each) for each in heard.deliveries],
    }


def _delivery_as_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "by": delivery.channel or "mail",
        "to": delivery.recipient,
        "instead": delivery.instead_of is not None,
        "status": delivery.status.value,
        "owed_at": iso(delivery.owed_at),
        "accepted_at": iso(delivery.settled_at) if delivery.status == DeliveryStatus.SENT else None,
        "settled_at": iso(delivery.settled_at),
        "attempts": delivery.attempts,
        "next_try_at": iso(delivery.next_try_at) if delivery.status == DeliveryStatus.QUEUED else None,
        "reply": delivery.reply or None,
    }
