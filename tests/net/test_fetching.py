"""What a publisher's server says reaches the reader whole, and what it does not say costs nothing."""

import asyncio
import gzip
import socket
from datetime import timedelta

import pytest

from monitor.net.fetch import Fetched, FetchFailed, FetchResult, Trouble, Unchanged
from tests.net.loopback import Answer, answer, nobody_listening, publishing
from tests.net.visiting import FEED, fetcher, request


async def fetched(said: Answer, *, largest: int = 1_000_000, etag: str = "", last_modified: str = "") -> FetchResult:
    async with publishing({"/feed": said}) as publisher, fetcher(largest=largest) as web:
        return await web.fetch(request(publisher.url(), etag, last_modified))


async def test_a_reader_gets_the_document_with_all_that_the_server_said_about_it() -> None:
    said = answer(body=FEED, etag='"v7"', last_modified="Mon, 02 Mar 2026 11:00:00 GMT", content_type="text/xml")
    async with publishing({"/feed": said}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    match result:
        case Fetched(body, url, content_type, etag, last_modified):
            told = (body, url, content_type, etag, last_modified)
            assert told == (FEED, publisher.url(), "text/xml", '"v7"', "Mon, 02 Mar 2026 11:00:00 GMT")
        case _:
            pytest.fail(f"{result}")


async def test_a_feed_that_moved_is_known_by_its_new_address() -> None:
    answers: dict[str, Answer] = {"/feed": answer("301 Moved", location="/new"), "/new": answer(body=FEED)}
    async with publishing(answers) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
        assert isinstance(result, Fetched)
        assert (result.url, result.body) == (publisher.url("/new"), FEED)


async def test_a_publisher_is_told_who_asks_and_what_encoding_we_take() -> None:
    async with publishing({"/feed": answer(body=FEED)}) as publisher, fetcher() as web:
        await web.fetch(request(publisher.url()))
        (heard,) = publisher.heard
    assert heard.headers["user-agent"] == "feed-monitor-tests/1 (+mailto:ops@example.org)"
    assert heard.headers["accept-encoding"] == "gzip"
    assert "application/rss+xml" in heard.headers["accept"]
    assert not {"if-none-match", "if-modified-since", "cookie"} & heard.headers.keys()


async def test_a_publisher_whose_feed_has_not_changed_need_not_send_it_again() -> None:
    async with publishing({"/feed": answer("304 Not Modified")}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url(), '"v7"', "Mon, 02 Mar 2026 11:00:00 GMT"))
        (heard,) = publisher.heard
    assert isinstance(result, Unchanged)
    assert heard.headers["if-none-match"] == '"v7"'
    assert heard.headers["if-modified-since"] == "mon, 02 mar 2026 11:00:00 gmt"


async def test_a_server_that_says_unchanged_to_a_first_visit_is_not_believed() -> None:
    result = await fetched(answer("304 Not Modified"))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason) == (Trouble.HTTP, "304 Not Modified")


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
async def test_a_packed_document_is_unpacked_for_the_reader(name: str) -> None:
    result = await fetched(answer(body=gzip.compress(FEED), content_encoding=name))
    assert isinstance(result, Fetched)
    assert result.body == FEED


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_700, 131_072, 131_300, 700_000])
async def test_a_document_that_packs_well_is_unpacked_to_its_last_byte(size: int) -> None:
    result = await fetched(answer(body=gzip.compress(b"x" * size, 9), content_encoding="gzip"))
    assert isinstance(result, Fetched)
    assert result.body == b"x" * size


async def test_a_document_sent_in_chunks_is_put_together() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (FEED[:7], FEED[7:]))
    result = await fetched(head + chunks + b"0\r\n\r\n")
    assert isinstance(result, Fetched)
    assert result.body == FEED


async def test_a_server_that_only_closes_the_line_at_the_end_is_understood() -> None:
    result = await fetched(b"HTTP/1.1 200 OK\r\n\r\n" + FEED)
    assert isinstance(result, Fetched)
    assert result.body == FEED


async def test_a_document_of_just_the_largest_size_is_taken() -> None:
    result = await fetched(answer(body=b"x" * 5_000), largest=5_000)
    assert isinstance(result, Fetched)
    assert len(result.body) == 5_000


async def test_a_packed_document_of_just_the_largest_size_is_taken() -> None:
    result = await fetched(answer(body=gzip.compress(b"x" * 5_000), content_encoding="gzip"), largest=5_000)
    assert isinstance(result, Fetched)
    assert len(result.body) == 5_000


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("120", timedelta(seconds=120)),
        ("Mon, 02 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta()),
        ("soon", timedelta()),
        ("-5", timedelta()),
        ("9" * 5_000, timedelta(seconds=10_000_000)),
        ("999999999999", timedelta(seconds=10_000_000)),
    ],
)
async def test_a_busy_server_says_how_long_it_wants_to_be_left_alone(said: str, waits: timedelta) -> None:
    result = await fetched(answer("429 Too Many Requests", retry_after=said))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason, result.asked_to_wait) == (Trouble.HTTP, "429 Too Many Requests", waits)


@pytest.mark.parametrize(("status", "gone"), [("404 Not Found", False), ("410 Gone", True), ("500 Oops", False)])
async def test_an_operator_reads_what_status_the_server_gave(status: str, gone: bool) -> None:
    result = await fetched(answer(status))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason, result.gone) == (Trouble.HTTP, status, gone)


async def test_two_visits_to_one_host_never_overlap_while_other_hosts_are_asked() -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await release.wait()
        writer.write(answer(body=FEED))

    slow: dict[str, Answer] = {"/a": slowly, "/b": answer(body=FEED)}
    async with publishing(slow) as one, publishing({"/feed": answer(body=FEED)}) as other, fetcher() as web:
        visits = [asyncio.create_task(web.fetch(request(one.url(path)))) for path in ("/a", "/b")]
        await arrived.wait()
        # Its whole round trip is time enough for a second visit to the first host, were there one.
        assert isinstance(await web.fetch(request(other.url())), Fetched)
        assert [heard.path for heard in one.heard] == ["/a"]
        release.set()
        results = await asyncio.gather(*visits)
        assert [heard.path for heard in one.heard] == ["/a", "/b"]
    assert all(isinstance(result, Fetched) for result in results)


async def test_a_visit_given_up_does_not_keep_the_host_locked() -> None:
    arrived = asyncio.Event()

    async def never(_writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    answers: dict[str, Answer] = {"/hangs": never, "/feed": answer(body=FEED)}
    async with publishing(answers) as publisher, fetcher() as web:
        visit = asyncio.create_task(web.fetch(request(publisher.url("/hangs"))))
        await arrived.wait()
        visit.cancel()
        await asyncio.wait([visit])
        assert visit.cancelled()
        assert isinstance(await web.fetch(request(publisher.url())), Fetched)


async def test_nobody_is_asked_outside_the_time_the_fetcher_is_open() -> None:
    with pytest.raises(RuntimeError, match="outside"):
        await fetcher().fetch(request("http://127.0.0.1/feed"))


async def test_a_refused_connection_is_told_with_its_address() -> None:
    with nobody_listening() as port:
        async with fetcher() as web:
            result = await web.fetch(request(f"http://127.0.0.1:{port}/"))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.CONNECT
    assert f"127.0.0.1:{port}" in result.reason


async def test_a_host_that_nobody_knows_is_told_by_name() -> None:
    async with fetcher() as web:
        result = await web.fetch(request("http://herald.invalid/feed"))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.DNS
    assert "herald.invalid" in result.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (socket.EAI_NONAME, "no address known for herald.test"),
        (socket.EAI_AGAIN, "the name server gave no answer for herald.test"),
    ],
)
async def test_a_name_server_that_is_away_is_told_from_a_name_that_is_not_there(code: int, reason: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(code, "as it says")

    async with fetcher(resolve=resolve) as web:
        result = await web.fetch(request("http://herald.test/feed"))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason) == (Trouble.DNS, reason)


async def test_a_host_with_no_address_at_all_is_not_asked() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return []

    async with fetcher(resolve=resolve) as web:
        result = await web.fetch(request("http://herald.test/feed"))
    assert isinstance(result, FetchFailed)
    assert (result.trouble, result.reason) == (Trouble.DNS, "no address known for herald.test")


async def test_no_more_servers_are_asked_at_once_than_there_are_connections() -> None:
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slowly(writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await release.wait()
        writer.write(answer(body=FEED))

    quick: dict[str, Answer] = {"/feed": answer(body=FEED)}
    async with publishing({"/feed": slowly}) as one, publishing(quick) as other, fetcher(connections=1) as web:
        visits = [asyncio.create_task(web.fetch(request(publisher.url()))) for publisher in (one, other)]
        await arrived.wait()
        async with fetcher() as somebody:
            # A whole visit is time enough for the second one, were there a connection for it.
            assert isinstance(await somebody.fetch(request(other.url())), Fetched)
        assert len(other.heard) == 1
        release.set()
        assert all(isinstance(result, Fetched) for result in await asyncio.gather(*visits))
        assert len(other.heard) == 2
