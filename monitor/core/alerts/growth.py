"""When a story that was told is told again: it grows, it is not repeated."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.words import Cause, Severity, Stance

# So many independent publishers are news by themselves.
STEPS = (2, 3, 5, 10)
# A headline that is turned over and over is told so often, then no more; and so are words that come and go.
MOST_REWORDINGS = 3

# A rule speaks, for the first time or anew; all others are growth.
OPENING = frozenset({Cause.FIRST, Cause.RAISED, Cause.BACK, Cause.RULE})
_STANCES = {Stance.CONFIRMS: Cause.CONFIRMED, Stance.DENIES: Cause.DENIED, Stance.WITHDRAWS: Cause.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Known:
    """What was told of a story: its severity, each rule with the highest severity it was told at, how many independent
    publishers had reported it, what an official source was said to say. `rewordings` is how often it was told that a
    headline changed, `reworded_lately` that it was told a moment ago; `withdrawals` is how often it was told that a
    report was withdrawn."""

    severity: Severity
    rules: Mapping[str, Severity]
    voices: int
    stance: Stance | None = None
    rewordings: int = 0
    reworded_lately: bool = False
    withdrawals: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What one report adds. `telling` are the rules that speak of it and are to be told, with their severities;
    `voices` counts the independent publishers so far. `reworded`: an edit changed which of the rules' words stand in
    the headline; `lost`: it took away all words of a rule that was told; `back`: it brought such words back."""

    telling: Mapping[str, Severity]
    voices: int
    stance: Stance | None = None
    reworded: bool = False
    lost: bool = False
    back: bool = False


def causes_of(known: Known | None, news: News) -> tuple[Cause, ...]:
    """Why the story is told now, weightiest first; empty: it is not."""
    if known is None:
        return (Cause.FIRST,) if news.telling else ()
    found = set()
    if news.telling:
        found.add(_why_told(known, news))
    if news.stance is not None and news.stance != known.stance:
        found.add(_STANCES[news.stance])
    if news.lost and known.withdrawals < MOST_REWORDINGS:
        found.add(Cause.WITHDRAWN)
    elif news.reworded and known.rewordings < MOST_REWORDINGS and not known.reworded_lately:
        found.add(Cause.HEADLINE)
    # Whoever denies it does not report it.
    against = not found.isdisjoint({Cause.DENIED, Cause.WITHDRAWN})
    if step_of(news.voices) > step_of(known.voices) and not against:
        found.add(Cause.VOICES)
    return tuple(cause for cause in Cause if cause in found)


def _why_told(known: Known, news: News) -> Cause:
    rises = any(severity.rank > known.severity.rank for severity in news.telling.values())
    if rises or all(rule in known.rules for rule in news.telling):
        return Cause.RAISED
    return Cause.BACK if news.back else Cause.RULE


def step_of(voices: int) -> int:
    """The last step that so many independent publishers have reached; 0 before the first."""
    return max((step for step in STEPS if step <= voices), default=0)
