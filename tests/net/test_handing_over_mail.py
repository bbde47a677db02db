"""A mail that is handed over arrives as it is; until it is, nobody who listens in learns anything."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.net.post import SendFailed, Sent, Unreachable
from tests.net.loopback import nobody_listening, self_signed, served_with
from tests.net.post_office import HANG_UP, SILENCE, Mailbox, door, letter, post_office, standard_server

SHORT = timedelta(milliseconds=300)


async def test_a_mail_reaches_its_reader_and_the_reply_is_kept() -> None:
    mailbox = Mailbox()
    async with standard_server(mailbox) as port, door(port) as post:
        result = await post.send(letter(b"Subject: news\r\n\r\nHello.\r\n"))
    assert result == Sent("250 2.0.0 kept as letter 1")
    assert mailbox.letters == [
        ("monitor@example.org", ["reader@example.org"], b"Subject: news\r\n\r\nHello.\r\n"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b".\r\n..\r\n.hidden\r\n...\r\nend.\r\n",
        b"x" * 998 + b"\r\n" + b"." * 998 + b"\r\n",
        b"\r\n\r\n\r\n",
        "żółw 🐢\r\n".encode(),
        b"a\r\n" * 100_000,
    ],
    ids=["dots", "long lines", "empty lines", "eight bits", "many lines"],
)
async def test_a_mail_arrives_to_the_byte(text: bytes) -> None:
    mailbox = Mailbox()
    content = b"Subject: news\r\n\r\n" + text
    async with standard_server(mailbox) as port, door(port) as post:
        assert isinstance(await post.send(letter(content)), Sent)
    assert [arrived for _, _, arrived in mailbox.letters] == [content]


async def test_a_server_that_knows_our_password_takes_the_mail() -> None:
    mailbox = Mailbox()
    async with (
        standard_server(mailbox, login=("monitor", "right")) as port,
        door(port, username="monitor", password="right") as post,
    ):
        assert isinstance(await post.send(letter()), Sent)
    assert len(mailbox.letters) == 1


async def test_an_operator_with_a_wrong_password_reads_that_it_was_refused() -> None:
    mailbox = Mailbox()
    async with (
        standard_server(mailbox, login=("monitor", "right")) as port,
        door(port, username="monitor", password="wrong") as post,
    ):
        result = await post.send(letter())
        assert "user name or password refused" in await post.greet()
    assert isinstance(result, Unreachable)
    assert "user name or password refused (535 " in result.reason
    assert "wrong" not in result.reason
    assert mailbox.letters == []


async def test_a_server_that_wants_no_password_is_not_given_the_mail_without_one() -> None:
    async with post_office() as office, door(office.port, username="monitor", password="secret") as post:
        result = await post.send(letter())
    assert isinstance(result, Unreachable)
    assert office.mails == []
    assert "secret" not in str(office.visits)


async def test_a_mail_and_its_password_go_over_an_encrypted_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    mailbox = Mailbox()
    async with (
        standard_server(mailbox, login=("monitor", "right"), starttls=served_with(certificate)) as port,
        door(port, starttls=True, username="monitor", password="right") as post,
    ):
        assert isinstance(await post.send(letter()), Sent)
    assert mailbox.encrypted == [True]


async def test_a_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password(tmp_path: Path) -> None:
    mailbox = Mailbox()
    async with (
        standard_server(mailbox, starttls=served_with(self_signed(tmp_path))) as port,
        door(port, starttls=True, username="monitor", password="secret") as post,
    ):
        assert isinstance(await post.send(letter()), Unreachable)
    assert mailbox.letters == []


async def test_a_server_without_encryption_gets_neither_mail_nor_password() -> None:
    async with (
        post_office(ehlo="250-post.test\r\n250 AUTH PLAIN LOGIN") as office,
        door(office.port, starttls=True, username="monitor", password="secret") as post,
    ):
        result = await post.send(letter())
    assert isinstance(result, Unreachable)
    assert "STARTTLS" in result.reason
    assert [line.split()[0] for line in office.visits[0].heard] == ["EHLO"]


async def test_nobody_at_the_door_says_nothing_about_the_mail() -> None:
    with nobody_listening() as port:
        async with door(port) as post:
            result = await post.send(letter())
            assert await post.greet() != ""
    assert isinstance(result, Unreachable)
    assert f"127.0.0.1:{port}" in result.reason


@pytest.mark.parametrize("rude", [SILENCE, HANG_UP, "421 4.3.2 going down"])
async def test_a_recipient_the_server_stumbles_over_does_not_hold_up_the_others(rude: str) -> None:
    async with post_office(rcpt=rude) as office, door(office.port, timeout=SHORT) as post:
        result = await post.send(letter())
        assert isinstance(result, SendFailed)
        assert (result.permanent, result.doubtful) == (False, False)


@pytest.mark.parametrize("step", ["banner", "ehlo", "mail"])
@pytest.mark.parametrize("rude", [SILENCE, HANG_UP, "421 4.3.2 going down"])
async def test_a_server_that_falters_before_the_mail_is_tried_again_later(step: str, rude: str) -> None:
    banner = {"banner": rude} if step == "banner" else {}
    script = {} if step == "banner" else {step: rude}
    async with post_office(**banner, **script) as office, door(office.port, timeout=SHORT) as post:
        result = await post.send(letter())
    assert isinstance(result, Unreachable)
    assert office.mails == []


async def test_an_operator_who_asks_whether_the_server_is_there_gets_no_complaint() -> None:
    async with post_office() as office, door(office.port) as post:
        assert await post.greet() == ""
        assert isinstance(await post.send(letter()), Sent)
    assert [line.split()[0] for line in office.visits[0].heard] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert len(office.visits) == 1


async def test_a_server_hears_by_what_name_we_go() -> None:
    async with post_office() as office, door(office.port) as post:
        assert await post.greet() == ""
    assert office.visits[0].heard[0] == "EHLO monitor.example.org"


async def test_a_visit_without_a_mail_does_not_knock() -> None:
    async with post_office() as office, door(office.port):
        pass
    assert office.visits == []


@pytest.mark.parametrize(
    ("banner", "most"), [("220 post.test ESMTP", 50), ("220 post.test ESMTP Exim 4.97", 10)], ids=["any", "exim"]
)
async def test_a_server_is_not_given_more_mails_on_one_line_than_it_likes(banner: str, most: int) -> None:
    async with post_office(banner) as office, door(office.port) as post:
        for _each in range(most + 1):
            assert isinstance(await post.send(letter()), Sent)
    assert [len(visit.mails) for visit in office.visits] == [most, 1]


async def test_a_server_that_hung_up_between_two_mails_is_called_again() -> None:
    async with post_office(mail=["250 ok", HANG_UP]) as office, door(office.port) as post:
        results = [await post.send(letter()) for _ in range(3)]
    assert [type(result) for result in results] == [Sent, Unreachable, Sent]
    assert [len(visit.mails) for visit in office.visits] == [1, 1]


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "end"])
async def test_a_mail_given_up_midway_leaves_the_next_one_a_line_of_its_own(step: str) -> None:
    async with post_office(**{step: SILENCE}) as office, door(office.port) as post:
        sending = asyncio.create_task(post.send(letter(b"Subject: one\r\n\r\n")))
        await office.came.wait()
        await office.visits[0].silent.wait()
        sending.cancel()
        await asyncio.wait([sending])
        assert sending.cancelled()
        await office.visits[0].left.wait()
        assert isinstance(await post.send(letter(b"Subject: two\r\n\r\n")), Sent)
        assert office.visits[1].mails == [b"Subject: two\r\n\r\n.\r\n"]


async def test_a_visit_that_ends_in_an_accident_closes_the_line_without_a_word() -> None:
    async def accident(port: int) -> None:
        async with door(port) as post:
            assert await post.greet() == ""
            raise RuntimeError("accident")

    async with post_office() as office:
        with pytest.raises(RuntimeError, match="accident"):
            await accident(office.port)
        await office.visits[0].left.wait()
    assert [line.split()[0] for line in office.visits[0].heard] == ["EHLO"]


async def test_a_witness_sees_every_step_of_handing_over() -> None:
    steps: list[str] = []
    async with post_office() as office, door(office.port, witness=steps.append) as post:
        await post.send(letter())
    assert steps == [
        "smtp: before connecting",
        "smtp: before MAIL FROM",
        "smtp: before RCPT TO",
        "smtp: before DATA",
        "smtp: accepted",
    ]
