"""The archive: public briefings, and who told a story. Nothing here is of one reader, so that anybody may keep it."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.app import App
from monitor.core.briefing import Contents, subject
from monitor.core.formats.issues import Issue, atom_of_issues
from monitor.core.formats.parts import web_link
from monitor.core.formats.syndication import Follow
from monitor.jobs.brief import stored_contents
from monitor.models import Edition, Entry, Feed
from monitor.render.account import quiet_subject
from monitor.store import editions, reading, stories
from monitor.web.answers import page
from monitor.web.openly import Open, open_of, shown
from monitor.web.visitors import language_of

_A_PAGE = 30
_REPORTS = 100
_STEPS = (2, 3, 5, 10, 20, 50)
_KEPT = "public, max-age=300"
_NUMBER = re.compile(r"[0-9]{1,9}")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    number: int
    day: date
    zone: str
    language: str
    subject: str
    stories: int
    written_at: datetime
    headlines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Read:
    """An edition as its page shows it: without the `hidden` stories, and with those of the `blind` spots that may be
    named."""

    number: int
    day: date
    zone: str
    language: str
    subject: str
    contents: Contents
    hidden: int
    blind: int


@dataclass(frozen=True, slots=True)
class Report:
    publisher: str
    title: str
    link: str
    language: str
    at: datetime
    more: int


@dataclass(frozen=True, slots=True)
class StoryPage:
    """`growth`: how many publishers had told it by when."""

    number: int
    headline: str
    link: str
    language: str
    first_seen_at: datetime
    last_seen_at: datetime
    reports: tuple[Report, ...]
    publishers: int
    topics: tuple[str, ...]
    growth: tuple[tuple[int, datetime], ...]


@dataclass(frozen=True)
class Archive:
    app: App

    async def editions(self, request: Request) -> Response:
        self._only_if_open()
        said = request.query_params.get("before", "")
        before = int(said) if _NUMBER.fullmatch(said) else None
        found = await self.app.db.read(self._listed, _A_PAGE + 1, before)
        listed, older = found[:_A_PAGE], len(found) > _A_PAGE
        oldest = listed[-1].number if older else None
        view: dict[str, object] = {"editions": listed, "before": before, "older": oldest}
        return self._page(request, "archive.html", view, language_of(self.app, request))

    async def edition(self, request: Request) -> Response:
        number = self._number(request)
        read = await self.app.db.read(self._read, number)
        if read is None:
            raise HTTPException(404)
        # It is written in its language, whoever reads it.
        return self._page(request, "briefing.html", {"edition": read, "switch": {}}, read.language)

    async def atom(self, request: Request) -> Response:
        self._only_if_open()
        base = self.app.tickets.base
        listed = await self.app.db.read(self._listed, _A_PAGE, None)
        issues = [
            Issue(f"{base}/archive/{each.number}", each.subject, each.language, each.written_at, each.headlines)
            for each in listed
        ]
        updated = max((each.written_at for each in listed), default=_NEVER)
        name = self.app.compose.name
        feed = Follow(f"Briefings of {name}", f"{base}/archive.atom", f"{base}/archive", updated)
        return _kept(request, Response(atom_of_issues(feed, issues), media_type="application/atom+xml"))

    async def story(self, request: Request) -> Response:
        number = self._number(request)
        found = await self.app.db.read(self._told, number)
        if found is None:
            raise HTTPException(404)
        if found.number != number:
            return RedirectResponse(str(found.number), 307)
        view: dict[str, object] = {"story": found, "zone": self.app.config.settings.briefing.zone}
        return self._page(request, "story.html", view, language_of(self.app, request))

    def _only_if_open(self) -> None:
        if not self.app.config.settings.web.archive:
            raise HTTPException(404)

    def _number(self, request: Request) -> int:
        self._only_if_open()
        said = request.path_params["number"]
        if not _NUMBER.fullmatch(said):
            raise HTTPException(404)
        return int(said)

    def _listed(self, session: Session, limit: int, before: int | None) -> list[Listed]:
        rows = editions.public(session, limit, before)
        contents = shown(session, [stored_contents(row.contents) for row in rows], open_of(self.app))
        return [self._in_list(row, each.contents) for row, each in zip(rows, contents, strict=True)]

    def _in_list(self, row: Edition, contents: Contents) -> Listed:
        told = (*contents.matched, *contents.others)
        headlines = tuple((story.title, story.link) for story in told)
        return Listed(
            row.id, row.local_date, row.zone, row.language, self._subject(row, contents), len(told), row.written_at,
            headlines,
        )  # fmt: skip

    def _subject(self, row: Edition, contents: Contents) -> str:
        """Anew: the one that was mailed may name what only subscribers read."""
        if not contents.matched and not contents.others:
            return quiet_subject(self.app.templates, row.language, contents.feeds)
        return subject(contents)

    def _read(self, session: Session, number: int) -> Read | None:
        row = editions.public_one(session, number)
        if row is None:
            return None
        written = stored_contents(row.contents)
        (of_it,) = shown(session, [written], open_of(self.app))
        said, blind = self._subject(row, of_it.contents), len(written.blind_spots)
        return Read(row.id, row.local_date, row.zone, row.language, said, of_it.contents, of_it.hidden, blind)

    def _told(self, session: Session, number: int) -> StoryPage | None:
        story = stories.find(session, number)
        if story is None:
            return None
        openly = open_of(self.app)
        reports = reading.open_reports(session, story.id, openly.urls)
        return _story_page(session, story.id, reports, openly) if reports else None

    def _page(self, request: Request, name: str, view: dict[str, object], language: str) -> Response:
        headers = {"vary": "accept-language", "content-language": language}
        return _kept(request, page(self.app, request, name, 200, view, language=language, headers=headers))


def _story_page(session: Session, number: int, told: list[tuple[Entry, Feed]], openly: Open) -> StoryPage:
    first = told[0][0]
    by_publisher: dict[str, Report] = {}
    for entry, feed in told:
        known = by_publisher.get(feed.publisher)
        by_publisher[feed.publisher] = (
            replace(known, more=known.more + 1)
            if known
            else Report(feed.publisher, entry.title, web_link(entry.link), entry.language, entry.arrived_at, 0)
        )
    reports = tuple(by_publisher.values())
    rules = reading.rules_of(session, [entry.id for entry, _ in told])
    return StoryPage(
        number=number,
        headline=first.title or web_link(first.link),
        link=web_link(first.link),
        language=first.language,
        first_seen_at=first.arrived_at,
        last_seen_at=max(entry.arrived_at for entry, _ in told),
        reports=reports[:_REPORTS],
        publishers=len(reports),
        topics=tuple(dict.fromkeys(topic for rule, topic in openly.topics.items() if rule in rules)),
        growth=tuple((step, reports[step - 1].at) for step in _STEPS if step <= len(reports)),
    )


def _kept(request: Request, answer: Response) -> Response:
    """The answer, or that it is still what the reader has."""
    mark = f'"{sha256(answer.body).hexdigest()[:32]}"'
    answer.headers["etag"], answer.headers["cache-control"] = mark, _KEPT
    known = request.headers.get("if-none-match", "")
    if mark not in (each.strip().removeprefix("W/") for each in known.split(",")):
        return answer
    kept = {name: answer.headers[name] for name in ("etag", "cache-control", "vary") if name in answer.headers}
    return Response(status_code=304, headers=kept)
