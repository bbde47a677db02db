"""`web`: the pages as a program of their own, beside the service."""

import asyncio
import signal
from contextlib import AsyncExitStack

import click
import structlog

from monitor.app import open_app
from monitor.app.rules import rules_of
from monitor.cli.frame import BAD_CONFIG, command, fail, read_config, set_up_log
from monitor.net.systemd import notify
from monitor.settings import Config, SettingsError, load
from monitor.web import pages
from monitor.web.server import WebDoor

log = structlog.get_logger("web")


@click.command()
@command
async def web() -> None:
    """Serve the pages until SIGTERM or SIGINT, beside a service whose config says `alone = true` under [web].

    What strangers ask of the pages then cannot hold up the watch. SIGHUP reads the config again.
    """
    config = read_config()
    settings = config.settings.web
    if not settings.alone or not settings.public_url:
        sentence = "web: write `public_url` and `alone = true`; as it is, the service serves the pages itself"
        fail(f"{config.file}: {sentence}", code=BAD_CONFIG)
    set_up_log(config.settings.log.format, config.settings.log.level, quiet=False)
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    door = WebDoor(pages, alone=True)
    async with AsyncExitStack() as parts:
        app = await parts.enter_async_context(open_app(config, rules=rules_of(config.book)[0]))
        await door.follow(app)
        notify("READY=1", "STATUS=serving the pages")
        log.info("started", listen=settings.listen)
        while await _woken(stop, again):
            again.clear()
            config, problems = _read(config)
            if problems:
                log.error("config refused, the old one stays in force", problems=problems)
                continue
            fresh = AsyncExitStack()
            app = await fresh.enter_async_context(open_app(config, rules=rules_of(config.book)[0]))
            await door.follow(app)
            await parts.aclose()
            parts.push_async_exit(fresh)
            log.info("config read again")
        notify("STOPPING=1")
        await door.follow(None)
    log.info("stopped")


def _read(old: Config) -> tuple[Config, list[str]]:
    """The config as it stands now; the old one, and why, if it cannot be used."""
    try:
        return load(old.file), []
    except SettingsError as error:
        return old, error.problems


async def _woken(stop: asyncio.Event, again: asyncio.Event) -> bool:
    """False: to stop."""
    waiting = [asyncio.create_task(each.wait()) for each in (stop, again)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
    return not stop.is_set()
