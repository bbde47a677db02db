"""Whatever happens in whichever order: every match has its fate, nobody is told twice, nothing is hidden."""

import asyncio
import tempfile
from collections import Counter
from datetime import time, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from monitor.jobs.triage import headline
from monitor.models import Delivery, DeliveryKind, DeliveryStatus, Entry, Feed, Hearing, Match, Silence
from monitor.store import silences
from monitor.words import Disposition, Severity, Wait
from tests.conftest import World
from tests.stories.growing import DUTY, watching

ANN, BOB = "ann@example.org", "bob@example.org"
RULES = f"""
[rules.incursion]
severity = "high"
match = "airspace incursion"
unless = "drill"
raise = {{ to = "critical", when = {{ publishers = 2, within = "2h" }} }}

[rules.strike]
severity = "critical"
match = "pre-emptive strike"
alert = {{ to = ["{DUTY}"], ack_within = "10m", then = ["{ANN}"] }}

[rules.closure]
severity = "medium"
match = "border closed"

[rules.weather]
severity = "low"
match = "storm"
"""
URLS = tuple(f"https://daily{number}.test/feed" for number in range(4))
TITLES = (
    "Airspace incursion west of Torvik, two fighters scrambled",
    "Fighters scrambled from Lervik after airspace incursion near Torvik",
    "Defence ministry denies airspace incursion west of Torvik",
    "Airspace incursion drill begins at Lervik",
    "Pre-emptive strike ordered against the forts of Gatum",
    "Forts of Gatum hit in pre-emptive strike, border closed",
    "Border closed at Osterby as storm nears",
    "Choir of Kelmsund wins the northern cup",
)
STEPS = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(URLS), st.sampled_from(TITLES)),
    st.tuples(st.just("edit"), st.sampled_from(URLS), st.sampled_from(TITLES)),
    st.tuples(st.just("wait"), st.integers(1, 90)),
    st.tuples(st.just("silence"), st.sampled_from(["incursion", "strike", "closure", ""]), st.booleans()),
    st.tuples(st.just("acknowledge"), st.integers(1, 3)),
    st.tuples(st.just("restart")),
    st.tuples(st.just("mail"), st.booleans()),
)


async def take(world: World, step: tuple[object, ...]) -> None:
    match step:
        case ("publish", str(url), str(title)):
            world.web.publish(url, title)
        case ("edit", str(url), str(title)):
            world.web.feeds[url][0].title = title
        case ("wait", int(minutes)):
            await world.later(timedelta(minutes=minutes))
        case ("silence", str(rule), bool(own)):
            mute = Silence(
                rule=rule, words="" if rule else "Torvik", subscriber_id=2 if own else None, starts_at=world.clock.at,
                ends_at=world.clock.at + timedelta(hours=1), author="eva", comment="because",
            )  # fmt: skip
            await world.app.db.write(silences.add, mute)
        case ("acknowledge", int(number)):
            await world.app.acknowledge.take(number, DUTY)
        case ("restart",):
            await world.stop()
            await world.start()
        case ("mail", bool(up)):
            world.post.shut = "" if up else "connection refused"


async def live(folder: Path, steps: list[tuple[object, ...]]) -> None:
    world = await watching(folder, RULES, urls=URLS)
    await world.subscribe(DUTY, at=time(8))
    await world.subscribe(ANN, alert_from=Severity.MEDIUM, at=time(8))
    await world.subscribe(BOB, alert_from=Severity.INFO, at=time(8))
    try:
        for step in steps:
            await take(world, step)
        world.post.shut = ""
        for _ in range(12):
            await world.later(timedelta(hours=2))
        await world.app.db.read(laws, world)
        assert world.crashes == []
    finally:
        await world.stop()


def laws(session: Session, world: World) -> None:
    matches = list(session.exec(select(Match)))
    for entry, feed in session.exec(select(Entry, Feed).join(Feed, col(Feed.id) == Entry.feed_id)):
        speaking = {found.rule for found in world.app.rules.match(headline(entry, feed))}
        decided = Counter(match.rule for match in matches if match.entry_id == entry.id)
        silent = {match.rule for match in matches if match.entry_id == entry.id and match.over_at is not None}
        # What speaks now, and what spoke until an edit: nothing more, nothing less, each once.
        assert decided == Counter(speaking | silent)
    told = (Disposition.ALERTED, Disposition.GATHERED, Disposition.GREW)
    assert all(match.alert_id is not None for match in matches if match.disposition in told)
    nobody_hears_twice(session, world)
    nothing_is_hidden(session, matches, world)


def nobody_hears_twice(session: Session, world: World) -> None:
    hearings = list(session.exec(select(Hearing)))
    never = (Wait.AWAY, Wait.MUTED, Wait.GONE, Wait.OVER)
    for hearing in hearings:
        assert (hearing.delivery_id is None) == (hearing.wait in never), hearing
    alerts = (DeliveryKind.ALERT, DeliveryKind.ROLLUP)
    owed = list(session.exec(select(Delivery).where(col(Delivery.kind).in_(alerts))))
    assert {each.id for each in owed} == {each.delivery_id for each in hearings if each.delivery_id}
    assert {each.status for each in owed} <= {DeliveryStatus.SENT}
    ids = [message.message_id for message in world.post.accepted]
    assert len(set(ids)) == len(ids)
    assert sorted(ids) == sorted(each.message_id for each in session.exec(select(Delivery)))


def nothing_is_hidden(session: Session, matches: list[Match], world: World) -> None:
    """Whatever was muted or held stands in the briefing, with the reason."""
    held = (Disposition.SILENCED, Disposition.HELD, Disposition.INHIBITED)
    issues = "\n".join(
        mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for mail in world.post.mails(BOB)
        if "briefing" in mail["List-Id"]
    )
    for match in matches:
        if match.disposition in held:
            entry = session.get_one(Entry, match.entry_id)
            assert entry.title in issues


# A failing walk is short enough to be read as it is; to shrink it takes minutes.
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_every_match_has_one_fate_nobody_hears_twice_and_silence_hides_nothing(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder), steps))
