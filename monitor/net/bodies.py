"""Take in a document under a limit of size, packed or not."""

import asyncio
import zlib
from collections.abc import Iterator
from io import BytesIO

import aiohttp

# A document larger than this needs room, lest all that are under way be large at once.
_SMALL = 500_000
_LARGE_AT_ONCE = 3
_STEP = 65_536


class TooLargeError(Exception):
    pass


class Room:
    """What a large document takes up until it has been read: `with room: ...read it`."""

    def __init__(self, gate: asyncio.Semaphore) -> None:
        self._gate = gate
        self._taken = False

    async def take(self) -> None:
        if not self._taken:
            self._taken = await self._gate.acquire()

    def leave(self) -> None:
        if self._taken:
            self._gate.release()
            self._taken = False

    def __enter__(self) -> None:
        return

    def __exit__(self, *_: object) -> None:
        self.leave()


class Intake:
    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._gate = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def document(self, response: aiohttp.ClientResponse) -> tuple[bytes, Room]:
        """Without its packing. Raises TooLargeError, zlib.error, ValueError."""
        said = response.headers.get("Content-Encoding", "identity").strip().lower()
        if said not in ("identity", "", "gzip", "x-gzip"):
            raise ValueError(f"content encoding {said!r} was not asked for")
        room = Room(self._gate)
        try:
            return await self._body(response.content, _Unpacker() if "gzip" in said else None, room), room
        except BaseException:
            room.leave()
            raise

    async def _body(self, content: aiohttp.StreamReader, unpacker: "_Unpacker | None", room: Room) -> bytes:
        # It gives its bytes away without a copy of them.
        body = BytesIO()
        async for piece in content.iter_any():
            for part in unpacker.parts(piece) if unpacker else (piece,):
                body.write(part)
                if body.tell() > self._largest:
                    raise TooLargeError
                if body.tell() > _SMALL:
                    await room.take()
                if body.tell() > _STEP:
                    # What has come already is taken without a pause, and others want their turn.
                    await asyncio.sleep(0)
        if unpacker and not unpacker.whole:
            raise ValueError("the gzip stream ends too early")
        return body.getvalue()


class _Unpacker:
    """A gzip stream, of one member or several (RFC 1952 2.2), with zeros that only fill up behind it."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def whole(self) -> bool:
        return self._member.eof

    def parts(self, packed: bytes) -> Iterator[bytes]:
        """What becomes of the next bytes, never more than a step at a time."""
        if self._member.eof:
            packed = self._next_member(packed)
        # What a step leaves inside comes with the next bytes: the member's own end is always still to come.
        while packed:
            part = self._member.decompress(packed, _STEP)
            packed = self._next_member(self._member.unused_data) if self._member.eof else self._member.unconsumed_tail
            yield part

    def _next_member(self, packed: bytes) -> bytes:
        packed = packed.lstrip(b"\0")
        if packed:
            self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return packed
