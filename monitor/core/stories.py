"""Which story an entry belongs to: the same canonical link, or a nearly equal title, within 48 hours.

A story closes 48 hours after it began, however much is still said of it: the next report is news again.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from rapidfuzz import fuzz, process

from monitor.core.rules.stems import keys
from monitor.core.rules.words import fold, pattern_words

OPEN_FOR = timedelta(hours=48)
ALIKE = 84.0
# Two titles of fewer words are alike by chance ("Morning briefing", "Live updates").
FEWEST_WORDS = 4
_SPELLED_ALIKE = 80.0
_MOST_COMPARED = 5
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

    _by_link: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    # By the numbers in them: "3 killed" and "40 killed" are two events however alike the rest is.
    _titles: dict[frozenset[str], "_Titles"] = field(default_factory=lambda: defaultdict(_Titles))

    def find(self, title: str, canonical_link: str, feed: int | None = None) -> int | None:
        """The story this entry belongs to, or None when it starts its own.

        Two feeds with one link speak of one article. One feed with one link and another title has a page that
        changes, and there the link says nothing.
        """
        if canonical_link and canonical_link in self._by_link:
            story, shown_by = self._by_link[canonical_link]
            if feed is None or feed != shown_by:
                return story
        words = _telling_words(title)
        if len(words) < FEWEST_WORDS:
            return None
        known = self._titles.get(_numbers(words))
        titles = known.perhaps_alike(words) if known else {}
        # The words are sorted already: to sort them again for every pair costs five times the comparison.
        alike = process.extract(" ".join(words), titles, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=_MOST_COMPARED)
        return next((story for known, _, story in alike if _same_event(set(words), set(known.split()))), None)

    def add(self, story: int, title: str, canonical_link: str, feed: int | None = None) -> None:
        if canonical_link:
            self._by_link[canonical_link] = story, feed
        words = _telling_words(title)
        # A story is known by its first title; what comes later joins it or starts another.
        self._titles[_numbers(words)].add(story, words)


@dataclass
class _Titles:
    """The words of stories' titles, and the stories by each word: to compare a title with all of them would cost
    the more the more is open."""

    _of: dict[int, str] = field(default_factory=dict)
    _with: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, story: int, words: list[str]) -> None:
        if story not in self._of:
            self._of[story] = " ".join(words)
            for word in set(words):
                self._with[word].append(story)

    def perhaps_alike(self, words: list[str]) -> dict[int, str]:
        """All that share half of the words and more: they share one of the rarer half and one."""
        by_rarity = sorted((self._with.get(word, []) for word in set(words)), key=len)
        rarer = by_rarity[: len(by_rarity) // 2 + 1]
        return {story: self._of[story] for stories in rarer for story in stories}


def _same_event(ours: set[str], theirs: set[str]) -> bool:
    """Whether one title only adds words to the other. Where each has a word of its own, two events may differ in
    just that word (Estonian airspace, Latvian airspace), unless the words are spellings of one."""
    only_ours, only_theirs = sorted((ours - theirs, theirs - ours), key=len)
    return all(any(fuzz.ratio(word, other) >= _SPELLED_ALIKE for other in only_theirs) for word in only_ours)


def _numbers(words: list[str]) -> frozenset[str]:
    return frozenset(word for word in words if word.isdigit())


def _telling_words(title: str) -> list[str]:
    """The words that tell the event, in one order, so that "A hits B" is compared by words and not by grammar."""
    return sorted(keys(word, "en")[0] for word in pattern_words(title) if fold(word) not in _FILLERS)
