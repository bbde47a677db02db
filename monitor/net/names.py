"""Ask DNS, within bounds."""

from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
import dns.reversename

from monitor.core.delegation import Answer
from monitor.core.text import legible

_PORT = 53
# No record that we ask for is longer, or one of more than so many.
_MOST_VALUES, _LONGEST_VALUE = 50, 8_000


@dataclass(frozen=True)
class Names:
    """Of this machine's name servers, or of the one at `nameserver`. A question gets `seconds` in all."""

    nameserver: str = ""
    port: int = _PORT
    seconds: float = 5.0

    async def texts(self, name: str) -> Answer:
        return await self._ask(name, "TXT")

    async def addresses(self, name: str) -> Answer:
        """Of both kinds; if there are none of one, nobody minds."""
        found = [await self._ask(name, kind) for kind in ("A", "AAAA")]
        values = tuple(value for each in found for value in each.values)
        return Answer(values, "" if values else found[0].trouble or found[1].trouble)

    async def pointers(self, address: str) -> Answer:
        """What an address is called."""
        return await self._ask(str(dns.reversename.from_address(address)), "PTR")

    async def _ask(self, name: str, kind: str) -> Answer:
        try:
            asked = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return Answer(trouble="no name that DNS can be asked for")
        try:
            found = await self._resolver().resolve(asked, kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return Answer()
        except dns.resolver.NoNameservers:
            return Answer(trouble="the name server refuses to answer, or fails")
        except dns.exception.Timeout:
            return Answer(trouble=f"no answer from DNS within {self.seconds:g} s")
        except (dns.exception.DNSException, OSError) as error:
            return Answer(trouble=legible(f"DNS cannot be asked: {error}")[:200])
        return Answer(tuple(_said(each, kind) for each in list(found.rrset or ())[:_MOST_VALUES]))

    def _resolver(self) -> dns.asyncresolver.Resolver:
        # Raises NoResolverConfiguration where this machine has none.
        resolver = dns.asyncresolver.Resolver(configure=not self.nameserver)
        if self.nameserver:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(self.nameserver, self.port)]
        resolver.timeout, resolver.lifetime = self.seconds / 2, self.seconds
        return resolver


def _said(record: object, kind: str) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = getattr(record, "strings", ())
        return b"".join(strings).decode("utf-8", "replace")[:_LONGEST_VALUE]
    return str(record).rstrip(".")[:_LONGEST_VALUE]
