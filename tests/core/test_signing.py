"""What a mail as it arrived tells of its signature, and of the way to leave by one click."""

from base64 import b64encode

import pytest

from monitor.core import signing
from monitor.core.delegation import Answer, Grade
from monitor.core.mime import Part, parse

DOMAIN = "watch.example"
ALL = "From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:List-Unsubscribe:List-Unsubscribe-Post"
OPENDKIM = "From:To:Subject:Date:List-Unsubscribe"
LINK = "<https://watch.example/u/a-ticket>, <mailto:bounces+leave-x@watch.example>"
SIGNATURE = signing.Signature("watch.example", "s1", "rsa-sha256", frozenset(), partial=False)


def arrived(signed: str = ALL, link: str = LINK, *more: str, d: str = DOMAIN, a: str = "rsa-sha256") -> Part:
    names = f"v=1; a={a}; c=relaxed/relaxed; d={d}; s=s1;\r\n\th={signed}; bh=Zm9v;\r\n\tb=YmFy"
    lines = [
        *more,
        f"DKIM-Signature: {names}",
        "From: feed-monitor <alerts@watch.example>",
        "To: ann@reader.example",
        "Subject: [harbour] The harbour of Ostvik is closed",
        "Date: Thu, 26 Nov 2026 07:00:00 +0000",
        "Message-ID: <alert.1@watch.example>",
        f"List-Unsubscribe: {link}",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ]
    kept = [line for line in lines if not line.endswith(": ")]
    return parse(("\r\n".join(kept) + "\r\n\r\nHello.\r\n").encode())


def test_a_signature_over_all_that_matters_is_good() -> None:
    assert signing.signature(arrived()).grade is Grade.GOOD


def test_what_opendkim_signs_by_itself_leaves_the_one_click_line_bare_and_the_cure_is_its_very_setting() -> None:
    found = signing.signature(arrived(OPENDKIM))
    assert (found.grade, found.about) == (Grade.BAD, "DKIM of watch.example")
    assert found.said == "the signature does not cover Message-ID, MIME-Version, Content-Type, List-Unsubscribe-Post"
    assert '"SignHeaders From,To,Subject,Date,' in found.cure
    assert "List-Unsubscribe,List-Unsubscribe-Post" in found.cure


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (arrived(d="relay.example"), "signed by relay.example, which does not speak for From at watch.example"),
        (arrived(a="rsa-sha1"), "rsa-sha1 counts no more"),
        (arrived(f"{ALL}; l=12"), "only the first part of the body"),
        (parse(b"From: alerts@watch.example\r\nSubject: a\r\n\r\n"), "the mail is not signed"),
        (parse(b"From: nobody\r\nSubject: a\r\n\r\n"), "no From that can be read"),
    ],
)
def test_a_signature_that_does_not_count_is_bad(mail: Part, said: str) -> None:
    found = signing.signature(mail)
    assert (found.grade, said in found.said) == (Grade.BAD, True), found.said


def test_of_two_signatures_the_one_that_speaks_for_the_sender_counts() -> None:
    relay = f"DKIM-Signature: v=1; a=rsa-sha256; d=relay.example; s=r; h={ALL}; b=YmFy"
    assert signing.signature(arrived(ALL, LINK, relay)).grade is Grade.GOOD
    below = arrived(d=f"mail.{DOMAIN}")
    assert signing.signature(below).grade is Grade.GOOD
    assert signing.signature(below, strict=True).grade is Grade.BAD


def test_a_mail_without_a_way_to_leave_does_not_show_whether_that_would_be_signed() -> None:
    bare = arrived("From:To:Subject:Date:Message-ID:MIME-Version:Content-Type", "")
    assert signing.unsubscribe(bare, f"https://{DOMAIN}").grade is Grade.NOTE
    mail = parse(b"DKIM-Signature: a=rsa-sha256; d=watch.example; s=s1; h=From\nFrom: a@watch.example\n\nHello\n")
    found = signing.signature(mail)
    assert (found.grade, "no List-Unsubscribe" in found.said) == (Grade.NOTE, True)


def number(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return field(0x02, raw)


def field(tag: int, value: bytes) -> bytes:
    length = len(value)
    size = bytes([length]) if length < 128 else bytes([0x82]) + length.to_bytes(2, "big")
    return bytes([tag]) + size + value


def public_key(bits: int, *, wrapped: bool = True) -> str:
    key = field(0x30, number((1 << bits) - 159) + number(65_537))
    algorithm = field(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    return b64encode(field(0x30, algorithm + field(0x03, b"\0" + key)) if wrapped else key).decode()


@pytest.mark.parametrize(
    ("record", "grade", "said"),
    [
        (f"v=DKIM1; k=rsa; p={public_key(2048)}", Grade.GOOD, "RSA with 2048 bits"),
        (f"p={public_key(4096, wrapped=False)}", Grade.GOOD, "RSA with 4096 bits"),
        (f"v=DKIM1; p={public_key(1024)}", Grade.NOTE, "RSA with 1024 bits"),
        (f"v=DKIM1; p={public_key(768)}", Grade.BAD, "RSA with 768 bits counts no more"),
        (f"v=DKIM1; t=y; p={public_key(2048)}", Grade.NOTE, "only testing"),
        (f"v=DKIM1; h=sha1; p={public_key(2048)}", Grade.BAD, "allows sha1 only"),
        ("v=DKIM1; p=", Grade.BAD, "revoked"),
        (f"v=DKIM1; p={public_key(2048)[:-40]}", Grade.BAD, "cannot be read"),
        ("v=DKIM1; p=no key at all", Grade.BAD, "cannot be read"),
        (f"v=DKIM1; k=ed25519; p={b64encode(bytes(32)).decode()}", Grade.NOTE, "Ed25519"),
        ("some other text", Grade.BAD, "there is no key"),
    ],
)
def test_a_key_is_judged_by_its_strength_and_whether_it_still_counts(record: str, grade: Grade, said: str) -> None:
    found = signing.key(SIGNATURE, Answer((record,)))
    assert (found.grade, said in found.said) == (grade, True), found.said
    assert found.about == "DKIM key s1._domainkey.watch.example"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("=?utf-8?q?=3Chttps=3A//watch=2Eexample/u/a-ticket=3E?=", "encoded word"),
        ("<https://watch.example/u/a- ticket>", "not one of https://watch.example"),
        ("<https://links.relay.example/click?to=watch.example>", "not one of https://watch.example"),
        ("<mailto:leave@watch.example>", "no web address"),
        ("https://watch.example/u/a-ticket", "no web address"),
        (f"{LINK}\r\nList-Unsubscribe: <https://relay.example/u>", "twice"),
    ],
)
def test_a_link_to_leave_that_something_on_the_way_has_harmed_is_bad(link: str, said: str) -> None:
    found = signing.unsubscribe(arrived(ALL, link), f"https://{DOMAIN}")
    assert (found.grade, said in found.said) == (Grade.BAD, True), found.said


def test_a_link_to_leave_that_came_through_is_good_and_wants_its_one_click_line_word_by_word() -> None:
    assert signing.unsubscribe(arrived(), f"https://{DOMAIN}").grade is Grade.GOOD
    for line in ("", "List-Unsubscribe-Post: One-Click\r\n"):
        raw = f"From: a@watch.example\r\nList-Unsubscribe: {LINK}\r\n{line}\r\n".encode()
        found = signing.unsubscribe(parse(raw), f"https://{DOMAIN}")
        assert (found.grade, "List-Unsubscribe-Post" in found.said) == (Grade.BAD, True)


def test_the_verdict_of_whoever_took_the_mail_in_counts() -> None:
    said = "Authentication-Results: mx.reader.example; spf=pass smtp.mailfrom=x; dkim={}; dmarc=pass"
    good = signing.receiver(arrived(ALL, LINK, said.format("pass (2048-bit key)")))
    assert (good.grade, good.said) == (Grade.GOOD, "spf=pass, dkim=pass, dmarc=pass")
    bad = signing.receiver(arrived(ALL, LINK, said.format("fail (bad signature)")))
    assert (bad.grade, "the key that is published" in bad.cure) == (Grade.BAD, True)
    assert signing.receiver(arrived()).grade is Grade.NOTE


def test_where_dns_does_not_answer_the_key_is_not_called_bad() -> None:
    assert signing.key(SIGNATURE, Answer(trouble="no answer")).grade is Grade.SKIP
