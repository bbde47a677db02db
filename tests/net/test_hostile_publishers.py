"""A hostile or broken server costs its own feed a turn, and nobody else anything."""

import asyncio
import gzip
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.net.fetch import FeedRequest, Fetched, Fetcher, FetchFailed, Trouble
from tests.net.loopback import Answer, answer, forever, listening, publishing, self_signed, served_with

FEED = b"<rss><channel><title>Herald</title></channel></rss>"
SHORT, LONG = timedelta(milliseconds=300), timedelta(seconds=10)


def fetcher(timeout: timedelta = LONG, largest: int = 1_000_000) -> Fetcher:
    return Fetcher(
        user_agent="feed-monitor-tests/1",
        timeout=timeout,
        largest=largest,
        connections=8,
        host_pause=timedelta(),
        now=lambda: datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    )


async def failed(answers: dict[str, Answer] | Answer, patience: timedelta = LONG, largest: int = 1_000_000) -> Trouble:
    """The trouble this server makes; another visit to the same host goes well afterwards."""
    pages = answers if isinstance(answers, dict) else {"/feed": answers}
    async with publishing({**pages, "/good": answer(body=FEED)}) as publisher, fetcher(patience, largest) as web:
        result = await web.fetch(FeedRequest(publisher.url()))
        assert isinstance(await web.fetch(FeedRequest(publisher.url("/good"))), Fetched)
    assert isinstance(result, FetchFailed)
    assert result.reason
    return result.trouble


async def test_a_gzip_bomb_never_unfolds() -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    megabyte = b"\0" * 1_000_000
    bomb = b"".join(packer.compress(megabyte) for _ in range(100)) + packer.flush()
    assert len(bomb) < 200_000
    assert await failed(answer(body=bomb, content_encoding="gzip")) == Trouble.SIZE


async def test_a_document_without_end_is_left_at_the_limit() -> None:
    async def without_end(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
        while True:
            writer.write(b"<item/>" * 1_000)
            await writer.drain()

    assert await failed(without_end, largest=50_000) == Trouble.SIZE


async def test_a_document_one_byte_too_large_is_not_taken() -> None:
    assert await failed(answer(body=b"x" * 5_001), largest=5_000) == Trouble.SIZE


@pytest.mark.parametrize("name", ["br", "deflate", "zstd", "gzip, gzip"])
async def test_an_encoding_nobody_asked_for_is_refused(name: str) -> None:
    assert await failed(answer(body=b"\x0b\x02\x80hello\x03", content_encoding=name)) == Trouble.PROTOCOL


async def test_a_packed_document_that_breaks_off_is_not_taken_for_whole() -> None:
    cut = gzip.compress(FEED)[:-12]
    assert await failed(answer(body=cut, content_encoding="gzip")) == Trouble.PROTOCOL


async def test_a_document_that_only_claims_to_be_packed_is_refused() -> None:
    assert await failed(answer(body=FEED, content_encoding="gzip")) == Trouble.PROTOCOL


async def test_a_document_shorter_than_promised_is_not_taken_for_whole() -> None:
    assert await failed(answer(body=FEED, content_length="5000")) == Trouble.PROTOCOL


async def test_chunks_that_make_no_sense_are_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert await failed(head + b"5\r\nhello\r\nzz\r\n") == Trouble.PROTOCOL


async def test_headers_without_measure_are_refused() -> None:
    assert await failed(answer(body=FEED, x_filler="x" * 200_000)) == Trouble.PROTOCOL


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00\xff\x13garbage\r\n\r\n"])
async def test_a_server_that_does_not_speak_http_is_refused(said: bytes) -> None:
    assert await failed(said) == Trouble.PROTOCOL


async def test_a_feed_that_leads_in_circles_is_not_followed_forever() -> None:
    circle: dict[str, Answer] = {
        "/feed": answer("302 Found", location="/back"),
        "/back": answer("302 Found", location="/feed"),
    }
    assert await failed(circle) == Trouble.REDIRECT


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/feed", "javascript:alert(1)", "http://[bad/"])
async def test_a_feed_that_leads_out_of_the_web_is_not_followed(place: str) -> None:
    assert await failed(answer("302 Found", location=place)) == Trouble.REDIRECT


async def test_a_server_that_never_answers_is_left() -> None:
    async def silent(_writer: asyncio.StreamWriter) -> None:
        await forever()

    assert await failed(silent, SHORT) == Trouble.TIMEOUT


@pytest.mark.parametrize("head", [b"X-Slow: ", b"Content-Length: 100000\r\n\r\n"], ids=["head", "body"])
async def test_a_server_that_sends_a_byte_now_and_then_is_left(head: bytes) -> None:
    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + head)
        while True:
            writer.write(b"H")
            await writer.drain()
            # Not to wait for anything: the pace is what the server is about.
            await asyncio.sleep(0.02)

    assert await failed(dripping, SHORT) == Trouble.TIMEOUT


async def test_a_server_whose_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    tls = served_with(self_signed(tmp_path))
    async with publishing({"/feed": answer(body=FEED)}, tls) as publisher, fetcher() as web:
        result = await web.fetch(FeedRequest(publisher.url()))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.TLS
    assert publisher.heard == []


async def test_a_server_that_speaks_no_tls_is_told_as_such() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer("400 Bad Request"))
        await writer.drain()

    async with listening(plain) as port, fetcher() as web:
        result = await web.fetch(FeedRequest(f"https://127.0.0.1:{port}/feed"))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.TLS
