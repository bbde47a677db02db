"""What mails show of alerts: rows to views."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from monitor.core.text import shortened
from monitor.core.tickets import Purpose
from monitor.core.topics import Powers
from monitor.core.values import Evidence
from monitor.jobs.picture import Picture, heading_of, picture_of, spoken_of, standing
from monitor.jobs.triage import headline
from monitor.models import Alert, Hearing, Match, Telling
from monitor.render.views import (
    AlertView,
    Links,
    Piece,
    Quote,
    RolledAlert,
    RollupView,
    marked,
    passage,
    passages,
)
from monitor.store import alerts, tellings
from monitor.words import Cause, Wait

_NEAR = 400
_QUOTES_PER_RULE = 2
_PATTERN_IN_MAIL = 90
# One feed is the cause of a flood when so large a part of it came from there.
_CAUSE = 0.5


Heard = Sequence[tuple[Telling, Hearing]]
_ALL = Powers()


def alert_view(session: Session, alert: Alert, covered: Heard, links: Links, powers: Powers = _ALL) -> AlertView:
    picture = picture_of(session, alert, covered, every_rule=powers.every_rule)
    entry, texts = picture.entry, picture.texts
    evidence = [each for match in picture.matches for each in standing(match, texts)]
    in_title = [each for each in evidence if each.field == "title"] if entry.title else []
    waits = [hearing.wait for _, hearing in covered if hearing.wait not in (None, Wait.GROWING)]
    return AlertView(
        severity=picture.severity,
        rules=tuple(match.rule for match in picture.matches) or tuple(covered[-1][1].rules),
        title=marked(picture.heading, in_title),
        headline=picture.heading,
        link=entry.link,
        language=entry.language,
        quotes=tuple(quote for match in picture.matches for quote in _quotes(match, texts)),
        passages=_passages(picture, texts),
        voices=picture.reports,
        # To whoever hears of it first it is the first, whatever others were told.
        revision=1 if Cause.FIRST in picture.causes else picture.telling.revision,
        told_at=picture.telling.told_at,
        publisher=picture.feed.publisher,
        notes=tuple(f"{match.rule}: {match.note}" for match in picture.matches if match.note),
        was=picture.was,
        number=alert.id if powers.takes else 0,
        causes=picture.causes,
        news=picture.news,
        latest=picture.latest,
        acknowledged_by=alert.acknowledged_by if powers.takes else "",
        acknowledged_at=alert.acknowledged_at,
        escalates_at=_escalates_at(session, alert) if powers.takes else None,
        waited=waits[-1].value if waits and waits[-1] else "",
        links=links,
    )


def _escalates_at(session: Session, alert: Alert) -> datetime | None:
    return tellings.escalates_at(session, alert.id) if alert.acknowledged_at is None else None


def _passages(picture: Picture, texts: Mapping[str, str]) -> tuple[tuple[Piece, ...], ...]:
    found = [group for match in picture.matches for group in _firings(standing(match, texts))]
    return tuple(
        each
        for field in ("summary", "content")
        for each in passages(texts[field], [group for group in found if group[0].field == field])
    )


def _quotes(match: Match, texts: Mapping[str, str]) -> list[Quote]:
    found = _firings(standing(match, texts))
    # Of words that an edit took out again nothing is left to quote but themselves.
    return [
        Quote(
            match.rule,
            match.severity,
            shortened(group[0].pattern, _PATTERN_IN_MAIL),
            group[0].field,
            passage(texts[group[0].field], group) if found else tuple(Piece(each.text, True) for each in group),
        )
        for group in found or _firings(alerts.evidence_of(match.evidence))
    ]


def _firings(evidence: Iterable[Evidence]) -> list[tuple[Evidence, ...]]:
    """For each pattern that fired, the words that made it fire first."""
    firings: dict[tuple[str, str], list[Evidence]] = {}
    for each in evidence:
        group = firings.setdefault((each.field, each.pattern), [])
        if not group or each.end - group[0].start <= _NEAR:
            group.append(each)
    return [tuple(group) for group in firings.values()][:_QUOTES_PER_RULE]


def rollup_view(
    session: Session, covered: Heard, now: datetime, link: Callable[[Purpose, int], str], powers: Powers = _ALL
) -> RollupView:
    """Every alert of these once, weightiest first, then as they came. `link` is where the reader acts on one."""
    by_alert: dict[int, list[tuple[Telling, Hearing]]] = {}
    for each in covered:
        by_alert.setdefault(each[0].alert_id, []).append(each)
    told = alerts.told_matches(session, list(by_alert))
    if not powers.every_rule:
        told = {number: _own(rows, by_alert[number]) for number, rows in told.items()}
    known = alerts.by_number(session, list(by_alert))
    rolled = [
        _rolled(known[number], some, told[number], link(Purpose.ACKNOWLEDGE, number), powers)
        for number, some in by_alert.items()
    ]
    rolled.sort(key=lambda each: -each.severity.rank)
    feed, from_feed = _most_from(told, by_alert)
    of_feed = next((number for number in by_alert if told[number][0][2].name == feed), 0)
    return RollupView(
        severity=rolled[0].severity,
        alerts=tuple(rolled),
        more=0,
        reasons=tuple(dict.fromkeys(hearing.wait.value for _, hearing in covered if hearing.wait)),
        since=min(hearing.at for _, hearing in covered),
        told_at=now,
        feed=feed,
        from_feed=from_feed,
        links=Links(mute=link(Purpose.MUTE, of_feed) if feed else ""),
    )


def _own(told: list[alerts.ToldMatch], some: Heard) -> list[alerts.ToldMatch]:
    """Those of the rules that they are heard for, as long as one is left."""
    return [row for row in told if row[0].rule in _rules(some)] or told


def _rules(some: Heard) -> set[str]:
    return {rule for _, hearing in some for rule in hearing.rules}


def _rolled(alert: Alert, some: Heard, told: list[alerts.ToldMatch], link: str, powers: Powers) -> RolledAlert:
    last, hearing = some[-1]
    own = _rules(some)
    chosen = spoken_of(told, last.revision, own)
    _, entry, feed = chosen[0]
    shown = (match for match, _, _ in chosen if powers.every_rule or match.rule in own)
    matches = sorted(shown, key=lambda match: -match.severity.rank)
    texts = dict(headline(entry, feed).fields())
    in_title = [each for match in matches for each in standing(match, texts) if each.field == "title"]
    names = {name for telling, each in some for name in each.causes or (cause.name.lower() for cause in telling.causes)}
    return RolledAlert(
        number=alert.id if powers.takes else 0,
        severity=hearing.severity,
        rules=tuple(match.rule for match in matches) or tuple(hearing.rules),
        title=marked(heading_of(entry), in_title if entry.title else []),
        headline=heading_of(entry),
        link=entry.link,
        language=entry.language,
        publisher=feed.publisher,
        publishers=last.voices,
        published_at=entry.published_at,
        seen_at=entry.arrived_at,
        causes=tuple(cause for cause in Cause if cause.name.lower() in names),
        acknowledged_by=alert.acknowledged_by if powers.takes else "",
        acknowledge=link if powers.takes and alert.acknowledged_at is None else "",
    )


def _most_from(told: Mapping[int, list[alerts.ToldMatch]], numbers: Iterable[int]) -> tuple[str, int]:
    """The feed that most of a flood came from, if it is one feed that floods."""
    counted: dict[str, int] = {}
    for number in numbers:
        feed = told[number][0][2]
        counted[feed.name] = counted.get(feed.name, 0) + 1
    name, most = max(counted.items(), key=lambda each: each[1])
    return (name, most) if most >= 3 and most > _CAUSE * sum(counted.values()) else ("", 0)
