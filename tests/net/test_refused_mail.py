"""A refusal is final for a reader only where it speaks of the reader."""

import pytest

from monitor.net.post import SendFailed, Sent
from monitor.words import Verdict
from tests.net.post_office import HANG_UP, door, letter, post_office


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("rcpt", "550 5.1.1 no such user"),
        ("rcpt", "550 no such user"),
        ("rcpt", "551 5.1.6 moved"),
        ("rcpt", "552 5.2.2 mailbox full for good"),
        ("end", "554 5.6.0 not like this"),
        ("data", "554 no valid recipients"),
    ],
)
async def test_a_reader_whom_the_server_does_not_know_is_not_tried_again(step: str, said: str) -> None:
    async with post_office(**{step: said}) as office, door(office.port) as post:
        result = await post.send(letter())
    assert isinstance(result, SendFailed)
    assert (result.permanent, result.doubtful) == (True, False)
    assert said in result.reason


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("rcpt", "450 4.2.0 greylisted, come back"),
        ("rcpt", "452 4.2.2 mailbox full"),
        ("end", "451 4.3.0 try again"),
        ("data", "451 4.3.0 try again"),
    ],
)
async def test_a_reader_who_cannot_be_reached_for_the_moment_is_tried_again(step: str, said: str) -> None:
    async with post_office(**{step: said}) as office, door(office.port) as post:
        result = await post.send(letter())
    assert isinstance(result, SendFailed)
    assert (result.permanent, result.doubtful) == (False, False)
    assert said in result.reason


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("rcpt", "553 5.1.8 sender domain not found"),
        ("rcpt", "550 5.7.1 we do not relay"),
        ("rcpt", "550 5.7.26 no DMARC"),
        ("rcpt", "554 5.3.2 not accepting mail"),
        ("rcpt", "503 5.5.1 bad sequence"),
        ("mail", "552 5.3.4 too large"),
        ("mail", "550 5.1.1 who are you"),
        ("mail", "530 5.7.0 authentication required"),
        ("end", "554 5.7.1 looks like spam"),
    ],
)
async def test_a_reader_does_not_pay_for_what_the_server_holds_against_us(step: str, said: str) -> None:
    async with post_office(**{step: said}) as office, door(office.port) as post:
        result = await post.send(letter())
    assert isinstance(result, SendFailed)
    assert (result.permanent, result.doubtful) == (False, False)


@pytest.mark.parametrize("step", ["data", "end"])
async def test_a_mail_whose_receipt_was_lost_is_in_doubt(step: str) -> None:
    async with post_office(**{step: HANG_UP}) as office, door(office.port) as post:
        result = await post.send(letter())
        assert isinstance(result, SendFailed)
        assert (result.permanent, result.doubtful) == (False, True)
        assert isinstance(await post.send(letter()), Sent)
    assert len(office.visits) == 2


@pytest.mark.parametrize("step", ["data", "end"])
async def test_a_server_that_goes_down_at_the_last_moment_is_tried_again_later(step: str) -> None:
    async with post_office(**{step: "421 4.3.2 going down"}) as office, door(office.port) as post:
        result = await post.send(letter())
        assert isinstance(result, SendFailed)
        assert (result.permanent, result.doubtful) == (False, False)


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "end"])
@pytest.mark.parametrize("said", ["550 5.1.1 no", "451 4.3.0 later"])
async def test_one_refused_mail_does_not_hold_up_the_next_one(step: str, said: str) -> None:
    async with post_office(**{step: said}) as office, door(office.port) as post:
        assert isinstance(await post.send(letter(b"Subject: one\r\n\r\n")), SendFailed)
        assert isinstance(await post.send(letter(b"Subject: two\r\n\r\n")), Sent)
    (visit,) = office.visits
    assert "RSET" in visit.heard
    assert visit.mails[-1] == b"Subject: two\r\n\r\n.\r\n"


async def test_a_server_that_hangs_up_on_a_refusal_is_called_again_for_the_next_mail() -> None:
    async with post_office(rcpt="550 5.1.1 no", rset=HANG_UP) as office, door(office.port) as post:
        refused = await post.send(letter())
        assert isinstance(refused, SendFailed)
        assert refused.permanent
        assert isinstance(await post.send(letter()), Sent)
    assert len(office.visits) == 2


async def test_an_operator_reads_a_long_refusal_on_one_short_line() -> None:
    said = "\r\n".join([*(f"550-5.1.1 line {number} {'x' * 50}" for number in range(20)), "550 5.1.1 end"])
    async with post_office(rcpt=said) as office, door(office.port) as post:
        result = await post.send(letter())
    assert isinstance(result, SendFailed)
    assert result.permanent
    assert "\n" not in result.reason
    assert len(result.reason) <= 300


async def test_a_mail_that_is_larger_than_the_server_takes_is_not_sent_to_be_refused() -> None:
    async with post_office(ehlo="250-post.test\r\n250 SIZE 100") as office, door(office.port) as post:
        result = await post.send(letter(b"Subject: news\r\n\r\n" + b"x" * 100))
        assert isinstance(await post.send(letter()), Sent)
    assert isinstance(result, SendFailed)
    assert (result.verdict, result.permanent) == (Verdict.OURS, False)
    assert "are more than the 100 that the server takes" in result.reason
    assert len(office.mails) == 1


@pytest.mark.parametrize("step", ["mail", "rcpt"])
async def test_a_connection_that_may_carry_no_more_is_left_for_another_and_the_mail_is_taken(step: str) -> None:
    full = {step: ["250 ok", "452 4.5.3 too many messages on this connection"]}
    async with post_office("220 post.test ESMTP", **full) as office, door(office.port) as post:
        results = [await post.send(letter()) for _ in range(2)]
    assert all(isinstance(result, Sent) for result in results)
    assert [len(visit.mails) for visit in office.visits] == [1, 1]


async def test_a_first_mail_for_which_there_is_no_room_is_not_tried_for_ever() -> None:
    async with post_office(rcpt=["452 4.5.3 too many"] * 3) as office, door(office.port) as post:
        assert isinstance(await post.send(letter()), SendFailed)
    assert len(office.visits) == 1
