"""What commands need that ask a server about a feed: perhaps a config, an address, and a cure for what goes wrong."""

from pathlib import Path

import click

from monitor.cli.frame import config_file
from monitor.net.troubles import FetchFailed, Trouble
from monitor.settings import Config, SettingsError, load

_CURES = {
    Trouble.ADDRESS: "if it is a server of yours, write `allow_private = true` in feeds.toml; here: --allow-private",
    Trouble.DNS: "look for a slip of the pen in its name; if all names fail, this machine has no name server",
    Trouble.CONNECT: "its server is down, or a firewall is in the way, through which `proxy` would lead",
    Trouble.TLS: "this machine must trust its certificate; see whether that has run out, and our clock is right",
    Trouble.TIMEOUT: "try again later; if it is always slow, `timeout` of [poll] sets the limit",
    Trouble.REDIRECT: "open it in a browser, and write down the address where that ends",
    Trouble.SIZE: "`largest` of [poll] sets the limit; perhaps the site has a feed with fewer items",
    Trouble.PROTOCOL: "what answers there is broken or no web server; see whether scheme and port are right",
}
_ELSEWHERE = "it is not there; `feed-monitor feeds discover SITE` looks for its new address"
_STATUS_CURES = {
    401: "it wants to know who asks: write `username` and `password_file`, or `headers_file`, in feeds.toml",
    403: "it refuses this program, or everybody: set `contact`, or name yourself by `headers = { User-Agent = ... }`",
    404: _ELSEWHERE,
    406: "it does not like what we accept: write `headers = { Accept = ... }` in feeds.toml",
    407: "the proxy wants a name and password; write them into its address",
    410: _ELSEWHERE,
    429: "it has been asked too often: leave it alone for a while, and write a longer `every` in feeds.toml",
    451: "it is not shown in your country; a `proxy` elsewhere may see it",
}


def cure_of(failed: FetchFailed) -> str:
    """What the operator can do, "" where nobody knows."""
    status = failed.answer.status
    if failed.trouble == Trouble.HTTP:
        later = "its server is in trouble itself; a running service tries again by and by" if status >= 500 else ""
        return _STATUS_CURES.get(status, later)
    if failed.trouble == Trouble.ADDRESS and "no web address" in failed.reason:
        return ""
    return _CURES[failed.trouble]


def config_if_any() -> Config | None:
    """A feed can be asked before there is any config, or while it is being mended."""
    try:
        file: Path = config_file()
    except SettingsError:
        return None
    try:
        return load(file)
    except SettingsError as error:
        if file.exists():
            click.echo(f"feed-monitor: {error.problems[0]}; asked without the config", err=True)
        return None


def as_address(said: str) -> str:
    return said if "://" in said else f"https://{said}"
