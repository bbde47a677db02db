"""Take the forms that came, end pauses, and tell the operator who waits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from monitor.core.joining import (
    BREAKER_TOLD_AGAIN,
    LONGEST_WAIT,
    WAITING_TOLD_AGAIN,
    Choices,
    JoinPolicy,
    Mailing,
)
from monitor.core.marks import Marks
from monitor.jobs.boundary import Progressed
from monitor.jobs.membership import Membership
from monitor.models import AccountKind, Application, Errand, Subscriber, SubscriberState
from monitor.store import account_mails, applications, records, subscribers
from monitor.store.db import Database
from monitor.words import Deed

log = structlog.get_logger("subscribe")
# In one transaction, for which whatever is urgent has to wait.
_BATCH = 50
# What alarms to the operator are about.
BREAKER, WAITING = "breaker", "waiting"


@dataclass(frozen=True)
class Subscribe:
    """`woken` is called after mails were owed."""

    db: Database
    marks: Marks
    policy: JoinPolicy
    now: Callable[[], datetime]
    woken: Callable[[], None]
    progressed: Progressed

    async def run(self) -> int:
        """How many mails are owed now that were not."""
        owed = await self._take_forms()
        await self.db.write(self._resume)
        owed += await self.db.write(self._tell_who_waits)
        if owed:
            self.woken()
        return owed

    async def _take_forms(self) -> int:
        await self.db.write(applications.give_up, self.now() - LONGEST_WAIT, self.now())
        owed = after = 0
        full: set[str] = set()
        while after >= 0:
            after, mailed = await self.db.write(self._take, after, full)
            owed += mailed
            self.progressed("subscribe")
        return owed

    def _take(self, session: Session, after: int, full: set[str]) -> tuple[int, int]:
        """A batch of forms behind that one, and how many mails it makes. -1: there is nothing more to take. `full` are
        the domains that have had enough for now."""
        now, owed = self.now(), 0
        acts = Membership(session, self.marks, self.policy, now, records.SUBSCRIBER)
        forms = applications.waiting(session, after, _BATCH, full)
        for form in forms:
            if form.taken_at is not None or form.domain in full:
                continue
            mailing = self._answer(session, acts, form)
            if mailing is Mailing.BREAKER:
                return -1, owed + self._tell_of_breaker(session, now)
            if mailing is Mailing.DOMAIN:
                full.add(form.domain)
            owed += mailing is Mailing.GO
        return (forms[-1].id if len(forms) == _BATCH else -1), owed

    def _answer(self, session: Session, acts: Membership, form: Application) -> Mailing:
        """Take it, unless it has to wait."""
        person = subscribers.by_address(session, form.address)
        if not acts.may_write_to(form.address) or (person is None and form.errand is Errand.LINK):
            applications.take(session, form, acts.now, mailed=False)
            return Mailing.NEVER
        confirmed = person is not None and person.confirmed_at is not None
        mailing = acts.mailing(form.address, confirmed=confirmed)
        if mailing is Mailing.NEVER:
            applications.take_all_of(session, form.address, acts.now)
        elif mailing is Mailing.GO:
            acts = Membership(session, self.marks, self.policy, acts.now, records.SUBSCRIBER, form.network)
            self._mail(session, acts, form, person)
            applications.take(session, form, acts.now, mailed=True)
        return mailing

    def _mail(self, session: Session, acts: Membership, form: Application, person: Subscriber | None) -> None:
        joins = form.errand is Errand.JOIN
        state = None if person is None else person.state
        if person is None:
            person = Subscriber(
                address=form.address, state=SubscriberState.PENDING, briefing_at=_choices(form).briefing_at,
                created_at=acts.now, topics=[],
            )  # fmt: skip
        if joins and state in (None, SubscriberState.PENDING, SubscriberState.LEFT):
            acts.begin_anew(person, _choices(form))
        if state is SubscriberState.LEFT and not joins:
            # They may still want a copy of what is kept, or to be erased.
            acts.mail_link(person, already=False)
        elif state in (None, SubscriberState.PENDING, SubscriberState.LEFT, SubscriberState.BOUNCED):
            acts.ask_to_confirm(person, form.choices.get("wording", "") if joins else "")
        else:
            acts.mail_link(person, already=joins)

    def _tell_of_breaker(self, session: Session, now: datetime) -> int:
        log.warning("too many sign-ups; none is answered for now", limit=self.policy.all_hour)
        if not _is_over(account_mails.last_alarm(session, BREAKER), BREAKER_TOLD_AGAIN, now):
            return 0
        lines = [
            f"{self.policy.all_hour} mails within an hour went to addresses that were typed into the forms; "
            "`all_hour` of [subscribe] allows no more.",
            "Forms wait for up to six hours. Subscribers get their alerts and briefings as ever.",
        ]
        title = "Nobody who asks to join is answered for now: too many did"
        return self._alarm(session, BREAKER, title, lines, "feed-monitor subscribers list", now)

    def _resume(self, session: Session) -> None:
        acts = Membership(session, self.marks, self.policy, self.now(), records.PROGRAM)
        for person in subscribers.pauses_over(session, acts.now):
            acts.resume(person)

    def _tell_who_waits(self, session: Session) -> int:
        now = self.now()
        waiting = subscribers.in_state(session, SubscriberState.APPLIED)
        told = account_mails.last_alarm(session, WAITING) if waiting else None
        if not waiting or not _is_over(told, WAITING_TOLD_AGAIN, now):
            return 0
        since = [records.last(session, person.id, Deed.CONFIRMED) for person in waiting]
        news = any(record is not None and (told is None or record.at >= told) for record in since)
        if not news:
            return 0
        number = len(waiting)
        title = f"{number} people wait for your yes" if number > 1 else "Somebody waits for your yes"
        lines = ["They have confirmed their addresses, and get nothing before you approve them."]
        return self._alarm(session, WAITING, title, lines, "feed-monitor subscribers approve ADDRESS", now)

    def _alarm(self, session: Session, about: str, title: str, lines: list[str], command: str, now: datetime) -> int:
        if not self.policy.contact:
            return 0
        contents = {"about": about, "title": title, "lines": lines, "command": command}
        account_mails.write(session, AccountKind.ALARM, None, contents, self.policy.contact, now)
        return 1


def _choices(form: Application) -> Choices:
    return Choices.read(form.choices)


def _is_over(told: datetime | None, span: timedelta, now: datetime) -> bool:
    return told is None or now - told >= span
