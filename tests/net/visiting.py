"""A fetcher as the tests use it: no pauses, a fixed clock, and this machine allowed unless a test is about that."""

import ssl
from datetime import UTC, datetime, timedelta

from monitor.net.addresses import IsPublic, Resolve, is_public
from monitor.net.fetch import Access, FeedRequest, Fetcher

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FEED = b"<rss><channel><title>Herald</title></channel></rss>"
AT_HOME = Access(allow_private=True)


def fetcher(
    *,
    timeout: timedelta = timedelta(seconds=10),
    largest: int = 1_000_000,
    connections: int = 8,
    host_pause: timedelta = timedelta(),
    resolve: Resolve | None = None,
    judge: IsPublic = is_public,
    tls: ssl.SSLContext | None = None,
) -> Fetcher:
    return Fetcher(
        user_agent="feed-monitor-tests/1 (+mailto:ops@example.org)",
        timeout=timeout,
        largest=largest,
        connections=connections,
        host_pause=host_pause,
        now=lambda: NOW,
        resolve=resolve,
        judge=judge,
        tls=tls,
    )


def request(url: str, etag: str = "", last_modified: str = "", access: Access = AT_HOME) -> FeedRequest:
    return FeedRequest(url, etag, last_modified, access)
