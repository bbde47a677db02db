from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.text import header_safe
from monitor.render.mail import SUBJECT_LIMIT, Attachment, Envelope, Letter, compose, message_id

_LETTER = Letter("Bridge closed", "Bridge – closed\n", "<p>Bridge – closed</p>\n", "alerts")
_OWED_AT = datetime(2026, 5, 4, 10, tzinfo=UTC)
_KEY = "alert:7:1:3"
_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
_HEADERS = [
    "Date",
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Owner",
    "List-Post",
    "Precedence",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]


def _composed(letter: Letter, recipient: str = "ann@home.example", contact: str = "ops@desk.example") -> bytes:
    return compose(letter, Envelope(_KEY, "monitor@desk.example", recipient, _OWED_AT, contact))


def _received(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _long_address(local: str) -> str:
    return f"{local * 64}@{'d' * 60}.{'e' * 50}.example"


@pytest.mark.parametrize(
    "subject",
    [
        "Bridge closed",
        "Hi\r\nBcc: spy@evil.example",
        "=?utf-8?Q?Hi=0D=0ABcc:_spy=40evil.example?=",
        "=?utf-8?B?SGkNCkJjYzogc3B5QGV2aWwuZXhhbXBsZQ==?= ü",
        "ü" * 400,
        "\u202eevil\n\n\nbody",
        "",
    ],
)
def test_no_headline_adds_a_header_to_a_mail(subject: str) -> None:
    mail = _received(_composed(replace(_LETTER, subject=subject)))
    assert mail.keys() == _HEADERS
    assert mail["To"] == "ann@home.example"
    assert _body(mail, "plain") == _LETTER.text


@given(_ANY)
@settings(max_examples=100, deadline=None)
def test_a_subject_arrives_as_it_was_meant(subject: str) -> None:
    mail = _received(_composed(replace(_LETTER, subject=subject)))
    assert " ".join(str(mail["Subject"]).split()) == header_safe(subject, SUBJECT_LIMIT)


@given(_ANY.map(lambda text: "\n".join(text.splitlines()) + "\n"))
@settings(max_examples=100, deadline=None)
def test_a_text_arrives_as_it_was_written(text: str) -> None:
    mail = _received(_composed(replace(_LETTER, text=text, html=text)))
    assert (_body(mail, "plain"), _body(mail, "html")) == (text, text)


def test_lines_that_mail_servers_trip_over_arrive_whole() -> None:
    text = f".\nFrom here\n{'x' * 3_000}\n-- \n"
    content = _composed(replace(_LETTER, text=text))
    assert _body(_received(content), "plain") == text
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_long_addresses_are_not_encoded() -> None:
    recipient, contact = _long_address("r"), _long_address("c")
    content = _composed(_LETTER, recipient, contact)
    assert b"=?" not in content.partition(b"\r\n\r\n")[0]
    mail = _received(content)
    assert mail["To"] == recipient
    assert mail["Reply-To"] == contact
    assert f"\r\nList-Unsubscribe: <mailto:{contact}?subject=unsubscribe>\r\n".encode() in content


def test_without_a_contact_there_is_nobody_to_answer() -> None:
    mail = _received(_composed(_LETTER, contact=""))
    assert [name for name in _HEADERS if name not in mail] == ["Reply-To", "List-Unsubscribe", "List-Owner"]


def test_a_later_alert_joins_the_thread_of_the_first() -> None:
    mail = _received(_composed(replace(_LETTER, in_reply_to="<first@desk.example>")))
    assert (mail["In-Reply-To"], mail["References"]) == ("<first@desk.example>", "<first@desk.example>")


def test_of_a_long_thread_the_first_and_the_last_ten_mails_are_named_on_lines_that_servers_take() -> None:
    ids = tuple(f"<alert.{number:026}@{'d' * 180}.example>" for number in range(30))
    letter = replace(_LETTER, in_reply_to=ids[-1], references=ids)
    content = _composed(letter)
    mail = _received(content)
    assert mail["In-Reply-To"] == ids[-1]
    assert str(mail["References"]).split() == [ids[0], *ids[-10:]]
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert str(_received(_composed(replace(letter, references=ids[:3])))["References"]).split() == [*ids[:3]]


_LIST = Attachment("alerts.txt", f"1. Bridge – closed\n{'x' * 3_000}\n--=_boundary\n")


def test_a_list_travels_with_a_mail_beside_both_its_bodies() -> None:
    content = _composed(replace(_LETTER, attachment=_LIST))
    mail = _received(content)
    assert mail.keys() == _HEADERS
    assert (_body(mail, "plain"), _body(mail, "html")) == (_LETTER.text, _LETTER.html)
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "alerts.txt"
    assert (attached.get_content_type(), attached.get_content_charset()) == ("text/plain", "utf-8")
    assert attached.get_content().replace("\r\n", "\n") == _LIST.text
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/plain",
    ]
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@pytest.mark.parametrize("attachment", [None, _LIST])
def test_a_mail_that_is_composed_again_is_the_same_mail(attachment: Attachment | None) -> None:
    letter = replace(_LETTER, attachment=attachment)
    assert _composed(letter) == _composed(letter)


def test_one_debt_has_one_message_id_and_no_other_has_it() -> None:
    mail = _received(_composed(_LETTER))
    assert mail["Message-ID"] == message_id(_KEY, _OWED_AT, "monitor@desk.example")
    assert str(mail["Message-ID"]).startswith("<alert.")
    assert str(mail["Message-ID"]).endswith("@desk.example>")
    assert mail["Message-ID"] != message_id("alert:7:1:4", _OWED_AT, "monitor@desk.example")


def test_the_first_alert_of_a_fresh_database_is_not_taken_for_that_of_the_old_one() -> None:
    later = _OWED_AT + timedelta(days=1)
    assert message_id(_KEY, _OWED_AT, "monitor@desk.example") != message_id(_KEY, later, "monitor@desk.example")


def test_robots_are_told_not_to_answer() -> None:
    mail = _received(_composed(_LETTER))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == '"News alerts" <alerts.desk.example>'
