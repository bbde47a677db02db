"""`doctor`: look at mail, names and pages as those outside see them."""

import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click

from monitor.app.mailing import door_of
from monitor.app.ports import Ports
from monitor.cli.checkup_names import envelope, of_address, of_domains, of_mail, senders
from monitor.cli.frame import command, counted, fail, program_name, read_config
from monitor.core.delegation import Finding, Grade, aligned
from monitor.core.signing import ONE_CLICK
from monitor.core.tickets import Purpose
from monitor.net.names import Names
from monitor.net.pages import ask
from monitor.settings import Config, SettingsError

# No ticket of anybody: what is sent there does nothing.
_MADE_UP = "made-up-by-doctor"
_DNS_PORT = 53
_COLOURS = {Grade.GOOD: "green", Grade.BAD: "red", Grade.NOTE: "yellow"}
_NOT_ASKED = "the network was left alone"


@click.command()
@click.option("--offline", is_flag=True, help="Leave the network alone: no DNS, no mail server, no pages.")
@click.option(
    "--mail", "mail", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True),
    help='A mail of ours as it arrived somewhere, saved as a file ("-": stdin): is it signed, did its links survive?',
)  # fmt: skip
@click.option("--nameserver", metavar="IP[:PORT]", help="Ask this name server (default: this machine's).")
@click.option("--address", metavar="IP", help="The address that mail leaves from, for its PTR.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@command
async def doctor(offline: bool, mail: Path | None, nameserver: str | None, address: str | None, as_json: bool) -> None:
    """Look at everything that lets mail arrive and people leave: senders, SPF, DKIM, DMARC, PTR, pages, one-click.

    A line for each check: GOOD, BAD with the cure, NOTE, or SKIP where it could not be looked at. Ends with 1 if
    anything is BAD. Sends no mail and changes nothing; `check` looks at rules, templates and feeds.
    """
    names = None if offline else _names(nameserver)
    at = _address(address)
    bad = 0
    async with aclosing(_findings(names, mail, at)) as findings:
        async for found in findings:
            bad += found.grade is Grade.BAD
            _print(found, as_json=as_json)
    if bad and not as_json:
        click.echo(f"{counted(bad, 'thing is', 'things are')} BAD", err=True)
    sys.exit(1 if bad else 0)


def _names(nameserver: str | None) -> Names:
    if not nameserver:
        return Names()
    host, port = nameserver, _DNS_PORT
    try:
        ip_address(nameserver)
    except ValueError:
        host, _, said = nameserver.rpartition(":")
        host, port = host.strip("[]"), int(said) if said.isdigit() else 0
    try:
        ip_address(host)
    except ValueError:
        port = 0
    if not 0 < port < 65_536:
        fail(f'--nameserver: "{nameserver}" is no address; write it like 9.9.9.9 or 127.0.0.1:5353', code=2)
    return Names(host, port)


def _address(said: str | None) -> str:
    try:
        return str(ip_address(said)) if said else ""
    except ValueError:
        fail(f'--address: "{said}" is no address; write it like 203.0.113.7', code=2)


async def _findings(names: Names | None, mail: Path | None, address: str) -> AsyncGenerator[Finding, None]:
    """As they are found: the network takes its time."""
    try:
        config = read_config()
    except SettingsError as error:
        for problem in error.problems:
            yield Finding(Grade.BAD, "config", problem)
        return
    yield Finding(Grade.GOOD, "config", f"{config.file} can be read")
    for found in (*_who(config), *_where(config)):
        yield found
    if names is None:
        yield Finding(Grade.SKIP, "pages", _NOT_ASKED)
        yield Finding(Grade.SKIP, "mail server", _NOT_ASKED)
    else:
        async for found in _pages(config):
            yield found
        yield await _server(config)
    for found in await of_domains(config, names):
        yield found
    for found in await of_address(config, names, address):
        yield found
    if mail is None:
        cure = "save a briefing or an alert as it arrived somewhere, and give it by --mail"
        yield Finding(Grade.SKIP, "DKIM", "only a mail that has arrived shows who signed it", cure)
        return
    for found in await of_mail(config, names, mail):
        yield found


def _who(config: Config) -> Iterator[Finding]:
    settings, mail = config.settings, config.settings.mail
    if settings.contact:
        yield Finding(Grade.GOOD, "contact", f"{settings.contact} answers for this installation")
    else:
        yield Finding(Grade.BAD, "contact", "it is empty, so nobody can reach you", f"set it in {config.file}")
    local = [domain for domain in dict.fromkeys((*senders(config), envelope(config))) if "." not in domain]
    if local:
        said = f"{', '.join(local)} is known to this machine only, so others refuse our mail"
        yield Finding(Grade.BAD, "sender", said, "let `sender` of [mail] be an address of your own domain")
        return
    others = {"account_sender": mail.account_sender, "bounces": mail.bounces}
    domain = mail.sender.rpartition("@")[2]
    strange = [f"`{key}`" for key, said in others.items() if said and not aligned(said.rpartition("@")[2], domain)]
    if strange:
        said = f"{' and '.join(strange)} of [mail] and `sender` are of different organisations"
        yield Finding(Grade.BAD, "sender", said, f"let all be at {domain} or below it")
    else:
        yield Finding(Grade.GOOD, "sender", f"all our addresses are of {domain}")
    if not mail.bounces:
        said = f"what cannot be delivered comes back to {mail.sender}, where nobody learns from it"
        yield Finding(Grade.NOTE, "bounces", said, "set `bounces` of [mail], and [bounces] to where they are found")
    elif settings.bounces.maildir is None and not settings.bounces.imap:
        said = "neither `maildir` nor `imap` of [bounces] is set"
        yield Finding(
            Grade.NOTE, "bounces", said, f"then let your mail server pipe them into `{program_name()} bounce`"
        )


def _where(config: Config) -> Iterator[Finding]:
    url, about = config.settings.web.public_url, "public_url"
    if not url:
        said = "it is empty, so there are no pages, and no mail can be left by one click"
        public = config.settings.subscribe.who != "nobody"
        yield Finding(Grade.BAD if public else Grade.NOTE, about, said, f"set it in [web] of {config.file}")
    elif urlsplit(url).scheme != "https":
        yield Finding(Grade.BAD, about, f"{url} is not https, so no mail program offers to leave by one click",
                      "put a web server with a certificate before it")  # fmt: skip
    else:
        yield Finding(Grade.GOOD, about, url)


async def _pages(config: Config) -> AsyncIterator[Finding]:
    web = config.settings.web
    if not web.public_url:
        yield Finding(Grade.SKIP, "pages", "there are none")
        return
    about, cure = "pages", f"is the service running, and does your web server pass all below it to {web.listen}?"
    health = await ask(f"{web.public_url}/health")
    if health.trouble:
        yield Finding(Grade.BAD, about, f"{web.public_url} does not answer: {health.trouble}", cure)
        return
    if health.status == 503:
        said = "they answer, and say that the watch is not kept"
        yield Finding(Grade.NOTE, about, said, f"`{program_name()} status` says why")
    elif health.status != 200:
        moved = f" to {health.moved_to}" if health.moved_to else ""
        yield Finding(Grade.BAD, about, f"{web.public_url}/health answers {health.status}{moved}", cure)
    else:
        yield Finding(Grade.GOOD, about, "they answer, and the watch is kept")
    yield await _one_click(web.public_url)


async def _one_click(base: str) -> Finding:
    about = "one-click"
    posted = await ask(f"{base}/{Purpose.LEAVE}/{_MADE_UP}", ONE_CLICK.encode())
    if posted.status == 200:
        return Finding(Grade.GOOD, about, "a POST from nowhere is taken, without a redirect")
    cure = "let your web server pass POST to it from everybody: without login, redirect, cookie or check of its origin"
    if posted.trouble:
        return Finding(Grade.BAD, about, f"no answer: {posted.trouble}", cure)
    moved = f", a redirect to {posted.moved_to.partition('?')[0]}" if posted.moved_to else ""
    return Finding(Grade.BAD, about, f"a POST is answered {posted.status}{moved}, so nobody can leave by it", cure)


async def _server(config: Config) -> Finding:
    about = "mail server"
    async with door_of(config, Ports())() as door:
        refused = await door.greet()
    if refused:
        return Finding(Grade.BAD, about, refused, f"check [mail] in {config.file}")
    if config.mail_out.startswith("maildir:"):
        said = f"mail goes to a Maildir and no further: {config.mail_out.removeprefix('maildir:')}"
        return Finding(Grade.NOTE, about, said, "name your mail server as `out` of [mail]")
    login = "our login is taken" if config.settings.mail.username else "it wants no login"
    return Finding(Grade.GOOD, about, f"{config.mail_out} lets us in; {login}")


def _print(found: Finding, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"grade": found.grade, "about": found.about, "said": found.said, "cure": found.cure}))
        return
    grade = click.style(f"{found.grade:<5}", fg=_COLOURS.get(found.grade))
    click.echo(f"{grade} {found.about}: {found.said}{f'; {found.cure}' if found.cure else ''}")
