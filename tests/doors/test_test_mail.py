"""`test-mail` as an operator sees it, who wants to know whether mail gets out, and if not, at which step and why."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

import pytest
from click.testing import Result
from sqlmodel import col, select, update

from monitor.app import open_database
from monitor.models import Delivery, DeliveryStatus
from monitor.store.db import Database
from tests.doors.operator import Operator
from tests.net.post_office import PostOffice, post_office

ANN = "ann@example.org"


@pytest.fixture
def operator(tmp_path: Path, blank_state: Path) -> Operator:
    shutil.copytree(blank_state, tmp_path / "state")
    operator = Operator(tmp_path)
    operator.writes("rules.toml", "")
    operator.writes("feeds.toml", "")
    configure(operator, 1)
    return operator


def configure(operator: Operator, port: int) -> None:
    mail = f'[mail]\nout = "smtp://127.0.0.1:{port}"\nsender = "alerts@watch.example"\nbounces = "back@watch.example"\n'
    operator.writes("monitor.toml", f'state = "state"\n{mail}')


async def sends(operator: Operator, office: PostOffice, *words: str) -> Result:
    configure(operator, office.port)
    return await types(operator, "test-mail", ANN, *words)


async def types(operator: Operator, *words: str) -> Result:
    return await asyncio.to_thread(operator.types, *words)


@contextmanager
def state(operator: Operator) -> Iterator[Database]:
    db = open_database(f"sqlite:///{operator.folder}/state/feed-monitor.db")
    yield db
    db.close()


def owed(operator: Operator) -> list[tuple[str, str]]:
    with state(operator) as db:
        return db.read_now(lambda session: [(each.recipient, each.status) for each in session.exec(select(Delivery))])


async def test_a_mail_that_is_taken_is_told_step_by_step(operator: Operator) -> None:
    async with post_office(end="250 2.0.0 kept as 4F2") as office:
        result = await sends(operator, office)
    assert result.exit_code == 0, result.output
    steps = [re.split(r" {2,}| taken", line)[0] for line in result.stdout.splitlines()]
    assert steps[:4] == ["connecting", "MAIL FROM", "RCPT TO", "DATA"]
    assert result.stdout.splitlines()[0].endswith(f"127.0.0.1:{office.port}, without a login")
    assert result.stdout.splitlines()[3].endswith("taken: 250 2.0.0 kept as 4F2")
    assert "does not mean it has arrived" in result.stdout
    (mail,) = office.mails
    assert message_from_bytes(mail)["To"] == ANN
    assert owed(operator) == [(ANN, "sent")]


async def test_nothing_else_that_is_owed_is_sent_by_it(operator: Operator) -> None:
    await types(operator, "subscribers", "add", "bob@example.org")
    assert "1 waiting" in (await types(operator, "brief", "--for", "bob@example.org")).output
    async with post_office() as office:
        await sends(operator, office)
    assert [message_from_bytes(mail)["To"] for mail in office.mails] == [ANN]
    assert ("bob@example.org", "queued") in owed(operator)


@pytest.mark.parametrize(
    ("script", "step", "cure"),
    [
        ({"mail": "550 5.7.1 not you"}, "MAIL FROM   refused: 550", "does not let us write as alerts@watch.example"),
        ({"rcpt": "550 5.1.1 no such user"}, "RCPT TO     refused: 550", "there is no such address there"),
        ({"rcpt": "450 4.2.0 grey"}, "RCPT TO     refused: 450", "try again in ten minutes"),
        ({"rcpt": "554 5.7.1 your domain is not welcome"}, "RCPT TO     refused: 554", "the server refuses us"),
        ({"end": "550 5.7.26 no DMARC"}, "DATA        refused: 550", "doctor` says whether your domain is set up"),
        ({"end": "(hang up)"}, "DATA        refused: ", "it may have been taken all the same"),
    ],
)
async def test_a_refusal_is_told_with_its_step_and_what_to_do(
    operator: Operator, script: dict[str, str], step: str, cure: str
) -> None:
    async with post_office(**script) as office:
        result = await sends(operator, office)
        heard = len(office.visits)
    assert result.exit_code == 1
    assert step in result.stdout
    assert cure in result.stderr
    # Whoever asks reads the answer: nobody tries it again behind their back.
    assert owed(operator) == [(ANN, "failed")]
    assert heard == 1


async def test_a_token_that_the_server_repeats_is_not_printed(operator: Operator) -> None:
    async with post_office() as office:

        class Repeating(dict[str, list[str]]):
            """Refuses with what it has heard."""

            def get(self, verb: str, _default: object = None) -> list[str]:
                self[verb] = [f"550 5.1.8 refused: {office.visits[-1].heard[-2]}"] if verb == "RCPT" else []
                return self[verb]

        office.script = Repeating()
        result = await sends(operator, office)
        token = re.search(r"back\+([a-z2-7]+)@", office.visits[0].heard[-4])
    assert token is not None, office.visits[0].heard
    assert "refused: 550 5.1.8 refused: MAIL FROM:<back+TOKEN@watch.example>" in result.stdout
    assert token[1] not in result.output


async def test_a_server_that_is_away_or_wants_another_login_is_told_apart(operator: Operator) -> None:
    away = await types(operator, "test-mail", ANN)
    assert away.exit_code == 1
    assert "connecting  failed: 127.0.0.1:1: " in away.stdout
    assert "is it running, and are host and port of `out`" in away.stderr
    assert owed(operator) == [(ANN, "failed")]


async def test_an_address_that_is_blocked_or_none_gets_nothing(operator: Operator) -> None:
    await types(operator, "subscribers", "block", ANN)
    async with post_office() as office:
        refused = await sends(operator, office)
        assert (refused.exit_code, office.visits) == (1, [])
    assert f"{ANN} is never written to: blocked by the operator" in refused.stderr
    assert (await types(operator, "test-mail", "ann")).exit_code == 2
    assert (await types(operator, "test-mail", ANN, "--wait", "soon")).exit_code == 2


def settle(db: Database, status: DeliveryStatus, reply: str) -> None:
    """As the service would, once it is owed."""

    mine = col(Delivery.recipient) == ANN, col(Delivery.status) == DeliveryStatus.QUEUED
    while not db.read_now(lambda session: session.exec(select(Delivery.id).where(*mine)).first()):
        pass
    db.write_now(lambda session: session.exec(update(Delivery).where(*mine).values(status=status, reply=reply)))


async def beside_a_service(operator: Operator, status: DeliveryStatus, reply: str) -> Result:
    with state(operator) as db:
        db.take_run_lock()
        asked = asyncio.create_task(types(operator, "test-mail", ANN))
        await asyncio.to_thread(settle, db, status, reply)
        return await asked


async def test_beside_a_running_service_that_sends_it_and_its_answer_is_shown(operator: Operator) -> None:
    async with asyncio.timeout(60):
        sent = await beside_a_service(operator, DeliveryStatus.SENT, "250 kept")
        assert (sent.exit_code, sent.stdout.splitlines()[0]) == (0, "the running service sent it: 250 kept")
        later = await beside_a_service(operator, DeliveryStatus.QUEUED, "450 not yet")
    assert later.exit_code == 1
    assert "the running service could not send it: 450 not yet; it tries again by and by" in later.stderr


async def test_a_service_that_takes_too_long_is_not_waited_for(operator: Operator) -> None:
    with state(operator) as db:
        db.take_run_lock()
        late = await types(operator, "test-mail", ANN, "--wait", "1ms")
    assert late.exit_code == 1
    assert "the running service has not sent it within 0.001 s; `feed-monitor status` says" in late.stderr
    assert owed(operator) == [(ANN, "queued")]


def test_into_a_maildir_it_is_kept_there(operator: Operator) -> None:
    operator.writes("monitor.toml", 'state = "state"\n')
    kept = operator.types("test-mail", ANN)
    assert kept.exit_code == 0
    assert kept.stdout.startswith(f"kept        taken: in {operator.folder}/state/mail\n")
