"""The service as systemd and an operator meet it: a real process, real signals."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from monitor.jobs.job import Job

SERVICE = (sys.executable, "-m", "monitor", "--config")
CHECKOUT = Path(__file__).parents[2]


@dataclass
class Supervisor:
    """What systemd sees of the service: the states it sends, in order."""

    folder: Path
    states: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.line.bind(str(self.folder / "notify"))
        self.line.setblocking(False)

    async def sees(self, wanted: str) -> str:
        """Wait until the service sends this state."""
        async with asyncio.timeout(20):
            while True:
                message = await asyncio.get_running_loop().sock_recv(self.line, 4096)
                self.states += message.decode().splitlines()
                found = [state for state in message.decode().splitlines() if wanted in state]
                if found:
                    return found[0]


def configure(folder: Path, url: str) -> Path:
    config = folder / "config"
    config.mkdir()
    (config / "monitor.toml").write_text('state = "state"\n[poll]\nevery = "1s"\nadaptive = false\nhost_pause = "0s"\n')
    (config / "feeds.toml").write_text(f'[[feed]]\nurl = "{url}"\nname = "wire"\nallow_private = true\n')
    (config / "rules.toml").write_text('[rules.strike]\nmatch = "strike"\n')
    return config


@asynccontextmanager
async def running(
    config: Path, supervisor: Supervisor, command: str = "run", **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *SERVICE,
        str(config),
        command,
        env={**os.environ, "NOTIFY_SOCKET": str(supervisor.folder / "notify"), **environment},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.line.close()


def feed_monitor(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SERVICE, config, *words], capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_tells_when_it_is_ready_and_stops_cleanly_when_told_to(
    supervisor: Supervisor, httpserver: HTTPServer, number: signal.Signals
) -> None:
    httpserver.expect_request("/feed").respond_with_data("<rss version='2.0'><channel/></rss>")
    async with running(configure(supervisor.folder, httpserver.url_for("/feed")), supervisor) as service:
        await supervisor.sees("READY=1")
        service.send_signal(number)
        await supervisor.sees("STOPPING=1")
        assert await service.wait() == 0


async def test_progress_feeds_the_watchdog(supervisor: Supervisor, httpserver: HTTPServer) -> None:
    config = configure(supervisor.folder, httpserver.url_for("/feed"))
    async with running(config, supervisor, WATCHDOG_USEC="900000"):
        await supervisor.sees("WATCHDOG=1")
        await supervisor.sees("WATCHDOG=1")


async def test_a_job_that_hangs_is_told_from_one_that_works_for_long() -> None:
    async def crashed(job: str, error: Exception) -> None:
        raise AssertionError(f"{job}: {error}")

    async def well(job: str) -> None:
        done.set()

    release, done = asyncio.Event(), asyncio.Event()
    job = Job("deliver", release.wait, timedelta(seconds=5), timedelta(minutes=20), crashed, well)
    clock = asyncio.get_running_loop().time
    assert not job.hangs(clock() + 3600)
    job.wake()
    assert not job.hangs(clock() + 1100)
    assert job.hangs(clock() + 1300)
    release.set()
    await done.wait()
    await job.finish()
    assert not job.hangs(clock() + 1300)


async def test_a_second_instance_on_the_same_database_refuses_to_start(
    supervisor: Supervisor, httpserver: HTTPServer
) -> None:
    config = configure(supervisor.folder, httpserver.url_for("/feed"))
    async with running(config, supervisor) as service:
        await supervisor.sees("READY=1")
        second = await asyncio.to_thread(feed_monitor, config, "run")

        assert second.returncode == 1
        assert f"process {service.pid} already works on" in second.stderr
        assert "Traceback" not in second.stderr


async def test_a_reload_takes_a_good_config_and_refuses_a_bad_one_and_says_so(
    supervisor: Supervisor, httpserver: HTTPServer
) -> None:
    config = configure(supervisor.folder, httpserver.url_for("/feed"))
    async with running(config, supervisor) as service:
        await supervisor.sees("READY=1")
        with (config / "feeds.toml").open("a") as feeds:
            feeds.write(f'[[feed]]\nurl = "{httpserver.url_for("/second")}"\nname = "second"\n')
        service.send_signal(signal.SIGHUP)
        await supervisor.sees("STATUS=watching 2 feeds")

        (config / "rules.toml").write_text("[rules.strike]\nmatch = '\"never closed'\n")
        service.send_signal(signal.SIGHUP)
        refused = await supervisor.sees("config refused")
        assert "the old one stays in force" in refused
        assert "rules.toml:2: rule strike" in refused

        status = await asyncio.to_thread(feed_monitor, config, "status")
        assert "service   running" in status.stdout
        assert "TROUBLE   config, as it stands now:" in status.stdout
        assert "TROUBLE   reload" in status.stdout

        tested = '[rules.strike]\nmatch = "strike"\n[rules.strike.tests]\nsilent = "Rail strike called off"\n'
        (config / "rules.toml").write_text(tested)
        service.send_signal(signal.SIGHUP)
        assert "should stay silent, but fires" in await supervisor.sees("config refused")

        (config / "rules.toml").write_text('[rules.strike]\nmatch = "strike"\n')
        service.send_signal(signal.SIGHUP)
        await supervisor.sees("STATUS=watching 2 feeds")
        assert "TROUBLE" not in (await asyncio.to_thread(feed_monitor, config, "status")).stdout
        assert service.returncode is None


async def test_a_bad_config_ends_with_78_and_one_sentence(supervisor: Supervisor) -> None:
    config = configure(supervisor.folder, "gopher://news.test")
    refused = await asyncio.to_thread(feed_monitor, config, "run")

    assert refused.returncode == 78
    assert refused.stderr.count("\n") == 1
    assert "feeds.toml:2: feed.url:" in refused.stderr


async def test_a_poll_by_hand_is_left_to_the_service_that_runs(supervisor: Supervisor, httpserver: HTTPServer) -> None:
    config = configure(supervisor.folder, httpserver.url_for("/feed"))
    async with running(config, supervisor):
        await supervisor.sees("READY=1")
        asked = await asyncio.to_thread(feed_monitor, config, "poll")
        assert "the running service was asked to poll 1 feed" in asked.stdout


@pytest.mark.parametrize("name", ["feed-monitor.service", "feed-monitor-web.service"])
def test_the_unit_files_have_no_mistake_that_systemd_would_pass_over_in_silence(name: str) -> None:
    unit = CHECKOUT / "systemd" / name
    if not Path("/usr/bin/systemd-analyze").exists():
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=yes", unit], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    secure = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit], capture_output=True, check=False
    )
    assert secure.returncode == 0


async def test_a_demo_that_is_told_to_end_leaves_no_service_behind(tmp_path: Path) -> None:
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "monitor",
        "demo",
        "--keep",
        "--dir",
        str(tmp_path / "demo"),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert demo.stderr is not None
    async for line in demo.stderr:
        if b"goes on running" in line:
            break
    running = await asyncio.to_thread(feed_monitor, tmp_path / "demo", "status")
    assert "service   running" in running.stdout
    demo.terminate()
    assert await demo.wait() == 0
    after = await asyncio.to_thread(feed_monitor, tmp_path / "demo", "status")
    assert "NOT RUNNING" in after.stdout
