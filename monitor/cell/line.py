"""What the program, the nursery and its children say to each other, and how long each word is."""

import struct

from pydantic import TypeAdapter

from monitor.core.values import NotAFeed, ParsedEntry, ParsedFeed

LENGTH = struct.Struct(">I")
PID = struct.Struct(">i")
ANSWER: TypeAdapter[ParsedFeed | NotAFeed] = TypeAdapter(ParsedFeed | NotAFeed)
ENTRIES: TypeAdapter[tuple[ParsedEntry, ...]] = TypeAdapter(tuple[ParsedEntry, ...])
