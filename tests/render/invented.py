"""Alerts that never happened, for the tests of how their mails look."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.core.briefing import BlindSpot, BriefedRule, BriefedStory, Contents, HeldBack
from monitor.core.text import headline
from monitor.render.account import (
    AccountView,
    Address,
    Alarm,
    Applied,
    Choices,
    Confirm,
    Link,
    Moved,
    Probe,
    Test,
    Welcome,
)
from monitor.render.views import AlertView, Links, Piece, Quote, Report, RolledAlert, RollupView
from monitor.words import Cause, Disposition, Severity, Wait

# 03:12 in Warsaw.
NOW = datetime(2026, 5, 4, 1, 12, tzinfo=UTC)
READER = {"recipient": "ann@desk.example", "consent": "", "contact": "ops@desk.example", "zone": "Europe/Warsaw"}
LINKS = Links("https://watch.desk.example/a/41?t=abc&r=1", "https://watch.desk.example/m/41?t=abc&r=1")
HOSTILE = headline(
    'Harbour blockade <b onclick=x()>now</b> &lt;script&gt;x()&lt;/script&gt; "quoted" \u202egnp.exe\u2066 '
    "=?utf-8?Q?Hi=0D=0ABcc:_spy=40evil.example?=\r\nBcc: spy@evil.example " + "A" * 5_000,
    20_000,
)


def pieces(text: str, *words: str) -> tuple[Piece, ...]:
    """The text with the words marked, which stand in it in this order."""
    made: list[Piece] = []
    for word in words:
        before, _, text = text.partition(word)
        made += [Piece(before, False), Piece(word, True)]
    return tuple(piece for piece in (*made, Piece(text, False)) if piece.text)


def voice(publisher: str, title: str, minutes: float = 0, copies: tuple[str, ...] = ()) -> Report:
    """Seen some minutes before the mail, forty seconds after it was published."""
    seen = NOW - timedelta(minutes=minutes)
    link = f"https://{re.sub('[^a-z]+', '-', publisher.lower())[:60]}.example/{len(title)}?a=1&b=2"
    return Report(publisher, title, link, seen - timedelta(seconds=40), seen, copies)


_TITLE = "Tanker burns after a drone attack outside the port of Marava"
_MARKED = pieces(_TITLE, "Tanker", "drone attack")
_PASSAGE = pieces(
    "The harbour master said the tanker Solveig was struck by a drone shortly before three, and that two tugs were "
    "with the crew.",
    "struck",
    "drone",
)

FIRST = AlertView(
    severity=Severity.CRITICAL,
    rules=("ship-attack",),
    title=_MARKED,
    headline=_TITLE,
    link="https://kurier.example/solveig?a=1&b=2",
    language="en",
    quotes=(
        Quote("ship-attack", Severity.CRITICAL, "tanker ~ drone attack", "title", _MARKED),
        Quote("ship-attack", Severity.CRITICAL, "struck ~ drone", "summary", _PASSAGE),
    ),
    passages=(_PASSAGE,),
    voices=(voice("Kurier", _TITLE),),
    revision=1,
    told_at=NOW + timedelta(seconds=2),
    publisher="Kurier",
    number=41,
    escalates_at=NOW + timedelta(minutes=10),
    links=LINKS,
)  # fmt: skip
_VOICES = (
    voice("Kurier", _TITLE, 26, ("Herald", "Gazette", "Northern Echo")),
    voice("Marava Radio", "Fire on board a tanker off Marava, crew safe", 14),
    voice("Observer", "Drone hits tanker Solveig; port closed to traffic", 2),
)
GROWN = replace(
    FIRST,
    revision=2,
    voices=_VOICES,
    causes=(Cause.VOICES,),
    news="Observer is the 3rd independent publisher to report it",
    latest=_VOICES[2],
)
DENIED = replace(
    GROWN,
    revision=3,
    voices=(*_VOICES, voice("Coast Guard of Marava", "No attack on tanker Solveig: engine fire, says coast guard", 1)),
    causes=(Cause.DENIED, Cause.VOICES),
    news="Coast Guard of Marava denies it",
    latest=voice("Coast Guard of Marava", "No attack on tanker Solveig: engine fire, says coast guard", 1),
    acknowledged_by="bert@desk.example",
    acknowledged_at=NOW - timedelta(minutes=9),
    escalates_at=None,
)
TAKEN = replace(
    GROWN,
    causes=(Cause.TAKEN,),
    news="",
    latest=None,
    acknowledged_by="bert@desk.example",
    acknowledged_at=NOW - timedelta(minutes=1),
    escalates_at=None,
    links=Links(mute=LINKS.mute),
)
ESCALATED = replace(
    GROWN,
    causes=(Cause.ESCALATED,),
    news="Nobody has acknowledged this for 10 min; you are next",
    latest=None,
    escalates_at=NOW + timedelta(minutes=10),
)


def rolled(number: int, severity: Severity, title: str, *words: str, **more: object) -> RolledAlert:
    seen = NOW - timedelta(minutes=number % 50)
    made = RolledAlert(
        number=number,
        severity=severity,
        rules=("ship-attack",) if number % 3 else ("ship-attack", "port-closed"),
        title=pieces(title, *words),
        headline=title,
        link=f"https://kurier.example/news/2026/05/04/report-{number}?a=1&b=2",
        language="en",
        publisher="Kurier Eilmeldungen",
        publishers=1 + number % 3,
        published_at=seen - timedelta(seconds=40),
        seen_at=seen,
        causes=(Cause.VOICES,) if number % 5 == 0 else (Cause.FIRST,),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def rollup(count: int, more: int = 0) -> RollupView:
    severities = (Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.MEDIUM)
    alerts = sorted(
        (
            rolled(
                40 + n, severities[n % 4], f"Ferry {n} turns back after a drone was seen over pier {n} of Marava",
                "drone", "pier",
            )
            for n in range(count)
        ),
        key=lambda each: -each.severity.rank,
    )  # fmt: skip
    return RollupView(
        severity=Severity.CRITICAL,
        alerts=tuple(alerts),
        more=more,
        reasons=(Wait.FLOOD,),
        since=NOW - timedelta(minutes=50),
        told_at=NOW,
        feed="Kurier Eilmeldungen",
        from_feed=max(count + more - 2, 2),
    )


def contents() -> Contents:
    """A morning with something in every part of the briefing."""
    rule = BriefedRule("ship-attack", Severity.CRITICAL, Disposition.ALERTED.value)
    told = BriefedStory(
        _TITLE, "https://kurier.example/solveig?a=1&b=2", "Two tugs are with the crew.", "en",
        ("Kurier", "Marava Radio"), NOW - timedelta(hours=3), (rule,), True,
    )  # fmt: skip
    other = replace(
        told, title="Fish market of Marava moves to the old customs hall", rules=(), happened_at=NOW - timedelta(days=3)
    )
    held = HeldBack(
        "Ferry turns back before Marava", "https://kurier.example/ferry", "en", ("port-closed",),
        Disposition.FEW.value, NOW - timedelta(minutes=2),
    )  # fmt: skip
    spot = BlindSpot("Observer", "timeout", NOW - timedelta(hours=5))
    return Contents(
        (told,), (replace(other, old=True),), 3, 412, 32, (spot,), NOW - timedelta(days=1), NOW, (("port-closed", 2),),
        (held,),
    )  # fmt: skip


SITE = "watch.desk.example"
ACCOUNT_READER = {**READER, "site": SITE, "imprint": "Desk of Marava, 1 Pier Road"}
_CHOICES = Choices("07:00", "Europe/Warsaw", "high", ("Harbours", "Strikes & walkouts"))
UNTIL = NOW + timedelta(hours=72)


def page(name: str) -> str:
    return f"https://{SITE}/{name}/WzcsMTc3Nzg1NzEyMCwwXQ.q7Zb1m4c0N8hYx2vKd3wLr5tE6s"


# Every mail about being a subscriber, with the kind that names its templates.
ACCOUNT: list[tuple[str, AccountView]] = [
    ("confirm", Confirm(_CHOICES, page("confirm"), page("u"), UNTIL)),
    ("confirm", Confirm(Choices("", "Europe/Warsaw"), page("confirm"), page("u"), UNTIL)),
    ("welcome", Welcome(_CHOICES, NOW + timedelta(hours=4), page("preferences"), page("u"))),
    ("welcome", Welcome(replace(_CHOICES, topics=("*",)), None, "", "")),
    ("applied", Applied(page("u"))),
    ("link", Link(page("me"), NOW + timedelta(hours=1))),
    ("link", Link(page("me"), NOW + timedelta(hours=1), already=True)),
    ("address", Address(page("address"), UNTIL)),
    ("moved", Moved("ann@home.example")),
    ("probe", Probe(NOW - timedelta(days=7), page("confirm"), page("u"), UNTIL)),
    ("test", Test(NOW, "account@desk.example")),
    (
        "alarm",
        Alarm(
            "No mail to big.example for an hour", ("9 of 10 were refused: policy <550 5.7.1>.",), "feed-monitor doctor"
        ),
    ),
]
