"""What bounces leave in the database, on both kinds of database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session, select

from monitor.core.alerts import AlertPolicy
from monitor.core.joining import Outcome
from monitor.core.marks import Marks
from monitor.core.rules import RuleSet
from monitor.core.tickets import Tickets
from monitor.jobs.bounces import Bounces, Effect
from monitor.jobs.listeners import Routes
from monitor.models import (
    AccountKind,
    AccountMail,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Pause,
    Subscriber,
    SubscriberState,
    Suppression,
)
from monitor.store.db import Database
from monitor.words import Verdict
from tests.store.rows import HOUR, MINUTE, NOW, subscribe

DAY = timedelta(days=1)


@dataclass
class Post:
    """People who were sent a mail each, and what comes back."""

    db: Database
    now: datetime = NOW

    @property
    def job(self) -> Bounces:
        async def leave(ticket: str, network: str) -> tuple[Outcome, object]:
            return Outcome.UNKNOWN, ()

        async def crashed(job: str, error: Exception) -> None:
            raise error

        return Bounces(
            db=self.db,
            marks=Marks("pepper of ours"),
            tickets=Tickets(),
            routes=Routes(RuleSet(()), AlertPolicy()),
            contact="ops@example.org",
            address="bounces@back.test",
            mailbox=None,
            keep=30 * DAY,
            leave=leave,
            now=lambda: self.now,
            woken=lambda: None,
            crashed=crashed,
            progressed=lambda job: None,
        )

    async def sends(self, number: int) -> None:
        def change(session: Session) -> None:
            for each in range(number):
                person = subscribe(session, f"reader{each}@quay.test")
                session.add(
                    Delivery(
                        key=f"briefing:{self.now}:{each}", kind=DeliveryKind.BRIEFING, lane=2, subscriber_id=person.id,
                        recipient=person.address, domain="quay.test", owed_at=self.now, next_try_at=self.now,
                        status=DeliveryStatus.SENT, settled_at=self.now, token=token(each),
                    )
                )  # fmt: skip

        await self.db.write(change)

    async def comes_back(self, number: int, status: str) -> Effect:
        report = (
            f"To: bounces+{token(number)}@back.test\nContent-Type: message/delivery-status\n\n"
            f"Final-Recipient: rfc822; reader{number}@quay.test\nAction: failed\nStatus: {status}\n"
        )
        return await self.job.returned(report.encode(), "test")

    async def states(self) -> list[SubscriberState]:
        return await self.db.read(lambda session: [row.state for row in session.exec(select(Subscriber))])


def token(number: int) -> str:
    return f"{'abcdefghij'[number]:a<26}"


async def test_a_storm_is_undone_down_to_the_last_row_and_owes_all_again(db: Database) -> None:
    post = Post(db)
    await post.sends(6)
    for number in range(4):
        await post.comes_back(number, "5.1.1")
    assert sorted(await post.states()) == [SubscriberState.BOUNCED] * 4 + [SubscriberState.CONFIRMED] * 2
    await post.comes_back(4, "5.1.1")

    def left(session: Session) -> tuple[int, list[str], list[DeliveryStatus]]:
        owed = session.exec(select(Delivery).where(Delivery.kind == DeliveryKind.BRIEFING).order_by(Delivery.key))
        pauses = [pause.domain for pause in session.exec(select(Pause))]
        return len(session.exec(select(Suppression)).all()), pauses, [delivery.status for delivery in owed]

    assert await post.states() == [SubscriberState.CONFIRMED] * 6
    assert await db.read(left) == (0, ["quay.test"], [DeliveryStatus.QUEUED] * 5 + [DeliveryStatus.SENT])


async def test_a_bounce_is_kept_once_and_a_held_reader_is_probed(db: Database) -> None:
    post = Post(db)
    await post.sends(1)
    assert await post.comes_back(0, "5.2.1") is Effect.KEPT
    assert await post.comes_back(0, "5.2.1") is Effect.KNOWN

    def hold(session: Session) -> None:
        person = session.exec(select(Subscriber)).one()
        person.state, person.bounced_at, person.probe_at = SubscriberState.BOUNCED, NOW, NOW + 7 * DAY
        session.add(person)

    await db.write(hold)
    post.now = NOW + 7 * DAY
    await post.job.run()
    assert await db.read(lambda session: [mail.kind for mail in session.exec(select(AccountMail))]) == [
        AccountKind.PROBE
    ]


async def test_a_refusal_while_a_mail_is_sent_says_whether_it_is_owed_still(db: Database) -> None:
    post = Post(db)
    await post.sends(4)

    def refuse(session: Session, number: int, verdict: Verdict) -> tuple[bool, object]:
        delivery = session.exec(select(Delivery).where(Delivery.token == token(number))).one()
        ruling = post.job.refused(session, delivery, verdict, verdict.name, "no", NOW)
        return ruling.owed, ruling.until

    assert await db.write(partial(refuse, number=0, verdict=Verdict.DEAD)) == (False, None)
    assert await db.write(partial(refuse, number=1, verdict=Verdict.SOFT)) == (True, None)
    for number, until in ((1, None), (2, None), (3, NOW + HOUR)):
        assert await db.write(partial(refuse, number=number, verdict=Verdict.OURS)) == (True, until)
    post.now = NOW + 5 * MINUTE
    assert await db.write(partial(refuse, number=2, verdict=Verdict.UNKNOWN)) == (False, None)
