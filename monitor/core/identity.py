"""Which stored entry an item of a feed is, if any: by guid, else canonical link, else title and day."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from rapidfuzz import fuzz

from monitor.core.links import canonical_link
from monitor.core.text import legible
from monitor.core.values import ParsedEntry

T = TypeVar("T")

_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# The zero of some clocks: what a program writes that has no date.
_ZEROS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC))
_ALIKE = 60.0
_NEAR = timedelta(hours=48)
# Of fewer items at once nobody can tell whether their guids were changed or they are new.
_MASS = 3
_WORDS = re.compile(r"\w+")
# What a site counts up under a text that nobody has edited.
_COUNTERS = re.compile(
    r"https?://\S+"
    r"|\d[\d.,]*\s*k?\s+(?:comments?|views?|likes?|shares?|replies|votes?|points?|reads?)\b"
    r"|\d+\s+(?:seconds?|minutes?|hours?|days?) ago\b"
    r"|\b(?:comments?|views?|likes?|shares?|replies|votes?|points?|score):?\s*\(?\d[\d.,]*k?\)?",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"\d|http", re.IGNORECASE)


def absolute(link: str, base: str) -> str:
    """The link as an absolute http(s) address; "" where it is none (`javascript:` and the like)."""
    said = legible(link).replace(" ", "%20")
    # Joined to an empty link, the base itself would come out: every such entry would be one page.
    if not said:
        return ""
    try:
        whole = urljoin(base, said)
        return whole if urlsplit(whole).scheme.lower() in ("http", "https") else ""
    except ValueError:
        return ""


def usable_time(moment: datetime) -> datetime | None:
    """The moment, if it can be the date of news: .NET writes year 1 for "no date", and such dates break time zones."""
    return moment if _EARLIEST <= moment <= _LATEST and moment not in _ZEROS else None


def wording(title: str, summary: str, content: str) -> str:
    """The digest of what the texts say: equal for two renderings of the same words, whatever is counted below them."""
    texts = (title, summary, "" if content == summary else content)
    return _digest(*(" ".join(_WORDS.findall(_uncounted(text).casefold())) for text in texts))


def _uncounted(text: str) -> str:
    """Most texts hold no figure and no address, and then there is nothing to look for at each of their words."""
    return _COUNTERS.sub(" ", text) if _COUNTS.search(text) else text


@dataclass(frozen=True, slots=True)
class Known:
    """A stored entry, as far as recognising it needs."""

    id: int
    key: str
    twin: str
    guid: str
    link: str
    title: str
    published_at: datetime | None
    wording: str
    revision: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """An item that its feed shows. `keys` are the names it could be stored under, the best first: one that is taken
    by another entry gives way to the next. `twin` (link, title and date) knows it again when the feed renames it."""

    entry: ParsedEntry
    link: str
    twin: str
    wording: str
    keys: tuple[str, ...]

    @property
    def by_guid(self) -> str:
        return self.keys[0] if self.keys[0].startswith("guid:") else ""

    @property
    def published(self) -> datetime | None:
        return self.entry.published or self.entry.updated


def sightings(parsed: Sequence[ParsedEntry]) -> list[Sighting]:
    """The items of one document, each once, in its order."""
    seen: dict[tuple[str, str], tuple[ParsedEntry, str]] = {}
    for entry in parsed:
        link = canonical_link(entry.link)
        # With one link, title and date two guids name one item; without a date they may well name two.
        seen.setdefault(("" if entry.published else entry.guid, _twin(entry, link)), (entry, link))
    bearers = Counter(entry.guid for entry, _ in seen.values())
    return [
        _sighting(entry, link, twin, shared=entry.guid_shared or bearers[entry.guid] > 1)
        for (_, twin), (entry, link) in seen.items()
    ]


def _sighting(entry: ParsedEntry, link: str, twin: str, *, shared: bool) -> Sighting:
    keys = []
    if entry.guid and not shared:
        keys.append(f"guid:{_digest(entry.guid)}")
    if link:
        keys.append(f"link:{_digest(link)}")
    if entry.guid or link:
        keys.append(twin)
    else:
        day = entry.published.date().isoformat() if entry.published else entry.published_said
        keys.append(f"text:{_digest(_heading(entry), day)}")
    return Sighting(entry, link, twin, wording(entry.title, entry.summary, entry.content), tuple(keys))


def _twin(entry: ParsedEntry, link: str) -> str:
    said = entry.published.isoformat() if entry.published else entry.published_said
    return f"twin:{_digest(link, _heading(entry), said)}"


def _heading(entry: ParsedEntry) -> str:
    return entry.title.casefold() or f"\n{entry.summary[:500]}"


def recognised(seen: Sequence[Sighting], known: Sequence[Known]) -> dict[int, Known]:
    """The stored entry of each sighting that has one, by the sighting's place. No entry is two sightings, but for one
    that a feed shows twice under two guids."""
    return _Recognition(seen, known).found()


def renamed(seen: Sequence[Sighting], found: dict[int, Known], known: Sequence[Known]) -> dict[int, Known]:
    """The entries behind further sightings, if the feed has renamed all its items at once.

    `seen` must be all that the document shows. Then the link alone, or title and date, tell who it is. Where dates
    were changed as well, the items must also stand in the order they had: reports from the same places in another
    order are news.
    """
    strange = [at for at, each in enumerate(seen) if not _is_named(each, found.get(at))]
    if len(strange) < _MASS or 2 * len(strange) <= len(seen):
        return {}
    taken = {each.id for each in found.values()}
    free = [each for each in known if each.id not in taken]
    lost = [at for at in strange if at not in found]
    texts = _by_only_text([seen[at] for at in lost], free)
    sure = {at: texts[_text(seen[at])] for at in lost if _text(seen[at]) in texts}
    taken |= {each.id for each in sure.values()}
    pages = _by_only_link(seen, known)
    loose = {at: page for at in lost if at not in sure and (page := pages.get(seen[at].link)) and page.id not in taken}
    certain = len(strange) - len(lost) + len(sure)
    if 2 * certain > len(strange):
        return sure | loose
    return sure | loose if 2 * (certain + len(loose)) > len(strange) and _in_order(loose.values()) else {}


def _text(item: Sighting) -> tuple[str, datetime | None]:
    return item.entry.title.casefold(), item.published


def _by_only_text(seen: Sequence[Sighting], known: Sequence[Known]) -> dict[tuple[str, datetime | None], Known]:
    shown = _only(map(_text, seen))
    stored = _only((each.title.casefold(), each.published_at) for each in known)
    by_text = {(each.title.casefold(), each.published_at): each for each in known}
    return {text: by_text[text] for text in shown & stored if all(text)}


def _is_named(seen: Sighting, entry: Known | None) -> bool:
    """Whether it was recognised by the name it still has."""
    return entry is not None and seen.entry.guid == entry.guid and bool(entry.guid or seen.link == entry.link)


def _in_order(entries: Iterable[Known]) -> bool:
    """Feeds list the newest first, and the newest have the highest numbers."""
    return all(first.id > second.id for first, second in pairwise(entries))


class _Recognition:
    """From the strongest evidence to the weakest; what is recognised is out of the reach of the weaker."""

    def __init__(self, seen: Sequence[Sighting], known: Sequence[Known]) -> None:
        self._seen = seen
        self._found: dict[int, Known] = {}
        self._taken: set[int] = set()
        self._by_key = {each.key: each for each in known}
        self._by_twin: dict[str, list[Known]] = defaultdict(list)
        for each in known:
            self._by_twin[each.twin].append(each)
        self._by_link = _by_only_link(seen, known)
        self._by_headline = {(each.link, each.guid, each.title.casefold()): each for each in known if each.title}

    def found(self) -> dict[int, Known]:
        for evidence in (
            self._by_guid,
            self._by_all_but_the_guid,
            self._by_page,
            self._by_headline_on_page,
            self._by_day,
        ):
            for at, each in enumerate(self._seen):
                if at not in self._found and (entry := evidence(each)):
                    self._found[at] = entry
                    self._taken.add(entry.id)
        return self._found

    def _free(self, entry: Known | None) -> Known | None:
        return entry if entry and entry.id not in self._taken else None

    def _by_guid(self, seen: Sighting) -> Known | None:
        entry = self._free(self._by_key.get(seen.by_guid))
        return entry if entry and not _is_another(seen, entry) else None

    def _by_all_but_the_guid(self, seen: Sighting) -> Known | None:
        same = self._by_twin.get(seen.twin, [])
        if not seen.entry.published:
            # The same words, undated, under another guid: an alarm raised again. `renamed` knows who renames all.
            same = [each for each in same if not (each.guid and seen.entry.guid and each.guid != seen.entry.guid)]
        free = next((each for each in same if each.id not in self._taken), None)
        return free or (same[0] if same and seen.entry.published else None)

    def _by_page(self, seen: Sighting) -> Known | None:
        entry = self._free(self._by_link.get(seen.link))
        if entry is None:
            return None
        same_time = seen.published is not None and seen.published == entry.published_at
        if seen.entry.guid != entry.guid:
            # A new guid claims to be new; a date without a time of day says little against it.
            return entry if same_time and seen.published and seen.published.time().isoformat() != "00:00:00" else None
        return entry if same_time or (_alike(seen, entry) and _is_near(seen, entry)) else None

    def _by_headline_on_page(self, seen: Sighting) -> Known | None:
        # Of a page that shows several items, or of one guid for all.
        entry = self._free(self._by_headline.get((seen.link, seen.entry.guid, seen.entry.title.casefold())))
        return entry if entry and seen.link and _is_near(seen, entry) else None

    def _by_day(self, seen: Sighting) -> Known | None:
        return self._free(self._by_key.get(seen.keys[-1]))


def _is_another(seen: Sighting, entry: Known) -> bool:
    """Nothing but the guid is the same: the feed gives one guid to all its items."""
    return (
        seen.link != entry.link
        and (seen.published is None or seen.published != entry.published_at)
        and not _alike(seen, entry)
    )


def _is_near(seen: Sighting, entry: Known) -> bool:
    """No other day's: an alarm that is raised again days later in the same words is news."""
    if seen.published is None or entry.published_at is None:
        return True
    return abs(seen.published - entry.published_at) < _NEAR


def _alike(seen: Sighting, entry: Known) -> bool:
    if not seen.entry.title or not entry.title:
        return seen.wording == entry.wording
    return fuzz.token_set_ratio(seen.entry.title.casefold(), entry.title.casefold()) >= _ALIKE


def _by_only_link(seen: Sequence[Sighting], known: Sequence[Known]) -> dict[str, Known]:
    """The entries by their links, without the pages that show several items."""
    links = _only(each.link for each in known) & _only(each.link for each in seen)
    return {each.link: each for each in known if each.link and each.link in links}


def _only(things: Iterable[T]) -> set[T]:
    """Those that occur once."""
    return {thing for thing, times in Counter(things).items() if times == 1}


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
