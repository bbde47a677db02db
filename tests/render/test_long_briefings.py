"""A morning with far too much news: the mail stays one that mail programs show to its end."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.briefing import BriefedRule, BriefedStory, Contents, HeldBack
from monitor.jobs.compose import Compose
from monitor.jobs.house import House, Reader
from monitor.render.mail import Letter
from monitor.render.templates import Templates
from monitor.words import LANGUAGES, Disposition, Severity

_NOW = datetime(2026, 5, 4, 7, tzinfo=UTC)
_LINK = "https://watch.example/" + "u" * 60


def story(number: int, *, long: bool) -> BriefedStory:
    title = f"Ferry {number} aground & waiting for a tug at the outer pier"
    return BriefedStory(
        title=title * 5 if long else title,
        link=f"https://wire.example/{number}{'/x' * 60 if long else ''}",
        summary=("Тяжкий шторм " * 24 if long else "A short word from the pier.") + str(number),
        language="en",
        publishers=("Wire", "Herald") * (4 if long else 1),
        happened_at=_NOW - timedelta(hours=3),
        rules=(BriefedRule("ferry-aground", Severity.HIGH, Disposition.LATE),),
        alerted=False,
    )


def contents(matched: int, others: int, held: int, *, long: bool) -> Contents:
    reports = [
        HeldBack(f"Report {at} " * 30, f"https://wire.example/h{at}", "en", ("ferry-aground",), Disposition.HELD, _NOW)
        for at in range(held)
    ]
    told = [story(number, long=long) for number in range(matched + others)]
    return Contents(
        tuple(told[:matched]), tuple(told[matched:]), 0, 900, 30, (), _NOW - timedelta(days=1), _NOW, (), tuple(reports)
    )


@pytest.fixture(scope="module")
def compose() -> Compose:
    return Compose(Templates(), House("m@watch.example", contact="ops@watch.example"))


def mail(compose: Compose, told: Contents, language: str = "en") -> Letter:
    reader = Reader("ann@example.org", "you confirmed on 2 Mar 2026", _LINK, _LINK)
    return compose.briefing(told, reader, _NOW.date(), "Ferries aground", "Europe/Kyiv", language)


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(
    ("matched", "others", "held"), [(0, 0, 0), (3, 22, 0), (500, 5, 0), (60, 25, 80), (0, 25, 500)]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_to_leave_is_never_behind_where_mail_programs_cut(
    compose: Compose, matched: int, others: int, held: int, long: bool, language: str
) -> None:
    letter = mail(compose, contents(matched, others, held, long=long), language)
    assert len(letter.html.encode()) < 95_000
    assert letter.html.count(_LINK) == 2


def test_what_has_no_room_is_counted_and_stands_in_the_text_of_the_mail(compose: Compose) -> None:
    told = contents(300, 5, 0, long=False)
    letter = mail(compose, told)
    shown = letter.html.count("A short word from the pier.")
    assert 60 < shown < 200
    assert f"{305 - shown} more stories had no room here." in letter.html
    assert all(each.link in letter.text for each in (*told.matched, *told.others))


def test_an_ordinary_morning_is_shown_whole(compose: Compose) -> None:
    letter = mail(compose, contents(40, 5, 10, long=False))
    assert letter.html.count("A short word from the pier.") == 45
    assert "no room" not in letter.html
