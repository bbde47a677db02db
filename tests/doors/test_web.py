"""The service with its pages open to the world: a real process, a real hub, and callers who mean no good."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import aiohttp
import pytest

from monitor.app import utc_now
from tests.doors.test_service import Supervisor, feed_monitor, running
from tests.net.post_office import post_office
from tests.web.hub import Hub, item, open_hub

_RULES = '[rules.strike]\nseverity = "critical"\nmatch = "pre-emptive strike"\n'


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def configure(folder: Path, hub: Hub, port: int, mail: str = "maildir:mail") -> Path:
    config = folder / "config"
    config.mkdir(exist_ok=True)
    web = f'[web]\nlisten = "127.0.0.1:{port}"\npublic_url = "http://127.0.0.1:{port}"\n'
    poll = '[poll]\nhost_pause = "0s"\nevery = "1h"\n'
    (config / "monitor.toml").write_text(f'state = "state"\n{poll}{web}[mail]\nout = "{mail}"\n')
    (config / "feeds.toml").write_text(f'[[feed]]\nurl = "{hub.url()}"\nname = "wire"\nallow_private = true\n')
    (config / "rules.toml").write_text(_RULES)
    return config


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.line.close()


async def test_a_story_that_a_hub_pushes_is_in_the_mail_without_a_poll(supervisor: Supervisor) -> None:
    async with open_hub() as hub, post_office() as office:
        config = configure(supervisor.folder, hub, free_port(), f"smtp://127.0.0.1:{office.port}")
        hub.items = item("An ordinary day", 1)
        added = await asyncio.to_thread(feed_monitor, config, "subscribers", "add", "duty@example.org", "--no-briefing")
        assert added.returncode == 0, added.stderr
        async with running(config, supervisor) as service, asyncio.timeout(60):
            await hub.heard.wait()
            assert (await hub.verifies(hub.wishes[0])).status == 200
            asked = hub.asked
            now = utc_now().isoformat()
            news = hub.document(item("Pre-emptive strike feared", 2, at=now))
            assert (await hub.delivers(hub.wishes[0], news)).status == 202
            await office.came.wait()
            await office.visits[0].left.wait()
            assert hub.asked == asked
            service.send_signal(signal.SIGTERM)
            assert await service.wait() == 0
        (mail,) = office.mails
        assert message_from_bytes(mail)["Subject"] == "[strike] Pre-emptive strike feared"


async def test_a_stop_waits_for_no_caller_who_only_began_and_a_reload_opens_another_door(
    supervisor: Supervisor,
) -> None:
    async with open_hub() as hub, aiohttp.ClientSession() as visitor:
        first, second = free_port(), free_port()
        config = configure(supervisor.folder, hub, first)
        async with running(config, supervisor) as service:
            await supervisor.sees("READY=1")
            async with visitor.get(f"http://127.0.0.1:{first}/health") as health:
                assert (await health.json())["feeds"] == 1

            configure(supervisor.folder, hub, second)
            service.send_signal(signal.SIGHUP)
            await supervisor.sees("STATUS=watching 1 feed")
            async with visitor.get(f"http://127.0.0.1:{second}/") as page:
                assert page.status == 200
            with pytest.raises(aiohttp.ClientConnectorError):
                await visitor.get(f"http://127.0.0.1:{first}/")

            with socket.create_server(("127.0.0.1", 0)) as taken:
                configure(supervisor.folder, hub, taken.getsockname()[1])
                service.send_signal(signal.SIGHUP)
                assert "cannot listen on" in await supervisor.sees("config refused")

            _, half = await asyncio.open_connection("127.0.0.1", second)
            half.write(b"GET / HTTP/1.1\r\nHo")
            await half.drain()
            service.send_signal(signal.SIGTERM)
            await supervisor.sees("STOPPING=1")
            assert await service.wait() == 0
            half.close()


async def test_a_place_that_is_taken_ends_the_start_with_one_sentence(supervisor: Supervisor) -> None:
    async with open_hub() as hub:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            config = configure(supervisor.folder, hub, taken.getsockname()[1])
            refused = await asyncio.to_thread(feed_monitor, config, "run")
    last = refused.stderr.splitlines()[-1]
    assert refused.returncode == 1
    assert last.startswith("feed-monitor: cannot listen on 127.0.0.1:")
    assert last.endswith("choose another `listen` under [web]")
    assert "Traceback" not in refused.stderr


async def test_pages_that_are_a_program_of_their_own_leave_the_service_without_a_door(supervisor: Supervisor) -> None:
    port = free_port()
    async with open_hub() as hub, aiohttp.ClientSession() as visitor:
        config = configure(supervisor.folder, hub, port)
        monitor = config / "monitor.toml"
        monitor.write_text(monitor.read_text().replace("[web]\n", "[web]\nalone = true\n"))
        health = f"http://127.0.0.1:{port}/health"
        async with running(config, supervisor) as service:
            await supervisor.sees("READY=1")
            with pytest.raises(aiohttp.ClientConnectionError):
                await visitor.get(health)
            async with running(config, supervisor, "web") as web:
                await supervisor.sees("READY=1")
                async with visitor.get(health) as answer:
                    assert (await answer.json())["feeds"] == 1
                web.send_signal(signal.SIGHUP)
                web.send_signal(signal.SIGTERM)
                assert await web.wait() == 0
            service.send_signal(signal.SIGTERM)
            assert await service.wait() == 0


async def test_who_starts_the_pages_although_the_service_serves_them_reads_what_to_write(
    supervisor: Supervisor,
) -> None:
    async with open_hub() as hub:
        config = configure(supervisor.folder, hub, free_port())
        ran = await asyncio.to_thread(feed_monitor, config, "web")
    assert ran.returncode == 78
    assert "write `public_url` and `alone = true`" in ran.stderr
