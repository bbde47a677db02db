"""Which story an entry belongs to: the same canonical link, or a nearly equal title within 48 hours."""

from dataclasses import dataclass, field
from datetime import timedelta

from rapidfuzz import fuzz, process

from monitor.core.rules.words import pattern_words, stem

OPEN_FOR = timedelta(hours=48)
ALIKE = 84.0
# Two titles of fewer words are alike by chance ("Morning briefing", "Live updates").
FEWEST_WORDS = 4
_FILLERS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "by",
        "with",
        "from",
        "as",
        "and",
        "or",
        "but",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "has",
        "have",
        "had",
        "it",
        "its",
        "his",
        "her",
        "their",
        "this",
        "that",
        "says",
        "said",
        "say",
        "after",
        "over",
        "amid",
        "into",
        "new",
        "live",
        "update",
        "updates",
        "breaking",
        "exclusive",
        "watch",
        "video",
        "opinion",
    ]
)


@dataclass
class OpenStories:
    """The entries of the last 48 hours, as far as grouping needs to know them."""

    _by_link: dict[str, int] = field(default_factory=dict)
    _titles: list[str] = field(default_factory=list)
    _stories: list[int] = field(default_factory=list)

    def find(self, title: str, canonical_link: str) -> int | None:
        """The story this entry belongs to, or None when it starts its own."""
        if canonical_link and canonical_link in self._by_link:
            return self._by_link[canonical_link]
        words = _telling_words(title)
        if len(words) < FEWEST_WORDS:
            return None
        best = process.extractOne(" ".join(words), self._titles, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE)
        return self._stories[best[2]] if best else None

    def add(self, story: int, title: str, canonical_link: str) -> None:
        if canonical_link:
            self._by_link.setdefault(canonical_link, story)
        self._titles.append(" ".join(_telling_words(title)))
        self._stories.append(story)


def _telling_words(title: str) -> list[str]:
    """The words that tell the event, in one order, so that "A hits B" is compared by words and not by grammar."""
    return sorted(stem(word, "en") for word in pattern_words(title) if word not in _FILLERS)
