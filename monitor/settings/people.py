"""[subscribe] and [bounces] of monitor.toml: who may join by the pages, and where mails that come back are found."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from monitor.settings.fields import Span
from monitor.settings.strict import Strict

Network = IPv4Network | IPv6Network
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")


def _networks(value: object) -> object:
    said = [value] if isinstance(value, str) else value
    if not isinstance(said, list | tuple):
        raise ValueError('write a list of networks, like ["127.0.0.1", "10.0.0.0/8"]')  # noqa: TRY004  (pydantic)
    try:
        return tuple(ip_network(each) for each in said)
    except ValueError as error:
        raise ValueError(f'{error}; write networks like "127.0.0.1" or "10.0.0.0/8"') from None


def _domains(value: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(each.strip().lower().removeprefix("@") for each in value)
    for name in names:
        if not _DOMAIN.fullmatch(name):
            raise ValueError(f'"{name}" is no domain; write it like "example.org"')
    return names


def _mailbox(value: str) -> str:
    parts = urlsplit(value)
    try:
        good = parts.scheme in ("imap", "imaps") and parts.hostname and parts.username and parts.port != 0
    except ValueError:
        good = False
    if value and (not good or parts.password):
        raise ValueError(f'"{value}" is no mailbox; write "imaps://USER@HOST" or "imaps://USER@HOST/FOLDER"')
    return value


Networks = Annotated[
    tuple[Network, ...], BeforeValidator(_networks), PlainSerializer(lambda said: [str(each) for each in said])
]
Domains = Annotated[tuple[str, ...], AfterValidator(_domains)]
Limit = Annotated[int, Field(ge=1, le=1_000_000)]


class Subscribe(Strict):
    """`who` may join by the pages. The limits count forms that were sent; those for one address are fixed."""

    who: Literal["nobody", "invited", "everybody"] = "nobody"
    approve: bool = False
    allow_domains: Domains = ()
    deny_domains: Domains = ()
    network_hour: Limit = 5
    network_day: Limit = 20
    domain_hour: Limit = 30
    all_hour: Limit = 200


class Bounces(Strict):
    """Where mails that come back are found; `every` is how often a mailbox is looked into, and `keep` how long what
    was found stays."""

    maildir: Path | None = None
    imap: Annotated[str, AfterValidator(_mailbox)] = ""
    password_file: Path | None = None
    every: Span = Field(default=timedelta(minutes=1), ge=timedelta(seconds=1), le=timedelta(days=1))
    keep: Span = Field(default=timedelta(days=30), ge=timedelta(days=1), le=timedelta(days=365))

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.imap and self.maildir is not None:
            raise ValueError("`imap` and `maildir` are two places; keep one of them")
        if bool(self.imap) != (self.password_file is not None):
            raise ValueError(
                f"`imap` and `password_file` belong together; write `{'password_file' if self.imap else 'imap'}` too"
            )
        return self
