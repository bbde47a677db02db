"""`run`, `poll`, `brief` and `deliver`."""

import sys
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from monitor.app import App, open_app, take_over, utc_now
from monitor.app.rules import rules_of
from monitor.cli.frame import command, config_file, counted, fail, read_config, set_up_log
from monitor.core.briefing import subject
from monitor.core.tickets import Leaving
from monitor.core.timing import latest_slot
from monitor.jobs.take_in import Failed, Outcome, Read, TakenIn
from monitor.models import DeliveryStatus, Subscriber
from monitor.service import serve
from monitor.settings.fields import address
from monitor.store import entries, feeds, outbox, subscribers
from monitor.store.feeds import DueFeed


@click.command()
@command
async def run() -> None:
    """Poll, alert, brief and deliver until SIGTERM or SIGINT. SIGHUP reads the config again."""
    config = read_config()
    set_up_log(config.settings.log.format, config.settings.log.level, quiet=False)
    # Only here, because the other commands need no pages and would start later with them.
    from monitor.web import pages
    from monitor.web.server import WebDoor

    await serve(config_file(), WebDoor(pages).follow)


@click.command()
@click.argument("names", metavar="[FEED]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Ask and print what would be new; store and send nothing.")
@command
async def poll(names: tuple[str, ...], dry_run: bool) -> None:
    """Ask the FEEDs (by name or address; all, if none is named) now, alert on what is new, and send it."""
    config = read_config()
    known = {feed.name for feed in config.feeds} | {feed.url for feed in config.feeds}
    unknown = [name for name in names if name not in known]
    if unknown:
        fail(f'no feed is called "{unknown[0]}"; `feed-monitor status` lists them')
    async with AsyncExitStack() as stack:
        # Rules that changed are tried first, and each language they speak loads its dictionary.
        with Console(stderr=True).status("trying the rules"):
            app = await stack.enter_async_context(open_app(config))
        now = utc_now()
        if dry_run:
            await _look(app, names)
            return
        if app.db.is_running():
            due = await app.db.write(feeds.make_due, names, now)
            asked = counted(len(due), "feed")
            click.echo(f"the running service was asked to poll {asked} now; `feed-monitor status` shows how it went")
            return
        await take_over(app, now)
        due = await app.db.write(feeds.make_due, names, now)
        failed: list[bool] = []
        closed: list[bool] = []
        with _progress() as bar:
            task = bar.add_task("asking", total=len(due))

            def told(feed: DueFeed, outcome: Outcome, came: TakenIn) -> None:
                bar.update(task, advance=1)
                failed.append(isinstance(outcome, Failed))
                news = f", {came.new} new" + (f", {came.revised} edited" if came.revised else "")
                try:
                    click.echo(f"{feed.name}: {_line(outcome)}" + ("" if failed[-1] else news))
                except BrokenPipeError:
                    closed.append(True)

            app.poll.follow(told)
            await app.poll.everything_due()
        triaged = await app.triage.run()
        await app.report.run()
        line = f"{counted(triaged, 'new entry', 'new entries')}; {await send_owed(app)}"
        if closed:
            raise BrokenPipeError
        click.echo(line)
        if failed and all(failed):
            sys.exit(1)


async def _look(app: App, names: tuple[str, ...]) -> None:
    chosen = [feed for feed in app.config.feeds if not names or feed.name in names or feed.url in names]
    stored = {feed.url: feed for feed in await app.db.read(feeds.watched)}
    for feed in chosen:
        # As if it had never been asked: so it shows everything, and what is new can be told.
        outcome = await app.poll.look(feeds.unasked(feed.url, feed.name))
        click.echo(f"{feed.name}: {_line(outcome)}")
        if isinstance(outcome, Read):
            known = stored.get(feed.url)
            new = await app.db.read(entries.unknown, known.id if known else 0, outcome.parsed.entries)
            for entry in new:
                click.echo(f"  new  {entry.title or entry.link}")


def _line(outcome: Outcome) -> str:
    match outcome:
        case Failed(kind, reason):
            return f"{kind}: {reason}"
        case Read(parsed):
            damage = f", damaged: {parsed.damage}" if parsed.damage else ""
            version = f", {parsed.version}" if parsed.version else ""
            return f"{counted(parsed.shown, 'entry', 'entries')}{version}{damage}"
        case _:
            return "unchanged"


def _progress() -> Progress:
    return Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


@click.command()
@click.option("--for", "for_address", metavar="ADDRESS", help="Only this subscriber, now; it is the one of today.")
@click.option("--dry-run", is_flag=True, help="Print what the next briefing would say; store and send nothing.")
@command
async def brief(for_address: str | None, dry_run: bool) -> None:
    """Write the briefings that are due. There is one per subscriber and local date, ever."""
    config = read_config()
    async with open_app(config, rules=rules_of(config.book)[0]) as app:
        people = await app.db.read(subscribers.confirmed)
        if for_address is not None:
            people = [person for person in people if person.address == address_or_fail(for_address)]
            if not people:
                fail(f"{for_address} is no confirmed subscriber; `feed-monitor subscribers list` shows who is")
        if dry_run:
            for person in people:
                await _preview(app, person)
            return
        if for_address is None:
            written = await app.brief.run()
            click.echo(f"{counted(written, 'briefing')} written")
        for person in people if for_address is not None else ():
            await _write_now(app, person)
        if app.db.is_running():
            click.echo("the running service delivers them")
            return
        await take_over(app, utc_now())
        click.echo(await send_owed(app))


async def _preview(app: App, person: Subscriber) -> None:
    contents = await app.brief.preview(person.address)
    if contents is not None:
        day = utc_now().astimezone(ZoneInfo(person.zone)).date()
        reader = app.compose.reader(person, Leaving.BRIEFINGS)
        language = person.language or app.compose.house.language
        letter = app.compose.briefing(contents, reader, day, subject(contents), person.zone, language)
        click.echo(f"To: {person.address}\nSubject: {letter.subject}\n\n{letter.text}")


async def _write_now(app: App, person: Subscriber) -> None:
    day = latest_slot(utc_now(), person.zone, person.briefing_at.replace(hour=0, minute=0, second=0)).local_date
    briefing = await app.brief.write_for(person.address, day)
    if briefing is None:
        click.echo(f"the briefing of {day} for {person.address} was written already; there is one a day")
    else:
        click.echo(f"briefing of {day} for {person.address}, the only one of that day: {briefing.subject}")


@click.command()
@command
async def deliver() -> None:
    """Send what is owed now, also what waits for a later try because the mail server was out of reach."""
    config = read_config()
    async with open_app(config, rules=rules_of(config.book)[0]) as app:
        await take_over(app, utc_now())
        click.echo(await send_owed(app))


async def send_owed(app: App) -> str:
    """Send what is due, also what was gathered or held until now; how that went, in a line."""
    await app.subscribe.run()
    await app.tell.run()
    before = await app.db.read(outbox.summary)
    sent = await app.send_mail(at_once=True)
    told = await app.channels.run(at_once=True)
    after = await app.db.read(outbox.summary)
    refused = after.counts.get(DeliveryStatus.FAILED, 0) - before.counts.get(DeliveryStatus.FAILED, 0)
    waiting = after.counts.get(DeliveryStatus.QUEUED, 0)
    line = f"{counted(sent, 'mail')} sent"
    line += f", {counted(told, 'message')} to channels" if told else ""
    line += f", {refused} refused for good (`feed-monitor status` says why)" if refused else ""
    return line + (f", {waiting} waiting: {after.trouble or 'their time has not come'}" if waiting else "")


def address_or_fail(said: str) -> str:
    try:
        return address(said)
    except ValueError as error:
        fail(str(error), code=2)
