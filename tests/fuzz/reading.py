"""Damage documents at random and read them: nothing may be raised, and nothing may take long.

    python -m tests.fuzz.reading [--mutations NUMBER] [--seed SEED] [FOLDER...]

The documents are those in the folders, each of which is read undamaged as well, or a few of our own; those that are
known to hang feedparser are always read. A second reading knows some of the items. With `--keep FOLDER` documents that
broke the reader are written there.
"""

import argparse
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from types import FrameType

from monitor.core.parse import parse
from monitor.core.values import DIGEST_BYTES, NotAFeed, ParsedFeed
from tests.core.documents import atom, item, rss
from tests.fuzz.hangs import hangs

_URL = "https://news.example/feeds/world.xml"
# Seconds of the processor that a reading may take; large documents have a right to more.
LONGEST = 2.0
_LARGEST = 300_000
_WEDGES = (
    *(
        b"<",
        b">",
        b"&",
        b'"',
        b"\0",
        b"\xff",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"-->",
        b"<?",
        b"<!DOCTYPE",
        b"&#1114112;",
    ),
    *(
        b"<item>",
        b"</item>",
        b"<entry>",
        b"</entry>",
        b"<item/>",
        b"</rss>",
        b"<x:item>",
        b"<ITEM>",
        b"&#x0;",
        b"&#55296;",
    ),
    *(b"<georss:where>", b"<media:content/>", b"<psc:chapter/>", b"<itunes:image/>", b' xml:base="a"', b"xmlns:a='b'"),
)
_OWN = (
    rss(item("One", more="<guid>1</guid>"), item("Two &amp; more"), item("Three"), before='<?xml version="1.0"?>'),
    rss(
        *(
            item(f"<![CDATA[Story <item> {number}]]>", more=f"<guid>{number}</guid><pubDate>Mon, 04 May 2026</pubDate>")
            for number in range(4)
        ),
        before='<!DOCTYPE rss [<!ENTITY a "b">]>',
    ),
    atom("".join(f"<entry><id>{number}</id><title>t</title><content>c</content></entry>" for number in range(3))),
    b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "t"}, {"id": 2, "tags": "x"}]}',
)


Read = Callable[[bytes, bytes], ParsedFeed | NotAFeed]


class TooLongError(Exception):
    pass


def read(document: bytes, known: bytes) -> ParsedFeed | NotAFeed:
    return parse(document, _URL, known=known)


def damaged(document: bytes, others: Sequence[bytes], luck: random.Random) -> bytes:
    """The document after one to six accidents."""
    for _ in range(luck.randint(1, 6)):
        at = luck.randrange(len(document) + 1)
        end = at + luck.choice((0, 1, 3, 30, 300, 3_000))
        match luck.randrange(6):
            case 0:
                document = document[:at] + document[end:]
            case 1:
                document = document[:end] + document[at:end] * luck.randint(1, 20) + document[end:]
            case 2:
                document = document[:at] + luck.choice(_WEDGES) * luck.choice((1, 1, 1, 50)) + document[at:]
            case 3:
                document = document[:at] + luck.randbytes(luck.randint(1, 4)) + document[at + 1 :]
            case 4:
                other = luck.choice(others)
                start = luck.randrange(len(other) + 1)
                document = document[:at] + other[start : start + 2_000] + document[at:]
            case _:
                document = document[:at]
    return document[:_LARGEST]


def trouble(document: bytes, luck: random.Random, read: Read = read, longest: float = LONGEST) -> str:
    """What went wrong when the document was read, and read again with some of its items known; "" if nothing did."""
    allowed = longest * max(1, len(document) / _LARGEST)
    try:
        answer, spent = timed(read, document, b"", allowed)
        if not isinstance(answer, NotAFeed) and spent <= allowed:
            digests = bytes.fromhex(answer.items)
            items = [digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES)]
            _, spent = timed(read, document, b"".join(item for item in items if luck.random() < 0.7), allowed)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {str(error)[:200]}"
    return f"took {spent:.1f} s" if spent > allowed else ""


def timed(read: Read, document: bytes, known: bytes, allowed: float) -> tuple[ParsedFeed | NotAFeed, float]:
    """What was read, and in how many seconds of the processor; one that takes far longer is given up."""
    signal.signal(signal.SIGPROF, _ring)
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 3 * allowed)
    try:
        return read(document, known), time.process_time() - begun
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def documents(folders: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    yield from hangs()
    if not folders:
        yield from ((f"own {number}", document) for number, document in enumerate(_OWN))
    for folder in folders:
        yield from ((str(file), file.read_bytes()) for file in sorted(folder.rglob("*")) if file.is_file())


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise TooLongError("was given up")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.reading")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--mutations", type=int, default=10_000, metavar="NUMBER")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    chosen = parser.parse_args(arguments)
    luck = random.Random(chosen.seed)
    seeds: list[tuple[str, bytes]] = []
    failed = number_read = 0

    def tried(name: str, document: bytes) -> bool:
        if why := trouble(document, luck):
            print(f"{name}: {why}", flush=True)  # noqa: T201
            if chosen.keep:
                (chosen.keep / f"{sha256(document).hexdigest()[:12]}.xml").write_bytes(document)
        return bool(why)

    for name, document in documents(chosen.folders):
        number_read += 1
        failed += tried(name, document)
        if document and len(document) <= _LARGEST:
            seeds.append((name, document))
    others = [document for _, document in seeds]
    for number in range(chosen.mutations):
        name, document = luck.choice(seeds)
        failed += tried(f"mutation {number} of {name}", damaged(document, others, luck))
    print(f"{number_read} documents, {chosen.mutations} mutations: {failed} broke the reader or kept it too long")  # noqa: T201
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
