"""What people read about being a subscriber, tired and on a phone."""

import re
from dataclasses import fields, replace
from html import unescape

import pytest

from monitor.render.account import AccountView, Alarm, Choices, Confirm, Moved, Welcome, account_letter
from monitor.render.mail import Letter
from monitor.render.templates import Templates
from monitor.words import LANGUAGES
from tests.render.invented import ACCOUNT, ACCOUNT_READER, HOSTILE, UNTIL, page

EACH = pytest.mark.parametrize(("kind", "mail"), ACCOUNT)
_TEMPLATES = Templates()
_BY_KIND = dict(reversed(ACCOUNT))


def _letter(kind: str, mail: AccountView, language: str = "en", **more: object) -> Letter:
    return account_letter(_TEMPLATES, kind, language, {**ACCOUNT_READER, "mail": mail, **more})


def _read(html: str) -> str:
    seen = re.sub(r'<head>.*</head>|<div class="preheader".*?</div>', "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", seen)).split())


def _links(mail: AccountView) -> list[str]:
    said = [getattr(mail, field.name) for field in fields(mail)]
    return [each for each in said if isinstance(each, str) and each.startswith("https:")]


@pytest.mark.parametrize("language", LANGUAGES)
@EACH
def test_every_mail_has_a_subject_two_bodies_and_each_link_once_in_both(
    kind: str, mail: AccountView, language: str
) -> None:
    letter = _letter(kind, mail, language)
    assert letter.language == language
    assert 8 < len(letter.subject) <= 78
    assert "\n" not in letter.subject
    assert not letter.text.startswith(("Subject", "\n"))
    assert sorted(re.findall(r"https://\S+", letter.text)) == sorted(_links(mail))
    assert sorted(re.findall(r'href="(https:[^"]+)"', letter.html)) == sorted(_links(mail))
    # A link is alone on its line, so that no mail program takes what stands beside it for a part of it.
    assert all(line.startswith("https://") for line in letter.text.splitlines() if "https://" in line)


@pytest.mark.parametrize("language", LANGUAGES)
@EACH
def test_every_mail_is_small_and_asks_nothing_of_the_network(kind: str, mail: AccountView, language: str) -> None:
    html = _letter(kind, mail, language).html
    assert len(html.encode()) <= 12_000
    assert not re.search(r"<img|<link|<script|<form|url\(|src=", html)
    assert "\n\n\n" not in _letter(kind, mail, language).text


@EACH
def test_every_mail_names_its_reader_who_wrote_it_and_where_to_ask(kind: str, mail: AccountView) -> None:
    letter = _letter(kind, mail)
    for said in ("Sent to ann@desk.example by watch.desk.example.", "ops@desk.example", "Desk of Marava, 1 Pier Road"):
        assert said in letter.text
        assert said in _read(letter.html)
    assert "Questions" not in _letter(kind, mail, contact="").text


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
@EACH
def test_no_mail_mixes_languages(kind: str, mail: AccountView, language: str) -> None:
    english, letter = _letter(kind, mail), _letter(kind, mail, language)
    theirs = {*map(str.strip, letter.text.splitlines())}
    named = ("https://", "Desk of Marava", "--", "feed-monitor", "9 of 10", "ann@")
    same = {line for line in map(str.strip, english.text.splitlines()) if line and not line.startswith(named)} & theirs
    assert same == set()
    assert kind == "alarm" or letter.subject != english.subject


def test_who_asked_to_join_reads_what_they_would_get_before_they_confirm() -> None:
    letter = _letter("confirm", _BY_KIND["confirm"])
    for text in (letter.text, _read(letter.html)):
        told = (
            "Somebody, probably you, asked watch.desk.example to write to ann@desk.example",
            "a briefing every day at 07:00 (Europe/Warsaw)",
            "alerts at once, from the severity “high” up",
            "topics: Harbours, Strikes & walkouts",
            "7 May 03:12 (Europe/Warsaw)",
            "If you did not ask for this, do nothing",
            "ever write to me again",
        )
        places = [" ".join(text.split()).find(each) for each in told]
        assert -1 not in places
        assert places == sorted(places)


def test_who_wants_no_briefing_and_no_alerts_reads_just_that() -> None:
    nothing = Confirm(Choices("", "UTC"), page("confirm"), page("u"), UNTIL)
    text = _letter("confirm", nothing).text
    assert "- no briefing\n- no alerts\n- topics: everything that is watched\n" in text


def test_a_newcomer_reads_when_the_first_briefing_comes_how_to_change_and_how_to_leave() -> None:
    mail = _BY_KIND["welcome"]
    assert isinstance(mail, Welcome)
    letter = _letter("welcome", mail)
    for text in (letter.text, _read(letter.html)):
        assert "Your first briefing comes on 4 May 07:12 (Europe/Warsaw)." in text
        assert "Both links stand below every mail." in text
    bare = _letter("welcome", replace(mail, first_at=None, preferences="", leave=""))
    for text in (bare.text, _read(bare.html)):
        assert "first briefing" not in text
        assert "Unsubscribe" not in text
        assert "Both links" not in text


def test_who_asks_to_join_again_learns_by_mail_alone_that_they_have() -> None:
    first, again = [_letter(kind, mail) for kind, mail in ACCOUNT if kind == "link"]
    assert first.subject != again.subject
    assert "already" not in first.text + first.html
    assert "nothing was changed" in again.text
    assert "nothing was changed" in _read(again.html)


def test_the_old_address_is_told_the_new_one_and_the_new_one_is_not_told_the_old() -> None:
    assert "ann@home.example" in _letter("moved", _BY_KIND["moved"]).text
    letter = _letter("address", _BY_KIND["address"], recipient="ann@home.example")
    assert "ann@desk.example" not in letter.subject + letter.text + letter.html


def test_a_long_address_is_not_cut_at_the_end_of_a_line() -> None:
    long = f"{'anna-maria-' * 5}x@{'watch-tower-' * 4}desk.example"
    for kind, mail in ACCOUNT:
        assert long in _letter(kind, mail, recipient=long).text
    assert long in _letter("moved", Moved(long)).text


def test_an_alarm_tells_the_operator_what_happened_and_what_to_type() -> None:
    letter = _letter("alarm", _BY_KIND["alarm"])
    assert letter.subject == "No mail to big.example for an hour"
    for text in (letter.text, _read(letter.html)):
        assert "9 of 10 were refused: policy <550 5.7.1>." in text
        assert "feed-monitor doctor" in text
    assert _letter("alarm", Alarm("One thing\r\n and another")).subject == "One thing and another"
    bare = _letter("alarm", Alarm("Something else"))
    assert "type" not in bare.text


def test_names_that_strangers_chose_are_letters_and_nothing_more() -> None:
    choices = Choices("07:00", "UTC", topics=(HOSTILE, "<b>%(site)s</b>"))
    hostile: list[tuple[str, AccountView]] = [
        ("confirm", Confirm(choices, page("confirm"), page("u"), UNTIL)),
        ("alarm", Alarm(f"{HOSTILE}\r\nBcc: spy@evil.example", (HOSTILE,), HOSTILE)),
        ("moved", Moved('"<script>x()</script>"@evil.example')),
    ]
    for kind, mail in hostile:
        letter = _letter(kind, mail)
        assert "<script" not in letter.html
        assert "<b" not in letter.html.partition("<body")[2].replace("<br>", "").replace("<blockquote", "")
        assert "&lt;script&gt;" in letter.html
        assert not re.search(r"[\r\n]", letter.subject)
