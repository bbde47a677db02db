"""feeds.toml: which feeds, and how their servers are reached."""

import json
from pathlib import Path

from pydantic import ValidationError

from monitor.settings.fields import feed_url
from monitor.settings.files import Source
from monitor.settings.secret import Headers, headers_of
from monitor.settings.shapes import FeedSettings


def read_feeds(file: Path, problems: list[str]) -> tuple[tuple[FeedSettings, ...], dict[str, Headers]]:
    """The feeds, and by URL the headers of those that want some."""
    source = Source(file, problems)
    feeds: list[FeedSettings] = []
    headers: dict[str, Headers] = {}
    lines: dict[str, dict[str, int]] = {"url": {}, "name": {}}
    tables = source.table.pop("feed", [])
    problems.extend(f'{source.place(key)}: unknown key "{key}"; a feed begins with [[feed]]' for key in source.table)
    for number, table in enumerate(tables if isinstance(tables, list) else []):
        try:
            feed = FeedSettings.model_validate(table)
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
        if wanted := headers_of(file.parent, feed, f"{source.place('feed', number)}: feed {feed.name}", problems):
            headers[feed.url] = wanted
    return tuple(feeds), headers


def is_feed_url(said: str) -> bool:
    try:
        return bool(feed_url(said))
    except ValueError:
        return False


def as_toml(feed: FeedSettings) -> str:
    """The feed as a table of feeds.toml, without what is the default."""
    lines = ["[[feed]]", f"url = {_quoted(feed.url)}", f"name = {_quoted(feed.name)}"]
    if feed.tags:
        lines.append(f"tags = [{', '.join(map(_quoted, feed.tags))}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML string, but for characters that JSON writes as pairs of surrogates.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
