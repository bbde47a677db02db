"""What alert mails say, and how much of it, where it takes more than a template."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from html import escape
from itertools import accumulate
from zoneinfo import ZoneInfo

from monitor.core.text import shortened
from monitor.render.languages import ENGLISH, written
from monitor.render.pieces import HEADLINE_LIMIT, Piece, excerpt
from monitor.render.views import AlertView, RolledAlert, RollupView
from monitor.words import Cause, Disposition, Severity, Wait

SUBJECT_LIMIT = 78
# In a mail of many alerts a headline has less room.
_ROLLED_LIMIT = 160
# Some mail programs hide what stands behind 102 KB of HTML.
_ROOM = 87_000
_FRAME_OF_ONE, _FRAME_OF_A_MARK = 440, 75

_SIGNS = {
    Cause.FIRST: ("·", "First alert"),
    Cause.RAISED: ("↑", "Severity rose"),
    Cause.DENIED: ("✕", "Denied"),
    Cause.CONFIRMED: ("✓", "Confirmed"),
    Cause.WITHDRAWN: ("−", "Withdrawn"),
    Cause.BACK: ("+", "Back"),
    Cause.RULE: ("+", "Another rule"),
    Cause.VOICES: ("+", "More report it"),
    Cause.HEADLINE: ("≠", "New headline"),
    Cause.ESCALATED: ("→", "Your turn"),
    Cause.TAKEN: ("■", "Acknowledged"),
}
# It turns the story round, or wants an answer of the reader.
_LOUD = frozenset({Cause.DENIED, Cause.CONFIRMED, Cause.WITHDRAWN, Cause.ESCALATED})
_BECAUSE: dict[str, str] = {
    Wait.GATHERED: "their severity is medium",
    Wait.GROWING: "their stories are growing",
    Wait.FLOOD: "too many alerts came at once",
    Wait.QUIET: "the quiet hours are over",
}
# What templates are handed as values and look up in the catalogue of their language.
SAID = (
    *Severity,
    *Disposition,
    *Cause,
    *Wait,
    *(_SIGNS[cause][1] for cause in Cause),
    *_BECAUSE.values(),
    *("and", "title", "summary", "content", "author", "url", "tag"),
)


def sign(cause: Cause) -> str:
    return _SIGNS[cause][0]


def word(cause: Cause) -> str:
    return _SIGNS[cause][1]


def loud(cause: Cause) -> bool:
    return cause in _LOUD


def foremost(causes: Sequence[Cause]) -> Cause:
    """The one that the reader must not miss, or else the weightiest."""
    return next(filter(loud, causes), causes[0])


def news(alert: AlertView, zone: str) -> str:
    """What is new, in a sentence; empty in the first mail of a story."""
    cause = foremost(alert.causes)
    if alert.causes == (Cause.TAKEN,) and alert.acknowledged_by:
        when = f" at {clock(alert.acknowledged_at, zone, alert.told_at)}" if alert.acknowledged_at else ""
        return f"{alert.acknowledged_by} acknowledged it{when}"
    if alert.news or Cause.FIRST in alert.causes:
        return _behind_stamp(alert.news, cause)
    return _sentence(cause)


def _behind_stamp(said: str, cause: Cause) -> str:
    """Without the word that stands in the stamp before it."""
    begun, colon, rest = said.partition(":")
    if not loud(cause) or begun.rstrip(".") != word(cause):
        return said
    return _sentence(rest.strip() if colon else cause)


def _sentence(said: str) -> str:
    return said[:1].upper() + said[1:]


def by_severity(alerts: Sequence[RolledAlert]) -> list[tuple[Severity, list[RolledAlert]]]:
    """The weightiest first, in each the order they came in."""
    grouped = {severity: [each for each in alerts if each.severity == severity] for severity in reversed(Severity)}
    return [(severity, some) for severity, some in grouped.items() if some]


def because(reasons: Iterable[str], translated: Callable[[str], str] = str) -> str:
    """Reasons as they stand behind "because"."""
    said = list(dict.fromkeys(translated(_BECAUSE.get(reason, reason)) for reason in reasons))
    return f"{', '.join(said[:-1])} {translated('and')} {said[-1]}" if len(said) > 1 else "".join(said)


def heading(of: AlertView | RolledAlert) -> tuple[Piece, ...]:
    """The headline as there is room for it, never nothing."""
    limit = _ROLLED_LIMIT if isinstance(of, RolledAlert) else HEADLINE_LIMIT
    return excerpt(of.title or (Piece(of.headline or of.link or "A report without a headline", False),), limit)


def clock(moment: datetime, zone: str, now: datetime, language: str = ENGLISH) -> str:
    """The time of day, with the day if that is another one than today, and with the year if that is."""
    local, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return written(local, "%-d %b %H:%M" if local.year == today.year else "%-d %b %Y %H:%M", language)


def rollup_subject(view: RollupView) -> str:
    """How many, and as many headlines as fit into 78 characters, the weightiest first."""
    total = len(view.alerts) + view.more
    told = f"{total} {'alert' if total == 1 else 'alerts'}"
    if not view.alerts:
        return told
    headlines = list(dict.fromkeys(each.headline or "a report without a headline" for each in view.alerts))
    told = shortened(f"{told}: {headlines[0]}", SUBJECT_LIMIT)
    for each in headlines[1:]:
        longer = f"{told}; {each}"
        if len(longer) > SUBJECT_LIMIT:
            break
        told = longer
    return told


def room(alerts: Sequence[RolledAlert]) -> int:
    """How many of these one mail has room for, the first of them first; the rest belongs into the attached list."""
    sizes = accumulate(_size(each) for each in alerts)
    return sum(size <= _ROOM for size in sizes)


def _size(alert: RolledAlert) -> int:
    title = heading(alert)
    texts = (
        alert.link, alert.acknowledge, alert.publisher, alert.acknowledged_by, alert.language,
        *alert.rules, *alert.causes, *(piece.text for piece in title),
    )  # fmt: skip
    marks = sum(piece.marked for piece in title)
    return _FRAME_OF_ONE + _FRAME_OF_A_MARK * marks + sum(len(escape(text).encode()) + 2 for text in texts)
