"""Servers that mean no good, each with its own way of wasting the time and memory of whoever reads it."""

import asyncio
import gzip
import zlib

from tests.net.loopback import Answer, answer

_ITEM = b"<item><title>Port closed %d</title><link>http://127.0.0.1/%d</link></item>"
_RSS, _END = b"<rss version='2.0'><channel><title>Herald</title>", b"</channel></rss>"
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"


def _endless(head: bytes, piece: bytes, pause: float = 0.0) -> Answer:
    async def go_on(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return go_on


async def _reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def _bomb(size: int) -> bytes:
    packer, zeros = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16), b" " * 1_000_000
    return b"".join(packer.compress(zeros) for _ in range(size // 1_000_000)) + packer.flush()


def _feed(inner: bytes) -> bytes:
    return _RSS + inner + _END


def documents() -> dict[str, Answer]:
    """Whole answers whose document is the trouble."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha" * 20) for n in range(12))
    items = b"".join(_ITEM % (n, n) for n in range(100_000))
    return {
        "gzip bomb of 200 MB": answer(body=_bomb(200_000_000), content_encoding="gzip"),
        "gzip in gzip": answer(body=gzip.compress(_bomb(200_000_000)), content_encoding="gzip"),
        "brotli unasked": answer(body=b"\x1b" * 2_000, content_encoding="br"),
        "zstd unasked": answer(body=b"\x28\xb5\x2f\xfd" * 500, content_encoding="zstd"),
        "100,000 headers": answer(body=b"", **{f"x_{n}": "y" for n in range(100_000)}),
        "a header of 5 MB": answer(body=b"", x_long="x" * 5_000_000),
        "shorter than promised": answer(body=_feed(b""), content_length="999999"),
        "bad chunks": _OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
        "HTTP/0.9": _feed(b""),
        "206 unasked": answer("206 Partial Content", _feed(b"")),
        "304 unasked": answer("304 Not Modified"),
        "redirect to itself": answer("302 Found", location="/"),
        "redirect to a file": answer("302 Found", location="file:///etc/passwd"),
        "entities that multiply": answer(body=b"<!DOCTYPE r [" + laughs + b"]>" + _feed(b"<title>&l11;</title>")),
        "nested 200,000 deep": answer(body=_feed(b"<a>" * 200_000)),
        "HTML nested deep": answer(body=_feed(b"<item><summary>" + b"&lt;div&gt;" * 100_000 + b"</summary></item>")),
        "100,000 items": answer(body=_feed(items)),
        "100,000 items packed": answer(body=gzip.compress(_feed(items)), content_encoding="gzip"),
        "a title of 5 MB": answer(body=_feed(b"<item><title>" + b"strike " * 700_000 + b"</title></item>")),
        "a million attributes": answer(body=b"<rss " + b" ".join(b'a%d="1"' % n for n in range(600_000)) + b"/>"),
        "7 MB of noise": answer(body=bytes(range(256)) * 28_000),
        "JSON nested deep": answer(body=b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 1_000_000),
    }


def conversations() -> dict[str, Answer]:
    """Answers without an end."""
    chunked = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
    return {
        "silence": _endless(b"", b"", 0.2),
        "headers a byte at a time": _endless(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.2),
        "a body a byte at a time": _endless(_OK + b"\r\n" + _RSS, b" ", 0.2),
        "a body without end": _endless(_OK + b"\r\n" + _RSS, b"<item/>" * 9_000),
        "headers without end": _endless(_OK, b"X-A: b\r\n" * 5_000),
        "a header without end": _endless(_OK + b"X-A: ", b"b" * 60_000),
        "interim answers without end": _endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2_000),
        "tiny chunks without end": _endless(chunked, b"1\r\nx\r\n" * 10_000),
        "chunks of wrapping": _endless(chunked, (b"1;" + b"e" * 4_000 + b"\r\nx\r\n") * 10),
        "padding without end": _endless(_OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(_RSS), b"\0" * 60_000),
        "reset": _reset,
    }
