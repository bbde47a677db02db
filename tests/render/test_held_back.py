"""What a reader was not told stands in the briefing, with the reason."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest

from monitor.core.briefing import BriefedStory, Contents, HeldBack, write
from monitor.render.templates import Templates
from tests.render.invented import HOSTILE, NOW, READER

BOTH = pytest.mark.parametrize("kind", ["html", "txt"])
_SILENCED = "silenced by ann until 5 May 12:00: the yearly exercise"
_STORY = BriefedStory("Budget talks resume", "https://k.example/1", "", "en", ("Kurier",), NOW, (), False)


def _held(number: int, reason: str = _SILENCED) -> HeldBack:
    at = NOW - timedelta(minutes=number)
    return HeldBack(f"Report {number}.", f"https://k.example/{number}?a=1&b=2", "en", ("ship-attack",), reason, at)


def _contents(*held: HeldBack) -> Contents:
    return write([_STORY], entries=3, feeds=2, blind_spots=(), since=NOW - timedelta(days=1), until=NOW, held_back=held)


def _page(contents: Contents, kind: str) -> str:
    view = {"contents": contents, "day": date(2026, 5, 4), "subject": "Subject", **READER}
    templates = Templates()
    return templates.html("email/briefing.html", **view) if kind == "html" else templates.text(
        "email/briefing.txt", **view
    )  # fmt: skip


def _read(contents: Contents, kind: str) -> str:
    page = _page(contents, kind)
    if kind == "html":
        page = unescape(re.sub(r"<[^>]*>", "", re.sub(r"<head>.*</head>|<br>", " ", page, flags=re.DOTALL)))
    return " ".join(page.split())


@BOTH
def test_what_was_held_back_is_told_below_the_stories_with_its_reason_rule_time_and_link(kind: str) -> None:
    contents = _contents(_held(1), _held(2, "muted by yourself"), _held(3))
    page = _read(contents, kind)
    told = (
        "Budget talks resume Kurier",
        "Held back" if kind == "html" else "HELD BACK",
        "3 reports fitted your rules without an alert to you.",
        "Muted by yourself",
        "Report 2. 03:10, 2 min ago",
        "Silenced by ann until 5 May 12:00: the yearly exercise",
        "Report 1. 03:11, 60 s ago",
        "Report 3. 03:09, 3 min ago",
        "What was watched" if kind == "html" else "WHAT WAS WATCHED",
    )
    places = [page.find(each) for each in told]
    assert -1 not in places
    assert places == sorted(places)
    assert page.count("Silenced by ann") == 1
    assert page.count("ship-attack") == 3
    assert unescape(_page(contents, kind)).count("https://k.example/2?a=1&b=2") == 1


@BOTH
def test_forty_are_named_and_the_others_counted(kind: str) -> None:
    page = _read(_contents(*(_held(number) for number in range(45))), kind)
    assert "45 reports fitted" in page
    assert "Report 39." in page
    assert "Report 40." not in page
    assert "5 more." in page


@BOTH
def test_when_nothing_was_held_back_nothing_is_said_of_it(kind: str) -> None:
    assert "held back" not in _read(_contents(), kind).lower()
    assert "None of the rules fired." in _read(_contents(), kind)
    assert "None of the rules fired." not in _read(_contents(_held(1)), kind)


@BOTH
def test_a_hostile_report_without_a_link_is_letters_and_nothing_more(kind: str) -> None:
    page = _page(_contents(replace(_held(1), title=HOSTILE, link="", language="")), kind)
    assert ("<script" in page) == (kind == "txt")
    assert "Harbour blockade now <script>x()</script>" in unescape(page)
    assert "A" * 201 not in page
