"""What programs that follow the alerts are given: the latest, or one, as it was told last."""

from sqlmodel import Session, col, select

from monitor.core.alerts.facts import AlertFacts
from monitor.core.formats.cap import Telling as Earlier
from monitor.jobs.picture import facts_of
from monitor.models import Alert
from monitor.store import alerts, tellings


def latest_facts(session: Session, limit: int, name: str) -> list[AlertFacts]:
    """The alerts that were told last, the latest first. `name` is what this installation is called."""
    wanted = select(Alert).order_by(col(Alert.last_told_at).desc(), col(Alert.id).desc()).limit(limit)
    return _facts(session, list(session.exec(wanted)), name)


def alert_facts(session: Session, number: int, name: str) -> AlertFacts | None:
    """The alert of this number, if there is one."""
    alert = session.get(Alert, number)
    return next(iter(_facts(session, [alert], name)), None) if alert is not None else None


def told_before(session: Session, number: int) -> list[Earlier]:
    """When the alert was told before it was told last."""
    return [Earlier(each.revision, each.told_at) for each in tellings.of_alert(session, number)[:-1]]


def _facts(session: Session, wanted: list[Alert], name: str) -> list[AlertFacts]:
    # Decided anew, all that an alert was told for may have been taken back; then there is nothing left to show.
    known = alerts.told_matches(session, [alert.id for alert in wanted])
    return [
        facts_of(session, alert, [(telling, None)], name)
        for alert in wanted
        if alert.id in known and (telling := tellings.of_revision(session, alert.id, alert.revision)) is not None
    ]
