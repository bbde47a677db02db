"""Tell one listener what the others were told while nobody thought that it could be reached."""

from collections.abc import Mapping

from monitor.core.alerts import OPENING, Listener
from monitor.core.values import Headline
from monitor.jobs.listeners import Growth, Listeners
from monitor.jobs.triage import headline
from monitor.models import Alert, Telling
from monitor.store import alerts, entries, stories, tellings
from monitor.words import Cause, Severity


def tell_late(listeners: Listeners, listener: Listener, alert: Alert, telling: Telling) -> None:
    """If it would have heard it then, and nobody has muted it since."""
    session = listeners.session
    said = {rule: Severity(severity) for rule, severity in telling.rules.items()}
    story = stories.current(session, alert.story_id)
    row = entries.with_feed(session, telling.entry_id) if telling.entry_id is not None else None
    item = headline(*row) if row is not None else Headline("")
    known = {**alerts.told_rules(session, story), **said}
    if listener not in _meant(listeners, alert, telling, said, known) or listeners.muted(said, item, story):
        return
    growth = None if telling.cause in (Cause.ESCALATED, Cause.TAKEN) else Growth(known)
    listeners.tell(alert, telling, [listener], item, row[1].id if row is not None else None, growth)


def _meant(
    listeners: Listeners,
    alert: Alert,
    telling: Telling,
    said: Mapping[str, Severity],
    known: Mapping[str, Severity],
) -> list[Listener]:
    if telling.cause is Cause.ESCALATED:
        return listeners.named(listeners.next_in_turn(said))
    if telling.cause is Cause.TAKEN:
        heard = tellings.heard_by(listeners.session, alert.id)
        growing = listeners.growing(alert.id, said)
        return [each for each in growing if each.key in heard and listeners.routes.powers(each).takes]
    wanting = listeners.wanting(said)
    return wanting if OPENING.issuperset(telling.causes) else [*wanting, *listeners.growing(alert.id, known)]
