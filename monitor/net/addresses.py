"""Which addresses may be dialled: those of the public internet, unless the operator says otherwise."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

# A host and a port; the addresses of that host, as text. Raises OSError where there are none.
Resolve = Callable[[str, int], Awaitable[list[str]]]
IsPublic = Callable[[str], bool]

# `ipaddress.is_global` is no guide: it knows nothing of Azure's and Oracle's inner services, of NAT64 and 6to4.
_INNER_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
_PUBLIC_V6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo and ORCHID, and both blocks for documentation.
_INNER_V6 = tuple(IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_NAT64, _SIX_TO_FOUR = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")
_MOST_ADDRESSES = 6
_LOOKUPS = 16


class NotPublicError(Exception):
    """Deliberately no OSError: aiohttp would take it for a line that broke, and try the next address."""


def is_public(spelling: str) -> bool:
    """Whether this is the address of a machine on the public internet, in canonical spelling."""
    try:
        address = ip_address(spelling)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _INNER_V4)
    if address.scope_id is not None:
        return False
    inner = _carried(address)
    if inner is not None:
        return is_public(str(inner))
    return address in _PUBLIC_V6 and not any(address in block for block in _INNER_V6)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a gateway would really reach."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return address.ipv4_mapped


class SystemNames:
    """Asks the system's resolver, in threads of its own: a name server that hangs must not hold up the database."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="names")

    async def __call__(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[tuple[object, object, object, object, tuple[object, ...]]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG))


class Dialler:
    """Judges addresses twice: the answers for a name together, and each address when its socket is made.

    The first refuses a host that mixes public and other addresses; the second sees what is really dialled, literal
    addresses included, which no resolver is ever asked for.
    """

    def __init__(self, resolve: Resolve, judge: IsPublic) -> None:
        self._resolve = resolve
        self._judge = judge

    def connector(self, tls: ssl.SSLContext | bool, *, public_only: bool) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            ssl=tls,
            limit=0,
            force_close=True,
            use_dns_cache=False,
            resolver=_Names(self.addresses if public_only else self._resolve),
            socket_factory=self._socket if public_only else None,
        )

    async def addresses(self, host: str, port: int) -> list[str]:
        """Raises NotPublicError, and OSError where there are none."""
        found = await self._resolve(host, port)
        for address in found:
            if not self._judge(address):
                raise NotPublicError(f"{host} is {address}, which is not public")
        return found

    async def vet(self, host: str, port: int) -> None:
        """The same judgement where a proxy dials: it may know names that we do not. Raises NotPublicError."""
        if _literal(host):
            self._vet_literal(host)
            return
        try:
            await self.addresses(host, port)
        except OSError:
            return

    def _vet_literal(self, address: str) -> None:
        if not self._judge(address):
            raise NotPublicError(f"{address} is not public")

    def _socket(self, target: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = target
        self._vet_literal(str(address[0]))
        return socket.socket(family, kind, protocol)


def _literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


class _Names(AbstractResolver):
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise OSError(f"no address for {host}")
        return [_resolved(host, port, address) for address in addresses[:_MOST_ADDRESSES]]

    async def close(self) -> None:
        return


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST
    )
