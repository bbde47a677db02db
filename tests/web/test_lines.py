"""Whoever keeps us waiting, comes in crowds or brings too much costs nobody else anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from monitor.app import App, Ports, open_app
from monitor.settings import load
from monitor.web import pages
from monitor.web.server import WebDoor
from tests.net.loopback import nobody_listening
from tests.web.conftest import configure

ASK = b"GET /style.css HTTP/1.1\r\nHost: watch.test\r\n\r\n"


@dataclass
class Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says(self, words: bytes) -> None:
        self.writer.write(words)
        await self.writer.drain()

    async def status(self) -> int:
        """Of the next answer, whose body is read too."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        _, _, length = head.partition("content-length: ")
        await self.reader.readexactly(int(length.split()[0]) if length else 0)
        return int(head.split()[1])

    async def is_cut(self) -> bool:
        try:
            return await self.reader.read(1) == b""
        except ConnectionResetError:
            return True


@asynccontextmanager
async def line(door: WebDoor) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def opened(app: App, *, patience: float = 30.0, most: int = 200) -> AsyncIterator[WebDoor]:
    door = WebDoor(pages, patience=patience, most=most)
    await door.follow(app)
    try:
        yield door
    finally:
        await door.follow(None)


async def test_who_does_not_finish_a_request_is_cut_off(app: App) -> None:
    async with opened(app, patience=0.1) as door:
        for words in (b"", b"GET / HTTP/1.1\r\nHost: wat"):
            async with line(door) as slow:
                await slow.says(words)
                assert await slow.is_cut()
        async with line(door) as slow:
            await slow.says(b"POST /push/x HTTP/1.1\r\nHost: watch.test\r\nContent-Length: 9\r\n\r\nhalf")
            assert await slow.status() == 410
            assert await slow.is_cut()


async def test_a_line_that_was_answered_once_does_not_get_a_second_request_for_ever(app: App) -> None:
    async with opened(app, patience=0.1) as door, line(door) as slow:
        await slow.says(ASK)
        assert await slow.status() == 200
        await slow.says(ASK[:-3])
        assert await slow.is_cut()


async def test_a_crowd_that_only_waits_does_not_keep_a_reader_out(app: App) -> None:
    async with AsyncExitStack() as crowd:
        door = await crowd.enter_async_context(opened(app, most=10))
        waiting = []
        for _ in range(40):
            waiting.append(await crowd.enter_async_context(line(door)))
            await waiting[-1].says(b"GET / HTTP/1.1\r\n")
        reader = await crowd.enter_async_context(line(door))
        await reader.says(ASK)
        assert await reader.status() == 200
        assert all([await each.is_cut() for each in waiting[:30]])


async def test_headers_without_end_are_refused(door: WebDoor) -> None:
    async with line(door) as talker:
        await talker.says(b"GET / HTTP/1.1\r\nHost: watch.test\r\n" + b"X-Long: " + b"x" * 20_000)
        assert await talker.status() == 400


async def test_a_server_that_stops_waits_for_nobody_who_only_began(app: App) -> None:
    async with AsyncExitStack() as life:
        door = WebDoor(pages)
        await door.follow(app)
        half = await life.enter_async_context(line(door))
        await half.says(b"GET / HTTP/1.1\r\nHo")
        whole = await life.enter_async_context(line(door))
        await whole.says(ASK)
        assert await whole.status() == 200
        await door.follow(None)
        assert await half.is_cut()
        assert await whole.is_cut()


async def test_pages_follow_the_config_to_another_place(app: App, tmp_path: Path, door: WebDoor) -> None:
    async with open_app(load(configure(tmp_path, listen="localhost:0")), Ports()) as moved:
        before = door.port
        await door.follow(moved)
        assert door.port != before
        async with line(door) as reader:
            await reader.says(ASK)
            assert await reader.status() == 200
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", before)


async def test_pages_follow_the_config_to_another_name_on_the_same_line(
    app: App, tmp_path: Path, door: WebDoor
) -> None:
    config = load(configure(tmp_path, public_url="https://new.test"))
    async with line(door) as reader:
        await door.follow(replace(app, config=config))
        await reader.says(ASK)
        assert await reader.status() == 400
        await reader.says(ASK.replace(b"watch.test", b"new.test"))
        assert await reader.status() == 200


async def test_a_place_that_is_taken_is_named_and_the_old_one_stays_open(
    app: App, tmp_path: Path, door: WebDoor
) -> None:
    with nobody_listening() as taken:
        config = load(configure(tmp_path, listen=f"127.0.0.1:{taken}"))
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken} .*choose another `listen` under"):
            await door.follow(replace(app, config=config))
    async with line(door) as reader:
        await reader.says(ASK)
        assert await reader.status() == 200
