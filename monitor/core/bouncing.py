"""What becomes of people whose mail came back, and when refusals are so many that the fault is ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.words import Verdict

EVERY_DOMAIN = "*"
PROBE_AFTER, PROBE_SPAN = timedelta(days=7), timedelta(days=3)
STORM_SPAN = timedelta(minutes=10)
PAUSE = timedelta(hours=1)
# So long after its end a pause that begins anew is the same one, of which the operator knows.
_SAME_PAUSE, _TOLD_AGAIN = timedelta(hours=1), timedelta(days=1)
_SCORE_SPAN, _SCORE_DAYS, _DISABLED_DAYS = timedelta(days=14), 3, 2
_DEAD_AT_LEAST, _SHARE, _OURS_AT_LEAST, _OURS_DOMAINS = 5, 0.2, 3, 3
_OF_ADDRESS = (Verdict.DEAD, Verdict.DISABLED)
# They say that one mail was too large, which the next need not be.
_TOO_LARGE = ("5.2.3", "5.3.4", "552")


class Fate(StrEnum):
    """What becomes of a subscriber; the value is the reason people read."""

    STAYS = "nothing changes"
    HELD = "could not be reached on three days: a probe goes out in a week"
    DEAD = "there is nobody at this address"
    LEAVES = "marked our mail as spam"


class Storm(StrEnum):
    """Why mail is paused; the value is the reason people read."""

    DEAD = "many addresses at once are refused as unknown: nobody is taken off the list for it"
    OURS = "mail is refused for a reason that is ours: sender, size or policy"
    SENDER = "our sender is refused"


@dataclass(frozen=True, slots=True)
class Failure:
    """`tried_at` is when the mail left that came back, or was refused."""

    at: datetime
    tried_at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Results:
    """How sending went lately: mails to one domain whose address was refused, those taken, those refused for a reason
    of ours; and to how many domains one was, how many in all, and how many were taken anywhere. Answers to forms are
    not counted: strangers choose where they go, and how often."""

    dead: int
    taken: int
    ours: int
    ours_domains: int
    ours_anywhere: int
    taken_anywhere: int


@dataclass(frozen=True, slots=True)
class Span:
    since: datetime
    until: datetime


def fate(failures: Sequence[Failure], reached: Sequence[datetime]) -> Fate:
    """Of a confirmed subscriber after the last of these failures. `reached`: when mails left that did not come back.

    Days are those of the failures, but whether a mail got through between two is told by when they left: what cannot
    be delivered may come back after five days.
    """
    last = failures[-1]
    if last.verdict is Verdict.COMPLAINT:
        return Fate.LEAVES
    if last.verdict is Verdict.DEAD:
        return Fate.DEAD
    if last.verdict is Verdict.OURS:
        return Fate.STAYS
    through = max((at for at in reached if at < last.tried_at), default=None)
    counting = [each for each in failures if through is None or each.tried_at > through]
    if last.verdict is Verdict.DISABLED and _days(counting, (Verdict.DISABLED,)) >= _DISABLED_DAYS:
        return Fate.DEAD
    lately = [each for each in counting if each.at > last.at - _SCORE_SPAN]
    scoring = (*_OF_ADDRESS, Verdict.SOFT, Verdict.UNKNOWN)
    return Fate.HELD if _days(lately, scoring) >= _SCORE_DAYS else Fate.STAYS


def fate_of_probe(verdict: Verdict, *, returned: bool) -> Fate:
    """What a refusal of a probe means. A passing refusal while it is sent is tried again; come back, it is final."""
    if verdict is Verdict.COMPLAINT:
        return Fate.LEAVES
    if verdict is Verdict.OURS or (verdict is Verdict.SOFT and not returned):
        return Fate.STAYS
    return Fate.DEAD


def storm(verdict: Verdict, code: str, results: Results, *, of_sender: bool) -> tuple[Storm, bool] | None:
    """Whether this refusal, with those counted, is one too many; and whether mail to every domain is to pause."""
    if verdict is Verdict.OURS:
        if of_sender and code not in _TOO_LARGE:
            return Storm.SENDER, True
        # Who has a few addresses of ours can make up refusals of their mail, but not of everybody's.
        weighty = results.ours_anywhere > _SHARE * (results.ours_anywhere + results.taken_anywhere)
        everywhere = results.ours_domains >= _OURS_DOMAINS and weighty
        return (Storm.OURS, everywhere) if everywhere or results.ours >= _OURS_AT_LEAST else None
    if verdict not in _OF_ADDRESS or results.dead < _DEAD_AT_LEAST:
        return None
    return (Storm.DEAD, False) if results.dead > _SHARE * (results.dead + results.taken) else None


def paused(known: Span | None, now: datetime) -> tuple[Span, bool]:
    """From when to when mail waits, and whether the operator is to be told: once for each, and once a day while it goes
    on and on.

    One in force is never made longer: little else than alerts is tried meanwhile, and of little any refusal is much.
    """
    if known is not None and known.until > now:
        return known, False
    if known is None or known.until < now - _SAME_PAUSE or now - known.since >= _TOLD_AGAIN:
        return Span(now, now + PAUSE), True
    return Span(known.since, now + PAUSE), False


def _days(failures: Sequence[Failure], verdicts: Sequence[Verdict]) -> int:
    return len({each.at.date() for each in failures if each.verdict in verdicts})
