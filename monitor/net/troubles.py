"""Why a feed could not be had, in one line an operator can act on."""

import ssl
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from socket import EAI_AGAIN

import aiohttp

from monitor.core.text import legible
from monitor.net.addresses import NotPublicError
from monitor.net.answers import NO_ANSWER, Answer
from monitor.net.bodies import TooLargeError
from monitor.net.lines import RamblingError


class Trouble(StrEnum):
    ADDRESS = "address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    HTTP = "http"
    REDIRECT = "redirect"
    SIZE = "size"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """`asked_to_wait` is the server's Retry-After; `gone` is its word that the feed will not come back."""

    trouble: Trouble
    reason: str
    asked_to_wait: timedelta = timedelta()
    gone: bool = False
    answer: Answer = NO_ANSWER


def failed(trouble: Trouble, reason: str, answer: Answer) -> FetchFailed:
    return FetchFailed(trouble, legible(reason)[:300], answer=answer)


def failure(error: Exception, largest: int, answer: Answer) -> FetchFailed:
    """What this exception means; `largest` is the limit of a document's size in bytes."""
    match error:
        case NotPublicError():
            trouble, reason = Trouble.ADDRESS, str(error)
        case aiohttp.InvalidUrlClientError():
            trouble, reason = Trouble.ADDRESS, f"{error.url} {error.description}"
        case TooLargeError():
            trouble, reason = Trouble.SIZE, f"larger than {largest / 1_000_000:g} MB"
        case RamblingError():
            trouble, reason = Trouble.PROTOCOL, str(error)
        case aiohttp.ClientConnectorError() | aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
            trouble, reason = _not_connected(error)
        case aiohttp.ClientError():
            trouble, reason = _broken_off(error)
        case _:
            trouble, reason = Trouble.PROTOCOL, f"broken answer ({error})"
    return failed(trouble, reason, answer)


def _not_connected(error: aiohttp.ClientConnectorError | aiohttp.ClientSSLError) -> tuple[Trouble, str]:
    match error:
        case aiohttp.ClientConnectorDNSError() if error.os_error.errno == EAI_AGAIN:
            return Trouble.DNS, f"the name server gave no answer for {error.host}"
        case aiohttp.ClientConnectorDNSError():
            return Trouble.DNS, f"no address known for {error.host}"
        case aiohttp.ClientSSLError():
            return Trouble.TLS, f"no trusted TLS connection ({_cause(error)})"
        case aiohttp.ClientProxyConnectionError():
            return Trouble.CONNECT, f"cannot connect to the proxy ({_cause(error)})"
        case _:
            return Trouble.CONNECT, f"cannot connect to {error.host}:{error.port} ({_cause(error)})"


def _broken_off(error: aiohttp.ClientError) -> tuple[Trouble, str]:
    match error:
        case aiohttp.ClientHttpProxyError():
            return Trouble.CONNECT, f"the proxy refused ({error.status} {error.message})"
        case aiohttp.ServerDisconnectedError():
            return Trouble.PROTOCOL, "the server hung up without an answer"
        case aiohttp.ClientOSError():
            return Trouble.PROTOCOL, f"the connection broke off ({_cause(error)})"
        case aiohttp.ClientPayloadError():
            return Trouble.PROTOCOL, "the document breaks off, or its chunks make no sense"
        case aiohttp.ClientResponseError():
            # The parser goes on to show the bytes that it stumbled over, with an arrow.
            return Trouble.PROTOCOL, f"broken answer ({error.message.partition(chr(10))[0].rstrip(':')[:120]})"
        case _:
            return Trouble.PROTOCOL, f"broken answer ({type(error).__name__}: {str(error)[:120]})"


def _cause(error: aiohttp.ClientError) -> str:
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    return getattr(inner, "strerror", None) or str(inner)
