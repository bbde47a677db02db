"""What the operator mends in the outbox by hand."""

from datetime import datetime

from sqlmodel import Session, col, update

from monitor.core.bouncing import EVERY_DOMAIN
from monitor.models import Delivery, DeliveryStatus, Pause

_AGAIN = (DeliveryStatus.QUEUED, DeliveryStatus.FAILED)


def end_pause(session: Session, domain: str, now: datetime) -> bool:
    """What waited for its end is due now. False: there is no such pause any more."""
    pause = session.get(Pause, domain, with_for_update=True)
    if pause is None or pause.until <= now:
        return False
    waiting = update(Delivery).where(
        col(Delivery.status) == DeliveryStatus.QUEUED, col(Delivery.next_try_at) == pause.until
    )
    if domain != EVERY_DOMAIN:
        waiting = waiting.where(col(Delivery.domain) == domain)
    session.exec(waiting.values(next_try_at=now))
    pause.until = now
    session.add(pause)
    return True


def try_now(session: Session, number: int, now: datetime) -> bool:
    """Also what was refused for good: the operator may have mended why. False: it is on its way, or done with."""
    delivery = session.get(Delivery, number, with_for_update=True)
    if delivery is None or delivery.status not in _AGAIN:
        return False
    delivery.status, delivery.next_try_at, delivery.settled_at = DeliveryStatus.QUEUED, now, None
    session.add(delivery)
    return True
