"""feeds.toml: which feeds, and how their servers are reached."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydantic import ValidationError

from monitor.settings.fields import feed_url
from monitor.settings.files import Source
from monitor.settings.publishers import Publishers, shipped_publishers
from monitor.settings.secret import Headers, headers_of
from monitor.settings.shapes import FeedSettings


def read_feeds(
    file: Path, problems: list[str], publishers: Publishers | None = None
) -> tuple[tuple[FeedSettings, ...], dict[str, Headers]]:
    """The feeds, and by URL the headers of those that want some. Without `publishers` the shipped ones are known."""
    source = Source(file, problems)
    feeds: list[FeedSettings] = []
    headers: dict[str, Headers] = {}
    lines: dict[str, dict[str, int]] = {"url": {}, "name": {}}
    tables = source.table.pop("feed", [])
    problems.extend(f'{source.place(key)}: unknown key "{key}"; a feed begins with [[feed]]' for key in source.table)
    for number, table in enumerate(tables if isinstance(tables, list) else []):
        try:
            feed = FeedSettings.model_validate(table, context=publishers)
        except ValidationError as error:
            problems.extend(source.explain(error, FeedSettings, "feed", number))
            continue
        for key, value in (("url", feed.url), ("name", feed.name)):
            if value in lines[key]:
                cure = "remove one of the two" if key == "url" else "give one of the two another `name`"
                place = source.place("feed", number, key)
                problems.append(f'{place}: the {key} "{value}" stands at line {lines[key][value]} already; {cure}')
            lines[key].setdefault(value, source.line("feed", number, key) or 0)
        feeds.append(feed)
        place_of = partial(_place, source, number, feed.name)
        if wanted := headers_of(file.parent, feed, place_of, problems):
            headers[feed.url] = wanted
    return tuple(feeds), headers


def _place(source: Source, number: int, name: str, key: str) -> str:
    return f"{source.place('feed', number, key)}: feed {name}: {key}"


def is_feed_url(said: str) -> bool:
    try:
        return bool(feed_url(said)) and said.isprintable()
    except ValueError:
        return False


def add_feeds(file: Path, feeds: Iterable[FeedSettings]) -> list[str]:
    """Write feeds behind those that the file has: all of them, or none, and then say why.

    The new file grows beside the old one and takes its place, mode and owner when it can be read.
    """
    # A link stays a link.
    file = file.resolve()
    before, problems = file.read_bytes(), list[str]()
    newline = "\r\n" if b"\r\n" in before else "\n"
    added = "".join(f"\n{as_toml(feed)}" for feed in feeds).replace("\n", newline).encode()
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
        written = Path(new.name)
        try:
            new.write(before + (b"" if before.endswith(b"\n") or not before else newline.encode()) + added)
            new.flush()
            read_feeds(written, problems)
            if not problems:
                owned = file.stat()
                with suppress(PermissionError):
                    os.fchown(new.fileno(), owned.st_uid, owned.st_gid)
                os.fchmod(new.fileno(), owned.st_mode & 0o7777)
                os.fsync(new.fileno())
                written.replace(file)
        finally:
            written.unlink(missing_ok=True)
    return [problem.replace(str(written), str(file)) for problem in problems]


def as_toml(feed: FeedSettings) -> str:
    """The feed as a table of feeds.toml, without what is the default."""
    known = shipped_publishers()
    publisher, _ = known.standing(feed.url, feed.name)
    _, family = known.standing(feed.url, feed.name, feed.publisher)
    lines = ["[[feed]]", f"url = {_quoted(feed.url)}", f"name = {_quoted(feed.name)}"]
    if feed.publisher != publisher:
        lines.append(f"publisher = {_quoted(feed.publisher)}")
    if feed.family != family:
        lines.append(f"family = {_quoted(feed.family)}")
    if feed.language:
        lines.append(f"language = {_quoted(feed.language)}")
    if feed.tags:
        lines.append(f"tags = [{', '.join(map(_quoted, feed.tags))}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML string, but for one control character that JSON lets pass.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
