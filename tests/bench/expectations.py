"""How much of what the conformance suites expect we give.

    python -m tests.bench.expectations FOLDER [--failures FILE]

FOLDER holds the suites and `expectations.jsonl`, a line for each of their cases. What a case expects of fields that we
keep is compared: titles, links, guids, dates, texts as words, tags, languages, places, the number of entries. Cases
about anything else (generators, clouds, pictures) are counted as not ours.
"""

import argparse
import json
import re
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.core.dates import read_date
from monitor.core.parse import parse
from monitor.core.text import plain
from monitor.core.values import CONTENT_LIMIT, ParsedEntry, ParsedFeed

_URL = "http://feeds.example/feed.xml"
_NEAR = 1e-5
_KEPT = (
    "title",
    "link",
    "id",
    "text",
    "date",
    "published_parsed",
    "updated_parsed",
    "author",
    "language",
    "tags",
    "count",
)
_KEPT_PLACES = ("latitude", "longitude")
_WORD = re.compile(r"\w+")
_ENTRIES = re.compile(r"(?:len\()?feed\.(?:Entries\[(\d+)\]\.)?(\w+)\)?")


@dataclass(frozen=True, slots=True)
class Claim:
    """`field` of the entry with this number, of the feed where it is None."""

    entry: int | None
    field: str
    expected: Any


def claims(case: dict[str, Any], folder: Path) -> Iterator[Claim]:
    match case["kind"]:
        case "asserts":
            yield from _of_feedparser(case["asserts"] or [])
        case "json-expected":
            expected = json.loads((folder / case["expected"]).read_text())
            yield from _of_json(expected.get("feed", expected), expected)
        case "go-conditions":
            yield from _of_go(case["conds"])
        case "text-expected":
            yield from _of_kde((folder / case["expected"]).read_text())
        case "php-literal":
            yield from _of_php(case["test"], case["expected_php"])


def _of_feedparser(asserts: list[dict[str, Any]]) -> Iterator[Claim]:
    names = {"description": "text", "summary": "text", "content": "text", "guid": "id", "title_detail": "title"}
    for each in asserts:
        path, value = each["path"], each.get("value")
        if each["op"] == "len ==" and path == ["entries"]:
            yield Claim(None, "count", value)
        if each["op"] != "==" or (path[-1] not in ("value", "term") and len(path) > 3):
            continue
        match path:
            case ["feed", "title" | "language" as name]:
                yield Claim(None, name, value)
            case ["entries", int(number), str(name), *rest] if rest in ([], ["value"], [0, "value"], [0, "term"]):
                yield Claim(number, names.get(name, name), value)


def _of_json(feed: dict[str, Any], whole: dict[str, Any]) -> Iterator[Claim]:
    yield Claim(None, "title", _content(feed.get("title")))
    entries = whole.get("entries") or feed.get("entries") or feed.get("items") or []
    yield Claim(None, "count", len(entries))
    for number, entry in enumerate(entries):
        yield Claim(number, "title", _content(entry.get("title")))
        link = entry.get("link") or next((each.get("href") for each in entry.get("links") or () if _is_page(each)), "")
        yield Claim(number, "link", link)
        if said := entry.get("guid") or entry.get("id"):
            yield Claim(number, "id", said.get("value") if isinstance(said, dict) else said)
        if said := entry.get("published") or entry.get("pubDate") or entry.get("isoDate"):
            yield Claim(number, "date", said)
        for name in ("description", "content", "summary"):
            if isinstance(said := entry.get(name), str) and said != "EMPTY":
                yield Claim(number, "text", said)


def _content(said: Any) -> Any:
    return said.get("content") if isinstance(said, dict) else said


def _is_page(link: Any) -> bool:
    return isinstance(link, dict) and link.get("rel") in (None, "alternate")


def _of_go(conditions: list[dict[str, str]]) -> Iterator[Claim]:
    names = {"Title": "title", "URL": "link", "Content": "text", "Language": "language", "Author": "author"}
    for each in conditions:
        found = _ENTRIES.fullmatch(each["lhs"])
        if not found or each["op"] != "==" or not re.fullmatch(r'"(?:[^"\\]|\\.)*"|\d+|`[^`]*`', each["rhs"]):
            continue
        said = each["rhs"].strip("`") if each["rhs"][0] == "`" else json.loads(each["rhs"])
        if each["lhs"] == "len(feed.Entries)":
            yield Claim(None, "count", said)
        elif found[2] in names and not each["lhs"].startswith("len"):
            yield Claim(int(found[1]) if found[1] else None, names[found[2]], said)


def _of_kde(said: str) -> Iterator[Claim]:
    """Lines of `name: #value#` between "# Item begin ###" and "# Item end ###"; a value may run over lines."""
    names = {"title": "title", "link": "link", "id": "id", "description": "text", "content": "text"}
    names |= {"datePublished": "published_parsed", "dateUpdated": "updated_parsed", "language": "language"}
    items = re.split(r"^# Item begin #+$", said, flags=re.MULTILINE)
    for number, item in enumerate(items, -1):
        # What a person, a category or a file is called is not what the item is called.
        own = re.sub(
            r"^# (\w+) begin #+$.*?^# \1 end #+$", "", item.partition("# Item end")[0], flags=re.MULTILINE | re.DOTALL
        )
        for found in re.finditer(r"^(\w+): #(.*?)#$", own, re.MULTILINE | re.DOTALL):
            name, value = names.get(found[1], ""), found[2]
            if number < 0 and name in ("title", "language"):
                yield Claim(None, name, value)
            # KDE calls an item that calls itself nothing by its link or by a digest.
            if number < 0 or not name or (name == "id" and value.startswith("hash:")):
                continue
            if name.endswith("_parsed"):
                moment = datetime.strptime(value, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
                yield Claim(number, "date" if name == "published_parsed" else "", moment.isoformat())
            else:
                yield Claim(number, name, value)
    yield Claim(None, "count", len(items) - 1)


def _of_php(test: str, literal: str) -> Iterator[Claim]:
    names = {"ItemTest.php::getTitle": "title", "ItemTest.php::getPermalink": "link", "ItemTest.php::getId": "id"}
    names |= {"ItemTest.php::getDescription": "text", "ItemTest.php::getContent": "text"}
    names |= {"ItemTest.php::getLatitude": "latitude", "ItemTest.php::getLongitude": "longitude"}
    entry = next((name for start, name in names.items() if test.startswith(f"{start}DataProvider")), "")
    head = {"getTitle": "title", "getLanguage": "language"}
    feed = next((name for start, name in head.items() if test.startswith(f"SimplePieTest.php::{start}Data")), "")
    if (entry or feed) and (found := re.fullmatch(r"'((?:[^'\\]|\\.)*)'|(-?[\d.]+)", literal)):
        said = found[2] or re.sub(r"\\(['\\])", r"\1", found[1] or "")
        yield Claim(0 if entry else None, entry or feed, said)


def said_by_us(feed: ParsedFeed, claim: Claim) -> Any:
    if claim.entry is None:
        return {"title": feed.title, "language": feed.language, "count": len(feed.entries)}.get(claim.field)
    if claim.entry >= len(feed.entries):
        return "no such entry"
    return _of_entry(feed.entries[claim.entry], claim.field)


def _of_entry(entry: ParsedEntry, field: str) -> Any:
    place = entry.place or ("", "")
    return {
        "title": entry.title,
        "link": entry.link,
        "id": entry.guid,
        "text": f"{entry.summary}\n{entry.content}",
        "date": entry.published or entry.updated,
        "published_parsed": entry.published,
        "updated_parsed": entry.updated,
        "author": entry.author,
        "language": entry.language,
        "tags": next(iter(entry.tags), ""),
        "latitude": place[0],
        "longitude": place[1],
    }.get(field)


def agree(ours: Any, expected: Any, field: str) -> bool:
    if field == "date":
        moment = read_date(str(expected))
        return moment is None or bool(ours == moment)
    if field.endswith("_parsed"):
        return bool(ours == (datetime.fromtimestamp(timegm((*expected[:6], 0, 0, 0)), UTC) if expected else None))
    if field in ("latitude", "longitude"):
        return str(expected) == str(ours) or (ours != "" and abs(float(expected) - float(ours)) < _NEAR)
    if field in ("link", "id", "count"):
        return str(ours or "").endswith(str(expected or ""))
    # Some suites expect HTML, some text, some HTML within HTML.
    once = plain(str(expected or ""), CONTENT_LIMIT)
    if field == "text":
        return set(_words(once)) <= set(_words(ours))
    return _words(ours) in (_words(expected), _words(once), _words(plain(once, CONTENT_LIMIT)))


def _words(said: Any) -> list[str]:
    return _WORD.findall(str(said or "").casefold())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--failures", type=Path)
    given = arguments.parse_args()
    tally: Counter[tuple[str, str]] = Counter()
    failures = []
    for line in (given.folder / "expectations.jsonl").read_text().splitlines():
        case = json.loads(line)
        suite = case["suite"]
        tally[suite, "cases"] += 1
        asked = [claim for claim in _claims_or_none(case, given.folder) if claim.field in _KEPT + _KEPT_PLACES]
        if not asked:
            tally[suite, "not ours"] += 1
            continue
        failed = list(_failed(asked, given.folder / case["file"], case.get("headers") or []))
        tally[suite, "failed" if failed else "met"] += 1
        failures += [
            f"{case['file']}\t{claim.entry}\t{claim.field}\t{ours!r}\t{claim.expected!r}" for claim, ours in failed
        ]
    if given.failures:
        given.failures.write_text("\n".join(failures) + "\n")
    columns = ("cases", "met", "failed", "not ours")
    print(f"| suite | {' | '.join(columns)} |\n|---|---|---|---|---|")  # noqa: T201
    for suite in sorted({suite for suite, _ in tally}):
        print(f"| {suite} | {' | '.join(str(tally[suite, column]) for column in columns)} |")  # noqa: T201


def _claims_or_none(case: dict[str, Any], folder: Path) -> list[Claim]:
    try:
        return list(claims(case, folder))
    except (OSError, ValueError):
        return []


def _failed(asked: list[Claim], path: Path, headers: list[str]) -> Iterator[tuple[Claim, Any]]:
    said = next((header.partition(":")[2] for header in headers if header.lower().startswith("content-type")), "")
    location = next(
        (header.partition(":")[2] for header in headers if header.lower().startswith("content-location")), ""
    )
    feed = parse(path.read_bytes(), location.strip() or _URL, said)
    for claim in asked:
        if not isinstance(feed, ParsedFeed):
            if claim.expected not in (None, "", 0):
                yield claim, feed.reason
            continue
        ours = said_by_us(feed, claim)
        if not agree(ours, claim.expected, claim.field):
            yield claim, ours


if __name__ == "__main__":
    main()
