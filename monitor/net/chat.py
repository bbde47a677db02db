"""Hand messages to chats and pushes, through apprise: an extra, loaded when a channel wants it."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from monitor.core.formats.chat import parted
from monitor.core.text import legible
from monitor.net.hooks import pieces, unsaid
from monitor.net.post import Message, SendFailed, SendResult, Sent, Unreachable, Witness

if TYPE_CHECKING:
    from apprise import Apprise, AppriseResult

MISSING = "chats need apprise, which is not installed; run: pip install 'feed-monitor[notify]'"
_UNKNOWN = "no service takes the address in `apprise_file`; compare it with the service's page in apprise's wiki"
_REASON_LIMIT = 300
# Beyond the limit that apprise keeps itself.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Chat:
    """`url` is an address of apprise's kind, and a secret."""

    url: str = field(repr=False)
    timeout: timedelta = timedelta(seconds=30)


class ChatDoor:
    def __init__(self, chat: Chat, witness: Witness = lambda step: None) -> None:
        self._chat = chat
        self._witness = witness
        self._service: Apprise | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    async def greet(self) -> str:
        """Whether a service takes the address; reaching it would mean sending."""
        opened = await self._opened()
        return opened if isinstance(opened, str) else ""

    async def send(self, message: Message) -> SendResult:
        opened = await self._opened()
        if isinstance(opened, str):
            return Unreachable(opened)
        title, text = parted(message.content)
        seconds = self._chat.timeout.total_seconds()
        self._witness("chat: before sending")
        try:
            async with asyncio.timeout(seconds + _GRACE):
                result = await opened.async_notify(
                    title=title, body=text, notify_type=_type_of(title), body_format="text", timeout=seconds
                )
        except TimeoutError:
            return SendFailed(f"no answer within {seconds:g} s", doubtful=True)
        if result:
            self._witness("chat: accepted")
            return Sent(f"taken by {_names(result)}"[:_REASON_LIMIT])
        return self._failed(result, seconds)

    def _failed(self, result: "AppriseResult", seconds: float) -> SendFailed:
        if result.timeout_count:
            return SendFailed(f"{_names(result)}: no answer within {seconds:g} s", doubtful=True)
        said = "; ".join(dict.fromkeys(entry.message for entry in result.logs())) or "it was not taken; nobody said why"
        secrets = [self._chat.url, *pieces(self._chat.url.partition("://")[2])]
        return SendFailed(f"{_names(result)}: {unsaid(legible(said), secrets)}"[:_REASON_LIMIT])

    async def _opened(self) -> "Apprise | str":
        """The service, or what is wrong. Loading all that apprise knows takes a second, so a thread does it."""
        if self._service is None:
            opened = await asyncio.to_thread(_open, self._chat.url)
            if isinstance(opened, str):
                return opened
            self._service = opened
        return self._service


def _open(url: str) -> "Apprise | str":
    _hush()
    try:
        import apprise
    except ImportError:
        return MISSING
    asset = apprise.AppriseAsset(
        app_id="feed-monitor",
        app_desc="feed-monitor",
        app_url="",
        # Pictures from a stranger's server belong into no alert.
        image_url_mask="",
        image_url_logo="",
        # A POST that is led elsewhere arrives there as a GET, and looks taken.
        http_redirects=False,
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    return apprise.Apprise(service, asset=asset) if service else _UNKNOWN


def _hush() -> None:
    """At their most talkative, these write whole addresses into the log. What counts comes with the result."""
    for name in ("apprise", "urllib3", "requests_oauthlib", "oauthlib"):
        logger = logging.getLogger(name)
        logger.propagate = False
        # Its result has what it logged, and so nothing if the program's own log is to be quiet.
        logger.setLevel(logging.WARNING)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _names(result: "AppriseResult") -> str:
    return legible(", ".join(service.name for service in result)) or "the service"


def _type_of(title: str) -> str:
    """Where a chat shows colours, the shape at the title's front gives one."""
    return {"▲": "failure", "◆": "warning"}.get(title[:1], "info")
