"""Forms by the hundred: in one victim's name from everywhere, and in a thousand names from one place."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from monitor.models import Application
from tests.web.desk import ANNA, JOINING, TOPICS, Desk, Seen, open_desk

VICTIM = "victim@example.org"
# As they are if the operator says nothing else.
LIMITS = '[subscribe]\nwho = "everybody"\n'
AT_ONCE = 10
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(tmp_path: Path, blank_state: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, blank_state, TOPICS, LIMITS) as desk:
        yield desk


async def send(desk: Desk, stamp: dict[str, str], forms: Iterable[tuple[str, str]]) -> list[Seen]:
    """Some at once, each in the name of an address, by a proxy on this machine that says from where it came."""
    waiting, answers = iter(forms), list[Seen]()

    async def one_after_the_other() -> None:
        for address, sender in waiting:
            said = JOINING | stamp | {"address": address}
            answers.append(await desk.asks("/subscribe", "POST", {"X-Forwarded-For": sender}, data=said))

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return answers


def networks(session: Session) -> Counter[str]:
    return Counter(session.exec(select(Application.network)))


async def test_a_victim_in_whose_name_forms_come_from_three_hundred_networks_in_a_day_gets_three_mails(
    desk: Desk,
) -> None:
    stamp = await desk.reads("/subscribe")
    answers: list[Seen] = []
    for hour in range(20):
        answers += await send(desk, stamp, ((VICTIM, f"10.{hour}.{number}.7") for number in range(15)))
        await desk.world.app.subscribe.run()
        await desk.world.app.send_mail()
        desk.world.clock.pass_time(HOUR)

    assert Counter((page.status, page.text) for page in answers) == {(200, answers[0].text): 300}
    assert Counter((await desk.world.app.db.read(networks)).values()) == {1: 300}
    assert len(desk.world.post.mails(VICTIM)) == 3


async def test_a_thousand_victims_of_one_network_are_five_an_hour_and_the_rest_read_why(desk: Desk) -> None:
    stamp = await desk.reads("/subscribe")
    # Whatever they wrote into the header themselves stands before what the proxy adds.
    senders = [f"10.{number % 250}.0.1, 203.0.113.{number % 250}" for number in range(1000)]
    victims = [f"victim{number}@example.org" for number in range(1000)]
    answers = await send(desk, stamp, zip(victims, senders, strict=True))
    answers += await send(desk, stamp, [(ANNA, senders[0])])
    await desk.world.turn()

    busy = [page for page in answers if page.status == 429]
    assert Counter(page.status for page in answers) == {200: 5, 429: 996}
    assert {(page.text, page.headers["Retry-After"]) for page in busy} == {(busy[-1].text, "3600")}
    assert "Too many forms for now" in busy[-1].said
    assert await desk.world.app.db.read(networks) == {"203.0.113.0/24": 5}
    assert len([mail for victim in victims for mail in desk.world.post.mails(victim)]) == 5
    assert [page.status for page in await send(desk, stamp, [(VICTIM, "198.51.100.7")])] == [200]


async def test_who_is_no_proxy_of_ours_cannot_claim_to_be_many(tmp_path: Path, blank_state: Path) -> None:
    async with open_desk(tmp_path, blank_state, TOPICS, f'proxies = ["192.0.2.1"]\n{LIMITS}') as desk:
        stamp = await desk.reads("/subscribe")
        answers = await send(desk, stamp, ((VICTIM, f"10.{number}.0.7") for number in range(20)))
        assert Counter(page.status for page in answers) == {200: 5, 429: 15}
        assert await desk.world.app.db.read(networks) == {"127.0.0.0/24": 5}
