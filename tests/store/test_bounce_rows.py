"""What bounces leave in the database, on both kinds of database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
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
from monitor.net.mailbox import MaildirBox
from monitor.store.db import Database
from monitor.words import Verdict
from tests.store.rows import HOUR, MINUTE, NOW, subscribe

DAY = timedelta(days=1)


@dataclass
class Post:
    """People who were sent a mail each, and what comes back."""

    db: Database
    now: datetime = NOW
    mailbox: MaildirBox | None = None
    breaks: Exception | None = None

    @cached_property
    def job(self) -> Bounces:
        async def leave(ticket: str, network: str) -> tuple[Outcome, object]:
            if self.breaks is not None:
                raise self.breaks
            return Outcome.UNKNOWN, ()

        async def crashed(job: str, error: Exception) -> None:
            if error is not self.breaks:
                raise error

        return Bounces(
            db=self.db,
            marks=Marks("pepper of ours"),
            tickets=Tickets(),
            routes=Routes(RuleSet(()), AlertPolicy()),
            contact="ops@example.org",
            address="bounces@back.test",
            mailbox=self.mailbox,
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
        return await self.job.returned(report(number, status).encode(), "test")

    async def states(self) -> list[SubscriberState]:
        return await self.db.read(lambda session: [row.state for row in session.exec(select(Subscriber))])


def report(number: int, status: str) -> str:
    return (
        f"To: bounces+{token(number)}@back.test\nContent-Type: message/delivery-status\n\n"
        f"Final-Recipient: rfc822; reader{number}@quay.test\nAction: failed\nStatus: {status}\n"
    )


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


@pytest.mark.parametrize("number", [2**31, 10**16])
async def test_a_number_beyond_all_rows_is_no_mail_of_ours(db: Database, number: int) -> None:
    forged = (
        f"To: bounces@back.test\nContent-Type: message/delivery-status\n\nOriginal-Envelope-Id: {number}\n\n"
        "Final-Recipient: rfc822; reader0@quay.test\nAction: failed\nStatus: 5.1.1\n"
    )
    assert await Post(db).job.returned(forged.encode(), "test") is Effect.STRANGE


async def test_a_status_that_no_database_takes_does_not_break_the_reading(db: Database) -> None:
    post = Post(db)
    await post.sends(1)
    assert await post.comes_back(0, "5.2.2\x00") is Effect.KEPT


def letters(folder: Path) -> MaildirBox:
    """A mailbox whose first fifty letters ask to leave, with a bounce behind them."""
    (folder / "new").mkdir(parents=True)
    for number in range(50):
        (folder / "new" / f"1.{number:02}").write_text(f"To: bounces+leave-{token(9)}@back.test\n\n")
    (folder / "new" / "2.0").write_text(report(0, "5.1.1"))
    return MaildirBox(folder)


async def test_letters_that_break_their_reading_three_times_are_put_aside_and_those_behind_them_are_read(
    db: Database, tmp_path: Path
) -> None:
    post = Post(db, mailbox=letters(tmp_path / "back"), breaks=LookupError("a mistake of ours"))
    await post.sends(1)
    for _ in range(2):
        assert await post.job.run() == 0
    assert await post.states() == [SubscriberState.CONFIRMED]
    assert await post.job.run() == 51
    assert await post.states() == [SubscriberState.BOUNCED]
    assert len(list((tmp_path / "back" / ".Processed" / "cur").iterdir())) == 51


async def test_a_letter_that_broke_only_for_a_while_has_its_effect(db: Database, tmp_path: Path) -> None:
    post = Post(db, mailbox=letters(tmp_path / "back"), breaks=LookupError("a mistake of ours"))
    for _ in range(2):
        await post.job.run()
    post.breaks = None
    assert await post.job.run() == 51


async def test_a_letter_that_is_met_twice_in_one_run_has_broken_its_reading_once(db: Database, tmp_path: Path) -> None:
    box = letters(tmp_path / "back")
    for path in sorted((tmp_path / "back" / "new").iterdir())[2:]:
        path.write_text("Subject: buy now\n\n")
    post = Post(db, mailbox=box, breaks=LookupError("a mistake of ours"))
    for read_now in (49, 0, 2):
        assert await post.job.run() == read_now


async def test_no_letter_is_put_aside_because_the_database_is_out_of_reach(db: Database, tmp_path: Path) -> None:
    outage = OperationalError("SELECT 1", {}, OSError("the line is cut"))
    post = Post(db, mailbox=letters(tmp_path / "back"), breaks=outage)
    for _ in range(6):
        assert await post.job.run() == 0
    post.breaks = None
    assert await post.job.run() == 51


async def test_a_refusal_while_a_mail_is_sent_says_whether_it_is_owed_still(db: Database) -> None:
    post = Post(db)
    await post.sends(4)

    def refuse(session: Session, number: int, verdict: Verdict) -> tuple[bool, object]:
        delivery = session.exec(select(Delivery).where(Delivery.token == token(number))).one()
        ruling = post.job.refused(session, delivery, verdict, verdict.name, "no", NOW)
        return ruling.owed, ruling.until

    assert await db.write(partial(refuse, number=0, verdict=Verdict.DEAD)) == (False, None)
    assert await db.write(partial(refuse, number=1, verdict=Verdict.SOFT)) == (True, None)
    for number, until in ((1, None), (2, None), (3, NOW + HOUR + MINUTE)):
        assert await db.write(partial(refuse, number=number, verdict=Verdict.OURS)) == (True, until)
    post.now = NOW + 5 * MINUTE
    assert await db.write(partial(refuse, number=2, verdict=Verdict.UNKNOWN)) == (False, None)
