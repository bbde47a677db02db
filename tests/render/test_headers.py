"""What mail programs and servers read before anybody reads the mail."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.render.mail import Envelope, Letter, cast, compose, gap, head, mould

_OWED_AT = datetime(2026, 5, 4, 10, tzinfo=UTC)
_LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co"]), max_size=120)


def letter(list_name: str, text: str = "text\n", html: str = "<p>html</p>\n") -> Letter:
    return Letter("Bridge closed", text, html, list_name, issue="e7", language="pl")


def envelope(home: str = "https://watch.example", ticket: str = "") -> Envelope:
    leave = f"{home}/u/{ticket}" if ticket else ""
    by_mail = "bounces+leave-abc@watch.example" if ticket else ""
    to, contact = "ann@home.example", "ops@desk.example"
    return Envelope("briefing:1:2", "m@desk.example", to, _OWED_AT, contact, leave, by_mail, home, f"{home}/archive")


def received(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.parametrize("length", [10, 30, 75, 76, 77, 78, 100, 150, 200])
@pytest.mark.parametrize("list_name", ["briefing", "alerts", ""])
def test_the_button_of_a_mail_program_leads_to_the_page_however_long_its_address(length: int, list_name: str) -> None:
    home = f"https://{'w' * (length - 10)}.x"
    content = compose(letter(list_name), envelope(home, "t" * 60))
    assert (
        f"List-Unsubscribe: <{home}/u/{'t' * 60}>,\r\n <mailto:bounces+leave-abc@watch.example>\r\n".encode() in content
    )
    assert received(content)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_page_without_encryption_is_no_button_that_acts_by_itself() -> None:
    mail = received(compose(letter("briefing"), envelope("http://watch.example", "t")))
    assert mail["List-Unsubscribe-Post"] is None
    assert "http://watch.example/u/t" in mail["List-Unsubscribe"]


@pytest.mark.parametrize("list_name", ["briefing", "alerts"])
def test_a_mail_of_a_list_says_so(list_name: str) -> None:
    mail = received(compose(letter(list_name), envelope(ticket="t")))
    assert str(mail["List-Id"]).endswith(f"<{list_name}.desk.example>")
    assert (mail["List-Post"], mail["Precedence"], mail["Content-Language"]) == ("NO", "bulk", "pl")
    assert mail["List-Owner"] == "<mailto:ops@desk.example>"
    assert mail["List-Help"] == "<https://watch.example/>"
    assert mail["List-Archive"] == "<https://watch.example/archive>"
    assert mail["Feedback-ID"] == f"e7:{list_name}:pl:desk.example"


def test_a_mail_about_being_a_subscriber_is_of_no_list() -> None:
    mail = received(compose(letter(""), envelope(ticket="t")))
    lists = {name for name in mail if name.startswith("List-")}
    assert lists == {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert {"Precedence", "Feedback-ID"}.isdisjoint(mail.keys())


def test_no_header_tells_two_readers_apart_but_those_that_must() -> None:
    ours, theirs = (
        received(compose(letter("briefing"), replace(envelope(ticket=leave), key=f"briefing:1:{leave}", recipient=to)))
        for leave, to in (("t1", "ann@home.example"), ("t2", "bob@home.example"))
    )
    assert {name for name in ours if ours[name] != theirs[name]} == {"To", "Message-ID", "List-Unsubscribe"}


@given(st.lists(st.sampled_from(["name", "link"]), max_size=4), _LINES, _LINES, _LINES)
@settings(max_examples=150, deadline=None)
def test_what_many_share_reads_as_if_it_had_been_written_for_each(
    gaps: list[str], around: str, name: str, link: str
) -> None:
    fills = {"name": name, "link": link}
    text = around.join(["", *map(gap, gaps), ""]) + "\n"
    shared = mould(letter("briefing", text, f"<p>{text}</p>\n"))
    content = head(letter("briefing"), envelope()) + cast(shared, fills)
    mail = received(content)
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    meant = around.join(["", *(fills[each] for each in gaps), ""])
    assert plain.get_content().replace("\r\n", "\n") == f"{meant}\n"
    filled = [fills[each] for each in gaps]
    assert all(fill in unescape(html.get_content()) for fill in filled)
    assert "<" not in "".join(cast(b"\0hname\0", {"name": name}).decode())
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert content.isascii()


def test_a_gap_without_a_fill_is_a_mistake_of_ours_and_no_mail() -> None:
    with pytest.raises(KeyError, match="name"):
        cast(mould(letter("briefing", gap("name"))), {})


@pytest.mark.parametrize("name", ["Harbour Watch", 'NGO "Night" Desk, Kyiv', "Нічна варта: Київ-Львів", "Ł"])
def test_a_mail_comes_from_who_the_operator_says(name: str) -> None:
    mail = received(compose(letter("briefing"), replace(envelope(), name=name)))
    sender = mail["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (name, "m@desk.example")
