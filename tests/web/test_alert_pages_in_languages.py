"""Whoever reads no English takes and mutes an alert all the same."""

import re
from html import unescape

import pytest
from sqlmodel import Session, select

from monitor.models import Subscriber, Telling
from monitor.words import Cause, Severity
from tests import texts
from tests.conftest import HERALD, RULES, WIRE
from tests.web.desk import ANNA, DUTY, Desk

EACH = pytest.mark.parametrize("language", texts.TRANSLATED)
MARSHES = "Airspace incursion over the salt marshes, ministry says"
_OURS = {f"web/{name}.html" for name in ("acknowledge", "mute", "pieces", "unknown", "nothing")}
_RAISED = 'severity = "high"\nraise = { to = "critical", when = { publishers = 2, within = "1h" } }\n'


async def speaks(desk: Desk, address: str, language: str) -> None:
    def choose(session: Session) -> None:
        person = session.exec(select(Subscriber).where(Subscriber.address == address)).one()
        person.language = language
        session.add(person)

    await desk.world.app.db.write(choose)


async def alarm(desk: Desk, title: str = MARSHES, url: str = WIRE) -> None:
    desk.world.web.publish(url, title)
    await desk.world.later()


def english_in(language: str, said: str) -> list[str]:
    """The texts of these pages that stand in it untranslated; those that are words of other languages, too, aside."""
    said = unescape(said)
    known = texts.read(language)
    return [
        one
        for one, text in texts.said().items()
        if _OURS & {*text.places} and known[one].string != one and re.search(_pattern(one), said)
    ]


def _pattern(text: str) -> str:
    """Matches nothing for a text without a word."""
    fixed = [re.escape(part) for part in re.split(r"%\(\w+\)s", re.sub(r"<[^>]+>", "", text))]
    return rf"\b{'.{1,80}'.join(fixed)}(?!\w)" if re.search(r"\w", "".join(fixed)) else r"(?!)"


@EACH
async def test_who_takes_an_alert_reads_each_page_in_their_language(desk: Desk, language: str) -> None:
    await alarm(desk)
    await speaks(desk, DUTY, language)
    link = desk.link(DUTY, "ack")
    pages = [await desk.asks(link), await desk.asks(link, "POST"), await desk.presses(link), await desk.presses(link)]
    pages.append(await desk.asks(desk.link(ANNA, "ack") + f"?lang={language}"))
    assert [page.status for page in pages] == [200, 409, 200, 200, 200]
    for page in pages:
        assert f'<html lang="{language}"' in page.text
        assert MARSHES in unescape(page.said)
        assert english_in(language, page.said) == []


@EACH
async def test_who_mutes_reads_each_page_in_their_language(desk: Desk, language: str) -> None:
    await alarm(desk, "Envoys fear a pre-emptive strike at the lighthouse")
    await speaks(desk, DUTY, language)
    link = desk.link(DUTY, "mute")
    pages = [await desk.asks(link), await desk.presses(link, what="story", span="8h")]
    (muted,) = await desk.silences()
    pages += [await desk.presses(link, end=str(muted.id)), await desk.presses(link, end="1"), await desk.presses(link)]
    assert [page.status for page in pages] == [200, 200, 200, 200, 400]
    for page in pages:
        assert f'<html lang="{language}"' in page.text
        assert english_in(language, page.said) == []


@EACH
async def test_a_broken_link_is_explained_in_the_language_of_the_browser(desk: Desk, language: str) -> None:
    seen = await desk.asks("/ack/none", headers={"Accept-Language": f"{language}-XX, en;q=0.5"})
    assert (seen.status, f'<html lang="{language}"' in seen.text) == (404, True)
    assert english_in(language, seen.said) == []
    assert "feed-monitor silence add" in seen.said


async def test_a_page_in_english_would_be_noticed(desk: Desk) -> None:
    await alarm(desk)
    seen = await desk.asks(desk.link(DUTY, "ack"))
    assert "Whoever acknowledges looks after it" in " ".join(english_in("uk", seen.said))
    assert "%(address)s; whoever has its address" in " ".join(english_in("uk", seen.said))


async def test_why_a_story_was_told_again_is_said_in_the_language_of_the_reader(desk: Desk) -> None:
    await desk.begins_anew(RULES.replace('severity = "high"\n', _RAISED))
    await speaks(desk, DUTY, "uk")
    first = desk.world.web.publish(WIRE, MARSHES)
    await desk.world.later()
    other = desk.world.web.publish(HERALD, "Ministry says airspace incursion took place over the salt marshes")
    await desk.world.later()
    await desk.presses(desk.link(ANNA, "ack"))
    for item in (first, other):
        item.title = "Ministry says nothing took place over the salt marshes"
    await desk.world.later()
    page = unescape((await desk.asks(desk.link(DUTY, "ack"))).said)
    assert "· Перше сповіщення сповіщено: 2" in page
    assert "↑ Рівень зріс. Про це повідомляють інші: 2 незалежні видання; раніше високий сповіщено: 2" in page
    assert f"■ Прийнято: {ANNA} сповіщено: 2" in page
    assert "− Відкликано: Herald уже не пише того, на що спрацьовує airspace-incursion" in page


async def test_who_denies_it_is_named_on_the_page(desk: Desk) -> None:
    await alarm(desk)

    def deny(session: Session) -> None:
        note = "Harbour office, says Herald; Gazette"
        session.add(
            Telling(
                alert_id=1, revision=2, told_at=desk.world.clock.at, cause=Cause.DENIED, severity=Severity.HIGH,
                rules={"airspace-incursion": "high"}, voices=1, note=note,
            )
        )  # fmt: skip

    await desk.world.app.db.write(deny)
    link = desk.link(DUTY, "ack")
    assert "✕ Denied: Harbour office, says Herald; Gazette nobody was to hear it" in (await desk.asks(link)).said
    assert "✕ Dementiert: Harbour office, laut Herald; Gazette" in (await desk.asks(f"{link}?lang=de")).said


async def test_who_presses_on_a_page_in_another_language_is_answered_in_it(desk: Desk) -> None:
    await alarm(desk)
    await speaks(desk, DUTY, "pl")
    link = desk.link(DUTY, "mute")
    assert "Na jak długo" in (await desk.asks(link)).said
    answer = await desk.presses(f"{link}?lang=de", what="story", span="8h")
    assert f"Stummgeschaltet: das Ereignis „{MARSHES}“. Andere werden benachrichtigt wie bisher." in answer.said
    assert f"für Sie, bis 21:40 · {DUTY}: stummgeschaltet aus einer E-Mail" in answer.said
