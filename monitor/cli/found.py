"""What `feeds test` found out about a feed, and what follows from it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.cli.asking import cure_of
from monitor.cli.health import health_of, hub_as_json, iso
from monitor.core import encoding
from monitor.core.discover import announced
from monitor.core.links import without_credentials
from monitor.core.rhythm import Rhythm, described, learned, price, rhythm_from, weight
from monitor.core.timing import age
from monitor.core.turns import Habits, after_good
from monitor.core.values import NotAFeed, ParsedEntry, ParsedFeed
from monitor.jobs.poll import Plan
from monitor.models import Feed, Push
from monitor.net.fetch import Fetched, FetchResult, Unchanged
from monitor.net.troubles import FetchFailed

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TURNS = 4
_NEWEST = 5
_PAGE = 2_000_000
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a feed before it is asked: `stored` and `promise` by the database, `own` is the pause that the
    operator chose. `price` is that of a request now, None: every feed at the mean pace."""

    url: str
    plan: Plan
    own: timedelta | None = None
    stored: Feed | None = None
    promise: Push | None = None
    relied_upon: bool = False
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`again` is the answer to a second request, which repeats the validators of the first."""

    subject: Subject
    result: FetchResult
    took: float
    parsed: ParsedFeed | NotAFeed | None
    again: FetchResult | None
    at: datetime

    @property
    def trouble(self) -> tuple[str, str, str] | None:
        """Its kind, what is wrong, and the cure; None for a feed that can be read."""
        match self.result, self.parsed:
            case FetchFailed() as failed, _:
                return failed.trouble, failed.reason, cure_of(failed)
            case Unchanged(), _:
                return "http", "its server says that nothing has changed, although it was not asked", ""
            case Fetched() as page, NotAFeed(reason):
                named = announced(encoding.decoded(page.body[:_PAGE], page.content_type), page.url)
                if named:
                    return "not a feed", reason, f"the page names as its feed: {', '.join(named[:3])}"
                look = f"`feed-monitor feeds discover {without_credentials(self.subject.url)}` looks for feeds on it"
                return "not a feed", reason, look
            case _:
                return None


def newest(parsed: ParsedFeed) -> list[ParsedEntry]:
    return sorted(parsed.entries, key=lambda entry: entry.published or _NEVER, reverse=True)[:_NEWEST]


def is_known(found: Found) -> bool:
    return found.subject.stored is not None and bool(found.subject.stored.rhythm)


def rhythm_of(found: Found, parsed: ParsedFeed) -> Rhythm:
    if found.subject.stored is not None and found.subject.stored.rhythm:
        return rhythm_from(found.subject.stored.rhythm)
    return learned(Rhythm(), [entry.published for entry in parsed.entries], None, found.at)


def turns(found: Found, parsed: ParsedFeed) -> tuple[list[datetime], str]:
    """When it would be asked after now, and why then."""
    subject, now, rhythm = found.subject, found.at, rhythm_of(found, parsed)
    lead = weight(subject.stored.lead, subject.stored.led_at, now) if subject.stored else 1.0
    answer = found.result.answer
    habits = Habits(subject.own, rhythm, lead, parsed.wishes, answer.fresh_for, subject.relied_upon)
    pace, going = subject.plan.pace, subject.price
    if going is None and subject.plan.adaptive:
        # Alone in the world it would have the mean budget to itself.
        going = price([(rhythm, lead)], pace, timedelta(days=1) / pace.every, now)
    following, at = list[datetime](), now
    for _ in range(_TURNS):
        at = after_good(at, habits, pace, going, 0.5)
        following.append(at)
    if subject.own is not None:
        return following, f"every {span(subject.own)}, as you chose"
    if subject.relied_upon:
        return following, f"every {span(pace.slowest)}, because its hub tells of its news"
    if going is None:
        return following, f"every {span(pace.every)}, the mean pause"
    return following, f"by its rhythm, between {span(pace.fastest)} and {span(pace.slowest)}"


def span(span: timedelta) -> str:
    return age(_NEVER + span, _NEVER)


def as_json(found: Found) -> dict[str, Any]:
    """The same keys for every feed; null for what there is not."""
    result, parsed, subject, trouble = found.result, found.parsed, found.subject, found.trouble
    answer = result.answer
    told: dict[str, Any] = {
        "url": without_credentials(subject.url),
        "readable": trouble is None,
        "trouble": None,
        "redirects": [asdict(hop) for hop in answer.hops],
        "moved_to": answer.moved_to or None,
        "stored": None,
        "answer": None,
        "conditional": None,
        "encoding": None,
        "document": None,
        "hub": None,
        "rhythm": None,
        "turns": None,
    }
    if trouble is not None:
        wait = int(result.asked_to_wait.total_seconds()) if isinstance(result, FetchFailed) else 0
        told["trouble"] = {
            "kind": trouble[0],
            "reason": trouble[1],
            "cure": trouble[2] or None,
            "retry_after": wait or None,
        }
    if subject.stored is not None:
        health = health_of(subject.stored, found.at)
        told["stored"] = {
            "health": health.condition,
            "why": health.said if health.wrong else None,
            "polls": subject.stored.polls,
            "last_good": iso(subject.stored.last_good_at),
            "last_new": iso(subject.stored.last_new_at),
            "hub": hub_as_json(subject.promise),
        }
    if answer.status:
        told["answer"] = {"status": answer.status, "seconds": round(found.took, 3), "headers": dict(answer.headers)}
    if isinstance(result, Fetched):
        told["answer"]["bytes"] = len(result.body)
        told["encoding"] = encoding.explained(result.body, result.content_type)
        told["conditional"] = _conditional(found.again, result)
    if isinstance(parsed, ParsedFeed):
        told["document"] = {
            "version": parsed.version,
            "title": parsed.title,
            "language": parsed.language or None,
            "damage": parsed.damage or None,
            "items": parsed.shown,
            "every": int(parsed.wishes.every.total_seconds()) or None,
            "skip_hours": parsed.wishes.skip_hours,
            "skip_days": [DAYS[day] for day in parsed.wishes.skip_days],
            "newest": [
                {"title": entry.title, "link": entry.link, "published": iso(entry.published)}
                for entry in newest(parsed)
            ],
        }
        told["hub"] = answer.hub or parsed.hub or None
        told["rhythm"] = described(rhythm_of(found, parsed), found.at) or None
        told["turns"] = [iso(turn) for turn in turns(found, parsed)[0]]
    return told


def _conditional(again: FetchResult | None, first: Fetched) -> str | None:
    match again:
        case None:
            return None
        case Unchanged():
            return "unchanged"
        case Fetched(body):
            return "sent again" if body == first.body else "another document"
        case FetchFailed(trouble, reason):
            return f"{trouble}: {reason}"
