"""Words that decisions, records and settings share."""

from enum import StrEnum

# That mails and pages speak; English is what they are written in.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pl": "Polski",
    "uk": "Українська",
}
# As a subscriber's topic: every topic there is, and those to come.
EVERY_TOPIC = "*"


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
    GATHERED = "alerted, gathered with others for a while: its severity is medium"
    GREW = "told again: its story grew"
    TOLD = "not repeated: this story was already told under this rule"
    INHIBITED = "not told: the people of this rule know its story as critical already"
    AGAIN = "not repeated: the rule's count was told within its span"
    HELD = "held back: one of the rule's own 'unless' words stands in it"
    DROPPED = "dropped: one of the rule's own 'drop' words stands in it"
    SILENCED = "silenced: it is muted for a while"
    FEW = "left to the briefing: the rule's count is not reached"
    LEFT = "left to the briefing: the rule's severity is below the alert line"
    OLD = "left to the briefing: it was already old when the feed first showed it"
    LATE = "left to the briefing: an edit gave it these words when it was already old"
    BASELINE = "left to the briefing: it came with the first poll of its feed and is not fresh"
    NOBODY = "nobody to tell: no confirmed subscriber wants this alert"


class Cause(StrEnum):
    """Why a story is told, or told again; the value is the reason people read. The weightier stand first."""

    FIRST = "the first alert of this story"
    RAISED = "its severity rose"
    DENIED = "an official source denies it"
    CONFIRMED = "an official source confirms it"
    WITHDRAWN = "a report of it was withdrawn, or has lost the rule's words"
    BACK = "its words were gone for a while and are back"
    RULE = "another rule speaks of it"
    VOICES = "more independent publishers report it"
    HEADLINE = "its headline changed in the rule's own words"
    ESCALATED = "nobody has acknowledged it"
    TAKEN = "it was acknowledged"


class Wait(StrEnum):
    """Why a listener is not told at once, or not at all; the value is the reason people read."""

    GATHERED = "gathered for a while: its severity is medium"
    GROWING = "gathered for a while: its story is growing"
    FLOOD = "gathered: too many alerts came at once"
    QUIET = "held until the quiet hours end"
    AWAY = "left to the briefing: away"
    MUTED = "left to the briefing: muted for this listener"
    GONE = "not told: no longer a listener when its time came"
    OVER = "not told: it no longer held when its time came"


class Stance(StrEnum):
    """What a report does to the story it tells."""

    CONFIRMS = "confirms"
    DENIES = "denies"
    WITHDRAWS = "withdraws"


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


class Verdict(StrEnum):
    """What a refusal, or a mail that came back, says of an address; the value is the reason people read."""

    DEAD = "there is no such address"
    DISABLED = "its mailbox is closed"
    SOFT = "it cannot be reached for the moment"
    OURS = "the fault is ours: sender, size or policy"
    UNKNOWN = "refused without a reason that can be told"
    COMPLAINT = "its owner marked our mail as spam"


class Deed(StrEnum):
    """What was done about a subscriber; the value is the word people read."""

    ASKED = "asked to join"
    CONFIRMED = "confirmed the address"
    REFUSED = "never asked for it"
    APPROVED = "approved"
    DECLINED = "declined"
    ADDED = "added"
    IMPORTED = "imported"
    CHANGED = "changed the choices"
    PAUSED = "paused"
    RESUMED = "resumed"
    MOVED = "changed the address"
    LEFT = "left"
    EXPIRED = "did not confirm in time"
    EXPORTED = "took a copy of what is kept"
    BOUNCED = "could not be reached"
    PROBED = "was tried again"
    REACHED = "can be reached again"
    ERASED = "erased"
    REVOKED = "links revoked"
