"""What a listener has missed while it counted as none."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from monitor.models import Alert, Hearing, Telling
from monitor.words import Wait

# Quiet hours may have held it for so long.
_HELD = timedelta(days=1)


def unheard(session: Session, listener: str, since: datetime) -> list[tuple[Alert, Telling]]:
    """What was told since then, but not to this listener."""
    heard = select(Hearing.id).where(Hearing.telling_id == Telling.id, Hearing.listener == listener).exists()
    wanted = select(Alert, Telling).join(Telling, col(Telling.alert_id) == Alert.id)
    return list(session.exec(wanted.where(col(Telling.told_at) >= since, ~heard).order_by(col(Telling.id))))


def wait_again(session: Session, listener: str, since: datetime, now: datetime) -> None:
    """What came due while this listener was none is to be told after all."""
    session.exec(
        update(Hearing)
        .where(
            col(Hearing.listener) == listener,
            col(Hearing.wait) == Wait.GONE,
            col(Hearing.delivery_id).is_(None),
            col(Hearing.at) > since - _HELD,
        )
        .values(due_at=now, wait=Wait.GATHERED)
    )
