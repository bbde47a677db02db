"""A program that is sent alerts gets them once, to the byte and signed; what goes wrong on the way is told apart."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from gzip import compress
from pathlib import Path
from typing import Any

import pytest

from monitor.net.hooks import Hook, HookDoor
from monitor.net.post import Message, SendFailed, SendResult, Sent, Unreachable
from tests.net import loopback
from tests.net.loopback import answer, forever, listening, nobody_listening, publishing, self_signed, served_with

BODY = '{"version":1,"alerts":[{"headline":"Żegluga stoi"}]}'
SECRET_PATH = "/services/T0PSECRET/b?token=HUSH1234"
SHORT = timedelta(milliseconds=300)


def message(content: str = BODY) -> Message:
    return Message("monitor@example.org", "duty-desk", "<alert.7.1@example.org>", content.encode())


async def posted(reply: loopback.Answer, path: str = SECRET_PATH, **hook: Any) -> tuple[SendResult, loopback.Publisher]:
    async with publishing({path: reply}) as receiver, HookDoor(Hook(receiver.url(path), **hook)) as door:
        return await door.send(message()), receiver


def without_secret(reason: str) -> bool:
    return not any(secret in reason for secret in ("T0PSECRET", "HUSH1234"))


async def test_a_receiver_gets_the_bytes_their_kind_and_a_name_to_know_repeats_by() -> None:
    result, receiver = await posted(answer("200 OK", b"thank you"), user_agent="feed-monitor/1")
    assert result == Sent("200 OK thank you")
    (heard,) = receiver.heard
    assert (heard.method, heard.path, heard.body) == ("POST", SECRET_PATH, BODY)
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["user-agent"] == "feed-monitor/1"
    assert heard.headers["x-feed-monitor-delivery"] == "<alert.7.1@example.org>"
    assert "x-feed-monitor-signature" not in heard.headers


async def test_a_receiver_who_shares_a_secret_can_tell_that_the_bytes_are_ours() -> None:
    _, receiver = await posted(answer(), secret="between us", content_type="application/cap+xml")
    (heard,) = receiver.heard
    expected = hmac.new(b"between us", BODY.encode(), "sha256").hexdigest()
    assert heard.headers["x-feed-monitor-signature"] == f"sha256={expected}"
    assert heard.headers["content-type"] == "application/cap+xml"


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content"])
async def test_any_answer_of_the_two_hundreds_is_an_acceptance(status: str) -> None:
    result, _ = await posted(f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n".encode())
    assert result == Sent(status)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("400 Bad Request", True),
        ("401 Unauthorized", False),
        ("404 Not Found", False),
        ("410 Gone", False),
        ("403 Forbidden", False),
        ("413 Too Large", True),
        ("422 Unprocessable", True),
        ("408 Request Timeout", False),
        ("425 Too Early", False),
        ("429 Too Many Requests", False),
        ("500 Oops", False),
        ("503 Later", False),
        ("507 Full", False),
    ],
)
async def test_a_refusal_for_good_is_told_from_one_that_passes(status: str, permanent: bool) -> None:
    result, receiver = await posted(answer(status, b"because\r\n of this"))
    assert result == SendFailed(f"127.0.0.1:{receiver.port}: {status} because of this", permanent=permanent)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Elsewhere", "308 Moved"])
async def test_a_receiver_that_moved_is_not_followed_and_the_operator_reads_what_to_do(status: str) -> None:
    result, receiver = await posted(answer(status, location="https://new.example.org/services/T0PSECRET"))
    code = status.split()[0]
    assert result == SendFailed(
        f"127.0.0.1:{receiver.port}: {code}: it moved to new.example.org; write the new address into the config"
    )
    assert len(receiver.heard) == 1


async def test_a_redirect_that_leads_nowhere_is_told_as_well() -> None:
    result, _ = await posted(answer("302 Found", location="http://["))
    assert isinstance(result, SendFailed)
    assert "302: it moved; write" in result.reason


async def test_an_answer_without_end_is_read_no_further_than_it_is_kept() -> None:
    written = 0

    async def rambles(writer: Any) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while written < 12_000_000:
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    result, _ = await posted(rambles)
    assert result == Sent(f"200 OK {'x' * 200}")
    # What the machine's own buffers take, and no more.
    assert written < 12_000_000


async def test_an_answer_that_stalls_after_its_status_still_counts() -> None:
    async def stalls(writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nso far")
        await writer.drain()
        await forever()

    result, _ = await posted(stalls, timeout=SHORT)
    assert result == Sent("200 OK so far")


async def test_an_answer_that_breaks_off_after_its_status_still_counts() -> None:
    result, _ = await posted(b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\nso far")
    assert result == Sent("202 Accepted so far")


async def test_a_squeezed_answer_is_not_unpacked() -> None:
    result, receiver = await posted(answer("200 OK", compress(b"unpacked" * 1_000), content_encoding="gzip"))
    assert isinstance(result, Sent)
    assert "unpacked" not in result.reply
    assert receiver.heard[0].headers["accept-encoding"] == "identity"


async def test_nobody_listening_says_nothing_about_the_message() -> None:
    with nobody_listening() as port:
        async with HookDoor(Hook(f"http://127.0.0.1:{port}{SECRET_PATH}")) as door:
            result = await door.send(message())
            greeting = await door.greet()
    assert result == Unreachable(f"127.0.0.1:{port}: Connection refused")
    assert greeting == f"127.0.0.1:{port}: Connection refused"


async def test_a_host_without_an_address_says_nothing_about_the_message() -> None:
    async with HookDoor(Hook("http://nowhere.invalid/hook")) as door:
        assert await door.send(message()) == Unreachable("nowhere.invalid:80: no address known for it")
        assert await door.greet() == "nowhere.invalid:80: no address known for it"


async def test_a_receiver_that_stays_silent_may_have_taken_it() -> None:
    async def silent(_writer: Any) -> None:
        await forever()

    result, receiver = await posted(silent, timeout=SHORT)
    assert result == SendFailed(f"127.0.0.1:{receiver.port}: no answer within 0.3 s", doubtful=True)


Break = Callable[[Any], Awaitable[None]]


async def _hang_up(writer: Any) -> None:
    writer.close()


async def _reset(writer: Any) -> None:
    writer.transport.abort()


async def _talk_nonsense(writer: Any) -> None:
    writer.write(b"220 mail.example.org ESMTP\r\n")


async def _begin_an_answer(writer: Any) -> None:
    writer.write(b"HTTP/1.1 20")


@pytest.mark.parametrize("breaks", [_hang_up, _reset, _talk_nonsense, _begin_an_answer])
async def test_a_line_that_breaks_before_the_answer_leaves_a_doubt_and_no_secret(breaks: Break) -> None:
    result, receiver = await posted(breaks)
    assert isinstance(result, SendFailed)
    assert (result.doubtful, result.permanent) == (True, False)
    assert result.reason.startswith(f"127.0.0.1:{receiver.port}: ")
    assert without_secret(result.reason)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "500 Oops"])
async def test_a_receiver_that_repeats_the_secret_address_does_not_get_it_into_the_log(status: str) -> None:
    body = f"cannot POST {SECRET_PATH} with between-us, nor T0PSECRET alone".encode()
    result, _ = await posted(answer(status, body), secret="between-us")
    assert not isinstance(result, Unreachable)
    said = result.reply if isinstance(result, Sent) else result.reason
    assert "cannot POST … with …, nor … alone" in said


async def test_a_repr_of_a_hook_and_of_its_door_shows_no_secret() -> None:
    hook = Hook(f"https://example.org{SECRET_PATH}", secret="HUSH1234")
    assert without_secret(repr(hook))
    assert without_secret(repr(HookDoor(hook)))


async def test_a_server_that_nobody_vouches_for_is_told_nothing(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with (
        publishing({SECRET_PATH: answer()}, served_with(certificate)) as receiver,
        HookDoor(Hook(receiver.url(SECRET_PATH))) as door,
    ):
        result = await door.send(message())
        greeting = await door.greet()
    assert isinstance(result, Unreachable)
    assert "no trusted TLS connection" in result.reason
    assert "no trusted TLS connection" in greeting
    assert receiver.heard == []


async def test_a_server_that_is_trusted_gets_the_message_over_tls(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    async with (
        publishing({"/hook": answer()}, served_with(certificate)) as receiver,
        HookDoor(Hook(receiver.url("/hook"), tls=loopback.trusting(certificate))) as door,
    ):
        assert await door.greet() == ""
        assert await door.send(message()) == Sent("200 OK")


async def test_greeting_a_receiver_connects_and_says_nothing() -> None:
    said: list[bytes] = []
    done = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read())
        done.set()

    async with listening(listen) as port, HookDoor(Hook(f"http://127.0.0.1:{port}/hook")) as door:
        assert await door.greet() == ""
        await done.wait()
    assert said == [b""]


async def test_a_server_that_speaks_no_tls_is_told_nothing() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(plain) as port, HookDoor(Hook(f"https://127.0.0.1:{port}/hook")) as door:
        result = await door.send(message())
    assert isinstance(result, Unreachable)
    assert "no TLS connection" in result.reason


async def test_several_messages_go_through_one_visit_and_a_failure_stops_none_of_them() -> None:
    replies = iter([answer(), b"", answer("500 Oops"), answer()])

    async def reply(writer: Any) -> None:
        writer.write(next(replies))

    async with publishing({"/hook": reply}) as receiver, HookDoor(Hook(receiver.url("/hook"))) as door:
        results = [type(await door.send(message(f"{number}"))) for number in range(4)]
    assert results == [Sent, SendFailed, SendFailed, Sent]
    assert [heard.body for heard in receiver.heard] == ["0", "1", "2", "3"]


async def test_a_cookie_of_one_answer_is_not_carried_to_the_next_message() -> None:
    async with (
        publishing({"/hook": answer("200 OK", set_cookie="seen=1")}, at="127.0.0.1") as receiver,
        HookDoor(Hook(f"http://localhost:{receiver.port}/hook")) as door,
    ):
        await door.send(message())
        await door.send(message())
    assert ["cookie" in heard.headers for heard in receiver.heard] == [False, False]


async def test_a_crash_can_be_placed_before_and_behind_the_acceptance() -> None:
    steps: list[str] = []
    async with publishing({"/hook": answer()}) as receiver, HookDoor(Hook(receiver.url("/hook")), steps.append) as door:
        await door.send(message())
    assert steps == ["hook: before posting", "hook: accepted"]
