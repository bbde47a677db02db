"""What an operator and other programs learn of alerts: how late they were, and where to follow them."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest

from tests.conftest import GAZETTE, HERALD, OBSERVER, WIRE, World
from tests.doors.alerting import DRONES, EVER, FIRST, RULES, SECOND, alerting, asked, typed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with alerting(tmp_path) as desk:
        yield desk


async def test_latency_tells_how_late_each_feed_is_seen_and_which_was_first(world: World) -> None:
    for number, age in enumerate((10, 20, 30)):
        world.web.publish(WIRE, f"Harbour notice {number} of the day in Kelmsund", age=timedelta(seconds=age))
    world.web.publish(WIRE, FIRST, age=timedelta(seconds=40))
    world.web.publish(WIRE, "A year book is reprinted", age=timedelta(days=400))
    await world.turn()
    world.clock.pass_time(timedelta(minutes=16))
    world.web.publish(HERALD, SECOND, age=timedelta(minutes=3))
    world.web.publish(OBSERVER, FIRST, age=timedelta(minutes=4))
    await world.turn()
    await world.later(timedelta(minutes=5))

    told = await asked(world, "alerts", "latency", *EVER)
    feeds = {each["feed"]: each for each in told if "feed" in each}
    assert feeds["wire.test"] == {
        "feed": "wire.test",
        "published_to_seen": {"n": 4, "p50_s": 20.0, "p95_s": 40.0},
        "first_of_stories": 1,
        "alone": 0,
        "ahead_s": 960.0,
    }
    assert feeds["herald.test"]["published_to_seen"] == {"n": 1, "p50_s": 180.0, "p95_s": 180.0}
    assert feeds["herald.test"]["first_of_stories"] == 0
    assert "gazette.test" not in feeds
    steps = {each.pop("step"): each for each in told if "step" in each}
    # The story grew to two publishers and to three, which are told together after five minutes.
    assert steps["seen to decided"] == {"n": 3, "p50_s": 0.0, "p95_s": 0.0}
    assert steps["decided to owed, at once"] == {"n": 1, "p50_s": 0.0, "p95_s": 0.0}
    assert steps["decided to owed, gathered or held"] == {"n": 2, "p50_s": 300.0, "p95_s": 300.0}
    assert steps["owed to accepted, by mail"]["n"] == 2
    shown = (await typed(world, "alerts", "latency", *EVER)).stdout
    assert "    20 s     40 s       4      1   16 min  wire.test" in shown
    nothing = await typed(world, "alerts", "latency", "--since", "1s")
    assert nothing.stdout == "nothing came within 1s whose time can be measured\n"


async def test_other_programs_get_the_alerts_as_feeds_and_one_as_cap(world: World) -> None:
    world.web.publish(WIRE, FIRST)
    world.web.publish(GAZETTE, DRONES)
    await world.turn()
    feed = feedparser.parse((await typed(world, "alerts", "export")).stdout.encode())
    assert not feed.bozo
    assert {entry.title for entry in feed.entries} == {f"▲ CRITICAL {FIRST}", f"◆ HIGH {DRONES}"}
    items = json.loads((await typed(world, "alerts", "export", "--as", "json")).stdout)["items"]
    assert {item["_feed_monitor"]["severity"] for item in items} == {"critical", "high"}
    strike = next(item["_feed_monitor"]["number"] for item in items if "Lervik" in item["title"])
    alone = json.loads((await typed(world, "alerts", "export", str(strike), "--as", "json")).stdout)["items"]
    assert [item["title"] for item in alone] == [f"▲ CRITICAL {FIRST}"]

    cap = ElementTree.fromstring((await typed(world, "alerts", "export", str(strike))).stdout)
    assert cap.findtext("{*}info/{*}headline") == FIRST
    unnamed = await typed(world, "alerts", "export", "--as", "cap")
    assert (unnamed.exit_code, unnamed.stderr) == (
        2, "feed-monitor: CAP tells one alert; name its number, which `feed-monitor alerts list` shows\n"
    )  # fmt: skip


async def test_the_addresses_to_follow_need_a_place_in_the_world(world: World) -> None:
    refused = await typed(world, "alerts", "follow")
    assert refused.exit_code == 1
    assert "nobody can follow: set `public_url` of [web] in " in refused.stderr
    world.configure(RULES, '[web]\npublic_url = "https://watch.example.org"\n')
    followed = (await typed(world, "alerts", "follow")).stdout
    assert "atom  https://watch.example.org/follow/" in followed
    assert followed == (await typed(world, "alerts", "follow")).stdout
