"""What a debt becomes: rows to views to the bytes of a mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from enum import StrEnum

from sqlmodel import Session

from monitor.core import notice
from monitor.core.briefing import Contents
from monitor.core.formats.cap import cap
from monitor.core.formats.chat import message_of, rollup_text, title_and_text
from monitor.core.formats.hook import rollup_body
from monitor.core.text import shortened
from monitor.core.tickets import Purpose, Tickets
from monitor.jobs import report
from monitor.jobs.brief import stored_contents
from monitor.jobs.following import told_before
from monitor.jobs.picture import facts_of
from monitor.jobs.viewing import alert_view, rollup_view
from monitor.models import Alert, Briefing, Delivery, DeliveryKind, Hearing, Notice, Subscriber, Telling
from monitor.render.mail import Attachment, Letter, compose, message_id
from monitor.render.templates import Templates
from monitor.render.views import AlertView, Links, RollupView
from monitor.render.wording import rollup_subject, room
from monitor.store import job_runs, outbox, tellings
from monitor.store.db import Database

_TITLE_IN_SUBJECT = 100


class Form(StrEnum):
    """What a channel is sent."""

    CHAT = "chat"
    JSON = "json"
    CAP = "cap"


@dataclass(frozen=True)
class Compose:
    """`zone` is the operator's, for notices. `forms` are those of the channels, by name; `name` is what this
    installation is called in what programs read."""

    db: Database
    templates: Templates
    sender: str
    contact: str
    zone: str = "UTC"
    tickets: Tickets = field(default_factory=Tickets)
    forms: Mapping[str, Form] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"feed-monitor@{self.sender.rpartition('@')[2]}"

    async def message(self, delivery: Delivery) -> bytes:
        """The message that settles this debt; the same bytes for the same rows."""
        if delivery.channel:
            return await self.db.read(self._to_channel, delivery)
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
        self,
        view: AlertView,
        subject: str,
        person: Subscriber,
        thread: tuple[str, ...] = (),
        notices: Sequence[str] = (),
    ) -> Letter:
        """`thread` are the ids of the reader's earlier mails of this story."""
        given = {"alert": view, "zone": person.zone, "subject": subject, **self._reader(person, notices)}
        return Letter(
            subject,
            self.templates.text("email/alert.txt", **given),
            self.templates.html("email/alert.html", **given),
            "alerts",
            thread[0] if thread else "",
            thread,
        )

    def rollup(self, view: RollupView, person: Subscriber, notices: Sequence[str] = ()) -> Letter:
        shown = replace(view, alerts=view.alerts[: room(view.alerts)])
        shown = replace(shown, more=len(view.alerts) - len(shown.alerts))
        subject = rollup_subject(shown)
        given = {"rollup": shown, "zone": person.zone, "subject": subject, **self._reader(person, notices)}
        listed = self.templates.text("email/rollup_list.txt", **given | {"rollup": view}) if shown.more else ""
        return Letter(
            subject,
            self.templates.text("email/rollup.txt", **given),
            self.templates.html("email/rollup.html", **given),
            "alerts",
            attachment=Attachment("alerts.txt", listed) if listed else None,
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
        covered = tellings.told_by(session, delivery.id)
        if delivery.kind == DeliveryKind.ROLLUP:

            def link(purpose: Purpose, number: int) -> str:
                return self.tickets.link(purpose, number, person.id)

            return self.rollup(rollup_view(session, covered, delivery.owed_at, link), person, notices)
        alert = session.get_one(Alert, delivery.alert_id)
        view = alert_view(session, alert, covered, self._links(alert, person))
        thread = outbox.thread_of(session, alert.id, person.id)
        before = [each for each in thread if each.id < delivery.id]
        if not before:
            return self.alert(view, alert_subject(view), person, notices=notices)
        earlier = tuple(self.message_id(each) for each in before)
        return self.alert(view, f"Re: {self._subject_of(session, alert, before[0])}", person, earlier, notices)

    def _subject_of(self, session: Session, alert: Alert, first: Delivery) -> str:
        """As it stood above the first mail of a thread, whatever became of the headline since."""
        if first.message is not None:
            return str(message_from_bytes(first.message, policy=SMTP)["Subject"])
        return alert_subject(alert_view(session, alert, tellings.told_by(session, first.id), Links()))

    def _failing(self, session: Session, delivery_id: int) -> str:
        failing = session.get_one(Delivery, delivery_id)
        return f"{failing.channel or f'mail to {failing.recipient}'} has failed for too long"

    def _links(self, alert: Alert, person: Subscriber) -> Links:
        open_still = alert.acknowledged_at is None
        return Links(
            self.tickets.link(Purpose.ACKNOWLEDGE, alert.id, person.id) if open_still else "",
            self.tickets.link(Purpose.MUTE, alert.id, person.id),
        )

    def _to_channel(self, session: Session, delivery: Delivery) -> bytes:
        """What a channel is told, in its own form."""
        owed = delivery.instead_of or delivery.id
        told: dict[int, list[tuple[Telling, Hearing]]] = {}
        for each in tellings.told_by(session, owed):
            told.setdefault(each[0].alert_id, []).append(each)
        facts = [
            facts_of(session, session.get_one(Alert, number), covered, self.name) for number, covered in told.items()
        ]
        reasons = [self._failing(session, delivery.instead_of)] if delivery.instead_of else []
        form = self.forms[delivery.channel]
        if form is Form.CAP and len(facts) == 1:
            heard = tellings.heard_revisions(session, facts[0].number, f"channel:{delivery.channel}")
            told_until = told_before(session, facts[0].number)
            earlier = [each for each in told_until if each.revision < facts[0].revision and each.revision in heard]
            return cap(facts[0], self.contact or self.sender, earlier=earlier)
        if form is Form.CHAT:
            return message_of(*(title_and_text(facts[0]) if len(facts) == 1 else rollup_text(facts, reasons)))
        return rollup_body(facts, reasons)


def alert_subject(view: AlertView) -> str:
    more = f" +{len(view.rules) - 1}" if len(view.rules) > 1 else ""
    return f"[{view.rules[0]}{more}] {shortened(view.headline, _TITLE_IN_SUBJECT)}"
