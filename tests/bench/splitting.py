"""Do new items read the same alone as in their whole document? Every document in some folders, tried.

    python -m tests.bench.splitting FOLDER...

Each document is read whole by plain feedparser, then by us with some of its items known: none, all, all but the first,
two of three, and in small documents all but one, for each one. The entries, and what the feed says of itself, must be
equal. A suite is a folder in FOLDER. A document that is ill-formed as a whole and well-formed without its known items
is `healed`: a broken old item no longer changes how the new ones are read.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser

from monitor.core.encoding import decoded, named_characters_numbered, unpacked
from monitor.core.feedparsing import sober
from monitor.core.fields import entry_of, head_of
from monitor.core.items import Items, Unsplit, digest, shared_guids_marked, split
from monitor.core.parse import parse
from monitor.core.values import DIGEST_BYTES, MOST_ENTRIES, NotAFeed, ParsedEntry, ParsedFeed

_SMALL = 12
_URL = "https://news.example/feeds/world.xml"


@dataclass
class Tally:
    documents: int = 0
    no_feed: int = 0
    json: int = 0
    split: int = 0
    runs: int = 0
    identical: int = 0
    healed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    differing: list[str] = field(default_factory=list)

    def columns(self) -> tuple[int, ...]:
        return (
            self.documents,
            self.no_feed,
            self.json,
            self.split,
            self.refused.total(),
            self.runs,
            self.identical,
            self.healed,
            len(self.differing),
        )


def new_items(number: int) -> Iterator[frozenset[int]]:
    """Which items are new, in one run after the other."""
    yield from (frozenset(), frozenset({0}), frozenset(range(0, number, 3)))
    if number <= _SMALL:
        yield from (frozenset({only}) for only in range(1, number))


def compare(document: bytes, tally: Tally) -> None:
    tally.documents += 1
    ours = parse(document, _URL)
    text = decoded(unpacked(document) or b"")
    if isinstance(ours, NotAFeed):
        tally.no_feed += 1
        return
    if text.lstrip()[0] in "{[":
        tally.json += 1
        plain = ours
    else:
        pieces = split(text)
        plain = plainly(text, ours, pieces)
        if isinstance(pieces, Unsplit) or not ours.items:
            why = pieces.reason.partition(" at character")[0] if isinstance(pieces, Unsplit) else "feedparser disagrees"
            tally.refused[why] += 1
    tally.split += bool(ours.items)
    count("nothing known", plain, ours, plain.entries, tally)
    digests = [ours.items[at : at + 2 * DIGEST_BYTES] for at in range(0, len(ours.items), 2 * DIGEST_BYTES)]
    for new in new_items(len(digests)) if digests else ():
        known = bytes.fromhex("".join(item for number, item in enumerate(digests) if number not in new))
        expected = [entry for number, entry in enumerate(plain.entries) if number in new]
        count(f"new: {sorted(new)[:5]}", plain, parse(document, _URL, known=known), expected, tally)


def plainly(text: str, ours: ParsedFeed, pieces: Items | Unsplit) -> ParsedFeed:
    """What feedparser by itself makes of the document; an item listed twice is one item."""
    parsed: Any = feedparser.parse(
        BytesIO(named_characters_numbered(sober(text)).encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": _URL},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    head = head_of(parsed, text)
    entries = [entry_of(entry, _URL, head) for entry in parsed.entries[:MOST_ENTRIES]]
    if isinstance(pieces, Items) and len(entries) == len(pieces.items):
        firsts = {digest(item): number for number, item in reversed(list(enumerate(pieces.items)))}
        entries = [entries[number] for number in sorted(firsts.values())]
    else:
        entries = list(dict.fromkeys(entries[: len(ours.entries)] if ours.damage else entries))
    return ParsedFeed(
        version=parsed.version or "unknown",
        title=head.title,
        language=head.language,
        entries=shared_guids_marked(entries, ()),
        damage=ours.damage if parsed.bozo else "",
        wishes=head.wishes,
        hub=head.hub,
        topic=head.topic,
    )


def count(
    name: str, plain: ParsedFeed, ours: ParsedFeed | NotAFeed, expected: Sequence[ParsedEntry], tally: Tally
) -> None:
    tally.runs += 1
    found = list(differences(plain, ours, expected))
    if not found:
        tally.identical += 1
    elif plain.damage and isinstance(ours, ParsedFeed) and not ours.damage:
        tally.healed += 1
    else:
        tally.differing.append(f"{name}: {'; '.join(found[:3])}")


def differences(plain: ParsedFeed, ours: ParsedFeed | NotAFeed, expected: Sequence[ParsedEntry]) -> Iterator[str]:
    if isinstance(ours, NotAFeed):
        yield ours.reason
        return
    if ours.version:
        yield from _unequal(plain, ours, ("version", "title", "language", "wishes", "hub", "topic"))
    if len(expected) != len(ours.entries):
        yield f"{len(expected)} entries / {len(ours.entries)}"
        return
    names = [each.name for each in fields(ParsedEntry)]
    for one, other in zip(expected, ours.entries, strict=True):
        yield from _unequal(one, other, names)


def _unequal(one: object, other: object, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        said, meant = getattr(one, name), getattr(other, name)
        if said != meant:
            yield f"{name}: {said!r:.150} / {meant!r:.150}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.splitting")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    tallies: dict[str, Tally] = defaultdict(Tally)
    for folder in parser.parse_args(arguments).folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            below = file.relative_to(folder).parts
            tally = tallies[below[0] if len(below) > 1 else folder.name]
            before = len(tally.differing)
            try:
                compare(file.read_bytes(), tally)
            except Exception as error:  # noqa: BLE001
                tally.differing.append(f"{type(error).__name__}: {error}")
            tally.differing[before:] = [f"{file.relative_to(folder)}: {each}" for each in tally.differing[before:]]
    titles = ("documents", "no feed", "JSON", "split", "refused", "runs", "identical", "healed", "differing")
    print(f"{'suite':24}", *(f"{title:>9}" for title in titles))  # noqa: T201
    for suite, tally in sorted(tallies.items()):
        print(f"{suite[:23]:24}", *(f"{number:>9}" for number in tally.columns()))  # noqa: T201
    totals = map(sum, zip(*(tally.columns() for tally in tallies.values()), strict=True))
    print(f"{'all':24}", *(f"{number:>9}" for number in totals), "\n\nRefused:")  # noqa: T201
    refused: Counter[str] = sum((tally.refused for tally in tallies.values()), Counter())
    print(*(f"{times:>6}  {reason}" for reason, times in refused.most_common()), "\nDiffering:", sep="\n")  # noqa: T201
    differing = [each for tally in tallies.values() for each in tally.differing]
    print(*differing, sep="\n")  # noqa: T201
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
