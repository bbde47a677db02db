"""What knowing the items saves, and whether it costs an entry: documents of real feeds, poll after poll.

    python -m tests.bench.polls ARCHIVE.tar.gz...

An archive holds what one feed answered, a file a poll, in the order of names. Every document is read whole, and read
with all items known that were shown before. Both must tell the same entries in the end.
"""

import argparse
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from monitor.core.parse import parse
from monitor.core.values import DIGEST_BYTES, NotAFeed, ParsedEntry, ParsedFeed

_URL = "https://news.example/feeds/world.xml"


def documents(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive) as files:
        members = {member.name: member for member in files.getmembers() if member.isfile()}
        for name in sorted(members):
            if (file := files.extractfile(members[name])) is not None:
                yield file.read()


def told(feed: ParsedFeed | NotAFeed) -> set[tuple[object, ...]]:
    """The entries without what depends on the others in their document."""
    entries: Sequence[ParsedEntry] = () if isinstance(feed, NotAFeed) else feed.entries
    return {
        (each.guid, each.link, each.title, each.summary, each.content, each.published, each.updated, each.author)
        for each in entries
    }


def replay(archive: Path) -> bool:
    known: dict[bytes, None] = {}
    whole: set[tuple[object, ...]] = set()
    ours: set[tuple[object, ...]] = set()
    polls = shown = read = silent = 0
    spent = [0.0, 0.0]
    for document in documents(archive):
        polls += 1
        begun = time.process_time()
        plain = parse(document, _URL)
        between = time.process_time()
        feed = parse(document, _URL, known=b"".join(known))
        spent = [spent[0] + between - begun, spent[1] + time.process_time() - between]
        whole |= told(plain)
        ours |= told(feed)
        if isinstance(plain, ParsedFeed) and isinstance(feed, ParsedFeed):
            shown += len(plain.entries)
            read += len(feed.entries)
            silent += not feed.version
            digests = bytes.fromhex(feed.items)
            known |= dict.fromkeys(digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES))
    print(  # noqa: T201
        f"{archive.name[:28]:28} {polls:6} {shown:7} {1 - read / max(shown, 1):7.1%} {silent:7}"
        f" {spent[0] / max(polls, 1) * 1_000:8.1f} {spent[1] / max(polls, 1) * 1_000:8.1f} {len(whole):7}"
        f" {'equal' if whole == ours else f'{len(whole ^ ours)} differ'}",
        flush=True,
    )
    return whole == ours


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.polls")
    parser.add_argument("archives", nargs="+", type=Path, metavar="ARCHIVE")
    titles = f"{'polls':>6} {'items':>7} {'known':>7} {'all old':>7} {'whole ms':>8} {'ours ms':>8} {'entries':>7}"
    print(f"{'feed':28} {titles}")  # noqa: T201
    equal = [replay(archive) for archive in parser.parse_args(arguments).archives]
    return not all(equal)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
