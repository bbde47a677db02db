"""Many alerts in one mail."""

import re
from dataclasses import replace
from html import unescape

import pytest

from monitor.render.templates import Templates
from monitor.render.views import Links, RollupView
from monitor.render.wording import rollup_subject, room
from monitor.words import Cause, Severity, Wait
from tests.render.invented import HOSTILE, LINKS, READER, pieces, rolled, rollup

BOTH = pytest.mark.parametrize("kind", ["html", "txt"])
_TEMPLATES = Templates()


def _html(view: RollupView) -> str:
    return _TEMPLATES.html("email/rollup.html", rollup=view, subject="Subject", **READER)


def _text(view: RollupView) -> str:
    return _TEMPLATES.text("email/rollup.txt", rollup=view, subject="Subject", **READER)


def _read(view: RollupView, kind: str) -> str:
    if kind == "txt":
        return " ".join(_text(view).split())
    page = re.sub(r'<head>.*</head>|<div class="preheader".*?</div>', "", _html(view), flags=re.DOTALL)
    page = re.sub(r"</?mark[^>]*>", "*", page)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", page)).split())


@BOTH
def test_a_flood_says_how_many_why_and_from_which_feed(kind: str) -> None:
    page = _read(rollup(14), kind)
    assert page.startswith("14 alerts in one mail")
    assert "because too many alerts came at once." in page
    assert "12 of them came from one feed, Kurier Eilmeldungen." in page
    assert "02:22 to 03:12 (Europe/Warsaw)" in page
    assert "attached" not in page
    assert "All of them came from one feed" in _read(replace(rollup(14), from_feed=14), kind)
    assert "came from one feed" not in _read(replace(rollup(14), feed="", from_feed=0), kind)


@BOTH
def test_several_reasons_stand_in_one_sentence(kind: str) -> None:
    reasons = (Wait.QUIET.value, Wait.GATHERED.value, Wait.QUIET.value, "you asked for it")
    assert "because the quiet hours are over, their severity is medium and you asked for it." in _read(
        replace(rollup(3), reasons=reasons), kind
    )


@BOTH
def test_the_gravest_stand_first_and_in_each_group_the_order_in_which_they_came(kind: str) -> None:
    page = _read(rollup(9), kind)
    groups = re.findall(r"[▲◆●] \w+ \(\d\)", page)
    assert [each.upper() for each in groups] == ["▲ CRITICAL (3)", "◆ HIGH (4)", "● MEDIUM (2)"]
    assert re.findall(r"Ferry (\d) ", page) == ["0", "4", "8", "1", "2", "5", "6", "3", "7"]
    mixed = tuple(rolled(1, severity, f"A {severity} quay") for severity in Severity)
    assert re.findall(r"A (\w+) quay", _read(replace(rollup(0), alerts=mixed), kind)) == list(reversed(Severity))


@BOTH
def test_each_alert_is_told_with_rules_words_publishers_age_cause_and_who_took_it(kind: str) -> None:
    alert = rolled(
        42, Severity.HIGH, "Ferry turns back after a drone was seen", "drone",
        causes=(Cause.DENIED, Cause.VOICES), acknowledged_by="bert@desk.example",
    )  # fmt: skip
    page = _read(replace(rollup(0), alerts=(alert,)), kind)
    for told in (
        "Ferry turns back after a *drone* was seen",
        "◆ ship-attack, port-closed · Kurier Eilmeldungen · 02:30, 42 min ago",
        "✕ an official source denies it",
        "acknowledged by bert@desk.example",
        "alert 42",
    ):
        assert told in page
    assert "report-42?a=1" in (_html if kind == "html" else _text)(replace(rollup(0), alerts=(alert,)))
    assert "the first alert of this story" not in _read(rollup(2), kind)


@BOTH
def test_many_alerts_are_acknowledged_with_one_link_or_one_by_one_by_command(kind: str) -> None:
    assert "feed-monitor ack" in _read(rollup(2), kind)
    page = _read(replace(rollup(2), links=LINKS), kind)
    assert "Acknowledge all 2" in page
    assert "Mute what comes from Kurier Eilmeldungen" in page
    assert "feed-monitor ack" not in page
    assert "Acknowledge all" not in _read(replace(rollup(2), links=Links(mute=LINKS.mute)), kind)


@BOTH
def test_what_has_no_room_stands_in_the_attached_list_and_the_mail_says_so(kind: str) -> None:
    page = _read(rollup(3, more=97), kind)
    assert page.startswith("100 alerts in one mail")
    assert "the list of all 100 is attached" in page
    assert "97 more stand in the attached list alone." in page


def test_the_attached_list_names_every_alert_with_its_link() -> None:
    alerts = rollup(400).alerts
    text = _TEMPLATES.text("email/rollup_list.txt", rollup=rollup(400), zone="Europe/Warsaw")
    assert text.startswith("400 alerts, as of 4 May 2026 03:12 (Europe/Warsaw)")
    assert {f"  {each.link}" for each in alerts} <= set(text.splitlines())
    assert text.count("Ferry ") == 400


def test_a_hundred_alerts_fit_into_one_mail() -> None:
    view = rollup(100)
    assert room(view.alerts) == 100
    assert len(_html(view).encode()) < 95_000
    assert _html(view).count("<h3") == 100


def test_no_mail_of_many_alerts_grows_so_long_that_it_is_clipped() -> None:
    title = "<ферри&> паром " * 100
    hostile = [
        rolled(
            number, Severity.CRITICAL, title, *["паром"] * 20, link="https://k.example/?" + "&" * number * 20,
            publisher="Ж" * 500, rules=("ж" * 60,) * 5, causes=(Cause.WITHDRAWN,), acknowledged_by="b" * 60,
        )
        for number in range(200)
    ]  # fmt: skip
    fitting = room(hostile)
    assert 5 < fitting < 100
    assert 55_000 < len(_html(replace(rollup(0), alerts=tuple(hostile[:fitting]))).encode()) < 95_000


def test_hostile_headlines_are_letters_and_nothing_more() -> None:
    view = replace(rollup(0), alerts=(rolled(1, Severity.LOW, HOSTILE, publisher=HOSTILE),), feed=HOSTILE)
    assert "<script" not in _html(view)
    assert "Harbour blockade now &lt;script&gt;" in _html(view)
    assert "Harbour blockade now <script>x()</script>" in _text(view)
    assert "A" * 161 not in _html(view) + _text(view)


def test_the_subject_begins_with_how_many_and_the_gravest_headline() -> None:
    assert rollup_subject(rollup(14)) == "14 alerts: Ferry 0 turns back after a drone was seen over pier 0 of Marava"
    short = [rolled(n, Severity.HIGH, f"Port {n // 2} shut") for n in range(20)]
    told = rollup_subject(replace(rollup(0), alerts=tuple(short), more=1_000))
    assert told.startswith("1020 alerts: Port 0 shut; Port 1 shut; ")
    assert 60 < len(told) <= 78
    assert len(rollup_subject(replace(rollup(0), alerts=(rolled(1, Severity.LOW, HOSTILE),)))) <= 78
    assert rollup_subject(replace(rollup(0), alerts=(rolled(1, Severity.LOW, "Quay shut"),))) == "1 alert: Quay shut"
    assert rollup_subject(rollup(0, more=3)) == "3 alerts"


@BOTH
def test_an_alert_without_marks_or_link_is_told_by_its_headline(kind: str) -> None:
    bare = replace(rolled(1, Severity.INFO, "Quay shut"), title=(), link="", causes=())
    view = replace(rollup(0), alerts=(bare,), reasons=(), feed="")
    assert "Quay shut" in _read(view, kind)
    assert "because too many" not in _read(view, kind)
    marked = replace(bare, title=pieces("Quay shut", "shut"))
    assert "Quay *shut*" in _read(replace(view, alerts=(marked,)), kind)
