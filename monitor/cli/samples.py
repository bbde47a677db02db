"""Sample views, with the texts that break layouts: long, hostile, right-to-left, empty."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core import notice as notice_of
from monitor.core.briefing import BlindSpot, BriefedRule, BriefedStory, Contents, HeldBack
from monitor.core.health import Facts, Health
from monitor.render.views import AlertView, Piece, Quote, Report, RolledAlert, RollupView
from monitor.words import Cause, Condition, Disposition, Severity, Wait

_HOSTILE = '<script>alert("x")</script> =?utf-8?Q?Hi=0D=0ABcc:_a=40b.test?= & "quotes"'


def alert(now: datetime) -> AlertView:
    link = "https://news.example.org/1?a=1&b=2"
    words = (Piece("Two jets made repeated ", False), Piece("incursions", True), Piece(" into allied ", False))
    quote = Quote(
        "airspace-incursion", Severity.CRITICAL, "airspace incursion", "summary", (*words, Piece("airspace", True))
    )
    return AlertView(
        severity=Severity.CRITICAL,
        rules=("airspace-incursion", "pre-emptive-strike"),
        title=(Piece("Alliance weighs a ", False), Piece("pre-emptive strike", True), Piece(f" {_HOSTILE}", False)),
        headline=f"Alliance weighs a pre-emptive strike {_HOSTILE}",
        link=link,
        language="en",
        quotes=(quote,),
        passages=(quote.pieces,),
        voices=(
            Report("Example Wire", "Alliance weighs a pre-emptive strike", link, now - timedelta(seconds=40), now),
            Report("هيئة المثال", "تحذير من ضربة استباقية", link, None, now + timedelta(minutes=2)),
        ),
        revision=1,
        told_at=now,
    )


def grown(now: datetime) -> AlertView:
    """What an alert looks like when its story was denied, and when nobody's page can be reached."""
    denial = Report("Ministry of Examples", f"No incursion {_HOSTILE}", "https://gov.example.org/3", None, now)
    return replace(
        alert(now),
        causes=(Cause.DENIED, Cause.VOICES),
        news=f"Denied: Ministry of Examples: “{_HOSTILE}”.",
        revision=3,
        number=41,
        latest=denial,
        acknowledged_by="ann@example.org",
        acknowledged_at=now - timedelta(minutes=9),
        waited=Wait.QUIET.value,
    )


def rollup(now: datetime) -> RollupView:
    one = alert(now)
    rolled = tuple(
        RolledAlert(
            number=number,
            severity=severity,
            rules=one.rules,
            title=one.title,
            headline=one.headline,
            link=one.link,
            language="en",
            publisher="Example Wire",
            publishers=number,
            published_at=None,
            seen_at=now - timedelta(minutes=number),
            causes=(Cause.FIRST,),
        )
        for number, severity in enumerate((Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM), 1)
    )
    reasons = (Wait.FLOOD.value, Wait.QUIET.value)
    return RollupView(Severity.CRITICAL, rolled, 0, reasons, now - timedelta(hours=7), now, "Example Wire", 3)


def contents(now: datetime) -> Contents:
    rule = BriefedRule("airspace-incursion", Severity.CRITICAL, Disposition.ALERTED.value)
    matched = _story(now, "Jets cross into allied airspace, ministry says", (rule,))
    others = [_story(now, title, ()) for title in ("Budget talks resume", "W" * 300, "خبر عاجل من العاصمة", _HOSTILE)]
    spot = BlindSpot("Example Times", "timeout: no complete answer within 30 s", now - timedelta(hours=3))
    held = HeldBack(_HOSTILE, "", "en", ("airspace-incursion",), "silence 3 of eva until noon: exercise", now)
    day = (now - timedelta(days=1), now)
    return Contents((matched,), tuple(others), 7, 412, 32, (spot,), *day, held_back=(held,))


def quiet(now: datetime) -> Contents:
    return Contents((), (), 0, 0, 32, (), now - timedelta(days=1), now)


def _story(now: datetime, title: str, rules: tuple[BriefedRule, ...]) -> BriefedStory:
    return BriefedStory(
        title=title,
        link="https://news.example.org/2",
        summary="A first sentence that says what happened. A second one that says who said so.",
        language="",
        publishers=("Example Wire", "Example Times"),
        happened_at=now - timedelta(hours=2),
        rules=rules,
        alerted=bool(rules),
    )


def notice(now: datetime) -> notice_of.Contents:
    hour = timedelta(hours=1)
    silent = Health(Condition.SILENT, "it answers, but has brought nothing new for 2 d, which is unlike it")
    return notice_of.Contents(
        fresh=(
            _in_trouble(
                now, "Example Times", Health(Condition.FAILING, "its server does not answer in time", _HOSTILE)
            ),
            _in_trouble(now, "هيئة المثال", Health(Condition.GONE, "its server says that it is gone for good")),
            _in_trouble(now, "W" * 300, silent),
        ),
        still=(_in_trouble(now, "Example Wire", silent),),
        well=(notice_of.WellAgain(4, "Example Post", "https://post.example.org/feed", now - 4 * hour, now - hour, 12),),
        moved=(
            _in_trouble(now, "Example Herald", Health(Condition.MOVED, "", "https://herald.example.org/new?a=1&b=2")),
        ),
        watched=32,
        at=now,
    )


def outage(now: datetime) -> notice_of.Contents:
    health = Health(Condition.FAILING, "its server cannot be reached", "cannot connect to news.example.org:443")
    out = tuple(_in_trouble(now, f"Example {number}", health) for number in range(31))
    return replace(notice(now), fresh=(), out=out, outage_since=out[0].since)


def _in_trouble(now: datetime, name: str, health: Health) -> notice_of.Line:
    since = now - timedelta(hours=2)
    facts = Facts(
        1, name, "https://news.example.org/feed?a=1&b=2", last_good_at=since - timedelta(minutes=15),
        failures=4 if health.condition == Condition.FAILING else 0, next_poll_at=now + timedelta(minutes=30),
    )  # fmt: skip
    return notice_of.line(facts, health, since)
