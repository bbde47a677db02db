"""The structure of a mail that anybody may have sent: read once from left to right, within bounds."""

import binascii
import quopri
import re
from dataclasses import dataclass
from functools import cached_property

# What is beyond is not looked at. A delivery status stands in front of the mail that comes back.
LARGEST = 512_000
_HEAD, _HEADERS, _VALUE = 64_000, 300, 4_000
_PARTS, _BLOCKS = 40, 50
_HEADER = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)")
_BOUNDARY = re.compile(r"""(?:^|;)\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_CHARSET = re.compile(r"""(?:^|;)\s*charset\s*=\s*"?([\w.:+-]{1,40})""", re.IGNORECASE)
_BLANK = re.compile(rb"\n[ \t]*\n")
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """`headers` have lower-case names; `parts` are empty unless it is multipart. Another message inside is a leaf."""

    headers: Headers
    body: bytes
    parts: tuple["Part", ...] = ()

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name]

    def get(self, name: str) -> str:
        """The first of this name; "" if there is none."""
        return next((value for each, value in self.headers if each == name), "")

    @cached_property
    def type(self) -> str:
        return self.get("content-type").partition(";")[0].strip().lower() or "text/plain"

    @cached_property
    def text(self) -> str:
        found = _CHARSET.search(self.get("content-type"))
        try:
            return self._decoded.decode(found[1] if found else "utf-8", "replace")
        except (LookupError, ValueError):
            return self._decoded.decode("utf-8", "replace")

    @cached_property
    def blocks(self) -> list[dict[str, str]]:
        """The groups of fields of a report; of two fields of a name the first counts."""
        blocks = _BLANK.split(_unixed(self._decoded))[:_BLOCKS]
        return [dict(reversed(fields)) for block in blocks if (fields := _fields(block))]

    @cached_property
    def _decoded(self) -> bytes:
        encoding = self.get("content-transfer-encoding").strip().lower()
        try:
            if encoding == "base64":
                return binascii.a2b_base64(self.body)
        except binascii.Error:
            return self.body
        return quopri.decodestring(self.body) if encoding == "quoted-printable" else self.body


def parse(raw: bytes) -> Part:
    return _part(_unixed(raw[:LARGEST]).lstrip(b"\n"), [_PARTS])


def _part(raw: bytes, left: list[int]) -> Part:
    """`left` is how many more parts are read, which bounds how deep they lie, too."""
    left[0] -= 1
    if raw.startswith(b"\n"):
        head, body = b"", raw[1:]
    else:
        blank = _BLANK.search(raw, 0, _HEAD)
        head, body = (raw[: blank.start()], raw[blank.end() :]) if blank else (raw[:_HEAD], b"")
    part = Part(tuple(_fields(head)), body)
    boundary = _BOUNDARY.search(part.get("content-type"))
    if not part.type.startswith("multipart/") or boundary is None:
        return part
    parts = []
    for each in _between(body, (boundary[1] or boundary[2]).encode()):
        if left[0] <= 0:
            break
        parts.append(_part(each, left))
    return Part(part.headers, body, tuple(parts))


def _between(body: bytes, boundary: bytes) -> list[bytes]:
    line = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*$", re.MULTILINE)
    found: list[bytes] = []
    start: int | None = None
    for match in line.finditer(body):
        if start is not None:
            found.append(body[start : max(start, match.start() - 1)])
        start = None if match[1] else match.end() + 1
        if match[1] or len(found) >= _PARTS:
            break
    # One that was cut off has no end.
    return found if start is None or start > len(body) else [*found, body[start:]]


def _fields(head: bytes) -> list[tuple[str, str]]:
    """Folded ones made whole."""
    fields: list[tuple[str, list[str]]] = []
    for line in head.decode("utf-8", "replace").split("\n"):
        if line[:1] in (" ", "\t") and fields:
            fields[-1][1].append(line.strip())
        elif match := _HEADER.match(line):
            if len(fields) >= _HEADERS:
                break
            fields.append((match[1].lower(), [match[2].strip()]))
    return [(name, " ".join(values)[:_VALUE]) for name, values in fields]


def _unixed(raw: bytes) -> bytes:
    return raw.replace(b"\r", b"")
