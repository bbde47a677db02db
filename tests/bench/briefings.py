"""How many briefings a second reach the mail server of this machine, and what one costs us, beside smtplib.

    python -m tests.bench.briefings [--short]

The real app writes everybody's briefing and hands them over to a local Postfix, which keeps each in its queue before it
throws it away. Then the same server gets some made in the plain way: for each reader the same templates rendered, an
EmailMessage built, and handed over by smtplib, over as many connections. CPU is that of our program alone.
"""

import argparse
import asyncio
import contextlib
import re
import resource
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from sqlmodel import Session, col, func, select

from monitor.app import App
from monitor.core.briefing import Contents
from monitor.core.tickets import Leaving
from monitor.jobs.brief import stored_contents
from monitor.models import Body, Briefing, Delivery, DeliveryStatus, Edition, Subscriber
from monitor.store import subscribers
from tests.conftest import World
from tests.mta.servers import SINK, mail_server, missing

_ZONES = ("UTC", "Europe/Warsaw", "Europe/Kyiv")
_LANGUAGES = ("en", "de")
_STORIES = 25
_EDITIONS = len(_ZONES) * len(_LANGUAGES)
_AT = time_of_day(7)
_AIM_RATIO, _AIM_CPU = 2.0, 0.0015
_PLACES = re.findall(
    r"\w+",
    """
Albania Belgium Chile Denmark Ecuador Finland Ghana Hungary Iceland Jamaica Kenya Latvia Malta Nepal Oman Peru
Qatar Rwanda Senegal Tunisia Uganda Vietnam Yemen Zambia Cyprus
""",
)
_EVENTS = ("airspace incursion", "border closed", "bridge reopens", "harbour strike", "power cut")


@dataclass(frozen=True)
class Spent:
    """`wall` and `cpu` in seconds, for so many."""

    number: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.number / self.wall

    @property
    def each(self) -> float:
        return self.cpu / self.number


@contextlib.contextmanager
def _timed(number: int, done: list[Spent]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), _cpu()
    yield
    done.append(Spent(number, time.perf_counter() - wall, _cpu() - cpu))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _throw_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            await writer.drain()
    writer.close()


async def _sink() -> None:
    server = await asyncio.start_server(_throw_away, "127.0.0.1", limit=2**26)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


@contextlib.contextmanager
def _server() -> Iterator[int]:
    """Where mail is taken."""
    lacking = missing("postfix")
    if not lacking:
        with mail_server(inboxes=False) as server:
            yield server.smtp
        return
    print(f"{lacking}; a small server of ours takes it instead, without a disk")  # noqa: T201
    with subprocess.Popen([sys.executable, "-m", __spec__.name, "--sink"], stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        try:
            yield int(sink.stdout.readline())
        finally:
            sink.terminate()


@contextlib.asynccontextmanager
async def _morning(folder: Path, port: int, readers: int) -> AsyncIterator[App]:
    """The app when everybody's briefing is due, with as many stories in it."""
    world = World(folder)
    web = '[web]\npublic_url = "https://watch.example.org"\n'
    mail = f'[mail]\nout = "smtp://127.0.0.1:{port}"\nsender = "watch@example.org"\nbounces = "back@example.org"\n'
    world.configure(monitor=f"[poll]\nadaptive = false\n{mail}{web}")
    await world.start()
    world.clock.at = datetime(2026, 3, 2, 20, tzinfo=UTC)
    for number, place in enumerate(_PLACES[:_STORIES]):
        event = _EVENTS[number % len(_EVENTS)]
        for url in world.urls[: 1 + number % 3]:
            told = f"The {event} in {place} was told to reporters by {number + 3} officials in the evening."
            world.web.publish(url, f"{place}: {event} number {number + 11}", summary=told)
    await world.app.poll.everything_due()
    await world.app.triage.run()
    await world.app.db.write(_subscribe, readers, world.clock.at)
    world.clock.pass_time(timedelta(hours=13))
    yield world.app
    await world.stop()
    assert world.crashes == [], world.crashes


def _subscribe(session: Session, readers: int, now: datetime) -> None:
    for number in range(readers):
        person = subscribers.add(
            session,
            f"reader{number}@{SINK}",
            zone=_ZONES[number % len(_ZONES)],
            briefing=True,
            briefing_at=_AT,
            alert_from=None,
            now=now,
            consent="",
        )
        person.language = _LANGUAGES[number % len(_LANGUAGES)]
        session.add(person)


async def _write(app: App, readers: int) -> Spent:
    done: list[Spent] = []
    with _timed(readers, done):
        await app.brief.run()
    return done[0]


async def _send(app: App, readers: int) -> Spent:
    done: list[Spent] = []
    # World gives them the door of its fake.
    ways = [replace(way, open_door=app.open_door) for way in (app.urgent, app.deliver)]
    with _timed(readers, done):
        for way in ways:
            await way.run(at_once=True)
    sent = await app.db.read(_sent)
    assert sent == readers, f"{sent} of {readers} were sent"
    return done[0]


def _sent(session: Session) -> int:
    return session.exec(select(func.count()).where(Delivery.status == DeliveryStatus.SENT)).one()


def _written(session: Session, number: int) -> list[tuple[Subscriber, Edition]]:
    wanted = (
        select(Subscriber, Edition)
        .join(Briefing, col(Briefing.subscriber_id) == Subscriber.id)
        .join(Edition, col(Edition.id) == Briefing.edition_id)
        .order_by(col(Subscriber.id))
        .limit(number)
    )
    return list(session.exec(wanted))


@dataclass(frozen=True)
class Plain:
    """One EmailMessage for each reader, of the same templates."""

    app: App
    port: int
    wanted: Sequence[tuple[Subscriber, Edition]]
    told: Mapping[int, Contents]

    def build(self, person: Subscriber, edition: Edition) -> EmailMessage:
        compose = self.app.compose
        reader = compose.reader(person, Leaving.BRIEFINGS)
        letter = compose.briefing(
            self.told[edition.id], reader, edition.local_date, edition.subject, edition.zone, edition.language
        )
        mail = EmailMessage()
        mail["Date"] = format_datetime(edition.written_at)
        mail["From"] = "feed-monitor <watch@example.org>"
        mail["To"] = person.address
        mail["Subject"] = letter.subject
        mail["Message-ID"] = f"<{person.id}.{edition.id}@example.org>"
        mail["List-Id"] = '"Daily briefing" <briefing.example.org>'
        mail["List-Unsubscribe"] = f"<{reader.leave}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        mail.add_alternative(letter.html, subtype="html")
        return mail

    def warm_up(self) -> None:
        """Templates are read once in the life of a program; neither side is to pay for it."""
        for person, edition in self.wanted[:_EDITIONS]:
            self.build(person, edition)

    async def send(self, connections: int) -> Spent:
        done: list[Spent] = []
        loop = asyncio.get_running_loop()
        shares = [self.wanted[at::connections] for at in range(connections)]
        with _timed(len(self.wanted), done), ThreadPoolExecutor(connections) as threads:
            await asyncio.gather(*(loop.run_in_executor(threads, self._send, share) for share in shares))
        return done[0]

    def _send(self, some: Sequence[tuple[Subscriber, Edition]]) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="example.org") as line:
            for person, edition in some:
                line.send_message(self.build(person, edition), "back@example.org", [person.address])


def _sizes(session: Session) -> str:
    own = session.exec(select(func.avg(func.length(Delivery.message)))).one()
    bodies, size = session.exec(select(func.count(), func.avg(func.length(Body.content))).select_from(Body)).one()
    return f"{bodies} bodies of {size / 1000:.1f} kB, and {own / 1000:.2f} kB of each reader's own"


async def measure(readers: int, plainly: int) -> bool:
    with _server() as port, tempfile.TemporaryDirectory() as folder:
        async with _morning(Path(folder), port, readers) as app:
            writing = await _write(app, readers)
            wanted = await app.db.read(_written, plainly)
            plain = Plain(app, port, wanted, {each.id: stored_contents(each.contents) for _, each in wanted})
            plain.warm_up()
            sending = await _send(app, readers)
            plainly_sent = await plain.send(app.deliver.connections)
            sizes = await app.db.read(_sizes)
    cpu = writing.each + sending.each
    rate = readers / (writing.wall + sending.wall)
    ratio = rate / plainly_sent.rate
    _tell("written", writing)
    _tell("sent", sending)
    _tell("smtplib, one EmailMessage each", plainly_sent)
    print(  # noqa: T201
        f"written and sent: {rate:.0f}/s, {ratio:.1f} times smtplib's (aim {_AIM_RATIO:.0f});"
        f" {cpu * 1000:.2f} ms of CPU each (aim {_AIM_CPU * 1000:.1f}); {sizes}"
    )
    # How far from the aims depends on who else is at work; slower than the plain way is a mistake anywhere.
    return ratio > 1


def _tell(what: str, spent: Spent) -> None:
    each = f"{spent.each * 1000:.2f} ms of CPU each"
    print(f"{what}: {spent.number} in {spent.wall:.1f} s, {spent.rate:.0f}/s, {each}")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="A minute of it.")
    parser.add_argument("--sink", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sink:
        asyncio.run(_sink())
        return
    sys.exit(not asyncio.run(measure(1_000 if given.short else 10_000, 200 if given.short else 1_000)))


if __name__ == "__main__":
    main()
