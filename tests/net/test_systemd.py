"""Whoever supervises the service hears how it is; without a supervisor nothing happens."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.net.systemd import notify, watchdog


@contextmanager
def supervisor(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(address)
        ear.setblocking(False)
        yield ear


def test_a_supervisor_hears_the_states_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with supervisor(address) as ear:
        notify("READY=1", "STATUS=watching 3 feeds – żywo")
        assert ear.recv(4096).decode() == "READY=1\nSTATUS=watching 3 feeds – żywo"


def test_a_supervisor_with_an_abstract_address_hears_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The path only makes the name one that nobody else uses.
    name = f"feed-monitor-{os.getpid()}-{tmp_path.name}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    with supervisor(f"\0{name}") as ear:
        notify("WATCHDOG=1")
        assert ear.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", [None, ""])
def test_a_service_nobody_supervises_keeps_quiet(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if address is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


def test_a_supervisor_says_how_often_it_wants_to_hear_from_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert watchdog() == timedelta(seconds=60)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert watchdog() == timedelta(seconds=60)


def test_a_watchdog_meant_for_another_process_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getppid()))
    assert watchdog() is None


@pytest.mark.parametrize("said", ["", "often"])
def test_a_supervisor_without_a_watchdog_wants_to_hear_nothing(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", said)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    assert watchdog() is None
