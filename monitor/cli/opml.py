"""`import opml` and `export opml`: lists of feeds, as other programs write and read them."""

import asyncio
import sys
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit

import click

from monitor.cli.frame import command, config_file, counted, fail
from monitor.core.encoding import decoded
from monitor.core.links import without_credentials
from monitor.core.opml import FeedList, Outline, as_opml, feed_list, same_feed
from monitor.core.text import legible, shortened
from monitor.settings import Config, SettingsError, load
from monitor.settings.feeds import add_feeds, is_feed_url
from monitor.settings.shapes import FeedSettings

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The outlines of a list: feeds to add, those that are there under a name of ours, those that are no feeds."""

    new: tuple[FeedSettings, ...]
    known: tuple[tuple[Outline, str], ...]
    refused: tuple[Outline, ...]


@click.group("import")
def import_() -> None:
    """Take over feeds from a list that another program wrote."""


@click.group()
def export() -> None:
    """Write the feeds for other programs."""


@import_.command("opml")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Say what would be added; change nothing.")
@command
async def import_opml(file: Path, dry_run: bool) -> None:
    """Add the feeds of an OPML FILE ("-": stdin) to feeds.toml. Folders and categories become tags.

    A feed whose address is there already, with or without www. and https, is left as it is. Either all of the new
    feeds are added, or feeds.toml stays as it was.
    """
    config = load(config_file())
    target = config.file.parent / config.settings.feeds_file
    found = await asyncio.to_thread(_read, file)
    outlines = _sorted(found.outlines, config)
    verb = "would add" if dry_run else "added"
    if outlines.new and not dry_run and (problems := add_feeds(target, outlines.new)):
        raise SettingsError([*problems, f"{target}: stays as it was, nothing was added"])
    for outline in outlines.refused:
        name = shortened(outline.name or outline.url, _SHOWN)
        said = f'"{shortened(legible(outline.url), _SHOWN)}" is no http(s) address' if outline.url else "no address"
        click.echo(f'refused    "{name}": {said}')
    for outline, name in outlines.known:
        click.echo(f"known      {outline.url}: it is {name}")
    for feed in outlines.new:
        tags = f" ({', '.join(feed.tags)})" if feed.tags else ""
        click.echo(f"{verb:<9}  {feed.name}: {feed.url}{tags}")
    if found.lists:
        click.echo(f"not read   {counted(found.lists, 'list')} that this one points to; import them by themselves")
    click.echo(
        f"{counted(len(outlines.new), 'feed')} {'to add' if dry_run else 'added'}, {len(outlines.known)} there already,"
        f" {len(outlines.refused)} refused"
    )
    if outlines.new and not dry_run:
        click.echo(f"They stand at the end of {target}; a running service asks them after a reload.")


def _read(file: Path) -> FeedList:
    try:
        document = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: cannot be read ({error.strerror})")
    found = feed_list(decoded(document, ""))
    if not found.outlines:
        fail(f"{file}: no feed in it; an OPML file has <outline xmlUrl=...> elements")
    if found.damage:
        click.echo(
            f"feed-monitor: {file}: no good XML ({found.damage}), read as far as possible;"
            " see whether feeds are missing",
            err=True,
        )
    return found


def _sorted(outlines: tuple[Outline, ...], config: Config) -> _Sorted:
    ours = {same_feed(feed.url): feed.name for feed in config.feeds}
    new: dict[str, FeedSettings] = {}
    names = set(ours.values())
    known: list[tuple[Outline, str]] = []
    refused: list[Outline] = []
    for outline in outlines:
        if not is_feed_url(outline.url):
            refused.append(outline)
            continue
        place = same_feed(outline.url)
        if place in ours:
            known.append((outline, ours[place]))
        elif place in new:
            # Readers that know folders alone list a feed once in each.
            tags = tuple(dict.fromkeys((*new[place].tags, *outline.tags)))
            new[place] = new[place].model_copy(update={"tags": tags})
            known.append((outline, new[place].name))
        else:
            name = _name(outline, names)
            names.add(name)
            said = {"url": outline.url, "name": name, "tags": outline.tags, "language": outline.language}
            new[place] = FeedSettings.model_validate(said)
    return _Sorted(tuple(new.values()), tuple(known), tuple(refused))


def _name(outline: Outline, taken: set[str]) -> str:
    """The outline's title, told apart from names that are taken."""
    host = (urlsplit(outline.url).hostname or "").removeprefix("www.")
    name = outline.name or host
    numbered = (f"{name} ({host} {number})" for number in count(2))
    return next(each for each in chain((name, f"{name} ({host})"), numbered) if each not in taken)


@export.command("opml")
@command
async def export_opml() -> None:
    """Write the feeds as OPML 2.0 to stdout: names, addresses, languages, and tags as categories.

    What is secret stays here, and so does what other programs do not know: headers, proxies, pauses, publishers.
    """
    feeds = load(config_file()).feeds
    listed = [Outline(without_credentials(feed.url), feed.name, feed.tags, feed.language) for feed in feeds]
    # Bytes, because the document says that it is UTF-8, whatever this terminal speaks.
    click.echo(as_opml(listed).encode(), nl=False)
    if secret := [feed.name for feed in feeds if _is_secret(feed)]:
        click.echo(f"feed-monitor: not exported are the secrets of {', '.join(secret)}", err=True)


def _is_secret(feed: FeedSettings) -> bool:
    return bool(feed.username or feed.headers_file or feed.headers or without_credentials(feed.url) != feed.url)
