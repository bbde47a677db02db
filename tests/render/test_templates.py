import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import jinja2
import pytest

from monitor.cli import samples
from monitor.render.templates import Templates

_NOW = datetime(2026, 5, 4, 5, tzinfo=UTC)
_READER = {"recipient": "ann@home.example", "consent": "", "contact": "ops@desk.example", "zone": "Europe/Berlin"}
_ALERT = {"alert": samples.alert(_NOW), "subject": "Bridge closed", **_READER}
_BRIEFING = {"contents": samples.contents(_NOW), "subject": "Bridge closed", "day": date(2026, 5, 4), **_READER}
_NOTICE = {"contents": samples.notice(_NOW), "subject": "3 feeds in trouble", **_READER}
_OUTAGE = _NOTICE | {"contents": samples.outage(_NOW)}
_QUIET = _BRIEFING | {"contents": samples.quiet(_NOW)}


@pytest.mark.parametrize(
    ("name", "view"),
    [("email/alert.html", _ALERT), ("email/briefing.html", _BRIEFING), ("email/notice.html", _NOTICE)],
)
def test_a_headline_cannot_speak_html(name: str, view: dict[str, object]) -> None:
    page = Templates().html(name, **view | {"subject": "<script>"})
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_text_mail_shows_a_headline_letter_by_letter() -> None:
    assert '<script>alert("x")</script>' in Templates().text("email/alert.txt", **_ALERT)


def test_the_words_that_fired_are_marked_in_both_kinds_of_mail() -> None:
    assert "pre-emptive strike</mark>" in Templates().html("email/alert.html", **_ALERT)
    assert "pre-emptive strike" in Templates().text("email/alert.txt", **_ALERT)


def test_times_are_those_of_the_reader() -> None:
    assert "07:00" in Templates().text("email/alert.txt", **_ALERT)
    assert "10:45" in Templates().text("email/alert.txt", **_ALERT | {"zone": "Asia/Kathmandu"})


def test_a_quiet_night_is_said_in_both_kinds_of_mail() -> None:
    assert "Quiet" in Templates().text("email/briefing.txt", **_QUIET)
    assert "<h1" in Templates().html("email/briefing.html", **_QUIET)


@pytest.mark.parametrize("name", ["email/notice.html", "email/notice.txt"])
def test_the_operator_reads_of_every_feed_what_is_wrong_since_when_and_what_to_type(name: str) -> None:
    page = _notice(name, _NOTICE)
    for told in (
        "Its server does not answer in time: ",
        "since 4 May 05:00 (2 h)",
        "last read 4 May 04:45",
        "4 failures",
        "next try 4 May 07:30",
        "feed-monitor feeds test 'https://news.example.org/feed?a=1&b=2'",
        "not asked any more",
        "feed-monitor feeds discover https://news.example.org/",
        "Example Post is well again after 3 h; 12 entries caught up",
        "https://herald.example.org/new?a=1&b=2",
        "32 feeds are watched",
    ):
        assert told in page


@pytest.mark.parametrize("name", ["email/notice.html", "email/notice.txt"])
def test_feeds_that_are_out_of_reach_together_are_named_in_one_breath(name: str) -> None:
    page = _notice(name, _OUTAGE)
    assert "Its server cannot be reached (31)" in page
    assert "Example 0, Example 1, " in page
    assert page.count("feed-monitor feeds test") == 2  # of one of them, and of the one that moved


@pytest.mark.parametrize("name", ["email/notice.html", "email/notice.txt"])
def test_a_notice_of_a_thousand_feeds_stays_readable(name: str) -> None:
    fresh = tuple(replace(samples.notice(_NOW).fresh[0], name=f"Feed {number}") for number in range(1_000))
    page = _notice(name, _NOTICE | {"contents": replace(samples.notice(_NOW), fresh=fresh)})
    assert "And 930 more" in page
    assert "Feed 69" in page
    assert "Feed 70" not in page


def _notice(name: str, view: dict[str, object]) -> str:
    if name.endswith(".txt"):
        return " ".join(Templates().text(name, **view).split())
    return " ".join(unescape(re.sub(r"<[^>]*>", "", Templates().html(name, **view))).split())


def test_styles_stand_in_the_elements_and_the_dark_ones_in_the_head() -> None:
    page = Templates().html("email/alert.html", **_ALERT)
    assert re.search(r'<h1 [^>]*style="', page)
    assert "prefers-color-scheme: dark" in page
    assert "<link" not in page


def test_an_own_template_replaces_ours_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "alert.txt").write_text("Mind: {{ alert.headline | shortened(20) }}   \n\n")
    own = Templates(tmp_path)
    assert own.text("email/alert.txt", **_ALERT) == "Mind: Alliance weighs a…\n"
    assert own.text("email/briefing.txt", **_BRIEFING) == Templates().text("email/briefing.txt", **_BRIEFING)


def test_an_own_template_may_extend_the_one_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "alert.html").write_text(
        '{% extends "shipped/email/alert.html" %}{% block head %}<p>Our & desk: {{ alert.link }}</p>{% endblock %}'
    )
    page = Templates(tmp_path).html("email/alert.html", **_ALERT)
    assert "desk: https://news.example.org/1?a=1&amp;b=2</p>" in page
    assert "Read it at Example Wire" in page


def test_a_template_that_asks_for_what_is_not_there_fails_aloud(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("{{ alert.headlin }}")
    with pytest.raises(jinja2.UndefinedError, match="headlin"):
        Templates(tmp_path).text("mine.txt", **_ALERT)


def test_templates_are_listed_by_the_names_users_replace(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    names = Templates(tmp_path).names()
    assert {"email/alert.html", "email/briefing.txt", "mine.txt"} <= set(names)
    assert not any(name.startswith("shipped/") for name in names)
