"""A debt to the bytes that leave: rendered once for all who read the same, and the same at every try."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from monitor.core.tickets import Leaving
from monitor.jobs.compose import Compose
from monitor.jobs.messaging import Messages
from monitor.models import Delivery, DeliveryKind, Edition, Subscriber
from monitor.render.mail import Letter, cast, compose, head, mould
from monitor.store import outbox
from monitor.store.db import Database
from monitor.store.outbox import Due, Packed

# Editions at hand: one morning has few, a burst of zones and languages some more.
_AT_HAND = 16


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message as it leaves, and what of it is kept for a repeat."""

    packed: Packed
    content: bytes


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all readers of an edition share. `letter` has the headers' values; its texts are in `body`."""

    letter: Letter
    body_id: int
    body: bytes


@dataclass(frozen=True)
class Packing:
    """`word` makes tokens that nobody guesses."""

    db: Database
    compose: Compose
    messages: Messages
    word: Callable[[], str]
    now: Callable[[], datetime]
    _editions: dict[int, _Shared] = field(default_factory=dict)
    _bodies: dict[int, bytes] = field(default_factory=dict)

    async def pack(self, due: Due) -> Parcel:
        delivery = due.delivery
        if delivery.message is not None:
            return await self._again(delivery, delivery.message)
        message_id = self.compose.message_id(delivery)
        if delivery.channel:
            content = await self.db.read(self.messages.message, delivery)
            return Parcel(Packed("", message_id, content), content)
        token = self.word()
        if delivery.kind == DeliveryKind.BRIEFING and due.person is not None and due.edition_id is not None:
            told_more = due.person.address == self.compose.house.contact
            if not told_more or not await self.db.read(self.compose.notices, due.person):
                return await self._of_edition(delivery, due.person, due.edition_id, token, message_id)
        letter, reader = await self.db.read(self.compose.letter, due)
        content = compose(letter, self.compose.envelope(delivery, reader, token))
        return Parcel(Packed(token, message_id, content), content)

    async def _again(self, delivery: Delivery, kept: bytes) -> Parcel:
        content = kept
        if delivery.body_id is not None:
            if delivery.body_id not in self._bodies:
                _make_room(self._bodies)
                self._bodies[delivery.body_id] = await self.db.read(outbox.body, delivery.body_id)
            content += cast(self._bodies[delivery.body_id], delivery.fills)
        packed = Packed(delivery.token, delivery.message_id, kept, delivery.body_id, delivery.fills)
        return Parcel(packed, content)

    async def _of_edition(
        self, delivery: Delivery, person: Subscriber, number: int, token: str, message_id: str
    ) -> Parcel:
        if number not in self._editions:
            _make_room(self._editions)
            self._editions[number] = await self._shared(number)
        shared = self._editions[number]
        reader = self.compose.reader(person, Leaving.BRIEFINGS)
        fills = asdict(reader)
        first = head(shared.letter, self.compose.envelope(delivery, reader, token))
        return Parcel(Packed(token, message_id, first, shared.body_id, fills), first + cast(shared.body, fills))

    async def _shared(self, number: int) -> _Shared:
        letter = await self.db.read(self._letter, number)
        content = mould(letter)
        body_id = await self.db.write(outbox.keep_body, sha256(content).hexdigest(), content, self.now())
        return _Shared(letter, body_id, content)

    def _letter(self, session: Session, number: int) -> Letter:
        return self.compose.edition(session.get_one(Edition, number))


def _make_room(at_hand: dict[int, Any]) -> None:
    if len(at_hand) >= _AT_HAND:
        del at_hand[next(iter(at_hand))]
