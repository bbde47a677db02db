"""When too much comes at once: few mails, the cause by its name, and nothing lost."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session, select

from monitor.models import Match
from monitor.store import feeds
from monitor.words import Disposition, Severity
from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE, World
from tests.fakes import text_of
from tests.stories.growing import watching

DUTY, ANN = "duty@example.org", "ann@example.org"
MINUTE = timedelta(minutes=1)
# As names of towns, so that each report is a story of its own.
_LETTERS = "bcdfghklmnprstvz"


def town(number: int) -> str:
    return "".join(_LETTERS[(number >> shift) & 15] + "aeio"[(number >> shift + 4) & 3] for shift in (8, 4, 0)).title()


def counted(session: Session) -> dict[Disposition, int]:
    return dict(Counter(match.disposition for match in session.exec(select(Match))))


async def test_a_thousand_reports_of_one_feed_in_one_poll_are_three_mails_that_name_it(world: World) -> None:
    await world.subscribe(DUTY)
    for number in range(1_000):
        world.web.publish(WIRE, f"Pre-emptive strike on {town(number)} reported", link=f"https://wire.test/{number}")
    await world.turn()
    await world.later(2 * MINUTE)
    first, second, rolled = world.post.mails(DUTY)
    assert "[pre-emptive-strike]" in first["Subject"]
    assert "[pre-emptive-strike]" in second["Subject"]
    assert rolled["Subject"].startswith("998 alerts: ")
    assert "All of them came from one feed, wire.test." in " ".join(text_of(rolled).split())
    (listed,) = rolled.iter_attachments()
    said = str(listed.get_content())
    assert f"strike* on {town(999)} reported" in said
    assert said.count("*Pre-emptive* *strike*") == 998
    assert await world.app.db.read(counted) == {Disposition.ALERTED: 1_000}
    await world.later(timedelta(hours=19))
    assert len([mail for mail in world.post.mails(DUTY) if "alerts" in mail["List-Id"]]) == 3
    briefing = world.post.mails(DUTY)[-1]
    assert "1000 stories from 1004 entries" in text_of(briefing)


async def test_a_third_critical_story_within_minutes_waits_a_minute_and_not_longer(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    for number in range(3):
        world.web.publish(WIRE, f"Pre-emptive strike on {town(number)} reported")
    await world.turn()
    assert len(world.post.mails(DUTY)) == 2
    await world.later(MINUTE)
    last = world.post.mails(DUTY)[-1]
    assert last["Subject"] == f"[pre-emptive-strike] Pre-emptive strike on {town(2)} reported"
    assert "too many alerts came at once" in " ".join(text_of(last).split())


async def test_what_is_of_medium_severity_travels_together_after_five_minutes(world: World) -> None:
    await world.subscribe(DUTY, briefing=False, alert_from=Severity.MEDIUM)
    await world.subscribe(ANN, briefing=False)
    world.web.publish(WIRE, "Border closed near Torvik for repairs of the bridge")
    await world.turn()
    world.web.publish(HERALD, "Lervik: border closed after a landslide on the pass")
    world.clock.pass_time(4 * MINUTE)
    await world.app.poll.everything_due()
    await world.turn()
    assert world.post.mails(DUTY) == []
    await world.later(20 * MINUTE)
    (mail,) = world.post.mails(DUTY)
    assert mail["Subject"].startswith("2 alerts: ") or mail["Subject"].startswith("[border-closure]")
    assert world.post.mails(ANN) == []


_NIGHT = (
    ("landslide", "Landslide buries the road to Torvik"),
    ("landslide", "Vineyards of Osterby lost to a landslide"),
    ("landslide", "Railway shut at Kelmsund: landslide"),
    ("mutiny", "Mutiny aboard the trawler Solveig"),
    ("mutiny", "Prison guards in Lervik speak of mutiny"),
    ("blackout", "Hospital in Brackwell runs on diesel after blackout"),
    ("blackout", "Blackout stops trams of Alnes"),
    ("fire", "Fire guts the old library of Borum"),
    ("fire", "Forest fire above Celle jumps the river"),
)


async def test_a_person_gets_six_alerts_one_by_one_and_the_rest_in_one_mail(tmp_path: Path) -> None:
    urls = tuple(f"https://daily{number}.test/feed" for number in range(len(_NIGHT)))
    rules = "".join(f'[rules.{word}]\nseverity = "high"\nmatch = "{word}"\n' for word in dict(_NIGHT))
    world = await watching(tmp_path, rules, urls=urls)
    await world.subscribe(DUTY, briefing=False)
    for (_, title), url in zip(_NIGHT, urls, strict=True):
        world.web.publish(url, title)
    await world.turn()
    # The third landslide is one too many of its rule, what comes after six of all rules one too many for a person.
    assert len(world.post.mails(DUTY)) == 6
    await world.later(6 * MINUTE)
    rolled = world.post.mails(DUTY)[-1]
    assert rolled["Subject"].startswith("3 alerts: ")
    for title in ("Railway shut at Kelmsund", "Fire* guts the old library", "Forest *fire* above Celle"):
        assert title in " ".join(text_of(rolled).split())
    await world.stop()


async def test_a_mass_change_of_guids_wakes_nobody(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    for number in range(50):
        world.web.publish(WIRE, f"Airspace incursion near {town(number)}", guid=f"old-{number}")
    await world.turn()
    await world.later(6 * MINUTE)
    before = len(world.post.mails(DUTY))
    for item in world.web.feeds[WIRE]:
        item.guid = f"new-{item.guid}"
    await world.later()
    await world.later()
    assert len(world.post.mails(DUTY)) == before


async def test_a_flood_of_one_feed_does_not_delay_the_first_report_of_another(world: World) -> None:
    await world.subscribe(DUTY, briefing=False)
    for number in range(40):
        world.web.publish(WIRE, f"Airspace incursion near {town(number)}")
    world.web.publish(OBSERVER, "Pre-emptive strike ordered against the forts of Gatum")
    world.web.publish(GAZETTE, "Harvest festival opens in Gatum")
    await world.turn()
    subjects = [mail["Subject"] for mail in world.post.mails(DUTY)]
    assert [subject for subject in subjects if subject.startswith("[pre-emptive-strike]")]
    assert len([subject for subject in subjects if subject.startswith("[airspace-incursion]")]) <= 2


async def test_what_is_gathered_waits_for_a_flood_to_be_over_but_not_for_ever(world: World) -> None:
    await world.subscribe(DUTY, briefing=False, alert_from=Severity.MEDIUM)
    world.web.publish(WIRE, "Border closed near Torvik for repairs of the bridge")
    await world.turn()
    assert world.post.mails(DUTY) == []
    # The next document of the flood is stored and not looked at yet.
    world.clock.pass_time(6 * MINUTE)
    world.web.publish(WIRE, "Choir of Osterby wins the northern cup")
    await world.app.db.write(feeds.make_due, (), world.clock.at)
    await world.app.poll.everything_due()
    for waited, mails in ((timedelta(), 0), (3 * MINUTE, 0), (2 * MINUTE, 1)):
        world.clock.pass_time(waited)
        await world.app.tell.run()
        await world.app.send_mail()
        assert len(world.post.mails(DUTY)) == mails
