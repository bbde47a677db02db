"""Tell systemd how we are (sd_notify(3)); nothing happens where nobody listens."""

import os
import socket
from contextlib import suppress
from datetime import timedelta


def notify(*states: str) -> None:
    """Send states such as "READY=1" or "STATUS=..."."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # A supervisor that has gone away must not take the service along.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        line.sendall("\n".join(states).encode())


def watchdog() -> timedelta | None:
    """How often systemd wants to hear from this process, if at all."""
    micros = os.environ.get("WATCHDOG_USEC", "")
    ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return timedelta(microseconds=int(micros)) if micros.isdigit() and ours else None
