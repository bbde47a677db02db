"""Servers on 127.0.0.1 that say exactly what a test tells them to, however rude."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(
    talk: Talk, tls: ssl.SSLContext | None = None, *, at: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Serve `talk` on a free port until the block ends; whoever is still talking then is cut off."""
    talks: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await talk(reader, writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(converse(reader, writer)))

    server = await asyncio.start_server(accept, at, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in talks:
            each.cancel()
        if talks:
            await asyncio.wait(talks)
        for each in talks:
            # A mistake in a server would otherwise look like a rude answer and pass unseen.
            if not each.cancelled() and (error := each.exception()) is not None:
                raise error


@contextmanager
def nobody_listening() -> Iterator[int]:
    """A port where every connection is refused; being bound, nobody else can take it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def forever() -> None:
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Heard:
    path: str
    headers: dict[str, str]
    method: str = "GET"
    body: str = ""


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Publisher:
    """A web server: each path gets its bytes, or a function that writes them."""

    answers: dict[str, Answer]
    port: int = 0
    scheme: str = "http"
    at: str = "127.0.0.1"
    heard: list[Heard] = field(default_factory=list)

    def url(self, path: str = "/feed") -> str:
        return f"{self.scheme}://{self.at}:{self.port}{path}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        method, path, _ = first.split()
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.heard.append(Heard(path, headers, method, body.decode()))
        answer = self.answers[path]
        if callable(answer):
            await answer(writer)
        else:
            writer.write(answer)
        await writer.drain()


@asynccontextmanager
async def publishing(
    answers: dict[str, Answer], tls: ssl.SSLContext | None = None, *, at: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Publisher]:
    publisher = Publisher(answers, scheme="https" if tls else "http", at=at)
    async with listening(publisher.talk, tls, at=at, port=port) as publisher.port:
        yield publisher


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP answer; `_` in a header's name stands for `-`."""
    named = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key in one file; nobody trusts it unless told to."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    file, key = folder / "certificate.pem", folder / "key.pem"
    subject = ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [openssl, "req", *kind, *subject, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True
    )
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file


def served_with(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))
