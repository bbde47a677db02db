"""`import opml` and `export opml`: lists of feeds, as other programs write and read them."""

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import click
import listparser

from monitor.cli.frame import command, config_file, counted, fail
from monitor.core.links import canonical_link, without_credentials
from monitor.core.text import legible
from monitor.settings import Config, SettingsError, load
from monitor.settings.feeds import as_toml, is_feed_url, read_feeds
from monitor.settings.shapes import FeedSettings


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

    A feed whose address is there already, with or without www. and https, is left as it is.
    """
    config = load(config_file())
    target = config.file.parent / config.settings.feeds_file
    outlines = await asyncio.to_thread(_outlines, file)
    known = {canonical_link(feed.url) for feed in config.feeds}
    names = {feed.name for feed in config.feeds}
    added: list[FeedSettings] = []
    refused = 0
    for outline in outlines:
        url = outline.url.strip()
        if not is_feed_url(url):
            refused += 1
            click.echo(f'refused   "{legible(outline.title) or url}": {url or "no address"} is no http(s) address')
            continue
        if canonical_link(url) in known:
            continue
        known.add(canonical_link(url))
        feed = FeedSettings(url=url, name=_name(outline.title, url, names), tags=_tags(outline.tags))
        names.add(feed.name)
        added.append(feed)
        click.echo(f"{'would add' if dry_run else 'added'}     {feed.name}: {feed.url}")
    there = len(outlines) - len(added) - refused
    if added and not dry_run:
        _append(target, added)
    click.echo(
        f"{counted(len(added), 'feed')} {'to add' if dry_run else 'added'}, {there} there already, {refused} refused"
    )
    if added and not dry_run:
        click.echo(f"Read {target} through, then `feed-monitor check`, then reload the service.")


def _outlines(file: Path) -> list[listparser.common.SuperDict]:
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: cannot be read ({error.strerror})")
    found = listparser.parse(text)
    # listparser reads a broken file as an empty one.
    if not found.feeds:
        fail(f"{file}: no feed in it; an OPML file has <outline xmlUrl=...> elements")
    return list(found.feeds)


def _name(title: str, url: str, taken: set[str]) -> str:
    """The outline's title, told apart from names that are taken."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    name = legible(title)[:100] or host
    for candidate in (name, f"{name} ({host})", *(f"{name} ({host} {number})" for number in range(2, 10_000))):
        if candidate not in taken:
            return candidate
    raise AssertionError("ten thousand feeds of one name and host")


def _tags(said: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for each in said if (tag := legible(each)[:50])))


def _append(target: Path, feeds: list[FeedSettings]) -> None:
    """All of them or none: the file is written beside its place, read, and put there when it is good."""
    new = target.with_suffix(".new")
    new.write_text(
        target.read_text("utf-8").rstrip("\n") + "\n" + "".join(f"\n{as_toml(feed)}" for feed in feeds), "utf-8"
    )
    problems: list[str] = []
    read_feeds(new, problems)
    if problems:
        new.unlink()
        raise SettingsError(problems)
    new.chmod(target.stat().st_mode & 0o777)
    new.replace(target)


@export.command("opml")
@command
async def export_opml() -> None:
    """Write the feeds as OPML 2.0 to stdout; tags become categories. What is secret stays here."""
    root = _opml(load(config_file()))
    ElementTree.indent(root)
    click.echo('<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode"))


def _opml(config: Config) -> ElementTree.Element:
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "Feeds of feed-monitor"
    body = ElementTree.SubElement(root, "body")
    for feed in config.feeds:
        about = {"type": "rss", "text": feed.name, "title": feed.name, "xmlUrl": without_credentials(feed.url)}
        if feed.language:
            about["language"] = feed.language
        if feed.tags:
            about["category"] = ",".join(tag.replace(",", " ") for tag in feed.tags)
        ElementTree.SubElement(body, "outline", about)
    return root
