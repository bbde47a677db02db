"""What servers say in no known alphabet, or against the rules, stays one message's or one feed's matter."""

import asyncio
import gzip
from pathlib import Path

import pytest

from monitor.net.fetch import Fetched, FetchFailed, Trouble
from monitor.net.post import SendFailed, Sent
from monitor.net.systemd import notify
from monitor.settings.fields import address
from tests.net.loopback import answer, publishing
from tests.net.post_office import SILENCE, door, letter, post_office
from tests.net.visiting import fetcher, request


def storable(text: str) -> bool:
    return text.isprintable() and "\0" not in text and text == text.encode("utf-8", "replace").decode()


async def test_an_operator_reads_a_reason_in_no_known_alphabet_as_far_as_it_can_be_read() -> None:
    said = b"HTTP/1.1 500 K\xe4se \x1b[31mred\r\nContent-Length: 0\r\n\r\n"
    async with publishing({"/feed": said}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, FetchFailed)
    assert storable(result.reason)
    assert result.reason.startswith("500 Kse")


async def test_a_validator_that_is_no_text_is_not_kept() -> None:
    head = b'HTTP/1.1 200 OK\r\nETag: "\xe9"\r\nLast-Modified: \xff\r\nContent-Length: 2\r\n\r\n'
    async with publishing({"/feed": head + b"hi"}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, Fetched)
    assert (result.body, result.etag, result.last_modified) == (b"hi", "", "")


async def test_a_redirect_in_no_known_alphabet_can_be_written_down() -> None:
    said = b"HTTP/1.1 302 Found\r\nLocation: http://xn--a\xe9.%00/\r\nContent-Length: 0\r\n\r\n"
    async with publishing({"/feed": said}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.REDIRECT
    assert storable(result.reason)


@pytest.mark.parametrize("padding", [b"", b"\0" * 70_000])
async def test_a_document_packed_in_pieces_is_unpacked_whole(padding: bytes) -> None:
    parts = [b"<rss>" + b"x" * 100_000, b"</rss>"]
    packed = b"".join(gzip.compress(part, 0) for part in parts) + padding
    async with publishing({"/feed": answer(body=packed, content_encoding="gzip")}) as publisher, fetcher() as web:
        result = await web.fetch(request(publisher.url()))
    assert isinstance(result, Fetched)
    assert result.body == b"".join(parts)


@pytest.mark.parametrize("step", ["end", "rcpt"])
async def test_a_reply_in_no_known_alphabet_can_be_written_down(step: str) -> None:
    said = "250 2.0.0 \udcef\udcf0 ok \x1b[31m\x00" if step == "end" else "450 4.2.0 \udcef\udcf0\x00"
    async with post_office(**{step: said}) as office, door(office.port) as post:
        result = await post.send(letter())
    assert isinstance(result, Sent if step == "end" else SendFailed)
    assert storable(result.reply if isinstance(result, Sent) else result.reason)


@pytest.mark.parametrize("said", ["ok then", "251 maybe", "999 what"])
async def test_a_mail_answered_with_nonsense_is_in_doubt(said: str) -> None:
    async with post_office(end=said) as office, door(office.port) as post:
        result = await post.send(letter())
        assert isinstance(result, SendFailed)
        assert (result.permanent, result.doubtful) == (False, True)
        assert isinstance(await post.send(letter()), Sent)


async def test_a_reader_whose_address_cannot_be_put_on_the_line_holds_up_nobody_else() -> None:
    async with post_office() as office, door(office.port) as post:
        result = await post.send(letter(recipient="jörg@example.org"))
        assert isinstance(result, SendFailed)
        assert result.permanent
        assert isinstance(await post.send(letter()), Sent)


async def test_a_greeting_given_up_midway_closes_the_line() -> None:
    async with post_office(ehlo=SILENCE) as office, door(office.port) as post:
        sending = asyncio.create_task(post.send(letter()))
        await office.came.wait()
        await office.visits[0].silent.wait()
        sending.cancel()
        await asyncio.wait([sending])
        await asyncio.wait_for(office.visits[0].left.wait(), 10)
        assert isinstance(await post.send(letter()), Sent)


def test_a_supervisor_that_has_gone_does_not_take_the_service_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")


def test_a_reader_with_a_domain_in_their_own_alphabet_is_kept_as_mail_servers_spell_it() -> None:
    assert address("Anna@Bücher.example") == "anna@xn--bcher-kva.example"
    with pytest.raises(ValueError, match="no mail address"):
        address("jörg@example.org")
