"""Mails about being a subscriber: what their templates are given, and the letter that becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.render.mail import Letter
from monitor.render.templates import Templates
from monitor.words import EVERY_TOPIC

_SUBJECT = "Subject: "


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody gets. `briefing_at` is a time of day like "07:00" in `zone`; "": no briefing. `alert_from` is the
    least severity that alerts them; "": no alerts. `topics` None: of everything that is watched."""

    briefing_at: str
    zone: str
    alert_from: str = ""
    topics: tuple[str, ...] | None = None

    @property
    def every_topic(self) -> bool:
        return self.topics is None or EVERY_TOPIC in self.topics


@dataclass(frozen=True, slots=True)
class Confirm:
    """To who asked to join, or in whose name it was asked. `leave` is for who never did: no mail ever again."""

    choices: Choices
    confirm: str
    leave: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Welcome:
    """To who has joined. `first_at` is when the first briefing comes, None without one. The links are those of ordinary
    mails, "" where there are no pages."""

    choices: Choices
    first_at: datetime | None
    preferences: str
    leave: str


@dataclass(frozen=True, slots=True)
class Applied:
    """To who has confirmed the address, while the operator has still to say yes."""

    leave: str


@dataclass(frozen=True, slots=True)
class Link:
    """The page where the reader changes everything. `already`: a form to join was sent for someone who has joined."""

    link: str
    until: datetime
    already: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """To the new address. It does not name the old one, as anybody may be written to by this."""

    confirm: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """To the old address."""

    address: str


@dataclass(frozen=True, slots=True)
class Probe:
    """To who could not be reached `since` then; without `stay` until `until` they are not written to any more."""

    since: datetime
    stay: str
    leave: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Test:
    """To see whether mail arrives."""

    sent_at: datetime
    sender: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """To the operator: what happened in one line, more in `lines`, and what to type, "" where that does not help."""

    title: str
    lines: tuple[str, ...] = ()
    command: str = ""


AccountView = Confirm | Welcome | Applied | Link | Address | Moved | Probe | Test | Alarm


def account_letter(templates: Templates, kind: str, language: str, view: Mapping[str, object]) -> Letter:
    """`kind` names the templates in `email/account/`. `view` holds

    - `mail`: an AccountView,
    - `recipient`, and the `zone` that its times are told in,
    - `site`: what this installation is called, the host of its pages or else the domain it writes from,
    - `contact`: who answers, or "",
    - `imprint`, which may be left out.
    """
    # The subject is the first line of the text, so that it is translated with it.
    subject, _, text = templates.text(f"email/account/{kind}.txt", language, **view).partition("\n")
    subject = subject.removeprefix(_SUBJECT)
    html = templates.html(f"email/account/{kind}.html", language, **view, subject=subject)
    return Letter(subject, text.lstrip("\n"), html, "", language=language)


def consent(templates: Templates, language: str, zone: str, confirmed_at: datetime) -> str:
    """Why somebody gets our mail, as it stands in brackets behind their address."""
    return templates.text("email/phrases/consent.txt", language, confirmed_at=confirmed_at, zone=zone).strip()


def quiet_subject(templates: Templates, language: str, feeds: int) -> str:
    """Of the briefing of a day without news."""
    return templates.text("email/phrases/quiet.txt", language, feeds=feeds).strip()
