"""What a server says when it refuses a mail, and whether that is the reader's end or our fault."""

import pytest

from monitor.core.refusals import (
    DATA,
    MAIL_FROM,
    RCPT_TO,
    enhanced_code,
    of_status,
    reply_code,
    verdict,
    without_addresses,
)
from monitor.words import Verdict

DEAD, DISABLED, SOFT, OURS, UNKNOWN = (
    Verdict.DEAD,
    Verdict.DISABLED,
    Verdict.SOFT,
    Verdict.OURS,
    Verdict.UNKNOWN,
)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("5.1.1", DEAD), ("5.1.2", DEAD), ("5.1.3", DEAD), ("5.1.6", DEAD), ("5.1.10", DEAD),
        ("5.2.1", DISABLED),
        ("5.2.2", SOFT), ("4.2.2", SOFT), ("4.7.1", SOFT), ("5.4.7", SOFT),
        ("5.1.7", OURS), ("5.1.8", OURS), ("5.3.4", OURS), ("5.4.6", OURS), ("5.5.2", OURS), ("5.6.7", OURS),
        ("5.7.1", OURS), ("5.7.26", OURS), ("5.7.515", OURS), ("5.2.3", OURS),
        ("5.4.1", UNKNOWN), ("5.4.4", UNKNOWN), ("5.0.0", UNKNOWN), ("5.1.0", UNKNOWN), ("5.3.0", UNKNOWN),
    ],
)  # fmt: skip
def test_a_reader_is_judged_by_the_code_that_their_server_gives(code: str, said: Verdict) -> None:
    assert verdict(RCPT_TO, 550 if code[0] == "5" else 450, code, "no") is said


@pytest.mark.parametrize("step", [MAIL_FROM, DATA])
@pytest.mark.parametrize("code", ["5.1.1", "5.2.1", "5.7.1", ""])
def test_nobody_is_blamed_for_a_refusal_of_our_sender_or_of_what_we_wrote(step: str, code: str) -> None:
    assert verdict(step, 550, code, "user unknown") is OURS


@pytest.mark.parametrize("step", [MAIL_FROM, RCPT_TO, DATA])
def test_whatever_a_server_says_with_a_four_in_front_is_only_for_now(step: str) -> None:
    assert verdict(step, 452, "", "user unknown") is SOFT
    assert verdict(step, 450, "5.1.1", "user unknown") is SOFT
    assert verdict(step, 550, "4.2.2", "user unknown") is SOFT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("<kai@quay.example>: User unknown", DEAD),
        ("No such user here", DEAD),
        ("Sorry, that mailbox does not exist at this place", DEAD),
        ("sorry, no mailbox here by that name", DEAD),
        ("Unbekannter Empfänger", DEAD),
        ("Empfänger unbekannt", DEAD),
        ("utilisateur inconnu", DEAD),
        ("l'adresse kai@quay.example n'existe pas", DEAD),
        ("usuario desconocido", DEAD),
        ("la cuenta kai no existe", DEAD),
        ("utente sconosciuto", DEAD),
        ("nie ma takiego użytkownika", DEAD),
        ("adres kai nie istnieje", DEAD),
        ("пользователь не найден", DEAD),
        ("такого користувача не існує", DEAD),
        ("mailbox full", SOFT),
        ("the mailbox is over quota", SOFT),
        ("Das Postfach ist voll", SOFT),
        ("la boîte aux lettres pleine", SOFT),
        ("skrzynka jest pełna", SOFT),
        ("please try again later", SOFT),
        ("account kai@quay.example has been disabled", DISABLED),
        ("This mailbox is inactive", DISABLED),
        ("Konto ist gesperrt", DISABLED),
        ("rejected as spam", OURS),
        ("refused by local policy", OURS),
        ("relay access denied", OURS),
        ("the message is too large", OURS),
        ("no", UNKNOWN),
        ("mailbox unavailable", UNKNOWN),
        ("Unrouteable address", UNKNOWN),
    ],
)
def test_a_server_without_codes_is_understood_by_plain_words_in_many_languages(words: str, said: Verdict) -> None:
    assert verdict(RCPT_TO, 550, "", words) is said
    assert verdict(RCPT_TO, 550, "5.0.0", words.upper() if words.isascii() else words) is said


@pytest.mark.parametrize(
    "words",
    [
        "Sender address rejected: user unknown",
        "sender domain does not exist",
        "the address of the sender was not found",
        "mailbox full, and the account does not exist any more",
        "account suspended: no such user",
    ],
)
def test_words_that_may_be_read_two_ways_cost_nobody_their_mail_at_once(words: str) -> None:
    assert verdict(RCPT_TO, 550, "", words) is not DEAD


def test_a_domain_that_takes_no_mail_at_all_is_no_address_and_a_full_store_is_one() -> None:
    assert verdict(RCPT_TO, 556, "", "no") is DEAD
    assert verdict(RCPT_TO, 552, "", "no") is SOFT


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.1 <kai@quay.example> nobody", "5.1.1"),
        ("5.1.1 <kai@quay.example> nobody", "5.1.1"),
        ("550-5.7.26 this\n550 5.7.26 too", "5.7.26"),
        ("smtp; 550 5.2.1 closed", "5.2.1"),
        ("smtp;550 #5.1.1 closed", "5.1.1"),
        ("no mailbox of that name. (#5.1.1)", "5.1.1"),
        ("nobody (5.1.10)", "5.1.10"),
        ("host 5.1.1.1 said no", ""),
        ("550 5.1.1.9 is on a list", ""),
        ("550 host 192.5.1.1 said no", ""),
        ("554 gateway version 5.2.1 says no", ""),
        ("550 no", ""),
        ("", ""),
    ],
)
def test_a_code_is_only_read_where_servers_put_their_codes(reply: str, code: str) -> None:
    assert enhanced_code(reply) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("550 no", 550), ("smtp; 451 4.7.1 no", 451), ("host mx[192.0.2.7]: 552 full", 552), ("port 465 no", 0), ("", 0)],
)
def test_the_three_digits_of_a_reply_are_found_in_what_is_told_of_it(text: str, code: int) -> None:
    assert reply_code(text) == code


def test_a_code_alone_says_nothing_where_it_is_a_general_one() -> None:
    assert of_status("5.0.0") is None
    assert of_status("4.0.0") is SOFT


def test_a_reason_that_is_kept_names_nobody() -> None:
    told = without_addresses("550 5.1.1 <kai@quay.example>: kai.o'neill+news@quay.example unknown")
    assert told == "550 5.1.1 <address>: <address> unknown"
