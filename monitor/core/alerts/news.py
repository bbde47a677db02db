"""What is new about a story that was told, in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.words import Cause, Severity


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
