"""A hostile or broken server costs its own feed a turn, and nobody else anything."""

import asyncio
import gzip
import socket
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.net.fetch import FeedRequest, Fetched, Fetcher, FetchFailed, Trouble
from tests.net.loopback import Answer, answer, forever, listening, publishing, self_signed, served_with
from tests.net.visiting import FEED, fetcher, request

SHORT, LONG = timedelta(milliseconds=300), timedelta(seconds=10)


async def failed(answers: dict[str, Answer] | Answer, patience: timedelta = LONG, largest: int = 1_000_000) -> Trouble:
    """The trouble this server makes; another visit to the same host goes well afterwards."""
    visitor = fetcher(timeout=patience, largest=largest)
    pages = answers if isinstance(answers, dict) else {"/feed": answers}
    async with publishing({**pages, "/good": answer(body=FEED)}) as publisher, visitor as web:
        result = await web.fetch(request(publisher.url()))
        assert isinstance(await web.fetch(request(publisher.url("/good"))), Fetched)
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


async def test_a_server_that_keeps_announcing_its_answer_is_left_before_it_costs_a_core() -> None:
    async def announcing(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 100)
            await writer.drain()

    assert await failed(announcing) == Trouble.PROTOCOL


async def test_a_few_announcements_before_the_answer_are_passed_over() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 3
    async with publishing({"/feed": hints + answer(body=FEED)}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, Fetched)
    assert result.body == FEED


@pytest.mark.parametrize(
    "line", [b"X-A: b\r\n", b"a", b" folded\r\n", b"Set-Cookie: a=b\r\n"], ids=["lines", "name", "folds", "cookies"]
)
async def test_headers_without_end_are_not_listened_to(line: bytes) -> None:
    async def without_end(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-First: 1\r\n")
        while True:
            writer.write(line * 1_000)
            await writer.drain()

    assert await failed(without_end) == Trouble.PROTOCOL


async def test_a_hundred_thousand_headers_are_refused() -> None:
    assert await failed(answer(body=FEED, **{f"x_{n}": "y" for n in range(100_000)})) == Trouble.PROTOCOL


@pytest.mark.parametrize(
    "piece",
    [b"1\r\nx\r\n" * 1_000, b"1;" + b"e" * 4_000 + b"\r\nx\r\n", b"0" * 4_000],
    ids=["small chunks", "chunks with long extensions", "a chunk of a length without end"],
)
async def test_chunks_that_are_mostly_wrapping_are_left_at_the_limit(piece: bytes) -> None:
    async def wrapped(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(piece)
            await writer.drain()

    assert await failed(wrapped, largest=50_000) in (Trouble.SIZE, Trouble.PROTOCOL)


@pytest.mark.parametrize("filling", [b"\0" * 10_000, gzip.compress(b"") * 500], ids=["zeros", "empty members"])
async def test_packing_without_contents_is_left_at_the_limit(filling: bytes) -> None:
    async def empty(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(FEED))
        while True:
            writer.write(filling)
            await writer.drain()

    assert await failed(empty, largest=50_000) == Trouble.SIZE


async def test_a_bomb_within_a_document_packed_twice_is_not_unfolded_either() -> None:
    packed = gzip.compress(gzip.compress(b"\0" * 10_000_000, 9), 9)
    async with publishing({"/feed": answer(body=packed, content_encoding="gzip")}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, Fetched)
    assert result.body == gzip.decompress(packed)


@pytest.mark.parametrize(
    "status", ["201 Created", "204 No Content", "205 Reset", "206 Partial Content", "101 Switching Protocols", "999 No"]
)
async def test_an_answer_that_nobody_asked_for_is_no_document(status: str) -> None:
    body = b"" if status.startswith("204") else FEED
    async with publishing({"/feed": answer(status, body)}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason) == (Trouble.HTTP, status)


@pytest.mark.parametrize("after", [b"", b"HTTP/1.1 200 OK\r\n", answer(body=FEED)[:-9]], ids=["mute", "head", "body"])
async def test_a_connection_that_is_reset_costs_the_feed_its_turn(after: bytes) -> None:
    async def resetting(writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        await writer.drain()
        linger_not = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        writer.transport.abort()

    assert await failed(resetting) == Trouble.PROTOCOL


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: -5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 51\r\nTransfer-Encoding: chunked",
    ],
    ids=["negative", "two", "two kinds"],
)
async def test_a_length_that_makes_no_sense_is_refused(head: bytes) -> None:
    assert await failed(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + FEED) == Trouble.PROTOCOL


async def test_many_large_documents_at_once_are_all_taken_in_as_others_have_been_read() -> None:
    async def read(web: Fetcher, url: str) -> int:
        result = await web.fetch(request(url))
        assert isinstance(result, Fetched)
        with result.room:
            return len(result.body)

    large = b"x" * 1_500_000
    async with publishing({"/feed": answer(body=large)}, at="0.0.0.0") as publisher, fetcher(largest=2_000_000) as web:
        urls = [f"http://127.0.0.{n}:{publisher.port}/feed" for n in range(2, 10)]
        sizes = await asyncio.gather(*(read(web, url) for url in urls))
    assert sizes == [1_500_000] * 8


async def test_a_large_document_waits_while_others_have_not_been_read_and_a_small_one_does_not() -> None:
    pages: dict[str, Answer] = {"/large": answer(body=b"x" * 1_500_000), "/small": answer(body=FEED)}
    async with publishing(pages, at="0.0.0.0") as publisher, fetcher(largest=2_000_000) as web:

        def place(number: int, path: str) -> FeedRequest:
            return request(f"http://127.0.0.{number}:{publisher.port}/{path}")

        held = [await web.fetch(place(number, "large")) for number in range(2, 5)]
        waiting = asyncio.create_task(web.fetch(place(6, "large")))
        # Time enough for the large one to arrive as well, were it let in.
        for _ in range(30):
            assert isinstance(await web.fetch(place(7, "small")), Fetched)
        assert not waiting.done()
        for result in held:
            assert isinstance(result, Fetched)
            with result.room:
                assert len(result.body) == 1_500_000
        assert isinstance(await waiting, Fetched)


async def test_a_server_whose_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    tls = served_with(self_signed(tmp_path))
    async with publishing({"/feed": answer(body=FEED)}, tls) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.TLS
    assert publisher.heard == []


async def test_a_server_that_speaks_no_tls_is_told_as_such() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer("400 Bad Request"))
        await writer.drain()

    async with listening(plain) as port, fetcher() as web:
        result = await web.fetch(request(f"https://127.0.0.1:{port}/feed"))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.TLS
