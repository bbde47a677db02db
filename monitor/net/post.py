"""What both ways out of the door have in common: a message, and how handing it over went."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

# Called with the name of each step of handing a message over; a crash test dies in it.
Witness = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Message:
    sender: str
    recipient: str
    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    reply: str


@dataclass(frozen=True, slots=True)
class SendFailed:
    """`permanent`: it will never be taken. `doubtful`: it may have been taken although nobody said so."""

    reason: str
    permanent: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody at the door: says nothing about the message."""

    reason: str


SendResult = Sent | SendFailed | Unreachable


class Door(Protocol):
    """One visit to the post office: open it, hand over message after message."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def send(self, message: Message) -> Awaitable[SendResult]: ...
    def greet(self) -> Awaitable[str]:
        """Reach it without sending anything; "" when all is well, else what is wrong."""
        ...


OpenDoor = Callable[[], Door]
