"""`demo`: the real service against publishers on loopback, with a fresh SQLite file and a Maildir."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text
from sqlmodel import Session, col, select

from monitor.app import utc_now
from monitor.cli.demo_feeds import DemoFeeds
from monitor.cli.frame import command, fail, program_name, set_up_log
from monitor.models import Alert, Delivery, DeliveryKind, DeliveryStatus, Entry, Feed, Match
from monitor.resources import shipped
from monitor.settings import load
from monitor.store import feeds
from monitor.store.db import Database
from monitor.words import Disposition

_READER = "duty@example.org"
_GOOD = {"wire", "herald", "observer", "gazette", "kurier", "a feed cut short"}
_BRIEFING_IN = timedelta(seconds=4)


@dataclass
class _Story:
    """What happened, as far as it has been seen."""

    folder: Path
    checks: list[tuple[str, bool]] = field(default_factory=list)
    published_at: datetime | None = None
    alert: Delivery | None = None
    briefing: Delivery | None = None

    def check(self, what: str, true: bool) -> None:
        self.checks.append((what, true))

    @property
    def mails(self) -> list[Path]:
        return sorted((self.folder / "state" / "mail" / "new").glob("*"))

    def mail(self, delivery: Delivery) -> EmailMessage:
        return message_from_bytes(delivery.message or b"", policy=policy.default)


@click.command()
@click.option("--keep", is_flag=True, help="Leave it running until Ctrl-C.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Where to work (default: a new folder)."
)
@command
async def demo(keep: bool, folder: Path | None) -> None:
    """Run the real service against small publishers on this machine and show what a duty officer would get.

    Nothing leaves this machine. Ends with exit code 1 if anything did not happen as it should.
    """
    set_up_log("text", "warning")
    place = (folder or Path(tempfile.mkdtemp(prefix="feed-monitor-demo-"))).absolute()
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        fail(f"{place} is not empty; name a new folder")
    story = _Story(place)
    # A demo that is told to end must not leave its service behind.
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with DemoFeeds() as publishers:
        _write_config(place, publishers)
        await _feed_monitor(place, "subscribers", "add", _READER, "--zone", "UTC", "--no-briefing")
        async with _service(place) as service:
            db = Database(load(place / "monitor.toml").database)
            try:
                await _tell(story, publishers, db)
                if keep:
                    _print(story)
                    await _wait_for_ctrl_c(place)
            finally:
                db.close()
            if service.returncode is None:
                service.terminate()
            story.check("the service stopped cleanly when told to", await service.wait() == 0)
    if keep:
        click.echo(f"the service was stopped; {place} stays")
    else:
        _print(story)
    sys.exit(0 if all(true for _, true in story.checks) else 1)


def _write_config(place: Path, publishers: DemoFeeds) -> None:
    for path in (shipped("config") / "demo").glob("*.toml"):
        text = path.read_text("utf-8")
        for name, address in publishers.addresses.items():
            text = text.replace(f"@{name}@", address)
        (place / path.name).write_text(text, "utf-8")


async def _feed_monitor(place: Path, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", "--config", str(place), *words, stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        fail(f"`feed-monitor {' '.join(words)}` did not work")


@asynccontextmanager
async def _service(place: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    with (place / "service.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", "--config", str(place), "run", stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _tell(story: _Story, publishers: DemoFeeds, db: Database) -> None:
    _progress("the service starts and polls nine feeds, three that cannot be read and one cut short")
    story.check("every feed was asked, the good ones read", await _until(lambda: _all_asked(db), 15))
    quiet = not await db.read(_deliveries, DeliveryKind.ALERT)
    story.check("the back catalogue of the first poll raised no alert", quiet)

    _progress("Meridian Wire publishes")
    story.published_at = publishers.publish(1)
    story.check("an alert was mailed", await _until(lambda: _sent(db, story, DeliveryKind.ALERT), 10))

    _progress("three more publishers report it, and a Polish one has other news")
    publishers.publish(2)
    joined = await _until(lambda: db.read(_four_voices), 10)
    story.check("the reports of four publishers became one story", joined)
    alone = len(await db.read(_deliveries, DeliveryKind.ALERT)) == 1
    story.check("the other three made no mail of their own; that the story grows is gathered for a while", alone)

    _progress("the subscriber's morning comes")
    morning = utc_now() + _BRIEFING_IN
    await _feed_monitor(story.folder, "subscribers", "add", _READER, "--briefing", "--at", f"{morning:%H:%M:%S}")
    story.check("the briefing was mailed", await _until(lambda: _sent(db, story, DeliveryKind.BRIEFING), 25))

    _progress("every feed is polled again")
    before = {feed.name: feed.polls for feed in await db.read(feeds.watched)}
    again = await _until(lambda: db.read(_polled_again, before), 10)
    story.check("polling again sent nothing twice", again and len(story.mails) == 2)
    for feed in await db.read(feeds.watched):
        if feed.name not in _GOOD or feed.trouble:
            story.check(f"status tells what is wrong with {feed.name}: {feed.trouble}", bool(feed.trouble))


async def _until(happened: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not await happened():  # noqa: ASYNC110
                await asyncio.sleep(0.1)  # the service is another process: there is no event to wait for
    except TimeoutError:
        return False
    return True


async def _all_asked(db: Database) -> bool:
    rows = await db.read(feeds.watched)
    good = all(feed.last_good_at is not None for feed in rows if feed.name in _GOOD)
    return bool(rows) and good and all(feed.last_polled_at is not None for feed in rows)


async def _sent(db: Database, story: _Story, kind: DeliveryKind) -> bool:
    sent = [each for each in await db.read(_deliveries, kind) if each.status == DeliveryStatus.SENT]
    if sent and kind == DeliveryKind.ALERT:
        story.alert = sent[0]
    elif sent:
        story.briefing = sent[0]
    return bool(sent)


def _deliveries(session: Session, kind: DeliveryKind) -> list[Delivery]:
    return list(session.exec(select(Delivery).where(Delivery.kind == kind).order_by(col(Delivery.id))))


def _four_voices(session: Session) -> bool:
    alert = session.exec(select(Alert)).first()
    if alert is None:
        return False
    told = session.exec(
        select(Feed.publisher).join(Entry, col(Entry.feed_id) == Feed.id).where(Entry.story_id == alert.story_id)
    )
    settled = select(Match).where(col(Match.disposition).in_([Disposition.TOLD, Disposition.GREW]))
    return len(set(told)) == 4 and len(session.exec(settled).all()) >= 3


def _polled_again(session: Session, before: dict[str, int]) -> bool:
    return all(feed.polls >= before[feed.name] + 2 for feed in feeds.watched(session) if feed.name in _GOOD)


async def _wait_for_ctrl_c(place: Path) -> None:
    _progress(f"it goes on running; look at it with `{program_name()} --config {place} status`; Ctrl-C ends it")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        # The end that was waited for: the rest of the demo goes on.
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()


def _progress(what: str) -> None:
    click.echo(f"... {what}", err=True)


def _print(story: _Story) -> None:
    out = Console(highlight=False, soft_wrap=True)
    out.print()
    if story.alert is not None and story.published_at is not None and story.alert.settled_at is not None:
        seconds = (story.alert.settled_at - story.published_at).total_seconds()
        mail = story.mail(story.alert)
        out.print(Text(f"THE ALERT  in the mailbox {seconds:.1f} s after publication", "bold"))
        out.print(Text(f"To: {mail['To']}\nSubject: {mail['Subject']}\n"))
        out.print(Text(_text_of(mail)))
    if story.briefing is not None:
        mail = story.mail(story.briefing)
        out.print(Text("THE BRIEFING", "bold"))
        out.print(Text(f"To: {mail['To']}\nSubject: {mail['Subject']}\n"))
        out.print(Text(_text_of(mail)))
    out.print(Text("WHAT HAPPENED", "bold"))
    for what, true in story.checks:
        out.print(Text(f"  {'yes' if true else 'NO '}  {what}"))
    out.print(Text(f"\nThe mails lie in {story.folder / 'state' / 'mail'}"))
    for path in story.mails:
        out.print(Text(f"  {path}"))
    out.print(Text(f"Look around: {program_name()} --config {story.folder} status"))
    if not all(true for _, true in story.checks):
        out.print(Text(f"Something went wrong; the service's log is {story.folder / 'service.log'}"))


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return "\n".join(f"  | {line}" for line in (body.get_content() if body else "").splitlines()) + "\n"
