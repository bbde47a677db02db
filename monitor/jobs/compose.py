"""What a debt becomes: rows to views to the bytes of a mail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from monitor.core import notice
from monitor.core.briefing import Contents
from monitor.core.text import shortened
from monitor.core.values import Evidence
from monitor.jobs import report
from monitor.jobs.brief import stored_contents
from monitor.jobs.triage import headline
from monitor.models import Alert, Briefing, Delivery, DeliveryKind, Entry, Feed, Match, Notice, Subscriber
from monitor.render.mail import Letter, compose, message_id
from monitor.render.templates import Templates
from monitor.render.views import AlertView, Piece, Quote, Voice, marked, passage, passages
from monitor.store import alerts, entries, job_runs, outbox, revisions, stories
from monitor.store.db import Database

_NEAR = 400
_QUOTES_PER_RULE = 2
_TITLE_IN_SUBJECT = 100
_PATTERN_IN_MAIL = 90


@dataclass(frozen=True)
class Compose:
    """`zone` is the operator's, for notices."""

    db: Database
    templates: Templates
    sender: str
    contact: str
    zone: str = "UTC"

    async def mail(self, delivery: Delivery) -> bytes:
        """The mail that settles this debt; the same bytes for the same rows."""
        letter = await self.db.read(self._letter, delivery)
        return compose(
            letter,
            key=delivery.key,
            sender=self.sender,
            recipient=delivery.recipient,
            # The operator neither answers nor leaves by a mail to the operator.
            contact="" if delivery.kind == DeliveryKind.NOTICE else self.contact,
            owed_at=delivery.owed_at,
        )

    def message_id(self, delivery: Delivery) -> str:
        return message_id(delivery.key, delivery.owed_at, self.sender)

    def briefing(
        self, contents: Contents, person: Subscriber, day: date, subject: str, notices: Sequence[str] = ()
    ) -> Letter:
        about = {"contents": contents, "zone": person.zone, "day": day, "subject": subject}
        view = {**about, **self._reader(person, notices)}
        return Letter(
            subject,
            self.templates.text("email/briefing.txt", **view),
            self.templates.html("email/briefing.html", **view),
            "briefing",
        )

    def alert(
        self, view: AlertView, subject: str, person: Subscriber, in_reply_to: str = "", notices: Sequence[str] = ()
    ) -> Letter:
        given = {"alert": view, "zone": person.zone, "subject": subject, **self._reader(person, notices)}
        return Letter(
            subject,
            self.templates.text("email/alert.txt", **given),
            self.templates.html("email/alert.html", **given),
            "alerts",
            in_reply_to,
        )

    def notice(self, contents: notice.Contents, subject: str, recipient: str) -> Letter:
        view = {
            "contents": contents,
            "zone": self.zone,
            "subject": subject,
            "recipient": recipient,
            "consent": "",
            "contact": self.contact,
        }
        return Letter(
            subject,
            self.templates.text("email/notice.txt", **view),
            self.templates.html("email/notice.html", **view),
            "notices",
        )

    def _reader(self, person: Subscriber, notices: Sequence[str]) -> dict[str, object]:
        return {
            "recipient": person.address,
            "consent": person.consent,
            "contact": self.contact,
            "notices": list(notices),
        }

    def _notices(self, session: Session, person: Subscriber) -> list[str]:
        """What the operator must hear with the next mail: the watch does not run as its files say."""
        if not self.contact or person.address != self.contact:
            return []
        return [run.trouble for run in job_runs.everything(session) if run.job in ("reload", "rules") and run.trouble]

    def _letter(self, session: Session, delivery: Delivery) -> Letter:
        if delivery.kind == DeliveryKind.NOTICE:
            told = session.get_one(Notice, delivery.notice_id)
            return self.notice(report.stored_contents(told.contents), told.subject, delivery.recipient)
        person = session.get_one(Subscriber, delivery.subscriber_id)
        notices = self._notices(session, person)
        if delivery.kind == DeliveryKind.BRIEFING:
            briefing = session.get_one(Briefing, delivery.briefing_id)
            contents = stored_contents(briefing.contents)
            return self.briefing(contents, person, briefing.local_date, briefing.subject, notices)
        alert = session.get_one(Alert, delivery.alert_id)
        revision = delivery.alert_revision or 1
        view = alert_view(session, alert, revision)
        begun = outbox.first_told(session, alert.id, person.id)
        if begun is None or begun.id == delivery.id:
            return self.alert(view, alert_subject(view), person, notices=notices)
        first = alert_view(session, alert, begun.alert_revision or 1)
        return self.alert(view, f"Re: {alert_subject(first)}", person, self.message_id(begun), notices)


def alert_subject(view: AlertView) -> str:
    more = f" +{len(view.rules) - 1}" if len(view.rules) > 1 else ""
    return f"[{view.rules[0]}{more}] {shortened(view.headline, _TITLE_IN_SUBJECT)}"


def alert_view(session: Session, alert: Alert, revision: int) -> AlertView:
    told = alerts.of_revision(session, alert.id, revision)
    entry = told[0][1]
    heading = entry.title or shortened(entry.summary, 120) or entry.link
    texts = dict(headline(entry, told[0][2]).fields())
    evidence = [each for match, _, _ in told for each in _standing(match, texts)]
    in_title = [each for each in evidence if each.field == "title"] if entry.title else []
    matches = sorted((match for match, _, _ in told), key=lambda match: -match.severity.rank)
    return AlertView(
        severity=max((match.severity for match in matches), key=lambda each: each.rank),
        rules=tuple(match.rule for match in matches),
        title=marked(heading, in_title),
        headline=heading,
        link=entry.link,
        language=entry.language,
        quotes=tuple(quote for match in matches for quote in _quotes(match, texts)),
        passages=tuple(
            each
            for field in ("summary", "content")
            for each in passages(
                texts[field],
                [group for match in matches for group in _firings(_standing(match, texts)) if group[0].field == field],
            )
        ),
        voices=tuple(
            _voice(each, feed) for each, feed in entries.of_story(session, stories.current(session, alert.story_id))
        ),
        revision=revision,
        told_at=told[0][0].decided_at,
        publisher=told[0][2].publisher,
        notes=tuple(f"{match.rule}: {match.note}" for match in matches if match.note),
        was=tuple(revisions.earlier_titles(session, entry, told[0][0].decided_at)),
    )


def _quotes(match: Match, texts: Mapping[str, str]) -> list[Quote]:
    standing = _firings(_standing(match, texts))
    # Of words that an edit took out again nothing is left to quote but themselves.
    return [
        Quote(
            match.rule,
            match.severity,
            shortened(group[0].pattern, _PATTERN_IN_MAIL),
            group[0].field,
            passage(texts[group[0].field], group) if standing else tuple(Piece(each.text, True) for each in group),
        )
        for group in standing or _firings(alerts.evidence_of(match.evidence))
    ]


def _standing(match: Match, texts: Mapping[str, str]) -> list[Evidence]:
    """The evidence that still stands where it was found; the entry may have been edited since."""
    found = alerts.evidence_of(match.evidence)
    return [each for each in found if texts.get(each.field, "")[each.start : each.end] == each.text]


def _firings(evidence: Iterable[Evidence]) -> list[tuple[Evidence, ...]]:
    """For each pattern that fired, the words that made it fire first."""
    firings: dict[tuple[str, str], list[Evidence]] = {}
    for each in evidence:
        group = firings.setdefault((each.field, each.pattern), [])
        if not group or each.end - group[0].start <= _NEAR:
            group.append(each)
    return [tuple(group) for group in firings.values()][:_QUOTES_PER_RULE]


def _voice(entry: Entry, feed: Feed) -> Voice:
    return Voice(feed.publisher, entry.title, entry.link, entry.published_at, entry.arrived_at)
