"""What a debt becomes: rows to views to the text of a mail."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from email import message_from_bytes
from email.policy import SMTP
from zoneinfo import ZoneInfo

from sqlmodel import Session

from monitor.core import notice
from monitor.core.briefing import Contents
from monitor.core.text import shortened
from monitor.core.tickets import Leaving, Purpose, Tickets
from monitor.core.topics import Powers, powers_of
from monitor.jobs import report
from monitor.jobs.accounts import Accounts, leaves
from monitor.jobs.brief import stored_contents
from monitor.jobs.house import ANY_READER, House, Reader
from monitor.jobs.viewing import alert_view, rollup_view
from monitor.models import AccountMail, Alert, Delivery, DeliveryKind, Edition, Notice, Subscriber
from monitor.render.account import consent, quiet_subject
from monitor.render.fitting import fitted
from monitor.render.mail import Attachment, Envelope, Letter, message_id
from monitor.render.templates import Templates
from monitor.render.views import AlertView, Links, RollupView
from monitor.render.wording import rollup_subject, room
from monitor.store import job_runs, outbox, tellings
from monitor.store.outbox import Due

_TITLE_IN_SUBJECT = 100
# How the consent of those begins who gave it themselves.
CONFIRMED = "confirmed by mail"
_CONSENTS = 10_000


@dataclass(frozen=True)
class Compose:
    """`named` are all whom a rule names."""

    templates: Templates
    house: House
    tickets: Tickets = field(default_factory=Tickets)
    named: Collection[str] = ()
    _consents: dict[tuple[str, str, date], str] = field(default_factory=dict, init=False, repr=False)

    @property
    def _accounts(self) -> Accounts:
        return Accounts(self.templates, self.tickets, self.house)

    @property
    def name(self) -> str:
        """What this installation is called in what programs read."""
        return f"feed-monitor@{self.house.sender.rpartition('@')[2]}"

    def sender_of(self, delivery: Delivery) -> str:
        account = delivery.kind == DeliveryKind.ACCOUNT and self.house.account_sender
        return account or self.house.sender

    def message_id(self, delivery: Delivery) -> str:
        return message_id(delivery.key, delivery.owed_at, self.sender_of(delivery))

    def reader(self, person: Subscriber, leaving: Leaving) -> Reader:
        made = int(person.created_at.timestamp())
        said = person.consent
        if person.confirmed_at is not None and (not said or said.startswith(CONFIRMED)):
            said = self._consent(self._language(person), person.zone, person.confirmed_at)
        return Reader(
            person.address,
            said,
            self.tickets.link(Purpose.LEAVE, person.id, made, leaving),
            self.tickets.link(Purpose.PREFERENCES, person.id, made),
        )

    def _consent(self, language: str, zone: str, confirmed_at: datetime) -> str:
        """Many joined on one day; rendered for each, it would take as long as all the rest of a mail."""
        key = (language, zone, confirmed_at.astimezone(ZoneInfo(zone)).date())
        if key not in self._consents:
            if len(self._consents) >= _CONSENTS:
                self._consents.clear()
            self._consents[key] = consent(self.templates, language, zone, confirmed_at)
        return self._consents[key]

    def envelope(self, delivery: Delivery, reader: Reader, token: str) -> Envelope:
        """`token` is what the envelope's sender will carry."""
        house = self.house
        local, _, domain = house.bounces.rpartition("@")
        # By mail one can leave without any page.
        of_a_list = delivery.subscriber_id is not None and delivery.kind != DeliveryKind.ACCOUNT
        by_mail = house.bounces and (of_a_list or reader.leave)
        return Envelope(
            delivery.key,
            self.sender_of(delivery),
            delivery.recipient,
            delivery.owed_at,
            # The operator neither answers nor leaves by a mail to the operator.
            contact=house.contact if delivery.subscriber_id is not None else "",
            leave=reader.leave,
            leave_by_mail=f"{local}+leave-{token}@{domain}" if by_mail else "",
            home=self.tickets.base,
            name=house.name,
            archive=f"{self.tickets.base}/archive" if house.archive and self.tickets.base else "",
        )

    def edition(self, edition: Edition, reader: Reader = ANY_READER, notices: Sequence[str] = ()) -> Letter:
        contents = stored_contents(edition.contents)
        language = edition.language or self.house.language
        subject = edition.subject
        if not contents.matched and not contents.others:
            subject = quiet_subject(self.templates, language, contents.feeds)
        letter = self.briefing(contents, reader, edition.local_date, subject, edition.zone, language, notices)
        return replace(letter, issue=f"e{edition.id}")

    def briefing(
        self,
        contents: Contents,
        reader: Reader,
        day: date,
        subject: str,
        zone: str,
        language: str = "en",
        notices: Sequence[str] = (),
    ) -> Letter:
        about = {"zone": zone, "day": day, "subject": subject, **self._foot(reader, notices)}
        return Letter(
            subject,
            self.templates.text("email/briefing.txt", language, contents=contents, **about),
            self.templates.html("email/briefing.html", language, contents=fitted(contents), **about),
            "briefing",
            language=language,
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
        foot = self._foot(self.reader(person, Leaving.ALERTS), notices)
        given = {"alert": view, "zone": person.zone, "subject": subject, **foot}
        letter = self._letter("alert", subject, self._language(person), given, "alerts")
        return replace(
            letter, in_reply_to=thread[-1] if thread else "", references=thread, issue=f"a{view.number}.{view.revision}"
        )

    def rollup(self, view: RollupView, person: Subscriber, notices: Sequence[str] = ()) -> Letter:
        shown = replace(view, alerts=view.alerts[: room(view.alerts)])
        shown = replace(shown, more=len(view.alerts) - len(shown.alerts))
        subject, language = rollup_subject(shown), self._language(person)
        foot = self._foot(self.reader(person, Leaving.ALERTS), notices)
        given = {"rollup": shown, "zone": person.zone, "subject": subject, **foot}
        letter = self._letter("rollup", subject, language, given, "alerts")
        if not shown.more:
            return letter
        listed = self.templates.text("email/rollup_list.txt", language, **given | {"rollup": view})
        return replace(letter, attachment=Attachment("alerts.txt", listed))

    def notice(self, contents: notice.Contents, subject: str, recipient: str) -> Letter:
        given = {"contents": contents, "zone": self.house.zone, "subject": subject, **self._foot(Reader(recipient))}
        return self._letter("notice", subject, "en", given, "notices")

    def _letter(self, name: str, subject: str, language: str, view: dict[str, object], list_name: str) -> Letter:
        return Letter(
            subject,
            self.templates.text(f"email/{name}.txt", language, **view),
            self.templates.html(f"email/{name}.html", language, **view),
            list_name,
            language=language,
        )

    def _language(self, person: Subscriber) -> str:
        return person.language or self.house.language

    def _foot(self, reader: Reader, notices: Sequence[str] = ()) -> dict[str, object]:
        return {
            **asdict(reader),
            "contact": self.house.contact,
            "imprint": self.house.imprint,
            "notices": list(notices),
        }

    def letter(self, session: Session, due: Due) -> tuple[Letter, Reader]:
        """What settles this debt by mail, and whom it is for; the same for the same rows."""
        delivery, person = due.delivery, due.person
        if delivery.kind == DeliveryKind.NOTICE:
            told = session.get_one(Notice, delivery.notice_id)
            letter = self.notice(report.stored_contents(told.contents), told.subject, delivery.recipient)
            return letter, Reader(delivery.recipient)
        if delivery.kind == DeliveryKind.ACCOUNT:
            mail = session.get_one(AccountMail, delivery.account_mail_id)
            reader = self.reader(person, Leaving.EVERYTHING) if person else Reader(delivery.recipient)
            # Nobody joins a list by these; to leave belongs into those that begin it, or tell of it.
            reader = replace(reader, recipient=delivery.recipient, leave=reader.leave if leaves(mail) else "")
            return self._accounts.letter(mail, person, reader), reader
        if person is None:
            raise LookupError(f"{delivery.key} is for nobody")
        notices = self.notices(session, person)
        if delivery.kind == DeliveryKind.BRIEFING:
            reader = self.reader(person, Leaving.BRIEFINGS)
            return self.edition(session.get_one(Edition, due.edition_id), reader, notices), reader
        return self._of_alerts(session, delivery, person, notices), self.reader(person, Leaving.ALERTS)

    def notices(self, session: Session, person: Subscriber) -> list[str]:
        """What the operator must hear with the next mail: the watch does not run as its files say."""
        if not self.house.contact or person.address != self.house.contact:
            return []
        return [run.trouble for run in job_runs.everything(session) if run.job in ("reload", "rules") and run.trouble]

    def _of_alerts(self, session: Session, delivery: Delivery, person: Subscriber, notices: Sequence[str]) -> Letter:
        covered, powers = tellings.told_by(session, delivery.id), self._powers(person)
        if delivery.kind == DeliveryKind.ROLLUP:

            def link(purpose: Purpose, number: int) -> str:
                return self.tickets.link(purpose, number, person.id)

            return self.rollup(rollup_view(session, covered, delivery.owed_at, link, powers), person, notices)
        alert = session.get_one(Alert, delivery.alert_id)
        view = alert_view(session, alert, covered, self._links(alert, person), powers)
        letter = self._of_alert(session, delivery, person, view, notices)
        return replace(letter, issue=f"a{alert.id}.{covered[-1][0].revision}")

    def _of_alert(
        self, session: Session, delivery: Delivery, person: Subscriber, view: AlertView, notices: Sequence[str]
    ) -> Letter:
        """In the thread of what its reader was told of it before."""
        alert = session.get_one(Alert, delivery.alert_id)
        thread = outbox.thread_of(session, alert.id, person.id)
        before = [each for each in thread if each.id < delivery.id]
        if not before:
            return self.alert(view, alert_subject(view), person, notices=notices)
        earlier = tuple(self.message_id(each) for each in before)
        first = self._subject_of(session, alert, before[0], self._powers(person))
        return self.alert(view, f"Re: {first}", person, earlier, notices)

    def _subject_of(self, session: Session, alert: Alert, first: Delivery, powers: Powers) -> str:
        """As it stood above the first mail of a thread, whatever became of the headline since."""
        if first.message is not None:
            return str(message_from_bytes(first.message, policy=SMTP)["Subject"])
        return alert_subject(alert_view(session, alert, tellings.told_by(session, first.id), Links(), powers))

    def _powers(self, person: Subscriber) -> Powers:
        return powers_of(person.topics, person.address, self.named)

    def _links(self, alert: Alert, person: Subscriber) -> Links:
        open_still = alert.acknowledged_at is None and self._powers(person).takes
        return Links(
            self.tickets.link(Purpose.ACKNOWLEDGE, alert.id, person.id) if open_still else "",
            self.tickets.link(Purpose.MUTE, alert.id, person.id),
        )


def alert_subject(view: AlertView) -> str:
    more = f" +{len(view.rules) - 1}" if len(view.rules) > 1 else ""
    return f"[{view.rules[0]}{more}] {shortened(view.headline, _TITLE_IN_SUBJECT)}"
