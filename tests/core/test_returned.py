"""What comes back to the address for bounces, from servers of three dialects and some of none."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.core.mime import LARGEST
from monitor.core.returned import Kind, Returned, read
from monitor.words import Verdict

MAILS = Path(__file__).parent / "bounces"
ADDRESS = "bounces@bounce.watch.example"
TOKEN = "abcdefghijklmnopqrstuvwx23"
FORGED = "zzzzzzzzzzzzzzzzzzzzzzzzzz"


def found(name: str, *changes: tuple[str, str]) -> Returned:
    raw = (MAILS / f"{name}.eml").read_text()
    for old, new in changes:
        assert old in raw
        raw = raw.replace(old, new)
    return read(raw.encode(), ADDRESS)


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("postfix_gone", Verdict.DEAD, "5.1.1"),
        ("postfix_full", Verdict.SOFT, "5.2.2"),
        ("postfix_dmarc", Verdict.OURS, "5.7.26"),
        ("postfix_no_code", Verdict.DEAD, "550"),
        ("postfix_given_up", Verdict.SOFT, "4.7.1"),
        ("exim_moved", Verdict.DEAD, "5.1.6"),
        ("exim_closed", Verdict.DISABLED, "5.2.1"),
        ("exim_greylisted", Verdict.SOFT, "4.2.0"),
        ("exim_spam", Verdict.OURS, "5.7.1"),
        ("opensmtpd_gone", Verdict.DEAD, "5.1.1"),
        ("opensmtpd_full", Verdict.SOFT, "5.2.2"),
        ("opensmtpd_policy", Verdict.OURS, "5.7.26"),
        ("opensmtpd_no_words", Verdict.UNKNOWN, "550"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_bounce_says_what_its_server_says_and_not_what_stands_in_the_mail_it_brings_back(
    name: str, verdict: Verdict, code: str, line_end: str
) -> None:
    told = found(name, ("\n", line_end))
    assert (told.kind, told.token, told.verdict, told.code) == (Kind.BOUNCE, TOKEN, verdict, code)
    assert told.action == "failed"
    assert "@" not in told.reason


def test_the_reason_is_the_servers_own_line() -> None:
    assert found("opensmtpd_gone").reason == "550 5.1.1 <address>: who is that"
    assert found("postfix_gone").reason == "550 5.1.1 <address>: nobody of that name"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("postfix_relayed", Kind.DELIVERED),
        ("opensmtpd_delayed", Kind.DELAYED),
        ("vacation", Kind.AUTO_REPLY),
    ],
)
def test_what_arrived_what_is_late_and_who_is_away_are_no_bounces(name: str, kind: Kind) -> None:
    told = found(name)
    assert (told.kind, told.verdict, told.token) == (kind, None, TOKEN)


@pytest.mark.parametrize("action", ["delivered", "relayed"])
def test_a_mail_that_reached_one_of_those_it_was_passed_on_to_did_arrive(action: str) -> None:
    other = f"Final-Recipient: rfc822; desk@harbour.example\nAction: {action}\nStatus: 2.0.0\n\n"
    told = found("postfix_gone", ("Final-Recipient: rfc822; mara", f"{other}Final-Recipient: rfc822; mara"))
    assert told.kind is Kind.DELIVERED


def test_of_two_refusals_the_milder_counts() -> None:
    full = "Final-Recipient: rfc822; desk@harbour.example\nAction: failed\nStatus: 5.2.2\n\n"
    told = found("postfix_gone", ("Final-Recipient: rfc822; mara", f"{full}Final-Recipient: rfc822; mara"))
    assert (told.kind, told.verdict, told.code) == (Kind.BOUNCE, Verdict.SOFT, "5.2.2")
    assert told.recipients == ("desk@harbour.example", "mara.lindqvist@harbour.example")


def test_a_server_that_forgets_to_say_what_it_did_is_read_by_its_status() -> None:
    assert found("postfix_gone", ("Action: failed\n", "")).kind is Kind.BOUNCE
    assert found("opensmtpd_delayed", ("Action: delayed\n", "")).kind is Kind.DELAYED


def test_words_met_after_the_whole_mail_was_given_are_about_the_mail() -> None:
    told = found("postfix_no_code", ("(in reply to RCPT TO command)", "(in reply to end of DATA command)"))
    assert told.verdict is Verdict.OURS


def test_a_bounce_of_an_old_server_is_guessed_and_never_condemns_an_address() -> None:
    told = found("qmail")
    assert (told.kind, told.verdict, told.token) == (Kind.BOUNCE, Verdict.UNKNOWN, TOKEN)
    assert told.recipients == ("tove.arnesen@relic.example",)


QMAIL = (MAILS / "qmail.eml").read_text()


@pytest.mark.parametrize(
    "behind", ["--- Below this line is a copy of the message.\n\n", "----- Original message -----\n\n"]
)
def test_a_guess_is_not_made_from_what_stands_behind_the_servers_words(behind: str) -> None:
    head, _, words = QMAIL.partition("\n\n")
    assert read(f"{head}\n\nA mail had a mishap.\n\n{behind}{words}".encode(), ADDRESS).kind is Kind.UNKNOWN


def test_a_guess_is_not_made_from_the_mail_that_is_enclosed() -> None:
    head, _, words = QMAIL.partition("\n\n")
    text = "--b\nContent-Type: text/plain\n\nA mail had a mishap.\n"
    enclosed = f"--b\nContent-Type: message/rfc822\n\nSubject: x\n\n{words}\n--b--\n"
    raw = f"{head}\nContent-Type: multipart/mixed; boundary=b\n\n{text}{enclosed}"
    assert read(raw.encode(), ADDRESS).kind is Kind.UNKNOWN
    assert read(raw.replace("message/rfc822", "text/plain").encode(), ADDRESS).kind is Kind.BOUNCE


def test_a_person_who_quotes_a_bounce_at_us_is_no_bounce() -> None:
    told = found(
        "qmail", ("Return-Path: <>\n", ""), ("From: MAILER-DAEMON@relic.example", "From: Tove <tove@relic.example>")
    )
    assert told.kind is Kind.UNKNOWN


def test_a_complaint_is_found_by_the_token_that_the_provider_saw() -> None:
    told = found("complaint")
    assert (told.kind, told.token, told.verdict) == (Kind.COMPLAINT, TOKEN, Verdict.COMPLAINT)
    assert found("complaint", ("Feedback-Type: abuse", "Feedback-Type: not-spam")).kind is Kind.UNKNOWN


def test_who_leaves_by_mail_does_so_by_the_token_alone() -> None:
    told = found("leaves")
    assert (told.kind, told.token) == (Kind.LEAVE, "abcdefghijklmnopqrstuvwxyz")
    assert found("leaves", ("Subject: unsubscribe", "Auto-Submitted: no\nSubject: x")).kind is Kind.LEAVE


@pytest.mark.parametrize(
    "change",
    [
        ("Subject: unsubscribe", "Auto-Submitted: auto-replied\nSubject: x"),
        ("Subject: unsubscribe", "Auto-Submitted: auto-generated\nSubject: x"),
        ("Return-Path: <petra.kovac@harbour.example>", "Return-Path: <>"),
    ],
)
def test_no_machine_makes_anybody_leave(change: tuple[str, str]) -> None:
    told = found("leaves", change)
    assert (told.kind, told.token) == (Kind.UNKNOWN, "")


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_token_is_found_wherever_a_server_writes_down_whom_a_mail_was_for(name: str) -> None:
    raw = f"{name}: <BOUNCES+{TOKEN.upper()}@elsewhere.example>\nSubject: x\n\n"
    assert read(raw.encode(), ADDRESS).token == TOKEN


def test_what_the_server_tells_beside_the_mail_counts_before_what_stands_in_it() -> None:
    raw = (MAILS / "postfix_gone.eml").read_bytes()
    assert read(raw, ADDRESS, [f"bounces+{FORGED}@bounce.watch.example"]).token == FORGED


@pytest.mark.parametrize("to", ["bounces+short@x.example", f"xbounces+{TOKEN}@x.example", f"other+{TOKEN}@x.example"])
def test_what_was_sent_to_another_address_is_not_ours(to: str) -> None:
    assert read(f"To: {to}\n\n".encode(), ADDRESS).token == ""
    assert read(f"To: bounces+{TOKEN}@x.example\n\n".encode(), "").token == ""


def test_the_number_of_an_envelope_is_told_with_whom_the_mail_was_for() -> None:
    told = found("postfix_full")
    assert told.number == 4711
    assert told.recipients == ("mara.lindqvist@harbour.example",)


@pytest.mark.parametrize(
    ("said", "number"),
    [("1", 1), ("2147483647", 2147483647), ("0", None), ("2147483648", None), ("99999999999999999", None)],
)
def test_a_number_that_no_row_can_have_is_none(said: str, number: int | None) -> None:
    assert found("postfix_full", ("4711", said)).number == number


@pytest.mark.parametrize("status", ["5.1.1\x00", "5.1.1" + "1" * 4000, "\x00", "anything"])
def test_a_status_that_is_no_code_is_not_kept_as_one(status: str) -> None:
    report = f"To: bounces+{TOKEN}@x.test\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.test\n"
    told = read(f"{report}Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; no\n".encode(), ADDRESS)
    assert (told.kind, told.token) == (Kind.BOUNCE, TOKEN)
    assert told.code in ("", "5.1.1")


def test_a_token_may_come_back_as_the_number_of_the_envelope() -> None:
    raw = (MAILS / "postfix_full.eml").read_text().replace("4711", TOKEN).replace(f"bounces+{TOKEN}@", "bounces@")
    assert read(raw.encode(), ADDRESS).token == TOKEN


def test_a_mail_that_a_server_pipes_with_a_line_of_its_own_in_front_is_read() -> None:
    raw = b"From MAILER-DAEMON Mon Mar  2 07:01:12 2026\n" + (MAILS / "postfix_gone.eml").read_bytes()
    assert read(raw, ADDRESS).verdict is Verdict.DEAD


def test_a_report_in_base64_is_read() -> None:
    status = "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFAYi5leGFtcGxlCkFjdGlvbjogZmFpbGVkClN0YXR1czogNS4xLjEK"
    raw = (
        f"To: bounces+{TOKEN}@x.example\nContent-Type: message/delivery-status\n"
        f"Content-Transfer-Encoding: base64\n\n{status}\n"
    )
    assert read(raw.encode(), ADDRESS).verdict is Verdict.DEAD


def test_a_mail_that_brings_back_a_very_long_one_is_read_by_its_beginning() -> None:
    raw = (MAILS / "exim_closed.eml").read_bytes().replace(b"Status: 5.1.1\n", b"X: y\n" * LARGEST)
    assert read(raw, ADDRESS).verdict is Verdict.DISABLED


def test_what_stands_beyond_half_a_megabyte_is_not_read() -> None:
    raw = (MAILS / "opensmtpd_gone.eml").read_bytes().replace(b"    Good day,", b"x\n" * LARGEST)
    assert read(raw, ADDRESS).kind is not Kind.BOUNCE


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Ends what hangs; no measure of speed."""

    def ring(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


HEAD = f"Return-Path: <>\nDelivered-To: bounces+{TOKEN}@x.example\n".encode()
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(9000))
REPORT = b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n"


@pytest.mark.parametrize(
    "hostile",
    [
        NESTED,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000,
        b"X-A: b\n" * 70_000,
        b"Subject: a\n" + b" b\n" * 160_000,
        b"To: " + b"bounces+a," * 50_000,
        b"\n" + b"\n" * 500_000,
        b"\n" + b"<" * 500_000,
        b"\n" + b"a@" * 250_000,
        b"\n" + b"account " * 60_000,
        b"\n" + b"-- original " * 40_000,
        b"Content-Type: message/delivery-status\n\n" + REPORT * 9_000,
        b"Content-Type: message/delivery-status\n\n" + REPORT[:-1] + b"Diagnostic-Code: smtp; " + b"5.1.1" * 90_000,
        b"Content-Type: multipart/mixed;" + b" ;boundary" * 50_000,
        b"Subject: a" + "\u0301".encode() * 100_000,
    ],
    ids=lambda hostile: hostile[:30].decode("latin-1"),
)
def test_no_mail_however_hostile_holds_up_those_behind_it(hostile: bytes) -> None:
    with at_most(20):
        assert isinstance(read(HEAD + hostile, ADDRESS), Returned)


RAW = {path.stem: path.read_bytes() for path in sorted(MAILS.iterdir())}


@settings(deadline=None)
@given(
    st.sampled_from(sorted(RAW)), st.integers(0, 3000), st.integers(0, 300), st.binary(max_size=80), st.integers(1, 50)
)
@example("qmail", 0, 0, b"From: \xff\xfe\n", 1)
@example("postfix_gone", 0, 200, b"", 1)
def test_a_damaged_mail_is_read_as_something_or_nothing(name: str, at: int, cut: int, junk: bytes, times: int) -> None:
    raw = RAW[name]
    told = read(raw[:at] + junk * times + raw[at + cut :], ADDRESS)
    assert (told.verdict is None) == (told.kind not in (Kind.BOUNCE, Kind.COMPLAINT))
