"""The open stories: which of them a report belongs to."""

from bisect import insort
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest

from monitor.core.stories.common import shares
from monitor.core.stories.kinds import Kind
from monitor.core.stories.lexicon import apart
from monitor.core.stories.likeness import across, odds
from monitor.core.stories.space import Likeness, Space
from monitor.core.stories.terms import Terms
from monitor.words import Placing

# A report is compared with those of so long before it; each that joins a story carries it further, but not for ever.
OPEN_FOR = timedelta(hours=72)
LONGEST = timedelta(days=7)
# Two titles of fewer words are alike by chance ("Harbour reopens", "Live updates").
_FEWEST_TERMS = 4
_COMMONPLACE = 0.03
SURE = 0.5
# A round-up has words of every event: it joins a story only when that is plain.
_PLAIN = 1.5
_CERTAIN = 1.0
_APART = -10.0
# Of a story, as many reports as there are speak for it, but no more than these.
_SPEAKERS = 3
_SILENT = -2.5
# How far the best story must stand out against the next ones.
_RIVALS = 3
_RIVALRY = 0.9
_NO_RIVAL = -1.5
_COPIED = 0.8
_COPIED_TERMS = 12
_COPIED_TITLE = 0.4
_FORM = 0.5
_SAME_TEXT = 0.4
_SAME_TITLE = 0.9
_AGAIN_AFTER = 12.0


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An entry as far as grouping needs to know it. `at`: when it was published, as far as one can believe that, and
    `seen_at` when it reached us; None where no clock is known."""

    id: int
    at: datetime | None
    seen_at: datetime | None
    feed: str
    link: str
    kind: Kind
    terms: Terms


@dataclass(frozen=True, slots=True)
class Placement:
    """The story a report belongs to, None for one of its own; `like` is the report it was found by. `copied` is the one
    whose text it tells. `merged`: stories that this report shows to be the same as `story`, for certain."""

    story: int | None
    why: Placing
    like: int | None = None
    copied: int | None = None
    merged: tuple[int, ...] = ()


_ALONE = Placement(None, Placing.FIRST)


@dataclass(slots=True)
class _Open:
    story: int
    voice: str
    at: datetime | None
    seen_at: datetime | None
    feed: str
    link: str
    language: str
    places: frozenset[str]
    title_places: frozenset[str]
    happenings: frozenset[str]
    numbers: frozenset[str]
    indexed: bool


@dataclass
class OpenStories:
    """The reports that may still be joined. What is found follows from them alone, in whichever way they were added."""

    _open: dict[int, _Open] = field(default_factory=dict)
    _oldest: deque[int] = field(default_factory=deque)
    _spaces: dict[str, Space] = field(default_factory=dict)
    _across: Space = field(default_factory=lambda: Space(shares("*")))
    _spoken: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _by_link: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    # By story: how many of its reports are open, how many of them can be found by what they say, and when it began.
    _members: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _indexed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _began: dict[int, datetime | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._open)

    def find(self, report: Newcomer) -> Placement:
        """Where the report belongs among what is open when it comes. It is not added by that."""
        self._close(report.seen_at)
        alike = [each for each in self._alike(report) if self._is_open(self._open[each[0]].story, report)]
        copied = next((each for each, _, _, copy in alike if copy), None)
        if certain := self._certain(report, alike):
            story, *others = sorted({self._open[each].story for each, _ in certain})
            like, why = next((each, why) for each, why in certain if self._open[each].story == story)
            return Placement(story, why, like, copied=copied, merged=tuple(others))
        return self._likeliest(report, alike, copied)

    def add(self, report: Newcomer, story: int, voice: str = "", began: datetime | None = None) -> None:
        """Let later reports find the story by this one. `began`: when the story did, if before this report."""
        self._oldest.append(report.id)
        self._began.setdefault(story, began or report.seen_at)
        self._keep(report, story, voice)

    def revise(self, report: Newcomer) -> None:
        """The report says something else now, and stays in its story."""
        if known := self._open.get(report.id):
            began = self._began[known.story]
            self._leave(report.id)
            self._began.setdefault(known.story, began)
            self._keep(report, known.story, known.voice)

    def merge(self, story: int, other: int) -> None:
        """What is open of `other` belongs to `story` from now on."""
        for known in self._open.values():
            if known.story == other:
                known.story = story
        for number in (self._members, self._indexed):
            number[story] += number.pop(other, 0)
        began = [each for each in (self._began.get(story), self._began.pop(other, None)) if each is not None]
        self._began[story] = min(began, default=None)

    def voice(self, report: int) -> str:
        return self._open[report].voice

    def _keep(self, report: Newcomer, story: int, voice: str) -> None:
        terms, common = report.terms, shares(report.terms.language)
        telling = sum(1 for term in terms.lead if common.get(term, 0.0) < _COMMONPLACE)
        indexed = report.kind is Kind.REPORT and telling >= _FEWEST_TERMS
        numbers = frozenset(filter(str.isdigit, terms.title))
        self._open[report.id] = _Open(
            story,
            voice,
            report.at,
            report.seen_at,
            report.feed,
            report.link,
            terms.language,
            terms.places,
            terms.title_places,
            terms.happenings,
            numbers,
            indexed,
        )
        self._members[story] += 1
        if report.link:
            insort(self._by_link[report.link], report.id)
        if indexed:
            self._index(report.id, terms)

    def _index(self, report: int, terms: Terms) -> None:
        if (space := self._spaces.get(terms.language)) is None:
            space = self._spaces[terms.language] = Space(shares(terms.language))
        space.add(report, terms.title, terms.lead)
        self._across.add(report, terms.shared_title, terms.shared_lead)
        self._spoken[terms.language].add(report)
        self._indexed[self._open[report].story] += 1

    def _close(self, now: datetime | None) -> None:
        while now is not None and self._oldest:
            oldest = self._open[self._oldest[0]]
            if oldest.seen_at is None or now - oldest.seen_at <= OPEN_FOR:
                return
            self._leave(self._oldest.popleft())

    def _leave(self, report: int) -> None:
        known = self._open.pop(report)
        if known.link:
            self._by_link[known.link].remove(report)
            if not self._by_link[known.link]:
                del self._by_link[known.link]
        if known.indexed:
            self._spaces[known.language].drop(report)
            self._across.drop(report)
            self._spoken[known.language].remove(report)
            self._indexed[known.story] -= 1
        self._members[known.story] -= 1
        if not self._members[known.story]:
            for number in (self._members, self._indexed):
                number.pop(known.story, None)
            self._began.pop(known.story, None)

    def _is_open(self, story: int, report: Newcomer) -> bool:
        began = self._began.get(story)
        return began is None or report.seen_at is None or report.seen_at - began <= LONGEST

    def _alike(self, report: Newcomer) -> list[tuple[int, float, Placing, bool]]:
        """Reports that may tell the same event: which, how surely, in what way, and whether it is the same text."""
        terms, found = report.terms, list[tuple[int, float, Placing, bool]]()
        if space := self._spaces.get(terms.language):
            for like in space.alike(terms.title, terms.lead):
                other = self._open[like.report]
                one_feed = bool(report.feed) and report.feed == other.feed
                sure = odds(like, _hours(report.at, other.at), one_feed=one_feed) + self._against(report, other, like)
                found.append((like.report, sure, Placing.EVENT, _is_copy(like)))
        same = self._spoken[terms.language]
        if len(same) < len(self._across):
            for like in self._across.alike(terms.shared_title, terms.shared_lead, same):
                other = self._open[like.report]
                # Names alone are talk of people and firms.
                if terms.places.isdisjoint(other.places) and terms.happenings.isdisjoint(other.happenings):
                    continue
                sure = across(like, _hours(report.at, other.at)) + self._against(report, other, like)
                found.append((like.report, sure, Placing.ACROSS, False))
        return found

    def _against(self, report: Newcomer, other: _Open, like: Likeness) -> float:
        """What speaks against their telling one event, however alike they are."""
        terms = report.terms
        if apart(terms.title_places, other.places) or apart(other.title_places, terms.places):
            return _APART
        if not report.feed or report.feed != other.feed or like.titles < _FORM:
            return 0.0
        # One feed has a form of words for each warning, each bulletin, each statement.
        numbers = frozenset(filter(str.isdigit, terms.title))
        renumbered = bool(numbers - other.numbers and other.numbers - numbers)
        retold = like.told > 0 and like.texts < _SAME_TEXT
        hours = _hours(report.at, other.at)
        again = like.titles >= _SAME_TITLE and hours is not None and hours >= _AGAIN_AFTER
        return _APART if renumbered or retold or again else 0.0

    def _certain(self, report: Newcomer, alike: list[tuple[int, float, Placing, bool]]) -> list[tuple[int, Placing]]:
        certain = [
            (each, Placing.LINK)
            for each in reversed(self._by_link.get(report.link, ()))
            if not report.feed or self._open[each].feed != report.feed
            if self._is_open(self._open[each].story, report)
        ][:1]
        certain += [
            (each, Placing.COPY)
            for each, sure, _, copy in alike
            if copy and sure >= SURE and self._open[each].feed != report.feed
        ]
        return certain

    def _likeliest(
        self, report: Newcomer, alike: list[tuple[int, float, Placing, bool]], copied: int | None
    ) -> Placement:
        by_story: dict[int, list[tuple[float, int, Placing]]] = defaultdict(list)
        for each, sure, why, _ in alike:
            by_story[self._open[each].story].append((sure, -each, why))
        likely = sorted(((self._surely(story, each), -story) for story, each in by_story.items()), reverse=True)
        if not likely:
            return _ALONE
        best, story = likely[0][0], -likely[0][1]
        rivals = [max(sure, _NO_RIVAL) - _NO_RIVAL for sure, _ in likely[1 : _RIVALS + 1]]
        best -= _RIVALRY * sum(rivals) / _RIVALS
        _, like, why = max(by_story[story])
        if best < (SURE if report.kind is Kind.REPORT else _PLAIN):
            return _ALONE
        if copied is not None and self._open[copied].story != story:
            copied = None
        # The two were told in two languages, each of which knew its own.
        same = [-other for sure, other in likely[1:] if sure >= _CERTAIN and self._is_across(by_story[-other])]
        ties = why is Placing.EVENT and report.kind is Kind.REPORT
        first, *merged = sorted([story, *same]) if ties else [story]
        return Placement(first, why, -like, copied, tuple(merged))

    def _is_across(self, speakers: list[tuple[float, int, Placing]]) -> bool:
        return all(why is Placing.ACROSS for _, _, why in speakers)

    def _surely(self, story: int, speakers: list[tuple[float, int, Placing]]) -> float:
        """The best speaks for half, all that there are for the other half; who was not found has nothing to say."""
        wanted = min(self._indexed[story], _SPEAKERS)
        heard = [max(sure, _SILENT) for sure, _, _ in nlargest(wanted, speakers)]
        mean = (sum(heard) + _SILENT * (wanted - len(heard))) / wanted
        return (max(speakers)[0] + mean) / 2


def _is_copy(like: Likeness) -> bool:
    return like.texts >= _COPIED and like.told >= _COPIED_TERMS and like.titles >= _COPIED_TITLE


def _hours(ours: datetime | None, theirs: datetime | None) -> float | None:
    return abs((ours - theirs).total_seconds()) / 3600 if ours and theirs else None
