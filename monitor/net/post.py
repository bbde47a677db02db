"""What both ways out of the door have in common: a message, and how handing it over went."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from monitor.words import Verdict

# Called with the name of each step of handing a message over; a crash test dies in it.
Witness = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Message:
    """`number` names it to servers that report what became of it."""

    sender: str
    recipient: str
    message_id: str
    content: bytes
    number: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    reply: str


@dataclass(frozen=True, slots=True)
class SendFailed:
    """`permanent`: it will never be taken. `doubtful`: it may have been taken although nobody said so.

    `verdict` is what a refusal, with the enhanced status `code`, says of the address; `of_sender`: it came before
    anybody was named."""

    reason: str
    permanent: bool = False
    doubtful: bool = False
    verdict: Verdict | None = None
    code: str = ""
    of_sender: bool = False


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
