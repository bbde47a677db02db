"""One installation in which every kind of mail has been sent, by the jobs that send them, with the pages behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from sqlmodel import Session, select

from monitor.core.tickets import Purpose
from monitor.models import AccountKind, AccountMail, Delivery, DeliveryKind, Subscriber
from monitor.net.fetch import FetchFailed
from monitor.net.troubles import Trouble
from monitor.store import account_mails, bounces
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE
from tests.web.desk import ANNA, DUTY, OPEN, OPERATOR, TOPICS, Desk, open_desk

TOKEN = "a-word-of-the-lighthouse-keeper"
# Whoever asked and has not confirmed, confirmed and waits, was let in, moved, cannot be reached, and only tests.
ELENA, PAVLO, RITA = "elena@example.org", "pavlo@example.org", "rita@example.org"
MOVER, MOVED, LOST, TESTER = "mover@example.org", "mover@example.net", "lost@example.org", "tester@example.org"
UPDATE = "update"
KINDS = {*DeliveryKind, *AccountKind, UPDATE} - {DeliveryKind.ACCOUNT}
# The table of the pages is the last of the desk's own.
OPERATED = 'archive = true\noperator_token_file = "token"\n'
STORIES = (
    "Envoys fear a pre-emptive strike at Kestrel lighthouse",
    "Pre-emptive strike on the ferry piers of Vornholm rehearsed, admiral says",
    "Two ministers speak of a pre-emptive strike near the Aldra dam",
    "Quarry town Bressik braces for a pre-emptive strike",
)
MARSHES = "Airspace incursion over the salt marshes, ministry says"


@dataclass(frozen=True, slots=True)
class Posted:
    kind: str
    mail: EmailMessage


@asynccontextmanager
async def open_office(folder: Path, blank_state: Path, more: str = "") -> AsyncIterator[Desk]:
    """Everybody may join, the operator looks at them, and every page there can be is there. `more` settings of who may
    join."""
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "token").chmod(0o600)
    async with open_desk(folder, blank_state, TOPICS, f"{OPERATED}{OPEN}{more}") as desk:
        yield desk


async def fill(desk: Desk) -> list[Posted]:
    """Every mail that was sent until each kind of it had been."""
    await _people(desk)
    await _news(desk)
    await _operators(desk)
    posted = await posted_by(desk)
    assert {each.kind for each in posted} == KINDS
    return posted


async def posted_by(desk: Desk) -> list[Posted]:
    kinds = await desk.world.app.db.read(_kinds)
    return [
        Posted(kinds[message.number], message_from_bytes(message.content, policy=policy.default))
        for message in desk.world.post.accepted
    ]


async def person(desk: Desk, address: str) -> Subscriber:
    return await desk.world.app.db.read(
        lambda session: session.exec(select(Subscriber).where(Subscriber.address == address)).one()
    )


async def fresh(desk: Desk, address: str, span: timedelta = timedelta(hours=1)) -> str:
    """The link to the page of this person, as it is mailed when they ask for it."""
    someone = await person(desk, address)
    until = int((desk.world.clock.at + span).timestamp())
    return desk.world.app.tickets.link(Purpose.FRESH, someone.id, someone.serial, until)


async def _people(desk: Desk) -> None:
    for address in (PAVLO, RITA):
        await desk.joins(address, alerts="high")
    await desk.world.turn()
    for address in (PAVLO, RITA):
        await desk.presses(desk.link(address, "confirm"), act="confirm")
    await desk.world.app.reception.operator.approve(RITA)
    await desk.world.subscribe(MOVER)
    await desk.world.subscribe(LOST)
    await desk.presses(await fresh(desk, MOVER), act="move", new_address=MOVED)
    await desk.world.turn()
    await desk.presses(desk.link(MOVED, "address"))
    await desk.joins(ELENA, alerts="critical")
    await desk.joins(DUTY)
    await desk.presses("/link", address=ANNA)
    await desk.world.turn()


async def _news(desk: Desk) -> None:
    web = desk.world.web
    web.publish(WIRE, STORIES[0], summary="Two of them left the talks early and would not say why.")
    await desk.world.later(timedelta(minutes=20))
    web.publish(HERALD, "Kestrel lighthouse: envoys fear a pre-emptive strike")
    web.publish(OBSERVER, "Envoys fear pre-emptive strike at Kestrel lighthouse")
    web.publish(WIRE, MARSHES)
    await desk.world.later(timedelta(minutes=20))
    for title in STORIES[1:]:
        web.publish(WIRE, title)
    web.publish(WIRE, "A pre-emptive strike would cost the harbour of Orlin its cranes, insurers warn")
    await desk.world.later(timedelta(minutes=20))
    await desk.world.later(timedelta(minutes=2))
    for span in (timedelta(hours=19), timedelta(days=1)):  # a briefing with news, and one without
        await desk.world.later(span)


async def _operators(desk: Desk) -> None:
    world = desk.world
    world.web.instead[GAZETTE] = FetchFailed(Trouble.HTTP, "503 Service Unavailable")
    for _ in range(12):
        await world.later(timedelta(hours=1))
        await world.app.report.run()
    lost = await person(desk, LOST)
    now = world.clock.at
    await world.app.db.write(bounces.hold, lost, now, now)
    await world.app.bounces.run()
    await world.app.db.write(account_mails.write, AccountKind.TEST, None, {}, TESTER, now)
    await desk.presses("/link", address=ANNA)
    await desk.joins("late@example.org")
    await world.turn()
    assert world.post.mails(OPERATOR)


def _kinds(session: Session) -> dict[str, str]:
    accounts = {mail.id: mail.kind for mail in session.exec(select(AccountMail))}
    found: dict[str, str] = {}
    for delivery in session.exec(select(Delivery)):
        kind: str = delivery.kind
        if delivery.account_mail_id is not None:
            kind = accounts[delivery.account_mail_id]
        elif delivery.kind is DeliveryKind.ALERT and (delivery.alert_revision or 0) > 1:
            kind = UPDATE
        found[str(delivery.id)] = kind
    return found
