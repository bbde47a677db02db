"""Words that decisions, records and settings share."""

from enum import StrEnum


class Severity(StrEnum):
    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return tuple(Severity).index(self)


class Disposition(StrEnum):
    """What became of an entry under a rule; the value is the reason people read."""

    ALERTED = "alerted: first match of this rule in its story, or its severity rose"
    TOLD = "not repeated: this story was already told under this rule"
    AGAIN = "not repeated: the rule's count was told within its span"
    HELD = "held back: one of the rule's own 'unless' words stands in it"
    DROPPED = "dropped: one of the rule's own 'drop' words stands in it"
    SILENCED = "silenced: the rule is muted for a while"
    FEW = "left to the briefing: the rule's count is not reached"
    LEFT = "left to the briefing: the rule's severity is below the alert line"
    OLD = "left to the briefing: it was already old when the feed first showed it"
    LATE = "left to the briefing: an edit gave it these words when it was already old"
    BASELINE = "left to the briefing: it came with the first poll of its feed and is not fresh"
    NOBODY = "nobody to tell: no confirmed subscriber wants this alert"


class Condition(StrEnum):
    """How a feed is; the value is the word people read."""

    UNASKED = "not asked yet"
    GOOD = "good"
    DAMAGED = "damaged"
    MOVED = "moved"
    SILENT = "silent"
    FAILING = "failing"
    QUARANTINED = "quarantined"
    GONE = "gone"
    RETIRED = "retired"


class Placing(StrEnum):
    """Why an entry is in its story; the value is the reason people read."""

    FIRST = "the first to tell it"
    LINK = "the same page"
    COPY = "the same text"
    EVENT = "the same event in other words"
    ACROSS = "the same event in another language"
    OPERATOR = "put here by hand"
