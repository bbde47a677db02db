"""What an edit does to the matches of an entry: words that came, went, came back, or changed in the headline."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from monitor.core.values import RuleMatch
from monitor.store import arrivals, tellings
from monitor.store.arrivals import Fate, Untriaged
from monitor.words import Disposition, Wait

# An edit may lift what an earlier wording was held back for.
_STOPPED = (Disposition.HELD, Disposition.DROPPED)
# Headlines flip to and fro within minutes; words that were gone for longer and are back are news.
_ALL_CLEAR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be decided of an entry: the matches that are `fresh`, and of the rules that people were told of it
    those whose words in the headline are others now, and those that it would no longer fire."""

    fresh: tuple[RuleMatch, ...]
    reworded: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def compare(session: Session, entry: Untriaged, found: Sequence[RuleMatch], known: Mapping[str, Fate]) -> Edit:
    """The entry as it is now beside what became of it before, and write down which words are gone or back."""
    speaking = {match.rule for match in found if not match.held and not match.dropped}
    lost = [rule for rule, fate in known.items() if fate.over_at is None and _is_lost(rule, fate, found, speaking)]
    if lost:
        arrivals.set_over(session, entry.id, lost, entry.revised_at)
    over = {rule: fate.over_at for rule, fate in known.items() if fate.over_at is not None and rule in speaking}
    told_gone = bool(over) and _heard_to_be_gone(session, entry, max(over.values()))
    fresh = tuple(match for match in found if _is_fresh(match, known.get(match.rule), entry, told_gone))
    if back := sorted(over.keys() - {match.rule for match in fresh}):
        arrivals.set_over(session, entry.id, back, None)
        if not any(fate.told and rule not in speaking for rule, fate in known.items()):
            _unsay(session, entry)
    reworded = [match for match in found if _changed(match, known.get(match.rule))]
    for match in reworded:
        arrivals.set_evidence(session, entry.id, match.rule, [asdict(each) for each in match.evidence])
    return Edit(fresh, tuple(match.rule for match in reworded), tuple(rule for rule in lost if known[rule].told))


def _is_lost(rule: str, fate: Fate, found: Sequence[RuleMatch], speaking: Collection[str]) -> bool:
    """Whether the rule has lost its words, or people were told of it and words speak against it now."""
    return rule not in speaking and (fate.told or all(match.rule != rule for match in found))


def _heard_to_be_gone(session: Session, entry: Untriaged, since: datetime) -> bool:
    """Whether anybody was told that the entry has lost its words, as it has since then."""
    told = tellings.withdrawals(session, entry.id)[-1:]
    return any(telling.told_at >= since and any(each.delivery_id for each in hearings) for telling, hearings in told)


def _unsay(session: Session, entry: Untriaged) -> None:
    """Whoever is still to hear that its words are gone need not."""
    for _, hearings in tellings.withdrawals(session, entry.id):
        tellings.never(session, [each for each in hearings if each.delivery_id is None and each.due_at], Wait.OVER)


def _is_fresh(found: RuleMatch, before: Fate | None, entry: Untriaged, told_gone: bool) -> bool:
    """Whether there is something to decide: the rule did not match before, what stopped it is gone, or its words were
    gone, for a while or as people were told, as on a page that shows whether there is an alarm."""
    if before is None or entry.revised_at is None:
        return True
    if before.over_at is not None:
        speaks = not found.held and not found.dropped
        return speaks and (told_gone or entry.revised_at - before.over_at >= _ALL_CLEAR)
    return before.disposition in _STOPPED and not found.held and not found.dropped


def _changed(found: RuleMatch, before: Fate | None) -> bool:
    """Whether an edit changed which of the rule's words stand in the headline, once people were told of them."""
    if before is None or not before.told or before.over_at is not None:
        return False
    was = {str(each["text"]).casefold() for each in before.evidence if each["field"] == "title"}
    return was != {each.text.casefold() for each in found.evidence if each.field == "title"}
