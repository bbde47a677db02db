"""A name server on 127.0.0.1 that knows what a test tells it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """Records by name and kind, like {("example.org", "TXT"): ["v=spf1 -all"]}; `asked` are the names it heard."""

    records: dict[tuple[str, str], list[str]]
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, raw: bytes) -> bytes:
        question = dns.message.from_wire(raw)
        (asked,) = question.question
        name, kind = str(asked.name).rstrip(".").lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(name)
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.AA | dns.flags.RA
        found = self.records.get((name, kind), [])
        if found:
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *map(_quoted(kind), found)))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


def _quoted(kind: str) -> Any:
    """A text goes in pieces of at most 255 letters."""
    if kind != "TXT":
        return str
    return lambda text: " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


@contextmanager
def name_server(records: dict[tuple[str, str], list[str]]) -> Iterator[Zone]:
    zone = Zone(records)

    class Talk(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raw, line = self.request
            line.sendto(zone.answer(raw), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Talk) as server:
        zone.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield zone
        finally:
            server.shutdown()
            thread.join()
