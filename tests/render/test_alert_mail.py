"""What somebody woken at three in the morning reads."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.render.mail import Envelope, Letter, compose
from monitor.render.pieces import Piece, excerpt
from monitor.render.templates import Templates
from monitor.render.views import AlertView, Links, Quote
from monitor.words import Cause, Severity, Wait
from tests.render.invented import (
    DENIED,
    ESCALATED,
    FIRST,
    GROWN,
    HOSTILE,
    LINKS,
    NOW,
    READER,
    TAKEN,
    pieces,
    voice,
)

BOTH = pytest.mark.parametrize("kind", ["html", "txt"])
_TEMPLATES = Templates()


def _html(view: AlertView, **more: object) -> str:
    return _TEMPLATES.html("email/alert.html", alert=view, subject="Subject", **{**READER, **more})


def _text(view: AlertView, **more: object) -> str:
    return _TEMPLATES.text("email/alert.txt", alert=view, subject="Subject", **{**READER, **more})


def _read(view: AlertView, kind: str, **more: object) -> str:
    """What stands in the mail for the eye, line breaks aside, and marks as in texts."""
    if kind == "txt":
        return " ".join(_text(view, **more).split())
    page = re.sub(r'<head>.*</head>|<div class="preheader".*?</div>', "", _html(view, **more), flags=re.DOTALL)
    page = re.sub(r"</?mark[^>]*>", "*", re.sub(r"<br>|</td>", " ", page))
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


@BOTH
def test_the_first_alert_says_how_grave_what_who_when_and_by_which_words(kind: str) -> None:
    page = _read(FIRST, kind)
    told = (
        "▲ Critical · ship-attack" if kind == "html" else "▲ CRITICAL: ship-attack",
        "*Tanker* burns after a *drone attack* outside the port of Marava",
        "Kurier · published 03:11, first seen 40 s later (Europe/Warsaw)",
        "the tanker Solveig was *struck* by a *drone* shortly before three",
        "Acknowledge",
        "Mute this",
        "Read it at Kurier",
        "If nobody acknowledges by 03:22, the next person is told.",
        "You get this because",
        "of the rule ship-attack",
        "it is the first alert of this story",
        "The number of this alert is 41.",
    )
    places = [page.find(each) for each in told]
    assert -1 not in places
    assert places == sorted(places)
    assert places[0] == 0
    assert "Who reports it" not in page


def test_a_finger_finds_acknowledging_muting_and_reading() -> None:
    assert re.findall(r'href="([^"]*)"', _html(FIRST)) == [
        "https://kurier.example/solveig?a=1&amp;b=2",
        LINKS.acknowledge.replace("&", "&amp;"),
        LINKS.mute.replace("&", "&amp;"),
        "https://kurier.example/solveig?a=1&amp;b=2",
        "mailto:ops@desk.example?subject=unsubscribe",
    ]
    assert {LINKS.acknowledge, LINKS.mute, FIRST.link} <= set(_text(FIRST).splitlines())


@BOTH
def test_who_cannot_be_given_links_is_told_what_to_type(kind: str) -> None:
    assert "To acknowledge, type" not in _read(FIRST, kind)
    page = _read(replace(FIRST, links=Links()), kind)
    assert "feed-monitor ack 41" in page
    assert "Mute this" not in page
    assert "Acknowledge:" not in page


@BOTH
def test_nobody_is_asked_to_acknowledge_what_another_took(kind: str) -> None:
    assert "feed-monitor ack" not in _read(replace(TAKEN, links=Links()), kind)


@BOTH
@pytest.mark.parametrize(
    ("view", "news"),
    [
        (GROWN, "+ Observer is the 3rd independent publisher to report it"),
        (TAKEN, "■ bert@desk.example acknowledged it at 03:11"),
        (replace(GROWN, causes=(Cause.RULE,), news=""), "+ Another rule speaks of it"),
    ],
)
def test_what_is_new_stands_before_all_else(view: AlertView, news: str, kind: str) -> None:
    assert _read(view, kind, notices=["rules.toml cannot be read"]).startswith(news)


@BOTH
@pytest.mark.parametrize(
    ("cause", "stamp"),
    [
        (Cause.DENIED, "✕ DENIED"),
        (Cause.CONFIRMED, "✓ CONFIRMED"),
        (Cause.WITHDRAWN, "− WITHDRAWN"),
        (Cause.ESCALATED, "→ YOUR TURN"),
    ],
)
def test_what_turns_a_story_round_is_shouted_with_a_shape(cause: Cause, stamp: str, kind: str) -> None:
    page = _read(replace(GROWN, causes=(cause,), news="The harbour master speaks"), kind)
    assert page.startswith(f"{stamp}{':' if kind == 'txt' else ''} The harbour master speaks")


@BOTH
@pytest.mark.parametrize(
    ("causes", "said", "begins"),
    [
        ((Cause.DENIED,), "Denied: the coast guard says no.", "✕ DENIED The coast guard says no."),
        ((Cause.DENIED,), "Denied.", "✕ DENIED An official source denies it"),
        ((Cause.RAISED, Cause.DENIED), "It rose. Denied: no.", "✕ DENIED It rose. Denied: no."),
        ((Cause.RAISED, Cause.VOICES), "It rose.", "↑ It rose."),
        ((Cause.VOICES, Cause.TAKEN), "More of it. Bert took it.", "+ More of it. Bert took it."),
    ],
)
def test_what_must_not_be_missed_is_said_once_and_nothing_is_lost(
    causes: tuple[Cause, ...], said: str, begins: str, kind: str
) -> None:
    page = _read(replace(GROWN, causes=causes, news=said, acknowledged_by="bert@desk.example"), kind)
    assert page.replace("DENIED:", "DENIED").startswith(begins)


@BOTH
@pytest.mark.parametrize("cause", list(Cause))
def test_there_are_words_for_every_cause(cause: Cause, kind: str) -> None:
    assert "Who reports it" in _read(replace(GROWN, causes=(cause,), news=""), kind)


@BOTH
def test_the_report_that_is_the_news_stands_right_beneath_it_and_then_the_story_as_known(kind: str) -> None:
    page = _read(DENIED, kind)
    told = (
        "Coast Guard of Marava denies it",
        "No attack on tanker Solveig: engine fire, says coast guard",
        "Coast Guard of Marava · 03:11, 62 s ago",
        "*Tanker* burns after a *drone attack*",
        "Kurier and 3 more independent publishers · published 02:45, first seen 40 s later, 26 min before this mail",
        "bert@desk.example acknowledged it at 03:03, 9 min ago.",
        "Who reports it",
        "it is told again: an official source denies it; more independent publishers report it",
    )
    places = [page.find(each) for each in told]
    assert -1 not in places
    assert places == sorted(places)


def test_the_preview_in_the_list_of_mails_is_the_news() -> None:
    found = re.search(r'<div class="preheader"[^>]*>([^<]*)<', _html(ESCALATED))
    assert found is not None
    assert found[1] == "Nobody has acknowledged this for 10 min; you are next"


@BOTH
def test_a_later_mail_quotes_less(kind: str) -> None:
    passages = tuple(pieces(f"Sentence {number} names a drone.", "drone") for number in range(3))
    assert "Sentence 2" in _read(replace(FIRST, passages=passages), kind)
    later = _read(replace(GROWN, passages=passages), kind)
    assert "Sentence 0" in later
    assert "Sentence 1" not in later


@BOTH
def test_copies_of_one_text_are_one_voice(kind: str) -> None:
    page = _read(GROWN, kind)
    assert "02:46 Kurier, also in Herald, Gazette, Northern Echo Tanker burns" in page
    assert "Kurier and 2 more independent publishers" in page
    alone = replace(FIRST, voices=(replace(FIRST.voices[0], copies=("Herald",)),))
    assert "Who reports it" in _read(alone, kind)
    assert "Kurier · published" in _read(alone, kind)


@BOTH
def test_of_sixty_voices_twelve_are_named_and_the_others_counted(kind: str) -> None:
    voices = tuple(voice(f"Paper {n}.", f"Report {n}.", 60 - n) for n in range(60))
    page = _read(replace(GROWN, voices=voices, latest=None), kind)
    assert "Report 11." in page
    assert "Report 12." not in page
    assert "and 48 more" in page
    copies = _read(replace(FIRST, voices=(replace(voices[0], copies=tuple(f"Copy {n}" for n in range(20))),)), kind)
    assert "also in Copy 0, Copy 1, Copy 2, Copy 3, Copy 4, Copy 5 and 14 more" in copies


@BOTH
def test_who_told_it_first_is_named_when_the_headline_is_of_another(kind: str) -> None:
    voices = (voice("Marava Radio", "Fire on board", 5), *FIRST.voices)
    assert "Kurier and 1 more independent publisher · first Marava Radio, published 03:06" in _read(
        replace(FIRST, voices=voices), kind
    )


@BOTH
def test_a_mail_that_waited_says_why(kind: str) -> None:
    assert "This mail waited. Held until the quiet hours end." in _read(replace(FIRST, waited=Wait.QUIET.value), kind)
    assert "waited" not in _read(FIRST, kind)


@BOTH
def test_times_are_those_of_the_readers_clock_with_the_day_if_it_is_another(kind: str) -> None:
    assert "acknowledged it at 06:56" in _read(TAKEN, kind, zone="Asia/Kathmandu")
    old = replace(FIRST.voices[0], published_at=NOW - timedelta(days=400), seen_at=NOW - timedelta(hours=9))
    assert "published 30 Mar 2025 03:12, first seen 399 d later, 9 h before" in _read(
        replace(FIRST, voices=(old,)), kind
    )
    assert "first seen 3 May 18:12, no publication time given" in _read(
        replace(FIRST, voices=(replace(old, published_at=None),)), kind
    )


@BOTH
def test_an_alert_without_any_link_or_marked_title_is_whole(kind: str) -> None:
    bare = replace(
        GROWN,
        link="",
        title=(),
        links=Links(),
        quotes=(),
        passages=(),
        latest=replace(GROWN.voices[0], link="", title=""),
        voices=tuple(replace(each, link="") for each in GROWN.voices),
    )
    page = _read(bare, kind)
    assert page.count("Tanker burns after a drone attack outside the port of Marava") == 2
    assert "Read it at" not in page
    assert re.findall(r'href="([^"]*)"', _html(bare)) == ["mailto:ops@desk.example?subject=unsubscribe"]
    assert "http" not in _text(bare)


def test_a_headline_from_right_to_left_turns_only_itself() -> None:
    title = "هجوم بطائرة مسيرة على ناقلة"
    view = replace(FIRST, language="ar", headline=title, title=pieces(title, "مسيرة"), voices=GROWN.voices)
    page = _html(view)
    assert re.search(r'<h1 lang="ar" dir="auto"', page)
    assert re.search(r'<html lang="en" dir="ltr">', page)
    assert len(re.findall(r'<a href="[^"]*" dir="auto"', page)) == len(view.voices)
    assert "*مسيرة*" in _text(view).splitlines()[1]


_HOSTILE_EVERYWHERE = replace(
    DENIED,
    headline=HOSTILE,
    title=(),
    was=(HOSTILE,) * 5,
    news=HOSTILE,
    latest=voice(HOSTILE[:200], HOSTILE),
    voices=tuple(voice(HOSTILE[:200], HOSTILE, copies=(HOSTILE[:200],) * 60) for _ in range(60)),
    publisher=HOSTILE[:200],
    passages=((Piece(HOSTILE, True),),) * 9,
    quotes=(Quote("ship-attack", Severity.CRITICAL, "drone", "title", (Piece(HOSTILE, True),)),) * 28,
    notes=(HOSTILE[:200],),
)


def test_hostile_texts_are_letters_and_nothing_more() -> None:
    for view in (_HOSTILE_EVERYWHERE, replace(_HOSTILE_EVERYWHERE, causes=(Cause.FIRST,), news="")):
        page = _html(view)
        assert "<script" not in page
        assert "onclick" not in page
        assert "Harbour blockade now &lt;script&gt;x()&lt;/script&gt;" in page
        assert 'Harbour blockade now <script>x()</script> "quoted" gnp.exe' in _text(view)
        assert not {"\u202e", "\u2066"} & {*page, *_text(view)}


def test_five_thousand_letters_do_not_bury_the_rest_nor_make_a_mail_that_is_clipped() -> None:
    for view in (_HOSTILE_EVERYWHERE, replace(_HOSTILE_EVERYWHERE, causes=(Cause.FIRST,), news="")):
        assert "A" * 901 not in _html(view) + _text(view)
        assert len(_html(view).encode()) < 95_000


def test_a_hostile_headline_makes_no_header_of_the_mail() -> None:
    letter = Letter(f"[ship-attack] {HOSTILE}", _text(FIRST), _html(FIRST), "alerts")
    content = compose(letter, Envelope("alert:1:1:1", "m@d.example", "a@d.example", NOW))
    assert not re.search(rb"^bcc:", content.partition(b"\r\n\r\n")[0], re.IGNORECASE | re.MULTILINE)


def test_of_an_endless_headline_the_stretch_around_the_marked_words_is_shown() -> None:
    title = f"{'calm ' * 100}a drone attack {'ends ' * 100}"
    view = replace(FIRST, headline=title, title=pieces(title, "drone attack"))
    shown = _text(view).splitlines()[1]
    assert shown.startswith("…calm calm")
    assert "calm a *drone attack* ends" in shown
    assert shown.endswith(" ends…")
    assert 200 < len(shown) < 310


def test_an_endless_word_is_cut_within_and_not_left_out() -> None:
    title = f"Breaking: {'x' * 1_000}"
    assert _text(replace(FIRST, headline=title, title=())).splitlines()[1] == f"Breaking: {'x' * 290}…"


_PIECES = st.lists(st.builds(Piece, st.text("ab  é", min_size=1, max_size=120), st.booleans()), min_size=1, max_size=12)


@given(_PIECES, st.integers(30, 300))
@settings(max_examples=200, deadline=None)
def test_a_cut_headline_is_a_stretch_of_the_whole_that_shows_the_first_marked_letter(
    made: list[Piece], limit: int
) -> None:
    text = "".join(piece.text for piece in made)
    cut = excerpt(made, limit)
    shown = "".join(piece.text for piece in cut)
    assert len(shown) <= limit + 2
    assert shown.strip("…") in text
    assert all(piece.text for piece in cut)
    marks = [piece.text for piece in made if piece.marked]
    if marks:
        first = next(piece.text for piece in cut if piece.marked)
        assert marks[0].startswith(first)
        assert len(first) >= min(len(marks[0]), limit // 2)
