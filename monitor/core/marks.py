"""Addresses of people and of machines, as limits and the list of those never written to know them."""

import hmac
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

_GMAIL = {"gmail.com", "googlemail.com"}


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks made with this installation's `pepper` alone: whoever has the database cannot try addresses against it."""

    pepper: str = field(default="", repr=False)

    def of(self, address: str) -> str:
        """The mark of an address in the one spelling we compare."""
        return hmac.digest(self.pepper.encode(), address.lower().encode(), "sha256").hex()[:40]

    def for_limits(self, address: str) -> str:
        """The mark of the mailbox that an address leads to: what people write behind "+" makes no other."""
        local, _, domain = address.lower().rpartition("@")
        local = local.partition("+")[0] or local
        if domain in _GMAIL:
            local, domain = local.replace(".", ""), "gmail.com"
        return self.of(f"limits {local}@{domain}")


def network_of(address: str) -> str:
    """The /24 or /64 that an address of a machine is in; "" for what is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def masked(address: str) -> str:
    """So much of an address as its owner knows again, for what others may see."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else ""
