"""The operator's page of what is muted: to mute for everybody, and to end what is muted for anybody."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.rules import read_patterns
from monitor.core.text import legible
from monitor.models import Silence, Story, Subscriber
from monitor.render.wording import clock
from monitor.store import silences
from monitor.web.answers import ONCE_MORE, form, hurried
from monitor.web.operating import operators_page
from monitor.web.operator_door import name_of
from monitor.words import Severity

SPANS = {
    "2h": ("2 hours", timedelta(hours=2)),
    "8h": ("8 hours", timedelta(hours=8)),
    "1d": ("1 day", timedelta(days=1)),
    "7d": ("7 days", timedelta(days=7)),
    "30d": ("30 days", timedelta(days=30)),
}
_ENDED_SINCE = timedelta(days=30)
_ENDED_AT_MOST = 100
_COMMENT_LIMIT = 200
_NUMBER = re.compile(r"[0-9]{1,9}")
_GONE, _AMISS = 409, 422
_NOTHING = "Nothing was changed: "
_AT_ONCE = " Nobody is told at once of what it covers, critical or not."


@dataclass(frozen=True, slots=True)
class Muted:
    silence: Silence
    story: str
    person: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was written into the form; `mistakes` by the field, in words."""

    rule: str = ""
    words: str = ""
    source: str = ""
    span: str = "2h"
    comment: str = ""
    mistakes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OperatingSilences:
    app: App

    async def show(self, request: Request) -> Response:
        return await self._page(request)

    async def act(self, request: Request) -> Response:
        said = await form(request)
        if said is None or hurried(self.app, request, said):
            return await self._page(request, status=ONCE_MORE, wanted=_wanted(said or {}))
        if "end" in said:
            return await self._end(request, said["end"])
        wanted = _wanted(said)
        wanted = replace(wanted, mistakes=self._mistakes(wanted))
        if wanted.mistakes:
            return await self._page(request, status=_AMISS, wanted=wanted)
        return await self._mute(request, wanted)

    async def _end(self, request: Request, number: str) -> Response:
        ended = False
        if _NUMBER.fullmatch(number):
            ended = await self.app.db.write(silences.expire, int(number), self.app.poll.now())
        told = "It is no longer muted." if ended else f"{_NOTHING}that silence had ended already."
        return await self._page(request, told, 200 if ended else _GONE)

    async def _mute(self, request: Request, wanted: Wanted) -> Response:
        now, zone = self.app.poll.now(), self.app.config.settings.briefing.zone
        silence = Silence(
            rule=wanted.rule,
            words=wanted.words,
            source=wanted.source,
            starts_at=now,
            ends_at=now + SPANS[wanted.span][1],
            author=name_of(request),
            comment=wanted.comment,
        )
        await self.app.db.write(_renewed, silence)
        rule = self.app.rules.by_name.get(wanted.rule)
        grave = rule is None or rule.severity is Severity.CRITICAL
        told = f"Muted for everybody until {clock(now + SPANS[wanted.span][1], zone, now)}.{_AT_ONCE if grave else ''}"
        return await self._page(request, told)

    def _mistakes(self, wanted: Wanted) -> dict[str, str]:
        """Those that the command refuses, too."""
        found: dict[str, str] = {}
        if not (wanted.rule or wanted.words or wanted.source):
            found["rule"] = "This would mute everything. Name a rule, words or a source."
        if wanted.rule and wanted.rule not in self.app.rules.by_name:
            found["rule"] = "There is no such rule any more."
        _, wrong = read_patterns(wanted.words)
        if wrong:
            found["words"] = f"Column {wrong[0].column}: {wrong[0]}."
        if wanted.source and wanted.source.casefold() not in self.app.config.sources:
            found["source"] = "No feed, publisher or tag is called that."
        if wanted.span not in SPANS:
            found["span"] = "Choose for how long."
        if not wanted.comment:
            found["comment"] = "Write why, for whoever misses the alert."
        return found

    async def _page(
        self, request: Request, told: str = "", status: int = 200, wanted: Wanted | None = None
    ) -> Response:
        active, ended = await self.app.db.read(self._silences, self.app.poll.now())
        view = {
            "active": active,
            "ended": ended[:_ENDED_AT_MOST],
            "number": len(ended),
            "days": _ENDED_SINCE.days,
            "wanted": wanted or Wanted(),
            "rules": [rule.name for rule in self.app.rules.rules],
            "spans": {span: said for span, (said, _) in SPANS.items()},
        }
        return operators_page(
            self.app, request, "silences.html", view, told=told, status=status, hurried=status == ONCE_MORE
        )  # fmt: skip

    def _silences(self, session: Session, now: datetime) -> tuple[list[Muted], list[Muted]]:
        both = silences.active(session, now), silences.ended_since(session, now - _ENDED_SINCE, now)
        active, ended = ([_muted(session, each) for each in some] for some in both)
        return active, ended


def _wanted(said: Mapping[str, str]) -> Wanted:
    rule, words, source, comment = (legible(said.get(name, "")) for name in ("rule", "words", "source", "comment"))
    return Wanted(rule, words, source, said.get("span", ""), comment[:_COMMENT_LIMIT])


def _renewed(session: Session, silence: Silence) -> None:
    silences.renew(session, silence)


def _muted(session: Session, silence: Silence) -> Muted:
    story = session.get(Story, silence.story_id) if silence.story_id is not None else None
    person = session.get(Subscriber, silence.subscriber_id) if silence.subscriber_id is not None else None
    return Muted(silence, story.title if story else "", person.address if person else "")
