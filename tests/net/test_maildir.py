"""A mail put into a Maildir lies there once, whatever happens in between."""

import socket
from pathlib import Path

import pytest

from monitor.net.maildir import Maildir
from monitor.net.post import Message, Sent, Unreachable


def letter(message_id: str = "<1@example.org>", content: bytes = b"Subject: news\r\n\r\nHello.\r\n") -> Message:
    return Message("monitor@example.org", "reader@example.org", message_id, content)


def lying(folder: Path, part: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((folder / part).iterdir())]


async def test_a_mail_lies_in_new_to_the_byte(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "mail"
    async with Maildir(folder) as post:
        result = await post.send(letter())
    assert result == Sent(f"in {folder}")
    assert lying(folder, "new") == [b"Subject: news\r\n\r\nHello.\r\n"]
    assert lying(folder, "tmp") == lying(folder, "cur") == []
    assert folder.joinpath("new").stat().st_mode & 0o077 == 0


async def test_a_mail_program_finds_a_name_it_takes_for_a_mail(tmp_path: Path) -> None:
    async with Maildir(tmp_path) as post:
        await post.send(letter("<../../etc/passwd:2,S@example.org>"))
    (file,) = (tmp_path / "new").iterdir()
    assert file.name.endswith(f".{socket.gethostname()}")
    assert not set("/:") & set(file.name)


async def test_a_mail_sent_twice_lies_there_once(tmp_path: Path) -> None:
    async with Maildir(tmp_path) as post:
        await post.send(letter())
        again = await post.send(letter())
    assert again == Sent(f"already in {tmp_path}")
    assert len(lying(tmp_path, "new")) == 1


@pytest.mark.parametrize("flags", ["", ":2,", ":2,RS"])
async def test_a_mail_already_opened_does_not_come_again(tmp_path: Path, flags: str) -> None:
    async with Maildir(tmp_path) as post:
        await post.send(letter())
        (file,) = (tmp_path / "new").iterdir()
        file.rename(tmp_path / "cur" / f"{file.name}{flags}")
        assert isinstance(await post.send(letter()), Sent)
    assert lying(tmp_path, "new") == []
    assert len(lying(tmp_path, "cur")) == 1


async def test_two_mails_lie_side_by_side(tmp_path: Path) -> None:
    async with Maildir(tmp_path) as post:
        await post.send(letter("<1@example.org>", b"one\r\n"))
        await post.send(letter("<2@example.org>", b"two\r\n"))
    assert sorted(lying(tmp_path, "new")) == [b"one\r\n", b"two\r\n"]


@pytest.mark.parametrize("step", ["maildir: before writing", "maildir: written, not yet in place"])
async def test_a_mail_cut_off_by_a_crash_comes_whole_the_next_time(tmp_path: Path, step: str) -> None:
    def dies(at: str) -> None:
        if at == step:
            raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError, match="power"):
        await Maildir(tmp_path, dies).send(letter())
    assert lying(tmp_path, "new") == []
    assert isinstance(await Maildir(tmp_path).send(letter()), Sent)
    assert lying(tmp_path, "new") == [b"Subject: news\r\n\r\nHello.\r\n"]
    assert lying(tmp_path, "tmp") == []


async def test_a_folder_that_cannot_be_written_says_nothing_about_the_mail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    folder = tmp_path / "file" / "mail"
    async with Maildir(folder) as post:
        result = await post.send(letter())
        complaint = await post.greet()
    assert isinstance(result, Unreachable)
    assert str(folder) in result.reason
    assert complaint == result.reason


async def test_an_operator_who_asks_whether_the_folder_is_there_gets_no_complaint(tmp_path: Path) -> None:
    async with Maildir(tmp_path / "mail") as post:
        assert await post.greet() == ""
    assert lying(tmp_path / "mail", "new") == []
