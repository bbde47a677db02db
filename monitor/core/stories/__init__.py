"""One event, one story, however many tell it.

terms       what a report says: its stems, its places, and what other languages have in common with it
space       the open reports by their terms, and how much two have in common
likeness    how surely two reports tell one event
open        which open story a report belongs to
kinds       reports, and what only talks of them: round-ups, live blogs, opinion
voices      whose text it is
portrait    what is known of a story from the reports that tell it
"""

from datetime import datetime

from monitor.core.stories.extract import Telling
from monitor.core.stories.kinds import Kind, kind_of
from monitor.core.stories.open import LONGEST, OPEN_FOR, Newcomer, OpenStories, Placement
from monitor.core.stories.portrait import Portrait, Told, portrait_of
from monitor.core.stories.terms import Terms, terms_of
from monitor.core.stories.voices import Agency, Credits

__all__ = [
    "LONGEST",
    "Newcomer",
    "OPEN_FOR",
    "Agency",
    "Credits",
    "Kind",
    "OpenStories",
    "Placement",
    "Portrait",
    "Telling",
    "Terms",
    "Told",
    "kind_of",
    "lead_of",
    "moment_of",
    "portrait_of",
    "terms_of",
]

_SHORT = 40


def lead_of(summary: str, content: str) -> str:
    """What is read of an entry beside its title."""
    return summary if len(summary) >= _SHORT or not content else content


def moment_of(published_at: datetime | None, arrived_at: datetime) -> datetime:
    """When the report was made: as its feed says, if that can be."""
    if published_at is None or published_at > arrived_at:
        return arrived_at
    return published_at
