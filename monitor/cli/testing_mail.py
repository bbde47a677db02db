"""`test-mail`: send one mail, and tell what the mail server said to it, step by step."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import click
from rich.console import Console
from sqlmodel import Session, col, select

from monitor.app import App, DatabaseInUseError, open_app
from monitor.app.ports import Ports
from monitor.cli.frame import command, fail, program_name, read_config
from monitor.cli.work import address_or_fail
from monitor.core.rules import RuleSet
from monitor.models import AccountKind, Delivery, DeliveryStatus
from monitor.net.post import Message, SendFailed, SendResult, Sent, Unreachable
from monitor.settings import Config
from monitor.settings.fields import span
from monitor.store import account_mails, outbox
from monitor.store.outbox import Due
from monitor.words import Verdict

_STEPS = ("connecting", "MAIL FROM", "RCPT TO", "DATA")
_LOOK_AGAIN = 0.2
_LONGEST = timedelta(minutes=30)
_SETTLED = (DeliveryStatus.SENT, DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)
_CURES = {
    Verdict.DEAD: "there is no such address there: see whether it is spelt right, and try another",
    Verdict.DISABLED: "its mailbox is closed: try another address",
    Verdict.SOFT: "many servers take it from a stranger only at the second time: try again in ten minutes",
}
_DOCTOR = "doctor` says whether your domain is set up as servers expect"


@dataclass
class _Steps:
    """How far the talk with the mail server has got."""

    reached: list[str] = field(default_factory=list)

    def see(self, point: str) -> None:
        way, _, step = point.partition(": before ")
        if way == "smtp" and step in _STEPS:
            self.reached.append(step)


@click.command("test-mail")
@click.argument("address", metavar="ADDRESS")
@click.option("--wait", default="30s", show_default=True, metavar="SPAN", help="How long a running service may take.")
@command
async def test_mail(address: str, wait: str) -> None:
    """Send a mail that says it is a test to ADDRESS, whoever that is, and tell what your mail server answers.

    It goes the way of all mail. While a service is running, that sends it; nothing else that is owed is sent by this.
    """
    config, theirs, limit = read_config(), address_or_fail(address), _limit(wait)
    steps = _Steps()
    # No rule has a say in this, and to try them takes its time.
    async with open_app(config, Ports(witness=steps.see), rules=RuleSet(())) as app:
        if blocked := await app.reception.operator.why_blocked(theirs):
            cure = f"`{program_name()} subscribers unblock {theirs}` ends that"
            fail(f"{theirs} is never written to: {blocked}; {cure}")
        try:
            app.db.take_run_lock()
        except DatabaseInUseError:
            await _by_the_service(app, theirs, limit)
        else:
            result = await _by_ourselves(app, theirs)
            _tell(config, theirs, steps, result)


def _limit(wait: str) -> float:
    try:
        return min(span(wait), _LONGEST).total_seconds()
    except (ValueError, OverflowError) as error:
        fail(f"--wait: {error}", code=2)


def _owe(session: Session, address: str, app: App) -> Delivery:
    mail = account_mails.write(session, AccountKind.TEST, None, {}, address, app.urgent.now())
    return session.exec(select(Delivery).where(col(Delivery.account_mail_id) == mail.id)).one()


async def _by_ourselves(app: App, address: str) -> SendResult:
    """It is tried once: whoever asks reads the answer, and asks again."""
    way = app.urgent
    delivery = await app.db.write(_owe, address, app)
    packed = (parcel := await way.packing.pack(Due(delivery))).packed
    await app.db.write(outbox.start, delivery.id, address, packed, way.marks.of(address), way.now())
    async with app.open_door() as door:
        sender = way.sender(packed.token)
        result = await door.send(Message(sender, address, packed.message_id, parcel.content, str(delivery.id)))
    if isinstance(result, Sent):
        await app.db.write(outbox.sent, delivery.id, result.reply, way.now())
        return Sent(_masked(result.reply, packed.token))
    await app.db.write(outbox.refused, delivery.id, result.reason, way.now(), permanent=True, doubtful=False)
    return replace(result, reason=_masked(result.reason, packed.token))


def without_token(delivery: Delivery) -> str:
    """The server's answer. Some repeat the envelope's sender, in which a token stands that nobody else may know."""
    return _masked(delivery.reply, delivery.token)


def _masked(reply: str, token: str) -> str:
    return reply.replace(token, "TOKEN") if token else reply


def _tell(config: Config, address: str, steps: _Steps, result: SendResult) -> None:
    for step in steps.reached[:-1]:
        click.echo(f"{step:<11} {_where(config) if step == 'connecting' else 'taken'}")
    last = steps.reached[-1] if steps.reached else "kept"
    match result:
        case Sent(reply):
            click.echo(f"{last:<11} taken: {reply}")
            click.echo(
                f"That a server took it does not mean it has arrived: look into the mailbox of {address}, and into"
            )
            click.echo(
                f"its spam. Save it as a file, and `{program_name()} doctor --mail FILE` says what others see in it."
            )
        case SendFailed(reason):
            click.echo(f"{last:<11} refused: {reason}")
            fail(f"the mail was not taken; {cure_of(result, config)}")
        case Unreachable(reason):
            click.echo(f"{last:<11} failed: {reason}")
            fail(f"the mail server could not be reached; {cure_of(result, config)}")


def _where(config: Config) -> str:
    mail = config.settings.mail
    login = f", logged in as {mail.username}" if mail.username else ", without a login"
    return f"{config.mail_out.partition('://')[2]}{login}"


async def _by_the_service(app: App, address: str, limit: float) -> None:
    delivery = await app.db.write(_owe, address, app)
    status = Console(stderr=True).status("waiting for the running service to send it")
    try:
        with status:
            async with asyncio.timeout(limit):
                delivery = await _settled(app, delivery.id)
    except TimeoutError:
        late = f"the running service has not sent it within {limit:g} s"
        fail(f"{late}; `{program_name()} status` says how its mail does, and it is sent when that goes on")
    reply = without_token(delivery)
    said = f"the running service sent it: {reply}"
    if delivery.status is DeliveryStatus.SENT:
        click.echo(said)
        click.echo(f"Look into the mailbox of {address}, and into its spam.")
        return
    again = "" if delivery.status in _SETTLED else "; it tries again by and by"
    fail(f"the running service could not send it: {reply}{again}; `{program_name()} {_DOCTOR}")


async def _settled(app: App, number: int) -> Delivery:
    """Once something was tried, whatever came of it."""
    while True:
        delivery = await app.db.read(_read, number)
        if delivery.status in _SETTLED or (delivery.status is DeliveryStatus.QUEUED and delivery.reply):
            return delivery
        await asyncio.sleep(_LOOK_AGAIN)


def _read(session: Session, number: int) -> Delivery:
    return session.get_one(Delivery, number)


def cure_of(result: SendFailed | Unreachable, config: Config) -> str:
    """What the operator can do."""
    if isinstance(result, Unreachable):
        return next(_reaching(result.reason.lower(), config))
    sender = config.settings.mail.sender
    if result.of_sender or "at MAIL FROM" in result.reason:
        return f"the server does not let us write as {sender}: allow that there, or change `sender` of [mail]"
    if result.verdict in _CURES:
        return _CURES[result.verdict]
    if result.verdict is Verdict.OURS:
        return f"the server refuses us, not the address: `{program_name()} {_DOCTOR}"
    if result.doubtful:
        return "it may have been taken all the same: look into the mailbox before you try again"
    return f"`{program_name()} {_DOCTOR}"


def _reaching(reason: str, config: Config) -> Iterator[str]:
    file = config.file
    if "password" in reason or "auth" in reason:
        yield f"check `username` and `password_file` of [mail] in {file}; some servers want one made for programs"
    if "certificate" in reason or "ssl" in reason:
        name = f"the name in `out` of [mail] in {file} must be the one in its certificate"
        yield f"{name}; port 465 wants smtps://, 587 smtp://"
    if "connect call failed" in reason or "refused" in reason:
        yield f"is it running, and are host and port of `out` in {file} right?"
    if "timed out" in reason or "timeout" in reason:
        yield "a firewall may be in the way: many networks let nothing out on port 25; ask your provider for 587 or 465"
    yield f"check `out` of [mail] in {file}"
