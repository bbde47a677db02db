"""What a server says around a document: how long it keeps, who tells of its news, and what an operator may see."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from monitor.net.answers import asked_to_wait, explained, fresh_for, hub_and_topic, validator

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR_LATER = "Mon, 02 Mar 2026 13:00:00 GMT"
FEED = URL("https://herald.test/news/feed.xml")
HUB, TOPIC = "https://hub.test/", "https://herald.test/feed"
NEVER, HOUR = timedelta(), timedelta(hours=1)


def headers(*said: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(said))


@pytest.mark.parametrize(
    ("caching", "others", "keeps"),
    [
        ("max-age=3600", {}, HOUR),
        ("public, MAX-AGE = 3600, must-revalidate", {}, HOUR),
        ('max-age="3600"', {}, HOUR),
        ("max-age=3600", {"Age": "600"}, HOUR - timedelta(minutes=10)),
        ("max-age=3600", {"Age": "6000"}, NEVER),
        ("max-age=3600", {"Expires": "Mon, 02 Mar 2026 20:00:00 GMT"}, HOUR),
        ("s-maxage=3600", {}, NEVER),
        ("s-maxage=9, max-age=3600", {}, HOUR),
        ("no-cache, max-age=3600", {}, NEVER),
        ("max-age=3600,no-store", {}, NEVER),
        ("max-age=soon", {}, NEVER),
        ("max-age=-5", {}, NEVER),
        ("max-age=" + "9" * 8_000, {}, timedelta(seconds=10_000_000)),
        ("", {"Expires": HOUR_LATER}, HOUR),
        ("", {"Expires": HOUR_LATER, "Age": "600"}, HOUR - timedelta(minutes=10)),
        ("", {"Expires": HOUR_LATER, "Date": "Mon, 02 Mar 2026 12:30:00 GMT"}, HOUR / 2),
        ("", {"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, NEVER),
        ("", {"Expires": "0"}, NEVER),
        ("", {"Expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, timedelta(seconds=10_000_000)),
        ("", {}, NEVER),
    ],
)
def test_a_document_keeps_as_long_as_its_server_says(caching: str, others: dict[str, str], keeps: timedelta) -> None:
    assert fresh_for(headers(("Cache-Control", caching), *others.items()), NOW) == keeps


@given(st.dictionaries(st.sampled_from(["Cache-Control", "Expires", "Age", "Date"]), st.text()), st.text())
def test_no_header_whatever_makes_a_feed_fresh_for_ever(said: dict[str, str], wait: str) -> None:
    assert NEVER <= fresh_for(headers(*said.items()), NOW) <= timedelta(seconds=10_000_000)
    assert asked_to_wait(wait, NOW) >= NEVER


@pytest.mark.parametrize(
    ("links", "hub", "topic"),
    [
        (['<https://hub.test/>; rel="hub", <https://herald.test/feed>; rel="self"'], HUB, TOPIC),
        (["<https://hub.test/>; rel=hub", "<https://herald.test/feed>; rel=self"], HUB, TOPIC),
        (['<https://hub.test/a,b;c>; title="x, y"; REL="Hub"'], "https://hub.test/a,b;c", ""),
        (['<https://hub.test/>; rel="nofollow hub"'], "https://hub.test/", ""),
        (["</hub>; rel=hub, <feed>; rel=self"], "https://herald.test/hub", "https://herald.test/news/feed"),
        (["<https://one.test/>; rel=hub, <https://two.test/>; rel=hub"], "https://one.test/", ""),
        (["<file:///etc/passwd>; rel=hub, <javascript:x>; rel=self"], "", ""),
        (["<http://[bad/>; rel=hub"], "", ""),
        (["<https://herald.test/style.css>; rel=preload; as=style"], "", ""),
        (["hub", "<<<<", "rel=hub", '<https://hub.test/>; title="rel=hub"'], "", ""),
        ([], "", ""),
    ],
)
def test_who_tells_of_a_feeds_news_is_found_among_its_links(links: list[str], hub: str, topic: str) -> None:
    assert hub_and_topic(headers(*(("Link", link) for link in links)), FEED) == (hub, topic)


def test_an_operator_sees_the_headers_that_explain_something_and_no_others() -> None:
    said = headers(("server", "nginx\x1b[31m"), ("Set-Cookie", "secret=1"), ("ETag", '"7"'), ("Via", "1.1 varnish"))
    assert explained(said) == (("ETag", '"7"'), ("Server", "nginx [31m"))
    ((_, shown),) = explained(headers(("Server", "x" * 8_000)))
    assert len(shown) == 300


@given(st.text())
def test_what_is_sent_back_one_day_can_be_put_into_a_header(said: str) -> None:
    assert validator(said) in ("", said)
    assert validator(said).isascii()
    assert not {"\r", "\n", "\0"} & set(validator(said))
