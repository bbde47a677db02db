"""The page where a person mutes what an alert told of, for themselves alone: mails are passed on, and the links with
them. To look at it changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from monitor.app import App
from monitor.core.text import legible, shortened
from monitor.core.tickets import Purpose
from monitor.models import Silence
from monitor.store import silences, stories
from monitor.web.answers import ONCE_MORE, form, hurried, page, unknown
from monitor.web.told import AlertPage, alert_page
from monitor.web.visitors import language_of
from monitor.words import Severity

SPANS = {"8h": timedelta(hours=8), "1d": timedelta(days=1), "7d": timedelta(days=7)}
_STORY, _RULE = "story", "rule:"
_SOURCE = "source"
_COMMENT_LIMIT = 200
_UNSAID = "muted from a mail"


class Outcome(StrEnum):
    """What came of the form; with the status it is answered with."""

    MUTED = "muted"
    ENDED = "ended"
    OVER_ALREADY = "over already"
    UNREADABLE = "unreadable"
    NOT_YOURS = "not yours"
    TOO_OLD = "too old"

    @property
    def status(self) -> int:
        return {Outcome.UNREADABLE: 400, Outcome.NOT_YOURS: 403, Outcome.TOO_OLD: 410}.get(self, 200)


@dataclass(frozen=True, slots=True)
class Muted:
    """A silence in force. `story` is a headline, "" also where that is missing; `may_end`: it is the reader's own, else
    it is for everybody. `comment` is "" if nobody wrote one."""

    number: int
    rule: str
    words: str
    source: str
    of_story: bool
    story: str
    critical: bool
    until: datetime
    author: str
    comment: str
    may_end: bool


@dataclass(frozen=True, slots=True)
class MutePage:
    """`critical` are the rules that are, or may become. `done` is the silence that was made or ended just now."""

    alert: AlertPage
    critical: tuple[str, ...]
    muted: tuple[Muted, ...]
    outcome: Outcome | None = None
    done: Muted | None = None


@dataclass(frozen=True)
class Muting:
    app: App

    async def show(self, request: Request) -> Response:
        return await self._answer(request)

    async def act(self, request: Request) -> Response:
        said = await form(request)
        if said is not None and hurried(self.app, request, said):
            return await self._answer(request, hurriedly=True)
        return await self._answer(request, said or {})

    async def _answer(
        self, request: Request, said: Mapping[str, str] | None = None, *, hurriedly: bool = False
    ) -> Response:
        numbers = self.app.tickets.read(Purpose.MUTE, request.path_params["ticket"])
        if numbers is None:
            return unknown(self.app, request)
        number, person = numbers
        now = self.app.poll.now()
        if said is None:
            shown = await self.app.db.read(self._shown, number, person, now)
        else:
            shown = await self.app.db.write(self._acted, number, person, said, now)
        if shown is None:
            return unknown(self.app, request)
        reader = shown.alert.reader
        idle = reader.left or (said is not None and not reader.acts)
        status = 403 if idle else shown.outcome.status if shown.outcome else 200
        if hurriedly and status == 200:
            status = Outcome.TOO_OLD.status if shown.alert.over else ONCE_MORE
        view = {"mute": shown, "alert": shown.alert, "now": now, "hurried": status == ONCE_MORE}
        language = language_of(self.app, request, shown.alert.reader.language)
        return page(self.app, request, "mute.html", status, view, language=language)

    def _shown(
        self,
        session: Session,
        number: int,
        person: int,
        now: datetime,
        outcome: Outcome | None = None,
        done: Silence | None = None,
    ) -> MutePage | None:
        alert = alert_page(session, number, person, now, self.app.acknowledge.routes.named)
        if alert is None:
            return None
        muted = [
            self._muted(session, each, alert)
            for each in silences.concerning(session, now, person)
            # Those of the operator name rules and say why, which is not for whoever joined by a page.
            if alert.reader.powers.every_rule or each.subscriber_id == person
        ]
        known = self._muted(session, done, alert) if done else None
        critical = tuple(rule for rule in alert.rules if self._is_critical(rule, alert))
        return MutePage(alert, critical, tuple(muted), outcome, known)

    def _acted(
        self, session: Session, number: int, person: int, said: Mapping[str, str], now: datetime
    ) -> MutePage | None:
        shown = self._shown(session, number, person, now)
        if shown is None or not shown.alert.reader.acts:
            return shown
        outcome, done = _end(session, shown, said["end"], now) if "end" in said else _mute(session, shown, said, now)
        return self._shown(session, number, person, now, outcome, done)

    def _muted(self, session: Session, silence: Silence, alert: AlertPage) -> Muted:
        story = stories.find(session, silence.story_id) if silence.story_id is not None else None
        of_this = silence.story_id == alert.story and alert.severity is Severity.CRITICAL
        return Muted(
            silence.id,
            silence.rule,
            silence.words,
            silence.source,
            silence.story_id is not None,
            story.title if story else "",
            self._is_critical(silence.rule, alert) or (of_this and not silence.rule),
            silence.ends_at,
            silence.author,
            "" if silence.comment == _UNSAID else silence.comment,
            silence.subscriber_id == alert.reader.id,
        )

    def _is_critical(self, name: str, alert: AlertPage) -> bool:
        rule = self.app.rules.by_name.get(name)
        severities = [rule.severity, rule.raises.to if rule.raises else rule.severity] if rule else []
        return Severity.CRITICAL in (*severities, alert.rules.get(name))


def _end(session: Session, shown: MutePage, wanted: str, now: datetime) -> tuple[Outcome, Silence | None]:
    chosen = next((each for each in shown.muted if str(each.number) == wanted), None)
    if chosen is None:
        return Outcome.OVER_ALREADY, None
    if not chosen.may_end:
        return Outcome.NOT_YOURS, None
    silences.expire(session, chosen.number, now, shown.alert.reader.id)
    return Outcome.ENDED, session.get(Silence, chosen.number)


def _mute(session: Session, shown: MutePage, said: Mapping[str, str], now: datetime) -> tuple[Outcome, Silence | None]:
    alert, what = shown.alert, said.get("what", "")
    rule = what.removeprefix(_RULE) if what.startswith(_RULE) else ""
    lasts = SPANS.get(said.get("span", ""))
    source = alert.source if what == _SOURCE else ""
    if lasts is None or not (what == _STORY or source or rule in alert.rules):
        return Outcome.UNREADABLE, None
    if alert.over:
        return Outcome.TOO_OLD, None
    silence = Silence(
        rule=rule,
        source=source,
        story_id=alert.story if what == _STORY else None,
        subscriber_id=alert.reader.id,
        starts_at=now,
        ends_at=now + lasts,
        author=alert.reader.address,
        comment=shortened(legible(said.get("comment", "")), _COMMENT_LIMIT) or _UNSAID,
    )
    return Outcome.MUTED, silences.renew(session, silence)
