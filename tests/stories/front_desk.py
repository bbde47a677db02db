"""People who join and leave, as their stories begin: a reception, forms, and the mails that follow."""

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from sqlmodel import Session, col, select

from monitor.core.joining import Admission, Choices, JoinPolicy, Outcome
from monitor.core.marks import Marks
from monitor.core.tickets import Leaving, Purpose, Tickets
from monitor.jobs.reception import Reception
from monitor.jobs.subscribe import Subscribe
from monitor.jobs.sweep import Sweep
from monitor.models import AccountKind, AccountMail, Delivery, Record, Subscriber, SubscriberState
from monitor.store import subscribers
from monitor.store.db import Database
from monitor.words import Deed, Severity
from tests.fakes import FakeClock

ADA, BEN = "ada@reader.test", "ben@reader.test"
HOME, CAFE = "192.0.2.0/24", "198.51.100.0/24"
WORDING = "join-1"
CHOICES = Choices(
    zone="Europe/Kyiv", language="uk", briefing_at=time(6, 30), topics=("sanctions",), alert_from=Severity.HIGH
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_PURPOSES = {
    AccountKind.CONFIRM: Purpose.CONFIRM,
    AccountKind.LINK: Purpose.FRESH,
    AccountKind.ADDRESS: Purpose.ADDRESS,
}


@dataclass
class FrontDesk:
    db: Database
    clock: FakeClock
    policy: JoinPolicy = field(default_factory=lambda: JoinPolicy(who="everybody", contact="ops@example.org"))
    tickets: Tickets = field(default_factory=lambda: Tickets("https://watch.test", ("a secret of ours",)))
    marks: Marks = field(default_factory=lambda: Marks("pepper of ours"))
    woken: int = 0

    @property
    def reception(self) -> Reception:
        return Reception(self.db, self.tickets, self.marks, self.policy, self.clock.now, self._wake)

    def allow(self, **terms: object) -> None:
        self.policy = replace(self.policy, **terms)  # type: ignore[arg-type]

    async def take_forms(self) -> int:
        job = Subscribe(self.db, self.marks, self.policy, self.clock.now, self._wake, lambda job: None)
        return await job.run()

    async def sweep(self) -> int:
        return await Sweep(self.db, self.marks, self.clock.now).run()

    async def submit(self, address: str = ADA, network: str = HOME, choices: Choices = CHOICES) -> Admission:
        return await self.reception.ask_to_join(address, choices, network, WORDING)

    async def ask(self, address: str = ADA, network: str = HOME, choices: Choices = CHOICES) -> str:
        """Somebody fills in the form and finds the mail; the ticket in it, "" if none came."""
        before = len(await self.mails(address))
        assert await self.submit(address, network, choices) is Admission.TAKEN
        await self.take_forms()
        return await self.ticket_in_mail(address) if len(await self.mails(address)) > before else ""

    async def join(self, address: str = ADA, network: str = HOME, choices: Choices = CHOICES) -> Subscriber:
        ticket = await self.ask(address, network, choices)
        outcome, _ = await self.reception.confirm(ticket, network)
        assert outcome in (Outcome.CONFIRMED, Outcome.APPLIED)
        return await self.row(address)

    async def fresh(self, address: str = ADA) -> str:
        """A subscriber's fresh link, once the limits let one be mailed."""
        self.clock.pass_time(11 * MINUTE)
        assert await self.reception.ask_for_link(address, HOME) is Admission.TAKEN
        await self.take_forms()
        return await self.ticket_in_mail(address)

    def leave_ticket(self, person: Subscriber, leaving: Leaving = Leaving.EVERYTHING) -> str:
        return self.tickets.of(Purpose.LEAVE, person.id, int(person.created_at.timestamp()), leaving)

    def preferences_ticket(self, person: Subscriber) -> str:
        return self.tickets.of(Purpose.PREFERENCES, person.id, int(person.created_at.timestamp()))

    async def mails(self, recipient: str = "") -> list[AccountKind]:
        """What was mailed about being a subscriber, in order."""
        return [mail.kind for mail, _ in await self.db.read(_mails, recipient)]

    async def deliveries(self, recipient: str = "") -> list[Delivery]:
        return [delivery for _, delivery in await self.db.read(_mails, recipient)]

    async def alarms(self) -> list[tuple[str, str]]:
        """What the operator is told: of what, and in which line."""
        mails = await self.db.read(_mails, self.policy.contact)
        return [(mail.contents["about"], mail.contents["title"]) for mail, _ in mails]

    async def ticket_in_mail(self, recipient: str) -> str:
        """The ticket that the last mail to this address carries."""
        mail, _ = (await self.db.read(_mails, recipient))[-1]
        said = mail.contents
        more = (said["address"],) if mail.kind is AccountKind.ADDRESS else ()
        assert mail.subscriber_id is not None
        return self.tickets.of(_PURPOSES[mail.kind], mail.subscriber_id, said["serial"], said["until"], *more)

    async def row(self, address: str = ADA) -> Subscriber:
        found = await self.db.read(subscribers.by_address, address)
        assert found is not None, f"nobody of the address {address}"
        return found

    async def state(self, address: str = ADA) -> SubscriberState | None:
        found = await self.db.read(subscribers.by_address, address)
        return None if found is None else found.state

    async def put(self, state: SubscriberState, address: str = ADA, until: datetime | None = None) -> None:
        """What other parts of the program make of somebody."""

        def change(session: Session) -> None:
            person = subscribers.by_address(session, address)
            assert person is not None
            person.state, person.paused_until = state, until
            session.add(person)

        await self.db.write(change)

    async def deeds(self, address: str = ADA) -> list[tuple[Deed, str, str]]:
        """What was done about somebody, by whom and from where."""
        person = await self.row(address)
        return [(record.deed, record.by, record.network) for record in await self.db.read(_records, person.id)]

    def _wake(self) -> None:
        self.woken += 1


def _mails(session: Session, recipient: str) -> list[tuple[AccountMail, Delivery]]:
    wanted = select(AccountMail, Delivery).join(Delivery, col(Delivery.account_mail_id) == AccountMail.id)
    if recipient:
        wanted = wanted.where(Delivery.recipient == recipient)
    return list(session.exec(wanted.order_by(col(AccountMail.id))))


def _records(session: Session, person_id: int) -> list[Record]:
    return list(session.exec(select(Record).where(Record.subscriber_id == person_id).order_by(col(Record.id))))
