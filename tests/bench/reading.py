"""What we read out of every document below some folders, beside plain feedparser.

    python -m tests.bench.reading [--differences FILE] FOLDER...

Each folder directly below a FOLDER is a suite. Every document is read once by `monitor.core.parse` and once by
feedparser alone; entries are compared by title, link, guid, date and the words of their texts. FILE gets a line for
each difference: its class, the document, the entry, and what either side said. Seconds are those of the processor.
"""

import argparse
import multiprocessing
import re
import signal
import time
import warnings
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

import feedparser

from monitor.core.identity import absolute
from monitor.core.parse import parse
from monitor.core.text import legible, plain
from monitor.core.values import CONTENT_LIMIT, MOST_ENTRIES, SUMMARY_LIMIT, NotAFeed, ParsedEntry, ParsedFeed

_URL = "https://feeds.example/feed.xml"
_SECONDS_ALLOWED = 2
_PATIENCE = 20
_ENDINGS = (".xml", ".rss", ".atom", ".rdf", ".json", ".rss1", ".rss2", ".txt", ".feed")
_WORD = re.compile(r"\w+")
_MOJIBAKE = re.compile("[ÃÂÐÑâ][\x80-\xbf\u2018-\u2122]|\ufffd")


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str
    entry: int
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One document. `refusal` is ours, "" for one that was read; `beyond`: feedparser has no reader for its format."""

    path: str
    seconds: float = 0.0
    refusal: str = ""
    refused_by_feedparser: bool = False
    beyond: bool = False
    entries: int = 0
    equal: int = 0
    differences: tuple[Difference, ...] = ()
    exception: str = ""


@dataclass(slots=True)
class Tally:
    documents: int = 0
    read: int = 0
    read_by_feedparser: int = 0
    entries: int = 0
    equal: int = 0
    slow: int = 0
    exceptions: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def read(path: Path) -> Reading:
    # Of a document that holds a child for ever nothing but its name is left to tell.
    signal.signal(signal.SIGVTALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE)
    try:
        return _read(path)
    except KeyboardInterrupt:
        return Reading(str(path), seconds=_PATIENCE, exception="given up")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _read(path: Path) -> Reading:
    document = path.read_bytes()
    began = time.process_time()
    try:
        feed = parse(document, _URL)
    except Exception as error:  # noqa: BLE001 - counting them is what this is for
        return Reading(str(path), exception=f"{type(error).__name__}: {error}")
    seconds = time.process_time() - began
    try:
        theirs = _feedparser(document)
    except Exception:  # noqa: BLE001 - feedparser's own, of which it has a dozen kinds
        theirs = {}
    refused = not theirs.get("version") and not theirs.get("entries")
    if isinstance(feed, NotAFeed):
        return Reading(str(path), seconds, feed.reason, refused)
    if feed.version.startswith("json") or refused:
        return Reading(str(path), seconds, "", refused, beyond=True, entries=feed.shown)
    differences = tuple(_compared(document, feed, theirs))
    unequal = {difference.entry for difference in differences}
    entries = max(len(feed.entries), min(MOST_ENTRIES, len(theirs["entries"])))
    return Reading(str(path), seconds, "", refused, False, entries, entries - len(unequal), differences)


def _feedparser(document: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return feedparser.parse(
            BytesIO(document),
            response_headers={"content-location": _URL},
            sanitize_html=False,
            resolve_relative_uris=False,
        )


def _compared(document: bytes, feed: ParsedFeed, theirs: Any) -> Iterator[Difference]:
    entries = theirs["entries"][:MOST_ENTRIES]
    # Items that are the same to the letter are read once.
    if len(feed.entries) < len(entries) and len(feed.entries) == len(_unlike(entries)):
        entries = _unlike(entries)
    for number, (our, their) in enumerate(zip_longest(feed.entries, entries)):
        if our is None or their is None:
            why = "cut through it" if feed.damage and number == len(entries) - 1 else "only one has it"
            yield Difference(f"entry: {why}", number, repr(our)[:200], repr(their)[:200])
            continue
        for name, ours, said in _fields(our, their):
            if ours != said:
                yield Difference(f"{name}: {_reason(name, ours, said, document, theirs)}", number, ours, said)


def _unlike(entries: list[Any]) -> list[Any]:
    return list({repr(sorted(entry.items(), key=lambda item: item[0])): entry for entry in entries}.values())


def _fields(our: ParsedEntry, their: Any) -> Iterator[tuple[str, str, str]]:
    title = plain(str(their.get("title") or ""), CONTENT_LIMIT)
    yield "title", _words(our.title), _words(legible(title)[: len(our.title) + 1] if len(title) > 900 else title)
    yield "link", our.link, absolute(str(their.get("link") or ""), _URL)
    yield "guid", our.guid, legible(str(their.get("id") or ""))
    published, updated = _time(their.get("published_parsed")), _time(dict.get(their, "updated_parsed"))
    yield "date", str(our.published or our.updated), str(published or updated)
    contents = [plain(str(part.get("value") or ""), CONTENT_LIMIT) for part in their.get("content") or ()]
    texts = [plain(str(their.get("summary") or ""), CONTENT_LIMIT), *contents]
    missing = set(_words(" ".join(texts)).split()) - set(_words(f"{our.summary} {our.content}").split())
    added = set(_words(f"{our.summary} {our.content}").split()) - set(_words(" ".join(texts)).split())
    yield "words", " ".join(sorted(added)[:20]), ""
    yield "words", "", " ".join(sorted(missing)[:20])


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _time(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def _reason(name: str, ours: str, theirs: str, document: bytes, parsed: Any) -> str:
    """The class of a difference; the first that fits."""
    classes = (
        (bool(_MOJIBAKE.search(theirs)) and not _MOJIBAKE.search(ours), "feedparser took the wrong encoding"),
        (name == "date" and theirs == "None", "we can read it"),
        (name == "date" and ours == "None", "no day of news"),
        (name == "date", "read differently"),
        (name == "link" and not theirs, "found elsewhere in the entry"),
        (name == "link" and b"origLink" in document, "the page itself, not the counter before it"),
        (name == "words" and not ours and len(document) > SUMMARY_LIMIT, "beyond our limits, or of a second content"),
        (name == "words" and not ours, "of a second content"),
        (name == "words" and " " not in ours, "a word cut at our limit, or better decoded"),
        (bool(parsed.get("bozo")), "of a broken document"),
    )
    return next((said for fits, said in classes if fits), "unlike")


def documents(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _ENDINGS:
            yield path.relative_to(folder).parts[0], path


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument("--differences", type=Path)
    given = arguments.parse_args()
    found = [pair for folder in given.folders for pair in documents(folder)]
    tallies: dict[str, Tally] = {}
    lines = []
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=500) as pool:
        readings = pool.imap(read, [path for _, path in found], chunksize=20)
        for (suite, _), reading in zip(found, readings, strict=True):
            _count(tallies.setdefault(suite, Tally()), reading)
            lines += [
                f"{each.kind}\t{reading.path}\t{each.entry}\t{each.ours[:200]!r}\t{each.theirs[:200]!r}"
                for each in reading.differences
            ]
            if reading.exception or reading.seconds > _SECONDS_ALLOWED:
                lines.append(f"trouble\t{reading.path}\t\t{reading.exception}\t{reading.seconds:.1f} s")
            if bool(reading.refusal) != reading.refused_by_feedparser and not reading.beyond:
                lines.append(f"document\t{reading.path}\t\t{reading.refusal or 'read'}\t")
    if given.differences:
        given.differences.write_text("\n".join(sorted(lines)) + "\n")
    print("\n".join(_table(tallies)))  # noqa: T201


def _count(tally: Tally, reading: Reading) -> None:
    tally.documents += 1
    tally.exceptions += bool(reading.exception)
    tally.slow += reading.seconds > _SECONDS_ALLOWED
    tally.read += not (reading.refusal or reading.exception)
    tally.read_by_feedparser += not (reading.refused_by_feedparser or reading.exception)
    if not reading.beyond:
        tally.entries += reading.entries
        tally.equal += reading.equal
    tally.kinds.update({difference.kind: 1 for difference in reading.differences})


def _table(tallies: dict[str, Tally]) -> Iterator[str]:
    yield "| suite | documents | read | by feedparser | entries | equal | over 2 s | exceptions |"
    yield "|---|---|---|---|---|---|---|---|"
    for suite, each in sorted(tallies.items()):
        figures = (each.documents, each.read, each.read_by_feedparser, each.entries, each.equal, each.slow)
        yield f"| {suite} | {' | '.join(f'{figure:,}' for figure in figures)} | {each.exceptions} |"
    yield "\n| difference | documents |\n|---|---|"
    for kind in sorted({kind for each in tallies.values() for kind in each.kinds}):
        yield f"| {kind} | {sum(each.kinds[kind] for each in tallies.values()):,} |"


if __name__ == "__main__":
    main()
