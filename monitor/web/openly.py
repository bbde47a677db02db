"""What of all that is known may be shown to anybody: reports of feeds that anybody may ask, rules by their topics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from monitor.app import App
from monitor.core.briefing import BlindSpot, BriefedStory, Contents, HeldBack
from monitor.core.formats.parts import web_link
from monitor.core.links import without_credentials
from monitor.store import reading
from monitor.words import Disposition


@dataclass(frozen=True, slots=True)
class Open:
    """The feeds that need no secret and no door of ours, by URL and by name, who stands behind them, and the topics of
    rules by rule."""

    urls: frozenset[str]
    names: frozenset[str]
    publishers: frozenset[str]
    topics: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """`hidden` counts the stories that nobody outside may read."""

    contents: Contents
    hidden: int


def open_of(app: App) -> Open:
    secret = app.config.headers
    feeds = [
        feed
        for feed in app.config.feeds
        if not feed.allow_private and not secret.get(feed.url) and without_credentials(feed.url) == feed.url
    ]
    return Open(
        frozenset(feed.url for feed in feeds),
        frozenset(feed.name for feed in feeds),
        frozenset(feed.publisher for feed in feeds),
        {rule.name: rule.topic for rule in app.rules.rules if rule.topic},
    )


def shown(session: Session, editions: Iterable[Contents], of: Open) -> list[Shown]:
    """What of each edition may be shown."""
    all_of_them = list(editions)
    told = [story for contents in all_of_them for story in (*contents.matched, *contents.others)]
    held = [report for contents in all_of_them for report in contents.held_back]
    said = {story.link for story in told} | {report.link for report in held}
    links = reading.open_links(session, said - {""}, of.urls)
    linkless = {story.number for story in told if story.number and not story.link}
    titles = reading.open_titles(session, linkless, of.urls)

    def may_be_read(story: BriefedStory) -> bool:
        return story.link in links if story.link else (story.number, story.title) in titles

    return [
        _shown(
            contents,
            of,
            [each for each in contents.matched if may_be_read(each)],
            [each for each in contents.others if may_be_read(each)],
            links,
        )
        for contents in all_of_them
    ]


def _shown(
    contents: Contents, of: Open, matched: list[BriefedStory], others: list[BriefedStory], links: set[str]
) -> Shown:
    kept = replace(
        contents,
        matched=tuple(_story(story, of) for story in matched),
        others=tuple(_story(story, of) for story in others),
        held_back=tuple(_held(report) for report in contents.held_back if report.link in links),
        blind_spots=tuple(_spot(spot) for spot in contents.blind_spots if spot.feed in of.names),
    )
    stories = len(contents.matched) + len(contents.others)
    return Shown(kept, stories - len(matched) - len(others))


def _story(story: BriefedStory, of: Open) -> BriefedStory:
    publishers = tuple(name for name in story.publishers if name in of.publishers)
    return replace(story, link=web_link(story.link), publishers=publishers)


def _held(report: HeldBack) -> HeldBack:
    """Without the operator's own words, and whose silence it was."""
    general = next((each for each in Disposition if each.value == report.reason), None)
    if general is None:
        general = Disposition.HELD if report.reason.startswith("held back") else Disposition.SILENCED
    return replace(report, link=web_link(report.link), reason=general.value)


def _spot(spot: BlindSpot) -> BlindSpot:
    """Only the kind of its trouble: what was said of it may name addresses of a network of ours."""
    return replace(spot, reason=spot.reason.partition(":")[0])
