"""An alert as the tests of formats tell it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.core.alerts.facts import AlertFacts, Firing, Report
from monitor.core.values import Evidence
from monitor.words import Cause, Severity

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HEADLINE = "Navy minister speaks of a pre-emptive strike on the strait"
# Each has brought some reader of alerts into trouble.
HOSTILE = [
    '<script>alert("x")</script><img src=x onerror=alert(1)>',
    "Strait shut\r\nBcc: everyone@victim.test\r\n\r\nbody",
    "\u202egnidaelsim\u202c \u2066left\u2069 zero\u200bwidth\ufeff",
    "long " * 1_000,
    "bell\x07 null\x00 escape\x1b[31m unit\x1f c1\x85 stop",
    "]]> <![CDATA[ & &amp; &#0; &bogus; -->",
    "lone \ud800 and \udfff surrogates, \ufffe and \uffff",
    "=?utf-8?Q?Hi=0D=0ABcc:=20x@victim.test?=",
    "@everyone @here <!channel> <@U123> [bank](https://evil.test) ||hidden||",
    "a" + "\u0301" * 4_000,
    "",
]


def evidence(text: str = "pre-emptive strike", start: int = 26, pattern: str = "pre-emptive strike") -> Evidence:
    return Evidence("title", start, start + len(text), text, pattern)


def report(publisher: str = "Harbour Gazette", minutes: int = 0, *copies: str) -> Report:
    at = NOON + timedelta(minutes=minutes)
    return Report(publisher, HEADLINE, "https://gazette.test/strait", at, at + timedelta(seconds=40), copies)


def alert(**but: Any) -> AlertFacts:
    told = AlertFacts(
        key="story-41",
        number=7,
        revision=1,
        causes=(Cause.FIRST,),
        news="",
        severity=Severity.CRITICAL,
        headline=HEADLINE,
        link="https://gazette.test/strait",
        summary="The minister would not rule it out before the summit.",
        language="en",
        firings=(Firing("pre-emptive-strike", Severity.CRITICAL, (evidence(),)),),
        reports=(report("Harbour Gazette", 0, "Quay Courier", "Mole Mirror"),),
        first_told_at=NOON + timedelta(minutes=1),
        told_at=NOON + timedelta(minutes=1),
    )
    return replace(told, **but)


def grown(*causes: Cause, revision: int = 2, **but: Any) -> AlertFacts:
    told_at = NOON + timedelta(minutes=30)
    return alert(**{"causes": causes, "revision": revision, "told_at": told_at, "news": "A second publisher.", **but})


def spoiled(said: str) -> AlertFacts:
    """Everything that a feed or an operator may have written says this."""
    return alert(
        key=said or "story",
        headline=said,
        news=said,
        summary=said,
        language=said,
        link=f"https://gazette.test/{said}",
        acknowledged_by=said,
        firings=(Firing(said or "rule", Severity.HIGH, (evidence(said, 0, said),), said),),
        reports=(Report(said, said, said, None, NOON, (said,)),),
    )
