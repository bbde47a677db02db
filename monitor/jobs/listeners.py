"""Everybody who may hear, in one transaction: what each of them is told of a telling, and when."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlmodel import Session

from monitor.core.alerts import OPENING, AlertPolicy, Heard, Listener, Mute, Quiet, hears, held_until, muting, turn_of
from monitor.core.alerts.news import HeardOf, causes_to
from monitor.core.rules import RuleSet
from monitor.core.topics import Powers, concerns, powers_of
from monitor.core.values import Headline
from monitor.models import Alert, Hearing, Silence, Subscriber, Telling
from monitor.store import owing, silences, subscribers, tellings
from monitor.store.owing import Address
from monitor.words import Cause, Severity, Wait

# What may wait behind first warnings.
_GOES_ON = frozenset({Cause.VOICES, Cause.HEADLINE, Cause.TAKEN})


@dataclass(frozen=True)
class Routes:
    """Who is told of what: the rules with their routes, the channels, and how much at once."""

    rules: RuleSet
    policy: AlertPolicy
    channels: tuple[Listener, ...] = ()

    @cached_property
    def named(self) -> frozenset[str]:
        """All whom a rule names, in its `to` or its `then`."""
        steps = (step for rule in self.rules.rules for step in (rule.alert_to or (), *rule.then))
        return frozenset(name for step in steps for name in step)

    def powers(self, listener: Listener) -> Powers:
        return powers_of(listener.topics, listener.name, self.named)


@dataclass(frozen=True, slots=True)
class Growth:
    """What the rules `known` were told of goes on; `of_rules` are the causes that concern some of these alone."""

    known: Mapping[str, Severity]
    of_rules: Mapping[Cause, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Share:
    """What of a telling concerns one listener."""

    causes: tuple[Cause, ...]
    rules: dict[str, Severity]


@dataclass
class Listeners:
    session: Session
    routes: Routes
    now: datetime
    mutes: list[Mute] = field(init=False)

    def __post_init__(self) -> None:
        people = subscribers.alerted(self.session, self.routes.named)
        self._all = {each.key: each for each in (*map(listener_of, people), *self.routes.channels)}
        self._addresses = {f"person:{each.id}": Address(each.id, each.address) for each in people}
        for channel in self.routes.channels:
            self._addresses[channel.key] = Address(None, channel.name, channel.name)
        self.mutes = [mute_of(each) for each in silences.active(self.session, self.now)]
        told = tellings.told_singly(self.session, self.now - self.routes.policy.burst_span)
        self._singly: Counter[tuple[str, str | int | None]] = Counter()
        for listener, rule, feed in told:
            self._count(listener, rule, feed)
        self._leaving = tellings.leaving(self.session)

    def known(self, key: str) -> Listener | None:
        return self._all.get(key)

    def wanting(self, said: Mapping[str, Severity]) -> list[Listener]:
        """Who wants to hear of any of these rules at these severities."""
        return [each for each in self._all.values() if any(self._wants(each, *rule) for rule in said.items())]

    def named(self, names: Iterable[str]) -> list[Listener]:
        """The listeners that a route names."""
        wanted = set(names)
        return [each for each in self._all.values() if each.name in wanted]

    def growing(self, alert_id: int, said: Mapping[str, Severity]) -> list[Listener]:
        """Who hears that a story grew: whoever would hear of it by now, and who heard of it as the next in turn."""
        heard = tellings.heard_by(self.session, alert_id)
        wanting = {each.key for each in self.wanting(said)}
        next_ones = {each.key for each in self.named(self.next_in_turn(said))} & heard
        return [each for key, each in self._all.items() if key in wanting or key in next_ones]

    def next_in_turn(self, rules: Iterable[str]) -> set[str]:
        """The names of all who are asked if nobody acknowledges an alert of these rules."""
        known = (self.routes.rules.by_name.get(rule) for rule in rules)
        return {name for rule in known if rule is not None for step in rule.then for name in step}

    def muted(self, rules: Iterable[str], item: Headline, story_id: int, listener: str = "") -> Mute | None:
        """The silence that mutes all of these rules for the listener, or with "" for everybody."""
        found = [muting(self.mutes, listener, rule, item, story_id) for rule in rules]
        return found[0] if found and all(found) else None

    def tell(
        self,
        alert: Alert,
        telling: Telling,
        to: Iterable[Listener],
        item: Headline,
        feed_id: int | None = None,
        growth: Growth | None = None,
    ) -> list[Hearing]:
        """Write down when each of them hears it; what is due now is owed at once.

        To whom the rules that speak now say nothing the story only grew: such listeners hear it for the rules of
        `growth`, under which it was told before. Nothing is told to whom none of these is known.
        """
        heard = self._heard_before(alert, telling) if growth is not None else {}
        made = []
        for listener in to:
            share = self._share(listener, telling, growth, heard.get(listener.key))
            if not share.causes or not share.rules:
                continue
            hearing = self._hearing(alert, telling, listener, share, item, feed_id)
            self.session.add(hearing)
            made.append(hearing)
        self.session.flush()
        for hearing in made:
            if hearing.wait is None:
                # What waits to be told of the same story would come behind, and tell less.
                self.owe(hearing.listener, tellings.waiting_for(self.session, alert.id, hearing.listener))
        return made

    def owe(self, key: str, hearings: list[Hearing]) -> None:
        """One message that tells all of these, in the thread of their story if they are of one."""
        to = self._addresses[key]
        if len({hearing.alert_id for hearing in hearings}) == 1:
            last = max(self.session.get_one(Telling, hearing.telling_id).revision for hearing in hearings)
            goes_on = all(Cause[name.upper()] in _GOES_ON for each in hearings for name in each.causes)
            delivery = owing.owe_alert(self.session, hearings[0].alert_id, last, to, self.now, update=goes_on)
        else:
            delivery = owing.owe_rollup(self.session, hearings[0].id, to, self.now)
        tellings.sent_with(self.session, hearings, delivery)

    def held_until(self, listener: Listener, severity: Severity, rules: Iterable[str]) -> datetime | None:
        """When the quiet hours end that hold an alert of these rules from the listener now; None: none do."""
        return held_until(listener, severity, self._quiet(rules), self.now)

    def _share(self, listener: Listener, telling: Telling, growth: Growth | None, heard: HeardOf | None) -> _Share:
        said = {rule: Severity(severity) for rule, severity in telling.rules.items()}
        rules = self._heard_rules(listener, said)
        if growth is None:
            return _Share(telling.causes, rules or self._known_rules(listener, said))
        causes = set(telling.causes)
        if not rules:
            causes -= OPENING
            rules = self._heard_rules(listener, growth.known) or self._known_rules(listener, growth.known)
        every_rule = listener.topics is None
        if not every_rule:
            mine = rules.keys() | (heard.rules if heard else frozenset())
            causes -= {cause for cause, some in growth.of_rules.items() if mine.isdisjoint(some)}
        return _Share(causes_to(causes, rules, heard, every_rule=every_rule), rules)

    def _heard_before(self, alert: Alert, telling: Telling) -> dict[str, HeardOf]:
        """By a listener, what they have heard of the alert."""
        found: dict[str, HeardOf] = {}
        for listener, rules, severity in tellings.heard_before(self.session, alert.id, telling.revision):
            known = found.get(listener, HeardOf(severity, frozenset()))
            graver = max(known.severity, severity, key=lambda each: each.rank)
            found[listener] = HeardOf(graver, known.rules.union(rules))
        return found

    def _hearing(
        self, alert: Alert, telling: Telling, listener: Listener, share: "_Share", item: Headline, feed_id: int | None
    ) -> Hearing:
        rules = list(share.rules)
        severity = max(share.rules.values(), key=lambda each: each.rank) if share.rules else telling.severity
        # Who took it is no alert, and leaves room for those that are.
        rule = "" if telling.cause is Cause.TAKEN or not rules else rules[0]
        own = self.muted(rules, item, alert.story_id, listener.key)
        heard = Heard(
            self._singly[listener.key, None],
            self._singly[listener.key, rule],
            self._singly[listener.key, feed_id] if feed_id else 0,
            self._singly[listener.key, ""],
            self._leaving.get(listener.key),
        )
        turn = turn_of(
            listener, severity, share.causes, heard, self._quiet(rules), self.now, self.routes.policy,
            muted=own is not None,
        )  # fmt: skip
        if turn.wait is None:
            self._count(listener.key, rule, feed_id)
        elif turn.wait in (Wait.GATHERED, Wait.FLOOD) and turn.due_at is not None:
            self._leaving[listener.key] = turn.due_at
        return Hearing(
            telling_id=telling.id,
            alert_id=alert.id,
            listener=listener.key,
            at=self.now,
            due_at=turn.due_at,
            wait=turn.wait,
            note=own.reason if own else "",
            causes=[cause.name.lower() for cause in share.causes],
            rules=rules,
            severity=severity,
            rule=rule,
            feed_id=feed_id,
        )

    def _heard_rules(self, listener: Listener, said: Mapping[str, Severity]) -> dict[str, Severity]:
        """Those of the rules that this listener hears it for."""
        return {rule: severity for rule, severity in said.items() if self._wants(listener, rule, severity)}

    def _known_rules(self, listener: Listener, said: Mapping[str, Severity]) -> dict[str, Severity]:
        """Those of the rules that are this listener's business, however severe."""
        return {rule: severity for rule, severity in said.items() if self._concerns(listener, rule)}

    def _concerns(self, listener: Listener, rule: str) -> bool:
        known = self.routes.rules.by_name.get(rule)
        route = known.alert_to or () if known else ()
        steps = (route, *known.then) if known else ()
        named = any(listener.name in step for step in steps)
        return named or concerns(listener.topics, known.topic if known else "")

    def _wants(self, listener: Listener, rule: str, severity: Severity) -> bool:
        known = self.routes.rules.by_name.get(rule)
        route = known.alert_to if known else None
        if route is not None:
            return listener.name in route
        topic = known.topic if known else ""
        return concerns(listener.topics, topic) and hears(listener.alert_from, [severity])

    def _quiet(self, rules: Iterable[str]) -> Quiet | None:
        """The quiet hours of the rules, if each of them has some."""
        known = [self.routes.rules.by_name.get(rule) for rule in rules]
        hours = [rule.quiet for rule in known if rule is not None and rule.quiet is not None]
        return Quiet(*hours[0]) if hours and len(hours) == len(known) else None

    def _count(self, listener: str, rule: str, feed: int | None) -> None:
        self._singly[listener, rule] += 1
        if not rule:
            return
        self._singly[listener, None] += 1
        if feed is not None:
            self._singly[listener, feed] += 1


def listener_of(person: Subscriber) -> Listener:
    quiet, away = None, None
    if person.quiet_from is not None and person.quiet_until is not None:
        quiet = Quiet(person.quiet_from, person.quiet_until)
    if person.away_from is not None and person.away_until is not None:
        away = (person.away_from, person.away_until)
    return Listener(
        f"person:{person.id}",
        person.address,
        person.alert_from,
        person.zone,
        quiet,
        person.critical_passes,
        away,
        topics=None if person.topics is None else frozenset(person.topics),
    )


def mute_of(silence: Silence) -> Mute:
    return Mute(
        silence.rule,
        silence.words,
        silence.source,
        silence.story_id,
        f"person:{silence.subscriber_id}" if silence.subscriber_id is not None else "",
        silence.ends_at,
        silence.author,
        silence.comment,
        silence.id,
    )
