"""What entries said before they were edited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, literal, select, update
from sqlmodel import Session, col

from monitor.core.identity import Known, Sighting
from monitor.models import Entry, Revision
from monitor.models.columns import UtcDateTime

_ENTRIES: Table = Entry.__table__  # type: ignore[attr-defined]
_REVISIONS: Table = Revision.__table__  # type: ignore[attr-defined]
# An article whose headline flips with every poll must not fill the disk.
_MOST_KEPT = 100


def revise(session: Session, edited: Sequence[tuple[Known, Sighting]], now: datetime) -> None:
    """Keep what the entries said, let them say what their feed says now, and have triage see them again."""
    kept = [entry.id for entry, _ in edited if entry.revision < _MOST_KEPT]
    said = select(
        _ENTRIES.c.id, _ENTRIES.c.revision, literal(now, UtcDateTime), _ENTRIES.c.title, _ENTRIES.c.summary
    ).where(_ENTRIES.c.id.in_(kept))
    session.execute(insert(_REVISIONS).from_select(["entry_id", "number", "until", "title", "summary"], said))
    changed = [
        {
            "of": entry.id,
            **texts(seen),
            # A publisher who dates an edited item anew says that it is news.
            "published_at": seen.entry.published or entry.published_at,
            "revision": entry.revision + 1,
            "revised_at": now,
            "waiting": True,
        }
        for entry, seen in edited
    ]
    session.connection().execute(update(_ENTRIES).where(_ENTRIES.c.id == bindparam("of")), changed)


def texts(seen: Sighting) -> dict[str, Any]:
    """The columns of an entry that an edit changes."""
    entry = seen.entry
    return {
        "link": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "content": "" if entry.content == entry.summary else entry.content,
        "author": entry.author,
        "tags": list(entry.tags),
        "updated_at": entry.updated,
        "wording": seen.wording,
        "place": list(entry.place) if entry.place else None,
        "cap": dict(entry.cap),
    }


def of_entry(session: Session, entry_id: int) -> list[Revision]:
    """What the entry said before, the oldest first."""
    said = select(Revision).where(col(Revision.entry_id) == entry_id).order_by(col(Revision.number))
    return list(session.scalars(said))


def earlier_titles(session: Session, entry: Entry, upto: datetime) -> list[str]:
    """The headlines that the entry had before its present one, the oldest first."""
    said = [each.title for each in of_entry(session, entry.id) if each.until <= upto]
    return [title for title in dict.fromkeys(said) if title and title != entry.title]
