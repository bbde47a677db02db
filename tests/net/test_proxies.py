"""Where the way out leads through a proxy, feeds are read through it, and inner addresses stay out of reach."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.net.fetch import Access, Fetched, FetchFailed, FetchResult, Trouble
from tests.net import loopback
from tests.net.loopback import answer, listening, publishing
from tests.net.tricks import HOSTS
from tests.net.visiting import FEED, fetcher, request


@dataclass
class Proxy:
    """Passes on what it is asked for; `asked` holds the first line and the credentials of each request."""

    refuses: bytes = b""
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        self.asked.append((first, headers.get("proxy-authorization", "")))
        if self.refuses:
            writer.write(self.refuses)
            return
        verb, target, _ = first.split()
        place, slash, path = target.removeprefix("http://").partition("/")
        there, back = await asyncio.open_connection("127.0.0.1", int(place.rpartition(":")[2]))
        if verb == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            back.write(f"{verb} {slash}{path} HTTP/1.1\r\n\r\n".encode())
        try:
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        finally:
            back.close()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(65_536):
        sink.write(piece)
    sink.close()


def through(port: int, *, allow_private: bool = True, login: str = "") -> Access:
    return Access(allow_private=allow_private, proxy=f"http://{login}127.0.0.1:{port}")


async def refused(said: bytes, url: str) -> FetchResult:
    proxy = Proxy(refuses=said)
    async with listening(proxy.talk) as port, fetcher() as web:
        return await web.fetch(request(url, access=through(port)))


async def test_a_feed_is_read_through_the_proxy_with_its_name_and_password() -> None:
    proxy = Proxy()
    async with publishing({"/feed": answer(body=FEED)}) as publisher, listening(proxy.talk) as port, fetcher() as web:
        result = await web.fetch(request(publisher.url(), access=through(port, login="anna:secret@")))
    assert isinstance(result, Fetched)
    assert proxy.asked == [(f"GET {publisher.url()} HTTP/1.1", "basic yw5uytpzzwnyzxq=")]


async def test_a_feed_under_tls_is_read_through_a_tunnel_that_the_proxy_cannot_look_into(tmp_path: Path) -> None:
    certificate, proxy = loopback.self_signed(tmp_path), Proxy()
    async with (
        publishing({"/feed": answer(body=FEED)}, loopback.served_with(certificate)) as publisher,
        listening(proxy.talk) as port,
        fetcher(tls=loopback.trusting(certificate)) as web,
    ):
        result = await web.fetch(request(publisher.url(), access=through(port, login="anna:secret@")))
    assert isinstance(result, Fetched)
    assert proxy.asked == [(f"CONNECT 127.0.0.1:{publisher.port} HTTP/1.1", "basic yw5uytpzzwnyzxq=")]
    assert "proxy-authorization" not in publisher.heard[0].headers


async def test_an_inner_address_is_not_asked_through_a_proxy_either() -> None:
    proxy = Proxy()
    async with listening(proxy.talk) as port, fetcher() as web:
        for host in HOSTS:
            for scheme in ("http", "https"):
                url = f"{scheme}://{host}/feed"
                # A name that only the proxy may know is the proxy's to judge.
                if not host.endswith(".test") and not host.startswith("%") and host != "localhost.":
                    result = await web.fetch(request(url, access=through(port, allow_private=False)))
                    assert isinstance(result, FetchFailed)
                    assert result.trouble == Trouble.ADDRESS, url
    assert proxy.asked == []


async def test_a_name_that_only_the_proxy_knows_is_left_to_it() -> None:
    proxy = Proxy(refuses=answer(body=FEED))
    async with listening(proxy.talk) as port, fetcher() as web:
        result = await web.fetch(request("http://herald.invalid/feed", access=through(port, allow_private=False)))
    assert isinstance(result, Fetched)
    assert proxy.asked == [("GET http://herald.invalid/feed HTTP/1.1", "")]


async def test_a_proxy_that_refuses_or_is_not_there_is_named_as_the_trouble() -> None:
    result = await refused(answer("407 Proxy Authentication Required"), "https://herald.invalid/feed")
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason) == (
        Trouble.CONNECT,
        "the proxy refused (407 Proxy Authentication Required)",
    )
    with loopback.nobody_listening() as port:
        async with fetcher() as web:
            result = await web.fetch(request("http://herald.invalid/feed", access=through(port)))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason[:27]) == (Trouble.CONNECT, "cannot connect to the proxy")


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n\r\n"])
async def test_a_proxy_that_makes_no_sense_costs_the_feed_its_turn(said: bytes) -> None:
    result = await refused(said or b"\r\n", "https://herald.invalid/feed")
    assert isinstance(result, FetchFailed)
    assert result.reason
