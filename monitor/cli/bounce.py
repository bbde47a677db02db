"""`bounce`: a mail server pipes in what came back."""

import asyncio
import os
import sys

import click
from sqlalchemy.exc import SQLAlchemyError

from monitor.app import NotOursError, open_app
from monitor.cli.frame import fail, read_config
from monitor.core.mime import LARGEST
from monitor.jobs.bounces import Effect
from monitor.settings import SettingsError

# EX_TEMPFAIL of sysexits.h: the server keeps the mail and tries again. Nothing that goes wrong here is the mail's
# fault, and nobody may be sent a bounce for it.
TRY_AGAIN = 75
# Where servers tell a program whom the mail is for.
_RECIPIENTS = ("ORIGINAL_RECIPIENT", "RECIPIENT")


@click.command()
@click.option("--to", "to", metavar="ADDRESS", multiple=True, help="Whom the mail was sent to, as the server knows it.")
def bounce(to: tuple[str, ...]) -> None:
    """Read one mail from standard input: a bounce, a complaint, or somebody who leaves by mail.

    For a mail server that delivers what comes back by `|feed-monitor --config FILE bounce`. It ends with 0 whatever the
    mail is, and with 75 when it cannot be written down for the moment, so that the server tries again.
    """
    raw = _read()
    recipients = (*to, *(os.environ[name] for name in _RECIPIENTS if os.environ.get(name)))
    try:
        effect = asyncio.run(_written_down(raw, recipients))
    except SQLAlchemyError as error:
        # Without what was to be written: the server keeps what we say in its log.
        fail(f"the database cannot be used: {getattr(error, 'orig', None) or type(error).__name__}", code=TRY_AGAIN)
    except (SettingsError, NotOursError, OSError, ModuleNotFoundError) as error:
        fail(f"{type(error).__name__}: {error}", code=TRY_AGAIN)
    except Exception as error:  # noqa: BLE001  (a mistake of ours must not lose the mail either)
        fail(f"a mistake of this program: {type(error).__name__}", code=TRY_AGAIN)
    click.echo(effect.value)


async def _written_down(raw: bytes, recipients: tuple[str, ...]) -> Effect:
    async with open_app(read_config()) as app:
        return await app.bounces.returned(raw, "pipe", recipients)


def _read() -> bytes:
    """As much as is looked at. All is taken: a server whose pipe breaks calls that an error."""
    raw = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(65_536):
        pass
    return raw
