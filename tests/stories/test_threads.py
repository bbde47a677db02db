"""A mail program shows all mails of one story as one conversation, and those of another as another."""

import imaplib
import os
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shlex import quote

import pytest

from tests.conftest import World
from tests.stories.growing import AGENCY_TEXT, COPIERS, DUTY, HEADLINE, MINISTRY, OWN_WORDS, watching

IMAP = Path("/usr/lib/dovecot/imap")
pytestmark = pytest.mark.skipif(
    not IMAP.exists(), reason="install dovecot-imapd to see how a mail program threads alerts"
)
RULES = """
[rules.airspace-incursion]
severity = "high"
match = "airspace incursion"

[rules.landslide]
severity = "high"
match = "landslide"
"""


@pytest.fixture
def mailbox() -> Iterator[Path]:
    """A Maildir that Dovecot may open, which refuses to be root."""
    with tempfile.TemporaryDirectory() as folder:
        box = Path(folder) / "box"
        for name in ("new", "cur", "tmp"):
            (box / name).mkdir(parents=True)
        yield box


def threads(box: Path) -> list[list[int]]:
    """What IMAP's THREAD says: the numbers of the mails of each conversation."""
    folder = box.parent
    (folder / "dovecot.conf").write_text("protocols = imap\nssl = no\nlog_path = /dev/null\n")
    uid, gid = os.getuid() or 65_534, os.getgid() or 65_534
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid)
    become = f"setpriv --reuid {uid} --regid {gid} --clear-groups " if os.getuid() == 0 else ""
    options = f"-o mail_location=maildir:{quote(str(box))} -o mail_uid={uid} -o mail_gid={gid} -o first_valid_uid=1"
    config = quote(str(folder / "dovecot.conf"))
    imap = imaplib.IMAP4_stream(f"{become}env HOME={quote(str(box))} USER=reader {IMAP} -c {config} {options}")
    try:
        imap.select()
        _, [found] = imap.thread("REFERENCES", "UTF-8", "ALL")
    finally:
        imap.logout()
    told = found.decode().strip("()").split(")(")
    return [[int(number) for number in each.replace("(", " ").replace(")", " ").split()] for each in told]


async def test_dovecot_threads_the_mails_of_one_story_as_one(tmp_path: Path, mailbox: Path) -> None:
    world: World = await watching(tmp_path, RULES)
    await world.subscribe(DUTY)
    for url in COPIERS:
        world.web.publish(url, HEADLINE, summary=AGENCY_TEXT)
    await world.turn()
    world.web.publish(COPIERS[0], "Landslide buries the road to Brackwell")
    for url, title in OWN_WORDS.items():
        world.web.publish(url, title)
    await world.later()
    await world.later(timedelta(minutes=6))
    world.web.publish(MINISTRY, "Defence ministry denies airspace incursion west of Torvik, no fighters scrambled")
    await world.later()
    await world.later(timedelta(hours=19))
    await world.stop()

    mails = world.post.mails(DUTY)
    for number, message in enumerate(world.post.accepted):
        (mailbox / "new" / f"{number:04}.reader").write_bytes(message.content)
    story = [number for number, mail in enumerate(mails, 1) if "airspace-incursion" in mail["Subject"]]
    others = [[number] for number in range(1, len(mails) + 1) if number not in story]
    assert len(story) == 3
    assert len(others) == 2
    assert sorted(threads(mailbox)) == sorted([story, *others])
