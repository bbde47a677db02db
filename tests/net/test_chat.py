"""A chat shows an alert, or the outbox learns why not; the address that lets anyone write there stays secret."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from monitor.core.formats.chat import message_of
from monitor.net.chat import MISSING, Chat, ChatDoor
from monitor.net.post import Message, SendFailed, SendResult, Sent, Unreachable
from tests.net import loopback
from tests.net.loopback import answer, nobody_listening, publishing

# Some of what apprise loads is old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SECRET = "T0PSECRET"
TEXT = "Ferry turned back <b>at sea</b> & *nobody* says why\nHarbour Gazette 12:00\nhttps://gazette.test/ferry"


def message(title: str = "▲ CRITICAL ferries", text: str = TEXT) -> Message:
    return Message("monitor@example.org", "duty-chat", "<alert.7.1@example.org>", message_of(title, text))


async def sent(reply: loopback.Answer, said: Message | None = None) -> tuple[SendResult, list[loopback.Heard]]:
    async with (
        publishing({f"/{SECRET}": reply, "/elsewhere": answer()}) as server,
        ChatDoor(Chat(f"json://desk:hush1234@127.0.0.1:{server.port}/{SECRET}")) as door,
    ):
        return await door.send(said or message()), server.heard


async def test_a_chat_shows_title_and_text_as_they_were_written() -> None:
    result, (heard,) = await sent(answer())
    assert result == Sent("taken by JSON")
    body = json.loads(heard.body)
    assert (body["title"], body["message"]) == ("▲ CRITICAL ferries", TEXT)
    assert heard.headers["user-agent"] == "feed-monitor"


@pytest.mark.parametrize(("mark", "kind"), [("▲", "failure"), ("◆", "warning"), ("●", "info")])
async def test_a_chat_that_shows_colours_gets_one_by_severity(mark: str, kind: str) -> None:
    _, (heard,) = await sent(answer(), message(f"{mark} SOME ferries"))
    assert json.loads(heard.body)["type"] == kind


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "429 Too Many", "500 Oops"])
async def test_a_chat_that_refuses_says_why_and_may_be_asked_again(status: str) -> None:
    result, _ = await sent(answer(status, f"no {SECRET} here".encode()))
    assert isinstance(result, SendFailed)
    assert (result.permanent, result.doubtful) == (False, False)
    assert result.reason.startswith("JSON: Failed to send JSON POST notification: ")
    assert f"error={status[:3]}" in result.reason
    assert SECRET not in result.reason


async def test_a_command_that_is_to_be_quiet_still_tells_why_a_chat_refused() -> None:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.CRITICAL)
    try:
        result, _ = await sent(answer("404 Not Found"))
    finally:
        root.setLevel(level)
    assert isinstance(result, SendFailed)
    assert "error=404" in result.reason


async def test_a_chat_that_cannot_be_reached_is_a_failure_without_the_address() -> None:
    with nobody_listening() as port:
        async with ChatDoor(Chat(f"json://desk:hush1234@127.0.0.1:{port}/{SECRET}")) as door:
            result = await door.send(message())
    assert result == SendFailed("JSON: A Connection error occurred sending JSON notification to ….")


async def test_a_chat_that_moved_is_not_followed_because_the_words_would_be_lost_on_the_way() -> None:
    result, heard = await sent(answer("301 Moved", location="/elsewhere", connection="close"))
    assert isinstance(result, SendFailed)
    assert [each.path for each in heard] == [f"/{SECRET}"]


async def test_a_chat_that_stays_silent_may_have_taken_it_and_nobody_else_waits_meanwhile() -> None:
    asked, may_end = asyncio.Event(), asyncio.Event()

    async def silent(writer: Any) -> None:
        asked.set()
        await may_end.wait()

    async with publishing({f"/{SECRET}": silent}) as server:
        async with ChatDoor(Chat(f"json://127.0.0.1:{server.port}/{SECRET}", timedelta(seconds=1))) as door:
            sending = asyncio.create_task(door.send(message()))
            # Only a loop that is free hears of it while the chat keeps us waiting.
            await asyncio.wait({sending, asyncio.create_task(asked.wait())}, return_when=asyncio.FIRST_COMPLETED)
            assert asked.is_set()
            assert not sending.done()
            result = await sending
        may_end.set()
    assert result == SendFailed("JSON: no answer within 1 s", doubtful=True)


@contextmanager
def whole_log() -> Iterator[StringIO]:
    """What an operator reads who wants to know everything."""
    written = StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(written)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


async def test_at_its_most_talkative_the_log_does_not_hold_the_address() -> None:
    with whole_log() as log:
        logging.getLogger("monitor").debug("all is written")
        await sent(answer())
        await sent(answer("500 Oops"))
    assert "all is written" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert "hush1234" not in log.getvalue()
    assert SECRET not in repr(Chat(f"json://127.0.0.1/{SECRET}"))


@pytest.mark.parametrize("address", ["nosuchservice://T0PSECRET", "just words", "json://", "https://"])
async def test_an_address_that_no_service_takes_is_told_before_and_at_sending(address: str) -> None:
    async with ChatDoor(Chat(address)) as door:
        greeting = await door.greet()
        result = await door.send(message())
    assert greeting.startswith("no service takes the address")
    assert result == Unreachable(greeting)


async def test_an_address_that_a_service_takes_is_greeted_without_a_word_to_it() -> None:
    async with publishing({}) as server, ChatDoor(Chat(f"json://127.0.0.1:{server.port}/{SECRET}")) as door:
        assert await door.greet() == ""
    assert server.heard == []


def test_without_the_extra_the_operator_reads_how_to_install_it() -> None:
    code = (
        "import asyncio, sys; sys.modules['apprise'] = None;"
        "from monitor.net.chat import Chat, ChatDoor;"
        "print(asyncio.run(ChatDoor(Chat('json://127.0.0.1/')).greet()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == MISSING
    assert MISSING.endswith("pip install 'feed-monitor[notify]'")


def test_apprise_is_loaded_only_when_a_channel_wants_it() -> None:
    code = "import sys; import monitor.net.chat; print('apprise' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


async def test_a_crash_can_be_placed_before_and_behind_the_acceptance() -> None:
    steps: list[str] = []
    async with (
        publishing({"/": answer()}) as server,
        ChatDoor(Chat(f"json://127.0.0.1:{server.port}/"), steps.append) as door,
    ):
        await door.send(message())
    assert steps == ["chat: before sending", "chat: accepted"]
