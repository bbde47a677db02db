"""Publishers who tell one event, and how a duty officer's mails hang together."""

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from monitor.models import Subscriber
from tests.conftest import World

DUTY, DEPUTY, DESK = "duty@example.org", "deputy@example.org", "desk@example.org"
AGENCY_TEXT = (
    "Radar picked up three aircraft without transponders west of Torvik shortly after midnight, and two fighters took "
    "off from Lervik to meet them, the air force said. The aircraft turned back after eleven minutes. (Reuters)"
)
HEADLINE = "Airspace incursion west of Torvik, two fighters scrambled"
COPIERS = tuple(f"https://paper{number}.test/feed" for number in range(9))
OWN_WORDS = {
    "https://echo.test/feed": "Fighters scrambled from Lervik after airspace incursion near Torvik",
    "https://radio.test/feed": "Airspace incursion near Torvik: three aircraft met by fighters from Lervik",
}
MINISTRY = "https://ministry.test/feed"
URLS = (*COPIERS, *OWN_WORDS, MINISTRY)


async def watching(folder: Path, rules: str, monitor: str = "", urls: tuple[str, ...] = URLS) -> World:
    """A program whose feeds are known, so that what comes now is news."""
    world = World(folder, urls=urls)
    world.configure(rules, f"[poll]\nadaptive = false\n{monitor}")
    await world.start()
    for url in world.urls:
        world.web.publish(url, f"An ordinary day at {url[8:-10]}", age=timedelta(hours=5))
    await world.turn()
    world.clock.pass_time(timedelta(minutes=20))
    return world


def thread(mails: list[EmailMessage]) -> set[str]:
    """The first mail of each thread that these belong to."""
    return {mail["References"].split()[0] if mail["References"] else mail["Message-ID"] for mail in mails}


async def change(world: World, address: str, **values: Any) -> None:
    """A subscriber with other choices."""

    def write(session: Session) -> None:
        person = session.exec(select(Subscriber).where(Subscriber.address == address)).one()
        for name, value in values.items():
            setattr(person, name, value)
        session.add(person)

    await world.app.db.write(write)
