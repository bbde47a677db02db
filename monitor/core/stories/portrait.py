"""What is known of a story from the reports that tell it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from monitor.core.stories.common import shares
from monitor.core.stories.extract import Extract, Telling, best_headline, extract
from monitor.core.stories.terms import terms_of

GROWTH = timedelta(hours=6)
_RAREST = 0.001


@dataclass(frozen=True, slots=True)
class Told:
    """A telling with what it counts for: whose `voice` it is and in which `language`."""

    telling: Telling
    voice: str
    language: str


@dataclass(frozen=True, slots=True)
class Portrait:
    """A story. `headline` and `summary` are the words of one entry each; `summary` is None where no text serves.
    `publishers` come in the order in which they told it, so do the languages; `voices` counts copies of one text once.
    `growth` is in reports an hour, over the last six hours or since the story began."""

    headline: str
    headline_entry: int
    summary: Extract | None
    publishers: tuple[str, ...]
    voices: int
    languages: tuple[str, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    growth: float


def portrait_of(told: Sequence[Told], now: datetime) -> Portrait:
    """The story that these reports tell, of which there must be one. The first headline stays until another says
    clearly more."""
    tellings = [each.telling for each in told]
    read = {each.telling.id: terms_of(each.telling.title, each.telling.text, each.language) for each in told}
    languages = Counter(said.language for said in read.values())
    [(language, _)] = languages.most_common(1)
    weights = _weights([said.lead for said in read.values()], language)

    def title_terms(text: str) -> frozenset[str]:
        return terms_of(text, "", language).title

    best = best_headline(tellings, weights, title_terms, current=tellings[0].id)
    seen = sorted(each.at for each in tellings)
    span = min(max(now - seen[0], timedelta(hours=1)), GROWTH)
    return Portrait(
        next(each.title for each in tellings if each.id == best),
        best,
        extract(tellings, weights, title_terms),
        tuple(dict.fromkeys(each.publisher for each in tellings)),
        len({each.voice for each in told}),
        tuple(languages),
        seen[0],
        seen[-1],
        sum(1 for at in seen if now - at <= span) / (span / timedelta(hours=1)),
    )


def _weights(told: Sequence[frozenset[str]], language: str) -> dict[str, float]:
    """By a term: how many of the reports say it, and how seldom others do."""
    common = shares(language)
    said = Counter(term for each in told for term in each)
    return {term: number / len(told) * -log(max(common.get(term, 0.0), _RAREST)) for term, number in said.items()}
