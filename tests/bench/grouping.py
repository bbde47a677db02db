"""How many entries a second find their story, beside MinHash indexes, in one run on one machine.

    python -m tests.bench.grouping [--short] [--venv FOLDER] [--texts FILE.jsonl]

Every entry is looked up among those that are open and then added. Of each story some entries are told anew: a tenth
of the words left out, a tenth replaced, the rest turned round and cut. An entry is found if it joins one of its own
story, and wrongly merged if it joins another. The MinHash indexes are given the sets of words, ours the texts; the time
is that of the look-up and the adding, with everything that each needs for it. FILE holds entries of your own, a JSON
object with `title` and `summary` a line. `datasketch` and `rensa` are put into FOLDER at the first run without --short.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.stories import Kind, Newcomer, OpenStories, terms_of
from tests.bench.matching import made_up, read_texts

_SEED = 20261126
_VENV = Path(tempfile.gettempdir()) / "feed-monitor-bench" / "grouping"
_WORDS = 19
_TITLE = 9
_ROUNDS = 2
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

_PEER = """
import json, sys, time
import {name}
from {name} import {uses}
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
measured, threshold, bands = int(sys.argv[2]), float(sys.argv[3]), {bands}
{setup}
found, begun = [], 0.0
for number, (story, words) in enumerate(rows):
    if number == len(rows) - measured:
        begun = time.perf_counter()
    {work}
    if number >= len(rows) - measured:
        found.append(best)
print(json.dumps([measured / (time.perf_counter() - begun), found]))
"""
_DATASKETCH = _PEER.format(
    name="datasketch",
    uses="MinHash, MinHashLSH",
    bands="(21, 3)",
    setup="index, hashes = MinHashLSH(num_perm=63, params=bands), []",
    work="""hash = MinHash(num_perm=63)
    hash.update_batch([word.encode() for word in words])
    near = [(hash.jaccard(hashes[each]), -each) for each in index.query(hash)]
    best = -max(near)[1] if near and max(near)[0] >= threshold else None
    index.insert(number, hash)
    hashes.append(hash)""",
)
_RENSA = _PEER.format(
    name="rensa",
    uses="RMinHash, RMinHashLSH",
    bands="21",
    setup="index, hashes = RMinHashLSH(threshold=threshold, num_perm=63, num_bands=bands), []",
    work="""hash = RMinHash(num_perm=63, seed=1)
    hash.update(words)
    near = [(hash.jaccard(hashes[each]), -each) for each in index.query(hash)]
    best = -max(near)[1] if near and max(near)[0] >= threshold else None
    index.insert(number, hash)
    hashes.append(hash)""",
)
_PEERS = {"datasketch": (_DATASKETCH, 0.35), "rensa": (_RENSA, 0.35)}


@dataclass(frozen=True, slots=True)
class Entry:
    story: int
    title: str
    text: str

    @property
    def words(self) -> list[str]:
        return sorted(set(re.findall(r"\w+", f"{self.title} {self.text}".lower())))


def entries(texts: Sequence[tuple[str, str]], number: int, tellings: int, rng: random.Random) -> list[Entry]:
    """`number` entries, `tellings` of each story, in an order in which they might come."""
    spare = sorted({word for title, text in texts for word in re.findall(r"\w{4,}", f"{title} {text}")})
    told = []
    for story in range(number // tellings):
        title, text = texts[story % len(texts)]
        words = re.findall(r"\w+", f"{title} {text}")[:_WORDS]
        for telling in range(tellings):
            said = _anew(words, spare, rng) if telling else words
            told.append((story + 40 * telling * rng.random(), Entry(story, _said(said[:_TITLE]), _said(said[_TITLE:]))))
    return [entry for _, entry in sorted(told, key=lambda each: each[0])]


def _anew(words: Sequence[str], spare: Sequence[str], rng: random.Random) -> list[str]:
    said = [rng.choice(spare) if rng.random() < 0.1 else word for word in words if rng.random() >= 0.12]
    turn = rng.randrange(max(len(said) // 4, 1))
    said = said[turn:] + said[:turn]
    return said[: max(len(said) - rng.randrange(3), 6)]


def _said(words: Sequence[str]) -> str:
    return " ".join(words).capitalize()


@dataclass(frozen=True, slots=True)
class Result:
    a_second: float
    found: list[int | None]


def ours(told: Sequence[Entry], measured: int) -> Result:
    stories, found, begun = OpenStories(), list[int | None](), 0.0
    for number, entry in enumerate(told):
        if number == len(told) - measured:
            begun = time.perf_counter()
        at = _BEGAN + timedelta(seconds=number)
        said = terms_of(entry.title, entry.text, "en")
        report = Newcomer(number, at, at, "", "", Kind.REPORT, said)
        story = stories.find(report).story
        stories.add(report, number if story is None else story)
        if number >= len(told) - measured:
            found.append(story)
    return Result(measured / (time.perf_counter() - begun), found)


def peer(name: str, python: Path, told: Sequence[Entry], measured: int) -> Result:
    script, threshold = _PEERS[name]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps([entry.story, entry.words]) + "\n" for entry in told)
        file.flush()
        asked = [str(python), "-c", script, file.name, str(measured), str(threshold)]
        run = subprocess.run(asked, check=True, capture_output=True, text=True)
    rate, found = json.loads(run.stdout)
    return Result(rate, found)


def quality(told: Sequence[Entry], found: Sequence[int | None]) -> tuple[float, float]:
    """Of the entries whose story was open, how many found it; of all, how many joined another."""
    first, before = len(told) - len(found), {entry.story for entry in told[: len(told) - len(found)]}
    due = right = wrong = 0
    for entry, each in zip(told[first:], found, strict=True):
        due += entry.story in before
        right += each is not None and told[each].story == entry.story
        wrong += each is not None and told[each].story != entry.story
        before.add(entry.story)
    return right / max(due, 1), wrong / len(found)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--short", action="store_true", help="a tenth of the entries, and nothing is installed")
    options.add_argument("--venv", type=Path, default=_VENV)
    options.add_argument("--texts", type=Path)
    chosen = options.parse_args()
    python = chosen.venv / "bin" / "python"
    if not python.exists() and not chosen.short:
        venv.create(chosen.venv, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", *_PEERS], check=True)
    peers = list(_PEERS) if python.exists() else []
    if not peers:
        print(f"the others are not in {chosen.venv}; a run without --short puts them there", file=sys.stderr)  # noqa: T201
    rng = random.Random(_SEED)
    print("open entries  who           entries/s  found   wrongly merged")  # noqa: T201
    for number, tellings in ((1_000, 3),) if chosen.short else ((10_000, 3), (100_000, 8)):
        measured = min(2_000, number // 2)
        texts = read_texts(chosen.texts) if chosen.texts else made_up((number + measured) // tellings, rng)
        told = entries([(text.title, text.summary) for text in texts], number + measured, tellings, rng)
        best: dict[str, Result] = {}
        for _ in range(_ROUNDS):
            for name in ("ours", *peers):
                result = ours(told, measured) if name == "ours" else peer(name, python, told, measured)
                best[name] = max(best.get(name, result), result, key=lambda each: each.a_second)
        for name, result in best.items():
            found, wrong = quality(told, result.found)
            print(f"{number:12,}  {name:12}  {result.a_second:9,.0f}  {found:.3f}   {wrong:.3f}")  # noqa: T201
        for name in peers:
            print(f"{number:12,}  ours beside {name}: {best['ours'].a_second / best[name].a_second:.1f} x")  # noqa: T201


if __name__ == "__main__":
    main()
