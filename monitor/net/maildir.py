"""A Maildir as the way out: any mail program can open it, and no mail arrives in it twice."""

import asyncio
import os
import socket
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.net.post import Message, SendResult, Sent, Unreachable, Witness


@dataclass(frozen=True)
class Maildir:
    folder: Path
    witness: Witness = lambda step: None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    async def send(self, message: Message) -> SendResult:
        try:
            return Sent(await asyncio.to_thread(self._put, message))
        except OSError as error:
            return Unreachable(f"cannot write to {self.folder} ({error.strerror})")

    async def greet(self) -> str:
        try:
            await asyncio.to_thread(self._make)
        except OSError as error:
            return f"cannot write to {self.folder} ({error.strerror})"
        return "" if os.access(self.folder / "tmp", os.W_OK) else f"cannot write to {self.folder}"

    def _put(self, message: Message) -> str:
        self._make()
        # Named after the message, so that a repeat after a crash finds itself already there.
        name = f"{sha256(message.message_id.encode()).hexdigest()[:32]}.{socket.gethostname().replace('/', '_')}"
        if any((self.folder / "cur").glob(f"{name}*")) or (self.folder / "new" / name).exists():
            return f"already in {self.folder}"
        draft = self.folder / "tmp" / name
        self.witness("maildir: before writing")
        with draft.open("wb") as file:
            file.write(message.content)
            file.flush()
            os.fsync(file.fileno())
        self.witness("maildir: written, not yet in place")
        draft.replace(self.folder / "new" / name)
        directory = os.open(self.folder / "new", os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        self.witness("maildir: in place")
        return f"in {self.folder}"

    def _make(self) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
