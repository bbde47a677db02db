"""Mails about being a subscriber: rows to what their templates are given."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from monitor.core.marks import masked
from monitor.core.tickets import Purpose, Tickets
from monitor.core.timing import next_slot
from monitor.jobs.house import UNNAMED, House, Reader
from monitor.models import AccountKind, AccountMail, Subscriber
from monitor.render import account
from monitor.render.account import AccountView, account_letter
from monitor.render.mail import Letter
from monitor.render.templates import Templates

_TICKETS = {
    AccountKind.CONFIRM: Purpose.CONFIRM,
    AccountKind.LINK: Purpose.FRESH,
    AccountKind.ADDRESS: Purpose.ADDRESS,
    AccountKind.PROBE: Purpose.CONFIRM,
}
_LEAVING = (AccountKind.CONFIRM, AccountKind.WELCOME, AccountKind.APPLIED, AccountKind.PROBE)


def leaves(mail: AccountMail) -> bool:
    """Whether its reader can leave by it."""
    return mail.kind in _LEAVING


@dataclass(frozen=True)
class Accounts:
    templates: Templates
    tickets: Tickets
    house: House

    def letter(self, mail: AccountMail, person: Subscriber | None, reader: Reader) -> Letter:
        given = {
            "mail": self._view(mail, person, reader),
            "recipient": reader.recipient,
            "zone": person.zone if person else self.house.zone,
            "site": self._site,
            "contact": self.house.contact,
            "imprint": self.house.imprint,
        }
        language = (person.language if person else "") or self.house.language
        # The operator's commands and log are English.
        return account_letter(self.templates, mail.kind, "en" if mail.kind is AccountKind.ALARM else language, given)

    @property
    def _site(self) -> str:
        """What this is called to somebody who may never have heard of it."""
        if self.house.name != UNNAMED:
            return self.house.name
        return urlsplit(self.tickets.base).hostname or self.house.sender.rpartition("@")[2]

    def _view(self, mail: AccountMail, person: Subscriber | None, reader: Reader) -> AccountView:
        if person is None:
            return self._to_anybody(mail)
        if mail.kind in _TICKETS:
            return self._with_a_ticket(mail, person, reader)
        if mail.kind is AccountKind.WELCOME:
            first_at = _first_at(person, mail.written_at)
            return account.Welcome(_choices(person), first_at, reader.preferences, reader.leave)
        return (
            account.Applied(reader.leave) if mail.kind is AccountKind.APPLIED else account.Moved(masked(person.address))
        )

    def _to_anybody(self, mail: AccountMail) -> AccountView:
        if mail.kind is AccountKind.TEST:
            return account.Test(mail.written_at, self.house.sender)
        said = mail.contents
        return account.Alarm(said["title"], tuple(said.get("lines", ())), said.get("command", ""))

    def _with_a_ticket(self, mail: AccountMail, person: Subscriber, reader: Reader) -> AccountView:
        said = mail.contents
        until = datetime.fromtimestamp(said["until"], UTC)
        more = (said["address"],) if mail.kind is AccountKind.ADDRESS else ()
        link = self.tickets.link(_TICKETS[mail.kind], person.id, said["serial"], said["until"], *more)
        match mail.kind:
            case AccountKind.CONFIRM:
                return account.Confirm(_choices(person), link, reader.leave, until)
            case AccountKind.LINK:
                return account.Link(link, until, already=bool(said.get("already")))
            case AccountKind.ADDRESS:
                return account.Address(link, until)
            case _:
                return account.Probe(person.bounced_at or mail.written_at, link, reader.leave, until)


def _choices(person: Subscriber) -> account.Choices:
    return account.Choices(
        person.briefing_at.isoformat("minutes") if person.briefing else "",
        person.zone,
        person.alert_from or "",
        None if person.topics is None else tuple(person.topics),
    )


def _first_at(person: Subscriber, joined_at: datetime) -> datetime | None:
    return next_slot(joined_at, person.zone, person.briefing_at).at if person.briefing else None
