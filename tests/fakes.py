"""The outside world, made of dictionaries: publishers, a post office and a clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Self
from xml.sax.saxutils import escape

from monitor.core.parse import parse
from monitor.core.values import NotAFeed, ParsedFeed
from monitor.net.fetch import FeedRequest, Fetched, FetchFailed, FetchResult, Unchanged
from monitor.net.post import Door, Message, SendFailed, SendResult, Sent, Unreachable


@dataclass
class FakeClock:
    at: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_time(self, span: timedelta) -> None:
        self.at += span


@dataclass
class Item:
    title: str
    link: str
    guid: str
    summary: str
    published: datetime | None

    def xml(self) -> str:
        date = f"<pubDate>{format_datetime(self.published)}</pubDate>" if self.published else ""
        return (
            f"<item><title>{escape(self.title)}</title><link>{escape(self.link)}</link>"
            f"<guid>{escape(self.guid)}</guid><description>{escape(self.summary)}</description>{date}</item>"
        )


@dataclass
class FakeWeb:
    clock: FakeClock
    feeds: dict[str, list[Item]] = field(default_factory=dict)
    instead: dict[str, bytes | FetchFailed] = field(default_factory=dict)
    asked: list[FeedRequest] = field(default_factory=list)
    parsed: int = 0

    def publish(
        self,
        url: str,
        title: str,
        *,
        summary: str = "",
        link: str = "",
        guid: str = "",
        age: timedelta | None = timedelta(),
    ) -> Item:
        """A new item on top of the feed; `age` None leaves out its date."""
        items = self.feeds.setdefault(url, [])
        link = link or f"{url}/{len(items)}"
        item = Item(title, link, guid or link, summary, self.clock.at - age if age is not None else None)
        items.insert(0, item)
        return item

    def document(self, url: str) -> bytes:
        items = "".join(item.xml() for item in self.feeds.get(url, []))
        return f'<rss version="2.0"><channel><title>{escape(url)}</title>{items}</channel></rss>'.encode()

    async def fetch(self, request: FeedRequest) -> FetchResult:
        self.asked.append(request)
        answer = self.instead.get(request.url, self.document(request.url))
        if isinstance(answer, FetchFailed):
            return answer
        etag = sha256(answer).hexdigest()
        return Unchanged() if request.etag == etag else Fetched(answer, request.url, "application/xml", etag, "")

    async def parse(self, document: bytes, url: str, content_type: str, known: bytes = b"") -> ParsedFeed | NotAFeed:
        self.parsed += 1
        return parse(document, url, content_type, known)


@dataclass
class FakePost:
    """`shut` says why nobody opens; `refusals` are used up one a message, per recipient."""

    accepted: list[Message] = field(default_factory=list)
    refusals: dict[str, list[SendFailed]] = field(default_factory=dict)
    shut: str = ""
    breaks_for: str = ""
    tried: int = 0

    def open(self) -> Door:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def greet(self) -> str:
        self.tried += bool(self.shut)
        return self.shut

    async def send(self, message: Message) -> SendResult:
        self.tried += 1
        if message.recipient == self.breaks_for:
            raise RuntimeError("a mistake of ours")
        if self.shut:
            return Unreachable(self.shut)
        refusals = self.refusals.get(message.recipient)
        if refusals:
            refusal = refusals.pop(0)
            if refusal.doubtful:
                self.accepted.append(message)
            return refusal
        self.accepted.append(message)
        return Sent("250 ok")

    def mails(self, recipient: str = "") -> list[EmailMessage]:
        return [
            message_from_bytes(message.content, policy=policy.default)
            for message in self.accepted
            if not recipient or message.recipient == recipient
        ]


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())
