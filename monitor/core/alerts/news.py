"""What is new about a story that was told, to one listener, and in a sentence."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from monitor.core.alerts.growth import OPENING
from monitor.words import Cause, Severity

# Of a note: what names rules, and what tells how grave it was to others.
_LOST = re.compile(r"(?P<begun>.+ no longer says what fires )(?P<rules>.+)", re.DOTALL)
_WAS = re.compile(r"it was \w+")


@dataclass(frozen=True, slots=True)
class Change:
    """Why a story is told again. `note` is what was noted then; `new` are the publishers that came since it was last
    told, of `voices` independent ones in all; `was` is the headline that was changed."""

    causes: tuple[Cause, ...]
    severity: Severity
    rules: tuple[str, ...]
    voices: int
    new: tuple[str, ...] = ()
    note: str = ""
    was: str = ""


@dataclass(frozen=True, slots=True)
class HeardOf:
    """What one listener has heard of a story, or is about to: its severity to them, and the rules."""

    severity: Severity
    rules: frozenset[str]


def causes_to(
    causes: Collection[Cause], said: Mapping[str, Severity], heard: HeardOf | None, *, every_rule: bool
) -> tuple[Cause, ...]:
    """Why it is told to one listener, who hears it for the rules `said`; empty: for no reason of theirs. Whoever has
    heard nothing of the story hears of it first; whoever hears of their own topics alone, as if there were no other
    rules than theirs."""
    found = set(causes)
    opening = found & OPENING
    if heard is None:
        begins = opening or (not every_rule and found - {Cause.WITHDRAWN, Cause.HEADLINE})
        if begins or not every_rule:
            found = (found - OPENING) | {Cause.FIRST} if begins else set()
    elif opening and not every_rule:
        found = (found - OPENING) | {_opening(opening, said, heard)}
    return tuple(cause for cause in Cause if cause in found)


def _opening(told: Collection[Cause], said: Mapping[str, Severity], heard: HeardOf) -> Cause:
    known = heard.rules.issuperset(said)
    if any(severity.rank > heard.severity.rank for severity in said.values()):
        return Cause.RAISED
    if known:
        return Cause.BACK if Cause.BACK in told else Cause.RAISED
    return Cause.RULE


def note_to(note: str, rules: Collection[str]) -> str:
    """What of a note concerns whoever hears of these rules alone."""
    parts = []
    for part in note.split("; "):
        lost = _LOST.fullmatch(part)
        if lost is not None:
            own = [rule for rule in lost["rules"].split(", ") if rule in rules]
            part = f"{lost['begun']}{', '.join(own)}" if own else ""
        parts.append("" if _WAS.fullmatch(part) else part)
    return "; ".join(filter(None, parts))


def news_of(changes: Sequence[Change]) -> str:
    """Of several that travel together the last counts where they speak of the same."""
    said: dict[Cause, str] = {}
    for change in changes:
        for cause in change.causes:
            if sentence := _sentence(cause, change):
                said[cause] = sentence
    return " ".join(said[cause] for cause in Cause if cause in said)


def _sentence(cause: Cause, change: Change) -> str:
    note = f": {change.note}" if change.note else ""
    told = f"{change.note[:1].upper()}{change.note[1:]}"
    sentences = {
        Cause.RAISED: f"Severity rose to {change.severity}{note}.",
        Cause.DENIED: f"Denied{note}.",
        Cause.CONFIRMED: f"Confirmed{note}.",
        Cause.WITHDRAWN: f"A report of it was withdrawn{note}.",
        Cause.BACK: f"The words of {', '.join(change.rules)} are back; they were gone for a while.",
        Cause.RULE: f"Another rule speaks of it: {', '.join(change.rules)}.",
        Cause.VOICES: _voices(change),
        Cause.HEADLINE: f"The headline was changed; it was “{change.was}”."
        if change.was
        else "The headline was changed.",
        Cause.ESCALATED: f"{told}." if told else "You are next.",
        Cause.TAKEN: f"{told}.",
    }
    return sentences.get(cause, "")


def _voices(change: Change) -> str:
    new = list(dict.fromkeys(change.new))
    names = ", ".join(new[:3]) + (f" and {len(new) - 3} more" if len(new) > 3 else "")
    return f"{change.voices} independent publishers report it now{f', also {names}' if names else ''}."
