"""What a silence mutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from monitor.core.rules import Rule, RuleSet, read_patterns
from monitor.core.values import Headline
from monitor.words import Severity


@dataclass(frozen=True, slots=True)
class Mute:
    """Mutes what fulfils all that is given: the rule, the pattern `words`, the feed, publisher or tag `source`, the
    story. `listener`: for this one alone. `number` is what the silence is called."""

    rule: str
    words: str
    source: str
    story_id: int | None
    listener: str
    ends_at: datetime
    author: str
    comment: str
    number: int = 0

    def covers(self, rule: str, item: Headline, story_id: int) -> bool:
        return (
            self.rule in ("", rule)
            and self.story_id in (None, story_id)
            and (not self.source or self.source.casefold() in item.source)
            and (not self.words or bool(_watch(self.words).match(item)))
        )

    @property
    def reason(self) -> str:
        by = f"silence {self.number} of" if self.number else "silenced by"
        return f"{by} {self.author} until {self.ends_at:%d %b %H:%M} UTC: {self.comment}"


def muting(mutes: Iterable[Mute], listener: str, rule: str, item: Headline, story_id: int) -> Mute | None:
    """The first of these that covers the rule's alert; those of `listener` alone, or with "" those for everybody."""
    return next((mute for mute in mutes if mute.listener == listener and mute.covers(rule, item, story_id)), None)


@lru_cache(maxsize=256)
def _watch(words: str) -> RuleSet:
    return RuleSet([Rule("silence", Severity.INFO, read_patterns(words)[0])])
