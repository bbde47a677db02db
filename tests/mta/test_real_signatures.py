"""What a signature covers that a real signer put on our mail, and what `doctor` says of it."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from tests.mta.town import Town


@pytest.mark.parametrize(("signer", "said"), [("signed_by_default", "BAD"), ("signed_in_full", "GOOD")])
async def test_doctor_tells_whether_the_way_out_by_one_click_is_signed(
    town: Town, tmp_path: Path, signer: str, said: str
) -> None:
    await town.opens(port=getattr(town.server, signer))
    await town.subscribe(town.address("ada"), alert_from=None)
    await town.writes_briefings()
    await town.app.send_mail()
    [briefing] = await town.mails("ada", 1)
    saved = tmp_path / "briefing.eml"
    saved.write_bytes(briefing.raw)
    covered = [name.strip().lower() for name in _covered(briefing.said("DKIM-Signature"))]
    assert ("list-unsubscribe-post" in covered) is (said == "GOOD")

    asked = ["--config", str(tmp_path), "doctor", "--offline", "--mail", str(saved)]
    told = await asyncio.to_thread(CliRunner().invoke, main, asked)
    [dkim] = [line for line in told.output.splitlines() if " DKIM of " in line]
    assert dkim.startswith(said)
    assert ("List-Unsubscribe-Post" in dkim) is (said == "BAD")
    assert told.exit_code == (said == "BAD")


def _covered(signature: str) -> list[str]:
    fields = dict(each.strip().partition("=")[::2] for each in signature.split(";"))
    return fields["h"].split(":")
